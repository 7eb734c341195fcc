//! The journal as rows, so that nobody is locked in.

use rusqlite::params;
use serde::Serialize;

use super::{Journal, State, entry};
use crate::error::Result;

/// Rows fetched at once: memory stays flat, however long the journal is.
const PAGE: usize = 500;

/// A row of the journal; serialises to a JSON object with these names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The platform's address, or the name of a sandbox.
    pub endpoint: String,
    /// The project's ID.
    pub project: String,
    /// Our ID of the job.
    pub reference_id: String,
    /// SHA-256 of the exact bytes that are sent.
    pub payload_sha256: String,
    /// The batch; none is the default batch.
    pub batch_id: Option<String>,
    /// Where it stands.
    pub state: State,
    /// The platform's ID of the job, once known.
    pub job_id: Option<String>,
    /// How often a run began to send it.
    pub attempt: u32,
    /// Why it is not done.
    pub reason: Option<String>,
    /// When it was first meant to be sent, in seconds since 1970.
    pub created_at: u64,
    /// When the row last changed.
    pub updated_at: u64,
}

/// The rows of a journal, in the order of their names.
#[derive(Debug)]
pub struct Export {
    journal: Journal,
    page: std::vec::IntoIter<Entry>,
    last: Option<(String, String, String)>,
    ended: bool,
}

impl Export {
    pub(super) fn new(journal: Journal) -> Self {
        Export { journal, page: Vec::new().into_iter(), last: None, ended: false }
    }

    fn fetch(&mut self) -> Result<()> {
        let (endpoint, project, reference_id) = self.last.clone().unwrap_or_default();
        let fetch = || -> rusqlite::Result<Vec<Entry>> {
            let connection = self.journal.connection();
            let mut statement = connection.prepare_cached(
                "SELECT endpoint, project, reference_id, payload_sha256, batch_id, state, job_id, attempt, reason, created_at, updated_at
                 FROM jobs WHERE (endpoint, project, reference_id) > (?1, ?2, ?3)
                 ORDER BY endpoint, project, reference_id LIMIT ?4",
            )?;
            statement.query_map(params![endpoint, project, reference_id, PAGE as i64], entry)?.collect()
        };
        let page = fetch().map_err(|error| self.journal.failed("read it", &error))?;
        self.ended = page.len() < PAGE;
        self.page = page.into_iter();
        Ok(())
    }
}

impl Iterator for Export {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        if self.page.len() == 0
            && !self.ended
            && let Err(error) = self.fetch()
        {
            self.ended = true;
            return Some(Err(error));
        }
        let entry = self.page.next()?;
        self.last = Some((entry.endpoint.clone(), entry.project.clone(), entry.reference_id.clone()));
        Some(Ok(entry))
    }
}
