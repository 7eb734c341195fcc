//! Several rings as one, for formats with a single line an object.

use std::collections::HashMap;

use crate::Result;
use crate::model::{Point, Ring};

/// Rings joined where their vertices are nearest: the line goes straight to the next ring, around it, and the same way
/// back, as Ultralytics' `merge_multi_segment` does. Tools that fill a polygon together with its outline show the way.
///
/// # Errors
/// No ring.
pub fn chain(rings: &[Ring]) -> Result<Ring> {
    let lines: Vec<Line> = rings.iter().map(Line::new).collect();
    // For each vertex, the rings that are reached from it, and at which vertex.
    let mut ways: HashMap<(usize, usize), Vec<(usize, usize)>> = HashMap::new();
    for next in 1..lines.len() {
        let mut best = Nearest { squared: f64::INFINITY, ..Nearest::default() };
        for earlier in 0..next {
            if lines[next].apart(&lines[earlier]) < best.squared {
                lines[next].nearest(&lines[earlier], earlier, &mut best);
            }
        }
        ways.entry((best.ring, best.from)).or_default().push((next, best.to));
    }
    let mut points = Vec::new();
    // Without recursion: a ring under way, its first vertex, how many were passed, and the detours made from the last.
    let mut open: Vec<(usize, usize, usize, usize)> = vec![(0, 0, 0, 0)];
    while let Some((ring, first, passed, left_for)) = open.last_mut() {
        let first = *first;
        let Some(line) = rings.get(*ring).map(Ring::points) else { break };
        let place = |passed: usize| (first + passed) % line.len();
        if let Some(last) = passed.checked_sub(1).filter(|last| *last < line.len()).map(place) {
            if *left_for > 0 {
                points.push(line[last]);
            }
            if let Some(&(next, at)) = ways.get(&(*ring, last)).and_then(|ways| ways.get(*left_for)) {
                *left_for += 1;
                open.push((next, at, 0, 0));
                continue;
            }
        }
        // All but the first ring are closed before the way back.
        if *passed == line.len() + usize::from(*ring > 0) {
            open.pop();
            continue;
        }
        points.push(line[place(*passed)]);
        *passed += 1;
        *left_for = 0;
    }
    Ring::new(points)
}

#[derive(Default)]
struct Nearest {
    squared: f64,
    ring: usize,
    from: usize,
    to: usize,
}

/// The vertices of a ring from top to bottom.
struct Line {
    sorted: Vec<(Point, usize)>,
    /// Left, top, right, bottom.
    bounds: [f64; 4],
}

impl Line {
    fn new(ring: &Ring) -> Self {
        let mut sorted: Vec<(Point, usize)> = ring.points().iter().copied().zip(0..).collect();
        sorted.sort_by(|one, other| one.0.y.total_cmp(&other.0.y).then(one.1.cmp(&other.1)));
        let points = ring.points().iter();
        let bounds = points.fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |[left, top, right, bottom], point| {
            [left.min(point.x), top.min(point.y), right.max(point.x), bottom.max(point.y)]
        });
        Line { sorted, bounds }
    }

    /// The square of what at least lies between two rings.
    fn apart(&self, other: &Line) -> f64 {
        let gap = |axis: usize| {
            let gap = (self.bounds[axis] - other.bounds[axis + 2]).max(other.bounds[axis] - self.bounds[axis + 2]);
            gap.max(0.0)
        };
        gap(0).powi(2) + gap(1).powi(2)
    }

    /// The nearest vertices of two rings, if they are nearer than `best`.
    fn nearest(&self, other: &Line, ring: usize, best: &mut Nearest) {
        for &(point, to) in &self.sorted {
            let middle = other.sorted.partition_point(|(candidate, _)| candidate.y < point.y);
            let (above, below) = other.sorted.split_at(middle);
            let mut look = |candidates: &mut dyn Iterator<Item = &(Point, usize)>| {
                for &(candidate, from) in candidates {
                    let down = (candidate.y - point.y).powi(2);
                    if down >= best.squared {
                        break;
                    }
                    let squared = down + (candidate.x - point.x).powi(2);
                    if squared < best.squared {
                        *best = Nearest { squared, ring, from, to };
                    }
                }
            };
            look(&mut below.iter());
            look(&mut above.iter().rev());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(flat: &[f64]) -> Ring {
        Ring::from_flat(flat).unwrap()
    }

    #[test]
    fn rings_are_joined_where_they_are_nearest() {
        let one = ring(&[0.0, 0.0, 2.0, 0.0, 2.0, 2.0, 0.0, 2.0]);
        let far = ring(&[20.0, 0.0, 22.0, 0.0, 22.0, 2.0]);
        let near = ring(&[5.0, 9.0, 4.0, 3.0, 6.0, 9.0]);
        let line: Vec<(f64, f64)> =
            chain(&[one.clone(), near, far]).unwrap().points().iter().map(|point| (point.x, point.y)).collect();
        let way = [(2.0, 2.0), (4.0, 3.0), (20.0, 0.0), (22.0, 0.0), (22.0, 2.0), (20.0, 0.0), (4.0, 3.0)];
        let back = [(6.0, 9.0), (5.0, 9.0), (4.0, 3.0), (2.0, 2.0), (0.0, 2.0)];
        assert_eq!(line, [&[(0.0, 0.0), (2.0, 0.0)][..], &way, &back].concat());
        assert_eq!(chain(std::slice::from_ref(&one)).unwrap(), one);
        assert!(chain(&[]).is_err());
    }
}
