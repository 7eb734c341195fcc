//! Rows without a filter, told by copies: a run from its own first pixel, a run's end from the row above.

use super::rows::Run;
use crate::pixels::deflate::{MAX_COPY, MIN_COPY, Tokens, WINDOW};

/// The bytes of a pixel.
const PIXEL: usize = 4;

/// Writes the tokens of a row of `stride` bytes: its filter's number and its pixels.
pub(super) fn row(runs: &[Run], above: &[Run], stride: usize, tokens: &mut Tokens) {
    let mut row = Row { runs, above, stride, tokens, at: 0, run: 0, near: 0 };
    row.start();
    while row.run < runs.len() {
        row.step();
    }
}

struct Row<'a> {
    runs: &'a [Run],
    above: &'a [Run],
    stride: usize,
    tokens: &'a mut Tokens,
    /// The byte of the row that comes next.
    at: usize,
    /// The run that it is in.
    run: usize,
    /// The first run above that ends right of this run's start.
    near: usize,
}

/// First byte of the run and the byte after it.
#[inline]
fn span(runs: &[Run], index: usize) -> (usize, usize) {
    let start = if index == 0 { 0 } else { runs[index - 1].end as usize };
    (start * PIXEL + 1, runs[index].end as usize * PIXEL + 1)
}

impl Row<'_> {
    fn start(&mut self) {
        let same = self.common(0, 0);
        if same > 0 && self.stride <= WINDOW {
            self.take(same + 1, self.stride);
        } else {
            self.tokens.literal(0);
            self.at = 1;
        }
    }

    /// How many bytes are the same from the starts of two runs on.
    #[inline]
    fn common(&self, mut run: usize, mut above: usize) -> usize {
        let mut bytes = 0;
        while let (Some(mine), Some(other)) = (self.runs.get(run), self.above.get(above)) {
            if mine.color != other.color || bytes >= MAX_COPY {
                break;
            }
            let (start, end) = span(self.runs, run);
            let (other_start, other_end) = span(self.above, above);
            let (length, other_length) = (end - start, other_end - other_start);
            bytes += length.min(other_length);
            if length != other_length {
                break;
            }
            run += 1;
            above += 1;
        }
        bytes
    }

    /// Copies up to that many bytes and goes on behind them.
    #[inline]
    fn take(&mut self, length: usize, distance: usize) {
        let mut end = self.at + length.min(MAX_COPY);
        while let Some(run) = self.runs.get(self.run) {
            let run_end = run.end as usize * PIXEL + 1;
            if run_end > end {
                break;
            }
            self.run += 1;
        }
        // Not into a run's first pixel: a run can be copied from its own start only when that is whole.
        if let Some((start, _)) = (self.run < self.runs.len()).then(|| span(self.runs, self.run))
            && end > start
            && end < start + PIXEL
            && start >= self.at + MIN_COPY
        {
            end = start;
        }
        self.tokens.copy(end - self.at, distance);
        self.at = end;
    }

    fn step(&mut self) {
        let run = self.runs[self.run];
        let (start, end) = span(self.runs, self.run);
        let left = end - self.at;
        let inside = self.at >= start + PIXEL;
        while self.near + 1 < self.above.len() && self.above[self.near].end as usize * PIXEL < start {
            self.near += 1;
        }
        // The copy from above that reaches farthest, its distance, and how much of this run comes before it.
        let mut best = (0, 0, 0);
        let candidates = self.near.saturating_sub(1)..(self.near + 3).min(self.above.len());
        for above in candidates {
            if self.above[above].color != run.color {
                continue;
            }
            let (above_start, above_end) = span(self.above, above);
            let length = above_end - above_start;
            let (reach, distance, before) = if inside || length >= left {
                let more = self.common(self.run + 1, above + 1);
                if inside && more == 0 {
                    continue;
                }
                (left + more, (self.stride + end).wrapping_sub(above_end), left - left.min(length))
            } else {
                (length, (self.stride + start).wrapping_sub(above_start), 0)
            };
            if reach > best.0 && distance <= WINDOW {
                best = (reach, distance, before);
            }
        }
        let (reach, distance, before) = best;
        if inside {
            let before = if reach == 0 { left } else { before.max(left / MAX_COPY * MAX_COPY) };
            self.repeat(before, left);
            if reach > 0 {
                self.take(reach - (self.at + left - end), distance);
            } else {
                self.run += 1;
            }
        } else if reach > 0 {
            self.take(reach, distance);
        } else {
            self.tokens.literals(run.color.to_le_bytes());
            self.at += PIXEL;
            if self.at == end {
                self.run += 1;
            }
        }
    }

    /// Repeats the pixel before for `length` bytes; a little more where that is too short for a copy.
    #[inline]
    fn repeat(&mut self, length: usize, most: usize) {
        let (many, rest) = (length / MAX_COPY, length % MAX_COPY);
        if many > 0 {
            self.tokens.longest(many, PIXEL);
        }
        self.at += many * MAX_COPY;
        if rest >= MIN_COPY {
            self.tokens.copy(rest, PIXEL);
            self.at += rest;
        } else if rest > 0 {
            let _ = most;
        }
    }
}
