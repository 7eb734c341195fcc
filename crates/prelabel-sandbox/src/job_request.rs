//! What a job must say besides its data.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::answer::{Code, Refusal};
use crate::body::filled_text;
use crate::ids::parse_uuid;
use crate::job_data::JobData;
use crate::ledger::ApiVersion;

/// A job that can be read; its files are not looked at yet.
#[derive(Debug)]
pub(crate) struct JobRequest {
    /// How it came.
    pub(crate) api: ApiVersion,
    /// Its sender's ID.
    pub(crate) reference_id: String,
    /// The workflow's ID, or in v0 the tag.
    pub(crate) workflow: String,
    /// The batch; the default one if it names none.
    pub(crate) batch_id: Option<String>,
    /// The files and the pre-label.
    pub(crate) data: JobData,
    /// All that was sent, unknown keys too.
    pub(crate) body: Map<String, Value>,
}

impl JobRequest {
    /// Reads a body.
    pub(crate) fn read(
        api: ApiVersion,
        body: Map<String, Value>,
        workflows: Option<&HashSet<String>>,
    ) -> Result<Self, Refusal> {
        let reference_id = filled_text(&body, "reference_id")?
            .ok_or_else(|| Refusal::new(Code::ReferenceMissing, "reference_id is missing or empty"))?;
        let workflow = workflow(api, &body, workflows)?;
        let batch_id = match filled_text(&body, "batch_id")? {
            Some(id) => Some(uuid("batch_id", &id)?),
            None => None,
        };
        priority(api, body.get("priority_weight"))?;
        let data = match body.get("data") {
            None | Some(Value::Null) => Err(Refusal::new(Code::DataEmpty, "data is missing")),
            Some(Value::Object(data)) if data.is_empty() => Err(Refusal::new(Code::DataEmpty, "data is empty")),
            Some(Value::Object(data)) => JobData::read(data),
            Some(_) => Err(Refusal::invalid_field("data", "expected an object")),
        }?;
        Ok(JobRequest { api, reference_id, workflow, batch_id, data, body })
    }
}

fn uuid(name: &str, text: &str) -> Result<String, Refusal> {
    parse_uuid(text).ok_or_else(|| Refusal::new(Code::Malformed, format!("{name} `{text}` is not a UUID")))
}

fn workflow(api: ApiVersion, body: &Map<String, Value>, known: Option<&HashSet<String>>) -> Result<String, Refusal> {
    let name = match api {
        ApiVersion::V0 => "tag",
        ApiVersion::V1 => "work_flow_id",
    };
    let value = filled_text(body, name)?
        .ok_or_else(|| Refusal::new(Code::WorkflowMissing, format!("{name} is missing or empty")))?;
    // A tag is a word that the vendor chose.
    if api == ApiVersion::V0 {
        return Ok(value);
    }
    let value = uuid(name, &value)?;
    if known.is_some_and(|known| !known.contains(&value)) {
        return Err(Refusal::new(Code::Malformed, format!("{name} {value} does not exist")));
    }
    Ok(value)
}

fn priority(api: ApiVersion, value: Option<&Value>) -> Result<(), Refusal> {
    // The platform's pages give both bounds, one for each version.
    let most = match api {
        ApiVersion::V0 => 10.0,
        ApiVersion::V1 => 9.0,
    };
    match value {
        None | Some(Value::Null) => Ok(()),
        Some(value) if value.as_f64().is_some_and(|weight| (1.0..=most).contains(&weight)) => Ok(()),
        Some(value) => {
            let message = format!("priority_weight: found {value}, expected a number from 1 to {most}");
            Err(Refusal::new(Code::Priority, message))
        }
    }
}
