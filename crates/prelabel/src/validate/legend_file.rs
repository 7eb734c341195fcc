use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ClassList, Color, Label, Problem, RawLegend};
use crate::{Error, Result};

use super::Pair;

/// So many stray colours of a legend's masks are kept: enough to name the only one that fits a broken key.
const KEPT_STRAYS: usize = 64;

/// A legend as it was read, with all that is wrong with it.
#[derive(Debug)]
pub struct LegendFile {
    /// Its name in messages.
    pub(super) file: String,
    pub(super) bytes: Vec<u8>,
    /// True if masks share it, so that it is checked once for all of them.
    pub(super) shared: bool,
    pub(super) raw: Result<RawLegend>,
    pub(super) problems: Vec<Problem>,
    /// Labels of the keys that are colours, the first of each: a legend with a fault still says most of it.
    pub(super) labels: BTreeMap<Color, Label>,
}

impl LegendFile {
    pub(super) fn new(file: String, bytes: Vec<u8>, shared: bool) -> Self {
        let raw = RawLegend::from_json(&bytes);
        let mut labels = BTreeMap::new();
        let mut problems = Vec::new();
        if let Ok(raw) = &raw {
            problems = raw.problems();
            for (key, text) in &raw.entries {
                if let Ok(color) = key.parse::<Color>() {
                    labels.entry(color).or_insert_with(|| Label::parse(text));
                }
            }
        }
        LegendFile { file, bytes, shared, raw, problems, labels }
    }

    pub(super) fn entries(&self) -> &[(String, String)] {
        self.raw.as_ref().map_or(&[], |raw| &raw.entries)
    }

    /// True for the list form of the platform's results.
    pub(super) fn is_list(&self) -> bool {
        self.raw.is_ok() && self.bytes.trim_ascii_start().starts_with(b"[")
    }

    /// The entry whose colour is nearest, for messages.
    pub(super) fn nearest(&self, color: Color) -> Option<(Color, &Label)> {
        let near = self.labels.iter().min_by_key(|(other, _)| other.distance(color));
        near.map(|(color, label)| (*color, label))
    }
}

/// How the masks of a legend use it.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    /// Masks of this legend.
    pub(super) masks: u64,
    /// Masks whose pixels could not be seen.
    pub(super) unseen: u64,
    /// Colours of labelled pixels that have an entry.
    pub(super) used: BTreeSet<Color>,
    /// Colours that have none, the lowest of them.
    pub(super) strays: BTreeSet<Color>,
    /// True if there are more strays than are kept.
    pub(super) more_strays: bool,
}

impl Usage {
    pub(super) fn of(pair: &Pair<'_>, legend: &LegendFile) -> Self {
        let mut usage = Usage { masks: 1, ..Usage::default() };
        // Class IDs of a label map are no colours: they would all be strays.
        let Some(decoded) = pair.decoded().filter(|_| !pair.is_label_map()) else {
            usage.unseen = 1;
            return usage;
        };
        for (color, _) in decoded.colors.iter().filter(|(color, _)| color.alpha() > 0) {
            let color = color.color();
            if legend.labels.contains_key(&color) {
                usage.used.insert(color);
            } else if color != Color::BLACK {
                usage.stray(color);
            }
        }
        usage
    }

    fn stray(&mut self, color: Color) {
        self.strays.insert(color);
        if self.strays.len() > KEPT_STRAYS {
            self.strays.pop_last();
            self.more_strays = true;
        }
    }

    /// Takes another mask's use in; the order does not matter.
    pub(super) fn merge(&mut self, other: Usage) {
        self.masks += other.masks;
        self.unseen += other.unseen;
        self.more_strays |= other.more_strays;
        self.used.extend(other.used);
        for color in other.strays {
            self.stray(color);
        }
    }
}

/// A legend with its use, as rules see it.
#[derive(Debug)]
pub struct LegendCheck<'a> {
    pub(super) legend: &'a LegendFile,
    pub(super) usage: &'a Usage,
    pub(super) classes: Option<&'a ClassList>,
}

/// The folder as a whole, as rules see it.
pub struct Folder<'a> {
    pub(super) pairs: &'a super::Pairs,
    /// Why `classes.json` is no class list.
    pub(super) classes_error: Option<&'a Error>,
    pub(super) limits: &'a crate::Limits,
}
