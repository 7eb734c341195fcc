//! The only door to files: where samples come from ([`Source`]) and where outputs go ([`Sink`]).
//!
//! Paths are relative, their parts joined by `/`, on every system. A source lists its paths once, in byte
//! order, so that nothing depends on the order of directory entries.

mod file_sink;
mod folder_sink;
mod folder_source;
mod memory;
mod paths;
mod spool;
mod staging;
mod zip_sink;
mod zip_source;

pub use file_sink::FileSink;
pub use folder_sink::FolderSink;
pub use folder_source::FolderSource;
pub use memory::{MemorySink, MemorySource, NowhereSink};
pub use paths::{Paths, PathsBuilder};
pub use spool::{Kept, Spool};
pub use zip_sink::ZipSink;
pub use zip_source::ZipSource;

use crate::{Limits, Result};

/// A tree of input files.
pub trait Source: Send + Sync {
    /// What to call the tree in messages: a folder, an archive, `standard input`.
    fn name(&self) -> &str;

    /// All files, in byte order of their paths. Hidden ones (`.name`) are left out.
    fn paths(&self) -> &Paths;

    /// The length of a file in bytes, as its folder or archive tells it.
    ///
    /// # Errors
    /// It is not there.
    fn size(&self, path: &str) -> Result<u64>;

    /// Reads a whole file.
    ///
    /// # Errors
    /// It is not there, cannot be read, is no regular file, or is larger than the limit.
    fn read(&self, path: &str, limits: &Limits) -> Result<Vec<u8>>;

    /// Reads at most the first `length` bytes of a file.
    ///
    /// # Errors
    /// As [`Source::read`], but for the limit.
    fn read_start(&self, path: &str, length: usize) -> Result<Vec<u8>>;

    /// Reads parts of a file, given by their first byte and their length. A part beyond the end comes back shorter.
    ///
    /// Files of a folder are read where the parts lie; those of other trees as a whole.
    ///
    /// # Errors
    /// As [`Source::read`].
    fn read_parts(&self, path: &str, parts: &[(u64, u64)], limits: &Limits) -> Result<Vec<Vec<u8>>> {
        let bytes = self.read(path, limits)?;
        let place = |at: u64| usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len()));
        let part = |&(first, length): &(u64, u64)| bytes[place(first)..place(first.saturating_add(length))].to_vec();
        Ok(parts.iter().map(part).collect())
    }

    /// True if a part of a file costs no more than that part.
    fn seeks(&self) -> bool {
        false
    }

    /// What was seen and left out, with the reason: devices, names that are not UTF-8, broken links.
    fn skipped(&self) -> &[Skipped] {
        &[]
    }

    /// How messages call a file of this tree.
    fn display(&self, path: &str) -> String;
}

/// A directory entry that is no input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its path, with what is not UTF-8 replaced.
    pub path: String,
    /// Why it was left out.
    pub why: String,
}

/// What became of a file that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// It is new.
    New,
    /// It was there already with the same bytes.
    Same,
    /// It was there with other bytes, and was replaced.
    Replaced,
}

/// A tree of output files. Each appears whole or not at all; nothing is overwritten unless that was asked for.
pub trait Sink: Send + Sync {
    /// What to call the tree in messages.
    fn name(&self) -> &str;

    /// Writes a whole file. Identical content that is there already counts as done.
    ///
    /// # Errors
    /// Other content is there and must not be overwritten; the path leaves the tree; the disk refuses.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<Written>;

    /// Writes a whole file that comes in pieces, and may be larger than memory.
    ///
    /// # Errors
    /// As [`Sink::write`]; and what the pieces give.
    fn write_pieces(&self, path: &str, pieces: &mut dyn Iterator<Item = Result<Vec<u8>>>) -> Result<Written> {
        let mut bytes = Vec::new();
        for piece in pieces {
            bytes.extend(piece?);
        }
        self.write(path, &bytes)
    }

    /// Makes everything written so far last. Must be called at the end: an archive appears only then.
    ///
    /// # Errors
    /// The disk refuses.
    fn finish(&self) -> Result<()>;
}
