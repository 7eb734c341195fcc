//! The rings of several kinds of pixels at once, from the edges of one row to those of the next.

use super::Connectivity;
use crate::model::{Point, Polygon, Ring};
use crate::{Error, Result};

/// The kind of pixels that nobody wants the outlines of.
pub(super) const NO_KIND: u32 = u32::MAX;

const NOWHERE: u32 = u32::MAX;

/// A vertical edge through a row.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) x: u32,
    /// The kind of pixels at its right.
    pub(super) kind: u32,
    /// The corner at which it begins as the right edge of what lies left of it, and as the left edge of what lies right.
    tops: [u32; 2],
}

/// A corner of a ring. Kept small: rings go to and fro between rows, so that memory decides how fast they are followed.
struct Corner {
    x: u32,
    /// [`NOWHERE`] once its ring is known.
    y: u32,
    /// The corner that follows on its ring; then its ring.
    next: u32,
}

/// Goes down the rows. Left edges go up and right edges down, so that the pixels of a ring are at its right hand.
pub(super) struct Tracer {
    connectivity: Connectivity,
    corners: Vec<Corner>,
    /// The kind of each corner.
    kinds: Vec<u32>,
    /// Corners where a hole may begin, in order, each with one of what lies around it.
    around: Vec<(u32, u32)>,
    /// The edges through the last row, by column.
    above: Vec<Edge>,
    below: Vec<Edge>,
    /// How many edges of the last row lie behind.
    passed: usize,
    /// Where the level edges under way began: that of the pixels above it, and that of the pixels below.
    open: [u32; 2],
    y: u32,
}

impl Tracer {
    pub(super) fn new(connectivity: Connectivity) -> Self {
        Tracer {
            connectivity,
            corners: Vec::new(),
            kinds: Vec::new(),
            around: Vec::new(),
            above: Vec::new(),
            below: Vec::new(),
            passed: 0,
            open: [NOWHERE; 2],
            y: 0,
        }
    }

    /// Begins the line above row y; what is not stretched over stays as it is above.
    pub(super) fn line(&mut self, y: u32) {
        self.y = y;
        self.passed = 0;
        self.below.clear();
    }

    /// A stretch in which the two rows may differ; before its first and from its last column on they do not. `edges` are
    /// those of the row below, in these columns: where, and the kind at the right.
    pub(super) fn stretch(&mut self, first: u32, last: u32, edges: &[(u32, u32)]) {
        let carried = self.above[self.passed..].iter().take_while(|edge| edge.x < first).count();
        self.below.extend_from_slice(&self.above[self.passed..self.passed + carried]);
        self.passed += carried;
        let mut left = [self.below.last().map_or(NO_KIND, |edge| edge.kind); 2];
        let mut edges = edges.iter().peekable();
        loop {
            let upper = self.above.get(self.passed).filter(|edge| edge.x <= last).copied();
            let lower = edges.peek().map(|(x, _)| *x);
            let x = match (upper.map(|edge| edge.x), lower) {
                (None, None) => break,
                (Some(x), None) | (None, Some(x)) => x,
                (Some(x), Some(other)) => x.min(other),
            };
            let mut right = left;
            let mut tops = [NOWHERE; 2];
            if let Some(edge) = upper.filter(|edge| edge.x == x) {
                right[0] = edge.kind;
                tops = edge.tops;
                self.passed += 1;
            }
            if let Some((_, kind)) = edges.next_if(|(place, _)| *place == x) {
                right[1] = *kind;
            }
            if left[0] == left[1] && right[0] == right[1] {
                self.below.push(Edge { x, kind: right[1], tops });
            } else {
                self.vertex(x, [left[0], right[0], left[1], right[1]], tops);
            }
            left = right;
        }
    }

    /// Ends the line.
    pub(super) fn end_line(&mut self) {
        self.below.extend_from_slice(&self.above[self.passed..]);
        std::mem::swap(&mut self.above, &mut self.below);
    }

    /// A place where four pixels meet of which not all are alike: above left and right, below left and right.
    fn vertex(&mut self, x: u32, around: [u32; 4], up: [u32; 2]) {
        let mut down = [NOWHERE; 2];
        let open = self.open;
        for place in 0..4 {
            let kind = around[place];
            if kind == NO_KIND || around[..place].contains(&kind) {
                continue;
            }
            let bits = around.iter().fold(0, |bits, other| bits << 1 | u8::from(*other == kind));
            self.turn(x, kind, bits, open, up, &mut down);
        }
        if around[2] != around[3] {
            self.below.push(Edge { x, kind: around[3], tops: down });
        }
    }

    /// The ring of a kind at a vertex; `bits` tell which of the four pixels are of it.
    fn turn(&mut self, x: u32, kind: u32, bits: u8, open: [u32; 2], up: [u32; 2], down: &mut [u32; 2]) {
        const LEFT: usize = 0;
        const RIGHT: usize = 1;
        const ABOVE: usize = 0;
        const BELOW: usize = 1;
        match bits {
            // Straight on.
            0b1010 => down[LEFT] = up[LEFT],
            0b0101 => down[RIGHT] = up[RIGHT],
            0b0000 | 0b1111 | 0b1100 | 0b0011 => {}
            0b1000 => {
                let corner = self.corner(x, kind);
                self.join(up[LEFT], corner);
                self.join(corner, open[ABOVE]);
            }
            0b0100 => {
                let corner = self.corner(x, kind);
                self.join(corner, up[RIGHT]);
                self.open[ABOVE] = corner;
            }
            0b0010 => {
                let corner = self.corner(x, kind);
                self.join(open[BELOW], corner);
                down[LEFT] = corner;
            }
            0b0001 => {
                let corner = self.corner(x, kind);
                self.open[BELOW] = corner;
                down[RIGHT] = corner;
            }
            0b0111 => {
                let corner = self.corner(x, kind);
                self.join(open[BELOW], corner);
                self.join(corner, up[RIGHT]);
            }
            0b1011 => {
                let corner = self.corner(x, kind);
                self.join(up[LEFT], corner);
                self.open[BELOW] = corner;
            }
            0b1101 => {
                let corner = self.corner(x, kind);
                self.join(corner, open[ABOVE]);
                down[RIGHT] = corner;
            }
            0b1110 => {
                let corner = self.corner_of_hole(x, kind);
                self.open[ABOVE] = corner;
                down[LEFT] = corner;
            }
            // Two pixels touch at their corners, and the ring of each passes here: on to the level edge of its own
            // pixel, or to that of the other if they belong together.
            0b1001 => {
                let (upper, lower) = (self.corner(x, kind), self.corner(x, kind));
                self.join(up[LEFT], upper);
                down[RIGHT] = lower;
                let (to_left, to_right) = self.pair(upper, lower);
                self.join(to_left, open[ABOVE]);
                self.open[BELOW] = to_right;
            }
            0b0110 => {
                let (upper, lower) = (self.corner(x, kind), self.corner_of_hole(x, kind));
                self.join(upper, up[RIGHT]);
                down[LEFT] = lower;
                let (to_right, to_left) = self.pair(upper, lower);
                self.join(open[BELOW], to_left);
                self.open[ABOVE] = to_right;
            }
            _ => {}
        }
    }

    fn pair(&self, upper: u32, lower: u32) -> (u32, u32) {
        match self.connectivity {
            Connectivity::Four => (upper, lower),
            Connectivity::Eight => (lower, upper),
        }
    }

    fn corner(&mut self, x: u32, kind: u32) -> u32 {
        self.corners.push(Corner { x, y: self.y, next: NOWHERE });
        self.kinds.push(kind);
        // Too many are found out in the end.
        (self.corners.len() - 1) as u32
    }

    /// The pixel below right is not of the kind, those left of it and above are: its hole may have its topmost, then
    /// leftmost corner here.
    fn corner_of_hole(&mut self, x: u32, kind: u32) -> u32 {
        let corner = self.corner(x, kind);
        if let Some(edge) = self.below.last() {
            self.around.push((corner, edge.tops[1]));
        }
        corner
    }

    fn join(&mut self, from: u32, to: u32) {
        if let Some(corner) = self.corners.get_mut(from as usize) {
            corner.next = to;
        }
    }

    /// The polygons of each kind.
    pub(super) fn polygons(mut self, kinds: usize) -> Result<Vec<Vec<Polygon>>> {
        if self.corners.len() >= NOWHERE as usize {
            return Err(Error::unsupported("the outlines have more corners than can be counted")
                .found(self.corners.len().to_string())
                .expected(format!("fewer than {NOWHERE}")));
        }
        let mut polygons: Vec<Vec<Polygon>> = vec![Vec::new(); kinds];
        // For each ring, the place of its polygon.
        let mut polygon_of: Vec<u32> = Vec::new();
        let mut points = Vec::new();
        let mut around = self.around.iter().peekable();
        // Corners stand in reading order, so a ring is met at its topmost, then leftmost corner.
        for (first, &kind) in self.kinds.iter().enumerate() {
            let around = around.next_if(|(corner, _)| *corner as usize == first);
            if self.corners[first].y == NOWHERE {
                continue;
            }
            points.clear();
            let mut at = first;
            while let Some(corner) = self.corners.get_mut(at).filter(|corner| corner.y != NOWHERE) {
                points.push(Point { x: f64::from(corner.x), y: f64::from(corner.y) });
                corner.y = NOWHERE;
                at = std::mem::replace(&mut corner.next, polygon_of.len() as u32) as usize;
            }
            let ring = Ring::new(points.clone())?;
            let of_kind = &mut polygons[kind as usize];
            match around {
                Some(&(_, corner)) => {
                    let place = polygon_of[self.corners[corner as usize].next as usize];
                    of_kind[place as usize].interiors.push(ring);
                    polygon_of.push(place);
                }
                None => {
                    polygon_of.push(of_kind.len() as u32);
                    of_kind.push(Polygon::new(ring));
                }
            }
        }
        Ok(polygons)
    }
}
