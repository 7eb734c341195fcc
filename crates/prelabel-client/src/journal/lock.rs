//! One run at a time holds a journal, and says who it is.
//!
//! Locks lie on some network file systems. Nothing here depends on this one for exactness: the journal's transactions and,
//! last, the platform's own uniqueness hold without it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::failed;
use crate::error::{Error, Result};

/// A held lock; released when dropped, also by a crash.
pub(super) struct Lock {
    _file: File,
}

#[derive(Serialize, Deserialize)]
struct Holder {
    pid: u32,
    host: Option<String>,
    since: u64,
}

impl Lock {
    /// Takes the lock of the journal at `journal`, or names who has it.
    pub(super) fn acquire(journal: &Path, now: u64) -> Result<Self> {
        let path = lock_path(journal);
        let failed = |error: std::io::Error| failed(journal, "lock it", &error);
        let mut file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(journal, &path)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let holder = Holder { pid: std::process::id(), host: host(), since: now };
        let text = serde_json::to_string(&holder).unwrap_or_default();
        // Cut after, not before: who looks meanwhile reads the old holder or the new one, hardly ever nothing.
        file.rewind().and_then(|()| file.write_all(text.as_bytes())).map_err(failed)?;
        file.set_len(text.len() as u64).map_err(failed)?;
        Ok(Lock { _file: file })
    }
}

fn held(journal: &Path, lock: &Path) -> Error {
    let holder: Option<Holder> = std::fs::read_to_string(lock).ok().and_then(|text| serde_json::from_str(&text).ok());
    let (pid, host, since) = match holder {
        Some(holder) => (Some(holder.pid), holder.host, Some(holder.since)),
        None => (None, None, None),
    };
    Error::Locked { path: journal.to_owned(), pid, host, since }
}

fn lock_path(journal: &Path) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(unix)]
fn host() -> Option<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(not(unix))]
fn host() -> Option<String> {
    None
}
