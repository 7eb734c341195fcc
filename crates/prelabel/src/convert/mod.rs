//! Reads samples, adapts their content to what the writer holds, writes them: in parallel, in bounded memory.
//!
//! Each sample stands alone. One that fails is reported and the rest goes on; only an output that cannot be
//! written at all stops a run. Running again goes on where a run stopped, because identical outputs count as done.

mod adapt;
mod budget;
mod keys;
mod objects;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

pub use adapt::Adapter;
pub(crate) use keys::check as check_keys;
pub use objects::Objects;

use crate::formats::{Reader, Writer};
use crate::model::{ClassId, ClassList, Content};
use crate::report::{Remarks, Report, Summary};
use crate::tree::Written;
use crate::{Error, ErrorKind, Limits, Result, classes};

/// Part I of N of a run: samples whose index is I − 1 modulo N.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Shard { index: 1, count: 1 }
    }
}

impl std::str::FromStr for Shard {
    type Err = Error;

    /// Reads `I/N`, both from 1.
    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) if index >= 1 && index <= count => Ok(Shard { index, count }),
            _ => Err(Error::usage("this is no shard")
                .found(format!("`{text}`"))
                .expected("`I/N` with I from 1 to N, such as `2/8`")),
        }
    }
}

impl Shard {
    /// The samples of this shard among `total`, ascending.
    pub fn indices(self, total: usize) -> impl ExactSizeIterator<Item = usize> + Clone {
        (self.index - 1..total).step_by(self.count)
    }
}

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which samples.
    pub shard: Shard,
    /// Go on where something is lost, and count it.
    pub allow_lossy: bool,
    /// Stop after this many failures.
    pub max_errors: Option<u64>,
    /// Bounds on memory.
    pub limits: Limits,
}

/// One sample's end.
#[derive(Debug)]
pub struct Item<'a> {
    /// Its index.
    pub index: usize,
    /// Its key, or its file where the key is at fault.
    pub name: &'a str,
    /// Its file.
    pub file: &'a str,
    /// What became of it.
    pub result: &'a Result<Written>,
    /// What was remarked on it.
    pub remarks: &'a Remarks,
}

/// A run's end.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Samples that the run was for.
    pub total: usize,
    /// Outputs that are new.
    pub new: u64,
    /// Outputs that were there already.
    pub same: u64,
    /// Outputs that replaced others.
    pub replaced: u64,
    /// Samples that were not tried.
    pub not_tried: u64,
    /// Class IDs found, with their pixels.
    pub found: BTreeMap<ClassId, u64>,
    /// Failures, findings and losses.
    pub summary: Summary,
    /// What stopped the run before its end.
    pub stopped: Option<Error>,
}

/// Converts the samples of a shard, on the threads of the current pool.
///
/// `observe` is called once a sample, from the thread that did it. `interrupted` may be set from outside:
/// samples under way are finished then.
///
/// # Errors
/// Two samples that would be one output. Anything after that is in the [`Outcome`]; the writer has finished unless
/// the run was stopped.
pub fn convert(
    reader: &dyn Reader,
    writer: &dyn Writer,
    adapter: &Adapter,
    options: &Options,
    interrupted: &AtomicBool,
    observe: &(dyn Fn(&Item<'_>) + Sync),
) -> Result<Outcome> {
    keys::check(reader)?;
    let indices = options.shard.indices(reader.len());
    let total = indices.len();
    let outcome = Mutex::new(Outcome { total, ..Outcome::default() });
    let stop = AtomicBool::new(false);
    let run = |index: usize| {
        let report = Report::new(options.allow_lossy);
        let key = reader.key(index);
        let file = reader.file(index);
        let name = key.as_ref().map_or(file.as_str(), |key| key.as_str());
        let mut found = BTreeMap::new();
        let result = one(reader, writer, adapter, index, &report, &mut found).map_err(|error| error.in_file(&file));
        let remarks = report.take();
        observe(&Item { index, name, file: &file, result: &result, remarks: &remarks });
        let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.summary.add(index, &file, &remarks);
        for (id, pixels) in found {
            *outcome.found.entry(id).or_default() += pixels;
        }
        match result {
            Ok(Written::New) => outcome.new += 1,
            Ok(Written::Same) => outcome.same += 1,
            Ok(Written::Replaced) => outcome.replaced += 1,
            Err(error) => {
                outcome.summary.fail(index, name, &error);
                let too_many = options.max_errors.is_some_and(|most| outcome.summary.failures() >= most);
                if error.kind() == ErrorKind::Output {
                    outcome.stopped.get_or_insert(error);
                    stop.store(true, Ordering::Relaxed);
                } else if too_many && outcome.stopped.is_none() {
                    let failures = outcome.summary.failures();
                    outcome.stopped = Some(Error::new(
                        ErrorKind::Invalid,
                        format!("stopped after {failures} failures (`--max-errors`)"),
                    ));
                    stop.store(true, Ordering::Relaxed);
                }
            }
        }
    };
    let memory = |index| reader.memory(index);
    let tried = for_each(indices, &memory, options, &[&stop, interrupted], &run);
    let mut outcome = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcome.not_tried = (total - tried) as u64;
    if interrupted.load(Ordering::Relaxed) && outcome.not_tried > 0 {
        outcome.stopped.get_or_insert_with(|| {
            Error::new(ErrorKind::Interrupted, "interrupted")
                .hint("run the same command again: it goes on where it stopped")
        });
    }
    if outcome.stopped.is_none() {
        match writer.finish() {
            Ok(None) => {}
            // One file holds them all, so each has become what the file has.
            Ok(Some(written)) => {
                let all = std::mem::take(&mut outcome.new);
                match written {
                    Written::New => outcome.new = all,
                    Written::Same => outcome.same += all,
                    Written::Replaced => outcome.replaced += all,
                }
            }
            Err(error) => {
                outcome.new = 0;
                outcome.summary.fail(reader.len(), error.file().unwrap_or_default(), &error);
                outcome.stopped = Some(error);
            }
        }
    }
    Ok(outcome)
}

/// Finds the class IDs that occur in all samples, for a class list that names them by their number.
///
/// # Errors
/// The first sample that cannot be read.
pub fn find_ids(
    reader: &dyn Reader,
    adapter: &Adapter,
    options: &Options,
    interrupted: &AtomicBool,
) -> Result<ClassList> {
    let found = Mutex::new((std::collections::BTreeSet::new(), None::<(usize, Error)>));
    let run = |index: usize| {
        let report = Report::new(true);
        let ids = reader.read(index, &report).and_then(|sample| adapter.ids(&sample));
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        match ids {
            Ok(ids) => found.0.extend(ids.into_keys()),
            // Only the first is told, so only the first is kept.
            Err(error) if found.1.as_ref().is_none_or(|(first, _)| index < *first) => found.1 = Some((index, error)),
            Err(_) => {}
        }
    };
    for_each(0..reader.len(), &|index| reader.memory(index), options, &[interrupted], &run);
    let (ids, first_error) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    match (ids.is_empty(), first_error) {
        (true, Some((_, error))) => Err(error),
        _ => classes::named_by_id(ids),
    }
}

/// Runs `each` on every index, on all threads of the current pool, as long as no flag says stop; returns how
/// many were run. The memory of all samples under way stays within the budget.
pub(crate) fn for_each(
    indices: impl ExactSizeIterator<Item = usize> + Clone + Send + Sync,
    memory: &(dyn Fn(usize) -> u64 + Sync),
    options: &Options,
    flags: &[&AtomicBool],
    each: &(impl Fn(usize) + Sync),
) -> usize {
    let budget = budget::Budget::new(options.limits.memory_bytes);
    // Workers take the next index themselves, so that no queue of samples can grow.
    let next = Mutex::new(indices);
    let done = AtomicUsize::new(0);
    rayon::broadcast(|_| {
        loop {
            if flags.iter().any(|flag| flag.load(Ordering::Relaxed)) {
                return;
            }
            let index = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(index) = index else { return };
            let _room = budget.take(memory(index));
            each(index);
            done.fetch_add(1, Ordering::Relaxed);
        }
    });
    done.into_inner()
}

fn one(
    reader: &dyn Reader,
    writer: &dyn Writer,
    adapter: &Adapter,
    index: usize,
    report: &Report,
    found: &mut BTreeMap<ClassId, u64>,
) -> Result<Written> {
    guarded(|| {
        let sample = reader.read(index, report)?;
        if let Content::Instances(set) = &sample.content {
            objects::tell_left_out(set, writer.keeps(), report);
        }
        let sample = adapter.adapt(sample, writer.accepts(), report)?;
        if let Content::LabelMap(map) = &sample.content {
            found.extend(map.occurrences().into_iter().map(|(id, found)| (id, found.pixels)));
        }
        writer.write(&sample, report)
    })
}

/// Runs one sample's work: a bug on it must not take the other 99,999 with it.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(Error::invalid("prelabel failed on this sample")
            .found(what.unwrap_or("a panic"))
            .hint("this is a bug: please report it with the file"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_part_the_samples() {
        let mut all: Vec<usize> = (1..=3).flat_map(|index| Shard { index, count: 3 }.indices(10)).collect();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_eq!("2/8".parse::<Shard>().ok(), Some(Shard { index: 2, count: 8 }));
        for text in ["0/2", "3/2", "1", "a/b", "1/0", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
