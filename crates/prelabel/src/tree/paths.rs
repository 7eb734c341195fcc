use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Many relative paths in little memory, sorted in byte order.
///
/// 100,000 paths as strings of their own would take more memory than all else in a run. Neighbours share most
/// of their text, so each path is kept as how much of its beginning it shares with the one before it, whether it
/// shares the extension, and the rest: some three bytes where files are numbered.
///
/// # Guarantees
/// Ascending in byte order; none stands twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// [`BLOCK`] paths each, the last fewer; the first of a block shares nothing.
    blocks: Vec<Block>,
    len: usize,
}

/// For each path: bytes shared with the beginning of the one before (at most 255); as a varint, twice the bytes that
/// follow, plus one if the extension of the one before comes after them; these bytes.
type Block = Box<[u8]>;

/// How many paths are decoded at most to find one.
const BLOCK: usize = 64;

/// Paths as they are found, in any order.
///
/// Gathered in chunks; a full chunk is sorted and coded, and the chunks are merged in the end, so that no more
/// than one chunk of plain text is ever held.
#[derive(Clone, Debug, Default)]
pub struct PathsBuilder {
    chunk: Vec<Box<str>>,
    sorted: Vec<Paths>,
}

/// How many paths are held as plain text.
const CHUNK: usize = 2048;

impl PathsBuilder {
    /// Adds a path.
    pub fn push(&mut self, path: &str) {
        self.chunk.push(path.into());
        if self.chunk.len() == CHUNK {
            self.close_chunk();
        }
    }

    fn close_chunk(&mut self) {
        self.chunk.sort_unstable();
        let mut coder = Coder::default();
        self.chunk.iter().for_each(|path| coder.push(path));
        self.sorted.push(coder.end());
        self.chunk.clear();
    }

    /// The paths in byte order; what stands twice is kept once.
    pub fn sorted(mut self) -> Paths {
        self.close_chunk();
        self.chunk = Vec::new();
        let mut sources: Vec<Passing> = self.sorted.into_iter().map(Passing::new).collect();
        let heads =
            sources.iter_mut().enumerate().filter_map(|(source, passing)| Some(Reverse((passing.next()?, source))));
        let mut heads: BinaryHeap<Reverse<(String, usize)>> = heads.collect();
        let mut merged = Coder::default();
        while let Some(Reverse((path, source))) = heads.pop() {
            heads.extend(sources[source].next().map(|next| Reverse((next, source))));
            if merged.last != path || merged.paths.len == 0 {
                merged.push(&path);
            }
        }
        merged.end()
    }
}

/// Codes ascending paths.
#[derive(Default)]
struct Coder {
    paths: Paths,
    block: Vec<u8>,
    last: String,
}

impl Coder {
    fn push(&mut self, path: &str) {
        let mut shared = 0;
        if self.paths.len.is_multiple_of(BLOCK) {
            self.close_block();
        } else {
            shared = self.last.bytes().zip(path.bytes()).take(255).take_while(|(one, other)| one == other).count();
            // Never within a character.
            while !path.is_char_boundary(shared) {
                shared -= 1;
            }
        }
        let mut end = path.len();
        let ending = extension(&self.last);
        let same = shared > 0 && !ending.is_empty() && path[shared..].ends_with(ending);
        if same {
            end -= ending.len();
        }
        self.block.push(shared as u8);
        let mut rest = (end - shared) << 1 | usize::from(same);
        while rest >= 0x80 {
            self.block.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.block.push(rest as u8);
        self.block.extend_from_slice(&path.as_bytes()[shared..end]);
        self.paths.len += 1;
        path.clone_into(&mut self.last);
    }

    fn close_block(&mut self) {
        if !self.block.is_empty() {
            self.paths.blocks.push(self.block.as_slice().into());
            self.block.clear();
        }
    }

    fn end(mut self) -> Paths {
        self.close_block();
        self.paths.blocks.shrink_to_fit();
        self.paths
    }
}

/// The paths of a chunk in order; a block is freed once it is passed, so that merging takes no memory of its own.
struct Passing {
    blocks: std::vec::IntoIter<Block>,
    block: Block,
    at: usize,
    last: String,
}

impl Passing {
    fn new(paths: Paths) -> Self {
        Passing { blocks: paths.blocks.into_iter(), block: Block::default(), at: 0, last: String::new() }
    }
}

impl Iterator for Passing {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if self.at == self.block.len() {
            self.block = self.blocks.next()?;
            self.at = 0;
        }
        let mut coded = &self.block[self.at..];
        let path = decode(&mut coded, &mut self.last);
        self.at = self.block.len() - coded.len();
        path
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
        self.starting_at(index / BLOCK).nth(index % BLOCK)
    }

    /// All paths in order.
    pub fn iter(&self) -> impl Iterator<Item = String> + Clone {
        self.starting_at(0)
    }

    fn starting_at(&self, block: usize) -> Decoder<'_> {
        Decoder { blocks: self.blocks.get(block..).unwrap_or_default(), coded: &[], last: String::new() }
    }

    /// The index of a path.
    pub fn position(&self, path: &str) -> Option<usize> {
        // The block that starts at or before the path.
        let (mut low, mut high) = (0, self.blocks.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.starting_at(middle).next() {
                Some(first) if first.as_str() <= path => low = middle + 1,
                _ => high = middle,
            }
        }
        let block = low.checked_sub(1)?;
        let within = self.starting_at(block).take(BLOCK).position(|other| other == path)?;
        Some(block * BLOCK + within)
    }

    /// True if the path is there.
    pub fn contains(&self, path: &str) -> bool {
        self.position(path).is_some()
    }
}

/// The last extension with its dot; nothing where the name has none.
fn extension(path: &str) -> &str {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    path[name..].rfind('.').map_or("", |dot| &path[name + dot..])
}

#[derive(Clone)]
struct Decoder<'a> {
    blocks: &'a [Block],
    coded: &'a [u8],
    last: String,
}

impl Iterator for Decoder<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if self.coded.is_empty() {
            let (first, rest) = self.blocks.split_first()?;
            (self.coded, self.blocks) = (first, rest);
        }
        decode(&mut self.coded, &mut self.last)
    }
}

/// Takes one path off `coded`; `last` is the one before, and then this one.
fn decode(coded: &mut &[u8], last: &mut String) -> Option<String> {
    let (&shared, mut rest) = coded.split_first()?;
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
    let (suffix, after) = rest.split_at_checked(length >> 1)?;
    let mut path = String::with_capacity(last.len() + suffix.len());
    path.push_str(last.get(..usize::from(shared))?);
    path.push_str(std::str::from_utf8(suffix).ok()?);
    if length & 1 == 1 {
        path.push_str(extension(last));
    }
    last.clone_from(&path);
    *coded = after;
    Some(path)
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
        let odd = ["a.b/c", "a.b/cd", "a.npy", "a.npy.npy", "ab.npy", "b..npy", "b.np", "b.npy", "b.npyy"];
        let sorted: Vec<String> = super::tests::paths(&odd).iter().collect();
        assert_eq!(sorted, odd);
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
        let coded: usize = paths.blocks.iter().map(|block| block.len() + size_of::<Block>()).sum();
        assert!(coded < 5 * paths.len(), "{coded}");
    }
}
