//! Masks to rings along the edges of pixels.

use std::fmt;
use std::str::FromStr;

use super::{Span, Spans};
use crate::model::{Point, Polygon, Ring};
use crate::{Error, Result};

/// Whether pixels that touch at a corner only belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Connectivity {
    /// No: they become two polygons. No ring touches itself.
    #[default]
    Four,
    /// Yes: the ring passes the corner twice.
    Eight,
}

impl fmt::Display for Connectivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Connectivity::Four => "4",
            Connectivity::Eight => "8",
        })
    }
}

impl FromStr for Connectivity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "4" => Ok(Connectivity::Four),
            "8" => Ok(Connectivity::Eight),
            _ => Err(Error::usage("there is no such connectivity")
                .found(format!("`{text}`"))
                .expected("4 (sides) or 8 (corners too)")),
        }
    }
}

/// The polygons of a mask: one for each connected part, with its holes, vertices at the corners of pixels.
///
/// Exteriors go clockwise on screen, holes the other way; parts ascend by their topmost, then leftmost corner.
/// Rasterised by [`PixelRule::Center`](crate::model::PixelRule::Center), they give the mask back exactly.
///
/// # Errors
/// None for a mask within the size that [`Ring`] allows.
pub fn trace(mask: &Spans, connectivity: Connectivity) -> Result<Vec<Polygon>> {
    let mut tracer = Tracer { connectivity, ..Tracer::default() };
    let mut rest = mask.as_slice();
    while let Some(first) = rest.first() {
        let y = first.y;
        let count = rest.iter().take_while(|span| span.y == y).count();
        let (row, after) = rest.split_at(count);
        // Rows without a span end all that is above them.
        if tracer.bottom < y {
            tracer.boundary(tracer.bottom, &[]);
        }
        tracer.boundary(y, row);
        tracer.bottom = y + 1;
        rest = after;
    }
    tracer.boundary(tracer.bottom, &[]);
    tracer.polygons()
}

/// A corner of the mask.
struct Corner {
    x: u32,
    y: u32,
    /// The corner that follows on its ring.
    next: usize,
    /// Where the left edge of the span begins whose right edge begins here.
    left: usize,
}

const NOWHERE: usize = usize::MAX;

/// A vertical edge under way: its column, and the corner that it began at.
#[derive(Clone, Copy)]
struct Edge {
    x: u32,
    top: usize,
}

#[derive(Default)]
struct Tracer {
    connectivity: Connectivity,
    corners: Vec<Corner>,
    /// The edges through the last row: left and right of each span in turn.
    above: Vec<Edge>,
    below: Vec<Edge>,
    /// The row after the last.
    bottom: u32,
}

impl Tracer {
    fn corner(&mut self, x: u32, y: u32) -> usize {
        self.corners.push(Corner { x, y, next: NOWHERE, left: NOWHERE });
        self.corners.len() - 1
    }

    /// Left edges go up, right edges down: the mask is on the right hand.
    fn end_edge(&mut self, index: usize, bottom: usize) {
        let top = self.above[index].top;
        if index.is_multiple_of(2) {
            self.corners[bottom].next = top;
        } else {
            self.corners[top].next = bottom;
        }
    }

    /// Goes along the line between the row above and a new one.
    fn boundary(&mut self, y: u32, row: &[Span]) {
        let above = std::mem::take(&mut self.above);
        let mut below = std::mem::take(&mut self.below);
        self.above = above;
        below.clear();
        // The corner at which the two rows began to differ.
        let mut open: Option<usize> = None;
        let (mut a, mut b) = (0, 0);
        loop {
            let upper = self.above.get(a).map(|edge| edge.x);
            let lower = row.get(b / 2).map(|span| if b.is_multiple_of(2) { span.start } else { span.end });
            match (upper, lower) {
                (None, None) => break,
                (Some(x), Some(other)) if x == other && a % 2 == b % 2 => {
                    below.push(Edge { x, top: self.above[a].top });
                    (a, b) = (a + 1, b + 1);
                }
                (Some(x), Some(other)) if x == other => {
                    // Two pixels touch at their corners, the ring of each passes here. At the left of x the mask is
                    // above if it ends there above.
                    let mask_left_above = a % 2 == 1;
                    let (of_above, of_below) = (self.corner(x, y), self.corner(x, y));
                    self.end_edge(a, of_above);
                    below.push(Edge { x, top: of_below });
                    let joined = self.connectivity == Connectivity::Eight;
                    // The level edge at the left bounds what is above, or what is below.
                    let (left, right) =
                        if mask_left_above != joined { (of_above, of_below) } else { (of_below, of_above) };
                    self.level(open, left, !mask_left_above);
                    open = Some(right);
                    (a, b) = (a + 1, b + 1);
                }
                (Some(x), other) if other.is_none_or(|other| x < other) => {
                    let corner = self.corner(x, y);
                    self.end_edge(a, corner);
                    a += 1;
                    // Below, the mask is where an odd number of its edges has passed.
                    open = self.toggle(open, corner, b % 2 == 1);
                }
                (_, Some(x)) => {
                    let corner = self.corner(x, y);
                    below.push(Edge { x, top: corner });
                    b += 1;
                    // Before this edge the mask below was the other way round.
                    open = self.toggle(open, corner, b.is_multiple_of(2));
                }
                (Some(_), None) => break,
            }
        }
        for &[left, right] in below.as_chunks::<2>().0 {
            // Only where the right edge begins: further down there may be another hole at its left.
            let corner = &mut self.corners[right.top];
            if corner.left == NOWHERE {
                corner.left = left.top;
            }
        }
        self.below = std::mem::replace(&mut self.above, below);
    }

    /// The rows begin or cease to differ at a corner; where they cease, `mask_below` tells which of them had the mask.
    fn toggle(&mut self, open: Option<usize>, corner: usize, mask_below: bool) -> Option<usize> {
        if open.is_none() {
            return Some(corner);
        }
        self.level(open, corner, mask_below);
        None
    }

    /// A level edge: rightwards above the mask, leftwards below it.
    fn level(&mut self, open: Option<usize>, right: usize, mask_below: bool) {
        let Some(left) = open else { return };
        if mask_below {
            self.corners[left].next = right;
        } else {
            self.corners[right].next = left;
        }
    }

    fn polygons(self) -> Result<Vec<Polygon>> {
        const UNSEEN: usize = usize::MAX;
        let mut ring_of = vec![UNSEEN; self.corners.len()];
        let mut rings: Vec<(Ring, usize)> = Vec::new();
        // Corners stand in reading order, so a ring is met at its topmost, then leftmost corner.
        for first in 0..self.corners.len() {
            if ring_of[first] != UNSEEN {
                continue;
            }
            let (mut points, mut at) = (Vec::new(), first);
            while ring_of[at] == UNSEEN {
                ring_of[at] = rings.len();
                let corner = &self.corners[at];
                points.push(Point { x: f64::from(corner.x), y: f64::from(corner.y) });
                at = corner.next;
            }
            rings.push((Ring::new(points)?, first));
        }
        // A hole belongs to what the left edge of the span at its left belongs to.
        let mut polygon_of = vec![0; rings.len()];
        let mut polygons: Vec<Polygon> = Vec::new();
        for (index, (ring, first)) in rings.into_iter().enumerate() {
            if ring.doubled_area() > 0.0 {
                polygon_of[index] = polygons.len();
                polygons.push(Polygon::new(ring));
            } else {
                let left = self.corners[first].left;
                polygon_of[index] = polygon_of[ring_of[left]];
                polygons[polygon_of[index]].interiors.push(ring);
            }
        }
        Ok(polygons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::rasterize;
    use crate::model::PixelRule;

    /// `#` is the mask.
    fn mask(rows: &[&str]) -> Spans {
        let mut spans = Vec::new();
        for (y, row) in rows.iter().enumerate() {
            for (x, _) in row.bytes().enumerate().filter(|(_, byte)| *byte == b'#') {
                spans.push(Span { y: y as u32, start: x as u32, end: x as u32 + 1 });
            }
        }
        Spans::new(rows[0].len() as u32, rows.len() as u32, spans).unwrap()
    }

    fn rings(polygons: &[Polygon]) -> Vec<(Vec<(f64, f64)>, usize)> {
        let points = |ring: &Ring| ring.points().iter().map(|point| (point.x, point.y)).collect();
        polygons.iter().map(|polygon| (points(&polygon.exterior), polygon.interiors.len())).collect()
    }

    #[test]
    fn a_pixel_is_a_square_clockwise_from_its_top_left() {
        let traced = trace(&mask(&["...", ".#.", "..."]), Connectivity::Four).unwrap();
        assert_eq!(rings(&traced), [(vec![(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0)], 0)]);
        assert!(traced[0].exterior.doubled_area() > 0.0);
    }

    #[test]
    fn corners_join_or_part() {
        for rows in [["#.", ".#"], [".#", "#."]] {
            let four = trace(&mask(&rows), Connectivity::Four).unwrap();
            let eight = trace(&mask(&rows), Connectivity::Eight).unwrap();
            assert_eq!((four.len(), eight.len()), (2, 1), "{rows:?}");
            assert_eq!(eight[0].exterior.points().len(), 8);
        }
    }

    #[test]
    fn holes_belong_to_the_part_around_them() {
        let nested = mask(&["#########", "#.......#", "#.###.#.#", "#.#.#.#.#", "#.###...#", "#.......#", "#########"]);
        for connectivity in [Connectivity::Four, Connectivity::Eight] {
            let traced = trace(&nested, connectivity).unwrap();
            assert_eq!(traced.iter().map(|polygon| polygon.interiors.len()).collect::<Vec<_>>(), [1, 1, 0]);
        }
        // Two holes side by side: the second finds the part through the first. Holes that touch at a corner are one
        // only where parts are parted there.
        let beside = mask(&["######", "#.#.##", "##.###", "######"]);
        let count = |connectivity| trace(&beside, connectivity).unwrap()[0].interiors.len();
        assert_eq!((count(Connectivity::Four), count(Connectivity::Eight)), (1, 3));
    }

    #[test]
    fn rasterising_what_was_traced_gives_the_mask_back() {
        let mut state = 11u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for round in 0..100_000 {
            let (width, height, dense) = (1 + random() % 12, 1 + random() % 9, random() % 8);
            let mut spans = Vec::new();
            for y in 0..height {
                spans.extend(
                    (0..width)
                        .filter(|_| random() % 8 <= dense)
                        .map(|x| Span { y, start: x, end: x + 1 })
                        .collect::<Vec<_>>(),
                );
            }
            let mask = Spans::new(width, height, spans).unwrap();
            let connectivity = if round % 2 == 0 { Connectivity::Four } else { Connectivity::Eight };
            let traced = trace(&mask, connectivity).unwrap();
            let back = rasterize(&traced, width, height, PixelRule::Center).unwrap();
            assert_eq!(back, mask, "{traced:?}");
            let area: f64 = traced.iter().flat_map(|polygon| polygon.rings()).map(Ring::doubled_area).sum();
            assert_eq!(area, 2.0 * mask.area() as f64);
        }
    }
}
