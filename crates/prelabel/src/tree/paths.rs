/// Many relative paths in little memory, sorted in byte order.
///
/// 100,000 paths as strings of their own would take more memory than all else in a run. Neighbours share most
/// of their text, so each path is kept as how much it shares with the one before it, and the rest.
///
/// # Guarantees
/// Ascending in byte order; none stands twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// For each path: bytes shared with the one before (at most 255), bytes that follow (as a varint), these.
    coded: Vec<u8>,
    /// Where each block of [`BLOCK`] paths starts; the first of a block shares nothing.
    blocks: Vec<usize>,
    len: usize,
}

/// How many paths are decoded at most to find one.
const BLOCK: usize = 16;

/// Paths as they are found, in any order.
#[derive(Clone, Debug, Default)]
pub struct PathsBuilder {
    text: String,
    ends: Vec<u32>,
}

impl PathsBuilder {
    /// Adds a path. Text beyond 4 GiB in all is refused.
    pub fn push(&mut self, path: &str) -> bool {
        let Ok(end) = u32::try_from(self.text.len() + path.len()) else { return false };
        self.text.push_str(path);
        self.ends.push(end);
        true
    }

    fn get(&self, index: u32) -> &str {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start as usize..self.ends[index] as usize]
    }

    /// The paths in byte order; what stands twice is kept once.
    pub fn sorted(self) -> Paths {
        let mut order: Vec<u32> = (0..self.ends.len() as u32).collect();
        order.sort_unstable_by_key(|&index| self.get(index));
        order.dedup_by_key(|index| self.get(*index));
        let mut paths = Paths::default();
        let mut last = "";
        for index in order {
            let path = self.get(index);
            paths.append(last, path);
            last = path;
        }
        paths.coded.shrink_to_fit();
        paths
    }
}

impl<'a> FromIterator<&'a str> for PathsBuilder {
    fn from_iter<I: IntoIterator<Item = &'a str>>(paths: I) -> Self {
        let mut builder = PathsBuilder::default();
        for path in paths {
            builder.push(path);
        }
        builder
    }
}

impl Paths {
    fn append(&mut self, last: &str, path: &str) {
        let mut shared = 0;
        if self.len.is_multiple_of(BLOCK) {
            self.blocks.push(self.coded.len());
        } else {
            shared = last.bytes().zip(path.bytes()).take(255).take_while(|(one, other)| one == other).count();
            // Never within a character.
            while !path.is_char_boundary(shared) {
                shared -= 1;
            }
        }
        self.coded.push(shared as u8);
        let mut rest = path.len() - shared;
        while rest >= 0x80 {
            self.coded.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.coded.push(rest as u8);
        self.coded.extend_from_slice(&path.as_bytes()[shared..]);
        self.len += 1;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Path number `index`.
    pub fn get(&self, index: usize) -> Option<String> {
        if index >= self.len {
            return None;
        }
        self.from_block(index / BLOCK).nth(index % BLOCK)
    }

    /// All paths in order.
    pub fn iter(&self) -> impl Iterator<Item = String> + Clone {
        self.from_block(0)
    }

    fn from_block(&self, block: usize) -> Decoder<'_> {
        let start = self.blocks.get(block).copied().unwrap_or(self.coded.len());
        Decoder { coded: &self.coded[start..], last: String::new() }
    }

    /// The index of a path.
    pub fn position(&self, path: &str) -> Option<usize> {
        // The block that starts at or before the path.
        let (mut low, mut high) = (0, self.blocks.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.from_block(middle).next() {
                Some(first) if first.as_str() <= path => low = middle + 1,
                _ => high = middle,
            }
        }
        let block = low.checked_sub(1)?;
        let within = self.from_block(block).take(BLOCK).position(|other| other == path)?;
        Some(block * BLOCK + within)
    }

    /// True if the path is there.
    pub fn contains(&self, path: &str) -> bool {
        self.position(path).is_some()
    }
}

#[derive(Clone)]
struct Decoder<'a> {
    coded: &'a [u8],
    last: String,
}

impl Iterator for Decoder<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let (&shared, mut rest) = self.coded.split_first()?;
        let (mut length, mut shift) = (0usize, 0);
        loop {
            let (&byte, after) = rest.split_first()?;
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            rest = after;
            if byte < 0x80 {
                break;
            }
        }
        let (suffix, after) = rest.split_at_checked(length)?;
        self.last.truncate(shared.into());
        self.last.push_str(std::str::from_utf8(suffix).ok()?);
        self.coded = after;
        Some(self.last.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(unsorted: &[&str]) -> Paths {
        unsorted.iter().copied().collect::<PathsBuilder>().sorted()
    }

    #[test]
    fn sorted_unique_and_found() {
        let paths = paths(&["b/a", "a", "b", "a", "é", "è"]);
        assert_eq!(paths.iter().collect::<Vec<_>>(), ["a", "b", "b/a", "è", "é"]);
        assert_eq!(paths.position("b/a"), Some(2));
        assert!(!paths.contains("c") && !paths.contains("") && !paths.contains("zz"));
        assert!(Paths::default().is_empty() && Paths::default().get(0).is_none());
    }

    #[test]
    fn thousands_take_few_bytes_each() {
        let names: Vec<String> = (0..10_000).map(|index| format!("train/{:03}/{index:06}.npy", index / 1000)).collect();
        let long = "x".repeat(1000);
        let mut all: Vec<&str> = names.iter().map(String::as_str).rev().collect();
        all.push(&long);
        let paths = paths(&all);
        for (index, name) in names.iter().enumerate() {
            assert_eq!(paths.get(index).as_ref(), Some(name));
            assert_eq!(paths.position(name), Some(index));
        }
        assert_eq!(paths.get(10_000), Some(long));
        assert!(paths.coded.len() < 10 * paths.len(), "{}", paths.coded.len());
    }
}
