use super::grid::Grid;
use super::{ClassId, LabelMap};
use crate::{Error, Result};

/// One region of a segment map: a class, or one numbered object of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment {
    /// Its class.
    pub class: ClassId,
    /// Its instance number, from 1; absent for a class as a whole.
    pub instance: Option<u32>,
}

/// A label map that keeps objects of one class apart. Code k of the grid is segment k.
///
/// # Guarantees
/// Every code has a segment, and no segment stands twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentMap {
    grid: Grid,
    segments: Vec<Segment>,
}

impl SegmentMap {
    /// A map of codes and their segments.
    ///
    /// # Errors
    /// A code without a segment, or a segment that stands twice.
    pub fn new(grid: Grid, segments: Vec<Segment>) -> Result<Self> {
        let highest = grid.occurrences().last().map_or(0, |found| found.code as usize);
        let mut sorted = segments.clone();
        sorted.sort_unstable();
        if highest >= segments.len() || sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Error::invalid("the segments of a map do not fit its pixels"));
        }
        Ok(SegmentMap { grid, segments })
    }

    /// The codes.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The segments, by code.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The same pixels as a label map of classes, and how many numbered objects lost their number.
    ///
    /// # Errors
    /// None beyond those that the guarantees exclude.
    pub fn into_label_map(self) -> Result<(LabelMap, usize)> {
        let codes: Vec<_> = self.grid.occurrences().into_iter().map(|found| found.code as usize).collect();
        let numbered = |code: &&usize| self.segments.get(**code).is_some_and(|segment| segment.instance.is_some());
        let numbers = codes.iter().filter(numbered).count();
        let ids = self.segments.iter().map(|segment| segment.class).collect();
        Ok((LabelMap::with_ids(self.grid, ids)?, numbers))
    }
}
