//! Scripted faults: what goes wrong, for which request, and how it is played.
//!
//! A new fault is a variant of [`Fault`] and an arm of [`Play::of`]; a fault of the wire also needs its
//! way in [`Cut`](crate::wire::Cut).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::SandboxError;

/// Something that goes wrong between the platform and its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This answer is given instead of the work.
    Status {
        /// The HTTP status, 200 to 599.
        code: u16,
        /// The body as it stands; JSON or not.
        body: String,
        /// The `Retry-After` header as it stands.
        retry_after: Option<String>,
    },
    /// The work is done, then the connection closes without an answer: a job exists that its sender
    /// does not know of.
    DropAfterAccept,
    /// The connection closes before the request's body is read; nothing is done.
    DropBeforeBody,
}

/// What the gate does for a fault.
pub(crate) enum Play {
    /// Give this answer, do not do the work.
    Answer(Response),
    /// Do the work, then cut the connection.
    WorkThenCut,
    /// Cut the connection at once.
    Cut,
}

impl Play {
    /// The one place that says how each fault is played.
    fn of(fault: Fault) -> Result<Play, SandboxError> {
        match fault {
            Fault::DropAfterAccept => Ok(Play::WorkThenCut),
            Fault::DropBeforeBody => Ok(Play::Cut),
            Fault::Status { code, body, retry_after } => {
                let status = StatusCode::from_u16(code)
                    .ok()
                    .filter(|status| (200..600).contains(&status.as_u16()))
                    .ok_or_else(|| SandboxError::Fault(format!("status {code} is not from 200 to 599")))?;
                let kind = if body.trim_start().starts_with(['{', '[']) { "application/json" } else { "text/html" };
                let mut response = (status, Body::from(body)).into_response();
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
                if let Some(value) = retry_after {
                    let value = HeaderValue::from_str(&value)
                        .map_err(|_| SandboxError::Fault("Retry-After holds a control character".to_owned()))?;
                    response.headers_mut().insert(header::RETRY_AFTER, value);
                }
                Ok(Play::Answer(response))
            }
        }
    }
}

struct Entry {
    method: Method,
    path_prefix: String,
    play: Play,
}

/// The faults still to come, in the order they were pushed.
#[derive(Default)]
pub(crate) struct Faults(Mutex<VecDeque<Entry>>);

impl Faults {
    /// Queues a fault for the next request of `method` to a path that starts with `path_prefix`.
    pub(crate) fn push(&self, method: &str, path_prefix: &str, fault: Fault) -> Result<(), SandboxError> {
        let play = Play::of(fault)?;
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| SandboxError::Fault(format!("`{method}` is not a method")))?;
        self.queue().push_back(Entry { method, path_prefix: path_prefix.to_owned(), play });
        Ok(())
    }

    /// Takes the first fault that fits a request.
    pub(crate) fn take(&self, method: &Method, path: &str) -> Option<Play> {
        let mut queue = self.queue();
        let index = queue.iter().position(|entry| entry.method == *method && path.starts_with(&entry.path_prefix))?;
        queue.remove(index).map(|entry| entry.play)
    }

    /// How many are still to come.
    pub(crate) fn left(&self) -> usize {
        self.queue().len()
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, VecDeque<Entry>> {
        // A queue is whole after each call on it, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_fits_is_taken_once() {
        let faults = Faults::default();
        faults.push("POST", "/v1/", Fault::DropBeforeBody).unwrap();
        faults.push("POST", "/v1/projects/", Fault::DropAfterAccept).unwrap();
        assert!(faults.take(&Method::GET, "/v1/projects/x").is_none());
        assert!(matches!(faults.take(&Method::POST, "/v1/projects/x"), Some(Play::Cut)));
        assert!(matches!(faults.take(&Method::POST, "/v1/projects/x"), Some(Play::WorkThenCut)));
        assert!(faults.take(&Method::POST, "/v1/projects/x").is_none());
    }

    #[test]
    fn what_cannot_be_played_is_refused_when_it_is_pushed() {
        let faults = Faults::default();
        for code in [0, 100, 600, 1000] {
            let fault = Fault::Status { code, body: String::new(), retry_after: None };
            assert!(faults.push("POST", "/", fault).is_err(), "{code}");
        }
        assert!(faults.push("NOT A METHOD", "/", Fault::DropBeforeBody).is_err());
        assert_eq!(faults.left(), 0);
    }
}
