use super::Broken;
use super::bits::Bits;

/// Codes of up to this many bits are decoded by one look.
const LITERAL_BITS: u32 = 11;
const DISTANCE_BITS: u32 = 9;
const LONGEST: usize = 15;

const LENGTH_BASE: [u16; 29] =
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA: [u8; 29] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE: [u16; 30] = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
];
const LENGTHS_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// What stands next in a block.
pub(super) enum Decoded {
    /// One or two bytes.
    Literals([u8; 2], usize),
    /// A copy of that length; its distance follows.
    Length(usize),
    End,
}

/// An entry of a table: how many bits to drop (lowest four; 0: the code is longer than the table), how many extra bits
/// follow (the next four), what kind it is (the next four), and from bit 16 on its value.
type Entry = u32;

const ONE_LITERAL: u32 = 1 << 8;
const TWO_LITERALS: u32 = 2 << 8;
const LENGTH: u32 = 3 << 8;
const END: u32 = 4 << 8;
const KIND: u32 = 15 << 8;

#[inline(always)]
fn drop_of(entry: Entry) -> u32 {
    entry & 15
}

#[inline(always)]
fn extra_of(entry: Entry) -> u32 {
    entry >> 4 & 15
}

#[inline(always)]
fn value_of(entry: Entry) -> usize {
    (entry >> 16) as usize
}

/// The codes of a block.
pub(super) struct Tables {
    literals: [Entry; 1 << LITERAL_BITS],
    distances: [Entry; 1 << DISTANCE_BITS],
    long_literals: Canonical,
    long_distances: Canonical,
    fixed: bool,
}

impl Default for Tables {
    fn default() -> Self {
        Tables {
            literals: [0; 1 << LITERAL_BITS],
            distances: [0; 1 << DISTANCE_BITS],
            long_literals: Canonical::default(),
            long_distances: Canonical::default(),
            fixed: false,
        }
    }
}

impl Tables {
    pub(super) fn set_fixed(&mut self) -> Result<(), Broken> {
        if self.fixed {
            return Ok(());
        }
        let mut literals = [8u8; 288];
        literals[144..256].fill(9);
        literals[256..280].fill(7);
        // Two distances of the fixed code stand for nothing.
        self.set(&literals, &[5; 32])?;
        self.fixed = true;
        Ok(())
    }

    /// Reads the codes of a dynamic block.
    pub(super) fn read(&mut self, bits: &mut Bits<'_>) -> Result<(), Broken> {
        bits.refill();
        let literals = 257 + bits.take(5) as usize;
        let distances = 1 + bits.take(5) as usize;
        let shown = 4 + bits.take(4) as usize;
        if literals > 286 || distances > 30 {
            return Err(Broken);
        }
        let mut code_lengths = [0u8; 19];
        for &symbol in &LENGTHS_ORDER[..shown] {
            bits.refill();
            code_lengths[symbol] = bits.take(3) as u8;
        }
        let codes = Canonical::new(&code_lengths, Least::All)?;
        let mut lengths = [0u8; 286 + 30];
        let mut at = 0;
        while at < literals + distances {
            bits.refill();
            let (value, repeat) = match codes.decode(bits)? {
                16 => (*lengths.get(at.wrapping_sub(1)).ok_or(Broken)?, 3 + bits.take(2)),
                17 => (0, 3 + bits.take(3)),
                18 => (0, 11 + bits.take(7)),
                length => (length as u8, 1),
            };
            let end = at + repeat as usize;
            if end > literals + distances {
                return Err(Broken);
            }
            lengths[at..end].fill(value);
            at = end;
        }
        bits.check()?;
        if lengths[256] == 0 {
            return Err(Broken);
        }
        self.fixed = false;
        self.set(&lengths[..literals], &lengths[literals..literals + distances])
    }

    fn set(&mut self, literals: &[u8], distances: &[u8]) -> Result<(), Broken> {
        self.long_literals = Canonical::new(literals, Least::One)?;
        self.long_distances = Canonical::new(distances, Least::None)?;
        fill(&mut self.literals, LITERAL_BITS, literals, literal_entry);
        fill(&mut self.distances, DISTANCE_BITS, distances, distance_entry);
        self.pair_literals();
        Ok(())
    }

    /// Where two literals fit one look, one look gives both.
    fn pair_literals(&mut self) {
        for index in (0..1usize << LITERAL_BITS).rev() {
            let first = self.literals[index];
            if first & KIND != ONE_LITERAL {
                continue;
            }
            // The second has a smaller index (or is all zeros, which pairs with itself last): it is no pair yet.
            let second = self.literals[index >> drop_of(first)];
            let drop = drop_of(first) + drop_of(second);
            if second & KIND == ONE_LITERAL && drop <= LITERAL_BITS {
                let bytes = value_of(first) | value_of(second) << 8;
                self.literals[index] = drop | TWO_LITERALS | (bytes as u32) << 16;
            }
        }
    }

    #[inline(always)]
    pub(super) fn literal_or_length(&self, bits: &mut Bits<'_>) -> Result<Decoded, Broken> {
        let mut entry = self.literals[bits.peek() as usize & ((1 << LITERAL_BITS) - 1)];
        if drop_of(entry) == 0 {
            entry = literal_entry(self.long_literals.decode(bits)?, 0);
        }
        bits.skip(drop_of(entry));
        match entry & KIND {
            TWO_LITERALS => Ok(Decoded::Literals((value_of(entry) as u16).to_le_bytes(), 2)),
            ONE_LITERAL => Ok(Decoded::Literals((value_of(entry) as u16).to_le_bytes(), 1)),
            LENGTH => Ok(Decoded::Length(value_of(entry) + bits.take(extra_of(entry)) as usize)),
            END => Ok(Decoded::End),
            _ => Err(Broken),
        }
    }

    #[inline(always)]
    pub(super) fn distance(&self, bits: &mut Bits<'_>) -> Result<usize, Broken> {
        let mut entry = self.distances[bits.peek() as usize & ((1 << DISTANCE_BITS) - 1)];
        if drop_of(entry) == 0 {
            entry = distance_entry(self.long_distances.decode(bits)?, 0);
            if entry == 0 {
                return Err(Broken);
            }
        }
        bits.skip(drop_of(entry));
        Ok(value_of(entry) + bits.take(extra_of(entry)) as usize)
    }
}

fn literal_entry(symbol: usize, bits: u32) -> Entry {
    match symbol {
        0..=255 => bits | ONE_LITERAL | (symbol as u32) << 16,
        256 => bits | END,
        257..=285 => {
            bits | LENGTH | u32::from(LENGTH_EXTRA[symbol - 257]) << 4 | u32::from(LENGTH_BASE[symbol - 257]) << 16
        }
        // Two symbols of the fixed code stand for nothing.
        _ => bits,
    }
}

fn distance_entry(symbol: usize, bits: u32) -> Entry {
    let extra = (symbol as u32 / 2).saturating_sub(1);
    DISTANCE_BASE.get(symbol).map_or(0, |&base| bits | LENGTH | extra << 4 | u32::from(base) << 16)
}

/// Fills a table that is looked at with the next bits as they come.
fn fill(table: &mut [Entry], width: u32, lengths: &[u8], entry: impl Fn(usize, u32) -> Entry) {
    table.fill(0);
    let mut next = first_codes(lengths);
    for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
        let code = next[usize::from(length)];
        next[usize::from(length)] += 1;
        if u32::from(length) > width {
            continue;
        }
        let start = (code.reverse_bits() >> (32 - u32::from(length))) as usize;
        table[start..].iter_mut().step_by(1 << length).for_each(|place| *place = entry(symbol, length.into()));
    }
}

/// The first code of each length.
fn first_codes(lengths: &[u8]) -> [u32; LONGEST + 2] {
    let mut counts = [0u32; LONGEST + 2];
    lengths.iter().filter(|length| **length > 0).for_each(|length| counts[usize::from(*length)] += 1);
    let mut first = [0u32; LONGEST + 2];
    for length in 1..=LONGEST {
        first[length + 1] = (first[length] + counts[length]) << 1;
    }
    first
}

/// How much of its bits a code must give a meaning.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Least {
    All,
    /// A lone symbol of one bit will do.
    One,
    /// A block of literals only needs no distance.
    None,
}

/// A code decoded bit by bit: for the few codes that are longer than a table is wide.
struct Canonical {
    counts: [u16; LONGEST + 1],
    symbols: Vec<u16>,
}

impl Default for Canonical {
    fn default() -> Self {
        Canonical { counts: [0; LONGEST + 1], symbols: Vec::new() }
    }
}

impl Canonical {
    /// Refuses codes that overlap, and such as leave bits without meaning, as zlib does.
    fn new(lengths: &[u8], least: Least) -> Result<Self, Broken> {
        let mut counts = [0u16; LONGEST + 1];
        let mut symbols: Vec<u16> =
            (0..lengths.len() as u16).filter(|&symbol| lengths[usize::from(symbol)] > 0).collect();
        symbols.sort_by_key(|&symbol| lengths[usize::from(symbol)]);
        let mut used = 0u32;
        for &symbol in &symbols {
            let length = usize::from(lengths[usize::from(symbol)]);
            if length > LONGEST {
                return Err(Broken);
            }
            counts[length] += 1;
            used += 1 << (LONGEST - length);
        }
        let complete = used == 1 << LONGEST;
        let lonely = symbols.len() == 1 && counts[1] == 1;
        let enough = match least {
            Least::All => complete,
            Least::One => complete || lonely,
            Least::None => complete || lonely || symbols.is_empty(),
        };
        if enough { Ok(Canonical { counts, symbols }) } else { Err(Broken) }
    }

    #[cold]
    fn decode(&self, bits: &mut Bits<'_>) -> Result<usize, Broken> {
        let (mut code, mut first, mut index) = (0usize, 0usize, 0usize);
        let ahead = bits.peek();
        for (length, &count) in self.counts.iter().enumerate().skip(1) {
            code = code << 1 | (ahead >> (length - 1) & 1) as usize;
            let count = usize::from(count);
            if code < first + count {
                bits.skip(length as u32);
                let symbol = self.symbols.get(index + code - first).copied().ok_or(Broken)?;
                return Ok(symbol.into());
            }
            index += count;
            first = (first + count) << 1;
        }
        Err(Broken)
    }
}
