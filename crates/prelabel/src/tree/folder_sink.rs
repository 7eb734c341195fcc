use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::memory::exists;
use super::staging::{Staging, same_content};
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

    fn write_pieces(&self, path: &str, pieces: &mut dyn Iterator<Item = Result<Vec<u8>>>) -> Result<Written> {
        Key::new(path)?;
        let full = self.root.join(path);
        self.make_parents(path, &full)?;
        publish_pieces(&self.staging, &full, pieces, self.overwrite)
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

/// Stages what comes in pieces, compares it with what is there, and puts it in its place.
pub(super) fn publish_pieces(
    staging: &Staging,
    full: &Path,
    pieces: &mut dyn Iterator<Item = Result<Vec<u8>>>,
    overwrite: bool,
) -> Result<Written> {
    let failed = |error| Error::output(full.display().to_string(), error);
    let staged = staging.put_pieces(pieces, failed)?;
    let written = match fs::symlink_metadata(full) {
        Err(_) => Ok(Written::New),
        Ok(there) if there.is_file() && same_content(&staged, full).unwrap_or(false) => Ok(Written::Same),
        Ok(_) if overwrite => Ok(Written::Replaced),
        Ok(_) => Err(exists(&full.display().to_string())),
    };
    let moved = written.and_then(|written| match written {
        Written::Same => Ok(Written::Same),
        other => fs::rename(&staged, full).map(|()| other).map_err(failed),
    });
    if !matches!(moved, Ok(Written::New | Written::Replaced)) {
        let _ = fs::remove_file(&staged);
    }
    moved
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

    #[test]
    fn what_comes_in_pieces_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let pieces = |text: &str| text.bytes().map(|byte| Ok(vec![byte])).collect::<Vec<_>>().into_iter();
        let sink = FolderSink::create(dir.path(), false).unwrap();
        assert_eq!(sink.write_pieces("a/b.json", &mut pieces("12")).unwrap(), Written::New);
        assert_eq!(sink.write_pieces("a/b.json", &mut pieces("12")).unwrap(), Written::Same);
        assert_eq!(sink.write_pieces("a/b.json", &mut pieces("34")).unwrap_err().kind(), ErrorKind::Exists);
        let mut cut = pieces("5").chain([Err(Error::invalid("no more"))]);
        assert!(sink.write_pieces("c.json", &mut cut).is_err());
        assert!(!dir.path().join("c.json").exists());
        let forced = FolderSink::create(dir.path(), true).unwrap();
        assert_eq!(forced.write_pieces("a/b.json", &mut pieces("34")).unwrap(), Written::Replaced);
        assert_eq!(fs::read(dir.path().join("a/b.json")).unwrap(), b"34");
        drop((sink, forced));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
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
