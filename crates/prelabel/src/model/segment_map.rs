use std::collections::BTreeSet;

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
/// Every code has a segment. Two codes may share one: a mask may spell one label's pixels in two ways.
#[derive(Clone, Debug)]
pub struct SegmentMap {
    grid: Grid,
    segments: Vec<Segment>,
}

impl SegmentMap {
    /// A map of codes and their segments.
    ///
    /// # Errors
    /// A code without a segment.
    pub fn new(grid: Grid, segments: Vec<Segment>) -> Result<Self> {
        let highest = grid.occurrences().last().map_or(0, |found| found.code as usize);
        if highest >= segments.len() {
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

    /// The segment of a code that the grid holds.
    pub fn segment(&self, code: u32) -> Option<Segment> {
        self.segments.get(code as usize).copied()
    }

    /// The same pixels as a label map of classes, and how many numbered objects lost their number.
    ///
    /// # Errors
    /// None beyond those that the guarantees exclude.
    pub fn into_label_map(self) -> Result<(LabelMap, usize)> {
        let found = self.grid.occurrences().into_iter().filter_map(|found| self.segment(found.code));
        let numbered: BTreeSet<Segment> = found.filter(|segment| segment.instance.is_some()).collect();
        let numbers = numbered.len();
        let ids = self.segments.iter().map(|segment| segment.class).collect();
        Ok((LabelMap::with_ids(self.grid, ids)?, numbers))
    }
}

/// Equal if the same segment stands at every pixel, whatever the codes.
impl PartialEq for SegmentMap {
    fn eq(&self, other: &Self) -> bool {
        let (width, height) = self.grid.size();
        let same = |x, y| {
            let mine = self.grid.get(x, y).and_then(|code| self.segment(code));
            mine == other.grid.get(x, y).and_then(|code| other.segment(code))
        };
        other.grid.size() == (width, height) && (0..height).all(|y| (0..width).all(|x| same(x, y)))
    }
}

impl Eq for SegmentMap {}
