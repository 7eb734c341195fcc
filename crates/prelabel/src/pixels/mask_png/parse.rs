//! The tokens of a row, found from its runs and those of the row above: a run is copied from its own first pixel,
//! a place where the colour changes from the same change above.

use super::rows::Run;
use crate::pixels::deflate::{MAX_COPY, MIN_COPY, Tokens, WINDOW};

/// The bytes of a pixel.
const PIXEL: usize = 4;

/// Writes the tokens of a row: its filter's number and its pixels. Both lists of runs start with a sentinel that
/// ends at column 0. Where `zeros` is set, zeros are copied from one byte back: all readers are quick at that.
pub(super) fn row(filter: u8, runs: &[Run], above: &[Run], zeros: bool, tokens: &mut Tokens) {
    let Some(last) = runs.last() else { return };
    let stride = last.end as usize * PIXEL + 1;
    let mut row = Row { runs, above, stride, zeros, tokens, at: 0, near: 1 };
    row.start(filter);
    for change in 2..runs.len() {
        row.change(change);
    }
    row.repeat(stride, last.color);
}

struct Row<'a> {
    runs: &'a [Run],
    above: &'a [Run],
    stride: usize,
    zeros: bool,
    tokens: &'a mut Tokens,
    /// The byte of the row that comes next. Four bytes, or one before zeros, stand before it that it repeats.
    at: usize,
    /// The first run above that ends at this place or right of it.
    near: usize,
}

/// A copy from above: how far it reaches to both sides of a change, and from how far.
#[derive(Clone, Copy, Default)]
struct Far {
    before: usize,
    after: usize,
    distance: usize,
}

impl Row<'_> {
    fn start(&mut self, filter: u8) {
        let same = self.common(1, 1);
        if same > 0 && self.stride <= WINDOW {
            self.copy_far(same + 1, self.stride, 0);
            return;
        }
        self.tokens.literal(filter);
        self.at = 1;
        let color = self.runs[1].color;
        if self.zeros && color == 0 {
            self.tokens.literal(0);
            self.at = 2;
        } else {
            self.tokens.literals(color, PIXEL as u32);
            self.at = 1 + PIXEL;
        }
    }

    /// How many bytes are the same from the starts of two runs on; no more than a copy needs.
    #[inline]
    fn common(&self, run: usize, above: usize) -> usize {
        let mut pixels = 0;
        let mut mine = self.runs[run - 1].end;
        let Some(before) = self.above.get(above.wrapping_sub(1)) else { return 0 };
        let mut other = before.end;
        for (one, two) in self.runs[run..].iter().zip(&self.above[above..]) {
            if one.color != two.color {
                break;
            }
            let (length, other_length) = (one.end - mine, two.end - other);
            pixels += length.min(other_length) as usize;
            if length != other_length || pixels >= MAX_COPY / PIXEL + 1 {
                break;
            }
            (mine, other) = (one.end, two.end);
        }
        pixels * PIXEL
    }

    /// Goes on behind the change to the run `run`, unless a copy went there already.
    #[inline]
    fn change(&mut self, run: usize) {
        let (left, here) = (self.runs[run - 1], self.runs[run]);
        let place = left.end as usize * PIXEL + 1;
        if self.at > place {
            return;
        }
        while self.near + 1 < self.above.len() && self.above[self.near].end < left.end {
            self.near += 1;
        }
        let far = self.far(run, left, here);
        if far.after == 0 {
            self.literals(place, left.color, here.color);
            return;
        }
        // What the longest copies leave of the run before is copied together with the change if that fits.
        let rest = (place - self.at) % MAX_COPY;
        let before = if rest <= far.before && (rest < MIN_COPY || rest + far.after <= MAX_COPY) { rest } else { 0 };
        self.repeat(place - before, left.color);
        self.copy_far(before + far.after, far.distance, run);
    }

    /// The best copy of the same change from near above.
    #[inline]
    fn far(&self, run: usize, left: Run, here: Run) -> Far {
        let mut best = Far::default();
        let first = self.near.saturating_sub(2).max(1);
        for (index, pair) in self.above[first..].windows(2).take(4).enumerate() {
            if pair[0].color != left.color || pair[1].color != here.color {
                continue;
            }
            let index = first + index;
            let distance = (self.stride + left.end as usize * PIXEL).wrapping_sub(pair[0].end as usize * PIXEL);
            let after = self.common(run, index + 1);
            if after > best.after && distance <= WINDOW {
                let mine = left.end - self.runs[run - 2].end;
                let other = pair[0].end - self.above[index - 1].end;
                best = Far { before: mine.min(other) as usize * PIXEL, after, distance };
            }
        }
        best
    }

    /// Copies up to that many bytes. `run` is the last run that the copy surely begins before.
    #[inline]
    fn copy_far(&mut self, length: usize, distance: usize, run: usize) {
        let mut end = self.at + length;
        if length > MAX_COPY {
            end = self.at + MAX_COPY;
            // Not into a run's first pixel: what follows is copied from there.
            let mut runs = self.runs[run..].iter().map(|run| run.end as usize * PIXEL + 1);
            if let Some(start) = runs.find(|&start| start + PIXEL > end)
                && start < end
            {
                end = start;
            }
        }
        self.tokens.copy(end - self.at, distance);
        self.at = end;
    }

    /// Repeats a colour up to a byte of the row.
    #[inline]
    fn repeat(&mut self, to: usize, color: u32) {
        let length = to.saturating_sub(self.at);
        let distance = if self.zeros && color == 0 { 1 } else { PIXEL };
        let (many, rest) = (length / MAX_COPY, length % MAX_COPY);
        if many > 0 {
            self.tokens.longest(many, distance);
        }
        if rest >= MIN_COPY {
            self.tokens.copy(rest, distance);
        } else if rest > 0 {
            let first = (to - rest - 1) % PIXEL;
            self.tokens.literals(color.rotate_right(8 * first as u32), rest as u32);
        }
        self.at += length;
    }

    /// Tells a change by its bytes: only those that differ, the others are repetitions.
    #[inline]
    fn literals(&mut self, place: usize, left: u32, here: u32) {
        let differ = left ^ here;
        let first = (differ.trailing_zeros() / 8) as usize;
        let mut end = PIXEL - (differ.leading_zeros() / 8) as usize;
        self.repeat(place + first, left);
        if self.zeros && here == 0 {
            // One zero is enough to repeat, and may stand there already.
            let byte = if first > 0 { 0 } else { left >> 24 };
            end = if byte == 0 { first } else { first + 1 };
        }
        if end > first {
            self.tokens.literals(here >> (8 * first), (end - first) as u32);
        }
        self.at = place + end;
    }
}
