//! What lies where in the folder of a push.

use std::path::{Path, PathBuf};

use prelabel::Result;
use prelabel::tree::{FileSink, Sink};
use prelabel_client::payload::Payload;

/// The folder that a push keeps everything in.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Folder(path.to_owned())
    }

    /// Mask pairs: masks, legends, class list.
    pub(super) fn pairs(&self) -> PathBuf {
        self.0.join("pairs")
    }

    /// What stands for the bucket that the platform reads from.
    pub(super) fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// The jobs as they are sent.
    pub(super) fn jobs(&self) -> PathBuf {
        self.0.join("jobs.ndjson")
    }

    /// What was meant, sent and answered.
    pub(super) fn journal(&self) -> PathBuf {
        self.0.join("journal.sqlite")
    }

    /// The sandbox's own ledger.
    pub(super) fn sandbox(&self) -> PathBuf {
        self.0.join("sandbox")
    }

    /// Writes the jobs, whole or not at all.
    pub(super) fn write_jobs(&self, payloads: &[Payload]) -> Result<()> {
        let lines: String = payloads.iter().map(|payload| format!("{payload}\n")).collect();
        let sink = FileSink::new(&self.jobs(), true);
        sink.write("jobs.ndjson", lines.as_bytes())?;
        sink.finish()
    }
}
