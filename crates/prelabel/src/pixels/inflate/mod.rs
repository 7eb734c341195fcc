//! DEFLATE (RFC 1951), undone for what masks are made of: long runs of one pixel, far more copies than literals.
//!
//! Every access is checked; a stream that says something impossible ends in [`Broken`]. Who decodes a file asks another
//! decoder then what is wrong with it.

mod bits;
mod tables;

use bits::Bits;
use tables::{Decoded, Tables};

/// How far back a copy reaches.
pub(super) const WINDOW: usize = 32 << 10;

/// The most bytes that one token adds, and what copies may write past their end.
pub(super) const SLACK: usize = 258 + 38;

/// The stream breaks its format.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// Where in a stream the reader is.
enum Block {
    Between,
    Stored(usize),
    Coded,
    Ended,
}

/// A stream under way.
pub(super) struct Inflate<'a> {
    bits: Bits<'a>,
    tables: Box<Tables>,
    block: Block,
    last: bool,
}

impl<'a> Inflate<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Inflate { bits: Bits::new(input), tables: Box::default(), block: Block::Between, last: false }
    }

    /// True if the last block has ended.
    pub(super) fn ended(&self) -> bool {
        matches!(self.block, Block::Ended)
    }

    /// What follows the stream, from the next whole byte on.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bits.rest()
    }

    /// Adds to `out` from `at` on, until the stream ends or fewer than [`SLACK`] bytes are left; returns how far it
    /// came. Before `at` must stand the last [`WINDOW`] bytes, or all there are.
    pub(super) fn run(&mut self, out: &mut [u8], mut at: usize) -> Result<usize, Broken> {
        while at + SLACK <= out.len() {
            match self.block {
                Block::Ended => break,
                Block::Between if self.last => self.block = Block::Ended,
                Block::Between => self.start()?,
                Block::Stored(0) => self.block = Block::Between,
                Block::Stored(left) => {
                    let some = self.bits.bytes(left.min(out.len() - SLACK + 1 - at))?;
                    out.get_mut(at..at + some.len()).ok_or(Broken)?.copy_from_slice(some);
                    at += some.len();
                    self.block = Block::Stored(left - some.len());
                }
                Block::Coded => {
                    let ended;
                    (at, ended) = self.coded(out, at)?;
                    if ended {
                        self.block = Block::Between;
                    }
                }
            }
        }
        Ok(at)
    }

    fn start(&mut self) -> Result<(), Broken> {
        self.bits.refill();
        self.last = self.bits.take(1) == 1;
        self.block = match self.bits.take(2) {
            0 => Block::Stored(self.bits.stored()?),
            1 => {
                self.tables.set_fixed()?;
                Block::Coded
            }
            2 => {
                self.tables.read(&mut self.bits)?;
                Block::Coded
            }
            _ => return Err(Broken),
        };
        Ok(())
    }

    /// Tokens until the block ends or the room does.
    fn coded(&mut self, out: &mut [u8], at: usize) -> Result<(usize, bool), Broken> {
        // A copy of its own stays in registers.
        let mut bits = self.bits.clone();
        let done = coded(&mut bits, &self.tables, out, at);
        self.bits = bits;
        self.bits.check()?;
        done
    }
}

#[inline(always)]
fn coded(bits: &mut Bits<'_>, tables: &Tables, out: &mut [u8], mut at: usize) -> Result<(usize, bool), Broken> {
    let room = out.len() - SLACK;
    while at <= room {
        bits.refill();
        // Literals come in rows: three entries of two each, and no more, fit the bits at hand.
        let mut token = tables.literal_or_length(bits)?;
        let mut rows = 0;
        while let Decoded::Literals(bytes, count) = token {
            if let Some(two) = out.get_mut(at..at + 2) {
                two.copy_from_slice(&bytes);
            }
            at += count;
            rows += 1;
            if rows == 3 {
                break;
            }
            token = tables.literal_or_length(bits)?;
        }
        match token {
            Decoded::Literals(..) => {}
            Decoded::End => return Ok((at, true)),
            Decoded::Length(length) => {
                // After two literals and a length there may be too few for a distance.
                bits.refill();
                let distance = tables.distance(bits)?;
                if distance > at {
                    return Err(Broken);
                }
                copy(out, at, distance, length);
                at += length;
            }
        }
    }
    Ok((at, false))
}

/// Takes what a stream says, token by token, without the bytes ever being put together.
pub(super) trait Tokens {
    /// One byte or two.
    fn literals(&mut self, bytes: &[u8]) -> Result<(), Broken>;
    /// That many bytes from so far back.
    fn copy(&mut self, length: usize, distance: usize) -> Result<(), Broken>;
}

impl<'a> Inflate<'a> {
    /// Hands all tokens over; returns what follows the stream. A stream that is cut off may hand over more than it
    /// holds before that is noticed: who takes the tokens must refuse what is too much.
    pub(super) fn tokens(mut self, to: &mut impl Tokens) -> Result<&'a [u8], Broken> {
        loop {
            match self.block {
                Block::Ended => return Ok(self.rest()),
                Block::Between if self.last => self.block = Block::Ended,
                Block::Between => self.start()?,
                Block::Stored(left) => {
                    self.bits.bytes(left)?.chunks(2).try_for_each(|bytes| to.literals(bytes))?;
                    self.block = Block::Between;
                }
                Block::Coded => {
                    let mut bits = self.bits.clone();
                    loop {
                        bits.refill();
                        match self.tables.literal_or_length(&mut bits)? {
                            Decoded::Literals(bytes, count) => to.literals(&bytes[..count])?,
                            Decoded::End => break,
                            // A length leaves 36 of 56 bits; a distance takes 28 at most.
                            Decoded::Length(length) => to.copy(length, self.tables.distance(&mut bits)?)?,
                        }
                    }
                    self.bits = bits;
                    self.bits.check()?;
                    self.block = Block::Between;
                }
            }
        }
    }
}

/// Copies `length` bytes from `distance` back; may write up to 38 bytes more.
#[inline]
fn copy(out: &mut [u8], at: usize, distance: usize, length: usize) {
    let from = at - distance;
    if distance >= length {
        if length <= 32 {
            // One move of a fixed size; reading comes before writing, so that an overlap does no harm.
            if let Some(&block) = out.get(from..).and_then(|rest| rest.first_chunk::<32>())
                && let Some(place) = out.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<32>())
            {
                *place = block;
            }
        } else {
            out.copy_within(from..from + length, at);
        }
    } else if distance == 4 || distance == 1 || distance == 2 {
        // A run: a pattern that eight bytes hold whole.
        let Some(place) = out.get(from..).and_then(|rest| rest.first_chunk::<4>()) else { return };
        let pattern = match distance {
            1 => [place[0]; 8],
            2 => [place[0], place[1], place[0], place[1], place[0], place[1], place[0], place[1]],
            _ => [place[0], place[1], place[2], place[3], place[0], place[1], place[2], place[3]],
        };
        let mut wide = [0; 32];
        wide.as_chunks_mut::<8>().0.fill(pattern);
        if let Some(run) = out.get_mut(at..at + length.next_multiple_of(32)) {
            run.as_chunks_mut::<32>().0.fill(wide);
        }
    } else {
        // What is there already doubles with each step.
        let (mut done, mut known) = (0, distance);
        while done < length {
            let some = known.min(length - done);
            out.copy_within(from..from + some, at + done);
            done += some;
            known += some;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn inflate(input: &[u8], buffer: usize) -> Result<Vec<u8>, Broken> {
        let mut stream = Inflate::new(input);
        let (mut window, mut at, mut all) = (vec![0; WINDOW + buffer + SLACK], 0, Vec::new());
        loop {
            let end = stream.run(&mut window, at)?;
            all.extend_from_slice(&window[at..end]);
            if stream.ended() {
                return Ok(all);
            }
            let keep = end.saturating_sub(WINDOW);
            window.copy_within(keep..end, 0);
            at = end - keep;
        }
    }

    fn samples() -> Vec<Vec<u8>> {
        let mut state = 5u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let noise: Vec<u8> = (0..70_000).map(|_| random() as u8).collect();
        let few: Vec<u8> = (0..90_000).map(|_| (random() % 3) as u8).collect();
        let runs: Vec<u8> =
            (0..900).flat_map(|_| vec![[random() as u8; 4]; (random() % 300) as usize]).flatten().collect();
        let skewed: Vec<u8> = (0..90_000).map(|_| (random() % (1 + random() % 4096) / 16) as u8).collect();
        vec![vec![], vec![7], b"abc".repeat(9), vec![0; 200_000], noise, few, runs, skewed]
    }

    #[test]
    fn what_zlib_writes_comes_back() {
        for sample in samples() {
            for level in 0..=9 {
                let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
                encoder.write_all(&sample).unwrap();
                let deflated = encoder.finish().unwrap();
                for buffer in [1, 1000, 100_000] {
                    assert!(inflate(&deflated, buffer).unwrap() == sample, "level {level}, {} bytes", sample.len());
                }
            }
        }
    }

    #[test]
    fn damaged_streams_break_or_end() {
        let mut state = 9u32;
        for sample in samples() {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
            encoder.write_all(&sample[..sample.len().min(4000)]).unwrap();
            let deflated = encoder.finish().unwrap();
            for length in 0..deflated.len().min(400) {
                assert_eq!(inflate(&deflated[..length], 5000), Err(Broken), "cut at {length}");
            }
            for _ in 0..2000 {
                let mut flipped = deflated.clone();
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let place = (state >> 8) as usize % flipped.len();
                flipped[place] ^= 1 << (state >> 5 & 7);
                let reference = {
                    let mut all = Vec::new();
                    let mut decoder = flate2::read::DeflateDecoder::new(&flipped[..]);
                    let read = std::io::Read::read_to_end(&mut std::io::Read::take(&mut decoder, 1 << 22), &mut all);
                    read.map(|_| all)
                };
                // What is read at all is read as the reference reads it.
                if let (Ok(mine), Ok(theirs)) = (inflate(&flipped, 5000), reference) {
                    assert!(mine == theirs);
                }
            }
        }
    }
}
