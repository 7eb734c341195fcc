use super::buckets::Buckets;
use crate::model::Rle;
use crate::{Error, Result};

/// Neighbouring pixels of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The row.
    pub y: u32,
    /// The first column.
    pub start: u32,
    /// The column after the last.
    pub end: u32,
}

/// A binary mask by rows.
///
/// # Guarantees
/// Each span holds a pixel and lies in the image; they ascend, and two in a row neither overlap nor touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spans {
    width: u32,
    height: u32,
    spans: Vec<Span>,
}

impl Spans {
    /// The mask that some spans cover together; what lies outside the image is cut off.
    ///
    /// # Errors
    /// A side of zero.
    pub fn new(width: u32, height: u32, mut spans: Vec<Span>) -> Result<Self> {
        if width == 0 || height == 0 {
            return Err(Error::invalid("the image has no pixels").found(format!("{width} × {height}")));
        }
        for span in &mut spans {
            span.end = span.end.min(width);
        }
        spans.retain(|span| span.y < height && span.start < span.end);
        if !spans.is_sorted() {
            spans.sort_unstable();
        }
        spans.dedup_by(|next, last| {
            let joins = next.y == last.y && next.start <= last.end;
            if joins {
                last.end = last.end.max(next.end);
            }
            joins
        });
        Ok(Spans { width, height, spans })
    }

    /// Columns of the image.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows of the image.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Pixels inside.
    pub fn area(&self) -> u64 {
        self.spans.iter().map(|span| u64::from(span.end - span.start)).sum()
    }

    /// The spans in reading order.
    pub fn as_slice(&self) -> &[Span] {
        &self.spans
    }

    /// The spans of this mask that are not in another.
    pub(crate) fn without(&self, other: &Spans) -> Vec<Span> {
        super::rasterize::without(&self.spans, &other.spans)
    }

    /// The same mask down the columns.
    ///
    /// # Errors
    /// More pixels than an [`Rle`] holds.
    pub fn to_rle(&self) -> Result<Rle> {
        // A column's run begins or ends where a pixel differs from the one above: those are the places where the
        // spans of two neighbouring rows differ.
        let mut ends = Vec::new();
        let mut above: &[Span] = &[];
        let mut rest = self.spans.as_slice();
        let mut y = 0;
        while y <= self.height {
            let count = rest.iter().take_while(|span| span.y == y).count();
            let (row, after) = rest.split_at(count);
            if y < self.height {
                differences(above, row, |x| ends.push((x, y)));
            } else {
                differences(above, &[], |x| ends.push((x, y)));
            }
            rest = after;
            above = row;
            y += 1;
            // Rows without a span, like the one before.
            if row.is_empty() {
                y = rest.first().map_or(self.height + 1, |span| span.y);
            }
        }
        Rle::empty(self.height, self.width)?;
        let columns = Buckets::new(&ends);
        let places = columns.range().flat_map(|x| columns.get(x).iter().map(move |y| x * self.height + y));
        Rle::from_ascending_ends(self.height, self.width, places)
    }

    /// The same mask by rows.
    ///
    /// # Errors
    /// None for a valid mask.
    pub fn from_rle(rle: &Rle) -> Result<Self> {
        let (width, height) = (rle.width(), rle.height());
        // Where the run-in state of a column changes, by row.
        let mut changes: Vec<(u32, u32)> = Vec::new();
        for (start, length) in rle.runs() {
            let (mut x, mut y, mut left) = (start / height, start % height, length);
            while left > 0 {
                let here = left.min(height - y);
                changes.push((y, x));
                // What reaches the bottom ends there by itself.
                if y + here < height {
                    changes.push((y + here, x));
                }
                (x, y, left) = (x + 1, 0, left - here);
            }
        }
        Ok(Spans { width, height, spans: by_rows(width, height, &changes) })
    }
}

/// The spans of an image whose columns change at `changes` (row, column); two equal ones cancel out.
pub(super) fn by_rows(width: u32, height: u32, changes: &[(u32, u32)]) -> Vec<Span> {
    let left = changes.iter().map(|change| change.1).min().unwrap_or(0) / 64 * 64;
    let right = changes.iter().map(|change| change.1).max().map_or(left, |right| right + 1).min(width);
    let mut bits = vec![0u64; ((right - left) as usize).div_ceil(64)];
    let mut spans = Vec::new();
    let mut row: Vec<(u32, u32)> = Vec::new();
    // What ends below the last row has a bucket too, at which nobody looks.
    let rows = Buckets::new(changes);
    let std::ops::Range { start: first, end: last } = rows.range();
    for y in first..height {
        let here = rows.get(y);
        if !here.is_empty() {
            for x in here {
                let place = (x - left) as usize;
                bits[place / 64] ^= 1 << (place % 64);
            }
            row.clear();
            runs_of_ones(&bits, |start, end| row.push((left + start, left + end)));
        }
        if row.is_empty() && y >= last {
            break;
        }
        spans.extend(row.iter().map(|&(start, end)| Span { y, start, end: end.min(width) }));
    }
    spans
}

/// Runs of set bits: first and the one after the last.
fn runs_of_ones(bits: &[u64], mut each: impl FnMut(u32, u32)) {
    let mut open: Option<u32> = None;
    for (index, &word) in bits.iter().enumerate() {
        let base = index as u32 * 64;
        // A bit is set where its neighbour to the left differs.
        let mut changes = word ^ (word << 1 | u64::from(open.is_some()));
        while changes != 0 {
            let place = base + changes.trailing_zeros();
            match open.take() {
                Some(start) => each(start, place),
                None => open = Some(place),
            }
            changes &= changes - 1;
        }
    }
    if let Some(start) = open {
        each(start, bits.len() as u32 * 64);
    }
}

/// Calls `each` for every column in which exactly one of two rows of spans has a pixel.
fn differences(above: &[Span], row: &[Span], mut each: impl FnMut(u32)) {
    let mut ends: Vec<u32> = above.iter().chain(row).flat_map(|span| [span.start, span.end]).collect();
    ends.sort_unstable();
    for pair in ends.as_chunks::<2>().0 {
        (pair[0]..pair[1]).for_each(&mut each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(state: &mut u32) -> u32 {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *state >> 8
    }

    #[test]
    fn rows_and_columns_say_the_same() {
        let mut state = 3;
        for _ in 0..300 {
            let (width, height) = (1 + random(&mut state) % 150, 1 + random(&mut state) % 9);
            let cut = random(&mut state) % 5;
            let inside = |state: &mut u32| random(state) % 5 < cut;
            let pixels: Vec<bool> = (0..width * height).map(|_| inside(&mut state)).collect();
            let at = |x: u32, y: u32| pixels[(y * width + x) as usize];
            let (mut counts, mut last) = (vec![0u32], false);
            for x in 0..width {
                for y in 0..height {
                    if at(x, y) != last {
                        last = !last;
                        counts.push(0);
                    }
                    *counts.last_mut().unwrap() += 1;
                }
            }
            let rle = Rle::new(height, width, counts).unwrap();
            let spans = Spans::from_rle(&rle).unwrap();
            let mut seen = vec![false; pixels.len()];
            for span in spans.as_slice() {
                (span.start..span.end).for_each(|x| seen[(span.y * width + x) as usize] = true);
            }
            assert_eq!(seen, pixels);
            assert_eq!(spans.area(), rle.area());
            assert_eq!(spans.to_rle().unwrap(), rle);
            assert_eq!(Spans::new(width, height, spans.as_slice().to_vec()).unwrap(), spans);
        }
    }

    #[test]
    fn spans_are_joined_and_cut() {
        let span = |y, start, end| Span { y, start, end };
        let spans = Spans::new(5, 2, vec![span(1, 0, 2), span(0, 3, 9), span(1, 2, 3), span(7, 0, 1), span(0, 4, 4)]);
        assert_eq!(spans.unwrap().as_slice(), [span(0, 3, 5), span(1, 0, 3)]);
        assert!(Spans::new(0, 2, Vec::new()).is_err());
    }
}
