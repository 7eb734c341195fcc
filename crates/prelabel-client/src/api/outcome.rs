//! What an answer to a create proves. When in doubt it proves nothing: an outcome that is unknown costs a second request,
//! a wrong guess costs a double or a lost job.

use std::time::Duration;

use serde_json::Value;

use super::codes::{Consequence, ErrorCode};
use crate::http::Answer;

/// What is known after one create was sent once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The job exists and is ours.
    Created {
        /// The platform's ID of the job.
        job_id: String,
    },
    /// A job of that reference ID existed before this request.
    Duplicate,
    /// Not created, and it would not be another time.
    Rejected {
        /// The platform's code, if it gave one.
        code: Option<ErrorCode>,
        /// Its message.
        message: String,
        /// The fields it names.
        fields: Vec<String>,
    },
    /// Not created: the key or its rights; every other request would fail alike.
    AuthFailed {
        /// The platform's message.
        message: String,
    },
    /// Not created: no byte of it was sent.
    NotSent {
        /// Why not.
        why: String,
    },
    /// Not created, as the platform says itself: too many requests.
    RateLimited {
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// It may have been created.
    Unknown {
        /// What is known.
        why: String,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
}

/// A failure in the platform's shape, or as much of it as there is.
pub(super) struct Failure {
    /// The body has the platform's own shape: it speaks itself, not something on the way.
    pub(super) is_platforms: bool,
    pub(super) code: Option<ErrorCode>,
    pub(super) message: String,
    pub(super) fields: Vec<String>,
}

impl Failure {
    /// Reads `answer`; `shown` makes foreign text fit to be shown.
    pub(super) fn read(answer: &Answer, shown: impl Fn(&str) -> String) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let error = body.get("error");
        let text = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str);
        let mut fields = Vec::new();
        let errors = error.and_then(|error| error.get("errors")).and_then(Value::as_array);
        for detail in errors.into_iter().flatten() {
            let reason = detail.get("validation_code").and_then(Value::as_str).unwrap_or("INVALID");
            let names = detail.pointer("/meta_data/fields").and_then(Value::as_array);
            for name in names.into_iter().flatten().filter_map(Value::as_str) {
                fields.push(shown(&format!("{name} ({reason})")));
            }
        }
        let message = match (text("message"), &answer.location) {
            (Some(message), _) => shown(message),
            (None, Some(location)) => shown(&format!("a redirect to {location}; is the endpoint right?")),
            (None, None) => format!("HTTP {} without a message", answer.status),
        };
        Failure {
            is_platforms: body.get("success") == Some(&Value::Bool(false)),
            code: text("code").map(|code| ErrorCode::parse(&shown(code))),
            message,
            fields,
        }
    }
}

/// What `answer` proves about the job `reference_id`.
pub(super) fn classify(answer: &Answer, reference_id: &str, shown: impl Fn(&str) -> String) -> Outcome {
    let status = answer.status;
    let retry_after = answer.retry_after;
    if (200..300).contains(&status) {
        return created(answer, reference_id);
    }
    let failure = Failure::read(answer, shown);
    let unknown = |message: &str| Outcome::Unknown { why: format!("HTTP {status}: {message}"), retry_after };
    let consequence = failure.code.as_ref().map(ErrorCode::consequence);
    match status {
        401 | 403 => Outcome::AuthFailed { message: failure.message },
        // Undocumented on this platform: only its own word counts, not a gateway's.
        429 if failure.is_platforms && consequence != Some(Consequence::TheirFault) => {
            Outcome::RateLimited { retry_after }
        }
        503 if failure.is_platforms && failure.code.is_some() && retry_after.is_some() => match consequence {
            Some(Consequence::TheirFault) => unknown(&failure.message),
            _ => Outcome::RateLimited { retry_after },
        },
        408 | 425 | 429 => unknown(&failure.message),
        400..=499 => match consequence {
            Some(Consequence::Auth) => Outcome::AuthFailed { message: failure.message },
            Some(Consequence::Duplicate) => Outcome::Duplicate,
            Some(Consequence::TheirFault) => unknown(&failure.message),
            _ => Outcome::Rejected { code: failure.code, message: failure.message, fields: failure.fields },
        },
        // These two say that the request was not acted upon; 301, 302 and 303 also follow a success.
        307 | 308 => Outcome::Rejected { code: None, message: failure.message, fields: Vec::new() },
        _ => unknown(&failure.message),
    }
}

fn created(answer: &Answer, reference_id: &str) -> Outcome {
    let unknown = |why: &str| Outcome::Unknown { why: why.into(), retry_after: None };
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        return unknown("the answer says success, but is no JSON");
    };
    let text = |name: &str| body.get("data").and_then(|data| data.get(name)).and_then(Value::as_str);
    if body.get("success") != Some(&Value::Bool(true)) {
        return unknown("the answer says success and failure at once");
    }
    match (text("job_id"), text("reference_id")) {
        (Some(job_id), Some(found)) if found == reference_id && !job_id.is_empty() => {
            Outcome::Created { job_id: job_id.to_owned() }
        }
        (_, Some(found)) if found != reference_id => unknown("the answer is about another job"),
        _ => unknown("the answer holds no job ID"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, body: &str, wait: Option<u64>) -> Outcome {
        let retry_after = wait.map(Duration::from_secs);
        let answer = Answer { status, retry_after, location: None, body: body.as_bytes().to_vec() };
        classify(&answer, "001", crate::safe_url::scrub)
    }

    fn failure(code: &str) -> String {
        format!(r#"{{"error":{{"code":"{code}","message":"m https://h/a?sig=CANARY"}},"success":false}}"#)
    }

    fn kind(status: u16, body: &str, wait: Option<u64>) -> &'static str {
        let outcome = outcome(status, body, wait);
        assert!(!format!("{outcome:?}").contains("CANARY"));
        match outcome {
            Outcome::Created { .. } => "created",
            Outcome::Duplicate => "duplicate",
            Outcome::Rejected { .. } => "rejected",
            Outcome::AuthFailed { .. } => "auth",
            Outcome::NotSent { .. } => "not sent",
            Outcome::RateLimited { .. } => "rate limited",
            Outcome::Unknown { .. } => "unknown",
        }
    }

    #[test]
    fn success_needs_our_reference_id_and_a_job_id() {
        let answer =
            |id: &str, job: &str| format!(r#"{{"data":{{"job_id":"{job}","reference_id":"{id}"}},"success":true}}"#);
        assert_eq!(outcome(200, &answer("001", "j"), None), Outcome::Created { job_id: "j".into() });
        for body in [
            answer("002", "j"),
            answer("001", ""),
            "<html>ok</html>".into(),
            "{\"data\":".into(),
            "".into(),
            "null".into(),
            "{}".into(),
            r#"{"data":{"job_id":"j","reference_id":"001"},"success":false}"#.into(),
            r#"{"data":{"job_id":7,"reference_id":"001"},"success":true}"#.into(),
        ] {
            assert_eq!(kind(200, &body, None), "unknown", "{body}");
        }
    }

    #[test]
    fn each_status_and_code_has_its_outcome() {
        for (status, body, wait, expected) in [
            (400, failure("FS_0001"), None, "duplicate"),
            (400, failure("FS_0003"), None, "rejected"),
            (400, failure("FS_0007"), None, "rejected"),
            (400, failure("NEW_1"), None, "rejected"),
            (400, failure("FS_0000"), None, "unknown"),
            (400, failure("FS_0008"), None, "unknown"),
            (400, failure("api_error"), None, "unknown"),
            (400, failure("auth-failure"), None, "auth"),
            (400, failure("core.webutil.auther"), None, "auth"),
            (400, "<html>".into(), None, "rejected"),
            (401, "".into(), None, "auth"),
            (403, "<html>".into(), None, "auth"),
            (404, "".into(), None, "rejected"),
            (408, "".into(), None, "unknown"),
            (409, failure("FS_0001"), None, "duplicate"),
            (413, "".into(), None, "rejected"),
            (422, "".into(), None, "rejected"),
            (429, failure("slow_down"), None, "rate limited"),
            (429, "<html>".into(), Some(3), "unknown"),
            (429, failure("FS_0000"), Some(3), "unknown"),
            (500, failure("FS_0000"), None, "unknown"),
            (500, failure("FS_0001"), None, "unknown"),
            (502, "".into(), None, "unknown"),
            (503, failure("slow_down"), Some(3), "rate limited"),
            (503, failure("slow_down"), None, "unknown"),
            (503, "".into(), Some(3), "unknown"),
            (301, "".into(), None, "unknown"),
            (302, "".into(), None, "unknown"),
            (303, "".into(), None, "unknown"),
            (307, "".into(), None, "rejected"),
            (308, "".into(), None, "rejected"),
        ] {
            assert_eq!(kind(status, &body, wait), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_fields_of_a_refusal_are_named() {
        let body = r#"{"error":{"code":"FS_0003","message":"Invalid data passed","errors":[{"validation_code":"MANDATORY_FIELD_EMPTY","meta_data":{"fields":["sensor_data"]}}]},"success":false}"#;
        assert_eq!(
            outcome(400, body, None),
            Outcome::Rejected {
                code: Some(ErrorCode::DataInvalid),
                message: "Invalid data passed".into(),
                fields: vec!["sensor_data (MANDATORY_FIELD_EMPTY)".into()],
            }
        );
    }
}
