//! Submitting exactly once.
//!
//! For each job: the intent goes to the disk, the request is sent once, its answer is classified, what it proves goes to
//! the disk. An answer that proves nothing is settled by sending again **under the same reference ID**, which the platform
//! refuses if the first request arrived. Running the same jobs again continues where a run stopped, however it stopped.

mod backoff;
mod dispatch;
mod job_ids;
mod one;
mod plan;
mod summary;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::api::Client;
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, Result};
use crate::journal::{Journal, Target};
use crate::payload::Payload;

pub use backoff::Backoff;
pub use plan::{Collision, Plan};
pub use summary::{JobOutcome, StopReason, SubmitSummary, Verdict};

/// How a run behaves.
#[derive(Clone)]
pub struct SubmitOptions {
    /// How many jobs are under way at once.
    pub concurrency: usize,
    /// The most jobs that this run may create.
    pub budget: Option<u64>,
    /// How often one job is sent in one run, counting the first time.
    pub tries: u32,
    /// The waits between them.
    pub backoff: Backoff,
    /// The longest wait that the platform can ask for; above it the run stops and is to be run again later.
    pub longest_wait: Duration,
    /// After so many jobs in a row without a usable answer the run stops.
    pub give_up_after: u32,
    /// Set it to stop: requests under way are finished, nothing new is sent.
    pub cancel: Arc<AtomicBool>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Default for SubmitOptions {
    fn default() -> Self {
        SubmitOptions {
            concurrency: 8,
            budget: None,
            tries: 8,
            backoff: Backoff::default(),
            longest_wait: Duration::from_secs(300),
            give_up_after: 5,
            cancel: Arc::default(),
            clock: Arc::new(SystemClock),
        }
    }
}

impl std::fmt::Debug for SubmitOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubmitOptions")
            .field("concurrency", &self.concurrency)
            .field("budget", &self.budget)
            .field("tries", &self.tries)
            .field("backoff", &self.backoff)
            .field("longest_wait", &self.longest_wait)
            .field("give_up_after", &self.give_up_after)
            .field("cancel", &self.cancel)
            .finish_non_exhaustive()
    }
}

/// Where the jobs of `client` are, as the journal names it.
pub fn target(client: &Client) -> Target {
    Target { endpoint: client.name().to_owned(), project: client.project().to_owned() }
}

/// Submits `payloads`, those first that an earlier run left open. `on_outcome` is told of each job as it ends.
///
/// An error means that nothing was sent. Dropping the future is as safe as a crash: running again settles it.
pub async fn submit(
    client: &Client,
    journal: &Journal,
    payloads: &[Payload],
    options: &SubmitOptions,
    on_outcome: impl FnMut(&JobOutcome),
) -> Result<SubmitSummary> {
    let plan = Plan::new(journal, &target(client), payloads)?;
    if !client.endpoint().is_loopback()
        && let Some(url) = plan.local_urls.first()
    {
        return Err(Error::usage(
            format!("{} jobs name files that only this machine can read, the first {url}", plan.local_urls.len()),
            "upload the files to a place that the platform can read, and name that in the jobs",
        ));
    }
    Ok(dispatch::run(client, journal, &plan, options, on_outcome).await)
}
