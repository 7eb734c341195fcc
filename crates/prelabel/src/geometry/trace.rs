//! Masks to rings along the edges of pixels.

use std::fmt;
use std::str::FromStr;

use super::Spans;
use super::tracer::{NO_KIND, Tracer};
use crate::model::{Code, Grid, Polygon, with_cells};
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
/// None for a mask within the size that [`Ring`](crate::model::Ring) allows.
pub fn trace(mask: &Spans, connectivity: Connectivity) -> Result<Vec<Polygon>> {
    let mut tracer = Tracer::new(connectivity);
    let (mut rest, mut bottom) = (mask.as_slice(), 0);
    let mut edges = Vec::new();
    while let Some(first) = rest.first() {
        let y = first.y;
        let (row, after) = rest.split_at(rest.iter().take_while(|span| span.y == y).count());
        // Rows without a span end all that is above them.
        if bottom < y {
            line(&mut tracer, bottom, mask.width(), &[]);
        }
        edges.clear();
        edges.extend(row.iter().flat_map(|span| [(span.start, 0), (span.end, NO_KIND)]));
        line(&mut tracer, y, mask.width(), &edges);
        (bottom, rest) = (y + 1, after);
    }
    line(&mut tracer, bottom, mask.width(), &[]);
    Ok(tracer.polygons(1)?.pop().unwrap_or_default())
}

fn line(tracer: &mut Tracer, y: u32, width: u32, edges: &[(u32, u32)]) {
    tracer.line(y);
    tracer.stretch(0, width, edges);
    tracer.end_line();
}

/// The polygons of some kinds of pixels, each as [`trace`] gives them: `kind_of` names the kind of each code, below
/// `kinds`; pixels of codes without one have none.
///
/// All kinds are traced in one walk, which only looks at pixels that differ from the one above them.
///
/// # Errors
/// More corners than can be counted: 2³² − 1.
pub fn outlines(
    grid: &Grid,
    kinds: usize,
    kind_of: impl Fn(u32) -> Option<usize>,
    connectivity: Connectivity,
) -> Result<Vec<Vec<Polygon>>> {
    let kind = |code: usize| kind_of(code as u32).map_or(NO_KIND, |kind| kind as u32);
    with_cells!(grid, cells => by_rows(cells, grid.size(), kind, connectivity)).polygons(kinds)
}

fn by_rows<T: Code>(
    cells: &[T],
    (width, height): (u32, u32),
    kind: impl Fn(usize) -> u32,
    connectivity: Connectivity,
) -> Tracer {
    let mut tracer = Tracer::new(connectivity);
    let columns = width as usize;
    let mut edges = Vec::new();
    // Edges of columns first to last of a row; beyond the image there is no kind.
    let mut stretch = |tracer: &mut Tracer, row: &[T], first: usize, last: usize| {
        edges.clear();
        let mut left = first.checked_sub(1).map_or(NO_KIND, |left| kind(row[left].index()));
        let mut code = first.checked_sub(1).map(|left| row[left]);
        for (x, &cell) in (first as u32..).zip(&row[first..columns.min(last + 1)]) {
            if code != Some(cell) {
                code = Some(cell);
                let right = kind(cell.index());
                if right != left {
                    edges.push((x, right));
                    left = right;
                }
            }
        }
        if last == columns && left != NO_KIND {
            edges.push((width, NO_KIND));
        }
        tracer.stretch(first as u32, last as u32, &edges);
    };
    let mut above: Option<&[T]> = None;
    for (y, row) in (0..).zip(cells.chunks_exact(columns)) {
        tracer.line(y);
        match above {
            None => stretch(&mut tracer, row, 0, columns),
            Some(above) => each_difference(above, row, |first, last| stretch(&mut tracer, row, first, last)),
        }
        tracer.end_line();
        above = Some(row);
    }
    line(&mut tracer, height, width, &[]);
    tracer
}

/// Stretches of columns outside of which two rows are alike.
fn each_difference<T: Code>(above: &[T], row: &[T], mut each: impl FnMut(usize, usize)) {
    // The edges at both sides of a column are looked at with it, so stretches that are as near as that are one.
    let mut open: Option<(usize, usize)> = None;
    T::for_each_difference(above, row, |column| match &mut open {
        Some((_, end)) if *end + 1 >= column => *end = column + 1,
        _ => {
            if let Some((first, last)) = open.replace((column, column + 1)) {
                each(first, last);
            }
        }
    });
    if let Some((first, last)) = open {
        each(first, last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Span, rasterize};
    use crate::model::{Cells, PixelRule, Ring};

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

    /// All kinds in one walk give what each of them gives alone.
    #[test]
    fn outlines_of_a_map_are_those_of_its_masks() {
        let mut state = 17u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        for round in 0..20_000 {
            let (width, height) =
                if round % 20 == 0 { (random(150) + 1, random(9) + 1) } else { (random(9) + 1, random(8) + 1) };
            let (codes, calm) = (random(5) + 1, random(4));
            let mut cells: Vec<u16> = Vec::new();
            for place in 0..(width * height) as usize {
                // Pixels like those at the left or above, so that there are areas.
                let like = [place.checked_sub(1), place.checked_sub(width as usize)][random(2) as usize];
                let like = like.filter(|_| random(4) < calm).map(|place| cells[place]);
                cells.push(like.unwrap_or_else(|| random(codes) as u16));
            }
            let grid = Grid::new(width, height, Cells::U16(cells)).unwrap();
            let kind_of = |code: u32| [None, Some(0), Some(1), Some(1), Some(2)][code as usize];
            for connectivity in [Connectivity::Four, Connectivity::Eight] {
                let found = outlines(&grid, 3, kind_of, connectivity).unwrap();
                for (kind, found) in found.iter().enumerate() {
                    let inside = |&(x, y): &(u32, u32)| kind_of(grid.get(x, y).unwrap()) == Some(kind);
                    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(inside);
                    let spans = pixels.map(|(x, y)| Span { y, start: x, end: x + 1 }).collect();
                    let mask = Spans::new(width, height, spans).unwrap();
                    assert_eq!(*found, trace(&mask, connectivity).unwrap(), "{grid:?}");
                }
            }
        }
    }
}
