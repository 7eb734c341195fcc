//! What a run would do, before anything is sent or paid.

use std::collections::HashSet;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::journal::{Journal, State, Target};
use crate::payload::{Payload, Problem, Problems};

/// What a run would do.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// All jobs.
    pub total: usize,
    /// Never sent; each would cost.
    pub new: usize,
    /// Exist by the journal; nothing is sent for them.
    pub already_there: usize,
    /// An earlier run left it open whether they exist; settled first.
    pub to_reconcile: usize,
    /// Known not to exist after an earlier run; tried again.
    pub again: usize,
    /// Names that are taken; nothing is sent for them.
    pub collisions: Vec<Collision>,
    /// Jobs to be sent that name no batch and go to the platform's default batch.
    pub without_batch: usize,
    /// URLs in jobs to be sent that only this machine can read.
    pub local_urls: Vec<String>,
    /// In the order of the run.
    #[serde(skip)]
    pub(super) steps: Vec<Step>,
}

/// A job whose name is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collision {
    /// The name.
    pub reference_id: String,
    /// Both facts.
    pub reason: String,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Send(Payload),
    Done(Payload, Option<String>),
    Collision(Collision),
}

impl Plan {
    /// Compares `payloads` with the journal. A reference ID that stands twice in them is an error.
    pub fn new(journal: &Journal, target: &Target, payloads: &[Payload]) -> Result<Self> {
        refuse_doubles(payloads)?;
        let mut plan = Plan {
            total: payloads.len(),
            new: 0,
            already_there: 0,
            to_reconcile: 0,
            again: 0,
            collisions: Vec::new(),
            without_batch: 0,
            local_urls: Vec::new(),
            steps: Vec::with_capacity(payloads.len()),
        };
        let mut open = Vec::new();
        let mut rest = Vec::new();
        for payload in payloads {
            let entry = journal.look_up(target, payload)?;
            let state = entry.as_ref().map(|entry| entry.state);
            let changed = entry.as_ref().is_some_and(|entry| entry.payload_sha256 != payload.sha256());
            let reason = match state {
                Some(State::Conflict) => {
                    Some(entry.as_ref().and_then(|entry| entry.reason.clone()).unwrap_or_default())
                }
                Some(state @ (State::Done | State::Intent | State::Unknown)) if changed => Some(changed_reason(state)),
                _ => None,
            };
            if let Some(reason) = reason {
                let collision = Collision { reference_id: payload.reference_id().to_owned(), reason };
                plan.collisions.push(collision.clone());
                rest.push(Step::Collision(collision));
                continue;
            }
            if state == Some(State::Done) {
                plan.already_there += 1;
                rest.push(Step::Done(payload.clone(), entry.and_then(|entry| entry.job_id)));
                continue;
            }
            plan.without_batch += usize::from(payload.batch_id().is_none());
            plan.local_urls.extend(payload.local_urls());
            match state {
                Some(State::Intent | State::Unknown) => {
                    plan.to_reconcile += 1;
                    open.push(Step::Send(payload.clone()));
                    continue;
                }
                None => plan.new += 1,
                Some(_) => plan.again += 1,
            }
            rest.push(Step::Send(payload.clone()));
        }
        plan.steps = open;
        plan.steps.extend(rest);
        Ok(plan)
    }

    /// The most jobs that a run could create.
    pub fn may_create(&self) -> usize {
        self.new + self.again + self.to_reconcile
    }
}

/// Why a job is not sent whose name the journal has with another payload.
pub(super) fn changed_reason(state: State) -> String {
    let fact = if state == State::Done { "it was created" } else { "it may have been created" };
    format!("{fact} with another payload under that reference ID; give the changed job a reference ID of its own")
}

fn refuse_doubles(payloads: &[Payload]) -> Result<()> {
    let mut seen = HashSet::with_capacity(payloads.len());
    let double = payloads.iter().find(|payload| !seen.insert(payload.reference_id()));
    double.map_or(Ok(()), |payload| {
        Err(Error::Payload(Problems(vec![Problem {
            line: None,
            reference_id: Some(payload.reference_id().to_owned()),
            field: "reference_id".into(),
            message: "stands twice among the jobs".into(),
        }])))
    })
}
