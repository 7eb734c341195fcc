//! Jobs and batches in one SQLite file.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use serde_json::Value;

use crate::SandboxError;
use crate::ids::new_uuid;
use crate::job_request::JobRequest;
use crate::schema;

/// The name of the batch for jobs that name none.
const DEFAULT_BATCH: &str = "Default batch";

/// How many jobs a page of a batch holds.
pub(crate) const PAGE: usize = 100;

const COLUMNS: &str = "number, job_id, project_id, batch_id, reference_id, api, workflow, status, payload";

/// The version of the platform's API that a job came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiVersion {
    /// `/v0/…`: jobs have a tag.
    V0,
    /// `/v1/…`: jobs have a workflow.
    V1,
}

impl ApiVersion {
    /// `v0` or `v1`.
    pub fn as_str(self) -> &'static str {
        match self {
            ApiVersion::V0 => "v0",
            ApiVersion::V1 => "v1",
        }
    }
}

/// A job that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct JobRecord {
    /// Its place in the order of creation, from 1.
    pub number: u64,
    /// The platform's ID.
    pub job_id: String,
    /// Its project.
    pub project_id: String,
    /// Its batch; jobs that name none are in their project's default batch.
    pub batch_id: String,
    /// Its sender's ID, unique in the project.
    pub reference_id: String,
    /// How it came.
    pub api: ApiVersion,
    /// The workflow's ID, or in v0 the tag.
    pub workflow: String,
    /// `pending` or `completed`.
    pub status: String,
    /// The request's body as it was sent, unknown keys too.
    pub payload: Value,
}

impl JobRecord {
    /// Whether there is a result.
    pub(crate) fn is_completed(&self) -> bool {
        self.status == "completed"
    }

    /// The `url` and `legend` of the pre-label, if it has one.
    pub(crate) fn prelabel(&self) -> Option<(&str, &Value)> {
        let data = self.payload.pointer("/data/maker_response/raster/data")?;
        Some((data.get("url")?.as_str()?, data.get("legend")?))
    }
}

/// What became of a job that was to be kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It has this ID.
    Job(String),
    /// Its reference ID is in use.
    ReferenceUsed,
    /// The project has no such batch.
    NoBatch,
}

/// A page of a batch.
#[derive(Debug)]
pub(crate) struct Page {
    /// The batch's name.
    pub(crate) name: String,
    /// At most [`PAGE`] jobs: ID, reference ID, status.
    pub(crate) jobs: Vec<[String; 3]>,
    /// The number of the last job, if there are more.
    pub(crate) next: Option<i64>,
}

/// The jobs and batches.
pub(crate) struct Ledger {
    connection: Mutex<Connection>,
    /// Kept beside the table, so that asking cannot fail.
    jobs: AtomicU64,
}

impl Ledger {
    /// Opens the ledger in a folder that is there.
    pub(crate) fn open(folder: &Path) -> Result<Self, SandboxError> {
        let connection = schema::open(&folder.join("sandbox.sqlite"))?;
        let jobs: i64 = connection.query_row("SELECT count(*) FROM jobs", [], |row| row.get(0))?;
        Ok(Ledger { connection: Mutex::new(connection), jobs: AtomicU64::new(jobs.unsigned_abs()) })
    }

    /// How many jobs there are.
    pub(crate) fn count(&self) -> u64 {
        self.jobs.load(Ordering::Acquire)
    }

    /// Keeps a job, or says why not; of many with one reference ID one is kept.
    pub(crate) fn keep(&self, project: &str, job: &JobRequest) -> Result<Kept, SandboxError> {
        let payload = Value::Object(job.body.clone()).to_string();
        let job_id = new_uuid()?;
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if uses_reference(&transaction, project, &job.reference_id)? {
            return Ok(Kept::ReferenceUsed);
        }
        let batch = match &job.batch_id {
            Some(batch) if batch_name(&transaction, project, batch)?.is_none() => return Ok(Kept::NoBatch),
            Some(batch) => batch.clone(),
            None => default_batch(&transaction, project)?,
        };
        let row = params![job_id, project, job.reference_id, batch, job.api.as_str(), job.workflow, payload];
        transaction.execute(
            "INSERT INTO jobs (job_id, project_id, reference_id, batch_id, api, workflow, status, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending', ?7)",
            row,
        )?;
        transaction.commit()?;
        self.jobs.fetch_add(1, Ordering::AcqRel);
        Ok(Kept::Job(job_id))
    }

    /// What [`Ledger::keep`] would refuse now, asked before a job's files are fetched.
    pub(crate) fn refuses(
        &self,
        project: &str,
        reference_id: &str,
        batch: Option<&str>,
    ) -> Result<Option<Kept>, SandboxError> {
        let connection = self.connection();
        if uses_reference(&connection, project, reference_id)? {
            return Ok(Some(Kept::ReferenceUsed));
        }
        match batch {
            Some(batch) if batch_name(&connection, project, batch)?.is_none() => Ok(Some(Kept::NoBatch)),
            _ => Ok(None),
        }
    }

    /// All jobs, in the order of creation.
    pub(crate) fn jobs(&self) -> Result<Vec<JobRecord>, SandboxError> {
        let connection = self.connection();
        let mut query = connection.prepare(&format!("SELECT {COLUMNS} FROM jobs ORDER BY number"))?;
        let rows = query.query_map([], read_row)?;
        rows.map(|row| record(row?)).collect()
    }

    /// One job.
    pub(crate) fn job(&self, job_id: &str) -> Result<Option<JobRecord>, SandboxError> {
        let connection = self.connection();
        let query = format!("SELECT {COLUMNS} FROM jobs WHERE job_id = ?1");
        connection.query_row(&query, [job_id], read_row).optional()?.map(record).transpose()
    }

    /// Marks a job as done.
    pub(crate) fn complete(&self, job_id: &str) -> Result<(), SandboxError> {
        let failed = |why| SandboxError::Complete { job_id: job_id.to_owned(), why };
        let job = self.job(job_id)?.ok_or_else(|| failed("there is no such job"))?;
        if job.prelabel().is_none() {
            return Err(failed("it has no pre-label that could be its result"));
        }
        self.connection().execute("UPDATE jobs SET status = 'completed' WHERE job_id = ?1", [job_id])?;
        Ok(())
    }

    /// Makes a batch and gives its ID; nothing if the project has one of this name.
    pub(crate) fn new_batch(
        &self,
        project: &str,
        name: &str,
        description: Option<&str>,
    ) -> Result<Option<String>, SandboxError> {
        let id = new_uuid()?;
        let made = self.connection().execute(
            "INSERT INTO batches VALUES (?1, ?2, ?3, ?4) ON CONFLICT (project_id, name) DO NOTHING",
            params![id, project, name, description],
        )?;
        Ok((made == 1).then_some(id))
    }

    /// The jobs of a batch after job number `after`, which must be one of it; nothing if the project has no such batch.
    pub(crate) fn page(&self, project: &str, batch: &str, after: i64) -> Result<Option<Page>, SandboxError> {
        let connection = self.connection();
        let Some(name) = batch_name(&connection, project, batch)? else { return Ok(None) };
        let mut query = connection.prepare(
            "SELECT number, job_id, reference_id, status FROM jobs WHERE batch_id = ?1 AND number > ?2
             ORDER BY number LIMIT ?3",
        )?;
        let rows = query.query_map(params![batch, after, PAGE as i64 + 1], |row| {
            Ok((row.get::<_, i64>(0)?, [row.get(1)?, row.get(2)?, row.get(3)?]))
        })?;
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().map(|(number, _)| *number).filter(|_| more);
        Ok(Some(Page { name, jobs: rows.into_iter().map(|(_, job)| job).collect(), next }))
    }

    /// Whether a batch holds the job of this number.
    pub(crate) fn holds(&self, batch: &str, number: i64) -> Result<bool, SandboxError> {
        let query = "SELECT 1 FROM jobs WHERE batch_id = ?1 AND number = ?2";
        Ok(self.connection().query_row(query, params![batch, number], |_| Ok(())).optional()?.is_some())
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic in the middle of a transaction rolls it back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn uses_reference(connection: &Connection, project: &str, reference_id: &str) -> rusqlite::Result<bool> {
    let query = "SELECT 1 FROM jobs WHERE project_id = ?1 AND reference_id = ?2";
    Ok(connection.query_row(query, [project, reference_id], |_| Ok(())).optional()?.is_some())
}

fn batch_name(connection: &Connection, project: &str, batch: &str) -> rusqlite::Result<Option<String>> {
    let query = "SELECT name FROM batches WHERE project_id = ?1 AND batch_id = ?2";
    connection.query_row(query, [project, batch], |row| row.get(0)).optional()
}

fn default_batch(transaction: &Transaction<'_>, project: &str) -> Result<String, SandboxError> {
    let query = "SELECT batch_id FROM batches WHERE project_id = ?1 AND name = ?2";
    if let Some(id) = transaction.query_row(query, [project, DEFAULT_BATCH], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let id = new_uuid()?;
    transaction.execute("INSERT INTO batches VALUES (?1, ?2, ?3, NULL)", [&id, project, DEFAULT_BATCH])?;
    Ok(id)
}

/// A row whose payload is still text.
fn read_row(row: &Row<'_>) -> rusqlite::Result<(JobRecord, String)> {
    let api: String = row.get(5)?;
    let record = JobRecord {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        job_id: row.get(1)?,
        project_id: row.get(2)?,
        batch_id: row.get(3)?,
        reference_id: row.get(4)?,
        api: if api == "v0" { ApiVersion::V0 } else { ApiVersion::V1 },
        workflow: row.get(6)?,
        status: row.get(7)?,
        payload: Value::Null,
    };
    Ok((record, row.get(8)?))
}

fn record((record, payload): (JobRecord, String)) -> Result<JobRecord, SandboxError> {
    match serde_json::from_str(&payload) {
        Ok(payload) => Ok(JobRecord { payload, ..record }),
        Err(source) => Err(SandboxError::Damaged { job_id: record.job_id, source }),
    }
}
