//! Where a job stands.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use serde::Serialize;

/// Where a job stands, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// About to be sent. Found by a later run: the run before it died, and the job may exist.
    Intent,
    /// Not created: there was no connection, no permission, or the platform asked to wait.
    NotSent,
    /// Created, and ours.
    Done,
    /// Not created: the platform refused it.
    Failed,
    /// It was sent and the answer proves nothing: the job may exist.
    Unknown,
    /// Somebody else's job has the name.
    Conflict,
}

impl State {
    /// Its name in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Intent => "intent",
            State::NotSent => "not_sent",
            State::Done => "done",
            State::Failed => "failed",
            State::Unknown => "unknown",
            State::Conflict => "conflict",
        }
    }

    /// Whether no job of ours can exist.
    pub fn is_known_absent(self) -> bool {
        matches!(self, State::NotSent | State::Failed | State::Conflict)
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(match value.as_str()? {
            "intent" => State::Intent,
            "not_sent" => State::NotSent,
            "done" => State::Done,
            "failed" => State::Failed,
            "unknown" => State::Unknown,
            "conflict" => State::Conflict,
            _ => return Err(FromSqlError::InvalidType),
        })
    }
}
