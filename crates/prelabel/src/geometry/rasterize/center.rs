//! Pixel centres inside by the even-odd rule, as GDAL fills polygons without `ALL_TOUCHED`.

use crate::Result;
use crate::geometry::{Span, Spans};
use crate::model::{Point, Polygon, Ring};

/// All rings of a polygon count together, so that holes are left out; polygons are put together.
pub(super) fn rasterize(polygons: &[Polygon], width: u32, height: u32) -> Result<Spans> {
    let mut filler = Filler { width, height, ..Filler::default() };
    for polygon in polygons {
        filler.polygon(polygon);
    }
    Spans::new(width, height, filler.spans)
}

/// A side that crosses rows of pixel centres.
#[derive(Clone, Copy, Default)]
struct Side {
    top: Point,
    bottom: Point,
    /// The first row whose centres it crosses, and the one after the last.
    rows: (u32, u32),
}

/// Goes along each side once and sorts what it crosses by rows, instead of going through the sides row by row.
#[derive(Default)]
struct Filler {
    width: u32,
    height: u32,
    spans: Vec<Span>,
    sides: Vec<Side>,
    /// For each row from the first, where its crossings begin, and later where they end.
    ends: Vec<u32>,
    /// Columns of crossings, row by row.
    columns: Vec<u32>,
}

impl Filler {
    fn polygon(&mut self, polygon: &Polygon) {
        self.sides.clear();
        for ring in polygon.rings() {
            self.ring(ring);
        }
        let mut first = self.sides.iter().map(|side| side.rows.0).min().unwrap_or_default();
        let last = self.sides.iter().map(|side| side.rows.1).max().unwrap_or_default();
        // Never more crossings at a time than fit into a cache, whatever a file holds.
        const CROSSINGS: usize = 1 << 20;
        let rows = (CROSSINGS / self.sides.len().max(1)).clamp(1, last as usize + 1) as u32;
        while first < last {
            let end = last.min(first + rows);
            self.cross(first, end);
            self.fill(first);
            first = end;
        }
    }

    /// Fills from crossing to crossing, in rows from that one on.
    fn fill(&mut self, first: u32) {
        let mut start = 0;
        self.spans.reserve(self.columns.len() / 2);
        for (y, &end) in (first..).zip(&self.ends) {
            let crossings = &mut self.columns[start as usize..end as usize];
            if let [one, other] = crossings {
                if one > other {
                    std::mem::swap(one, other);
                }
            } else {
                crossings.sort_unstable();
            }
            for &[start, end] in crossings.as_chunks::<2>().0 {
                match self.spans.last_mut() {
                    _ if start == end => {}
                    // Where one part ends in a column, the next may begin.
                    Some(last) if last.y == y && last.end == start => last.end = end,
                    _ => self.spans.push(Span { y, start, end }),
                }
            }
            start = end;
        }
    }

    fn ring(&mut self, ring: &Ring) {
        let points = ring.points();
        let row = |y: f64| row(y, self.height);
        let Some(last) = points.last() else { return };
        let (mut from, mut from_row) = (*last, row(last.y));
        let mut level = false;
        let mut used = self.sides.len();
        self.sides.resize(used + points.len(), Side::default());
        // Half of the sides go up, and many cross nothing: guessing which costs more than writing all of them.
        for &to in points {
            let to_row = row(to.y);
            let (ends, up) = ([(from, from_row), (to, to_row)], usize::from(to_row < from_row));
            let (top, bottom) = (ends[up], ends[1 - up]);
            self.sides[used] = Side { top: top.0, bottom: bottom.0, rows: (top.1, bottom.1) };
            used += usize::from(from_row != to_row);
            level |= from.y == to.y;
            (from, from_row) = (to, to_row);
        }
        self.sides.truncate(used);
        if level {
            self.level_sides(ring);
        }
    }

    /// GDAL turns each ring anticlockwise, and also fills below its level sides that run leftwards exactly through
    /// centres: it shows where rings cross themselves, and at holes.
    fn level_sides(&mut self, ring: &Ring) {
        let turned = !anticlockwise_on_screen(ring);
        for (from, to) in ring.sides() {
            let (from, to) = if turned { (to, from) } else { (from, to) };
            let y = row(from.y, self.height);
            if from.y == to.y && from.x > to.x && y < self.height && from.y == f64::from(y) + 0.5 {
                let (start, end) = (column(to.x, self.width), column(from.x, self.width));
                if start < end {
                    self.spans.push(Span { y, start, end });
                }
            }
        }
    }

    /// The columns at which sides cross each of some rows.
    fn cross(&mut self, first: u32, last: u32) {
        let within = |side: &Side| {
            let (begin, end) = (side.rows.0.max(first), side.rows.1.min(last));
            (begin < end).then_some((begin, end))
        };
        // How many more begin than end in a row, then how many cross it, then where its own begin.
        self.ends.clear();
        self.ends.resize((last - first) as usize + 1, 0);
        for (begin, end) in self.sides.iter().filter_map(within) {
            let (begin, end) = ((begin - first) as usize, (end - first) as usize);
            self.ends[begin] = self.ends[begin].wrapping_add(1);
            self.ends[end] = self.ends[end].wrapping_sub(1);
        }
        let (mut crossing, mut start) = (0u32, 0);
        for end in &mut self.ends {
            crossing = crossing.wrapping_add(*end);
            *end = start;
            start += crossing;
        }
        self.ends.pop();
        self.columns.clear();
        self.columns.resize(start as usize, 0);
        for side in &self.sides {
            let Some((begin, end)) = within(side) else { continue };
            let (top, bottom) = (side.top, side.bottom);
            let (wide, high) = (bottom.x - top.x, bottom.y - top.y);
            let rows = &mut self.ends[(begin - first) as usize..(end - first) as usize];
            for (y, end) in (begin..).zip(rows) {
                // The order of operations is GDAL's.
                let x = (f64::from(y) + 0.5 - top.y) * wide / high + top.x;
                self.columns[*end as usize] = column(x, self.width);
                *end += 1;
            }
        }
    }
}

/// The first row whose centre is not above y: a side is crossed by centres in `top <= centre < bottom`, so that a vertex
/// between two sides counts once.
fn row(y: f64, height: u32) -> u32 {
    let y = (y - 0.5).clamp(-1.0, f64::from(height));
    let (near, rounded) = nearest(y);
    (rounded + i32::from(near < y)).max(0) as u32
}

/// The first column whose centre is right of x.
fn column(x: f64, width: u32) -> u32 {
    let x = (x + 0.5).clamp(0.0, f64::from(width));
    let (near, rounded) = nearest(x);
    (rounded - i32::from(near > x)) as u32
}

/// The nearest whole number, for those that an image needs. Adding 1.5 · 2⁵² leaves it in the last bits, which takes less
/// than a conversion that looks after every number.
fn nearest(value: f64) -> (f64, i32) {
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    let shifted = value + SHIFT;
    (shifted - SHIFT, shifted.to_bits() as i32)
}

/// Decided as GDAL does: at the rightmost of the topmost vertices; by the area where that vertex is not distinct.
fn anticlockwise_on_screen(ring: &Ring) -> bool {
    let points = ring.points();
    let (mut pivot, mut distinct) = (0, true);
    for (index, point) in points.iter().enumerate().skip(1) {
        let best = points[pivot];
        if point.y < best.y || (point.y == best.y && point.x > best.x) {
            (pivot, distinct) = (index, true);
        } else if *point == best {
            distinct = false;
        }
    }
    let (at, before, after) =
        (points[pivot], points[(pivot + points.len() - 1) % points.len()], points[(pivot + 1) % points.len()]);
    let near = |other: Point| (other.x - at.x).abs() < 1e-5 && (other.y - at.y).abs() < 1e-5;
    let turn = (after.x - at.x) * (before.y - at.y) - (before.x - at.x) * (after.y - at.y);
    if distinct && !near(before) && !near(after) && turn != 0.0 {
        return turn < 0.0;
    }
    ring.doubled_area() < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(low: f64, high: f64) -> Ring {
        Ring::from_flat(&[low, low, high, low, high, high, low, high]).unwrap()
    }

    #[test]
    fn centres_decide() {
        for (low, high, area) in [(0.0, 9.0, 81), (2.5, 7.5, 25), (2.6, 7.6, 25), (-5.0, 50.0, 400), (0.6, 1.4, 0)] {
            let polygon = Polygon::new(square(low, high));
            assert_eq!(rasterize(&[polygon], 20, 20).unwrap().area(), area, "{low} to {high}");
        }
    }

    #[test]
    fn holes_and_parts() {
        let polygon = Polygon { exterior: square(0.0, 10.0), interiors: vec![square(2.0, 5.0)] };
        let other = Polygon::new(square(4.0, 6.0));
        let spans = rasterize(&[polygon, other], 20, 20).unwrap();
        assert_eq!(spans.area(), 100 - 9 + 1);
    }
}
