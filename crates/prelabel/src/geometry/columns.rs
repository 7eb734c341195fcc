//! A grid down its columns: the run lengths of all codes in one pass, without turning it.

use super::buckets::Buckets;
use crate::Result;
use crate::model::{Code, Grid, Rle, with_cells};

/// A place where a column-major walk meets another code: its row, and the code from there on.
#[derive(Clone, Copy, Default)]
struct Change {
    y: u32,
    code: u32,
}

/// The masks of some kinds of pixels: `kind_of` names the kind of each code, below `kinds`; pixels of codes without one
/// are in no mask. Kinds without a pixel give nothing.
///
/// Run lengths end where a pixel differs from the one above it, so rows are compared with one another and only the
/// differences are sorted by column.
///
/// # Errors
/// A grid of more pixels than an [`Rle`] holds.
pub fn masks(grid: &Grid, kinds: usize, kind_of: impl Fn(u32) -> Option<usize>) -> Result<Vec<Option<Rle>>> {
    let (width, height) = grid.size();
    let pixels = Rle::empty(height, width)?.counts()[0];
    let changes = with_cells!(grid, cells => changes(cells, width as usize));
    let columns = Buckets::new(&changes);
    // For each kind its run lengths, and where the last of them ends.
    let mut counts: Vec<(Vec<u32>, u32)> = vec![(Vec::new(), 0); kinds];
    let mut open: Option<(usize, u32)> = None;
    let mut end = |open: Option<(usize, u32)>, at: u32| {
        if let Some((kind, start)) = open {
            let (counts, last) = &mut counts[kind];
            counts.extend([start - *last, at - start]);
            *last = at;
        }
    };
    for x in 0..width {
        for change in columns.get(x) {
            let at = x * height + change.y;
            let kind = kind_of(change.code);
            if kind != open.map(|(kind, _)| kind) {
                end(open, at);
                open = kind.map(|kind| (kind, at));
            }
        }
    }
    end(open, pixels);
    let finish = |(mut counts, last): (Vec<u32>, u32)| {
        if counts.is_empty() {
            return Ok(None);
        }
        if last < pixels {
            counts.push(pixels - last);
        }
        Rle::new(height, width, counts).map(Some)
    };
    counts.into_iter().map(finish).collect()
}

/// All changes by column, in the order of their rows.
fn changes<T: Code>(cells: &[T], width: usize) -> Vec<(u32, Change)> {
    let mut changes = Vec::new();
    let Some(bottom) = cells.rchunks_exact(width).next() else { return changes };
    // A column goes on at the top of the next one.
    for (x, cell) in cells[..width].iter().enumerate() {
        if x == 0 || *cell != bottom[x - 1] {
            changes.push((x as u32, Change { y: 0, code: cell.index() as u32 }));
        }
    }
    for (y, (above, row)) in (1..).zip(cells.chunks_exact(width).zip(cells.chunks_exact(width).skip(1))) {
        T::for_each_difference(above, row, |x| {
            changes.push((x as u32, Change { y, code: row[x].index() as u32 }));
        });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cells;

    /// Against walking each column.
    #[test]
    fn masks_are_those_of_a_walk_down_the_columns() {
        let mut state = 5u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        for round in 0..600 {
            let (width, height) =
                if round % 10 == 0 { (random(90) + 1, random(9) + 1) } else { (random(7) + 1, random(7) + 1) };
            let codes = random(4) + 1;
            let cells: Vec<u16> = (0..width * height).map(|_| random(codes) as u16).collect();
            let grid = Grid::new(width, height, Cells::U16(cells)).unwrap();
            // Code 0 is of no kind, codes 2 and 3 are of one.
            let kind_of = |code: u32| [None, Some(0), Some(1), Some(1)][code as usize];
            let found = masks(&grid, 3, kind_of).unwrap();
            assert!(found[2].is_none());
            for kind in [0, 1] {
                let walk = (0..width).flat_map(|x| (0..height).map(move |y| (x, y)));
                let inside = walk.map(|(x, y)| kind_of(grid.get(x, y).unwrap()) == Some(kind));
                let (mut counts, mut last) = (vec![0u32], false);
                for inside in inside {
                    if inside != last {
                        counts.push(0);
                        last = inside;
                    }
                    *counts.last_mut().unwrap() += 1;
                }
                let wanted = (counts.len() > 1).then(|| Rle::new(height, width, counts).unwrap());
                assert_eq!(found[kind], wanted);
            }
        }
    }
}
