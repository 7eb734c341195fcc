//! Jobs whose answer was lost exist without the platform's ID being known. Batches list both IDs.

use std::collections::{BTreeSet, HashMap};

use super::one::Session;
use super::plan::{Plan, Step};
use crate::error::Result;
use crate::journal::{Ending, Entry, State};

/// Looks the missing IDs up, each batch listed once, and writes them into the journal. How many were found; trouble is no
/// failure of the run, the next one tries again.
pub(super) async fn fill_in(session: &Session, plan: &Plan) -> u64 {
    let mut missing = Vec::new();
    for step in &plan.steps {
        let (Step::Send(payload) | Step::Done(payload, None)) = step else { continue };
        let entry = session.journal.look_up(&session.target, payload);
        missing.extend(entry.ok().flatten().filter(|entry| entry.state == State::Done && entry.job_id.is_none()));
    }
    let batches: BTreeSet<String> = missing.iter().filter_map(|entry| entry.batch_id.clone()).collect();
    let mut found = 0;
    for batch in batches {
        let of_batch: HashMap<&str, &Entry> = missing
            .iter()
            .filter(|entry| entry.batch_id.as_deref() == Some(&batch))
            .map(|entry| (entry.reference_id.as_str(), entry))
            .collect();
        found += list(session, &batch, of_batch).await.unwrap_or_default();
    }
    found
}

async fn list(session: &Session, batch: &str, mut missing: HashMap<&str, &Entry>) -> Result<u64> {
    let mut found = 0;
    let mut pages = session.client.batch_jobs(batch);
    while !missing.is_empty() && !session.is_stopping() {
        let Some(page) = pages.next_page().await? else { break };
        for job in page {
            if let Some(entry) = missing.remove(job.reference_id.as_str()) {
                let ending = Ending { state: State::Done, job_id: Some(&job.job_id), reason: None };
                let now = session.options.clock.unix_seconds();
                session.journal.finish(&session.target, &job.reference_id, entry.attempt, ending, now)?;
                found += 1;
            }
        }
    }
    Ok(found)
}
