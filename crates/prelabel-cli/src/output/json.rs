//! The NDJSON of `--json`. Version 1; fields are only ever added.

use prelabel::convert::{Item, Outcome};
use prelabel::report::{Finding, Loss, Remarks, Severity};
use prelabel::tree::Written;
use prelabel::validate;
use prelabel::{Error, ErrorKind};
use prelabel_client::submit::{JobOutcome, SubmitSummary};
use serde_json::{Value, json};

/// An error as an object.
pub(crate) fn error_json(error: &Error) -> Value {
    json!({
        "v": 1,
        "type": "error",
        "kind": kind(error.kind()),
        "message": error.message(),
        "file": error.file(),
        "at": error.place().map(ToString::to_string),
        "found": error.found_text(),
        "expected": error.expected_text(),
        "hint": error.hint_text(),
    })
}

/// An error of the platform's client as an object.
pub(crate) fn client_error_json(error: &prelabel_client::Error) -> Value {
    json!({
        "v": 1,
        "type": "error",
        "kind": format!("{:?}", error.kind()).to_lowercase(),
        "message": error.to_string(),
        "hint": error.hint(),
    })
}

fn kind(kind: ErrorKind) -> String {
    format!("{kind:?}").to_lowercase()
}

/// One sample of a conversion.
pub(crate) fn item_json(item: &Item<'_>) -> Value {
    let status = match item.result {
        Ok(Written::New) => "new",
        Ok(Written::Same) => "same",
        Ok(Written::Replaced) => "replaced",
        Err(_) => "failed",
    };
    let mut object = json!({ "v": 1, "type": "item", "key": item.name, "file": item.file, "status": status });
    if let Err(error) = item.result {
        object["error"] = error_json(error);
    }
    if let (Some(object), Value::Object(remarks)) = (object.as_object_mut(), remarks_json(item.remarks)) {
        object.extend(remarks);
    }
    object
}

/// Findings and losses.
pub(crate) fn remarks_json(remarks: &Remarks) -> Value {
    let finding = |finding: &Finding| {
        json!({
            "code": finding.code,
            "severity": finding.severity,
            "message": finding.message,
            "detail": finding.detail,
            "file": finding.file,
            "at": finding.at.as_ref().map(ToString::to_string),
            "hint": finding.hint,
        })
    };
    let loss =
        |loss: &Loss| json!({ "code": loss.code, "message": loss.message, "count": loss.count, "unit": loss.unit });
    json!({
        "findings": remarks.findings.iter().map(finding).collect::<Vec<_>>(),
        "losses": remarks.losses.iter().map(loss).collect::<Vec<_>>(),
    })
}

/// The end of a conversion.
pub(crate) fn summary_json(outcome: &Outcome) -> Value {
    json!({
        "v": 1,
        "type": "summary",
        "total": outcome.total,
        "new": outcome.new,
        "same": outcome.same,
        "replaced": outcome.replaced,
        "failed": outcome.summary.failures(),
        "not_tried": outcome.not_tried,
        "findings": outcome.summary.findings(Severity::Info),
        "losses": outcome.summary.losses(),
        "stopped": outcome.stopped.as_ref().map(error_json),
    })
}

/// One job's end.
pub(crate) fn outcome_of_job_json(outcome: &JobOutcome) -> Value {
    typed("job", serde_json::to_value(outcome))
}

/// The end of a submit.
pub(crate) fn submitted_json(summary: &SubmitSummary) -> Value {
    typed("submitted", serde_json::to_value(summary))
}

fn typed(name: &str, fields: serde_json::Result<Value>) -> Value {
    let mut object = json!({ "v": 1, "type": name });
    if let (Some(object), Ok(Value::Object(fields))) = (object.as_object_mut(), fields) {
        object.extend(fields);
    }
    object
}

/// One pair of a validation; without a key, the folder as a whole.
pub(crate) fn checked_json(checked: &validate::Checked) -> Value {
    let mut object = json!({
        "v": 1,
        "type": "pair",
        "key": checked.key,
        "mask": checked.mask,
        "legend": checked.legend,
        "image": checked.image,
        "mended": checked.mended,
        "failures": checked.failures.iter().map(error_json).collect::<Vec<_>>(),
    });
    if let (Some(object), Value::Object(remarks)) = (object.as_object_mut(), remarks_json(&checked.remarks)) {
        object.extend(remarks);
    }
    object
}

/// The end of a validation.
pub(crate) fn outcome_json(outcome: &validate::Outcome) -> Value {
    let findings = |severity| outcome.summary.findings(severity);
    json!({
        "v": 1,
        "type": "summary",
        "pairs": outcome.pairs,
        "not_tried": outcome.not_tried,
        "errors": findings(Severity::Error),
        "warnings": findings(Severity::Warning) - findings(Severity::Error),
        "infos": findings(Severity::Info) - findings(Severity::Warning),
        "failed": outcome.summary.failures(),
        "mended": outcome.mended,
        "losses": outcome.summary.losses(),
        "stopped": outcome.stopped.as_ref().map(error_json),
    })
}
