//! What was meant, sent and answered: an SQLite file that outlives every crash of ours, and that anybody can open.
//!
//! A row is committed, and on the disk, before the first byte of its job is sent. So a row in the state `intent` or
//! `unknown` is a job that may exist, and a job without a row was never sent.
//!
//! ```sql
#![doc = include_str!("schema.sql")]
//! ```

mod export;
mod file_system;
mod lock;
mod state;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, TransactionBehavior, params};

use crate::error::{Error, Result};
use crate::payload::Payload;
use lock::Lock;

pub use export::{Entry, Export};
pub use state::State;

/// The version of the schema; a file of a later one is not touched.
const VERSION: u32 = 1;

/// The journal of submits, held by one run at a time. Cheap to clone.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

struct Inner {
    connection: Mutex<Connection>,
    path: PathBuf,
    /// Held as long as the journal is open; nothing for one that is only read.
    _lock: Option<Lock>,
}

/// Where a job is: reference IDs are unique in a project of an endpoint, nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The platform's address, or the name of a sandbox.
    pub endpoint: String,
    /// The project's ID.
    pub project: String,
}

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending<'a> {
    /// Where the job stands now.
    pub state: State,
    /// The platform's ID, if its answer came; one that is known already stays.
    pub job_id: Option<&'a str>,
    /// Why it is not done.
    pub reason: Option<&'a str>,
}

/// What the journal says about a job that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Send it; the intent is on the disk.
    Send {
        /// An earlier try may have created it: a duplicate is then ours.
        may_exist: bool,
        /// How often it was tried, this time included.
        attempt: u32,
    },
    /// It exists.
    Done {
        /// The platform's ID, unless its answer was lost.
        job_id: Option<String>,
    },
    /// Somebody else's job has the name.
    Conflict {
        /// What was found then.
        reason: String,
    },
    /// The name was sent, or may have been, with another payload: never sent.
    Changed {
        /// Where the journal's row stands.
        state: State,
        /// The payload it has.
        payload_sha256: String,
    },
}

impl Journal {
    /// Opens the journal for a run, and makes it if it is missing. `now` is in seconds since 1970.
    pub fn open(path: impl Into<PathBuf>, now: u64) -> Result<Self> {
        let path = path.into();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| failed(&path, "make its folder", &error))?;
        }
        let lock = Lock::acquire(&path, now)?;
        let mut connection = Connection::open(&path).map_err(|error| failed(&path, "open it", &error))?;
        set_up(&mut connection, file_system::is_on_network(&path)).map_err(|error| failed(&path, "open it", &error))?;
        Self::checked(path, connection, Some(lock))
    }

    /// Opens a journal to look at it, also while a run holds it.
    pub fn open_read_only(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(|error| failed(&path, "open it", &error))?;
        Self::checked(path, connection, None)
    }

    fn checked(path: PathBuf, connection: Connection, lock: Option<Lock>) -> Result<Self> {
        let version: Option<u32> = connection
            .query_row("SELECT value FROM meta WHERE key = 'version'", [], |row| row.get::<_, String>(0))
            .map(|text| text.parse().ok())
            .map_err(|error| failed(&path, "read its version", &error))?;
        if version != Some(VERSION) {
            let found = version.map_or_else(|| "no version".into(), |version| format!("version {version}"));
            let why = format!("found {found}, expected version {VERSION}; another version of the program wrote it");
            return Err(Error::Journal { path, action: "read it", why });
        }
        Ok(Journal(Arc::new(Inner { connection: Mutex::new(connection), path, _lock: lock })))
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whether it lies on a network file system, where locks may not hold: worth a warning, and another folder.
    pub fn is_on_network(&self) -> bool {
        file_system::is_on_network(&self.0.path)
    }

    /// What the journal says about `payload`, without changing it. Nothing: the job is new.
    pub fn look_up(&self, target: &Target, payload: &Payload) -> Result<Option<Entry>> {
        find(&self.connection(), target, payload.reference_id()).map_err(|error| self.failed("read it", &error))
    }

    /// Writes the intent to send `payload` to the disk, or says why it must not be sent.
    pub fn begin(&self, target: &Target, payload: &Payload, now: u64) -> Result<Claim> {
        let mut connection = self.connection();
        let begin = |connection: &mut Connection| -> rusqlite::Result<Claim> {
            // Immediate: two runs that both look and then write would both find nothing.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let entry = find(&transaction, target, payload.reference_id())?;
            let claim = claim(entry, payload);
            if let Claim::Send { attempt, .. } = claim {
                transaction.execute(
                    "INSERT INTO jobs (endpoint, project, reference_id, payload_sha256, batch_id, state, attempt, created_at, updated_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, 'intent', ?6, ?7, ?7)
                     ON CONFLICT (endpoint, project, reference_id) DO UPDATE SET payload_sha256 = excluded.payload_sha256,
                       batch_id = excluded.batch_id, state = 'intent', attempt = excluded.attempt, reason = NULL,
                       updated_at = excluded.updated_at",
                    params![target.endpoint, target.project, payload.reference_id(), payload.sha256(), payload.batch_id(), attempt, stamp(now)],
                )?;
            }
            transaction.commit()?;
            Ok(claim)
        };
        begin(&mut connection).map_err(|error| self.failed("write an intent", &error))
    }

    /// Writes what became of a try to the disk. Nothing comes back if it was written.
    ///
    /// Where the lock does not hold, another run may have begun the same job since, or settled it: a job that is done stays
    /// done, and of the rest only the latest try's outcome counts. Then the row comes back as it stands.
    pub fn finish(
        &self,
        target: &Target,
        reference_id: &str,
        attempt: u32,
        ending: Ending<'_>,
        now: u64,
    ) -> Result<Option<Entry>> {
        const ACTION: &str = "write an outcome";
        let Ending { state, job_id, reason } = ending;
        let connection = self.connection();
        let changed = connection
            .execute(
                "UPDATE jobs SET state = ?5, job_id = coalesce(?6, job_id), reason = ?7, updated_at = ?8
                 WHERE endpoint = ?1 AND project = ?2 AND reference_id = ?3
                 AND (?5 = 'done' OR (attempt = ?4 AND state <> 'done'))",
                params![
                    target.endpoint,
                    target.project,
                    reference_id,
                    attempt,
                    state.as_str(),
                    job_id,
                    reason,
                    stamp(now)
                ],
            )
            .map_err(|error| self.failed(ACTION, &error))?;
        if changed == 1 {
            return Ok(None);
        }
        let row = find(&connection, target, reference_id).map_err(|error| self.failed(ACTION, &error))?;
        row.map(Some).ok_or_else(|| {
            let why = format!("the row of `{reference_id}` is gone; did something else write to the file?");
            Error::Journal { path: self.0.path.clone(), action: ACTION, why }
        })
    }

    /// Forgets a job that is known not to exist, or that belongs to somebody else. Whether there was such a row.
    pub fn forget(&self, target: &Target, reference_id: &str) -> Result<bool> {
        self.connection()
            .execute(
                "DELETE FROM jobs WHERE endpoint = ?1 AND project = ?2 AND reference_id = ?3
                 AND state IN ('not_sent', 'failed', 'conflict')",
                params![target.endpoint, target.project, reference_id],
            )
            .map(|count| count == 1)
            .map_err(|error| self.failed("forget a job", &error))
    }

    /// All rows, sorted by endpoint, project and reference ID.
    pub fn export(&self) -> Export {
        Export::new(self.clone())
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere rolled its transaction back: the connection is whole.
        self.0.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, action: &'static str, error: &rusqlite::Error) -> Error {
        failed(&self.0.path, action, error)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Journal({})", self.0.path.display())
    }
}

/// What `entry`, the row found for `payload`, means for sending it.
fn claim(entry: Option<Entry>, payload: &Payload) -> Claim {
    let Some(entry) = entry else {
        return Claim::Send { may_exist: false, attempt: 1 };
    };
    if entry.state == State::Conflict {
        return Claim::Conflict { reason: entry.reason.unwrap_or_default() };
    }
    // Where nothing exists over there, a mended payload may take the name.
    if entry.payload_sha256 != payload.sha256() && !entry.state.is_known_absent() {
        return Claim::Changed { state: entry.state, payload_sha256: entry.payload_sha256 };
    }
    if entry.state == State::Done {
        return Claim::Done { job_id: entry.job_id };
    }
    Claim::Send { may_exist: !entry.state.is_known_absent(), attempt: entry.attempt.saturating_add(1) }
}

fn set_up(connection: &mut Connection, on_network: bool) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    // FULL: a commit is on the disk when it returns, at 0.1 ms against the 100 ms of a request.
    connection.pragma_update(None, "journal_mode", if on_network { "DELETE" } else { "WAL" })?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let is_new =
        transaction.query_row("SELECT 1 FROM sqlite_schema WHERE name = 'meta'", [], |_| Ok(())).optional()?.is_none();
    if is_new {
        transaction.execute_batch(include_str!("schema.sql"))?;
    }
    transaction.commit()
}

fn find(connection: &Connection, target: &Target, reference_id: &str) -> rusqlite::Result<Option<Entry>> {
    connection
        .prepare_cached(
            "SELECT endpoint, project, reference_id, payload_sha256, batch_id, state, job_id, attempt, reason, created_at, updated_at
             FROM jobs WHERE endpoint = ?1 AND project = ?2 AND reference_id = ?3",
        )?
        .query_row(params![target.endpoint, target.project, reference_id], entry)
        .optional()
}

/// A row in the order of its columns.
fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let seconds = |index: usize| row.get::<_, i64>(index).map(|stamp| u64::try_from(stamp).unwrap_or(0));
    Ok(Entry {
        endpoint: row.get(0)?,
        project: row.get(1)?,
        reference_id: row.get(2)?,
        payload_sha256: row.get(3)?,
        batch_id: row.get(4)?,
        state: row.get(5)?,
        job_id: row.get(6)?,
        attempt: row.get(7)?,
        reason: row.get(8)?,
        created_at: seconds(9)?,
        updated_at: seconds(10)?,
    })
}

/// SQLite's integers are signed.
fn stamp(now: u64) -> i64 {
    i64::try_from(now).unwrap_or(i64::MAX)
}

fn failed(path: &Path, action: &'static str, error: &dyn std::error::Error) -> Error {
    Error::Journal { path: path.to_owned(), action, why: error.to_string() }
}

#[cfg(test)]
mod tests;
