//! The rule of `pycocotools` 2.0.11 (`rleFrPoly`): vertices are rounded to a grid five times as fine, sides are walked
//! on it, and where a side passes the middle of a column, a run begins or ends in it.
//!
//! The reference visits every point of the fine grid; here only those next to a column's middle are computed, with
//! the same arithmetic.

use crate::Result;
use crate::geometry::Spans;
use crate::geometry::spans::by_rows;
use crate::model::{Point, Polygon, Ring};

const FINE: i32 = 5;

/// Each ring is a mask; holes are taken from their polygon, polygons are put together.
pub(super) fn rasterize(polygons: &[Polygon], width: u32, height: u32) -> Result<Spans> {
    let mut spans = Vec::new();
    for polygon in polygons {
        let mut covered = ring(&polygon.exterior, width, height);
        if !polygon.interiors.is_empty() {
            let holes = polygon.interiors.iter().flat_map(|hole| ring(hole, width, height)).collect();
            let holes = Spans::new(width, height, holes)?;
            covered = super::without(&covered, holes.as_slice());
        }
        spans.append(&mut covered);
    }
    Spans::new(width, height, spans)
}

fn ring(ring: &Ring, width: u32, height: u32) -> Vec<crate::geometry::Span> {
    let mut changes = Vec::with_capacity(ring.points().len());
    for (from, to) in ring.sides() {
        side(fine(from), fine(to), width, height, &mut changes);
    }
    changes.sort_unstable_by_key(|&(x, y)| (y, x));
    let changes: Vec<(u32, u32)> = changes.into_iter().map(|(x, y)| (y, x)).collect();
    by_rows(width, height, &changes)
}

/// A vertex on the fine grid; towards zero, as the reference's cast.
fn fine(point: Point) -> (i32, i32) {
    ((f64::from(FINE) * point.x + 0.5) as i32, (f64::from(FINE) * point.y + 0.5) as i32)
}

/// Adds (column, row) wherever the side passes from fine column 5c + 2 to 5c + 3 or back.
fn side(from: (i32, i32), to: (i32, i32), width: u32, height: u32, changes: &mut Vec<(u32, u32)>) {
    let (across, down) = ((from.0 - to.0).abs(), (from.1 - to.1).abs());
    let flat = across >= down;
    let (start, end) = match flat {
        true if from.0 > to.0 => (to, from),
        false if from.1 > to.1 => (to, from),
        _ => (from, to),
    };
    let (left, right) = (start.0.min(end.0), start.0.max(end.0));
    let first = (left - 2).div_euclid(FINE) + i32::from((left - 2).rem_euclid(FINE) > 0);
    let last = (right - 3).div_euclid(FINE);
    let (first, last) = (first.max(0), i64::from(last).min(i64::from(width) - 1) as i32);
    if flat {
        let slope = f64::from(end.1 - start.1) / f64::from(across);
        let row = |fine_x: i32| (f64::from(start.1) + slope * f64::from(fine_x - start.0) + 0.5) as i32;
        for column in first..=last {
            let (before, after) = (row(FINE * column + 2), row(FINE * column + 3));
            changes.push((column as u32, coarse(before.min(after), height)));
        }
    } else {
        let slope = f64::from(end.0 - start.0) / f64::from(down);
        let column_at = |step: i32| (f64::from(start.0) + slope * f64::from(step) + 0.5) as i32;
        for column in first..=last {
            let middle = FINE * column + 2;
            // The first step past the middle, whichever way the side goes; rounding may move the estimate by one.
            let past = |step: i32| (column_at(step) > middle) == (slope > 0.0);
            let estimate = (f64::from(middle) + 0.5 - f64::from(start.0)) / slope;
            let mut step = (estimate as i32).clamp(0, down);
            while step > 0 && past(step - 1) {
                step -= 1;
            }
            while step <= down && !past(step) {
                step += 1;
            }
            if (1..=down).contains(&step) {
                changes.push((column as u32, coarse(start.1 + step - 1, height)));
            }
        }
    }
}

/// The first row whose middle lies below a fine one.
fn coarse(fine: i32, height: u32) -> u32 {
    let row = (f64::from(fine) + 0.5) / f64::from(FINE) - 0.5;
    row.clamp(0.0, f64::from(height)).ceil() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_cover_what_the_reference_says() {
        // Areas from pycocotools 2.0.11 on a grid of 20 × 20.
        for (coordinates, area) in [
            (vec![0.0, 0.0, 9.0, 0.0, 9.0, 9.0, 0.0, 9.0], 81),
            (vec![2.5, 2.5, 7.5, 2.5, 7.5, 7.5, 2.5, 7.5], 25),
            (vec![1.0, 1.0, 14.0, 3.0, 6.0, 13.0], 72),
            (vec![0.0, 0.0, 20.0, 0.0, 20.0, 20.0, 0.0, 20.0], 400),
            (vec![-9.0, -9.0, 99.0, -9.0, 99.0, 99.0, -9.0, 99.0], 400),
        ] {
            let polygon = Polygon::new(Ring::from_flat(&coordinates).unwrap());
            assert_eq!(rasterize(&[polygon], 20, 20).unwrap().area(), area, "{coordinates:?}");
        }
    }

    #[test]
    fn holes_are_left_out() {
        let square = |low: f64, high: f64| Ring::from_flat(&[low, low, high, low, high, high, low, high]).unwrap();
        let polygon = Polygon { exterior: square(0.0, 10.0), interiors: vec![square(2.0, 4.0), square(3.0, 6.0)] };
        assert_eq!(rasterize(&[polygon], 20, 20).unwrap().area(), 100 - 4 - 9 + 1);
    }
}
