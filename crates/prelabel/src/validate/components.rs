//! Connected areas of equal code, over runs, in one pass: memory grows with the width, not with the areas.
//!
//! Areas are 8-connected: pixels that touch at a corner belong together.

use std::collections::BTreeMap;

use crate::model::{Code, Grid, run_length, with_cells};

/// One connected area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blob {
    pub(super) code: usize,
    pub(super) pixels: u64,
    /// Row and column of its first pixel in reading order.
    first: (u32, u32),
}

impl Blob {
    /// Column and row of its first pixel in reading order.
    pub(super) fn place(&self) -> (u32, u32) {
        (self.first.1, self.first.0)
    }
}

/// The areas of one code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BlobCount {
    pub(super) blobs: u64,
    /// The two with most pixels, the larger first.
    pub(super) largest: [Option<Blob>; 2],
    pub(super) specks: u64,
    pub(super) speck_pixels: u64,
    /// The first speck in reading order.
    pub(super) speck: Option<Blob>,
}

/// Counts the areas of the codes that are wanted; those below `speck` pixels are specks.
pub(super) fn count_blobs(grid: &Grid, wanted: &[bool], speck: u64) -> BTreeMap<u32, BlobCount> {
    let mut counts: BTreeMap<u32, BlobCount> = BTreeMap::new();
    for_each_blob(grid, |blob| {
        if wanted.get(blob.code).copied().unwrap_or_default() {
            counts.entry(blob.code as u32).or_default().add(blob, speck);
        }
    });
    counts
}

impl BlobCount {
    fn add(&mut self, blob: Blob, speck: u64) {
        self.blobs += 1;
        // The order in which areas end is not the reading order: equal sizes need the place to be settled.
        let rank = |blob: &Blob| (blob.pixels, std::cmp::Reverse(blob.first));
        let [first, second] = self.largest;
        self.largest = match (first, second) {
            (Some(first), _) if rank(&blob) < rank(&first) => match second {
                Some(second) if rank(&blob) < rank(&second) => [Some(first), Some(second)],
                _ => [Some(first), Some(blob)],
            },
            _ => [Some(blob), first],
        };
        if blob.pixels < speck {
            self.specks += 1;
            self.speck_pixels += blob.pixels;
            if self.speck.is_none_or(|other| blob.first < other.first) {
                self.speck = Some(blob);
            }
        }
    }
}

fn for_each_blob(grid: &Grid, each: impl FnMut(Blob)) {
    with_cells!(grid, cells => walk(cells, grid.width() as usize, each));
}

struct Run {
    start: usize,
    end: usize,
    code: usize,
    slot: usize,
}

fn walk<T: Code>(cells: &[T], width: usize, mut each: impl FnMut(Blob)) {
    let mut slots = Slots::default();
    let (mut above, mut runs): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
    for (y, row) in cells.chunks_exact(width).enumerate() {
        let (mut start, mut reach) = (0, 0);
        while let Some(&code) = row.get(start) {
            let end = start + run_length(&row[start..], code);
            // With `<` and `<=` swapped for 4-connected areas: a corner is enough here.
            while above.get(reach).is_some_and(|other: &Run| other.end < start) {
                reach += 1;
            }
            let touching = above[reach..].iter().take_while(|other| other.start <= end);
            let mut slot = None;
            for other in touching.filter(|other| other.code == code.index()) {
                slot = Some(match slot {
                    None => slots.root(other.slot),
                    Some(mine) => slots.join(mine, other.slot),
                });
            }
            let slot = slot.unwrap_or_else(|| slots.open(code.index(), (y as u32, start as u32)));
            slots.grow(slot, (end - start) as u64, y);
            runs.push(Run { start, end, code: code.index(), slot });
            start = end;
        }
        slots.end_row(&above, &mut runs, y, &mut each);
        std::mem::swap(&mut above, &mut runs);
        runs.clear();
    }
    slots.end_row(&above, &mut [], usize::MAX, &mut each);
}

/// Areas under way, as a union-find whose members are used again once an area has ended.
#[derive(Default)]
struct Slots {
    slots: Vec<Slot>,
    free: Vec<usize>,
}

struct Slot {
    /// Itself for a root.
    parent: usize,
    blob: Blob,
    /// The last row that it reached; none once it has ended.
    row: Option<usize>,
}

impl Slots {
    fn open(&mut self, code: usize, first: (u32, u32)) -> usize {
        let slot = |parent| Slot { parent, blob: Blob { code, pixels: 0, first }, row: None };
        match self.free.pop() {
            Some(index) => {
                self.slots[index] = slot(index);
                index
            }
            None => {
                self.slots.push(slot(self.slots.len()));
                self.slots.len() - 1
            }
        }
    }

    fn root(&mut self, mut index: usize) -> usize {
        while self.slots[index].parent != index {
            let parent = self.slots[index].parent;
            self.slots[index].parent = self.slots[parent].parent;
            index = parent;
        }
        index
    }

    fn join(&mut self, one: usize, other: usize) -> usize {
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            return one;
        }
        let blob = self.slots[other].blob;
        self.slots[other].parent = one;
        let mine = &mut self.slots[one].blob;
        mine.pixels += blob.pixels;
        mine.first = mine.first.min(blob.first);
        one
    }

    fn grow(&mut self, index: usize, pixels: u64, row: usize) {
        let slot = &mut self.slots[index];
        slot.blob.pixels += pixels;
        slot.row = Some(row);
    }

    /// Tells the areas that did not reach `row`, and frees what no run of it needs.
    fn end_row(&mut self, above: &[Run], runs: &mut [Run], row: usize, each: &mut impl FnMut(Blob)) {
        for run in runs.iter_mut() {
            run.slot = self.root(run.slot);
        }
        for run in above {
            let joined = self.slots[run.slot].parent != run.slot;
            let slot = &mut self.slots[run.slot];
            match slot.row {
                // Told or freed already, through another run of the row above.
                None => continue,
                Some(_) if joined => {}
                Some(last) if last != row => each(slot.blob),
                Some(_) => continue,
            }
            slot.row = None;
            self.free.push(run.slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Cells;

    /// The obvious way: flood from every pixel not seen yet.
    fn flooded(cells: &[u8], width: usize) -> Vec<(usize, u64, (u32, u32))> {
        let height = cells.len() / width;
        let mut seen = vec![false; cells.len()];
        let mut blobs = Vec::new();
        for start in 0..cells.len() {
            if seen[start] {
                continue;
            }
            seen[start] = true;
            let (mut queue, mut pixels) = (vec![start], 0);
            while let Some(at) = queue.pop() {
                pixels += 1;
                let (x, y) = (at % width, at / width);
                for ny in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                    for nx in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                        let next = ny * width + nx;
                        if !seen[next] && cells[next] == cells[start] {
                            seen[next] = true;
                            queue.push(next);
                        }
                    }
                }
            }
            blobs.push((cells[start].into(), pixels, ((start % width) as u32, (start / width) as u32)));
        }
        blobs.sort_unstable();
        blobs
    }

    proptest! {
        #[test]
        fn the_same_areas_as_by_flooding(width in 1usize..12, cells in proptest::collection::vec(0u8..3, 1..140)) {
            let height = cells.len().div_ceil(width);
            let mut cells = cells;
            cells.resize(width * height, 0);
            let grid = Grid::new(width as u32, height as u32, Cells::U8(cells.clone())).unwrap();
            let mut found = Vec::new();
            for_each_blob(&grid, |blob| found.push((blob.code, blob.pixels, blob.place())));
            found.sort_unstable();
            prop_assert_eq!(found, flooded(&cells, width));
        }
    }

    #[test]
    fn specks_and_the_two_largest() {
        let cells = vec![1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0];
        let grid = Grid::new(4, 4, Cells::U8(cells)).unwrap();
        let counts = count_blobs(&grid, &[false, true], 2);
        let one = counts[&1];
        assert_eq!((counts.len(), one.blobs, one.specks, one.speck_pixels), (1, 3, 1, 1));
        assert_eq!(one.largest.map(|blob| blob.map(|blob| blob.place())), [Some((0, 0)), Some((3, 0))]);
        assert_eq!(one.speck.map(|blob| blob.place()), Some((2, 3)));
    }
}
