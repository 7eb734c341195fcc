use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::legend_file::Usage;
use super::mend::{self, Output};
use super::ordered::in_order;
use super::pair::PairLegend;
use super::{Folder, LegendCheck, LegendFile, Options, Pair, Pairs, Rule};
use crate::classes;
use crate::model::ClassList;
use crate::report::{Finding, Remarks, Report, Summary};
use crate::tree::Sink;
use crate::{Error, ErrorKind, Result};

/// Where a legend lies that masks share; the empty path stands for the one that the user gave.
const SHARED: &[&str] = &["legend.json", "masks/legend.json"];
const GIVEN: &str = "";

/// What was found in one pair; or, without a key, in the folder as a whole.
#[derive(Debug, Default)]
pub struct Checked {
    /// The pair's index; for the folder, the number of pairs.
    pub index: usize,
    /// The pair's key.
    pub key: Option<String>,
    /// The mask's file; for the folder, the folder.
    pub mask: String,
    /// The legend's file.
    pub legend: Option<String>,
    /// The image's file.
    pub image: Option<String>,
    /// What was found, by rule, and what mending lost.
    pub remarks: Remarks,
    /// What could not be checked or written.
    pub failures: Vec<Error>,
    /// True if the copy differs from the input.
    pub mended: bool,
}

/// A run's end.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Pairs that the run was for.
    pub pairs: usize,
    /// Pairs that were not tried because the run was stopped.
    pub not_tried: usize,
    /// Pairs and shared legends whose copy differs from the input.
    pub mended: u64,
    /// Failures, findings and losses.
    pub summary: Summary,
    /// What stopped the run before its end.
    pub stopped: Option<Error>,
}

/// Checks all pairs with the rules that are asked for, on the threads of the current pool.
///
/// `observer` is called once a pair in the order of keys, and once for the folder if there is something to
/// say about it. The same input and options give the same calls, whatever the number of threads.
///
/// # Errors
/// A rule is asked for that does not exist. Anything after that is in the [`Outcome`].
pub fn validate(pairs: &Pairs, options: &Options, observer: &(dyn Fn(&Checked) + Sync)) -> Result<Outcome> {
    Ok(Run::prepare(pairs, options, None)?.run(observer))
}

/// Checks all pairs, and writes a copy of their tree in which everything is mended that can be.
///
/// What has no fault, or none that can be mended, is copied byte for byte. A finding that was mended becomes
/// one of severity info whose message begins with `mended:`; the others stay. What loses something is
/// mended only if `allow_lossy`, and counted. A legend that the user gave is no part of the tree.
///
/// # Errors
/// A rule is asked for that does not exist. Anything after that is in the [`Outcome`].
pub fn fix(
    pairs: &Pairs,
    sink: &dyn Sink,
    options: &Options,
    allow_lossy: bool,
    observer: &(dyn Fn(&Checked) + Sync),
) -> Result<Outcome> {
    let mut outcome = Run::prepare(pairs, options, Some(Output { sink, allow_lossy }))?.run(observer);
    // A sink that refused a file has nothing to make last.
    let refused = outcome.stopped.as_ref().is_some_and(|error| error.kind() == ErrorKind::Output);
    if !refused && let Err(error) = sink.finish() {
        outcome.stopped.get_or_insert(error);
    }
    Ok(outcome)
}

struct Run<'a> {
    pairs: &'a Pairs,
    options: &'a Options,
    rules: Vec<&'static dyn Rule>,
    classes: Option<ClassList>,
    classes_error: Option<Error>,
    shared: BTreeMap<&'static str, Result<Arc<LegendFile>>>,
    output: Option<Output<'a>>,
}

/// What a worker hands over.
struct Unit {
    checked: Checked,
    usage: Option<(&'static str, Usage)>,
}

impl<'a> Run<'a> {
    fn prepare(pairs: &'a Pairs, options: &'a Options, output: Option<Output<'a>>) -> Result<Self> {
        let source = pairs.source();
        let beside = source.paths().contains("classes.json").then(|| {
            let bytes = source.read("classes.json", &options.limits)?;
            Ok(classes::parse(&bytes, &source.display("classes.json"))?.list)
        });
        let (beside, classes_error) = match beside {
            Some(Ok(list)) => (Some(list), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        let mut shared = BTreeMap::new();
        match pairs.given_legend() {
            Some((file, bytes)) => {
                let legend = LegendFile::new(file.clone(), bytes.clone(), true);
                shared.insert(GIVEN, Ok(Arc::new(legend)));
            }
            None => {
                for path in SHARED.iter().filter(|path| source.paths().contains(path)) {
                    let bytes = source.read(path, &options.limits);
                    let legend = bytes.map(|bytes| Arc::new(LegendFile::new(source.display(path), bytes, true)));
                    shared.insert(*path, legend);
                }
            }
        }
        let classes = options.classes.clone().or(beside);
        Ok(Run { pairs, options, rules: options.rules()?, classes, classes_error, shared, output })
    }

    fn run(&self, observer: &(dyn Fn(&Checked) + Sync)) -> Outcome {
        let mut outcome = Outcome { pairs: self.pairs.len(), not_tried: self.pairs.len(), ..Outcome::default() };
        let mut usages: BTreeMap<&'static str, Usage> = BTreeMap::new();
        let mut folder = Checked { index: self.pairs.len(), ..Checked::default() };
        folder.mask = self.pairs.source().name().to_owned();
        // Legends first: a mask that is there is complete.
        let legend_remarks = self.write_shared(&mut folder, &mut outcome);
        if outcome.stopped.is_none() {
            let take = |_: usize, unit: Unit| {
                outcome.not_tried -= 1;
                if let Some((path, usage)) = unit.usage {
                    usages.entry(path).or_default().merge(usage);
                }
                outcome.take(unit.checked, observer)
            };
            in_order(self.pairs.len(), || self.options.stopped(), |index| self.unit(index), take);
        }
        if outcome.not_tried == 0 && outcome.stopped.is_none() {
            self.check_folder(&mut folder, &usages, legend_remarks);
            self.copy_rest(&mut folder);
            if !folder.remarks.findings.is_empty() || !folder.failures.is_empty() {
                outcome.take(folder, observer);
            }
        } else if outcome.stopped.is_none() {
            let error = Error::new(ErrorKind::Interrupted, "interrupted");
            outcome.stopped = Some(error.hint("run the same command again"));
        }
        outcome
    }

    fn unit(&self, index: usize) -> Unit {
        let mask = self.pairs.source().display(self.pairs.mask(index));
        let key = Some(self.pairs.key(index));
        let mut unit = Unit { checked: Checked { index, key, mask, ..Checked::default() }, usage: None };
        // A bug on one pair must not take the others with it.
        let done = catch_unwind(AssertUnwindSafe(|| self.pair(index, &mut unit)));
        let done = done.unwrap_or_else(|_| {
            let error = Error::invalid("prelabel failed on this mask");
            Err(error.hint("this is a bug: please report it with the file"))
        });
        if let Err(error) = done {
            let error = error.in_file(unit.checked.mask.clone());
            unit.checked.failures.push(error);
        }
        unit
    }

    fn pair(&self, index: usize, unit: &mut Unit) -> Result<()> {
        let (path, legend) = self.legend_of(index)?;
        let legend = match legend {
            PairLegend::There(legend) => {
                unit.checked.legend = Some(legend.file.clone());
                PairLegend::There(legend)
            }
            other => other,
        };
        let shared = self.shared.keys().find(|shared| path.as_deref() == Some(shared)).copied();
        // Until its pixels are seen, a mask may use anything of a shared legend.
        unit.usage = shared.map(|shared| (shared, Usage { masks: 1, unseen: 1, ..Usage::default() }));
        let pair = Pair::load(self.pairs, index, legend, &self.options.limits, self.options.speck_pixels)?;
        unit.checked.image = pair.image.as_ref().map(|image| image.file.clone());
        let usage = pair.legend().map(|legend| Usage::of(&pair, legend));
        let seen = usage.clone().unwrap_or_default();
        let own = pair.legend_file().filter(|legend| !legend.shared);
        let findings = &mut unit.checked.remarks.findings;
        for rule in &self.rules {
            named(findings, &pair.file, |found| rule.pair(&pair, found));
            if let Some(legend) = own {
                let check = LegendCheck { legend, usage: &seen, classes: self.classes.as_ref() };
                named(findings, &legend.file, |found| rule.legend(&check, found));
            }
        }
        unit.usage = shared.zip(usage);
        let Some(output) = &self.output else { return Ok(()) };
        let report = Report::new(output.allow_lossy);
        let mended = mend::write_pair(output, &pair, own.zip(path.as_deref()), &|code| self.enabled(code), &report)?;
        unit.checked.mended = !mended.is_empty();
        unit.checked.remarks.losses = report.take().losses;
        replace(&mut unit.checked.remarks.findings, mended);
        Ok(())
    }

    fn enabled(&self, code: &str) -> bool {
        self.rules.iter().any(|rule| rule.info().code == code)
    }

    /// The legend of a mask and its path in the tree.
    fn legend_of(&self, index: usize) -> Result<(Option<String>, PairLegend)> {
        let path = match self.shared.contains_key(GIVEN) {
            true => Some(GIVEN.to_owned()),
            false => self.pairs.legend_path(index),
        };
        let Some(path) = path else { return Ok((None, PairLegend::Missing)) };
        let legend = match self.shared.get(path.as_str()) {
            Some(Ok(legend)) => PairLegend::There(legend.clone()),
            Some(Err(_)) => PairLegend::Unavailable,
            None => {
                let source = self.pairs.source();
                let bytes = source.read(&path, &self.options.limits)?;
                PairLegend::There(Arc::new(LegendFile::new(source.display(&path), bytes, false)))
            }
        };
        Ok((Some(path), legend))
    }

    /// Writes the legends that masks share; returns what was mended in each.
    fn write_shared(&self, folder: &mut Checked, outcome: &mut Outcome) -> Vec<(&'static str, Vec<Finding>)> {
        let mut remarks = Vec::new();
        let Some(output) = &self.output else { return remarks };
        for (path, legend) in self.shared.iter().filter(|(path, _)| **path != GIVEN) {
            let Ok(legend) = legend else { continue };
            match mend::write_legend(output, path, legend, &|code| self.enabled(code)) {
                Ok(mended) => {
                    folder.mended |= !mended.is_empty();
                    remarks.push((*path, mended));
                }
                Err(error) if error.kind() == ErrorKind::Output => outcome.stopped = Some(error),
                Err(error) => folder.failures.push(error),
            }
        }
        remarks
    }

    fn check_folder(
        &self,
        checked: &mut Checked,
        usages: &BTreeMap<&'static str, Usage>,
        mended: Vec<(&'static str, Vec<Finding>)>,
    ) {
        let unused = Usage::default();
        let mut mended: BTreeMap<_, _> = mended.into_iter().collect();
        for (path, legend) in &self.shared {
            let legend = match legend {
                Ok(legend) => legend,
                Err(error) => {
                    checked.failures.push(copy(error));
                    continue;
                }
            };
            let usage = usages.get(path).unwrap_or(&unused);
            let check = LegendCheck { legend, usage, classes: self.classes.as_ref() };
            let mut findings = Vec::new();
            for rule in &self.rules {
                named(&mut findings, &legend.file, |found| rule.legend(&check, found));
            }
            replace(&mut findings, mended.remove(path).unwrap_or_default());
            checked.remarks.findings.append(&mut findings);
        }
        let limits = &self.options.limits;
        let folder = Folder { pairs: self.pairs, classes_error: self.classes_error.as_ref(), limits };
        for rule in &self.rules {
            named(&mut checked.remarks.findings, self.pairs.source().name(), |found| rule.folder(&folder, found));
        }
    }

    /// Copies what is neither a mask nor a legend of one.
    fn copy_rest(&self, folder: &mut Checked) {
        let Some(output) = &self.output else { return };
        let rest = mend::rest(self.pairs, &self.shared.keys().copied().collect::<Vec<_>>());
        let source = self.pairs.source();
        let work = |index: usize| {
            let path = &rest[index];
            let bytes = source.read(path, &self.options.limits)?;
            output.sink.write(path, &bytes)
        };
        in_order(
            rest.len(),
            || self.options.stopped(),
            work,
            |_, written| {
                let fatal = written.as_ref().is_err_and(|error| error.kind() == ErrorKind::Output);
                folder.failures.extend(written.err());
                !fatal
            },
        );
    }
}

impl Outcome {
    /// Takes a result in; returns false if the run is over.
    fn take(&mut self, checked: Checked, observer: &(dyn Fn(&Checked) + Sync)) -> bool {
        observer(&checked);
        self.summary.add(checked.index, &checked.mask, &checked.remarks);
        self.mended += u64::from(checked.mended);
        for error in checked.failures {
            self.summary.fail(checked.index, &checked.mask, &error);
            if error.kind() == ErrorKind::Output {
                self.stopped.get_or_insert(error);
            }
        }
        self.stopped.is_none()
    }
}

/// Lets a rule look, and names the file where it did not.
fn named(findings: &mut Vec<Finding>, file: &str, look: impl FnOnce(&mut Vec<Finding>)) {
    let before = findings.len();
    look(findings);
    for finding in &mut findings[before..] {
        finding.file.get_or_insert_with(|| file.to_owned());
    }
}

/// Findings that were mended give way to what was done about them.
fn replace(findings: &mut Vec<Finding>, mended: Vec<Finding>) {
    let of_a_rule = |code| mended.iter().any(|done| done.code == code);
    findings.retain(|finding| !of_a_rule(finding.code));
    findings.extend(mended);
}

/// Errors are told once, but a legend that masks share fails once for all of them.
fn copy(error: &Error) -> Error {
    let copy = Error::new(error.kind(), error.message());
    let copy = error.file().into_iter().fold(copy, |copy, file| copy.in_file(file));
    let source = std::error::Error::source(error).map(ToString::to_string);
    let copy = source.into_iter().fold(copy, |copy, source| copy.found(source));
    error.hint_text().into_iter().fold(copy, |copy, hint| copy.hint(hint))
}
