//! The rule of Pillow 13 (`ImageDraw`): vertices are truncated to whole pixels, sides are followed in single precision,
//! and pixels of the outline belong to the area.
//!
//! Rows are filled as the reference fills them, its corrections at corners included; sides that do not cross a row are not
//! visited, and the partner of a corner is looked up, so that cost follows the outline.

use std::collections::HashMap;

use crate::Result;
use crate::geometry::{Span, Spans};
use crate::model::{Point, Polygon, Ring};

/// A vertex in whole pixels.
type Vertex = (i32, i32);

/// A side that is not level.
struct Side {
    rows: (i32, i32),
    from: Vertex,
    slope: f32,
}

impl Side {
    #[allow(clippy::suboptimal_flops, reason = "the reference rounds the product")]
    fn at(&self, y: i32) -> f32 {
        (y - self.from.1) as f32 * self.slope + self.from.0 as f32
    }
}

/// Each ring is drawn; holes are painted back out, polygons one over the other.
pub(super) fn rasterize(polygons: &[Polygon], width: u32, height: u32) -> Result<Spans> {
    let mut spans = Vec::new();
    for polygon in polygons {
        let mut covered = ring(&polygon.exterior, width, height);
        if !polygon.interiors.is_empty() {
            let holes = polygon.interiors.iter().flat_map(|hole| ring(hole, width, height)).collect();
            let holes = Spans::new(width, height, holes)?;
            covered = super::without(Spans::new(width, height, covered)?.as_slice(), holes.as_slice());
        }
        spans.append(&mut covered);
    }
    Spans::new(width, height, spans)
}

fn ring(ring: &Ring, width: u32, height: u32) -> Vec<Span> {
    let vertices: Vec<Vertex> = ring.points().iter().copied().map(whole).collect();
    let mut sides: Vec<(Vertex, Vertex)> = vertices.windows(2).map(|pair| (pair[0], pair[1])).collect();
    if let (Some(first), Some(last)) = (vertices.first(), vertices.last())
        && first != last
    {
        sides.push((*last, *first));
    }
    fill(&sides, width, height)
}

pub(super) fn whole(point: Point) -> Vertex {
    (point.x as i32, point.y as i32)
}

/// Rounds, halves away from zero.
pub(super) fn half_up(value: f64) -> f64 {
    (value.abs() + 0.5).floor().copysign(value)
}

/// Rounds, halves towards zero.
pub(super) fn half_down(value: f64) -> f64 {
    (value.abs() - 0.5).ceil().copysign(value)
}

/// The pixels of a row from `start` to `last`.
pub(super) fn span(y: i32, start: i32, last: i32, width: u32, height: u32) -> Option<Span> {
    let y = u32::try_from(y).ok().filter(|&y| y < height)?;
    let last = u32::try_from(last).ok()?;
    let start = u32::try_from(start.max(0)).ok()?;
    let end = last.saturating_add(1).min(width);
    (start < end).then_some(Span { y, start, end })
}

pub(super) fn fill(sides: &[(Vertex, Vertex)], width: u32, height: u32) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut last = 0;
    let mut steep: Vec<Side> = Vec::with_capacity(sides.len());
    for &(from, to) in sides {
        let rows = (from.1.min(to.1), from.1.max(to.1));
        last = last.max(rows.1);
        if rows.0 == rows.1 {
            spans.extend(span(rows.0, from.0.min(to.0), from.0.max(to.0), width, height));
        } else {
            let slope = (to.0 - from.0) as f32 / (to.1 - from.1) as f32;
            steep.push(Side { rows, from, slope });
        }
    }
    let bottom = i32::try_from(height).unwrap_or(i32::MAX);
    let last = last.min(bottom);
    let mut order: Vec<usize> =
        (0..steep.len()).filter(|&index| steep[index].rows.1 >= 0 && steep[index].rows.0 < bottom).collect();
    order.sort_by_key(|&index| steep[index].rows.0);
    let mut waiting = order.into_iter().peekable();
    // In the order of the ring, which decides between corners at one place.
    let mut crossing: Vec<usize> = Vec::new();
    let mut places: Vec<f32> = Vec::new();
    let mut corners: HashMap<(bool, i32), usize> = HashMap::new();
    for y in 0..bottom {
        crossing.retain(|&index| steep[index].rows.1 >= y);
        let before = crossing.len();
        while let Some(index) = waiting.next_if(|&index| steep[index].rows.0 <= y) {
            crossing.push(index);
        }
        if crossing.len() > before {
            crossing.sort_unstable();
        } else if crossing.is_empty() && waiting.peek().is_none() {
            break;
        }
        places.clear();
        corners.clear();
        for &index in &crossing {
            let side = &steep[index];
            let at = side.at(y);
            let ends = side.rows.1 == y;
            places.push(at);
            if ends && y < last {
                places.push(at);
            }
            if (ends || side.rows.0 == y) && side.slope != 0.0 {
                let place = (ends, at.round() as i32);
                let partner = *corners.entry(place).or_insert(index);
                if partner != index && !(ends && y < last) {
                    let next = if ends { y - 1 } else { y + 1 };
                    let joined = corner(at, side.at(next), steep[partner].at(next));
                    if let Some(place) = places.last_mut() {
                        *place = joined;
                    }
                }
            }
        }
        places.sort_unstable_by(f32::total_cmp);
        for &[enter, leave] in places.as_chunks::<2>().0 {
            spans.extend(span(y, first_column(enter), last_column(leave), width, height));
        }
    }
    spans
}

/// Where the row of a corner begins: next to where both sides are in the row after it, if both go the same way.
fn corner(at: f32, one: f32, other: f32) -> f32 {
    if at > one + 1.0 && at > other + 1.0 {
        one.max(other).round() + 1.0
    } else if at < one - 1.0 && at < other - 1.0 {
        one.min(other).round() - 1.0
    } else {
        at
    }
}

fn first_column(place: f32) -> i32 {
    if place >= 0.0 { (place + 0.5).floor() as i32 } else { half_up(f64::from(place)) as i32 }
}

fn last_column(place: f32) -> i32 {
    if place >= 0.0 { (place - 0.5).ceil() as i32 } else { half_down(f64::from(place)) as i32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(low: f64, high: f64) -> Ring {
        Ring::from_flat(&[low, low, high, low, high, high, low, high]).unwrap()
    }

    #[test]
    fn areas_are_those_of_the_reference() {
        // From Pillow 13.0.0 on a grid of 20 × 20.
        for (low, high, area) in [(0.0, 9.0, 100), (2.0, 5.0, 16), (2.5, 7.5, 36), (2.6, 7.6, 36), (0.0, 20.0, 400)] {
            let polygon = Polygon::new(square(low, high));
            assert_eq!(rasterize(&[polygon], 20, 20).unwrap().area(), area, "{low} to {high}");
        }
        let triangle = Ring::from_flat(&[1.0, 1.0, 14.0, 3.0, 6.0, 13.0]).unwrap();
        assert_eq!(rasterize(&[Polygon::new(triangle)], 20, 20).unwrap().area(), 85);
    }

    #[test]
    fn a_hole_takes_its_outline_with_it() {
        let polygon = Polygon { exterior: square(0.0, 9.0), interiors: vec![square(2.0, 5.0)] };
        assert_eq!(rasterize(&[polygon], 20, 20).unwrap().area(), 100 - 16);
    }

    #[test]
    fn vertices_far_off_cost_nothing() {
        let far = f64::from(1 << 24);
        let ring = Ring::from_flat(&[-far, -far, far, -far, far, far, -far, far]).unwrap();
        assert_eq!(rasterize(&[Polygon::new(ring)], 20, 20).unwrap().area(), 400);
    }
}
