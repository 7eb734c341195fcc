//! What can keep a sandbox from starting or from reading its ledger.

use std::io;
use std::path::PathBuf;

/// An error of the sandbox itself, never of a request to it.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port could not be taken.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; choose another port, or 0 for any free one")]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The folder of the ledger could not be made.
    #[error("cannot make the state folder {}: {source}", path.display())]
    StateDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A bucket's folder is not there.
    #[error("the folder {} of bucket `{name}` cannot be read: {source}", path.display())]
    Bucket {
        /// The bucket.
        name: String,
        /// Its folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An option that no request could ever satisfy.
    #[error("{0}")]
    Option(String),
    /// The ledger was written by another version.
    #[error("the ledger {} has layout {found}, this version knows {expected}; use another state folder", path.display())]
    LedgerVersion {
        /// The ledger's file.
        path: PathBuf,
        /// Its layout.
        found: i64,
        /// The layout that this version writes.
        expected: i64,
    },
    /// SQLite refused.
    #[error("the ledger cannot be used: {0}")]
    Ledger(#[from] rusqlite::Error),
    /// A payload in the ledger is not the JSON it was when it was accepted.
    #[error("the ledger's job {job_id} is damaged: {source}")]
    Damaged {
        /// The job.
        job_id: String,
        /// What the JSON reader said.
        source: serde_json::Error,
    },
    /// A job that cannot be completed.
    #[error("the job {job_id} cannot be completed: {why}")]
    Complete {
        /// The job.
        job_id: String,
        /// What stands against it.
        why: &'static str,
    },
    /// The system gives no random numbers.
    #[error("no random numbers for a new ID: {0}")]
    Random(#[from] getrandom::Error),
    /// The server task ended in an unexpected way.
    #[error("the server ended early: {0}")]
    Server(String),
    /// A scripted fault that cannot be played.
    #[error("this fault cannot be played: {0}")]
    Fault(String),
}
