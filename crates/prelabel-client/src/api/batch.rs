//! The jobs of a batch, page by page: also the platform's only look-up by reference ID.

use serde_json::Value;

use super::Client;
use crate::error::{Error, Result};

/// A job as a batch lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchJob {
    /// The platform's ID of the job.
    pub job_id: String,
    /// Our ID of the job.
    pub reference_id: String,
    /// Its state, in the platform's words.
    pub status: String,
}

/// The pages of a batch, one request each.
#[derive(Debug)]
pub struct BatchJobs {
    client: Client,
    batch_id: String,
    next: Next,
}

#[derive(Debug, PartialEq)]
enum Next {
    First,
    Page(String),
    End,
}

const ACTION: &str = "list the batch";

impl BatchJobs {
    pub(super) fn new(client: Client, batch_id: &str) -> Self {
        BatchJobs { client, batch_id: batch_id.to_owned(), next: Next::First }
    }

    /// The next page; none after the last. After an error the same page is asked for again.
    pub async fn next_page(&mut self) -> Result<Option<Vec<BatchJob>>> {
        let project = &self.client.project;
        let mut url = self.client.endpoint().join(&["v1", "projects", project, "batch", &self.batch_id]);
        match &self.next {
            Next::First => {}
            Next::Page(token) => {
                url.query_pairs_mut().append_pair("page_token", token);
            }
            Next::End => return Ok(None),
        }
        let data = self.client.get(ACTION, url).await?;
        let unreadable = || Error::Temporary { action: ACTION, why: "the answer holds no list of jobs".into() };
        let jobs = data.get("jobs").and_then(Value::as_array).ok_or_else(unreadable)?;
        let jobs = jobs.iter().map(job).collect::<Option<Vec<_>>>().ok_or_else(unreadable)?;
        let next = match data.get("next_page_token").and_then(Value::as_str) {
            Some(token) if !token.is_empty() => Next::Page(token.to_owned()),
            _ => Next::End,
        };
        // A token that leads to itself would never end.
        if next != Next::End && next == self.next {
            return Err(Error::Temporary { action: ACTION, why: "the platform repeats the same page".into() });
        }
        self.next = next;
        Ok(Some(jobs))
    }
}

fn job(value: &Value) -> Option<BatchJob> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(BatchJob {
        job_id: text("id")?,
        reference_id: text("reference_id")?,
        status: text("status").unwrap_or_default(),
    })
}
