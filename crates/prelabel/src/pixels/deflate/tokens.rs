use super::huffman::{self, Code};
use super::{
    Bits, LENGTH_BASE, LENGTH_EXTRA, LENGTH_SYMBOL, MAX_COPY, MIN_COPY, WINDOW, distance_extra, distance_symbol,
};

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Bytes as they are: the lowest first, and how many (1 to 3).
    Literals(u32, u32),
    /// A copy: length and distance.
    Copy(u32, u32),
    /// That many of the longest copies from one distance.
    Longest(u32, u32),
}

const LITERALS: u32 = 1 << 30;
const LONGEST: u32 = 2 << 30;
const MOST_LONGEST: usize = (1 << 15) - 1;

/// Tokens under way to a block, and how often each symbol is needed for them.
pub(in crate::pixels) struct Tokens {
    tokens: Vec<u32>,
    literals: [u32; 286],
    distances: [u32; 30],
}

impl Default for Tokens {
    fn default() -> Self {
        Tokens { tokens: Vec::new(), literals: [0; 286], distances: [0; 30] }
    }
}

impl Tokens {
    /// How many there are.
    pub(in crate::pixels) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Drops all.
    pub(in crate::pixels) fn clear(&mut self) {
        self.tokens.clear();
        self.literals.fill(0);
        self.distances.fill(0);
    }

    /// One byte.
    #[inline]
    pub(in crate::pixels) fn literal(&mut self, byte: u8) {
        self.count(usize::from(byte));
        self.tokens.push(LITERALS | 1 << 24 | u32::from(byte));
    }

    /// One to four bytes, the lowest first; those above may be anything.
    #[inline]
    pub(in crate::pixels) fn literals(&mut self, bytes: u32, count: u32) {
        let [a, b, c, d] = bytes.to_le_bytes();
        self.count(usize::from(a));
        if count > 1 {
            self.count(usize::from(b));
        }
        if count > 2 {
            self.count(usize::from(c));
        }
        self.tokens.push(LITERALS | count.min(3) << 24 | bytes & 0xff_ffff);
        if count > 3 {
            self.literal(d);
        }
    }

    /// A copy of [`MIN_COPY`] to [`MAX_COPY`] bytes from at most [`WINDOW`] back.
    #[inline]
    pub(in crate::pixels) fn copy(&mut self, length: usize, distance: usize) {
        debug_assert!((MIN_COPY..=MAX_COPY).contains(&length) && (1..=WINDOW).contains(&distance));
        let length = (length.wrapping_sub(MIN_COPY) & 255) as u32;
        let less_one = distance.wrapping_sub(1) as u32 & 0x7fff;
        self.count(257 + usize::from(LENGTH_SYMBOL[length as usize]));
        self.count_distance(less_one, 1);
        self.tokens.push(length | less_one << 8);
    }

    /// That many copies of [`MAX_COPY`] bytes.
    #[inline]
    pub(in crate::pixels) fn longest(&mut self, mut copies: usize, distance: usize) {
        let less_one = distance.wrapping_sub(1) as u32 & 0x7fff;
        while copies > 0 {
            let some = copies.min(MOST_LONGEST);
            self.literals[285] = self.literals[285].wrapping_add(some as u32);
            self.count_distance(less_one, some as u32);
            self.tokens.push(LONGEST | less_one | (some as u32) << 15);
            copies -= some;
        }
    }

    #[inline]
    fn count(&mut self, symbol: usize) {
        if let Some(count) = self.literals.get_mut(symbol) {
            *count = count.wrapping_add(1);
        }
    }

    #[inline]
    fn count_distance(&mut self, less_one: u32, times: u32) {
        if let Some(count) = self.distances.get_mut(distance_symbol(less_one)) {
            *count = count.wrapping_add(times);
        }
    }

    /// What was pushed, in order.
    #[cfg(test)]
    fn iter(&self) -> impl Iterator<Item = Token> + '_ {
        self.tokens.iter().map(|&token| unpack(token))
    }

    /// Writes all tokens as one block, with codes made for them or with the fixed ones, whichever is shorter.
    pub(in crate::pixels) fn write_block(&mut self, last: bool, out: &mut Bits) {
        self.count(256);
        let mut lengths = [0u8; 316];
        let (literals, distances) = lengths.split_at_mut(286);
        huffman::lengths(&self.literals, 15, literals);
        huffman::lengths(&self.distances, 15, distances);
        let header = Header::new(literals, distances);
        let made = header.bits + self.bits(literals, distances);
        let mut fixed = [8u8; 286];
        fixed[144..256].fill(9);
        fixed[256..280].fill(7);
        let plain = self.bits(&fixed, &[5; 30]);
        out.reserve(made.min(plain) + 128);
        let mut coder = Coder::default();
        if plain <= made {
            out.put(u64::from(last) | 1 << 1, 3);
            // The standard's fixed code has 288 lengths; two of them stand for no symbol, but take their numbers.
            let mut all = [8u8; 288];
            all[..286].copy_from_slice(&fixed);
            coder.set(&all, &[5; 30]);
        } else {
            out.put(u64::from(last) | 2 << 1, 3);
            header.write(out);
            coder.set(literals, distances);
        }
        coder.write(&self.tokens, out);
        coder.end(out);
        self.clear();
    }

    /// How many bits the tokens take with codes of these lengths.
    fn bits(&self, literals: &[u8], distances: &[u8]) -> u64 {
        let mut bits = 0;
        for (symbol, (&count, &length)) in self.literals.iter().zip(literals).enumerate() {
            let extra = if symbol > 256 { LENGTH_EXTRA[symbol - 257] } else { 0 };
            bits += u64::from(count) * u64::from(length + extra);
        }
        for (symbol, (&count, &length)) in self.distances.iter().zip(distances).enumerate() {
            bits += u64::from(count) * (u64::from(length) + u64::from(distance_extra(symbol)));
        }
        bits
    }
}

#[inline]
fn unpack(token: u32) -> Token {
    match token >> 30 {
        0 => Token::Copy((token & 255) + MIN_COPY as u32, (token >> 8 & 0x7fff) + 1),
        1 => Token::Literals(token & 0xff_ffff, token >> 24 & 3),
        _ => Token::Longest(token >> 15 & 0x7fff, (token & 0x7fff) + 1),
    }
}

/// The order in which the lengths of the code of code lengths stand.
const LENGTHS_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The code lengths of a block, run by run.
struct Header {
    /// Symbol, extra bits, their number.
    runs: Vec<(u8, u8, u8)>,
    literals: usize,
    distances: usize,
    lengths: [u8; 19],
    shown: usize,
    bits: u64,
}

impl Header {
    fn new(literals: &[u8], distances: &[u8]) -> Self {
        let used = |lengths: &[u8], least: usize| {
            lengths.iter().rposition(|&length| length > 0).map_or(least, |last| (last + 1).max(least))
        };
        let (literal_count, distance_count) = (used(literals, 257), used(distances, 1));
        let mut all = [0u8; 316];
        all[..literal_count].copy_from_slice(&literals[..literal_count]);
        all[literal_count..literal_count + distance_count].copy_from_slice(&distances[..distance_count]);
        let mut rest = &all[..literal_count + distance_count];
        let mut runs = Vec::with_capacity(rest.len());
        let mut previous = None;
        while let Some(&length) = rest.first() {
            let same = rest.iter().take_while(|&&other| other == length).count();
            let (run, took) = match same {
                3..=10 if length == 0 => ((17, same as u8 - 3, 3), same),
                11.. if length == 0 => ((18, same.min(138) as u8 - 11, 7), same.min(138)),
                3.. if previous == Some(length) => ((16, same.min(6) as u8 - 3, 2), same.min(6)),
                _ => ((length, 0, 0), 1),
            };
            runs.push(run);
            previous = Some(length);
            rest = &rest[took..];
        }
        let mut counts = [0u32; 19];
        for &(symbol, ..) in &runs {
            counts[usize::from(symbol)] += 1;
        }
        let mut lengths = [0u8; 19];
        huffman::lengths(&counts, 7, &mut lengths);
        let shown = LENGTHS_ORDER.iter().rposition(|&symbol| lengths[symbol] > 0).map_or(4, |last| (last + 1).max(4));
        let coded = runs.iter().map(|&(symbol, _, extra)| u64::from(lengths[usize::from(symbol)] + extra));
        let bits = 3 + 14 + 3 * shown as u64 + coded.sum::<u64>();
        Header { runs, literals: literal_count, distances: distance_count, lengths, shown, bits }
    }

    fn write(&self, out: &mut Bits) {
        out.put((self.literals - 257) as u64, 5);
        out.put((self.distances - 1) as u64, 5);
        out.put((self.shown - 4) as u64, 4);
        for &symbol in &LENGTHS_ORDER[..self.shown] {
            out.put(u64::from(self.lengths[symbol]), 3);
        }
        let mut codes = [Code::default(); 19];
        huffman::codes(&self.lengths, &mut codes);
        for &(symbol, extra, count) in &self.runs {
            let code = codes[usize::from(symbol)];
            out.put(u64::from(code.bits) | u64::from(extra) << code.length, u32::from(code.length + count));
        }
    }
}

/// The codes of a block, made ready for writing: a copy is two look-ups and one write.
struct Coder {
    literals: [Code; 288],
    distances: [Code; 32],
    /// For each length the bits of its symbol with the extra ones, and above bit 24 their number.
    copies: [u32; 256],
}

impl Default for Coder {
    fn default() -> Self {
        Coder { literals: [Code::default(); 288], distances: [Code::default(); 32], copies: [0; 256] }
    }
}

impl Coder {
    fn set(&mut self, literals: &[u8], distances: &[u8]) {
        huffman::codes(literals, &mut self.literals);
        huffman::codes(distances, &mut self.distances);
        for (length, copy) in self.copies.iter_mut().enumerate() {
            let symbol = usize::from(LENGTH_SYMBOL[length]);
            let code = self.literals[257 + symbol];
            let extra = length as u32 - u32::from(LENGTH_BASE[symbol]);
            let count = u32::from(code.length + LENGTH_EXTRA[symbol]);
            *copy = u32::from(code.bits) | extra << code.length | count << 24;
        }
    }

    #[inline]
    fn copy(&self, length: u32, less_one: u32) -> (u64, u32) {
        let first = self.copies[(length & 255) as usize];
        let symbol = distance_symbol(less_one);
        let code = self.distances[symbol & 31];
        let extra = distance_extra(symbol);
        let first_count = first >> 24;
        let second = u64::from(code.bits) | u64::from(less_one & (1u32 << extra).wrapping_sub(1)) << code.length;
        (
            u64::from(first & 0xff_ffff) | second.wrapping_shl(first_count),
            first_count.wrapping_add(u32::from(code.length)).wrapping_add(extra),
        )
    }

    fn write(&self, tokens: &[u32], out: &mut Bits) {
        for &token in tokens {
            match unpack(token) {
                Token::Copy(length, distance) => {
                    let (bits, count) = self.copy(length.wrapping_sub(MIN_COPY as u32), distance.wrapping_sub(1));
                    out.put(bits, count);
                }
                Token::Literals(bytes, count) => {
                    let (mut bits, mut length, mut bytes) = (0u64, 0u32, bytes);
                    for _ in 0..count {
                        let code = self.literals[(bytes & 255) as usize];
                        bits |= u64::from(code.bits).wrapping_shl(length);
                        length = length.wrapping_add(u32::from(code.length));
                        bytes >>= 8;
                    }
                    out.put(bits, length);
                }
                Token::Longest(copies, distance) => {
                    let (bits, count) = self.copy(255, distance.wrapping_sub(1));
                    // As many at once as one write takes.
                    let (mut many, mut together) = (bits, 1u32);
                    while count * (together + 1) <= 56 && together < copies {
                        many |= bits << (count * together);
                        together += 1;
                    }
                    for _ in 0..copies / together {
                        out.put(many, count * together);
                    }
                    for _ in 0..copies % together {
                        out.put(bits, count);
                    }
                }
            }
        }
    }

    fn end(&self, out: &mut Bits) {
        let code = self.literals[256];
        out.put(u64::from(code.bits), u32::from(code.length));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that tokens stand for.
    fn expand(tokens: &Tokens) -> Vec<u8> {
        let mut bytes = Vec::new();
        let copy = |bytes: &mut Vec<u8>, length: u32, distance: u32| {
            (0..length).for_each(|_| bytes.push(bytes[bytes.len() - distance as usize]));
        };
        for token in tokens.iter() {
            match token {
                Token::Literals(some, count) => bytes.extend(&some.to_le_bytes()[..count as usize]),
                Token::Copy(length, distance) => copy(&mut bytes, length, distance),
                Token::Longest(copies, distance) => (0..copies).for_each(|_| copy(&mut bytes, 258, distance)),
            }
        }
        bytes
    }

    fn inflate(deflated: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(deflated), &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn blocks_say_what_the_tokens_say() {
        let mut tokens = Tokens::default();
        let mut out = Bits::default();
        let mut wanted = Vec::new();
        for block in 0..6u32 {
            tokens.literals(0xff02_0100, 4);
            tokens.literal(0);
            if block > 0 {
                let mut state = block;
                for _ in 0..3000 * (block - 1) {
                    state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                    match state >> 30 {
                        0 => tokens.literal((state >> 8) as u8),
                        1 => tokens.copy(3 + (state >> 8 & 255) as usize, 1 + (state >> 16 & 3) as usize),
                        _ => tokens.literals(state ^ state >> 9, 1 + (state >> 28 & 3)),
                    }
                }
                tokens.longest(if block == 5 { 40_000 } else { 50 }, 4);
                tokens.copy(258, 1);
                tokens.copy(257, 5);
                tokens.copy(3, 258);
            }
            wanted.extend(expand(&tokens));
            tokens.write_block(block == 5, &mut out);
            assert_eq!(tokens.len(), 0);
        }
        out.align();
        assert!(inflate(out.written()) == wanted);
    }

    #[test]
    fn far_copies_reach_the_whole_window() {
        let mut tokens = Tokens::default();
        for value in 0..8192u32 {
            tokens.literals(value.wrapping_mul(2654435761), 4);
        }
        for distance in [32768, 24577, 24576, 16385, 1] {
            tokens.copy(200, distance);
        }
        let wanted = expand(&tokens);
        let mut out = Bits::default();
        tokens.write_block(true, &mut out);
        out.align();
        assert!(inflate(out.written()) == wanted);
    }
}
