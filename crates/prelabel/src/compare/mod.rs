//! Two trees of labels against each other: A is the reference, B what is measured.
//!
//! Nothing is expanded to one-hot masks: pairs of codes are counted run by run. Samples are compared in parallel, in
//! bounded memory, and all sums are exact, so no figure depends on threads.

mod boundary;
mod classes;
mod confusion;
mod overlaps;
mod pairing;
mod panoptic;
mod sums;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

pub use boundary::{Bound, Boundary};
pub use classes::{Classes, Matched, MatchedBy, Slot};
pub use confusion::{ClassScore, Confusion, Scores, VoidRule};
pub use pairing::Pairing;
pub use panoptic::{Matches, Panoptic, Qualities};
pub use sums::Sum;

use crate::convert::{self, Adapter};
use crate::formats::Reader;
use crate::model::{ClassKind, Content, ContentKind, LabelMap, SegmentMap};
use crate::report::{Remarks, Report, Summary};
use crate::{Error, ErrorKind, Result};

/// One of the two trees.
pub struct Side<'a> {
    /// Its samples.
    pub reader: &'a dyn Reader,
    /// What makes maps of them.
    pub adapter: Adapter,
}

/// How to compare.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Failures and memory; a comparison has no shards.
    pub run: convert::Options,
    /// What becomes of void pixels.
    pub void: VoidRule,
    /// Match objects, too.
    pub instances: bool,
    /// How far boundaries may lie apart; without it they are not compared.
    pub bound: Option<Bound>,
    /// How many of the samples that differ most are named.
    pub worst: usize,
}

/// What one pair of samples has shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// All its pixels.
    pub confusion: Confusion,
    /// The boundary F-score of each class that occurs.
    pub boundary: BTreeMap<Slot, f64>,
    /// Its segments, where objects are matched.
    pub panoptic: Option<Panoptic>,
}

impl Compared {
    /// True if the two are not the same, pixel by pixel and object by object; what number an object has is no matter.
    pub fn differs(&self) -> bool {
        self.confusion.changed() > 0 || self.panoptic.as_ref().is_some_and(|panoptic| !panoptic.perfect())
    }
}

/// One pair's end.
#[derive(Debug)]
pub struct Item<'a> {
    /// The key in A, or the file where the key is at fault.
    pub name: &'a str,
    /// The file in A.
    pub a: &'a str,
    /// The file in B.
    pub b: &'a str,
    /// What was found.
    pub result: &'a Result<Compared>,
    /// What was remarked on it.
    pub remarks: &'a Remarks,
}

/// A sample that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// Its key.
    pub key: String,
    /// The mean IoU of the classes that occur in it.
    pub mean_iou: Option<f64>,
    /// The share of pixels that have the same class.
    pub pixel_accuracy: Option<f64>,
    /// Pixels that do not.
    pub changed: u64,
}

/// A comparison's end.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Pairs that were compared.
    pub compared: u64,
    /// Those of them that differ.
    pub differing: u64,
    /// Pairs that were not tried.
    pub not_tried: u64,
    /// The pixels of all of them.
    pub confusion: Confusion,
    /// The boundaries of each class, image by image.
    pub boundary: BTreeMap<Slot, Boundary>,
    /// Their segments, where objects are matched.
    pub panoptic: Option<Panoptic>,
    /// The samples that differ most: the least mean IoU first.
    pub worst: Vec<Worst>,
    /// Failures and findings.
    pub summary: Summary,
    /// What stopped the run before its end.
    pub stopped: Option<Error>,
}

/// Compares the samples that both trees have, on the threads of the current pool. `observe` is called once a pair,
/// from the thread that did it. `interrupted` may be set from outside: pairs under way are finished then.
pub fn compare(
    (a, b): (&Side<'_>, &Side<'_>),
    classes: &Classes,
    pairing: &Pairing,
    options: &Options,
    interrupted: &AtomicBool,
    observe: &(dyn Fn(&Item<'_>) + Sync),
) -> Outcome {
    let start = Outcome { panoptic: options.instances.then(Panoptic::default), ..Outcome::default() };
    let state = Mutex::new((start, Ranking { worst: BTreeSet::new(), most: options.worst }));
    let stop = AtomicBool::new(false);
    let run = |index: usize| {
        let pair = pairing.both[index];
        let report = Report::new(true);
        let (file_a, file_b) = (a.reader.file(pair.0), b.reader.file(pair.1));
        let key = a.reader.key(pair.0);
        let name = key.as_ref().map_or(file_a.as_str(), |key| key.as_str());
        let result = convert::guarded(|| one((a, b), pair, classes, options, &report));
        let result = result.map_err(|error| error.in_file(&file_a));
        let remarks = report.take();
        observe(&Item { name, a: &file_a, b: &file_b, result: &result, remarks: &remarks });
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, ranking) = &mut *state;
        outcome.summary.add(index, &file_a, &remarks);
        match result {
            Ok(compared) => {
                outcome.add(&compared);
                ranking.add(index, &compared, options.void);
            }
            Err(error) => {
                outcome.summary.fail(index, name, &error);
                let failures = outcome.summary.failures();
                if options.run.max_errors.is_some_and(|most| failures >= most) && outcome.stopped.is_none() {
                    let message = format!("stopped after {failures} failures (`--max-errors`)");
                    outcome.stopped = Some(Error::new(ErrorKind::Invalid, message));
                    stop.store(true, Ordering::Relaxed);
                }
            }
        }
    };
    // A map of each, and what is counted in them.
    let memory = |index: usize| {
        let (one, other) = pairing.both[index];
        (a.reader.memory(one) + b.reader.memory(other)).saturating_mul(2)
    };
    let flags = [&stop, interrupted];
    let total = pairing.both.len();
    let tried = convert::for_each(0..total, &memory, &options.run, &flags, &run);
    let (mut outcome, ranking) = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcome.not_tried = (total - tried) as u64;
    if interrupted.load(Ordering::Relaxed) && outcome.not_tried > 0 {
        outcome.stopped.get_or_insert_with(|| Error::new(ErrorKind::Interrupted, "interrupted"));
    }
    outcome.worst = ranking.into_worst(a.reader, pairing);
    outcome
}

impl Outcome {
    fn add(&mut self, compared: &Compared) {
        self.compared += 1;
        self.differing += u64::from(compared.differs());
        self.confusion.merge(&compared.confusion);
        for (&slot, &score) in &compared.boundary {
            let all = self.boundary.entry(slot).or_default();
            all.sum += score;
            all.images += 1;
        }
        if let (Some(all), Some(more)) = (&mut self.panoptic, &compared.panoptic) {
            all.merge(more);
        }
    }

    /// The mean boundary F-score of the classes that have one.
    pub fn mean_boundary(&self) -> Option<f64> {
        confusion::mean(self.boundary.values().filter_map(Boundary::mean))
    }
}

/// The pairs that differ most so far. Its order is that of figures, then of samples, never of time.
struct Ranking {
    /// Bits of the mean IoU and of the accuracy, index, changed pixels. The bits of numbers from 0 ascend as they do.
    worst: BTreeSet<(u64, u64, usize, u64)>,
    most: usize,
}

/// What stands for a figure that there is none of.
const NO_FIGURE: f64 = f64::INFINITY;

impl Ranking {
    fn add(&mut self, index: usize, compared: &Compared, rule: VoidRule) {
        if !compared.differs() {
            return;
        }
        let scores = compared.confusion.scores(rule);
        let bits = |figure: Option<f64>| figure.unwrap_or(NO_FIGURE).to_bits();
        let changed = compared.confusion.changed();
        self.worst.insert((bits(scores.mean_iou()), bits(scores.pixel_accuracy()), index, changed));
        if self.worst.len() > self.most {
            self.worst.pop_last();
        }
    }

    fn into_worst(self, reader: &dyn Reader, pairing: &Pairing) -> Vec<Worst> {
        let figure = |bits| Some(f64::from_bits(bits)).filter(|figure| *figure != NO_FIGURE);
        let worst = self.worst.into_iter().map(|(iou, accuracy, index, changed)| {
            let index = pairing.both[index].0;
            let key = reader.key(index).map_or_else(|_| reader.file(index), |key| key.to_string());
            Worst { key, mean_iou: figure(iou), pixel_accuracy: figure(accuracy), changed }
        });
        worst.collect()
    }
}

fn one(
    (a, b): (&Side<'_>, &Side<'_>),
    (in_a, in_b): (usize, usize),
    classes: &Classes,
    options: &Options,
    report: &Report,
) -> Result<Compared> {
    let wanted: &[ContentKind] = if options.instances { &[ContentKind::Segments] } else { &[ContentKind::LabelMap] };
    let read = |side: &Side<'_>, index: usize| {
        let sample = side.reader.read(index, report).and_then(|sample| side.adapter.adapt(sample, wanted, report));
        sample.map(|sample| sample.content).map_err(|error| error.in_file(side.reader.file(index)))
    };
    let (one, other) = (read(a, in_a)?, read(b, in_b)?);
    if one.size() != other.size() {
        let size = |content: &Content| format!("{} × {}", content.size().0, content.size().1);
        return Err(Error::invalid("the two have different sizes")
            .in_file(b.reader.file(in_b))
            .found(size(&other))
            .expected(format!("{} (width × height), as {}", size(&one), a.reader.file(in_a)))
            .hint("labels are compared pixel by pixel: bring one of the two to the other's size first"));
    }
    match (one, other) {
        (Content::Segments(one), Content::Segments(other)) if options.instances => {
            let panoptic = matches(&one, &other, classes);
            let maps = (one.into_label_map()?.0, other.into_label_map()?.0);
            Ok(Compared { panoptic: Some(panoptic), ..pixels((&maps.0, &maps.1), classes, options) })
        }
        (one, other) => Ok(pixels((&label_map(one)?, &label_map(other)?), classes, options)),
    }
}

fn label_map(content: Content) -> Result<LabelMap> {
    match content {
        Content::LabelMap(map) => Ok(map),
        Content::Segments(map) => Ok(map.into_label_map()?.0),
        Content::Scores(_) | Content::Instances(_) => Err(Error::usage("scores and objects must become a map first")),
    }
}

/// Compares two maps of one size, pixel by pixel.
pub fn pixels((a, b): (&LabelMap, &LabelMap), classes: &Classes, options: &Options) -> Compared {
    let mut confusion = Confusion::default();
    overlaps::for_each_overlap(a.grid(), b.grid(), |one, other, pixels| {
        confusion.add(classes.of_a(a.id_of(one)), classes.of_b(b.id_of(other)), pixels);
    });
    let boundary = match options.bound {
        Some(bound) if a.grid().size() == b.grid().size() => boundary::scores((a, b), classes, options.void, bound),
        _ => BTreeMap::new(),
    };
    Compared { confusion, boundary, panoptic: None }
}

/// Matches the objects of two maps of one size, as panopticapi does. The background is no object: nothing is matched
/// with it, but an object of B that lies there is false. Where it is void, that object does not count, which is
/// panopticapi's rule for pixels without a segment.
pub fn matches(a: &SegmentMap, b: &SegmentMap, classes: &Classes) -> Panoptic {
    let mut overlaps: BTreeMap<(panoptic::Piece, panoptic::Piece), u64> = BTreeMap::new();
    let mut numbered: BTreeSet<Slot> = BTreeSet::new();
    overlaps::for_each_overlap(a.grid(), b.grid(), |one, other, pixels| {
        let (Some(one), Some(other)) = (a.segment(one), b.segment(other)) else { return };
        let (one, other) = ((classes.of_a(one.class), one.instance), (classes.of_b(other.class), other.instance));
        numbered.extend([one, other].iter().filter(|piece| piece.1.is_some()).map(|piece| piece.0));
        *overlaps.entry((one, other)).or_default() += pixels;
    });
    // A whole area of a class that has numbered objects is many of them, which nobody told apart.
    let crowd = |(slot, number): panoptic::Piece| {
        let countable = match classes.kind(slot) {
            Some(kind) => kind == ClassKind::Thing,
            None => numbered.contains(&slot),
        };
        number.is_none() && countable
    };
    let mut found = panoptic::matches(&overlaps, crowd);
    found.classes.retain(|slot, _| !classes.get(*slot).is_some_and(|class| class.background));
    found
}
