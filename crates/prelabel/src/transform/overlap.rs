//! Which of two objects is on top.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::model::{ClassId, InstanceSet};
use crate::{Error, Result};

/// Which of two objects gets the pixels that both cover.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overlap {
    /// The one that its source names later.
    #[default]
    Last,
    /// The one that its source names first.
    First,
    /// The one with the higher score; of equal ones the first. An object without a score lies below all with one.
    Score,
    /// The one with fewer pixels; of equal ones the later.
    SmallerOnTop,
    /// The one whose class stands first here; of one class the later. Classes that do not stand here lie below all.
    Classes(Arc<[ClassId]>),
}

impl Overlap {
    /// Those that need no list of classes.
    pub const NAMED: &[Overlap] = &[Overlap::Last, Overlap::First, Overlap::Score, Overlap::SmallerOnTop];

    /// What users type.
    pub fn name(&self) -> &'static str {
        match self {
            Overlap::Last => "last",
            Overlap::First => "first",
            Overlap::Score => "score",
            Overlap::SmallerOnTop => "smaller-on-top",
            Overlap::Classes(_) => "FILE",
        }
    }

    /// The places of objects from the lowest to the topmost; `covers` counts the pixels of each.
    pub(super) fn order(&self, set: &InstanceSet, covers: &[u64]) -> Vec<usize> {
        let instances = set.as_slice();
        let mut order: Vec<usize> = (0..instances.len()).collect();
        match self {
            Overlap::Last => {}
            Overlap::First => order.reverse(),
            Overlap::Score => order.sort_by(|&one, &other| {
                let score = |index: usize| instances[index].score.unwrap_or(f64::NEG_INFINITY);
                score(one).total_cmp(&score(other)).then(other.cmp(&one))
            }),
            Overlap::SmallerOnTop => order.sort_by_key(|&index| Reverse(covers[index])),
            Overlap::Classes(classes) => order.sort_by_key(|&index| {
                let class = instances[index].class;
                Reverse(classes.iter().position(|&listed| listed == class).unwrap_or(classes.len()))
            }),
        }
        order
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Overlap {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Overlap::NAMED.iter().find(|overlap| overlap.name() == text).cloned().ok_or_else(|| {
            let names: Vec<_> = Overlap::NAMED.iter().map(Overlap::name).collect();
            Error::usage("there is no such order of overlap").found(format!("`{text}`")).expected(names.join(", "))
        })
    }
}
