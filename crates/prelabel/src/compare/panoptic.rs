//! Panoptic quality: segments of B matched with those of A, as panopticapi does.

use std::collections::{BTreeMap, BTreeSet};

use super::confusion::mean;
use super::{Slot, Sum};

/// A segment: its class, and its number where it has one.
pub(super) type Piece = (Slot, Option<u32>);

/// Matched and unmatched segments of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// The IoU of all matched pairs.
    pub iou: Sum,
    /// Matched pairs.
    pub matched: u64,
    /// Segments that only A has: missed.
    pub only_a: u64,
    /// Segments that only B has: false.
    pub only_b: u64,
}

impl Matches {
    fn segments(&self) -> Option<f64> {
        let all = self.matched + self.only_a + self.only_b;
        (all > 0).then_some(self.matched as f64 + 0.5 * self.only_a as f64 + 0.5 * self.only_b as f64)
    }

    /// Panoptic quality: segmentation quality times recognition quality.
    pub fn pq(&self) -> Option<f64> {
        self.segments().map(|segments| self.iou.get() / segments)
    }

    /// Segmentation quality: the mean IoU of matched pairs.
    pub fn sq(&self) -> Option<f64> {
        self.segments().map(|_| if self.matched > 0 { self.iou.get() / self.matched as f64 } else { 0.0 })
    }

    /// Recognition quality: the F1 score of finding segments.
    pub fn rq(&self) -> Option<f64> {
        self.segments().map(|segments| self.matched as f64 / segments)
    }

    /// True if every segment has its like, pixel by pixel.
    pub fn perfect(&self) -> bool {
        self.only_a + self.only_b == 0 && self.iou == Sum::whole(self.matched)
    }
}

/// The segments of a comparison, by class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panoptic {
    /// Classes that have segments.
    pub classes: BTreeMap<Slot, Matches>,
}

/// Means over classes that have segments.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Qualities {
    /// Classes.
    pub classes: u64,
    /// Mean panoptic quality.
    pub pq: Option<f64>,
    /// Mean segmentation quality.
    pub sq: Option<f64>,
    /// Mean recognition quality.
    pub rq: Option<f64>,
}

impl Panoptic {
    /// Adds another's segments.
    pub fn merge(&mut self, other: &Panoptic) {
        for (&slot, more) in &other.classes {
            let mine = self.classes.entry(slot).or_default();
            mine.iou = mine.iou + more.iou;
            mine.matched += more.matched;
            mine.only_a += more.only_a;
            mine.only_b += more.only_b;
        }
    }

    /// The means over the classes that `wanted` accepts.
    pub fn means(&self, wanted: impl Fn(Slot) -> bool) -> Qualities {
        let of = |figure: fn(&Matches) -> Option<f64>| {
            mean(self.classes.iter().filter(|(slot, _)| wanted(**slot)).filter_map(|(_, class)| figure(class)))
        };
        let having = self.classes.iter().filter(|(slot, class)| wanted(**slot) && class.pq().is_some());
        Qualities { classes: having.count() as u64, pq: of(Matches::pq), sq: of(Matches::sq), rq: of(Matches::rq) }
    }

    /// True if every segment has its like, pixel by pixel.
    pub fn perfect(&self) -> bool {
        self.classes.values().all(Matches::perfect)
    }
}

/// Matches the segments of one image. A pair of one class matches where its IoU, void pixels of A left out, is above
/// one half: so no segment has two partners. A segment of B that lies to more than half in A's void, or in a crowd of
/// its own class, is not held against B; crowds of A are neither matched nor missed. Several crowds of one class in
/// an image are one here; panopticapi looks at the last of them only.
pub(super) fn matches(overlaps: &BTreeMap<(Piece, Piece), u64>, crowd: impl Fn(Piece) -> bool) -> Panoptic {
    let (mut areas_a, mut areas_b) = (BTreeMap::<Piece, u64>::new(), BTreeMap::<Piece, u64>::new());
    for (&(a, b), &pixels) in overlaps {
        *areas_a.entry(a).or_default() += pixels;
        *areas_b.entry(b).or_default() += pixels;
    }
    areas_a.retain(|piece, _| piece.0 != Slot::Void);
    areas_b.retain(|piece, _| piece.0 != Slot::Void);
    // Of each segment of B, the pixels that A has as void, and those in a crowd of its class.
    let (mut in_void, mut in_crowd) = (BTreeMap::<Piece, u64>::new(), BTreeMap::<Piece, u64>::new());
    for (&(a, b), &pixels) in overlaps {
        if a.0 == Slot::Void {
            *in_void.entry(b).or_default() += pixels;
        } else if a.0 == b.0 && crowd(a) {
            *in_crowd.entry(b).or_default() += pixels;
        }
    }
    let of = |pixels: &BTreeMap<Piece, u64>, piece: Piece| pixels.get(&piece).copied().unwrap_or(0);
    let mut found = Panoptic::default();
    let (mut matched_a, mut matched_b) = (BTreeSet::new(), BTreeSet::new());
    for (&(a, b), &both) in overlaps {
        if a.0 != b.0 || a.0 == Slot::Void || crowd(a) {
            continue;
        }
        let union = of(&areas_a, a) + of(&areas_b, b) - both - of(&in_void, b);
        let iou = both as f64 / union as f64;
        if iou > 0.5 {
            let class = found.classes.entry(a.0).or_default();
            class.matched += 1;
            class.iou += iou;
            matched_a.insert(a);
            matched_b.insert(b);
        }
    }
    for &a in areas_a.keys().filter(|a| !matched_a.contains(a) && !crowd(**a)) {
        found.classes.entry(a.0).or_default().only_a += 1;
    }
    for (&b, &area) in areas_b.iter().filter(|(b, _)| !matched_b.contains(b)) {
        if 2 * (of(&in_void, b) + of(&in_crowd, b)) <= area {
            found.classes.entry(b.0).or_default().only_b += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAR: Slot = Slot::Listed(0);
    const ROAD: Slot = Slot::Listed(1);
    const VOID: Piece = (Slot::Void, None);

    fn car(number: u32) -> Piece {
        (CAR, Some(number))
    }

    fn found(overlaps: &[(Piece, Piece, u64)], crowd: bool) -> Matches {
        let overlaps = overlaps.iter().map(|&(a, b, pixels)| ((a, b), pixels)).collect();
        matches(&overlaps, |piece| crowd && piece == (CAR, None)).classes.get(&CAR).copied().unwrap_or_default()
    }

    fn counts(matches: Matches) -> (u64, u64, u64) {
        (matches.matched, matches.only_a, matches.only_b)
    }

    #[test]
    fn one_half_is_not_enough_and_void_leaves_the_union() {
        let road = (ROAD, None);
        // 2 of 4: half.
        let half = found(&[(car(1), car(2), 2), (car(1), road, 1), (road, car(2), 1)], false);
        assert_eq!(counts(half), (0, 1, 1));
        let void = found(&[(car(1), car(2), 2), (car(1), road, 1), (VOID, car(2), 1)], false);
        assert_eq!((counts(void), void.iou.get()), ((1, 0, 0), f64::from(2) / 3.0));
        assert!(!void.perfect() && found(&[(car(1), car(7), 3)], false).perfect());
    }

    #[test]
    fn what_lies_in_void_or_a_crowd_is_not_false() {
        let crowd = (CAR, None);
        assert_eq!(counts(found(&[(VOID, car(1), 3), ((ROAD, None), car(1), 2)], false)), (0, 0, 0));
        assert_eq!(counts(found(&[(VOID, car(1), 2), ((ROAD, None), car(1), 2)], false)), (0, 0, 1));
        assert_eq!(counts(found(&[(crowd, car(1), 3), ((ROAD, None), car(1), 2)], true)), (0, 0, 0));
        // A crowd is not missed, nor matched by what equals it.
        assert_eq!(counts(found(&[(crowd, car(1), 3)], true)), (0, 0, 0));
        assert_eq!(counts(found(&[(crowd, car(1), 3)], false)), (1, 0, 0));
    }

    #[test]
    fn means_leave_out_classes_without_segments() {
        let mut all = Panoptic::default();
        all.classes.insert(CAR, Matches { iou: Sum::whole(1), matched: 1, only_a: 1, only_b: 1 });
        all.classes.insert(ROAD, Matches::default());
        let means = all.means(|_| true);
        assert_eq!(means, Qualities { classes: 1, pq: Some(0.5), sq: Some(1.0), rq: Some(0.5) });
        assert_eq!(all.means(|slot| slot == ROAD).pq, None);
    }
}
