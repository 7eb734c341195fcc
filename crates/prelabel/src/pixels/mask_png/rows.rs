//! A row of pixels as its runs of colour, and the checksum that needs no more than those.

use crate::model::{Code, Rgba};

/// A run of one colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// The column after its last pixel.
    pub(super) end: u32,
    /// Its four bytes, red lowest.
    pub(super) color: u32,
}

/// What stands before the first run.
pub(super) const START: Run = Run { end: 0, color: 0 };

/// Splits a row into runs of colour, after a sentinel that ends at column 0; neighbours whose codes share a colour
/// are one run.
///
/// # Errors
/// The first code without a colour.
pub(super) fn split<T: Code>(row: &[T], colors: &[Rgba], runs: &mut Vec<Run>) -> Result<(), usize> {
    runs.clear();
    runs.push(START);
    let mut missing = None;
    T::for_each_end(row, |code, end| {
        let Some(&Rgba(color)) = colors.get(code.index()) else {
            missing.get_or_insert(code.index());
            return;
        };
        let run = Run { end: end as u32, color: u32::from_le_bytes(color) };
        match runs.last_mut() {
            Some(last) if last.color == run.color && last.end > 0 => *last = run,
            _ => runs.push(run),
        }
    });
    missing.map_or(Ok(()), Err)
}

const MODULUS: u64 = 65521;
/// So many pixels can be summed before the sums must be reduced.
const PIECE: u32 = 1 << 16;

/// The Adler-32 checksum of bytes that are told as runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Adler {
    a: u64,
    b: u64,
    /// Pixels since the sums were reduced.
    since: u32,
}

/// What a row adds to the checksum, whatever stands before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RowSum {
    a: u64,
    b: u64,
}

impl Adler {
    pub(super) const START: Adler = Adler { a: 1, b: 0, since: 0 };
    const ZERO: Adler = Adler { a: 0, b: 0, since: 0 };

    /// Adds pixels of one colour. Pixel i of k adds to `b` four times the sum before it and its own bytes
    /// weighted 4, 3, 2, 1; summed over k pixels that is closed.
    #[inline]
    pub(super) fn pixels(&mut self, color: u32, mut count: u32) {
        let [r, g, b, alpha] = color.to_le_bytes().map(u64::from);
        let sum = r + g + b + alpha;
        let weighted = 4 * r + 3 * g + 2 * b + alpha;
        loop {
            let some = count.min(PIECE - self.since);
            let k = u64::from(some);
            self.b += 4 * k * self.a + 2 * sum * (k * k).wrapping_sub(k) + k * weighted;
            self.a += k * sum;
            self.since += some;
            if self.since == PIECE {
                self.reduce();
            }
            count -= some;
            if count == 0 {
                return;
            }
        }
    }

    /// Adds one byte.
    pub(super) fn byte(&mut self, byte: u8) {
        self.a += u64::from(byte);
        self.b += self.a;
        self.reduce();
    }

    fn reduce(&mut self) {
        *self = Adler { a: self.a % MODULUS, b: self.b % MODULUS, since: 0 };
    }

    /// What runs add, which is the same in every row that has them.
    pub(super) fn of_row(filter: u8, runs: &[Run]) -> RowSum {
        let mut sum = Adler::ZERO;
        sum.byte(filter);
        let mut start = 0;
        for run in &runs[1..] {
            sum.pixels(run.color, run.end - start);
            start = run.end;
        }
        sum.reduce();
        RowSum { a: sum.a, b: sum.b }
    }

    /// Adds a row of `bytes` bytes.
    pub(super) fn row(&mut self, sum: RowSum, bytes: u64) {
        self.reduce();
        self.b = (self.b + bytes % MODULUS * self.a + sum.b) % MODULUS;
        self.a = (self.a + sum.a) % MODULUS;
    }

    /// The checksum as a stream ends with it.
    pub(super) fn finish(mut self) -> u32 {
        self.reduce();
        (self.b << 16 | self.a) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(bytes: &[u8]) -> u32 {
        let sums = bytes.iter().fold((1u32, 0u32), |(a, b), &byte| {
            let a = (a + u32::from(byte)) % 65521;
            (a, (b + a) % 65521)
        });
        sums.1 << 16 | sums.0
    }

    #[test]
    fn the_checksum_of_runs_is_that_of_their_bytes() {
        let rows: [&[(u32, [u8; 4])]; 4] = [
            &[(1, [0, 0, 0, 0]), (2, [255; 4]), (70_000, [255, 254, 3, 255])],
            &[(200_000, [255; 4])],
            &[(65_536, [255; 4]), (65_537, [1, 2, 3, 4])],
            &[(1, [9, 8, 7, 6])],
        ];
        let (mut sum, mut bytes, mut piecewise) = (Adler::START, Vec::new(), Adler::START);
        for row in rows {
            let runs = [(0, [0; 4])].iter().chain(row);
            let runs: Vec<Run> = runs.map(|&(end, color)| Run { end, color: u32::from_le_bytes(color) }).collect();
            let before = bytes.len();
            bytes.push(2);
            piecewise.byte(2);
            let mut start = 0;
            for run in &runs[1..] {
                (start..run.end).for_each(|_| bytes.extend(run.color.to_le_bytes()));
                piecewise.pixels(run.color, run.end - start);
                start = run.end;
            }
            sum.row(Adler::of_row(2, &runs), (bytes.len() - before) as u64);
            assert_eq!((sum.finish(), piecewise.finish()), (plain(&bytes), plain(&bytes)));
        }
    }

    #[test]
    fn codes_of_one_colour_are_one_run() {
        let colors = [Rgba([1, 1, 1, 255]), Rgba::UNLABELLED, Rgba::UNLABELLED];
        let mut runs = Vec::new();
        assert_eq!(split(&[0u8, 1, 2, 2, 0], &colors, &mut runs), Ok(()));
        assert_eq!(runs.iter().map(|run| run.end).collect::<Vec<_>>(), [0, 1, 4, 5]);
        assert_eq!(split(&[0u16, 3, 4], &colors, &mut runs), Err(3));
    }
}
