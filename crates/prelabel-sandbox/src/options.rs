//! What a caller sets before the sandbox starts.

use std::fmt;
use std::path::PathBuf;

/// A folder that plays the part of a storage bucket.
///
/// A job's `s3://NAME/key` is read from `dir/key`, as the platform reads a bucket that it was given
/// access to. A key that leaves the folder is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The bucket's name in `s3://NAME/…`.
    pub name: String,
    /// The folder that holds its objects.
    pub dir: PathBuf,
}

/// How a [`Sandbox`](crate::Sandbox) behaves.
#[derive(Clone)]
pub struct SandboxOptions {
    /// Folder of the ledger, `sandbox.sqlite`; made if it is not there.
    pub state_dir: PathBuf,
    /// The one key that is accepted in `x-api-key`.
    pub api_key: String,
    /// Port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// Folders that `s3://` URLs are read from.
    pub buckets: Vec<Bucket>,
    /// Project IDs that exist; `None` accepts every UUID.
    pub projects: Option<Vec<String>>,
    /// Workflow IDs that exist; `None` accepts every UUID.
    pub workflows: Option<Vec<String>>,
    /// Whether masks are compared with their image and legend. The files must be reachable either way.
    pub check_masks: bool,
    /// What a job costs, in the smallest unit of a currency, for [`Sandbox::spent`](crate::Sandbox::spent).
    pub price_per_job: Option<u64>,
}

impl SandboxOptions {
    /// Strict defaults: any port, any project and workflow, masks checked, no buckets, no price.
    pub fn new(state_dir: impl Into<PathBuf>, api_key: impl Into<String>) -> Self {
        SandboxOptions {
            state_dir: state_dir.into(),
            api_key: api_key.into(),
            port: 0,
            buckets: Vec::new(),
            projects: None,
            workflows: None,
            check_masks: true,
            price_per_job: None,
        }
    }
}

/// Without the key, which must never reach a log.
impl fmt::Debug for SandboxOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxOptions")
            .field("state_dir", &self.state_dir)
            .field("port", &self.port)
            .field("buckets", &self.buckets)
            .field("projects", &self.projects)
            .field("workflows", &self.workflows)
            .field("check_masks", &self.check_masks)
            .field("price_per_job", &self.price_per_job)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_not_in_the_debug_text() {
        assert!(!format!("{:?}", SandboxOptions::new("state", "canary-key")).contains("canary"));
    }
}
