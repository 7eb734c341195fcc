//! Holes for formats that have none: one line goes along a seam to each hole and back.

use crate::Result;
use crate::model::{Point, Polygon, Ring};

/// A polygon as a single ring. The seams run inside the area, from the leftmost vertex of each hole straight to the
/// left, and have no width: filling by crossings (even-odd) leaves the holes empty.
///
/// # Errors
/// None for a valid polygon.
pub fn bridge(polygon: &Polygon) -> Result<Ring> {
    let mut line: Vec<Point> = polygon.exterior.points().to_vec();
    let mut holes: Vec<&Ring> = polygon.interiors.iter().collect();
    // What lies to the left of a hole is part of the line already.
    holes.sort_by(|one, other| order(leftmost(one).1, leftmost(other).1));
    for hole in holes {
        let (first, start) = leftmost(hole);
        let Some((side, end)) = to_the_left(&line, start) else { continue };
        let around = hole.points().iter().cycle().skip(first).take(hole.points().len() + 1);
        let detour = std::iter::once(end).chain(around.copied()).chain([end]);
        line.splice(side + 1..side + 1, detour.collect::<Vec<_>>());
    }
    Ring::new(line)
}

fn order(one: Point, other: Point) -> std::cmp::Ordering {
    one.x.total_cmp(&other.x).then(one.y.total_cmp(&other.y))
}

fn leftmost(ring: &Ring) -> (usize, Point) {
    let points = ring.points().iter().copied().enumerate();
    points.min_by(|one, other| order(one.1, other.1)).unwrap_or((0, Point { x: 0.0, y: 0.0 }))
}

/// The nearest place of a line straight to the left of a point, and the side on which it lies.
fn to_the_left(line: &[Point], from: Point) -> Option<(usize, Point)> {
    let sides = line.iter().enumerate().map(|(index, &start)| (index, start, line[(index + 1) % line.len()]));
    let meets = sides.filter_map(|(index, start, end)| {
        if from.y < start.y.min(end.y) || from.y > start.y.max(end.y) {
            return None;
        }
        let x = match start.y == end.y {
            true => start.x.max(end.x).min(from.x).max(start.x.min(end.x)),
            false => start.x + (end.x - start.x) * ((from.y - start.y) / (end.y - start.y)),
        };
        (x <= from.x).then_some((index, Point { x, y: from.y }))
    });
    meets.max_by(|one, other| one.1.x.total_cmp(&other.1.x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Connectivity, Span, Spans, rasterize, trace};
    use crate::model::PixelRule;

    #[test]
    fn a_hole_is_reached_and_left_along_one_seam() {
        let ring = |low: f64, high: f64| Ring::from_flat(&[low, low, high, low, high, high, low, high]).unwrap();
        let polygon = Polygon { exterior: ring(0.0, 9.0), interiors: vec![ring(3.0, 6.0)] };
        let line: Vec<_> = bridge(&polygon).unwrap().points().iter().map(|point| (point.x, point.y)).collect();
        assert_eq!(line[4..], [(0.0, 3.0), (3.0, 3.0), (6.0, 3.0), (6.0, 6.0), (3.0, 6.0), (3.0, 3.0), (0.0, 3.0)]);
    }

    #[test]
    fn bridged_outlines_give_every_mask_back() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let mut holes = 0;
        for round in 0..20_000 {
            let (width, height, dense) = (1 + random() % 12, 1 + random() % 9, random() % 8);
            let pixels: Vec<Span> = (0..height)
                .flat_map(|y| (0..width).map(move |x| Span { y, start: x, end: x + 1 }))
                .filter(|_| random() % 8 <= dense)
                .collect();
            let mask = Spans::new(width, height, pixels).unwrap();
            let connectivity = if round % 2 == 0 { Connectivity::Four } else { Connectivity::Eight };
            let traced = trace(&mask, connectivity).unwrap();
            holes += traced.iter().map(|polygon| polygon.interiors.len()).sum::<usize>();
            let bridged: Vec<Polygon> = traced.iter().map(|polygon| Polygon::new(bridge(polygon).unwrap())).collect();
            for rule in [PixelRule::Center, PixelRule::Pycocotools] {
                assert_eq!(rasterize(&bridged, width, height, rule).unwrap(), mask, "{rule}: {bridged:?}");
            }
        }
        assert!(holes > 1000, "{holes}");
    }
}
