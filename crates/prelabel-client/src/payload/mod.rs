//! What is sent: jobs, checked and serialised so that the same job always has the same bytes.

mod canonical;
mod check;
mod job;
mod job_line;
mod legend_check;
mod reference_id;
mod strict;
mod template;

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::hash::sha256_hex;

pub use canonical::canonical_json;
pub use check::{Problem, Problems};
pub use job::{Api, Frame, Job, JobData, Legend, MakerResponse, Raster, RasterData, VideoData};
pub use job_line::{JobLine, read_jobs};
pub use legend_check::legend_problems;
pub use reference_id::reference_id;
pub use template::{Template, Values};

/// A checked job: valid by construction, with the exact bytes that are sent and their SHA-256. Cheap to clone.
#[derive(Clone, PartialEq)]
pub struct Payload(Arc<Inner>);

#[derive(PartialEq)]
struct Inner {
    job: Job,
    api: Api,
    body: String,
    sha256: String,
}

impl Payload {
    /// Checks `job`; the error lists every problem, not only the first.
    pub fn new(job: Job) -> Result<Self> {
        let problems = check::problems(&job);
        if !problems.is_empty() {
            let reference_id = job.reference_id.clone();
            let problems = problems.into_iter().map(|problem| problem.of_job(&reference_id)).collect();
            return Err(Error::Payload(Problems(problems)));
        }
        let value = serde_json::to_value(&job).map_err(|error| {
            Error::Payload(Problems(vec![Problem::new("", error.to_string()).of_job(&job.reference_id)]))
        })?;
        let body = canonical_json(&value);
        let sha256 = sha256_hex(body.as_bytes());
        Ok(Payload(Arc::new(Inner { api: job.api(), job, body, sha256 })))
    }

    /// The job.
    pub fn job(&self) -> &Job {
        &self.0.job
    }

    /// The name of the job, unique in its project.
    pub fn reference_id(&self) -> &str {
        &self.0.job.reference_id
    }

    /// The batch it goes to; none is the platform's default batch.
    pub fn batch_id(&self) -> Option<&str> {
        self.0.job.batch_id.as_deref().filter(|id| !id.is_empty())
    }

    /// The form of the API that takes it.
    pub fn api(&self) -> Api {
        self.0.api
    }

    /// What is sent: canonical JSON on one line, which is also the job's line in a job file.
    pub fn body(&self) -> &str {
        &self.0.body
    }

    /// SHA-256 of [`body`](Payload::body).
    pub fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// The URLs in it that only this machine can read (`file:`, loopback hosts). The platform could never fetch them.
    pub fn local_urls(&self) -> Vec<String> {
        check::local_urls(&self.0.job)
    }
}

impl fmt::Display for Payload {
    /// The whole line, signed URLs included: it is data, not a message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.body)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").field("reference_id", &self.reference_id()).field("sha256", &self.sha256()).finish()
    }
}
