//! Numbers of objects that do not survive.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ClassId, Segment, SegmentMap};
use crate::report::{Finding, Report, Severity, amount};

/// Says how many objects get another number from readers that count the objects of each class from 1.
pub(crate) fn tell_renumbered(map: &SegmentMap, report: &Report) {
    let occurring = map.grid().occurrences().into_iter().filter_map(|found| map.segment(found.code));
    let numbered: BTreeSet<Segment> = occurring.filter(|segment| segment.instance.is_some()).collect();
    let mut last: BTreeMap<ClassId, u32> = BTreeMap::new();
    let renumbered = numbered.iter().filter(|segment| {
        let count = last.entry(segment.class).or_default();
        *count += 1;
        segment.instance != Some(*count)
    });
    let renumbered = renumbered.count() as u64;
    if renumbered > 0 {
        let message = "objects keep their order but not their numbers: read again, those of a class are counted from 1";
        let finding = Finding::new("renumbered", Severity::Info, message);
        report.finding(finding.detail(amount(renumbered, "objects")));
    }
}
