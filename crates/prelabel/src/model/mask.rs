use super::grid::Grid;
use super::{Occurrence, Rgba};
use crate::{Error, Result};

/// The pixels of a mask PNG: each a code into a table of the colours that occur.
///
/// # Guarantees
/// Every code has a colour; no colour stands twice in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    grid: Grid,
    colors: Vec<Rgba>,
}

impl Mask {
    /// A mask of codes and their colours.
    ///
    /// # Errors
    /// A code without a colour, or a colour that stands twice.
    pub fn new(grid: Grid, colors: Vec<Rgba>) -> Result<Self> {
        let highest = grid.occurrences().last().map_or(0, |found| found.code as usize);
        let mut sorted = colors.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if highest >= colors.len() || sorted.len() != colors.len() {
            return Err(Error::invalid("the colour table of a mask does not fit its pixels"));
        }
        Ok(Mask { grid, colors })
    }

    /// A mask whose table was made of its own pixels, each colour when it was first met.
    pub(crate) fn of_found(grid: Grid, colors: Vec<Rgba>) -> Self {
        debug_assert!(Mask::new(grid.clone(), colors.clone()).is_ok());
        Mask { grid, colors }
    }

    /// Columns and rows.
    pub fn size(&self) -> (u32, u32) {
        self.grid.size()
    }

    /// The codes.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The colours, by code.
    pub fn colors(&self) -> &[Rgba] {
        &self.colors
    }

    /// Gives codes and colours away.
    pub fn into_parts(self) -> (Grid, Vec<Rgba>) {
        (self.grid, self.colors)
    }

    /// Every colour that occurs with its number of pixels and its first place, in the order of the table.
    pub fn occurrences(&self) -> Vec<(Rgba, Occurrence)> {
        let found = self.grid.occurrences().into_iter();
        found.filter_map(|one| Some((*self.colors.get(one.code as usize)?, one))).collect()
    }
}
