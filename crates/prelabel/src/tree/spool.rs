use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use crate::{Error, Result};

/// Pieces that are kept until the end of a run: for formats that put all samples into one file.
///
/// Few are held in memory; beyond that they lie in a temporary file without a name, which goes with the process.
#[derive(Debug)]
pub struct Spool {
    inner: Mutex<Inner>,
    /// The most bytes in memory.
    most: usize,
}

#[derive(Debug, Default)]
struct Inner {
    memory: Vec<u8>,
    file: Option<File>,
    length: u64,
}

/// Where a piece lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    start: u64,
    length: u64,
}

impl Default for Spool {
    fn default() -> Self {
        Spool::new(16 << 20)
    }
}

impl Spool {
    /// An empty spool that holds up to `most` bytes in memory.
    pub fn new(most: usize) -> Self {
        Spool { inner: Mutex::default(), most }
    }

    /// Keeps a piece.
    ///
    /// # Errors
    /// The disk for temporary files is full, or there is none.
    pub fn put(&self, bytes: &[u8]) -> Result<Kept> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = Kept { start: inner.length, length: bytes.len() as u64 };
        inner.put(bytes, self.most).map_err(failed)?;
        Ok(kept)
    }

    /// Gives a piece back.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub fn get(&self, kept: Kept) -> Result<Vec<u8>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.get(kept).map_err(failed)
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::output("temporary files", error).hint("free some space, or name another folder for them with `TMPDIR`")
}

impl Inner {
    fn put(&mut self, bytes: &[u8], most: usize) -> std::io::Result<()> {
        if self.file.is_none() && self.memory.len() + bytes.len() > most {
            let mut file = tempfile::tempfile()?;
            file.write_all(&self.memory)?;
            self.memory = Vec::new();
            self.file = Some(file);
        }
        match &mut self.file {
            None => self.memory.extend_from_slice(bytes),
            Some(file) => {
                // A piece that was written by half is written over.
                file.seek(SeekFrom::Start(self.length))?;
                file.write_all(bytes)?;
            }
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn get(&mut self, kept: Kept) -> std::io::Result<Vec<u8>> {
        match &mut self.file {
            None => Ok(self.memory[kept.start as usize..(kept.start + kept.length) as usize].to_vec()),
            Some(file) => {
                file.seek(SeekFrom::Start(kept.start))?;
                let mut bytes = vec![0; kept.length as usize];
                file.read_exact(&mut bytes)?;
                Ok(bytes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_from_memory_and_from_the_file() {
        let spool = Spool::new(10);
        let kept: Vec<_> = (0..6u8).map(|piece| spool.put(&vec![piece; usize::from(piece)]).unwrap()).collect();
        assert!(spool.inner.lock().unwrap().file.is_some());
        for (piece, kept) in (0..6u8).zip(kept).rev() {
            assert_eq!(spool.get(kept).unwrap(), vec![piece; usize::from(piece)]);
        }
    }
}
