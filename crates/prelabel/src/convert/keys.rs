use std::hash::{BuildHasher, RandomState};

use crate::formats::Reader;
use crate::{Error, Result};

/// Stops a run before its first output if two of its samples have the same key, or keys that differ in case
/// only: these are one file on macOS and Windows.
pub(super) fn check(reader: &dyn Reader) -> Result<()> {
    let hasher = RandomState::new();
    let mut hashes: Vec<(u64, u32)> = Vec::with_capacity(reader.len());
    for index in 0..reader.len() {
        // A name that is no key fails its own sample later.
        if let Ok(key) = reader.key(index) {
            hashes.push((hasher.hash_one(key.as_str().to_lowercase()), index as u32));
        }
    }
    hashes.sort_unstable();
    for pair in hashes.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let (one, other) = (pair[0].1 as usize, pair[1].1 as usize);
        let (key, second) = (reader.key(one)?, reader.key(other)?);
        if key.as_str().to_lowercase() == second.as_str().to_lowercase() {
            return Err(Error::usage("two inputs would become one output")
                .in_file(reader.file(one))
                .found(format!("`{}` has the key `{second}`, this one `{key}`", reader.file(other)))
                .hint("rename one of the two, or convert them into folders of their own"));
        }
    }
    Ok(())
}
