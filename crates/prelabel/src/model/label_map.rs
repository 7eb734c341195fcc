use std::borrow::Cow;
use std::collections::BTreeMap;

use super::grid::{Cells, Code, Grid, with_cells};
use super::{ClassId, Occurrence};
use crate::{Error, Result};

/// Height × width class IDs, row-major, origin top left.
///
/// Inside, a [`Grid`] of narrow codes and, where a code is not its own ID, a table of IDs.
///
/// # Guarantees
/// Every code of the grid has a class ID.
#[derive(Clone, Debug)]
pub struct LabelMap {
    grid: Grid,
    /// Absent: code and class ID are the same number.
    ids: Option<Vec<ClassId>>,
}

impl LabelMap {
    /// A map whose codes are the class IDs.
    pub fn new(grid: Grid) -> Self {
        LabelMap { grid, ids: None }
    }

    /// A map whose codes are indices into `ids`.
    ///
    /// # Errors
    /// A code without an entry in the table.
    pub fn with_ids(grid: Grid, ids: Vec<ClassId>) -> Result<Self> {
        let limit = with_cells!(grid, cells => max_code(cells));
        if limit >= ids.len() {
            return Err(Error::invalid("a code of the label map has no class ID")
                .found(format!("code {limit}"))
                .expected(format!("codes below {}", ids.len())));
        }
        Ok(LabelMap { grid, ids: Some(ids) })
    }

    /// A map of these class IDs, in the narrowest storage that holds them.
    ///
    /// # Errors
    /// A number of IDs other than `width × height`.
    pub fn from_ids(width: u32, height: u32, ids: impl IntoIterator<Item = ClassId, IntoIter: Clone>) -> Result<Self> {
        let ids = ids.into_iter();
        let (mut low, mut high) = (ClassId::MAX, ClassId::MIN);
        for id in ids.clone() {
            (low, high) = (low.min(id), high.max(id));
        }
        let cells = if low >= 0 && high < 1 << 8 {
            Cells::U8(ids.map(|id| id as u8).collect())
        } else if low >= 0 && high < 1 << 16 {
            Cells::U16(ids.map(|id| id as u16).collect())
        } else if low >= 0 && high < 1 << 32 {
            Cells::U32(ids.map(|id| id as u32).collect())
        } else {
            return LabelMap::from_any_ids(width, height, ids);
        };
        Ok(LabelMap::new(Grid::new(width, height, cells)?))
    }

    /// Negative or huge IDs: codes are numbered by ascending ID, so that equal maps have equal codes.
    fn from_any_ids(width: u32, height: u32, ids: impl Iterator<Item = ClassId> + Clone) -> Result<Self> {
        let mut table: BTreeMap<ClassId, u32> = BTreeMap::new();
        let mut last = None;
        for id in ids.clone() {
            if last != Some(id) {
                table.insert(id, 0);
                last = Some(id);
            }
        }
        for (code, entry) in table.values_mut().enumerate() {
            *entry = code as u32;
        }
        let mut last = (0, u32::MAX);
        let codes = ids.map(|id| {
            if last.1 == u32::MAX || last.0 != id {
                last = (id, table.get(&id).copied().unwrap_or_default());
            }
            last.1
        });
        let cells = match table.len() {
            0..=256 => Cells::U8(codes.map(|code| code as u8).collect()),
            257..=65536 => Cells::U16(codes.map(|code| code as u16).collect()),
            _ => Cells::U32(codes.collect()),
        };
        LabelMap::with_ids(Grid::new(width, height, cells)?, table.into_keys().collect())
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        self.grid.width()
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.grid.height()
    }

    /// The codes.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The class ID of a code that the grid holds.
    pub fn id_of(&self, code: u32) -> ClassId {
        match &self.ids {
            None => ClassId::from(code),
            Some(ids) => ids.get(code as usize).copied().unwrap_or_default(),
        }
    }

    /// The class ID at column `x` and row `y`.
    pub fn get(&self, x: u32, y: u32) -> Option<ClassId> {
        self.grid.get(x, y).map(|code| self.id_of(code))
    }

    /// All class IDs in reading order.
    pub fn ids(&self) -> Vec<ClassId> {
        with_cells!(self.grid, cells => cells.iter().map(|code| self.id_of(code.index() as u32)).collect())
    }

    /// Every class ID that occurs, ascending, with its number of pixels and its first place.
    pub fn occurrences(&self) -> Vec<(ClassId, Occurrence)> {
        let mut merged: BTreeMap<ClassId, Occurrence> = BTreeMap::new();
        for found in self.grid.occurrences() {
            merged
                .entry(self.id_of(found.code))
                .and_modify(|one| {
                    one.pixels += found.pixels;
                    if (found.first.1, found.first.0) < (one.first.1, one.first.0) {
                        one.first = found.first;
                    }
                })
                .or_insert(found);
        }
        merged.into_iter().collect()
    }

    /// The same map under other IDs; touches no pixel.
    pub fn map_ids(self, mut map: impl FnMut(ClassId) -> ClassId) -> Self {
        let highest = self.grid.occurrences().last().map_or(0, |found| found.code as usize);
        let ids = (0..=highest).map(|code| map(self.id_of(code as u32))).collect();
        LabelMap { grid: self.grid, ids: Some(ids) }
    }

    /// The same IDs with their pixels rearranged: `map` must use no code that the grid did not have.
    pub(crate) fn map_grid(self, map: impl FnOnce(Grid) -> Result<Grid>) -> Result<Self> {
        let grid = map(self.grid)?;
        match self.ids {
            None => Ok(LabelMap::new(grid)),
            Some(ids) => LabelMap::with_ids(grid, ids),
        }
    }

    /// The IDs as one byte a pixel, if all are within 0–255.
    pub fn as_u8(&self) -> Option<Cow<'_, [u8]>> {
        if let (Cells::U8(cells), None) = (self.grid.cells(), &self.ids) {
            return Some(Cow::Borrowed(cells));
        }
        self.narrow().map(Cow::Owned)
    }

    /// The IDs as a narrower or wider unsigned type, if all fit.
    pub fn narrow<T: TryFrom<ClassId> + Copy + Default>(&self) -> Option<Vec<T>> {
        let Some(ids) = &self.ids else {
            // The greatest code is the greatest ID.
            let highest = with_cells!(self.grid, cells => max_code(cells));
            T::try_from(ClassId::try_from(highest).ok()?).ok()?;
            let id = |code: usize| T::try_from(code as ClassId).unwrap_or_default();
            return Some(with_cells!(self.grid, cells => cells.iter().map(|code| id(code.index())).collect()));
        };
        let fits: Vec<Option<T>> = ids.iter().map(|&id| T::try_from(id).ok()).collect();
        // What does not fit matters only where it occurs.
        let unfit = |code: u32| fits.get(code as usize).is_none_or(Option::is_none);
        if fits.iter().any(Option::is_none) && self.grid.occurrences().iter().any(|found| unfit(found.code)) {
            return None;
        }
        let table: Vec<T> = fits.into_iter().map(Option::unwrap_or_default).collect();
        Some(match self.grid.cells() {
            Cells::U8(cells) => {
                // As long as codes go: no look needs a check.
                let mut all = [T::default(); 256];
                all.iter_mut().zip(table).for_each(|(entry, id)| *entry = id);
                through(cells, |code| all[usize::from(code)])
            }
            Cells::U16(cells) => through(cells, |code| table.get(code.index()).copied().unwrap_or_default()),
            Cells::U32(cells) => through(cells, |code| table.get(code.index()).copied().unwrap_or_default()),
        })
    }
}

/// Equal if the same class ID stands at every pixel, whatever the storage.
impl PartialEq for LabelMap {
    fn eq(&self, other: &Self) -> bool {
        if self.grid.size() != other.grid.size() {
            return false;
        }
        if self.ids == other.ids && self.grid == other.grid {
            return true;
        }
        self.ids() == other.ids()
    }
}

impl Eq for LabelMap {}

/// Looks every cell up; where a block of them is alike, once.
fn through<C: Code, T: Copy + Default>(cells: &[C], entry: impl Fn(C) -> T) -> Vec<T> {
    const BLOCK: usize = 16;
    let mut found = vec![T::default(); cells.len()];
    let (blocks, rest) = cells.as_chunks::<BLOCK>();
    let (places, last) = found.as_chunks_mut::<BLOCK>();
    for (block, place) in blocks.iter().zip(places) {
        if *block == [block[0]; BLOCK] {
            *place = [entry(block[0]); BLOCK];
        } else {
            *place = block.map(&entry);
        }
    }
    for (&code, place) in rest.iter().zip(last) {
        *place = entry(code);
    }
    found
}

fn max_code<T: Code>(cells: &[T]) -> usize {
    cells.iter().copied().max().map_or(0, Code::index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_is_narrow_and_ids_are_kept() {
        for (ids, bytes) in [
            (vec![0, 1, 2, 255], 1),
            (vec![0, 256, 2, 65_535], 2),
            (vec![0, 65_536, 2, 0xff_ffff], 4),
            (vec![-1, 0, 7, 7], 1),
            (vec![i64::MIN, i64::MAX, 0, 1 << 40], 1),
        ] {
            let map = LabelMap::from_ids(2, 2, ids.clone()).unwrap();
            assert_eq!(map.ids(), ids);
            let width = match map.grid().cells() {
                Cells::U8(_) => 1,
                Cells::U16(_) => 2,
                Cells::U32(_) => 4,
            };
            assert_eq!(width, bytes, "{ids:?}");
        }
        assert!(LabelMap::from_ids(2, 2, [1, 2, 3]).is_err());
    }

    #[test]
    fn renaming_touches_the_table_and_merges_counts() {
        let map = LabelMap::from_ids(3, 1, [1, 2, 1]).unwrap().map_ids(|id| if id == 2 { -1 } else { id });
        assert_eq!(map.ids(), [1, -1, 1]);
        let map = map.map_ids(|_| 5);
        let found = map.occurrences();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, found[0].1.pixels, found[0].1.first), (5, 3, (0, 0)));
        assert_eq!(map, LabelMap::from_ids(3, 1, [5, 5, 5]).unwrap());
    }

    #[test]
    fn narrowing_refuses_what_does_not_fit() {
        let map = LabelMap::from_ids(2, 1, [0, 300]).unwrap();
        assert_eq!(map.narrow::<u16>(), Some(vec![0, 300]));
        assert_eq!(map.narrow::<u8>(), None);
        let map = LabelMap::from_ids(2, 1, [-1, 1]).unwrap();
        assert_eq!(map.narrow::<i8>(), Some(vec![-1, 1]));
        assert!(map.as_u8().is_none());
        let map = LabelMap::from_ids(2, 1, [70_000, 1]).unwrap();
        assert_eq!(map.narrow::<u32>(), Some(vec![70_000, 1]));
        assert_eq!(map.narrow::<u16>(), None);
    }
}
