use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::memory::exists;
use super::staging::Staging;
use super::{Sink, Written};
use crate::model::Key;
use crate::{Error, ErrorKind, Result};

/// Outputs as files of a folder: staged, then renamed.
#[derive(Debug)]
pub struct FolderSink {
    name: String,
    root: PathBuf,
    overwrite: bool,
    staging: Staging,
}

impl FolderSink {
    /// Makes the folder if it is not there.
    ///
    /// # Errors
    /// It cannot be made or written to.
    pub fn create(root: &Path, overwrite: bool) -> Result<Self> {
        let name = root.display().to_string();
        fs::create_dir_all(root).map_err(|error| Error::output(&name, error))?;
        let staging = Staging::create(root)?;
        Ok(FolderSink { name, root: root.to_owned(), overwrite, staging })
    }

    /// Makes the folders above an output. A link in between could lead out of the tree.
    fn make_parents(&self, path: &str, full: &Path) -> Result<()> {
        let parent = full.parent().unwrap_or(&self.root);
        if parent == self.root {
            return Ok(());
        }
        let failed = |error| Error::output(parent.display().to_string(), error);
        if fs::symlink_metadata(parent).is_err() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let mut folder = self.root.clone();
        for part in path.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev() {
            folder.push(part);
            if fs::symlink_metadata(&folder).map_err(failed)?.is_symlink() {
                return Err(Error::new(
                    ErrorKind::Output,
                    "a folder of the output is a link, which could lead elsewhere",
                )
                .in_file(folder.display().to_string())
                .hint("name the folder that it leads to as the output"));
            }
        }
        Ok(())
    }
}

impl Sink for FolderSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<Written> {
        Key::new(path)?;
        let full = self.root.join(path);
        self.make_parents(path, &full)?;
        let written = match there(&full, bytes) {
            There::Nothing => Written::New,
            There::Same => return Ok(Written::Same),
            There::Other if self.overwrite => Written::Replaced,
            There::Other => return Err(exists(&full.display().to_string())),
        };
        publish(&self.staging, &full, bytes)?;
        Ok(written)
    }

    fn finish(&self) -> Result<()> {
        sync(&self.root).map_err(|error| Error::output(&self.name, error))
    }
}

pub(super) enum There {
    Nothing,
    Same,
    Other,
}

/// What stands at a path, compared with what shall stand there. A link is not followed.
pub(super) fn there(full: &Path, bytes: &[u8]) -> There {
    match fs::symlink_metadata(full) {
        Err(_) => There::Nothing,
        Ok(metadata) if !metadata.is_file() || metadata.len() != bytes.len() as u64 => There::Other,
        Ok(_) => match fs::read(full) {
            Ok(there) if there == bytes => There::Same,
            _ => There::Other,
        },
    }
}

/// Gives staged bytes their name.
pub(super) fn publish(staging: &Staging, full: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error| Error::output(full.display().to_string(), error);
    let staged = staging.put(bytes).map_err(failed)?;
    fs::rename(&staged, full).map_err(|error| {
        let _ = fs::remove_file(&staged);
        failed(error)
    })
}

/// Makes renames last: one call for the whole file system instead of one a file.
pub(super) fn sync(folder: &Path) -> std::io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = File::open(folder)?;
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(&folder)?;
    #[cfg(not(target_os = "linux"))]
    folder.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identical_is_done_and_other_content_needs_consent() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("out");
        let sink = FolderSink::create(&root, false).unwrap();
        assert_eq!(sink.write("a/b.png", b"1").unwrap(), Written::New);
        assert_eq!(sink.write("a/b.png", b"1").unwrap(), Written::Same);
        assert_eq!(sink.write("a/b.png", b"2").unwrap_err().kind(), ErrorKind::Exists);
        assert_eq!(fs::read(root.join("a/b.png")).unwrap(), b"1");
        let forced = FolderSink::create(&root, true).unwrap();
        assert_eq!(forced.write("a/b.png", b"2").unwrap(), Written::Replaced);
        for path in ["../x", "/x", "a/../../x", ""] {
            assert!(sink.write(path, b"").is_err(), "{path}");
        }
        sink.finish().unwrap();
        drop((sink, forced));
        let left: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn modes_follow_the_umask_and_links_are_never_written_through() {
        use std::os::unix::fs::{MetadataExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let plain = dir.path().join("plain");
        fs::write(&plain, "untouched").unwrap();
        let sink = FolderSink::create(&dir.path().join("out"), true).unwrap();
        sink.write("a.png", b"1").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&dir.path().join("out/a.png")), mode(&plain));

        symlink(&plain, dir.path().join("out/link.png")).unwrap();
        assert_eq!(sink.write("link.png", b"2").unwrap(), Written::Replaced);
        assert_eq!(fs::read(&plain).unwrap(), b"untouched");

        symlink(dir.path(), dir.path().join("out/masks")).unwrap();
        assert!(sink.write("masks/b.png", b"3").is_err());
        assert!(!dir.path().join("b.png").exists());
    }
}
