//! Which sample of one tree is which of the other.

use std::hash::{BuildHasher, RandomState};

use crate::formats::Reader;
use crate::{Error, Result};

/// The samples of two trees, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairing {
    /// Those of both: index in A, index in B.
    pub both: Vec<(usize, usize)>,
    /// Those that only A has.
    pub only_a: Vec<usize>,
    /// Those that only B has.
    pub only_b: Vec<usize>,
}

impl Pairing {
    /// Pairs samples of the same key; if each tree has a single sample, these two.
    ///
    /// # Errors
    /// Two samples of one tree have the same key; no sample is in both.
    pub fn new(a: &dyn Reader, b: &dyn Reader) -> Result<Self> {
        if (a.len(), b.len()) == (1, 1) {
            return Ok(Pairing { both: vec![(0, 0)], ..Pairing::default() });
        }
        crate::convert::check_keys(a)?;
        crate::convert::check_keys(b)?;
        let hasher = RandomState::new();
        let hash = |reader: &dyn Reader, index| Some(hasher.hash_one(reader.key(index).ok()?));
        // A hash a sample: keys of 100,000 samples take more.
        let mut table: Vec<(u64, usize)> = (0..b.len()).filter_map(|index| Some((hash(b, index)?, index))).collect();
        table.sort_unstable();
        let partner = |index: usize| {
            let (key, hash) = (a.key(index).ok()?, hash(a, index)?);
            let start = table.partition_point(|entry| entry.0 < hash);
            let alike = table[start..].iter().take_while(|entry| entry.0 == hash);
            alike.map(|entry| entry.1).find(|&other| b.key(other).is_ok_and(|other| other == key))
        };
        let mut pairing = Pairing::default();
        let mut free = vec![true; b.len()];
        for index in 0..a.len() {
            match partner(index) {
                Some(other) => {
                    free[other] = false;
                    pairing.both.push((index, other));
                }
                None => pairing.only_a.push(index),
            }
        }
        pairing.only_b = (0..b.len()).filter(|&index| free[index]).collect();
        if pairing.both.is_empty() {
            let first = |reader: &dyn Reader| match reader.key(0) {
                Ok(key) => format!("`{key}`"),
                Err(_) => reader.file(0),
            };
            return Err(Error::usage("no sample is in both")
                .found(format!("{} … in the first, {} … in the second", first(a), first(b)))
                .expected("the same names below both folders, whatever their extensions")
                .hint("give the folders that hold the files themselves, or a single file of each"));
        }
        Ok(pairing)
    }
}
