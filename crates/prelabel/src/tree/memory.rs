use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{Paths, PathsBuilder, Sink, Source, Written};
use crate::model::Key;
use crate::{Error, ErrorKind, Limits, Result};

/// Files in memory; standard input is one of one file.
#[derive(Clone, Debug, Default)]
pub struct MemorySource {
    name: String,
    paths: Paths,
    files: BTreeMap<String, Vec<u8>>,
}

impl MemorySource {
    /// A tree of these files.
    pub fn new(name: impl Into<String>, files: BTreeMap<String, Vec<u8>>) -> Self {
        MemorySource {
            name: name.into(),
            paths: files.keys().map(String::as_str).collect::<PathsBuilder>().sorted(),
            files,
        }
    }
}

impl Source for MemorySource {
    fn name(&self) -> &str {
        &self.name
    }

    fn paths(&self) -> &Paths {
        &self.paths
    }

    fn size(&self, path: &str) -> Result<u64> {
        self.files.get(path).map(|bytes| bytes.len() as u64).ok_or_else(|| missing(&self.display(path)))
    }

    fn read(&self, path: &str, limits: &Limits) -> Result<Vec<u8>> {
        let bytes = self.files.get(path).ok_or_else(|| missing(&self.display(path)))?;
        limits.file(bytes.len() as u64).map_err(|error| error.in_file(self.display(path)))?;
        Ok(bytes.clone())
    }

    fn read_start(&self, path: &str, length: usize) -> Result<Vec<u8>> {
        let bytes = self.files.get(path).ok_or_else(|| missing(&self.display(path)))?;
        Ok(bytes[..length.min(bytes.len())].to_vec())
    }

    fn display(&self, path: &str) -> String {
        if self.files.len() == 1 { self.name.clone() } else { format!("{}/{path}", self.name) }
    }
}

fn missing(file: &str) -> Error {
    Error::missing("the file is not there").in_file(file)
}

/// Outputs kept in memory.
#[derive(Debug, Default)]
pub struct MemorySink {
    overwrite: bool,
    files: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl MemorySink {
    /// An empty tree.
    pub fn new(overwrite: bool) -> Self {
        MemorySink { overwrite, files: Mutex::default() }
    }

    /// The files written so far.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sink for MemorySink {
    fn name(&self) -> &str {
        "memory"
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<Written> {
        Key::new(path)?;
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        match files.get(path) {
            Some(there) if there == bytes => Ok(Written::Same),
            Some(_) if !self.overwrite => Err(exists(path)),
            there => {
                let written = if there.is_some() { Written::Replaced } else { Written::New };
                files.insert(path.to_owned(), bytes.to_vec());
                Ok(written)
            }
        }
    }

    fn finish(&self) -> Result<()> {
        Ok(())
    }
}

/// The error for an output that is there with other content.
pub(super) fn exists(file: &str) -> Error {
    Error::new(ErrorKind::Exists, "the output exists already with other content")
        .in_file(file)
        .hint("choose another output, or replace what is there with `--overwrite`")
}

/// Keeps nothing: for a dry run.
#[derive(Debug, Default)]
pub struct NowhereSink;

impl Sink for NowhereSink {
    fn name(&self) -> &str {
        "nowhere"
    }

    fn write(&self, path: &str, _bytes: &[u8]) -> Result<Written> {
        Key::new(path)?;
        Ok(Written::New)
    }

    fn finish(&self) -> Result<()> {
        Ok(())
    }
}
