//! Writing deflate streams (RFC 1951) from tokens that somebody else found: literals and copies.
//!
//! A general compressor spends its time on finding repetitions. Who knows where they are only needs this half.

mod bits;
mod huffman;
mod tokens;

pub(super) use bits::Bits;
pub(super) use tokens::Tokens;

/// The longest copy.
pub(super) const MAX_COPY: usize = 258;
/// The shortest copy.
pub(super) const MIN_COPY: usize = 3;
/// How far back a copy may reach.
pub(super) const WINDOW: usize = 32768;

/// Bytes of a length's or distance's symbol: what is added to the base, in extra bits.
const LENGTH_EXTRA: [u8; 29] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

/// The symbol of each copy length, from [`MIN_COPY`], counted from 257.
const LENGTH_SYMBOL: [u8; 256] = length_symbols();
/// The least length of each symbol, less [`MIN_COPY`].
const LENGTH_BASE: [u8; 29] = length_bases();

const fn length_bases() -> [u8; 29] {
    let mut bases = [0u8; 29];
    let mut base = 0u16;
    let mut symbol = 0;
    while symbol < 28 {
        bases[symbol] = base as u8;
        base += 1 << LENGTH_EXTRA[symbol];
        symbol += 1;
    }
    // 258 has a symbol of its own, without extra bits.
    bases[28] = 255;
    bases
}

const fn length_symbols() -> [u8; 256] {
    let mut symbols = [0u8; 256];
    let bases = length_bases();
    let mut symbol = 0;
    while symbol < 29 {
        let mut length = bases[symbol] as usize;
        while length < 256 {
            symbols[length] = symbol as u8;
            length += 1;
        }
        symbol += 1;
    }
    symbols
}

/// The symbol of a distance less one.
#[inline]
fn distance_symbol(less_one: u32) -> usize {
    if less_one < 4 {
        return less_one as usize;
    }
    let top = 31 ^ less_one.leading_zeros();
    (2 * top + (less_one >> (top - 1) & 1)) as usize
}

/// How many extra bits a distance symbol has.
#[inline]
fn distance_extra(symbol: usize) -> u32 {
    (symbol as u32 >> 1).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_follow_the_tables_of_the_standard() {
        let symbol = |length: usize| 257 + u32::from(LENGTH_SYMBOL[length - 3]);
        assert_eq!([3, 10, 11, 12, 13, 130, 131, 257, 258].map(symbol), [257, 264, 265, 265, 266, 280, 281, 284, 285]);
        let symbol = |distance: u32| distance_symbol(distance - 1);
        assert_eq!(
            [1, 4, 5, 6, 7, 9, 192, 193, 24576, 24577, 32768].map(symbol),
            [0, 3, 4, 4, 5, 6, 14, 15, 28, 29, 29]
        );
        assert_eq!([0, 3, 4, 5, 6, 28, 29].map(distance_extra), [0, 0, 1, 1, 2, 13, 13]);
    }
}
