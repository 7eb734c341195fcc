//! Many jobs at once, within concurrency and budget.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use super::one::{Ended, Session};
use super::plan::{Plan, Step};
use super::{JobOutcome, StopReason, SubmitOptions, SubmitSummary, Verdict, job_ids, target};
use crate::api::Client;
use crate::journal::Journal;

/// Runs `plan`.
pub(super) async fn run(
    client: &Client,
    journal: &Journal,
    plan: &Plan,
    options: &SubmitOptions,
    on_outcome: impl FnMut(&JobOutcome),
) -> SubmitSummary {
    let session = Arc::new(Session {
        client: client.clone(),
        journal: journal.clone(),
        target: target(client),
        options: options.clone(),
        stopping: AtomicBool::new(false),
    });
    let mut run = Run { session, summary: SubmitSummary::default(), on_outcome, spent: 0, in_a_row: 0 };
    // Aborted when dropped: then the journal says what was under way.
    let mut under_way = JoinSet::new();
    for step in &plan.steps {
        let payload = match step {
            Step::Done(payload, job_id) => {
                run.without_sending(payload.reference_id(), Verdict::AlreadyThere { job_id: job_id.clone() });
                continue;
            }
            Step::Collision(collision) => {
                run.without_sending(&collision.reference_id, Verdict::Conflict { reason: collision.reason.clone() });
                continue;
            }
            Step::Send(payload) => payload.clone(),
        };
        // Each job under way may cost: it has its place in the budget until it is known that it does not.
        while !under_way.is_empty() && (under_way.len() >= options.concurrency || run.is_spent(under_way.len())) {
            run.ended(under_way.join_next().await);
        }
        if run.is_spent(under_way.len()) {
            run.summary.stop(StopReason::Budget);
        } else if options.cancel.load(Ordering::Relaxed) {
            run.summary.stop(StopReason::Cancelled);
        }
        if run.summary.stopped.is_some() {
            run.summary.not_tried += 1;
            continue;
        }
        let session = Arc::clone(&run.session);
        under_way.spawn(async move { session.submit(&payload).await });
    }
    while !under_way.is_empty() {
        run.ended(under_way.join_next().await);
    }
    if options.cancel.load(Ordering::Relaxed) && run.summary.not_tried + run.summary.not_sent > 0 {
        run.summary.stop(StopReason::Cancelled);
    }
    if run.summary.without_job_id > 0 && !run.session.is_stopping() {
        let found = job_ids::fill_in(&run.session, plan).await;
        run.summary.without_job_id = run.summary.without_job_id.saturating_sub(found);
    }
    run.summary
}

struct Run<F> {
    session: Arc<Session>,
    summary: SubmitSummary,
    on_outcome: F,
    /// Jobs that this run created or may have.
    spent: u64,
    /// Jobs in a row that ended without a usable answer.
    in_a_row: u32,
}

impl<F: FnMut(&JobOutcome)> Run<F> {
    fn is_spent(&self, under_way: usize) -> bool {
        self.session.options.budget.is_some_and(|budget| self.spent + under_way as u64 >= budget)
    }

    fn without_sending(&mut self, reference_id: &str, verdict: Verdict) {
        let outcome = JobOutcome { reference_id: reference_id.to_owned(), tries: 0, verdict, may_cost: false };
        self.summary.count(&outcome.verdict);
        (self.on_outcome)(&outcome);
    }

    fn ended(&mut self, joined: Option<Result<Ended, tokio::task::JoinError>>) {
        let ended = match joined {
            None => return,
            Some(Ok(ended)) => ended,
            // A bug of ours; the journal's row says that the job may exist.
            Some(Err(error)) => {
                self.summary.unknown += 1;
                self.spent += 1;
                self.stop(StopReason::Journal { message: format!("a job ended without an outcome: {error}") });
                return;
            }
        };
        match ended.outcome {
            Some(outcome) => {
                self.spent += u64::from(outcome.may_cost);
                let unanswered = matches!(outcome.verdict, Verdict::Unknown { .. });
                self.in_a_row = if unanswered { self.in_a_row + 1 } else { 0 };
                self.summary.count(&outcome.verdict);
                (self.on_outcome)(&outcome);
            }
            None => self.summary.not_tried += 1,
        }
        if self.in_a_row >= self.session.options.give_up_after.max(1) {
            let message = format!("{} jobs in a row got no usable answer", self.in_a_row);
            self.stop(StopReason::Temporary { message });
        }
        if let Some(reason) = ended.stop {
            self.stop(reason);
        }
    }

    fn stop(&mut self, reason: StopReason) {
        self.session.stopping.store(true, Ordering::Relaxed);
        self.summary.stop(reason);
    }
}
