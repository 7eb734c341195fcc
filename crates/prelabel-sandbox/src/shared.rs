//! What all requests share.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::counts::Counts;
use crate::faults::Faults;
use crate::fetch::Fetcher;
use crate::grants::Grants;
use crate::ledger::Ledger;
use crate::{SandboxError, SandboxOptions};

/// How many jobs are looked at side by side: each may hold an image and a mask in memory.
const CHECKS: usize = 8;

/// The state of the server, as handlers get it.
pub(crate) type App = Arc<Shared>;

/// The state of the server.
pub(crate) struct Shared {
    /// Where the server is, without a slash at its end.
    pub(crate) url: String,
    /// The key that is accepted.
    pub(crate) api_key: String,
    /// The projects that exist, if not all do.
    pub(crate) projects: Option<HashSet<String>>,
    /// The workflows that exist, if not all do.
    pub(crate) workflows: Option<HashSet<String>>,
    /// Whether masks are looked into.
    pub(crate) check_masks: bool,
    /// What a job costs.
    pub(crate) price_per_job: Option<u64>,
    /// Jobs and batches.
    pub(crate) ledger: Arc<Ledger>,
    /// The way to attachments.
    pub(crate) fetcher: Fetcher,
    /// Room for a job whose files are looked at.
    pub(crate) checks: Semaphore,
    /// Faults still to come.
    pub(crate) faults: Faults,
    /// Links to private files.
    pub(crate) grants: Grants,
    /// Requests so far.
    pub(crate) counts: Counts,
}

impl Shared {
    /// Puts the state together; the options were checked, each ID is in lower case.
    pub(crate) fn new(url: String, options: &SandboxOptions, ledger: Ledger, fetcher: Fetcher) -> Self {
        let set =
            |ids: &Option<Vec<String>>| ids.as_ref().map(|ids| ids.iter().map(|id| id.to_ascii_lowercase()).collect());
        Shared {
            url,
            api_key: options.api_key.clone(),
            projects: set(&options.projects),
            workflows: set(&options.workflows),
            check_masks: options.check_masks,
            price_per_job: options.price_per_job,
            ledger: Arc::new(ledger),
            fetcher,
            checks: Semaphore::new(CHECKS),
            faults: Faults::default(),
            grants: Grants::default(),
            counts: Counts::default(),
        }
    }

    /// Asks the ledger, on a thread that may wait for the disk.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> Result<T, SandboxError> + Send + 'static,
    ) -> Result<T, SandboxError> {
        let ledger = Arc::clone(&self.ledger);
        let done = tokio::task::spawn_blocking(move || work(&ledger)).await;
        done.map_err(|error| SandboxError::Server(error.to_string()))?
    }
}
