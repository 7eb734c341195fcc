//! Maps in which pixels seldom equal their neighbours: runs tell nothing there, pairs of pixels seen before do.
//!
//! One look at a table a token, whatever the map: the time is bounded by the pixels, the bytes by those of literals.

use simd_adler32::Adler32;

use super::encode::File;
use crate::model::{Code, Rgba};
use crate::pixels::deflate::{MAX_COPY, Tokens, WINDOW};

/// The bytes of a pixel.
const PIXEL: usize = 4;
/// The most pixels that a copy holds.
const MOST: usize = MAX_COPY / PIXEL;
/// Bits of the tables of places.
const HASH_BITS: u32 = 13;

/// True if at least every fourth pixel of some rows all over the map differs from the one at its left.
pub(super) fn is_noise<T: Code>(cells: &[T], width: usize) -> bool {
    const SAMPLE: usize = 32;
    let height = cells.len() / width;
    let rows = cells.chunks_exact(width).step_by(height.div_ceil(SAMPLE));
    let (mut changes, mut pixels) = (0, 0);
    for row in rows {
        changes += row.iter().zip(&row[1..]).filter(|(one, other)| one != other).count();
        pixels += row.len();
    }
    changes * 4 > pixels
}

/// Writes all rows, without a filter; returns their checksum.
///
/// # Errors
/// The first code without a colour.
pub(super) fn rows<T: Code>(
    cells: &[T],
    width: usize,
    colors: &[Rgba],
    block: usize,
    tokens: &mut Tokens,
    file: &mut File<'_>,
) -> Result<u32, usize> {
    let mut checksum = Adler32::new();
    let mut bytes = vec![0; width * PIXEL + 1];
    let mut matcher = Matcher::new(width);
    for row in cells.chunks_exact(width) {
        matcher.make_room();
        for (code, place) in row.iter().zip(bytes[1..].as_chunks_mut::<PIXEL>().0) {
            let Some(&Rgba(color)) = colors.get(code.index()) else { return Err(code.index()) };
            *place = color;
            matcher.pixels.push(u32::from_le_bytes(color));
        }
        checksum.write(&bytes);
        tokens.literal(0);
        matcher.row(tokens);
        if tokens.len() >= block {
            file.block(tokens, false);
        }
    }
    file.block(tokens, true);
    Ok(checksum.finish())
}

struct Matcher {
    width: usize,
    /// The last pixels: at least as many as a copy reaches back.
    pixels: Vec<u32>,
    /// The number of the first of them in the image.
    first: usize,
    /// Pixels of the image that are told.
    done: usize,
    /// By the hash of a pixel and the next one: number + 1 of where they were seen last.
    pairs: Vec<u32>,
    /// The same for a pixel alone.
    singles: Vec<u32>,
}

impl Matcher {
    fn new(width: usize) -> Self {
        let table = || vec![0; 1 << HASH_BITS];
        Matcher { width, pixels: Vec::new(), first: 0, done: 0, pairs: table(), singles: table() }
    }

    /// Drops pixels that no copy reaches any more.
    fn make_room(&mut self) {
        const REACH: usize = WINDOW / PIXEL;
        if self.pixels.len() > 8 * REACH.max(self.width) {
            let dropped = self.pixels.len() - REACH;
            self.pixels.drain(..dropped);
            self.first += dropped;
        }
    }

    /// Tells the row that was pushed last.
    fn row(&mut self, tokens: &mut Tokens) {
        let (mut at, end) = (self.done, self.done + self.width);
        while at < end {
            let rest = end - at;
            let here = at - self.first;
            let color = self.pixels[here];
            let next = if rest > 1 { self.pixels[here + 1] } else { 0 };
            let (pair, single) = (hash(color ^ next.rotate_left(11)), hash(color));
            let number = (at as u32).wrapping_add(1);
            let seen = std::mem::replace(&mut self.pairs[pair], number);
            let seen_alone = std::mem::replace(&mut self.singles[single], number);
            let mut length = 1;
            match self
                .copy(at, seen, rest)
                .filter(|&(length, _)| length > 1)
                .or_else(|| self.copy(at, seen_alone, rest))
            {
                Some((found, distance)) => {
                    length = found;
                    tokens.copy(length * PIXEL, distance);
                }
                None => tokens.literals(color, PIXEL as u32),
            }
            if length > 1 {
                // The last pixel within begins pairs too: with what follows.
                let last = here + length - 1;
                self.singles[hash(self.pixels[last])] = number.wrapping_add(length as u32 - 1);
                if length < rest {
                    let pair = hash(self.pixels[last] ^ self.pixels[last + 1].rotate_left(11));
                    self.pairs[pair] = number.wrapping_add(length as u32 - 1);
                }
            }
            at += length;
        }
        self.done = end;
    }

    /// How many pixels from `at` on repeat those of a place, and how many bytes it is back.
    #[inline]
    fn copy(&self, at: usize, seen: u32, rest: usize) -> Option<(usize, usize)> {
        // Numbers are kept in 32 bits: how far back they are is exact as far as copies reach.
        let back = (at as u32).wrapping_add(1).wrapping_sub(seen) as usize;
        if seen == 0 || back == 0 || back > WINDOW / PIXEL || back > at - self.first {
            return None;
        }
        let from = at - back;
        let (column, row) = (from % self.width, from / self.width);
        // Between two rows stands the byte of the filter.
        let distance = back * PIXEL + (self.done / self.width - row);
        if distance > WINDOW {
            return None;
        }
        let most = rest.min(MOST).min(if from >= self.done { rest } else { self.width - column });
        let (mine, theirs) = (&self.pixels[at - self.first..], &self.pixels[from - self.first..]);
        let length = mine.iter().zip(theirs).take(most).take_while(|(one, other)| one == other).count();
        (length > 0).then_some((length, distance))
    }
}

#[inline]
fn hash(value: u32) -> usize {
    (value.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
}
