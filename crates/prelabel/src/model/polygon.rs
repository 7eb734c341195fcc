use crate::error::At;
use crate::{Error, Result};

/// A vertex: a point in the plane in which pixel (x, y) covers [x, x + 1) × [y, y + 1), origin top left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Rightwards.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A closed line: the last vertex is joined to the first, which is not repeated.
///
/// # Guarantees
/// At least three vertices, all finite and within ±2²⁴.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring(Vec<Point>);

/// An area: what lies within the exterior and in none of the interiors.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    /// The outer line, of any winding.
    pub exterior: Ring,
    /// The holes, of any winding.
    pub interiors: Vec<Ring>,
}

impl Ring {
    /// Farther out than any image; rasterising is exact within.
    pub(crate) const FARTHEST: f64 = (1 << 24) as f64;

    /// A ring of vertices. A last vertex equal to the first is left out.
    ///
    /// # Errors
    /// Fewer than three vertices, one that is not finite or lies beyond ±2²⁴; the error names it.
    pub fn new(mut points: Vec<Point>) -> Result<Self> {
        if points.len() > 3 && points.first() == points.last() {
            points.pop();
        }
        if points.len() < 3 {
            return Err(Error::invalid("a ring has too few vertices")
                .found(points.len().to_string())
                .expected("at least 3"));
        }
        for (index, point) in points.iter().enumerate() {
            for (axis, value) in [("x", point.x), ("y", point.y)] {
                if !value.is_finite() || value.abs() > Ring::FARTHEST {
                    return Err(Error::invalid("a vertex lies nowhere near an image")
                        .at(At::Entry(format!("{axis} of vertex {index}")))
                        .found(value.to_string())
                        .expected("a number of pixels within ±16,777,216"));
                }
            }
        }
        Ok(Ring(points))
    }

    /// A ring of coordinates x₀, y₀, x₁, y₁, …, as COCO writes it.
    ///
    /// # Errors
    /// An odd number of coordinates, and what [`Ring::new`] refuses.
    pub fn from_flat(coordinates: &[f64]) -> Result<Self> {
        let (pairs, []) = coordinates.as_chunks::<2>() else {
            return Err(Error::invalid("a ring has an x without a y")
                .found(format!("{} numbers", coordinates.len()))
                .expected("an even number: x and y of each vertex"));
        };
        Ring::new(pairs.iter().map(|&[x, y]| Point { x, y }).collect())
    }

    /// The vertices.
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    /// Each side from its vertex to the next.
    pub fn sides(&self) -> impl Iterator<Item = (Point, Point)> {
        self.0.iter().enumerate().map(|(index, &from)| (from, self.0[(index + 1) % self.0.len()]))
    }

    /// Twice the enclosed area, positive where the vertices go clockwise on screen.
    pub fn doubled_area(&self) -> f64 {
        self.sides().map(|(from, to)| from.x * to.y - to.x * from.y).sum()
    }
}

impl Polygon {
    /// A polygon without holes.
    pub fn new(exterior: Ring) -> Self {
        Polygon { exterior, interiors: Vec::new() }
    }

    /// All rings, the exterior first.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        std::iter::once(&self.exterior).chain(&self.interiors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_valid_or_refused_by_name() {
        let ring = Ring::from_flat(&[0.0, 0.0, 4.0, 0.0, 4.0, 4.0, 0.0, 4.0, 0.0, 0.0]).unwrap();
        assert_eq!((ring.points().len(), ring.doubled_area()), (4, 32.0));
        for (coordinates, said) in [
            (vec![1.0, 2.0, 3.0], "x without a y"),
            (vec![1.0, 2.0, 3.0, 4.0], "too few vertices"),
            (vec![1.0, 2.0, 3.0, f64::NAN, 5.0, 6.0], "y of vertex 1"),
            (vec![1.0, 2.0, 3.0, 4.0, 1e30, 6.0], "x of vertex 2"),
        ] {
            let error = Ring::from_flat(&coordinates).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
