//! Which codes of two grids stand at the same pixels, and at how many.

use std::collections::HashMap;

use crate::model::{Cells, Code, Grid, for_each_run, with_cells};

/// Cells whose runs are held at once.
const BLOCK: usize = 4096;

/// Entries that a table of all pairs may have; beyond, only pairs that occur are held.
const TABLE: usize = 1 << 18;

/// Calls `each(code of one, code of other, pixels)` for every pair of codes that share pixels, in ascending order.
/// Nothing is called for grids of different sizes.
pub(super) fn for_each_overlap(one: &Grid, other: &Grid, mut each: impl FnMut(u32, u32, u64)) {
    if one.size() != other.size() {
        return;
    }
    let (ones, others) = (Ranks::new(one), Ranks::new(other));
    let mut counts = Counts::new(ones.codes.len(), others.codes.len());
    with_cells!(one, cells => with_cells!(other, more => count(cells, more, (&ones, &others), &mut counts)));
    counts.into_each(|one, other, pixels| each(ones.codes[one], others.codes[other], pixels));
}

/// The codes that occur, numbered.
struct Ranks {
    codes: Vec<u32>,
    /// By code, where codes are small.
    table: Option<Vec<u32>>,
}

impl Ranks {
    fn new(grid: &Grid) -> Self {
        let codes: Vec<u32> = grid.occurrences().into_iter().map(|found| found.code).collect();
        let small = !matches!(grid.cells(), Cells::U32(_));
        let table = codes.last().filter(|_| small).map(|&last| {
            let mut table = vec![0; last as usize + 1];
            (0u32..).zip(&codes).for_each(|(rank, &code)| table[code as usize] = rank);
            table
        });
        Ranks { codes, table }
    }

    fn get(&self, code: usize) -> usize {
        match &self.table {
            Some(table) => table[code] as usize,
            None => self.codes.partition_point(|&other| (other as usize) < code),
        }
    }
}

enum Counts {
    Table { columns: usize, pixels: Vec<u64> },
    Map(HashMap<(usize, usize), u64>),
}

impl Counts {
    fn new(rows: usize, columns: usize) -> Self {
        match rows.saturating_mul(columns) {
            size if size <= TABLE => Counts::Table { columns, pixels: vec![0; size] },
            _ => Counts::Map(HashMap::new()),
        }
    }

    fn add(&mut self, row: usize, column: usize, count: u64) {
        match self {
            Counts::Table { columns, pixels } => pixels[row * *columns + column] += count,
            Counts::Map(map) => *map.entry((row, column)).or_default() += count,
        }
    }

    fn into_each(self, mut each: impl FnMut(usize, usize, u64)) {
        match self {
            Counts::Table { columns, pixels } => {
                let found = pixels.into_iter().enumerate().filter(|(_, pixels)| *pixels > 0);
                found.for_each(|(place, pixels)| each(place / columns, place % columns, pixels));
            }
            Counts::Map(map) => {
                let mut found: Vec<_> = map.into_iter().collect();
                found.sort_unstable();
                found.into_iter().for_each(|((row, column), pixels)| each(row, column, pixels));
            }
        }
    }
}

/// Walks the runs of both side by side, block by block.
fn count<A: Code, B: Code>(one: &[A], other: &[B], (ones, others): (&Ranks, &Ranks), counts: &mut Counts) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for (one, other) in one.chunks(BLOCK).zip(other.chunks(BLOCK)) {
        first.clear();
        second.clear();
        for_each_run(one, |code, start, length| first.push((start + length, ones.get(code.index()))));
        for_each_run(other, |code, start, length| second.push((start + length, others.get(code.index()))));
        let (mut left, mut right, mut at) = (first.iter(), second.iter(), 0);
        let (mut here, mut there) = (left.next(), right.next());
        while let (Some(&(end, row)), Some(&(stop, column))) = (here, there) {
            let next = end.min(stop);
            counts.add(row, column, (next - at) as u64);
            at = next;
            if end == next {
                here = left.next();
            }
            if stop == next {
                there = right.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn found(one: &Grid, other: &Grid) -> Vec<(u32, u32, u64)> {
        let mut found = Vec::new();
        for_each_overlap(one, other, |one, other, pixels| found.push((one, other, pixels)));
        found
    }

    #[test]
    fn counts_are_those_of_the_pixels_in_every_storage() {
        let mut state = 5u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        for (width, codes, run) in [(3, 3, 1), (100, 250, 9), (4096, 2, 5000), (1000, 9, 40), (90, 700, 1)] {
            let mut cells = || {
                let mut cells: Vec<u32> = Vec::new();
                while cells.len() < width * 11 {
                    let (code, length) = (random(codes), 1 + random(run) as usize);
                    cells.extend(std::iter::repeat_n(code, length.min(width * 11 - cells.len())));
                }
                cells
            };
            let (one, other) = (cells(), cells());
            let mut wanted: BTreeMap<(u32, u32), u64> = BTreeMap::new();
            one.iter().zip(&other).for_each(|(&one, &other)| *wanted.entry((one, other)).or_default() += 1);
            let wanted: Vec<(u32, u32, u64)> =
                wanted.into_iter().map(|((one, other), pixels)| (one, other, pixels)).collect();
            let grid = |cells: &[u32], wide: bool| {
                let cells = match (wide, codes <= 256) {
                    (true, _) => Cells::U32(cells.to_vec()),
                    (false, true) => Cells::U8(cells.iter().map(|&code| code as u8).collect()),
                    (false, false) => Cells::U16(cells.iter().map(|&code| code as u16).collect()),
                };
                Grid::new(width as u32, 11, cells).unwrap()
            };
            for (left, right) in [(false, false), (true, false), (false, true), (true, true)] {
                assert_eq!(found(&grid(&one, left), &grid(&other, right)), wanted);
            }
        }
    }

    #[test]
    fn other_sizes_share_nothing() {
        let grid = |width, height| Grid::new(width, height, Cells::U8(vec![0; 6])).unwrap();
        assert!(found(&grid(2, 3), &grid(3, 2)).is_empty());
        assert_eq!(found(&grid(2, 3), &grid(2, 3)), [(0, 0, 6)]);
    }
}
