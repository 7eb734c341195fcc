use std::fs;
use std::path::{Path, PathBuf};

use super::folder_sink::{There, publish, publish_pieces, sync, there};
use super::memory::exists;
use super::staging::Staging;
use super::{Sink, Written};
use crate::{Error, Result};

/// One output file under a name that the user chose, whatever path the writer gives it.
#[derive(Debug)]
pub struct FileSink {
    name: String,
    file: PathBuf,
    overwrite: bool,
}

impl FileSink {
    /// The file; its folder is made if it is not there.
    pub fn new(file: &Path, overwrite: bool) -> Self {
        FileSink { name: file.display().to_string(), file: file.to_owned(), overwrite }
    }

    fn parent(&self) -> &Path {
        match self.file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }
}

impl Sink for FileSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write(&self, _path: &str, bytes: &[u8]) -> Result<Written> {
        let written = match there(&self.file, bytes) {
            There::Nothing => Written::New,
            There::Same => return Ok(Written::Same),
            There::Other if self.overwrite => Written::Replaced,
            There::Other => return Err(exists(&self.name)),
        };
        fs::create_dir_all(self.parent()).map_err(|error| Error::output(&self.name, error))?;
        publish(&Staging::create(self.parent())?, &self.file, bytes)?;
        Ok(written)
    }

    fn write_pieces(&self, _path: &str, pieces: &mut dyn Iterator<Item = Result<Vec<u8>>>) -> Result<Written> {
        fs::create_dir_all(self.parent()).map_err(|error| Error::output(&self.name, error))?;
        publish_pieces(&Staging::create(self.parent())?, &self.file, pieces, self.overwrite)
    }

    fn finish(&self) -> Result<()> {
        sync(self.parent()).map_err(|error| Error::output(&self.name, error))
    }
}
