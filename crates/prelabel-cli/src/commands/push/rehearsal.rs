//! Submitting to the sandbox: through the same client, HTTP and journal as to the platform.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use prelabel::Error;
use prelabel::report::Summary;
use prelabel_client::api::Client;
use prelabel_client::clock::{Clock, SystemClock};
use prelabel_client::http::{Endpoint, HttpClient, HttpOptions};
use prelabel_client::journal::Journal;
use prelabel_client::payload::Payload;
use prelabel_client::submit::{StopReason, SubmitOptions, SubmitSummary, Verdict, submit as submit_all};
use prelabel_sandbox::{Bucket, Sandbox, SandboxOptions};
use secrecy::SecretString;

use super::folder::Folder;
use crate::commands::End;
use crate::exit_code::Exit;
use crate::output::{Output, outcome_of_job_json, submitted_json};

/// The bucket's name in the jobs: the sandbox reads it from the store's folder, so that jobs are the same in each run.
pub(super) const BUCKET: &str = "prelabel-sandbox";
/// The sandbox takes any project and workflow; these are fixed, so that a job has the same name in each run.
pub(super) const PROJECT: &str = "5a4d0b0c-0000-4000-8000-000000000001";
pub(super) const WORKFLOW: &str = "5a4d0b0c-0000-4000-8000-000000000002";
/// Guards nothing: the sandbox listens on this machine only, and for the length of this run.
const KEY: &str = "sandbox";

pub(super) async fn submit(
    folder: &Folder,
    payloads: &[Payload],
    interrupted: &Arc<AtomicBool>,
    output: &Output,
) -> Result<Exit, End> {
    let journal = Journal::open(folder.journal(), SystemClock.unix_seconds())?;
    let mut options = SandboxOptions::new(folder.sandbox(), KEY);
    options.buckets = vec![Bucket { name: BUCKET.to_owned(), dir: folder.store() }];
    let sandbox = Sandbox::start(options).await.map_err(broken)?;
    let key = SecretString::from(KEY);
    let http = HttpClient::new(Endpoint::parse(sandbox.url())?, key, &HttpOptions::default())?;
    let client = Client::new(http, PROJECT)?.known_as("sandbox");
    let progress = output.progress(payloads.len(), "jobs");
    let mut summary = Summary::default();
    let options = SubmitOptions { cancel: Arc::clone(interrupted), ..SubmitOptions::default() };
    let mut index = 0;
    let done = submit_all(&client, &journal, payloads, &options, |outcome| {
        let well = matches!(outcome.verdict, Verdict::Created { .. } | Verdict::AlreadyThere { .. });
        progress.step(well);
        if output.is_json() {
            // A reader that went away does not stop the work.
            let _ = output.object(&outcome_of_job_json(outcome));
        }
        if let Some(error) = failure(&outcome.verdict) {
            summary.fail(index, &outcome.reference_id, &error);
        }
        index += 1;
    })
    .await?;
    progress.end();
    let in_ledger = sandbox.jobs().map_err(broken)?.len();
    sandbox.shutdown().await.map_err(broken)?;
    output.summary(&summary);
    if output.is_json() {
        output.object(&submitted_json(&done))?;
    }
    output.say(&sentence(&done, in_ledger));
    match &done.stopped {
        Some(StopReason::Cancelled) => Ok(Exit::Interrupted),
        _ => Ok(Exit::of_client(done.exit_code())),
    }
}

/// What went wrong with a job; alike failures are told together.
fn failure(verdict: &Verdict) -> Option<Error> {
    Some(match verdict {
        Verdict::Created { .. } | Verdict::AlreadyThere { .. } => return None,
        Verdict::Failed { code, message, .. } => {
            let code = code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
            let error = Error::invalid(format!("the platform refused the job{code}")).found(message.clone());
            error.hint("mend the pair, then run the same command again")
        }
        Verdict::Conflict { reason } => Error::invalid("the job's reference ID is taken")
            .found(reason.clone())
            .hint("for a new rehearsal, name another folder with `-o`"),
        Verdict::Unknown { why } => Error::invalid("it is not known whether the job exists")
            .found(why.clone())
            .hint("run the same command again"),
        Verdict::NotSent { why } => {
            Error::invalid("the job was not sent").found(why.clone()).hint("run the same command again")
        }
    })
}

fn sentence(done: &SubmitSummary, in_ledger: usize) -> String {
    let jobs = |count: u64| if count == 1 { "1 job".to_owned() } else { format!("{count} jobs") };
    let mut parts = Vec::new();
    for (count, word) in [
        (done.already_there, "there already, not submitted again"),
        (done.failed, "refused"),
        (done.conflict, "in conflict"),
        (done.unknown, "unknown"),
        (done.not_sent, "not sent"),
        (done.not_tried, "not tried"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let rest = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    format!(
        "submitted: {} accepted by the sandbox{rest}; its ledger holds {}",
        jobs(done.created),
        jobs(in_ledger as u64)
    )
}

fn broken(error: prelabel_sandbox::SandboxError) -> End {
    Error::new(prelabel::ErrorKind::Output, "the sandbox cannot work").found(error.to_string()).into()
}
