//! What a run did.

use serde::Serialize;

use crate::api::ErrorCode;

/// What became of one job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobOutcome {
    /// The job.
    pub reference_id: String,
    /// How often it was sent in this run.
    pub tries: u32,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// This run created it, or may have.
    #[serde(skip)]
    pub(super) may_cost: bool,
}

/// What became of one job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Verdict {
    /// This run created it.
    Created {
        /// The platform's ID of the job.
        job_id: String,
    },
    /// It exists and is ours: an earlier run made it, or a request whose answer was lost.
    AlreadyThere {
        /// The platform's ID of the job, unless its answer was lost.
        job_id: Option<String>,
    },
    /// The platform refused it.
    Failed {
        /// The platform's code, if it gave one.
        code: Option<ErrorCode>,
        /// Its message.
        message: String,
        /// The fields it names.
        fields: Vec<String>,
    },
    /// The name is taken, by somebody else's job or by another payload of ours. Not sent under another name.
    Conflict {
        /// Both facts.
        reason: String,
    },
    /// It may exist. Running again settles it.
    Unknown {
        /// What is known.
        why: String,
    },
    /// It does not exist, and may be sent another time.
    NotSent {
        /// Why not.
        why: String,
    },
}

/// Why a run ended before its last job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "stopped", rename_all = "snake_case")]
pub enum StopReason {
    /// The key or its rights.
    Auth {
        /// The platform's message.
        message: String,
    },
    /// The journal could not be written: nothing is sent that could not be recorded.
    Journal {
        /// What failed.
        message: String,
    },
    /// No connection, or the platform asks to wait longer than the run may.
    Temporary {
        /// Why.
        message: String,
    },
    /// The cancel flag was set.
    Cancelled,
    /// The budget is used up.
    Budget,
}

impl StopReason {
    /// The exit code that it asks for.
    fn exit_code(&self) -> u8 {
        match self {
            StopReason::Auth { .. } => 4,
            StopReason::Journal { .. } => 3,
            StopReason::Temporary { .. } => 5,
            StopReason::Cancelled | StopReason::Budget => 0,
        }
    }
}

/// What a run did: every job is counted in exactly one of the figures, but for `without_job_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SubmitSummary {
    /// Created by this run.
    pub created: u64,
    /// Existed and are ours.
    pub already_there: u64,
    /// Refused by the platform.
    pub failed: u64,
    /// Their names are taken.
    pub conflict: u64,
    /// May exist; running again settles them.
    pub unknown: u64,
    /// Do not exist, after all tries; running again sends them.
    pub not_sent: u64,
    /// Not tried, because the run ended before.
    pub not_tried: u64,
    /// Of those already there: the platform's ID of the job is not known.
    pub without_job_id: u64,
    /// Why the run ended before its last job.
    pub stopped: Option<StopReason>,
}

impl SubmitSummary {
    /// The exit code of a program whose work this was, the gravest first: 6 something is unknown, 4 key or rights, 3 journal,
    /// 5 temporary trouble, 1 a job was refused or in conflict, 0.
    pub fn exit_code(&self) -> u8 {
        let stopped = self.stopped.as_ref().map_or(0, StopReason::exit_code);
        if self.unknown > 0 {
            6
        } else if matches!(stopped, 3 | 4) {
            stopped
        } else if self.not_sent > 0 || stopped == 5 {
            5
        } else {
            u8::from(self.failed > 0 || self.conflict > 0)
        }
    }

    pub(super) fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Created { .. } => self.created += 1,
            Verdict::AlreadyThere { job_id } => {
                self.already_there += 1;
                self.without_job_id += u64::from(job_id.is_none());
            }
            Verdict::Failed { .. } => self.failed += 1,
            Verdict::Conflict { .. } => self.conflict += 1,
            Verdict::Unknown { .. } => self.unknown += 1,
            Verdict::NotSent { .. } => self.not_sent += 1,
        }
    }

    /// Keeps the reason that a user must act on: several jobs under way may each bring one.
    pub(super) fn stop(&mut self, reason: StopReason) {
        let gravity = |reason: &StopReason| match reason {
            StopReason::Auth { .. } => 4,
            StopReason::Journal { .. } => 3,
            StopReason::Temporary { .. } => 2,
            StopReason::Cancelled => 1,
            StopReason::Budget => 0,
        };
        if self.stopped.as_ref().is_none_or(|old| gravity(old) < gravity(&reason)) {
            self.stopped = Some(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_matter_gives_the_exit_code() {
        let mut summary = SubmitSummary { created: 3, ..SubmitSummary::default() };
        assert_eq!(summary.exit_code(), 0);
        summary.stop(StopReason::Budget);
        assert_eq!(summary.exit_code(), 0);
        summary.failed = 1;
        assert_eq!(summary.exit_code(), 1);
        summary.not_sent = 1;
        assert_eq!(summary.exit_code(), 5);
        summary.stop(StopReason::Journal { message: "disk full".into() });
        assert_eq!(summary.exit_code(), 3);
        summary.stop(StopReason::Auth { message: "no".into() });
        summary.stop(StopReason::Cancelled);
        assert_eq!(summary.exit_code(), 4);
        summary.unknown = 1;
        assert_eq!(summary.exit_code(), 6);
    }

    #[test]
    fn an_outcome_is_one_flat_json_object() {
        let verdict = Verdict::Created { job_id: "j".into() };
        let outcome = JobOutcome { reference_id: "a".into(), tries: 1, verdict, may_cost: true };
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(json, r#"{"reference_id":"a","tries":1,"outcome":"created","job_id":"j"}"#);
    }
}
