//! Outlines for tools that paint the line itself: through the outermost pixels, not around them.

use crate::Result;
use crate::model::{Point, Polygon, Ring};

/// A polygon along the edges of pixels, moved onto the pixels at its inner side. The vertices are whole numbers that name
/// pixels: OpenCV and Pillow paint the lines between these and what lies within, which together is the mask.
///
/// # Errors
/// None for a polygon that [`trace`](crate::geometry::trace) gave.
pub fn through_pixels(polygon: &Polygon) -> Result<Polygon> {
    Ok(Polygon {
        exterior: moved(&polygon.exterior, false)?,
        interiors: polygon.interiors.iter().map(|hole| moved(hole, true)).collect::<Result<_>>()?,
    })
}

/// `hole`: the pixels lie outside the ring.
fn moved(ring: &Ring, hole: bool) -> Result<Ring> {
    // y points down: a positive area is clockwise on screen, with the inside at the right hand.
    let right = (ring.doubled_area() > 0.0) != hole;
    let mut line: Vec<Point> = Vec::with_capacity(ring.points().len() * 2);
    for (start, end) in ring.sides() {
        let (along, across) = ((end.x - start.x).signum(), (end.y - start.y).signum());
        // The pixel at the side of the first and of the last unit of the edge.
        let pixels = if start.y == end.y {
            let y = if (along > 0.0) == right { start.y } else { start.y - 1.0 };
            match along > 0.0 {
                true => [(start.x, y), (end.x - 1.0, y)],
                false => [(start.x - 1.0, y), (end.x, y)],
            }
        } else {
            let x = if (across > 0.0) == right { start.x - 1.0 } else { start.x };
            match across > 0.0 {
                true => [(x, start.y), (x, end.y - 1.0)],
                false => [(x, start.y - 1.0), (x, end.y)],
            }
        };
        for (x, y) in pixels {
            let point = Point { x, y };
            // Only what turns is kept.
            if let [.., before, last] = line.as_slice() {
                let (one, other) = ((last.x - before.x, last.y - before.y), (x - last.x, y - last.y));
                let onwards = one.0 * other.0 + one.1 * other.1 > 0.0 && one.0 * other.1 == one.1 * other.0;
                let pure = one.0 == 0.0 || one.1 == 0.0 || one.0.abs() == one.1.abs();
                if onwards && pure {
                    line.pop();
                }
            }
            if line.last() != Some(&point) {
                line.push(point);
            }
        }
    }
    while line.len() > 3 && line.first() == line.last() {
        line.pop();
    }
    // A line of pixels goes there and back; a single one stays.
    while let (1..=2, Some(&first)) = (line.len(), line.first()) {
        line.push(first);
    }
    Ring::new(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Connectivity, Span, Spans, bridge, rasterize, trace};
    use crate::model::PixelRule;

    #[test]
    fn outlines_through_pixels_give_every_mask_back_holes_bridged() {
        let mut state = 7u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let mut holes = 0;
        for round in 0..20_000 {
            let (width, height, dense) = (1 + random() % 14, 1 + random() % 11, random() % 8);
            let pixels: Vec<Span> = (0..height)
                .flat_map(|y| (0..width).map(move |x| Span { y, start: x, end: x + 1 }))
                .filter(|_| random() % 8 <= dense)
                .collect();
            let mask = Spans::new(width, height, pixels).unwrap();
            let connectivity = if round % 2 == 0 { Connectivity::Four } else { Connectivity::Eight };
            let lines: Vec<Polygon> =
                trace(&mask, connectivity).unwrap().iter().map(|polygon| through_pixels(polygon).unwrap()).collect();
            holes += lines.iter().map(|polygon| polygon.interiors.len()).sum::<usize>();
            let bridged: Vec<Polygon> = lines.iter().map(|polygon| Polygon::new(bridge(polygon).unwrap())).collect();
            for rule in [PixelRule::OpencvTruncate, PixelRule::OpencvRound] {
                assert_eq!(rasterize(&bridged, width, height, rule).unwrap(), mask, "{rule}: {bridged:?}");
            }
            let whole: Vec<Polygon> = lines.into_iter().filter(|polygon| polygon.interiors.is_empty()).collect();
            let filled: Vec<Polygon> = trace(&mask, connectivity).unwrap();
            let filled: Vec<Polygon> = filled.into_iter().filter(|polygon| polygon.interiors.is_empty()).collect();
            assert_eq!(
                rasterize(&whole, width, height, PixelRule::Pillow).unwrap(),
                rasterize(&filled, width, height, PixelRule::Center).unwrap(),
                "{whole:?}"
            );
        }
        assert!(holes > 1000, "{holes}");
    }
}
