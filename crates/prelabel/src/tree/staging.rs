use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Error, Result};

/// Name of staging folders; hidden, so that no source lists them.
const PREFIX: &str = ".prelabel-staging-";

/// A folder beside the outputs where files are made before they get their name by a rename.
///
/// It holds a locked file for as long as its process lives. What a killed run left behind is swept away by
/// the next run: its lock is free.
#[derive(Debug)]
pub(super) struct Staging {
    dir: PathBuf,
    // Held, never read: the lock ends with it.
    _lock: File,
    next: AtomicU64,
}

impl Staging {
    /// A new staging folder in `parent`, which must exist. Sweeps abandoned ones.
    pub(super) fn create(parent: &Path) -> Result<Self> {
        sweep(parent);
        let failed = |error| Error::output(parent.display().to_string(), error);
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent).map_err(failed)?.keep();
        let made = || {
            let lock = File::create(dir.join("lock"))?;
            lock.lock()?;
            std::io::Result::Ok(lock)
        };
        match made() {
            Ok(lock) => Ok(Staging { dir, _lock: lock, next: AtomicU64::new(0) }),
            Err(error) => {
                let _ = fs::remove_dir_all(&dir);
                Err(failed(error))
            }
        }
    }

    /// Puts `bytes` into a new staged file. Its mode follows the umask, as that of any new file.
    pub(super) fn put(&self, bytes: &[u8]) -> std::io::Result<PathBuf> {
        let path = self.path();
        let written = File::create_new(&path).and_then(|mut file| file.write_all(bytes));
        match written {
            Ok(()) => Ok(path),
            Err(error) => {
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }

    /// Writes what comes in pieces to a new file.
    pub(super) fn put_pieces(
        &self,
        pieces: &mut dyn Iterator<Item = Result<Vec<u8>>>,
        failed: impl Fn(io::Error) -> Error,
    ) -> Result<PathBuf> {
        let path = self.path();
        let write = || {
            let mut file = File::create_new(&path).map_err(&failed)?;
            for piece in pieces {
                file.write_all(&piece?).map_err(&failed)?;
            }
            Ok(())
        };
        let written: Result<()> = write();
        if written.is_err() {
            let _ = fs::remove_file(&path);
        }
        written.map(|()| path)
    }

    /// A name for a new staged file.
    pub(super) fn path(&self) -> PathBuf {
        self.dir.join(self.next.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Nothing can be done about a failure here; the next run sweeps.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let lock = File::open(entry.path().join("lock"));
        // No lock file: its maker died between the two steps, or is in between them just now; leave a young one.
        let abandoned = match lock {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(_) => fs::read_dir(entry.path()).is_ok_and(|mut inside| inside.next().is_none()) && old(&entry),
        };
        if abandoned {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn old(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok());
    age.is_some_and(|age| age.as_secs() > 60)
}

/// True if two files hold the same bytes.
pub(super) fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let length = one.read(&mut left)?;
        if length == 0 {
            return Ok(true);
        }
        other.read_exact(&mut right[..length])?;
        if left[..length] != right[..length] {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_swept_and_a_living_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let living = Staging::create(dir.path()).unwrap();
        let abandoned = dir.path().join(format!("{PREFIX}dead"));
        fs::create_dir(&abandoned).unwrap();
        fs::write(abandoned.join("lock"), "").unwrap();
        fs::write(abandoned.join("0"), "half a mask").unwrap();
        let other = Staging::create(dir.path()).unwrap();
        assert!(!abandoned.exists());
        assert!(living.dir.exists());
        drop((living, other));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
