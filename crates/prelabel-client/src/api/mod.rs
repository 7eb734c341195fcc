//! The platform's calls.

mod batch;
mod codes;
mod outcome;

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::error::{Error, Result};
use crate::http::{Answer, Endpoint, HttpClient, NoAnswer};
use crate::payload::{Api, Payload};

pub use batch::{BatchJob, BatchJobs};
pub use codes::{Consequence, ErrorCode};
pub use outcome::Outcome;

/// One project on the platform. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    http: HttpClient,
    project: String,
    known_as: Option<String>,
}

/// A job as the platform shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct JobResult {
    /// The platform's ID of the job.
    pub job_id: String,
    /// Our ID of the job.
    pub reference_id: String,
    /// Its batch.
    pub batch_id: Option<String>,
    /// `completed`, or a state that the platform does not document.
    pub status: String,
    /// Where the result lies, once there is one.
    pub result: Option<String>,
}

impl JobResult {
    /// Whether its result can be fetched. States that are not documented never count as done.
    pub fn is_completed(&self) -> bool {
        self.status == "completed" && self.result.is_some()
    }
}

impl std::fmt::Debug for JobResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the result's URL, which may be signed.
        let mut shown = f.debug_struct("JobResult");
        shown.field("job_id", &self.job_id).field("reference_id", &self.reference_id);
        shown.field("batch_id", &self.batch_id).field("status", &self.status).finish_non_exhaustive()
    }
}

impl Client {
    /// Calls for `project` through `http`.
    pub fn new(http: HttpClient, project: impl Into<String>) -> Result<Self> {
        let project = project.into();
        if project.trim().is_empty() || matches!(project.as_str(), "." | "..") {
            return Err(Error::usage("the project ID is empty", "copy it from the project's page in GT Studio"));
        }
        Ok(Client { http, project, known_as: None })
    }

    /// Gives the platform a name under which the journal knows it, instead of its address: a sandbox keeps its jobs, but may
    /// have another port each time.
    pub fn known_as(mut self, name: impl Into<String>) -> Self {
        self.known_as = Some(name.into());
        self
    }

    /// The name under which the journal knows the platform: its address, unless it was given another.
    pub fn name(&self) -> &str {
        self.known_as.as_deref().unwrap_or_else(|| self.endpoint().as_str())
    }

    /// The project's ID.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The platform's address.
    pub fn endpoint(&self) -> &Endpoint {
        self.http.endpoint()
    }

    /// Sends one job once. What the answer proves is in the outcome; nothing is sent again.
    pub async fn create_job(&self, payload: &Payload) -> Outcome {
        let version = match payload.api() {
            Api::V0 => "v0",
            Api::V1 => "v1",
        };
        let url = self.endpoint().join(&[version, "projects", &self.project, "jobs"]);
        match self.http.send(Method::POST, url, Some(payload.body().to_owned())).await {
            Ok(answer) => outcome::classify(&answer, payload.reference_id(), |text| self.http.shown(text)),
            Err(NoAnswer::NotSent(why)) => Outcome::NotSent { why },
            Err(NoAnswer::Lost(why)) => Outcome::Unknown { why, retry_after: None },
        }
    }

    /// Makes a batch and gives its ID.
    pub async fn create_batch(&self, name: &str, description: Option<&str>) -> Result<String> {
        const ACTION: &str = "create the batch";
        let mut body = serde_json::json!({ "name": name });
        if let Some(description) = description {
            body["description"] = description.into();
        }
        let url = self.endpoint().join(&["v1", "projects", &self.project, "batch"]);
        // Unlike a look-up, this may have happened when no usable answer came back.
        let data = match self.http.send(Method::POST, url, Some(body.to_string())).await {
            Ok(answer) => self.data(ACTION, answer).map_err(|error| match error {
                Error::Temporary { action, why } => Error::Unknown { action, why },
                other => other,
            })?,
            Err(NoAnswer::NotSent(why)) => return Err(Error::Temporary { action: ACTION, why }),
            Err(NoAnswer::Lost(why)) => return Err(Error::Unknown { action: ACTION, why }),
        };
        match data.get("batch_id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
            Some(id) => Ok(id.to_owned()),
            None => Err(Error::Unknown { action: ACTION, why: "the answer holds no batch ID".into() }),
        }
    }

    /// The jobs of a batch, page by page.
    pub fn batch_jobs(&self, batch_id: &str) -> BatchJobs {
        BatchJobs::new(self.clone(), batch_id)
    }

    /// Looks a job up by the platform's ID.
    pub async fn job_result(&self, job_id: &str) -> Result<JobResult> {
        let url = self.endpoint().join(&["v1", "projects", &self.project, "jobs", job_id]);
        let data = self.get("look up the job", url).await?;
        let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
        match (text("job_id"), text("reference_id"), text("status")) {
            (Some(found), Some(reference_id), Some(status)) if found == job_id => Ok(JobResult {
                job_id: found,
                reference_id,
                batch_id: text("batch_id"),
                status,
                result: text("result"),
            }),
            _ => Err(Error::Temporary {
                action: "look up the job",
                why: "the answer is about no job or another one".into(),
            }),
        }
    }

    /// Asks for something that changes nothing.
    async fn get(&self, action: &'static str, url: Url) -> Result<Value> {
        match self.http.send(Method::GET, url, None).await {
            Ok(answer) => self.data(action, answer),
            Err(NoAnswer::NotSent(why) | NoAnswer::Lost(why)) => Err(Error::Temporary { action, why }),
        }
    }

    /// The `data` of an answer, or what the failure means.
    fn data(&self, action: &'static str, answer: Answer) -> Result<Value> {
        let status = answer.status;
        if (200..300).contains(&status) {
            return match serde_json::from_slice::<Success>(&answer.body) {
                Ok(Success { success: true, data }) => Ok(data),
                _ => Err(Error::Temporary { action, why: format!("the answer (HTTP {status}) cannot be read") }),
            };
        }
        let failure = outcome::Failure::read(&answer, |text| self.http.shown(text));
        let temporary = matches!(status, 408 | 425 | 429 | 500..)
            || failure.code.as_ref().is_some_and(|code| code.consequence() == Consequence::TheirFault);
        if temporary {
            return Err(Error::Temporary { action, why: format!("{} (HTTP {status})", failure.message) });
        }
        Err(Error::Refused { action, status, code: failure.code, message: failure.message })
    }
}

#[derive(Deserialize)]
struct Success {
    success: bool,
    data: Value,
}
