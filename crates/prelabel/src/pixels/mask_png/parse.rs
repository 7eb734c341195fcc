//! The tokens of a row, found from its runs and those of the row above: a run is copied from its own first pixel,
//! a place where the colour changes from the same change above.

use super::rows::Run;
use crate::pixels::deflate::{MAX_COPY, MIN_COPY, Tokens, WINDOW};

/// The bytes of a pixel.
const PIXEL: usize = 4;

/// Where a row was left: its last bytes may be told together with the first ones of the next.
#[derive(Clone, Copy, Default)]
pub(super) struct End {
    /// How many bytes are not told yet. They repeat `color`.
    left: usize,
    color: u32,
    /// How many of them equal those above.
    same: usize,
}

/// Writes the tokens of a row: its filter's number (none) and its pixels. Both lists of runs start with a sentinel that
/// ends at column 0. Where `quick` is set, fewer places above are looked at.
pub(super) fn row(runs: &[Run], above: &[Run], quick: bool, end: End, tokens: &mut Tokens) -> End {
    let Some(last) = runs.last() else { return End::default() };
    let stride = last.end as usize * PIXEL + 1;
    if runs.len() == 2 && last.color == 0 && end.color == 0 && end.left > 0 {
        // Unlabelled rows after one another are one run: the filter's byte between them is 0 too.
        return End { left: end.left + stride, color: 0, same: 0 };
    }
    let mut row = Row { runs, above, stride, quick, tokens, at: 0, near: 1 };
    row.start(end);
    for change in 2..runs.len() {
        row.change(change);
    }
    let length = |runs: &[Run]| runs.windows(2).last().map_or(0, |pair| (pair[1].end - pair[0].end) as usize);
    let same = above.last().filter(|above| above.color == last.color).map_or(0, |_| length(runs).min(length(above)));
    End { left: stride - row.at, color: last.color, same: (same * PIXEL).min(stride - row.at) }
}

/// Writes what the last row left.
pub(super) fn finish(end: End, tokens: &mut Tokens) {
    repeat(end.left, 0, end.color, tokens);
}

/// Repeats a colour so many times, up to a byte `phase` of a pixel.
#[inline]
fn repeat(length: usize, phase: usize, color: u32, tokens: &mut Tokens) {
    let (many, rest) = (length / MAX_COPY, length % MAX_COPY);
    if many > 0 {
        tokens.longest(many, PIXEL);
    }
    if rest >= MIN_COPY {
        tokens.copy(rest, PIXEL);
    } else if rest > 0 {
        tokens.literals(color.rotate_right(8 * (phase.wrapping_sub(rest) % PIXEL) as u32), rest as u32);
    }
}

struct Row<'a> {
    runs: &'a [Run],
    above: &'a [Run],
    stride: usize,
    quick: bool,
    tokens: &'a mut Tokens,
    /// The byte of the row that comes next. Four bytes stand before it that it repeats.
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
    fn start(&mut self, end: End) {
        let same = self.common(1, 1);
        if same > 0 && self.stride <= WINDOW {
            let rest = end.left % MAX_COPY;
            // The copy holds the filter and the first pixel at the least: from that on pixels repeat.
            let fits = rest <= end.same && rest + 1 + PIXEL <= MAX_COPY;
            let before = if fits && (rest < MIN_COPY || !self.loses(1, 0, rest, same + 1)) { rest } else { 0 };
            repeat(end.left - before, PIXEL - before % PIXEL, end.color, self.tokens);
            self.copy_far(before, same + 1, self.stride, 1);
            return;
        }
        finish(end, self.tokens);
        self.tokens.literal(0);
        self.tokens.literals(self.runs[1].color, PIXEL as u32);
        self.at = 1 + PIXEL;
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
            if length != other_length || pixels > MAX_COPY / PIXEL {
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
        // What the longest copies leave of the run before is copied together with the change, unless that keeps
        // the copy from reaching over one change more.
        let rest = (place - self.at) % MAX_COPY;
        let mut before = 0;
        if rest <= far.before && (rest < MIN_COPY || !self.loses(run, place, rest, far.after)) {
            before = rest;
        }
        self.repeat(place - before, left.color);
        self.at = place;
        self.copy_far(before, far.after, far.distance, run);
    }

    /// True if a copy that begins `before` bytes before a change ends before a change that it would reach over
    /// otherwise.
    #[inline]
    fn loses(&self, run: usize, place: usize, before: usize, after: usize) -> bool {
        if before + after <= MAX_COPY {
            return false;
        }
        if self.quick || before + PIXEL > MAX_COPY {
            return true;
        }
        let (short, long) = (place + MAX_COPY - before, place + after.min(MAX_COPY));
        let mut ends = self.runs[run..].iter().map(|run| run.end as usize * PIXEL + 1);
        ends.find(|&end| end + PIXEL > short).is_some_and(|end| end < long)
    }

    /// The best copy of the same change from near above.
    #[inline]
    fn far(&self, run: usize, left: Run, here: Run) -> Far {
        let mut best = Far::default();
        let (back, most) = if self.quick { (1, 3) } else { (2, 4) };
        let first = self.near.saturating_sub(back).max(1);
        for (index, pair) in self.above[first..].windows(2).take(most).enumerate() {
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

    /// Copies up to that many bytes before and after a change. `run` is the run after it.
    #[inline]
    fn copy_far(&mut self, before: usize, after: usize, distance: usize, run: usize) {
        let place = self.at;
        let mut end = place + after;
        if before + after > MAX_COPY {
            end = place + MAX_COPY - before;
            // Not into a run's first pixel: what follows is copied from there.
            let mut runs = self.runs[run..].iter().map(|run| run.end as usize * PIXEL + 1);
            if let Some(start) = runs.find(|&start| start + PIXEL > end)
                && start < end
            {
                end = start;
            }
        }
        self.tokens.copy(before + end - place, distance);
        self.at = end;
    }

    /// Repeats a colour up to a byte of the row.
    #[inline]
    fn repeat(&mut self, to: usize, color: u32) {
        repeat(to.saturating_sub(self.at), to.wrapping_sub(1), color, self.tokens);
        self.at = to;
    }

    /// Tells a change by its bytes: only those that differ, the others are repetitions.
    #[inline]
    fn literals(&mut self, place: usize, left: u32, here: u32) {
        let differ = left ^ here;
        let first = (differ.trailing_zeros() / 8) as usize;
        let end = PIXEL - (differ.leading_zeros() / 8) as usize;
        self.repeat(place + first, left);
        if end > first {
            self.tokens.literals(here >> (8 * first), (end - first) as u32);
        }
        self.at = place + end;
    }
}
