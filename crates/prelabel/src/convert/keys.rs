use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use crate::formats::Reader;
use crate::{Error, Result};

/// Bits of the table that finds candidates: as large for 10 samples as for 10 million, so that memory stays flat.
const BITS: u64 = 1 << 22;

/// It comes in small blocks: a large one, once freed, would have the allocator keep later large blocks too.
const BLOCK_BITS: u64 = 1 << 15;

/// Stops a run before its first output if two of its samples have the same key, or keys that differ in case
/// only: these are one file on macOS and Windows.
pub(crate) fn check(reader: &dyn Reader) -> Result<()> {
    let hasher = RandomState::new();
    // A name that is no key fails its own sample later.
    let folded = |index| reader.key(index).ok().map(|key| key.as_str().to_lowercase());
    let place = |key: &String| (hasher.hash_one(key) % BITS) as usize;
    let mut seen: Vec<Vec<u64>> = (0..BITS / BLOCK_BITS).map(|_| vec![0; BLOCK_BITS as usize / 64]).collect();
    let mut candidates: Vec<usize> = Vec::new();
    for place in (0..reader.len()).filter_map(folded).map(|key| place(&key)) {
        let (block, bit) = (place / BLOCK_BITS as usize, place % BLOCK_BITS as usize);
        let word = &mut seen[block][bit / 64];
        if *word >> (bit % 64) & 1 == 1 {
            candidates.push(place);
        }
        *word |= 1 << (bit % 64);
    }
    drop(seen);
    candidates.sort_unstable();
    if candidates.is_empty() {
        return Ok(());
    }
    // The few that share a place, by chance or not, are looked at again.
    let mut first: BTreeMap<u64, usize> = BTreeMap::new();
    for index in 0..reader.len() {
        let Some(key) = folded(index).filter(|key| candidates.binary_search(&place(key)).is_ok()) else { continue };
        let Some(other) = first.insert(hasher.hash_one(&key), index) else { continue };
        if folded(other).is_some_and(|other| other == key) {
            let (key, second) = (reader.key(other)?, reader.key(index)?);
            return Err(Error::usage("two inputs would become one output")
                .in_file(reader.file(other))
                .found(format!("`{}` has the key `{second}`, this one `{key}`", reader.file(index)))
                .hint("rename one of the two, or convert them into folders of their own"));
        }
    }
    Ok(())
}
