use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::folder_sink::sync;
use super::memory::exists;
use super::staging::{Staging, same_content};
use super::{Sink, Written};
use crate::model::Key;
use crate::{Error, Result};

/// Outputs as a zip archive, which appears at [`Sink::finish`]: members in byte order of their paths and
/// without times, so that the same outputs give the same archive whatever the number of threads.
#[derive(Debug)]
pub struct ZipSink {
    name: String,
    file: PathBuf,
    overwrite: bool,
    staging: Staging,
    /// Where each member waits.
    members: Mutex<BTreeMap<String, PathBuf>>,
}

impl ZipSink {
    /// Opens the archive's folder; the archive itself appears at the end.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn create(file: &Path, overwrite: bool) -> Result<Self> {
        let parent = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let name = file.display().to_string();
        fs::create_dir_all(parent).map_err(|error| Error::output(&name, error))?;
        let staging = Staging::create(parent)?;
        Ok(ZipSink { name, file: file.to_owned(), overwrite, staging, members: Mutex::default() })
    }

    fn pack(&self, target: &Path) -> io::Result<()> {
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let mut archive = zip::ZipWriter::new(io::BufWriter::new(File::create_new(target)?));
        for (path, staged) in members.iter() {
            // A PNG is compressed already.
            let method = match path.ends_with(".png") {
                true => zip::CompressionMethod::Stored,
                false => zip::CompressionMethod::Deflated,
            };
            let options = zip::write::SimpleFileOptions::default()
                .compression_method(method)
                .last_modified_time(zip::DateTime::default())
                .large_file(fs::metadata(staged)?.len() >= u32::MAX.into());
            archive.start_file(path.as_str(), options)?;
            io::copy(&mut File::open(staged)?, &mut archive)?;
        }
        io::Write::flush(&mut archive.finish()?)
    }
}

impl Sink for ZipSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<Written> {
        Key::new(path)?;
        let staged = self.staging.put(bytes).map_err(|error| Error::output(&self.name, error))?;
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = members.get(path) {
            let same = fs::read(there).is_ok_and(|there| there == bytes);
            return if same { Ok(Written::Same) } else { Err(exists(&format!("{}/{path}", self.name))) };
        }
        members.insert(path.to_owned(), staged);
        Ok(Written::New)
    }

    fn write_pieces(&self, path: &str, pieces: &mut dyn Iterator<Item = Result<Vec<u8>>>) -> Result<Written> {
        Key::new(path)?;
        let staged = self.staging.put_pieces(pieces, |error| Error::output(&self.name, error))?;
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        if members.contains_key(path) {
            return Err(exists(&format!("{}/{path}", self.name)));
        }
        members.insert(path.to_owned(), staged);
        Ok(Written::New)
    }

    fn finish(&self) -> Result<()> {
        let failed = |error| Error::output(&self.name, error);
        let packed = self.staging.path();
        self.pack(&packed).map_err(failed)?;
        if fs::symlink_metadata(&self.file).is_ok() {
            if same_content(&packed, &self.file).unwrap_or(false) {
                return Ok(());
            }
            if !self.overwrite {
                return Err(exists(&self.name));
            }
        }
        fs::rename(&packed, &self.file).map_err(failed)?;
        sync(self.file.parent().unwrap_or(Path::new("."))).map_err(failed)
    }
}
