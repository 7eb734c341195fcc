//! NPY arrays and NPZ archives of them.
//!
//! The header is read by our own bounded reader: the crates for it allocate what a header *claims*, or let
//! its product wrap. Format: NumPy Enhancement Proposal 1 and `numpy.lib.format`, versions 1.0 to 3.0.

mod header;
mod labels;
mod masks;
mod numbers;
mod scores;

pub use header::{DType, Header, header};
pub use labels::{decode_labels, encode_labels};
pub use masks::{Masks, decode_masks, mask_axes};
pub use numbers::decode_numbers;
pub use scores::{ScoreOptions, axes as score_axes, decode_scores};

use std::io::{Cursor, Read};

use crate::{Error, Limits, Result};

/// The names of the arrays in an NPZ archive, in byte order.
///
/// # Errors
/// No zip archive.
pub fn npz_members(bytes: &[u8]) -> Result<Vec<String>> {
    let archive = open_npz(bytes)?;
    let mut names = Vec::new();
    for name in archive.file_names() {
        let name = name.map_err(|error| broken(&error))?;
        names.extend(name.strip_suffix(".npy").map(ToOwned::to_owned));
    }
    names.sort_unstable();
    Ok(names)
}

/// The NPY file of one array in an NPZ archive.
///
/// # Errors
/// No zip archive, no such array, a damaged member, more bytes than the limit.
pub fn npz_member(bytes: &[u8], name: &str, limits: &Limits) -> Result<Vec<u8>> {
    let mut archive = open_npz(bytes)?;
    let file = format!("{name}.npy");
    let member = archive.by_name(&file).map_err(|error| broken(&error).in_file(&file))?;
    limits.file(member.size())?;
    let mut npy = Vec::with_capacity(member.size().min(1 << 20) as usize);
    let read = member.take(limits.max_file_bytes.saturating_add(1)).read_to_end(&mut npy);
    read.map_err(|error| Error::invalid("the array of the archive is damaged").in_file(&file).source(error))?;
    limits.file(npy.len() as u64)?;
    Ok(npy)
}

/// The header of one array in an NPZ archive; no more of it is unpacked.
///
/// # Errors
/// As [`npz_member`]; and what [`header()`] refuses.
pub fn npz_header(bytes: &[u8], name: &str, limits: &Limits) -> Result<Header> {
    let mut archive = open_npz(bytes)?;
    let file = format!("{name}.npy");
    let member = archive.by_name(&file).map_err(|error| broken(&error).in_file(&file))?;
    let mut start = Vec::new();
    let read = member.take(limits.max_npy_header_bytes as u64 + 12).read_to_end(&mut start);
    read.map_err(|error| Error::invalid("the array of the archive is damaged").in_file(&file).source(error))?;
    header(&start, limits)
}

fn open_npz(bytes: &[u8]) -> Result<zip::ZipArchive<Cursor<&[u8]>>> {
    zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))
}

fn broken(error: &zip::result::ZipError) -> Error {
    Error::invalid("this is no readable NPZ archive").found(error.to_string()).hint("save the arrays again")
}
