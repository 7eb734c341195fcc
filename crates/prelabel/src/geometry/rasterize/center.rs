//! Pixel centres inside by the even-odd rule, as GDAL fills polygons without `ALL_TOUCHED`.

use crate::Result;
use crate::geometry::{Span, Spans};
use crate::model::{Point, Polygon, Ring};

/// A side that crosses rows of pixel centres.
struct Side {
    top: Point,
    bottom: Point,
    /// The first row whose centres it crosses, and the one after the last.
    rows: (u32, u32),
}

/// All rings of a polygon count together, so that holes are left out; polygons are put together.
pub(super) fn rasterize(polygons: &[Polygon], width: u32, height: u32) -> Result<Spans> {
    let mut spans = Vec::new();
    for polygon in polygons {
        one(polygon, width, height, &mut spans);
    }
    Spans::new(width, height, spans)
}

fn one(polygon: &Polygon, width: u32, height: u32, spans: &mut Vec<Span>) {
    let mut sides = Vec::new();
    // A centre at y is crossed if top <= y < bottom: a vertex between two sides counts once.
    let row = |y: f64| (y - 0.5).ceil().clamp(0.0, f64::from(height)) as u32;
    for ring in polygon.rings() {
        let turned = !anticlockwise_on_screen(ring);
        for (from, to) in ring.sides() {
            let (top, bottom) = if from.y < to.y { (from, to) } else { (to, from) };
            let rows = (row(top.y), row(bottom.y));
            if rows.0 < rows.1 {
                sides.push(Side { top, bottom, rows });
            }
            // GDAL turns each ring anticlockwise, and also fills below its level sides that run leftwards exactly
            // through centres: it shows where rings cross themselves, and at holes.
            let (from, to) = if turned { (to, from) } else { (from, to) };
            let y = row(from.y);
            if from.y == to.y && from.x > to.x && y < height && from.y == f64::from(y) + 0.5 {
                spans.extend(span(y, to.x, from.x, width));
            }
        }
    }
    sides.sort_unstable_by_key(|side| side.rows.0);
    let mut waiting = sides.iter().peekable();
    let mut crossing: Vec<&Side> = Vec::new();
    let mut places: Vec<f64> = Vec::new();
    let mut y = waiting.peek().map_or(height, |side| side.rows.0);
    while y < height {
        crossing.retain(|side| side.rows.1 > y);
        while let Some(side) = waiting.next_if(|side| side.rows.0 <= y) {
            crossing.push(side);
        }
        if crossing.is_empty() {
            match waiting.peek() {
                Some(side) => y = side.rows.0,
                None => break,
            }
            continue;
        }
        let center = f64::from(y) + 0.5;
        places.clear();
        places.extend(crossing.iter().map(|side| {
            let (top, bottom) = (side.top, side.bottom);
            (center - top.y) * (bottom.x - top.x) / (bottom.y - top.y) + top.x
        }));
        places.sort_unstable_by(f64::total_cmp);
        spans.extend(places.as_chunks::<2>().0.iter().filter_map(|&[enter, leave]| span(y, enter, leave, width)));
        y += 1;
    }
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

/// The pixels of a row whose centres lie right of `enter`, up to `leave`.
fn span(y: u32, enter: f64, leave: f64, width: u32) -> Option<Span> {
    let column = |x: f64| (x + 0.5).floor().clamp(0.0, f64::from(width)) as u32;
    let (start, end) = (column(enter), column(leave));
    (start < end).then_some(Span { y, start, end })
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
