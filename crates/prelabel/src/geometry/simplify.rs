//! Fewer vertices, within a bound.

use crate::Result;
use crate::model::{Point, Polygon, Ring};

/// A ring with fewer vertices: none that is left out lies farther than `tolerance` pixels from the new outline
/// (Douglas and Peucker). A ring that would vanish stays as it is.
///
/// # Errors
/// None for a valid ring.
pub fn simplify(ring: &Ring, tolerance: f64) -> Result<Ring> {
    let points = ring.points();
    // A closed line has no ends: it is parted at its first vertex and at the one farthest from there.
    let far = |from: Point| {
        let distances = points.iter().enumerate().map(|(index, point)| (index, squared(from, *point)));
        distances.max_by(|one, other| one.1.total_cmp(&other.1)).map_or(0, |(index, _)| index)
    };
    let first = far(points[0]);
    let second = far(points[first]);
    let (first, second) = (first.min(second), first.max(second));
    let mut kept = vec![false; points.len()];
    kept[first] = true;
    kept[second] = true;
    let closed: Vec<Point> = points.iter().chain(&points[..=first]).copied().collect();
    keep(&closed, first, second, tolerance, &mut kept);
    keep(&closed, second, points.len() + first, tolerance, &mut kept);
    let left: Vec<Point> = points.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(point, _)| *point).collect();
    match left.len() {
        0..3 => Ok(ring.clone()),
        _ => Ring::new(left),
    }
}

/// All rings of a polygon; holes that vanish stay as they are.
///
/// # Errors
/// None for a valid polygon.
pub fn simplify_polygon(polygon: &Polygon, tolerance: f64) -> Result<Polygon> {
    let interiors = polygon.interiors.iter().map(|ring| simplify(ring, tolerance));
    Ok(Polygon { exterior: simplify(&polygon.exterior, tolerance)?, interiors: interiors.collect::<Result<_>>()? })
}

/// Marks what must stay between two vertices that stay.
fn keep(points: &[Point], first: usize, last: usize, tolerance: f64, kept: &mut [bool]) {
    let count = kept.len();
    // Without recursion: a ring of a million vertices may be as uneven as it likes.
    let mut open = vec![(first, last)];
    while let Some((first, last)) = open.pop() {
        let between = points.iter().enumerate().take(last).skip(first + 1);
        let distances = between.map(|(index, point)| (index, to_line(*point, points[first], points[last])));
        let Some((index, distance)) = distances.max_by(|one, other| one.1.total_cmp(&other.1)) else { continue };
        if distance > tolerance {
            kept[index % count] = true;
            open.extend([(first, index), (index, last)]);
        }
    }
}

fn squared(one: Point, other: Point) -> f64 {
    (one.x - other.x).powi(2) + (one.y - other.y).powi(2)
}

/// The distance of a point from the line between two others, its ends included.
fn to_line(point: Point, from: Point, to: Point) -> f64 {
    let length = squared(from, to);
    if length == 0.0 {
        return squared(point, from).sqrt();
    }
    let along = ((point.x - from.x) * (to.x - from.x) + (point.y - from.y) * (to.y - from.y)) / length;
    let along = along.clamp(0.0, 1.0);
    let foot = Point { x: from.x + along * (to.x - from.x), y: from.y + along * (to.y - from.y) };
    squared(point, foot).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(coordinates: &[f64]) -> Ring {
        Ring::from_flat(coordinates).unwrap()
    }

    #[test]
    fn stairs_become_a_slope_and_corners_stay() {
        let stairs =
            ring(&[0.0, 0.0, 4.0, 0.0, 4.0, 1.0, 3.0, 1.0, 3.0, 2.0, 2.0, 2.0, 2.0, 3.0, 1.0, 3.0, 1.0, 4.0, 0.0, 4.0]);
        let simple = simplify(&stairs, 1.0).unwrap();
        assert!(simple.points().len() <= 5, "{simple:?}");
        assert_eq!(simplify(&stairs, 0.0).unwrap(), stairs);
        let square = ring(&[0.0, 0.0, 9.0, 0.0, 9.0, 9.0, 0.0, 9.0]);
        assert_eq!(simplify(&square, 5.0).unwrap(), square);
    }

    #[test]
    fn what_would_vanish_stays() {
        let small = ring(&[0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]);
        assert_eq!(simplify(&small, 50.0).unwrap(), small);
    }

    #[test]
    fn no_vertex_is_farther_away_than_the_bound() {
        let mut state = 2u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1u32 << 24)
        };
        for _ in 0..500 {
            let points: Vec<Point> = (0..60).map(|_| Point { x: random() * 50.0, y: random() * 50.0 }).collect();
            let (ring, tolerance) = (Ring::new(points).unwrap(), random() * 20.0);
            let simple = simplify(&ring, tolerance).unwrap();
            for point in ring.points() {
                let nearest = simple.sides().map(|(from, to)| to_line(*point, from, to)).fold(f64::MAX, f64::min);
                assert!(nearest <= tolerance + 1e-9, "{nearest} > {tolerance}");
            }
        }
    }
}
