//! Pixels of one class of A that are another of B, and the figures that follow from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::Slot;
use crate::{Error, Result};

/// What becomes of void pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum VoidRule {
    /// Where A is void nothing counts; what only B leaves void is missed. The rule of mmsegmentation's and
    /// torchmetrics' `ignore_index`.
    #[default]
    Reference,
    /// Where either is void nothing counts.
    Either,
    /// Void is a class like any other: every pixel counts.
    Class,
}

impl VoidRule {
    /// All of them.
    pub const ALL: &[VoidRule] = &[VoidRule::Reference, VoidRule::Either, VoidRule::Class];

    /// What users type.
    pub fn name(self) -> &'static str {
        match self {
            VoidRule::Reference => "reference",
            VoidRule::Either => "either",
            VoidRule::Class => "class",
        }
    }

    /// True if a pixel that A and B have as these counts.
    pub(super) fn counts(self, a: Slot, b: Slot) -> bool {
        match self {
            VoidRule::Reference => a != Slot::Void,
            VoidRule::Either => a != Slot::Void && b != Slot::Void,
            VoidRule::Class => true,
        }
    }
}

impl fmt::Display for VoidRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for VoidRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        VoidRule::ALL.iter().copied().find(|rule| rule.name() == text).ok_or_else(|| {
            let names: Vec<_> = VoidRule::ALL.iter().map(|rule| rule.name()).collect();
            Error::usage("there is no such rule for void pixels").found(format!("`{text}`")).expected(names.join(", "))
        })
    }
}

/// How many pixels A has as one class and B as another; rows are A. Every pixel is in it, void or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    pixels: BTreeMap<(Slot, Slot), u64>,
}

impl Confusion {
    /// Counts pixels.
    pub fn add(&mut self, a: Slot, b: Slot, pixels: u64) {
        *self.pixels.entry((a, b)).or_default() += pixels;
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Confusion) {
        other.cells().for_each(|(a, b, pixels)| self.add(a, b, pixels));
    }

    /// What occurs: class of A, class of B, pixels.
    pub fn cells(&self) -> impl Iterator<Item = (Slot, Slot, u64)> {
        self.pixels.iter().map(|(&(a, b), &pixels)| (a, b, pixels))
    }

    /// All pixels.
    pub fn pixels(&self) -> u64 {
        self.pixels.values().sum()
    }

    /// Pixels that A and B do not have as the same class; void counts as one.
    pub fn changed(&self) -> u64 {
        self.cells().filter(|(a, b, _)| a != b).map(|(_, _, pixels)| pixels).sum()
    }

    /// The figures of the pixels that count.
    pub fn scores(&self, rule: VoidRule) -> Scores {
        let counted = || self.cells().filter(|(a, b, _)| rule.counts(*a, *b));
        let slots: BTreeSet<Slot> = counted().flat_map(|(a, b, _)| [a, b]).collect();
        let mut classes: BTreeMap<Slot, ClassScore> = slots
            .into_iter()
            .filter(|slot| *slot != Slot::Void || rule == VoidRule::Class)
            .map(|slot| (slot, ClassScore::default()))
            .collect();
        let mut scores = Scores::default();
        for (a, b, pixels) in counted() {
            scores.pixels += pixels;
            if let Some(class) = classes.get_mut(&a) {
                class.a += pixels;
            }
            if let Some(class) = classes.get_mut(&b) {
                class.b += pixels;
            }
            if a == b {
                scores.right += pixels;
                if let Some(class) = classes.get_mut(&a) {
                    class.both += pixels;
                }
            }
        }
        scores.classes = classes;
        scores
    }
}

/// The figures of a comparison. A figure whose denominator is 0 is absent, and left out of means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// Pixels that count.
    pub pixels: u64,
    /// Those of them that A and B have as the same class.
    pub right: u64,
    /// The classes that occur among them.
    pub classes: BTreeMap<Slot, ClassScore>,
}

/// The figures of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassScore {
    /// Its pixels in A.
    pub a: u64,
    /// Its pixels in B.
    pub b: u64,
    /// Pixels that have it in both.
    pub both: u64,
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl ClassScore {
    /// Intersection over union, the Jaccard index.
    pub fn iou(&self) -> Option<f64> {
        ratio(self.both, self.a + self.b - self.both)
    }

    /// The share of A's pixels that B has too: class accuracy, recall.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.both, self.a)
    }

    /// The share of B's pixels that A has too.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.both, self.b)
    }

    /// Twice the common pixels over the sum of both: Dice, F1.
    pub fn dice(&self) -> Option<f64> {
        ratio(2 * self.both, self.a + self.b)
    }
}

impl Scores {
    /// The share of pixels that A and B have as the same class.
    pub fn pixel_accuracy(&self) -> Option<f64> {
        ratio(self.right, self.pixels)
    }

    /// The mean of a figure over the classes that have it.
    pub fn mean(&self, figure: impl Fn(&ClassScore) -> Option<f64>) -> Option<f64> {
        mean(self.classes.values().filter_map(figure))
    }

    /// Mean IoU.
    pub fn mean_iou(&self) -> Option<f64> {
        self.mean(ClassScore::iou)
    }
}

/// The mean of some numbers, if there are any.
pub(super) fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = numbers.fold((0u64, 0.0), |(count, sum), number| (count + 1, sum + number));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAR: Slot = Slot::Listed(0);
    const ROAD: Slot = Slot::Listed(1);

    fn confusion() -> Confusion {
        let mut confusion = Confusion::default();
        for (a, b, pixels) in [
            (CAR, CAR, 6),
            (CAR, ROAD, 2),
            (ROAD, ROAD, 10),
            (ROAD, Slot::Void, 4),
            (Slot::Void, CAR, 5),
            (Slot::Void, Slot::Void, 3),
        ] {
            confusion.add(a, b, pixels);
        }
        confusion
    }

    #[test]
    fn void_counts_as_its_rule_says() {
        let confusion = confusion();
        assert_eq!((confusion.pixels(), confusion.changed()), (30, 11));
        let scores = confusion.scores(VoidRule::Reference);
        assert_eq!((scores.pixels, scores.right), (22, 16));
        assert_eq!(scores.classes[&CAR], ClassScore { a: 8, b: 6, both: 6 });
        assert_eq!(scores.classes[&ROAD], ClassScore { a: 14, b: 12, both: 10 });
        assert!(!scores.classes.contains_key(&Slot::Void));
        let scores = confusion.scores(VoidRule::Either);
        assert_eq!((scores.pixels, scores.right), (18, 16));
        assert_eq!(scores.classes[&ROAD].iou(), Some(10.0 / 12.0));
        let scores = confusion.scores(VoidRule::Class);
        assert_eq!((scores.pixels, scores.right), (30, 19));
        assert_eq!(scores.classes[&CAR], ClassScore { a: 8, b: 11, both: 6 });
        assert_eq!(scores.classes[&Slot::Void], ClassScore { a: 8, b: 7, both: 3 });
    }

    #[test]
    fn figures_without_a_denominator_are_left_out() {
        let mut confusion = Confusion::default();
        confusion.add(CAR, CAR, 3);
        confusion.add(CAR, ROAD, 1);
        let scores = confusion.scores(VoidRule::default());
        assert_eq!(scores.classes[&ROAD].accuracy(), None);
        assert_eq!(scores.mean(ClassScore::accuracy), Some(0.75));
        assert_eq!(scores.mean_iou(), Some(0.375));
        assert_eq!(scores.classes[&CAR].dice(), Some(6.0 / 7.0));
        assert_eq!(scores.classes[&ROAD].precision(), Some(0.0));
        assert_eq!(Confusion::default().scores(VoidRule::default()).mean_iou(), None);
    }
}
