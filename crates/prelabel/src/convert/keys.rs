use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use crate::formats::Reader;
use crate::{Error, Result};

/// Stops a run before its first output if two of its samples have the same key, or keys that differ in case
/// only: these are one file on macOS and Windows.
pub(super) fn check(reader: &dyn Reader) -> Result<()> {
    // Four bytes a sample: the few that share a hash by chance are looked at again.
    let hasher = RandomState::new();
    let folded = |index| reader.key(index).ok().map(|key| key.as_str().to_lowercase());
    let hash = |key: &String| hasher.hash_one(key) as u32;
    // A name that is no key fails its own sample later.
    let mut hashes: Vec<u32> = (0..reader.len()).filter_map(folded).map(|key| hash(&key)).collect();
    hashes.sort_unstable();
    let mut repeated: Vec<u32> = hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    drop(hashes);
    repeated.dedup();
    if repeated.is_empty() {
        return Ok(());
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for index in 0..reader.len() {
        let Some(key) = folded(index).filter(|key| repeated.binary_search(&hash(key)).is_ok()) else { continue };
        if let Some(first) = seen.insert(key, index) {
            let (key, second) = (reader.key(first)?, reader.key(index)?);
            return Err(Error::usage("two inputs would become one output")
                .in_file(reader.file(first))
                .found(format!("`{}` has the key `{second}`, this one `{key}`", reader.file(index)))
                .hint("rename one of the two, or convert them into folders of their own"));
        }
    }
    Ok(())
}
