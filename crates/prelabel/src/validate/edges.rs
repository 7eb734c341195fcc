//! Which pixels lie between two areas: where smoothing and JPEG put colours that nobody meant.

use crate::model::{Code, Grid, with_cells};

/// A band between two areas is at most so wide; smooth scaling by 8 makes one of 8 pixels.
const WIDEST: usize = 16;

/// For each code, how many of its pixels lie on an edge. Only codes that are `stray` are counted: such a
/// pixel is on an edge if, along its row or its column, the next pixels on both sides that are not stray
/// are near and of different codes.
pub(super) fn on_edges(grid: &Grid, stray: &[bool]) -> Vec<u64> {
    with_cells!(grid, cells => count(cells, grid.width() as usize, stray))
}

fn count<T: Code>(cells: &[T], width: usize, stray: &[bool]) -> Vec<u64> {
    let is_stray = |code: T| stray.get(code.index()).copied().unwrap_or_default();
    let mut marks = vec![false; cells.len()];
    let height = cells.len() / width;
    for y in 0..height {
        mark(&mut marks, y * width, 1, width, |at| cells[at], is_stray);
    }
    for x in 0..width {
        mark(&mut marks, x, width, height, |at| cells[at], is_stray);
    }
    let mut counts = vec![0; stray.len()];
    for (&code, _) in cells.iter().zip(&marks).filter(|(_, marked)| **marked) {
        counts[code.index()] += 1;
    }
    counts
}

/// Marks the short runs of stray pixels of one row or column whose two ends differ.
fn mark<T: Code>(
    marks: &mut [bool],
    start: usize,
    step: usize,
    length: usize,
    cell: impl Fn(usize) -> T,
    is_stray: impl Fn(T) -> bool,
) {
    let mut before: Option<T> = None;
    let mut run = 0;
    for index in 0..length {
        let code = cell(start + index * step);
        if is_stray(code) {
            run += 1;
            continue;
        }
        if run > 0 && run <= WIDEST && before.is_some_and(|before| before != code) {
            for inside in index - run..index {
                marks[start + inside * step] = true;
            }
        }
        (before, run) = (Some(code), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cells;

    #[test]
    fn between_two_areas_is_an_edge_and_inside_one_is_not() {
        // 0 and 1 are areas; 2 lies between them in rows, 3 between them in columns, 4 inside one.
        let cells = vec![
            0, 2, 1, 1, //
            0, 2, 1, 4, //
            3, 2, 1, 1, //
            1, 1, 1, 1,
        ];
        let grid = Grid::new(4, 4, Cells::U8(cells)).unwrap();
        assert_eq!(on_edges(&grid, &[false, false, true, true, true]), [0, 0, 2, 1, 0]);
    }
}
