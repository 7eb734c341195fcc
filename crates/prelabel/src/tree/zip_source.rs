use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use super::{Paths, PathsBuilder, Skipped, Source};
use crate::error::At;
use crate::{Error, Limits, Result};

/// The members of a zip archive, read where they lie.
pub struct ZipSource {
    name: String,
    archive: zip::ZipArchive<Window>,
    paths: Paths,
    skipped: Vec<Skipped>,
}

impl ZipSource {
    /// Opens an archive.
    ///
    /// # Errors
    /// It cannot be read, or is no zip archive.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| Error::unreadable(&name, error))?;
        let length = file.metadata().map_err(|error| Error::unreadable(&name, error))?.len();
        let window = Window { file: Arc::new(file), length, position: 0 };
        let archive = zip::ZipArchive::new(window).map_err(|error| broken(&error).in_file(&name))?;
        let mut paths = PathsBuilder::default();
        let mut skipped = Vec::new();
        for member in archive.file_names() {
            let member = &*member.map_err(|error| broken(&error).in_file(&name))?;
            let hidden = member.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
            match crate::model::Key::new(member) {
                _ if member.ends_with('/') || hidden => {}
                Ok(_) => {
                    paths.push(member);
                }
                Err(error) => skipped.push(Skipped { path: member.to_owned(), why: error.message().to_owned() }),
            }
        }
        skipped.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(ZipSource { name, archive, paths: paths.sorted(), skipped })
    }

    fn read_bounded(&self, path: &str, most: u64) -> Result<(Vec<u8>, u64)> {
        // Cloning shares the directory of the archive and has a position of its own.
        let mut archive = self.archive.clone();
        let mut member = archive.by_name(path).map_err(|error| broken(&error).in_file(self.display(path)))?;
        let declared = member.size();
        // The declared size is the archive's word only: it bounds nothing but the first allocation.
        let mut bytes = Vec::with_capacity(declared.min(most).min(1 << 20) as usize);
        let read = member.by_ref().take(most).read_to_end(&mut bytes);
        read.map_err(|error| {
            Error::invalid("the member of the archive is damaged").in_file(self.display(path)).source(error)
        })?;
        Ok((bytes, declared))
    }
}

impl Source for ZipSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn paths(&self) -> &Paths {
        &self.paths
    }

    fn size(&self, path: &str) -> Result<u64> {
        let mut archive = self.archive.clone();
        let member = archive.by_name(path).map_err(|error| broken(&error).in_file(self.display(path)))?;
        Ok(member.size())
    }

    fn read(&self, path: &str, limits: &Limits) -> Result<Vec<u8>> {
        let (bytes, declared) = self.read_bounded(path, limits.max_file_bytes.saturating_add(1))?;
        limits.file(declared.max(bytes.len() as u64)).map_err(|error| error.in_file(self.display(path)))?;
        Ok(bytes)
    }

    fn read_start(&self, path: &str, length: usize) -> Result<Vec<u8>> {
        Ok(self.read_bounded(path, length as u64)?.0)
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn display(&self, path: &str) -> String {
        format!("{}/{path}", self.name)
    }
}

/// An error of the zip library in our words.
fn broken(error: &zip::result::ZipError) -> Error {
    match error {
        zip::result::ZipError::FileNotFound => Error::missing("the archive has no such member"),
        zip::result::ZipError::UnsupportedArchive(why) => {
            Error::unsupported(format!("the archive uses something not supported: {why}"))
                .hint("pack it again as an ordinary zip, without encryption")
        }
        other => Error::invalid("this is no readable zip archive")
            .at(At::Entry("central directory".into()))
            .found(other.to_string())
            .hint("copy or download the archive again"),
    }
}

/// A file with a position of its own, so that threads can read one archive at once.
#[derive(Clone)]
struct Window {
    file: Arc<File>,
    length: u64,
    position: u64,
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.position)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
