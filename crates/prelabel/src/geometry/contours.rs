//! Masks to rings through the centres of their outermost pixels, for tools that fill a polygon together with its outline.

use std::collections::HashMap;

use super::{Connectivity, Spans, trace};
use crate::Result;
use crate::model::{Point, Polygon, Ring};

/// The outline of an area.
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// Columns and rows of pixels.
    pub ring: Ring,
    /// Whether seams lead to holes.
    pub holes: bool,
}

/// A pixel that a ring goes through.
#[derive(Clone, Copy)]
struct Step {
    x: u32,
    y: u32,
    /// The ring passes between it and the pixel at its left.
    left: bool,
}

/// A place of a ring: which one, and which of its steps.
type Place = (usize, usize);

/// A ring for each area of a mask, pixels that touch at a corner included; to holes and back it goes over pixels of the area.
///
/// Filled together with the outline, as [`PixelRule::OpencvTruncate`](crate::model::PixelRule::OpencvTruncate) does, the
/// rings give the mask back exactly. An area of one pixel has its vertex three times.
///
/// # Errors
/// None for a mask within the size that [`Ring`] allows.
pub fn contours(mask: &Spans) -> Result<Vec<Contour>> {
    let polygons = trace(mask, Connectivity::Eight)?;
    let contour = |polygon: &Polygon| {
        let rings: Vec<Vec<Step>> = polygon.rings().map(steps).collect();
        let ring = ring(&joined(&rings, &detours(&rings, mask)))?;
        Ok(Contour { ring, holes: rings.len() > 1 })
    };
    polygons.iter().map(contour).collect()
}

/// The pixels at the right hand of a ring along edges: those inside.
fn steps(ring: &Ring) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (from, to) in ring.sides() {
        let (mut x, mut y) = (from.x as i64, from.y as i64);
        let (across, down) = ((to.x as i64 - x).signum(), (to.y as i64 - y).signum());
        // What lies at the right of an edge that goes right, down, left, up.
        let (right, below) = match (across, down) {
            (1, _) => (0, 0),
            (_, 1) => (-1, 0),
            (-1, _) => (-1, -1),
            _ => (0, -1),
        };
        while (x, y) != (to.x as i64, to.y as i64) {
            let (column, row, left) = ((x + right) as u32, (y + below) as u32, down < 0);
            match steps.last_mut().filter(|last| (last.x, last.y) == (column, row)) {
                Some(last) => last.left |= left,
                None => steps.push(Step { x: column, y: row, left }),
            }
            (x, y) = (x + across, y + down);
        }
    }
    steps
}

/// Where the line leaves a ring for a hole, and where it gets there: from the leftmost pixel of the hole's ring straight to the
/// left, as far as the area goes. What passes there is the exterior, or the ring of a hole that begins farther left.
fn detours(rings: &[Vec<Step>], mask: &Spans) -> HashMap<Place, Vec<Place>> {
    let mut wanted: HashMap<(u32, u32), Vec<Place>> = HashMap::new();
    for (hole, steps) in rings.iter().enumerate().skip(1) {
        let Some((start, step)) = steps.iter().enumerate().min_by_key(|(_, step)| (step.x, step.y)) else { continue };
        let spans = mask.as_slice();
        let after = spans.partition_point(|span| (span.y, span.start) <= (step.y, step.x));
        if let Some(span) = after.checked_sub(1).map(|index| spans[index]) {
            wanted.entry((span.start, step.y)).or_default().push((hole, start));
        }
    }
    let mut detours = HashMap::new();
    if wanted.is_empty() {
        return detours;
    }
    for (index, steps) in rings.iter().enumerate() {
        for (place, step) in steps.iter().enumerate().filter(|(_, step)| step.left) {
            if let Some(holes) = wanted.remove(&(step.x, step.y)) {
                detours.insert((index, place), holes);
            }
        }
    }
    detours
}

/// The first ring with all detours.
fn joined(rings: &[Vec<Step>], detours: &HashMap<Place, Vec<Place>>) -> Vec<(u32, u32)> {
    /// A ring under way.
    struct Way {
        ring: usize,
        start: usize,
        /// Steps made.
        made: usize,
        /// Detours made from the last of them.
        left_for: usize,
    }
    let mut line = Vec::new();
    // Without recursion: holes may follow each other over a whole image.
    let mut ways = vec![Way { ring: 0, start: 0, made: 0, left_for: 0 }];
    while let Some(way) = ways.last_mut() {
        let steps = &rings[way.ring];
        let place = |made: usize| (way.start + made) % steps.len();
        let pixel = |place: usize| (steps[place].x, steps[place].y);
        // A ring reached by a detour is closed where it began.
        let closed = way.made > steps.len();
        if let (false, Some(last)) = (closed, way.made.checked_sub(1)) {
            let holes = detours.get(&(way.ring, place(last))).map_or(&[][..], Vec::as_slice);
            if way.left_for > 0 {
                line.push(pixel(place(last)));
            }
            if let Some(&(ring, start)) = holes.get(way.left_for) {
                way.left_for += 1;
                ways.push(Way { ring, start, made: 0, left_for: 0 });
                continue;
            }
        }
        let whole = way.made == steps.len() && way.ring == 0;
        if closed || whole {
            ways.pop();
            continue;
        }
        line.push(pixel(place(way.made)));
        way.made += 1;
        way.left_for = 0;
    }
    line
}

/// A ring of these pixels, without those that only lie on the way from one to the next.
fn ring(line: &[(u32, u32)]) -> Result<Ring> {
    let mut points: Vec<Point> = Vec::new();
    for &(x, y) in line {
        let point = Point { x: f64::from(x), y: f64::from(y) };
        if points.last() == Some(&point) {
            continue;
        }
        if let [.., before, last] = points.as_slice() {
            let (one, other) = ((last.x - before.x, last.y - before.y), (point.x - last.x, point.y - last.y));
            let straight = one.0 * other.1 == one.1 * other.0;
            if straight && one.0 * other.0 + one.1 * other.1 > 0.0 {
                points.pop();
            }
        }
        points.push(point);
    }
    while let (1 | 2, Some(last)) = (points.len(), points.last()) {
        points.push(*last);
    }
    Ring::new(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Span, rasterize};
    use crate::model::PixelRule;

    fn vertices(contour: &Contour) -> Vec<(f64, f64)> {
        contour.ring.points().iter().map(|point| (point.x, point.y)).collect()
    }

    #[test]
    fn a_ring_goes_through_pixels_and_over_them_to_its_hole() {
        let pixels = [(0, 0, 5), (1, 0, 2), (1, 3, 5), (2, 0, 5)];
        let spans = pixels.into_iter().map(|(y, start, end)| Span { y, start, end }).collect();
        let found = contours(&Spans::new(5, 3, spans).unwrap()).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].holes);
        let hole = [(0.0, 1.0), (1.0, 1.0), (2.0, 2.0), (3.0, 1.0), (2.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        let line = vertices(&found[0]);
        assert!(line.windows(hole.len()).any(|window| window == hole), "{line:?}");
        let one = contours(&Spans::new(4, 4, vec![Span { y: 2, start: 3, end: 4 }]).unwrap()).unwrap();
        assert_eq!(vertices(&one[0]), [(3.0, 2.0); 3]);
    }

    #[test]
    fn filled_with_their_outlines_contours_give_every_mask_back() {
        let mut state = 23u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let (mut holes, mut whole) = (0, 0);
        for round in 0..60_000 {
            let side = if round % 100 == 0 { 60 } else { 11 };
            let (width, height, dense) = (1 + random() % side, 1 + random() % side, random() % 8);
            let pixels: Vec<Span> = (0..height)
                .flat_map(|y| (0..width).map(move |x| Span { y, start: x, end: x + 1 }))
                .filter(|_| random() % 8 <= dense)
                .collect();
            let mask = Spans::new(width, height, pixels).unwrap();
            let found = contours(&mask).unwrap();
            holes += found.iter().filter(|contour| contour.holes).count();
            // Each is filled by itself, as objects are.
            let filled = |rule| {
                let pixels = found.iter().flat_map(|contour| {
                    let polygon = Polygon::new(contour.ring.clone());
                    rasterize(&[polygon], width, height, rule).unwrap().as_slice().to_vec()
                });
                Spans::new(width, height, pixels.collect()).unwrap()
            };
            for rule in [PixelRule::OpencvTruncate, PixelRule::OpencvRound] {
                assert_eq!(filled(rule), mask, "{rule}: {found:?}");
            }
            if found.iter().all(|contour| !contour.holes) {
                whole += 1;
                assert_eq!(filled(PixelRule::Pillow), mask, "{found:?}");
            }
        }
        assert!(holes > 10_000 && whole > 10_000, "{holes} {whole}");
    }
}
