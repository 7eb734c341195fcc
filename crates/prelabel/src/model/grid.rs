use std::sync::OnceLock;

use super::runs::{self, for_each_run};
use crate::{Error, Result};

/// One narrow code a pixel, row-major, origin top left.
///
/// # Guarantees
/// `width × height` equals the number of cells, and both are at least 1.
#[derive(Clone, Debug)]
pub struct Grid {
    width: u32,
    height: u32,
    cells: Cells,
    /// What occurs, once somebody has asked: every step of a conversion does, and pixels never change.
    found: OnceLock<Vec<Occurrence>>,
}

impl PartialEq for Grid {
    fn eq(&self, other: &Self) -> bool {
        self.size() == other.size() && self.cells == other.cells
    }
}

impl Eq for Grid {}

/// The codes, in the narrowest type that their maker found enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cells {
    /// Up to 256 codes.
    U8(Vec<u8>),
    /// Up to 65,536 codes.
    U16(Vec<u16>),
    /// More.
    U32(Vec<u32>),
}

/// A type that cells can have.
pub trait Code: Copy + Eq + Ord + Send + Sync + 'static {
    /// The code as an index into a table.
    fn index(self) -> usize;
    /// The code of an index; wraps where the type is too narrow, so ask [`Code::LIMIT`] first.
    fn from_index(index: usize) -> Self;
    /// How many codes the type has.
    const LIMIT: u64;
    /// Calls `each(code, end)` for every run of equal cells.
    fn for_each_end(cells: &[Self], each: impl FnMut(Self, usize));
    /// Calls `each(column)` for every column in which two rows of one length differ.
    fn for_each_difference(above: &[Self], row: &[Self], each: impl FnMut(usize));
}

macro_rules! code {
    ($($type:ty: $ends:path, $differences:path;)*) => {$(
        impl Code for $type {
            #[inline]
            fn index(self) -> usize { self as usize }
            #[inline]
            fn from_index(index: usize) -> Self { index as $type }
            const LIMIT: u64 = <$type>::MAX as u64 + 1;
            #[inline]
            fn for_each_end(cells: &[Self], each: impl FnMut(Self, usize)) { $ends(cells, each); }
            #[inline]
            fn for_each_difference(above: &[Self], row: &[Self], each: impl FnMut(usize)) {
                $differences(above, row, each);
            }
        }
    )*};
}
code! {
    u8: runs::ends_of_bytes, runs::differences_of_bytes;
    u16: runs::ends_by_length, runs::differences;
    u32: runs::ends_by_length, runs::differences;
}

/// Runs the same generic code over whichever type the cells have.
macro_rules! with_cells {
    ($grid:expr, $cells:ident => $body:expr) => {
        match $grid.cells() {
            $crate::model::Cells::U8($cells) => $body,
            $crate::model::Cells::U16($cells) => $body,
            $crate::model::Cells::U32($cells) => $body,
        }
    };
}
pub(crate) use with_cells;

/// How often a code occurs, and where first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The code.
    pub code: u32,
    /// Number of pixels.
    pub pixels: u64,
    /// Column and row of the first of them in reading order.
    pub first: (u32, u32),
}

impl Cells {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Cells::U8(cells) => cells.len(),
            Cells::U16(cells) => cells.len(),
            Cells::U32(cells) => cells.len(),
        }
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Grid {
    /// A grid of `cells` in row-major order.
    ///
    /// # Errors
    /// A side of zero, or a number of cells other than `width × height`.
    pub fn new(width: u32, height: u32, cells: Cells) -> Result<Self> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 || cells.len() as u64 != pixels {
            return Err(Error::invalid("the number of pixels does not fit the size")
                .found(format!("{} pixels", cells.len()))
                .expected(format!("{width} × {height}, each at least 1")));
        }
        Ok(Grid { width, height, cells, found: OnceLock::new() })
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Columns and rows.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Pixels.
    pub fn pixels(&self) -> u64 {
        self.cells.len() as u64
    }

    /// The codes.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Gives the codes away.
    pub fn into_cells(self) -> Cells {
        self.cells
    }

    /// The code at column `x` and row `y`.
    pub fn get(&self, x: u32, y: u32) -> Option<u32> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let index = y as usize * self.width as usize + x as usize;
        Some(match &self.cells {
            Cells::U8(cells) => u32::from(*cells.get(index)?),
            Cells::U16(cells) => u32::from(*cells.get(index)?),
            Cells::U32(cells) => *cells.get(index)?,
        })
    }

    /// Column and row of a cell index.
    pub fn position(&self, index: usize) -> (u32, u32) {
        let width = self.width as usize;
        ((index % width) as u32, (index / width) as u32)
    }

    /// True if `same(mine, theirs)` holds for the codes at every pixel. Asked once for each run of equal pairs.
    pub(crate) fn equal_through(&self, other: &Grid, same: impl Fn(usize, usize) -> bool) -> bool {
        fn compare<A: Code, B: Code>(one: &[A], other: &[B], same: impl Fn(usize, usize) -> bool) -> bool {
            let mut last = None;
            one.len() == other.len()
                && one.iter().zip(other).all(|(&a, &b)| {
                    if last == Some((a, b)) {
                        return true;
                    }
                    last = Some((a, b));
                    same(a.index(), b.index())
                })
        }
        with_cells!(self, mine => with_cells!(other, theirs => compare(mine, theirs, &same)))
    }

    /// Every code that occurs, ascending, with its number of pixels and its first place.
    pub fn occurrences(&self) -> Vec<Occurrence> {
        self.found.get_or_init(|| self.count()).clone()
    }

    fn count(&self) -> Vec<Occurrence> {
        let found = match &self.cells {
            Cells::U8(cells) => dense(cells, 1 << 8),
            Cells::U16(cells) => dense(cells, 1 << 16),
            Cells::U32(cells) => {
                let mut found = std::collections::BTreeMap::new();
                for_each_run(cells, |code, start, length| {
                    found.entry(code).or_insert((0u64, start)).0 += length as u64;
                });
                found.into_iter().map(|(code, (pixels, first))| (code, pixels, first)).collect()
            }
        };
        found
            .into_iter()
            .map(|(code, pixels, first)| Occurrence { code, pixels, first: self.position(first) })
            .collect()
    }
}

/// Counts codes of a narrow type through a table.
fn dense<T: Code>(cells: &[T], codes: usize) -> Vec<(u32, u64, usize)> {
    let mut found = vec![(0u64, 0usize); codes];
    for_each_run(cells, |code: T, start, length| {
        let entry = &mut found[code.index()];
        if entry.0 == 0 {
            entry.1 = start;
        }
        entry.0 += length as u64;
    });
    let counted = found.into_iter().enumerate().filter(|(_, (pixels, _))| *pixels > 0);
    counted.map(|(code, (pixels, first))| (code as u32, pixels, first)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_must_fit_the_cells() {
        assert!(Grid::new(2, 2, Cells::U8(vec![0; 4])).is_ok());
        assert!(Grid::new(2, 2, Cells::U8(vec![0; 5])).is_err());
        assert!(Grid::new(0, 0, Cells::U8(vec![])).is_err());
    }

    #[test]
    fn occurrences_are_the_same_in_every_width() {
        let codes = [3u8, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 7, 3, 3, 0, 9];
        let narrow = Grid::new(4, 4, Cells::U8(codes.to_vec())).unwrap();
        let middle = Grid::new(4, 4, Cells::U16(codes.iter().map(|&code| code.into()).collect())).unwrap();
        let wide = Grid::new(4, 4, Cells::U32(codes.iter().map(|&code| code.into()).collect())).unwrap();
        let found = narrow.occurrences();
        assert_eq!(found[0], Occurrence { code: 0, pixels: 3, first: (1, 2) });
        assert_eq!(found.iter().map(|one| one.pixels).sum::<u64>(), 16);
        assert_eq!(middle.occurrences(), found);
        assert_eq!(wide.occurrences(), found);
    }
}
