//! Areas of one code that do not touch become areas of their own.

use crate::Result;
use crate::geometry::Connectivity;
use crate::model::{Cells, Code, Grid, run_length, with_cells};

/// A grid whose areas have codes of their own.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Codes from 0 in reading order of their first pixels.
    pub grid: Grid,
    /// For each of its codes, the one that its pixels had.
    pub codes: Vec<u32>,
}

/// Gives each connected area of the codes that `apart` accepts a code of its own; other codes stay one.
///
/// # Errors
/// More areas than a grid can hold.
pub fn parts(grid: &Grid, connectivity: Connectivity, apart: impl Fn(u32) -> bool) -> Result<Parts> {
    let width = grid.width() as usize;
    let mut runs = with_cells!(grid, cells => runs(cells, width));
    join(&mut runs, width, connectivity, &apart);
    let mut codes: Vec<u32> = Vec::new();
    let mut whole: std::collections::HashMap<u32, u32> = std::collections::HashMap::new();
    for index in 0..runs.len() {
        let (code, root) = (runs[index].code, root(&mut runs, index as u32) as usize);
        let next = codes.len() as u32;
        let part = match apart(code) {
            // A root is the first run of its area, so it is numbered before the others ask.
            true if root == index => next,
            true => runs[root].part,
            false => *whole.entry(code).or_insert(next),
        };
        if part == next {
            codes.push(code);
        }
        runs[index].part = part;
    }
    let pixels = width * grid.height() as usize;
    let cells = match codes.len() as u64 {
        count if count <= u8::LIMIT => Cells::U8(fill(&runs, pixels)),
        count if count <= u16::LIMIT => Cells::U16(fill(&runs, pixels)),
        _ => Cells::U32(fill(&runs, pixels)),
    };
    Ok(Parts { grid: Grid::new(grid.width(), grid.height(), cells)?, codes })
}

struct Run {
    start: u32,
    end: u32,
    code: u32,
    /// Another run of the same area that comes earlier, or itself.
    parent: u32,
    part: u32,
}

/// Runs within rows, as places in the whole grid.
fn runs<T: Code>(cells: &[T], width: usize) -> Vec<Run> {
    let mut runs = Vec::new();
    for (y, row) in cells.chunks_exact(width).enumerate() {
        let mut x = 0;
        while let Some(&code) = row.get(x) {
            let length = run_length(&row[x..], code);
            let start = (y * width + x) as u32;
            let parent = runs.len() as u32;
            runs.push(Run { start, end: start + length as u32, code: code.index() as u32, parent, part: 0 });
            x += length;
        }
    }
    runs
}

/// Joins runs of one code that touch in neighbouring rows; both rows are walked once.
fn join(runs: &mut [Run], width: usize, connectivity: Connectivity, apart: &impl Fn(u32) -> bool) {
    let width = width as u32;
    let reach = u32::from(connectivity == Connectivity::Eight);
    let mut above = 0;
    for index in 0..runs.len() {
        let (start, end, code) = (runs[index].start, runs[index].end, runs[index].code);
        if start < width || !apart(code) {
            continue;
        }
        let (row, from, to) = (start / width, start - width, end - width);
        // Runs that end before this one begins touch none of those that follow either.
        while runs[above].start / width + 1 < row
            || (runs[above].end + reach <= from && runs[above].start / width + 1 == row)
        {
            above += 1;
        }
        let mut other = above;
        while runs[other].start / width + 1 == row && runs[other].start < to + reach {
            if runs[other].code == code {
                let (one, two) = (root(runs, other as u32), root(runs, index as u32));
                let (first, second) = (one.min(two), one.max(two));
                runs[second as usize].parent = first;
            }
            other += 1;
        }
    }
}

fn root(runs: &mut [Run], mut index: u32) -> u32 {
    while runs[index as usize].parent != index {
        let parent = runs[index as usize].parent;
        runs[index as usize].parent = runs[parent as usize].parent;
        index = parent;
    }
    index
}

fn fill<T: Code>(runs: &[Run], pixels: usize) -> Vec<T> {
    let mut cells = vec![T::from_index(0); pixels];
    for run in runs {
        cells[run.start as usize..run.end as usize].fill(T::from_index(run.part as usize));
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(rows: &[&str], connectivity: Connectivity) -> (Vec<String>, Vec<u32>) {
        let cells = rows.concat().bytes().map(|byte| byte - b'0').collect();
        let grid = Grid::new(rows[0].len() as u32, rows.len() as u32, Cells::U8(cells)).unwrap();
        let parts = parts(&grid, connectivity, |code| code != 0).unwrap();
        let row = |y| (0..grid.width()).map(|x| parts.grid.get(x, y).unwrap().to_string()).collect();
        ((0..grid.height()).map(row).collect(), parts.codes)
    }

    #[test]
    fn areas_are_numbered_in_reading_order() {
        let rows = ["0101", "0111", "2000", "0201"];
        let (four, codes) = apart(&rows, Connectivity::Four);
        assert_eq!(four, ["0101", "0111", "2000", "0304"]);
        assert_eq!(codes, [0, 1, 2, 2, 1]);
        let (eight, codes) = apart(&rows, Connectivity::Eight);
        assert_eq!(eight, ["0101", "0111", "2000", "0203"]);
        assert_eq!(codes, [0, 1, 2, 1]);
    }

    #[test]
    fn areas_that_meet_late_are_one() {
        let (rows, codes) = apart(&["10101", "10101", "11111"], Connectivity::Four);
        // The area comes first in reading order, so it is code 0.
        assert_eq!(rows, ["01010", "01010", "00000"]);
        assert_eq!(codes, [1, 0]);
    }

    /// Against filling from each pixel.
    #[test]
    fn agrees_with_flood_filling() {
        let mut state = 7u32;
        let mut next = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        for _ in 0..2000 {
            let (width, height) = (next(9) + 1, next(9) + 1);
            let cells: Vec<u8> = (0..width * height).map(|_| next(3) as u8).collect();
            let grid = Grid::new(width, height, Cells::U8(cells.clone())).unwrap();
            for connectivity in [Connectivity::Four, Connectivity::Eight] {
                let found = parts(&grid, connectivity, |code| code != 0).unwrap();
                let mut wanted: Vec<Option<u32>> = vec![None; cells.len()];
                let (mut count, mut zero) = (0, None);
                for first in 0..cells.len() {
                    if wanted[first].is_some() {
                        continue;
                    }
                    if cells[first] == 0 {
                        wanted[first] = Some(*zero.get_or_insert_with(|| {
                            count += 1;
                            count - 1
                        }));
                        continue;
                    }
                    let mut open = vec![first];
                    while let Some(place) = open.pop() {
                        if wanted[place].is_some() || cells[place] != cells[first] {
                            continue;
                        }
                        wanted[place] = Some(count);
                        let (x, y) = (place as i64 % i64::from(width), place as i64 / i64::from(width));
                        for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
                            let corner = dx != 0 && dy != 0;
                            let (x, y) = (x + dx, y + dy);
                            let inside = (0..i64::from(width)).contains(&x) && (0..i64::from(height)).contains(&y);
                            if inside && !(corner && connectivity == Connectivity::Four) {
                                open.push((y * i64::from(width) + x) as usize);
                            }
                        }
                    }
                    count += 1;
                }
                let got: Vec<_> = (0..height)
                    .flat_map(|y| (0..width).map(move |x| (x, y)))
                    .map(|(x, y)| found.grid.get(x, y))
                    .collect();
                assert_eq!(got, wanted, "{cells:?} {width} × {height}");
            }
        }
    }
}
