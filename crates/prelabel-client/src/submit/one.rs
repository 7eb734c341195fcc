//! One job, until it is settled or given up: the protocol itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::plan::changed_reason;
use super::{JobOutcome, StopReason, SubmitOptions, Verdict};
use crate::api::{Client, ErrorCode, Outcome};
use crate::error::Error;
use crate::journal::{Claim, Ending, Entry, Journal, State, Target};
use crate::payload::Payload;

/// The longest time without a look at the cancel flag.
const TICK: Duration = Duration::from_millis(250);

/// What the jobs of a run share.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) journal: Journal,
    pub(super) target: Target,
    pub(super) options: SubmitOptions,
    /// Set when the run ends early: jobs under way finish their request and no more.
    pub(super) stopping: AtomicBool,
}

/// What became of a job, and whether the run can go on.
pub(super) struct Ended {
    /// Nothing: the job was not sent at all.
    pub(super) outcome: Option<JobOutcome>,
    pub(super) stop: Option<StopReason>,
}

/// What one try says about going on.
enum Next {
    Settled(Verdict),
    Again { verdict: Verdict, retry_after: Option<Duration> },
    Stop(Verdict, StopReason),
}

impl Session {
    /// Submits one job.
    pub(super) async fn submit(&self, payload: &Payload) -> Ended {
        let mut tries = 0;
        // A try of this run that may have created the job without saying so.
        let mut may_cost = false;
        let mut last: Option<Verdict> = None;
        let ended = |verdict: Verdict, tries: u32, may_cost: bool, stop: Option<StopReason>| {
            let may_cost = match verdict {
                Verdict::Created { .. } => true,
                Verdict::Unknown { .. } | Verdict::AlreadyThere { .. } => may_cost,
                Verdict::Failed { .. } | Verdict::Conflict { .. } | Verdict::NotSent { .. } => false,
            };
            let reference_id = payload.reference_id().to_owned();
            Ended { outcome: Some(JobOutcome { reference_id, tries, verdict, may_cost }), stop }
        };
        loop {
            let (may_exist, attempt) = match self.journal.begin(&self.target, payload, self.now()) {
                Ok(Claim::Send { may_exist, attempt }) => (may_exist, attempt),
                Ok(Claim::Done { job_id }) => return ended(Verdict::AlreadyThere { job_id }, tries, may_cost, None),
                Ok(Claim::Conflict { reason }) => return ended(Verdict::Conflict { reason }, tries, may_cost, None),
                Ok(Claim::Changed { state, .. }) => {
                    return ended(Verdict::Conflict { reason: changed_reason(state) }, tries, may_cost, None);
                }
                Err(error) => {
                    let stop = Some(journal_stop(&error));
                    return match last {
                        Some(verdict) => ended(verdict, tries, may_cost, stop),
                        None => Ended { outcome: None, stop },
                    };
                }
            };
            tries += 1;
            let outcome = self.client.create_job(payload).await;
            may_cost |= matches!(outcome, Outcome::Unknown { .. });
            let mut next = judge(outcome, may_exist);
            match self.record(payload, attempt, next.verdict()) {
                Ok(None) => {}
                Ok(Some(row)) => next = overtaken(next, row),
                Err(error) => {
                    // The row still says intent: the next run asks again. This one must not claim more than the disk.
                    let why = format!("the outcome could not be recorded: {error}");
                    return ended(Verdict::Unknown { why }, tries, true, Some(journal_stop(&error)));
                }
            }
            let (verdict, retry_after) = match next {
                Next::Settled(verdict) => return ended(verdict, tries, may_cost, None),
                Next::Stop(verdict, stop) => return ended(verdict, tries, may_cost, Some(stop)),
                Next::Again { verdict, retry_after } => (verdict, retry_after),
            };
            let too_long = retry_after.filter(|asked| *asked > self.options.longest_wait);
            if let Some(asked) = too_long {
                let message = format!("the platform asks to wait {} s", asked.as_secs());
                return ended(verdict, tries, may_cost, Some(StopReason::Temporary { message }));
            }
            if tries >= self.options.tries {
                let stop = match &verdict {
                    // Nobody answers: the other jobs would fare alike, at minutes each.
                    Verdict::NotSent { why } => Some(StopReason::Temporary { message: why.clone() }),
                    _ => None,
                };
                return ended(verdict, tries, may_cost, stop);
            }
            if !self.wait(self.options.backoff.wait(tries, retry_after)).await {
                return ended(verdict, tries, may_cost, None);
            }
            last = Some(verdict);
        }
    }

    /// Writes `verdict` down; the row as it stands if another run was faster.
    fn record(&self, payload: &Payload, attempt: u32, verdict: &Verdict) -> Result<Option<Entry>, Error> {
        let (state, job_id, reason) = match verdict {
            Verdict::Created { job_id } => (State::Done, Some(job_id.as_str()), None),
            Verdict::AlreadyThere { job_id } => (State::Done, job_id.as_deref(), None),
            Verdict::Failed { message, .. } => (State::Failed, None, Some(message)),
            Verdict::Conflict { reason } => (State::Conflict, None, Some(reason)),
            Verdict::Unknown { why } => (State::Unknown, None, Some(why)),
            Verdict::NotSent { why } => (State::NotSent, None, Some(why)),
        };
        let ending = Ending { state, job_id, reason: reason.map(String::as_str) };
        self.journal.finish(&self.target, payload.reference_id(), attempt, ending, self.now())
    }

    fn now(&self) -> u64 {
        self.options.clock.unix_seconds()
    }

    /// Whether nothing more is to be sent.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed) || self.options.cancel.load(Ordering::Relaxed)
    }

    /// Waits, unless the run is to stop; whether it may go on.
    async fn wait(&self, mut rest: Duration) -> bool {
        while !rest.is_zero() {
            if self.is_stopping() {
                return false;
            }
            let tick = rest.min(TICK);
            self.options.clock.sleep(tick).await;
            rest -= tick;
        }
        !self.is_stopping()
    }
}

impl Next {
    fn verdict(&self) -> &Verdict {
        let (Next::Settled(verdict) | Next::Again { verdict, .. } | Next::Stop(verdict, _)) = self;
        verdict
    }
}

/// What `next` becomes if another run has taken the job over since, whose row is `row`.
fn overtaken(next: Next, row: Entry) -> Next {
    let done = (row.state == State::Done).then_some(Verdict::AlreadyThere { job_id: row.job_id });
    match (next, done) {
        (Next::Stop(verdict, stop), done) => Next::Stop(done.unwrap_or(verdict), stop),
        (_, Some(done)) => Next::Settled(done),
        // The duplicate may be that run's: asked again, the journal says that it may be ours.
        (Next::Settled(Verdict::Conflict { .. }), None) => {
            let why = "another run sends the same job".into();
            Next::Again { verdict: Verdict::Unknown { why }, retry_after: None }
        }
        (next, None) => next,
    }
}

/// What `outcome` means for a job that may have existed before it, or not.
fn judge(outcome: Outcome, may_exist: bool) -> Next {
    // Where the job may exist, an answer that says nothing about existence leaves it so.
    let absent = |why: String| match may_exist {
        true => Verdict::Unknown { why: format!("an earlier try got no answer, and now: {why}") },
        false => Verdict::NotSent { why },
    };
    match outcome {
        Outcome::Created { job_id } => Next::Settled(Verdict::Created { job_id }),
        Outcome::Duplicate if may_exist => Next::Settled(Verdict::AlreadyThere { job_id: None }),
        Outcome::Duplicate => {
            let reason = "the platform has a job of that reference ID already, and by this journal it cannot be ours";
            Next::Settled(Verdict::Conflict { reason: reason.into() })
        }
        Outcome::Rejected { code, message, fields } => match may_exist && !is_about_the_payload(code.as_ref()) {
            true => Next::Settled(absent(message)),
            false => Next::Settled(Verdict::Failed { code, message, fields }),
        },
        Outcome::AuthFailed { message } => Next::Stop(absent(message.clone()), StopReason::Auth { message }),
        Outcome::NotSent { why } => Next::Again { verdict: absent(why), retry_after: None },
        Outcome::RateLimited { retry_after } => {
            Next::Again { verdict: absent("the platform asks for fewer requests".into()), retry_after }
        }
        Outcome::Unknown { why, retry_after } => Next::Again { verdict: Verdict::Unknown { why }, retry_after },
    }
}

/// Whether a refusal holds for this payload at any time, so that the same payload cannot have been taken before. An
/// attachment, for one, may have been reachable then. Should the platform change its mind after all, the mended payload
/// meets a duplicate, which is a conflict and not a second job.
fn is_about_the_payload(code: Option<&ErrorCode>) -> bool {
    use ErrorCode::*;
    matches!(
        code,
        Some(
            ReferenceIdMissing
                | DataInvalid
                | DataEmpty
                | WorkflowMissing
                | JobTypeInvalid
                | PriorityInvalid
                | ParameterMalformed
        )
    )
}

fn journal_stop(error: &Error) -> StopReason {
    StopReason::Journal { message: error.to_string() }
}
