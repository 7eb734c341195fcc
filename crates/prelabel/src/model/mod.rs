//! The nouns. Each is valid by construction, and each can list *all* problems of what it was made from.
//!
//! One idea carries them: **pixels are codes, meaning is in a table.** A [`Grid`] holds one narrow code a
//! pixel; a [`LabelMap`] says which class ID a code is, a [`Mask`] which colour, a [`SegmentMap`] which
//! object. Renaming, recolouring and renumbering touch the table, never the pixels.

mod class_list;
mod color;
mod grid;
mod instances;
mod key;
mod label;
mod label_map;
mod legend;
mod mask;
mod pixel_rule;
mod polygon;
mod rle;
mod rle_sets;
mod runs;
mod sample;
mod score_map;
mod segment_map;

pub use class_list::{Class, ClassId, ClassKind, ClassList, Unlabelled};
pub use color::{Color, Rgba};
pub(crate) use grid::with_cells;
pub use grid::{Cells, Code, Grid, Occurrence};
pub use instances::{Instance, InstanceSet, Shape};
pub use key::Key;
pub(crate) use key::stem;
pub use label::Label;
pub use label_map::LabelMap;
pub use legend::{Legend, LegendEntry, RawLegend};
pub use mask::Mask;
pub use pixel_rule::PixelRule;
pub use polygon::{Point, Polygon, Ring};
pub use rle::Rle;
pub(crate) use runs::{for_each_run, run_length};
pub use sample::{Content, ContentKind, Sample};
pub use score_map::{Layout, ScoreKind, ScoreMap, Scores};
pub use segment_map::{Segment, SegmentMap};

/// One thing that is wrong with a noun's parts: which entry, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The code of the rule of validation that it breaks, where there is one.
    pub rule: Option<&'static str>,
    /// The entry at fault, as it was written.
    pub entry: String,
    /// What is wrong, lower case, without a full stop.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(entry: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { rule: None, entry: entry.into(), message: message.into(), hint: None }
    }

    pub(crate) fn rule(mut self, code: &'static str) -> Self {
        self.rule = Some(code);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The problem as an error; `others` more were found beside it.
    pub(crate) fn into_error(self, others: usize) -> crate::Error {
        let mut message = self.message;
        if others > 0 {
            message.push_str(&format!(" (and {others} more problems like it or others)"));
        }
        let error = crate::Error::invalid(message).at(crate::error::At::Entry(self.entry));
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}
