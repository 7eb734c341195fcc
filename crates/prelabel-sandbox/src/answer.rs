//! The platform's answers: `{"data": …, "success": true}`, and its refusals.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::SandboxError;

/// The platform's error codes, as far as the sandbox gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The key is missing or wrong.
    AuthFailure,
    /// No access to that project.
    Unauthorized,
    /// The reference ID is already in use.
    ReferenceUsed,
    /// The reference ID is missing.
    ReferenceMissing,
    /// The job's data is invalid.
    DataInvalid,
    /// The job's data is missing or empty.
    DataEmpty,
    /// The workflow (in v0: the tag) is missing.
    WorkflowMissing,
    /// An attachment could not be accessed or copied.
    Attachment,
    /// The priority weight is out of range.
    Priority,
    /// A parameter is malformed.
    Malformed,
    /// The batch's name exists in the project.
    BatchExists,
    /// The page token is not one of ours.
    PageToken,
    /// Our own fault.
    Internal,
}

impl Code {
    fn text(self) -> &'static str {
        match self {
            Code::AuthFailure => "auth-failure",
            Code::Unauthorized => "unauthorized",
            Code::ReferenceUsed => "FS_0001",
            Code::ReferenceMissing => "FS_0002",
            Code::DataInvalid => "FS_0003",
            Code::DataEmpty => "FS_0004",
            Code::WorkflowMissing => "FS_0005",
            Code::Attachment => "FS_0007",
            Code::Priority => "FS_00012",
            Code::Malformed => "GE_0001",
            Code::BatchExists => "BATCH_CREATION",
            Code::PageToken => "invalid_request_error",
            Code::Internal => "FS_0000",
        }
    }
}

/// Why a field was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validation {
    /// Missing or empty.
    Empty,
    /// There, but wrong.
    Invalid,
}

/// A request that is not done, and why.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    code: Code,
    status: StatusCode,
    message: String,
    field: Option<(Validation, String)>,
}

impl Refusal {
    /// A refusal with `code`; the message says what was found and what was expected.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        // The platform answers 400 to everything that is the caller's fault.
        let status = if code == Code::Internal { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
        Refusal { code, status, message: message.into(), field: None }
    }

    /// A field of the job's data is missing or empty.
    pub(crate) fn empty_field(field: &str, message: impl std::fmt::Display) -> Self {
        Self::field(Validation::Empty, field, message)
    }

    /// A field of the job's data is wrong.
    pub(crate) fn invalid_field(field: &str, message: impl std::fmt::Display) -> Self {
        Self::field(Validation::Invalid, field, message)
    }

    fn field(validation: Validation, field: &str, message: impl std::fmt::Display) -> Self {
        let mut refusal = Self::new(Code::DataInvalid, format!("Invalid data passed: {field}: {message}"));
        refusal.field = Some((validation, field.to_owned()));
        refusal
    }

    /// Answers with another status than the platform's 400.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

impl From<SandboxError> for Refusal {
    fn from(error: SandboxError) -> Self {
        Refusal::new(Code::Internal, error.to_string())
    }
}

impl From<getrandom::Error> for Refusal {
    fn from(error: getrandom::Error) -> Self {
        SandboxError::from(error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code.text(), "message": self.message });
        if let Some((validation, field)) = self.field {
            let code = match validation {
                Validation::Empty => "MANDATORY_FIELD_EMPTY",
                Validation::Invalid => "INVALID_FIELD_VALUE",
            };
            error["errors"] = json!([{ "validation_code": code, "meta_data": { "fields": [field] } }]);
        }
        (self.status, Json(json!({ "error": error, "success": false }))).into_response()
    }
}

/// What a handler returns.
pub(crate) type Answer = Result<Json<Value>, Refusal>;

/// The platform's success.
pub(crate) fn success(data: Value) -> Answer {
    Ok(Json(json!({ "data": data, "success": true })))
}
