//! What went wrong, and who has to act.

use std::path::PathBuf;

use crate::api::ErrorCode;
use crate::clock;
use crate::payload::Problems;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Who has to act on an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The caller asked for something that makes no sense; nothing was started.
    Usage,
    /// A payload, a job file or a template has to be mended.
    Input,
    /// The machine could not do its part: disk, lock, journal, store.
    Local,
    /// The key or its rights have to be mended.
    Auth,
    /// The platform said no, and would say so again.
    Refused,
    /// Trouble on the way or over there: run it again later.
    Temporary,
    /// It may or may not have happened over there.
    Unknown,
}

impl ErrorKind {
    /// The exit code of a program that stops because of it.
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Input | ErrorKind::Refused => 1,
            ErrorKind::Usage => 2,
            ErrorKind::Local => 3,
            ErrorKind::Auth => 4,
            ErrorKind::Temporary => 5,
            ErrorKind::Unknown => 6,
        }
    }
}

/// The one error of this crate. [`Display`](std::fmt::Display) says what, where, found and expected in one line; the
/// [`hint`](Error::hint), what to do next, stands apart. Neither ever holds a key, a query string or a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting that makes no sense.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Payloads that may not be sent, all their problems together.
    #[error("{0}")]
    Payload(Problems),
    /// A URL template that cannot be used.
    #[error("the URL template `{template}`: {message}")]
    Template {
        /// The template, without its query.
        template: String,
        /// What is wrong with it.
        message: String,
    },
    /// The store refused or failed.
    #[error("cannot {action} `{key}` in {store}: {why}")]
    Store {
        /// What was tried: open, write, read back.
        action: &'static str,
        /// The name in the store.
        key: String,
        /// The store, fit to be shown.
        store: String,
        /// What the store said.
        why: String,
    },
    /// The name exists in the store with other content.
    #[error("`{key}` exists in {store} with other content: {found}, expected {expected}")]
    Exists {
        /// The name in the store.
        key: String,
        /// The store, fit to be shown.
        store: String,
        /// Size and checksum of what is there.
        found: String,
        /// Size and checksum of what should be there.
        expected: String,
    },
    /// The journal could not be read or written.
    #[error("the journal {}: cannot {action}: {why}", path.display())]
    Journal {
        /// The journal's file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the database said.
        why: String,
    },
    /// Another run holds the journal.
    #[error("the journal {} is in use{}", path.display(), holder(pid, host, since))]
    Locked {
        /// The journal's file.
        path: PathBuf,
        /// The process that holds it, where it could be read.
        pid: Option<u32>,
        /// Its machine.
        host: Option<String>,
        /// When it began, in seconds since 1970.
        since: Option<u64>,
    },
    /// The platform said no.
    #[error("the platform refused to {action}: {} (HTTP {status}{})", message, code_suffix(code))]
    Refused {
        /// What was asked for.
        action: &'static str,
        /// The HTTP status.
        status: u16,
        /// The platform's code, if it gave one.
        code: Option<ErrorCode>,
        /// The platform's message.
        message: String,
    },
    /// It was not done: no connection, or an answer that says come back later.
    #[error("cannot {action} now: {why}")]
    Temporary {
        /// What was tried.
        action: &'static str,
        /// Why not.
        why: String,
    },
    /// The request went out and no usable answer came back.
    #[error("it is not known whether the platform did {action}: {why}")]
    Unknown {
        /// What was tried.
        action: &'static str,
        /// What is known.
        why: String,
    },
}

fn holder(pid: &Option<u32>, host: &Option<String>, since: &Option<u64>) -> String {
    let mut text = String::new();
    if let Some(pid) = pid {
        text.push_str(&format!(" by process {pid}"));
    }
    if let Some(host) = host {
        text.push_str(&format!(" on {host}"));
    }
    if let Some(since) = since {
        text.push_str(&format!(" since {}", clock::display(*since)));
    }
    text
}

fn code_suffix(code: &Option<ErrorCode>) -> String {
    code.as_ref().map_or_else(String::new, |code| format!(", {code}"))
}

impl Error {
    /// A setting that makes no sense.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Error::Usage { message: message.into(), hint: hint.into() }
    }

    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Usage { .. } | Error::Template { .. } => ErrorKind::Usage,
            Error::Payload(_) => ErrorKind::Input,
            Error::Store { .. } | Error::Exists { .. } | Error::Journal { .. } | Error::Locked { .. } => {
                ErrorKind::Local
            }
            Error::Refused { status: 401 | 403, .. } => ErrorKind::Auth,
            Error::Refused { code: Some(code), .. } if code.is_auth() => ErrorKind::Auth,
            Error::Refused { .. } => ErrorKind::Refused,
            Error::Temporary { .. } => ErrorKind::Temporary,
            Error::Unknown { .. } => ErrorKind::Unknown,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Error::Usage { hint, .. } => hint.clone(),
            Error::Template { .. } => "write it like `https://host/images/{key}.jpg`".into(),
            Error::Payload(_) => "mend the job file, or write it again with `prelabel payload`".into(),
            Error::Store { .. } => "check that the store exists, is writable and has space, then run it again".into(),
            Error::Exists { .. } => {
                "somebody else's file has that name: upload to another folder or use content-addressed names".into()
            }
            Error::Journal { .. } => "check the disk it lies on, then run the same command again".into(),
            Error::Locked { .. } => "wait for the other run to end, or give this one a journal of its own".into(),
            Error::Refused { status: 401 | 403, code: None, .. } => "check the API key and the project ID".into(),
            Error::Refused { code: Some(code), .. } => code.advice().into(),
            Error::Refused { .. } => "check the IDs and the endpoint".into(),
            Error::Temporary { .. } => "run the same command again later".into(),
            Error::Unknown { .. } => "look it up on the platform before doing it again".into(),
        }
    }
}
