mod json;
mod text;

use std::collections::BTreeSet;
use std::path::Path;

use prelabel::compare::{self, ClassScore, Classes as Matching, Options, Outcome, Pairing, Scores, Side, Slot};
use prelabel::convert::{self, Adapter, Objects};
use prelabel::model::{ClassId, ClassList, ContentKind};
use prelabel::report::{Finding, Remarks, Severity};
use prelabel::{Error, Limits};

use super::End;
use crate::cli::{Classes, Common, Diff, Input};
use crate::exit_code::Exit;
use crate::input::{self, Opened};
use crate::output::Output;
use crate::signals;

pub(super) fn run(args: &Diff, common: &Common, output: &Output) -> Result<Exit, End> {
    if let Some(least) = args.fail_under.filter(|least| !(0.0..=1.0).contains(least)) {
        let error = Error::usage("`--fail-under` is not possible").found(least.to_string());
        return Err(error.expected("a mean IoU from 0 to 1").into());
    }
    let interrupted = signals::interrupted();
    let limits = input::limits(common);
    let (a, b) = (open(args, true, &limits)?, open(args, false, &limits)?);
    let matching = Matching::new(list(args, &a)?, list(args, &b)?, &void(args, &a));
    let objects = Objects {
        numbered: args.instances,
        connectivity: args.connectivity,
        overlap: args.overlap.overlap(),
        class_order: args.overlap.class_order()?,
        rule: args.pixel_rule,
    };
    let side = |opened: &Opened, classes: Option<&ClassList>| Adapter {
        classes: classes.cloned().map(|list| with_unlabelled(list, opened)),
        min_confidence: args.min_confidence,
        objects: objects.clone(),
    };
    let one = Side { reader: &*a.reader, adapter: side(&a, matching.list_a()) };
    let other = Side { reader: &*b.reader, adapter: side(&b, matching.list_b()) };
    let pairing = Pairing::new(one.reader, other.reader)?;
    let options = Options {
        run: convert::Options { limits, max_errors: args.max_errors, ..convert::Options::default() },
        void: args.void,
        instances: args.instances,
        bound: (!args.no_boundary).then_some(args.boundary),
        worst: args.worst,
    };
    let progress = output.progress(pairing.both.len(), "samples");
    let mut outcome = compare::compare((&one, &other), &matching, &pairing, &options, &interrupted, &|item| {
        progress.step(item.result.is_ok());
        if output.is_json() {
            // A reader that went away does not stop the work.
            let _ = output.object(&json::item(item, &options));
        }
    });
    progress.end();
    remarks(&mut outcome, (&a, &b), &matching, &pairing);
    let result = Comparison {
        sides: (&a, &b),
        scores: outcome.confusion.scores(options.void),
        outcome: &outcome,
        matching: &matching,
        pairing: &pairing,
        options: &options,
    };
    match output.is_json() {
        true => json::all(&result, output)?,
        false => text::all(&result, output)?,
    }
    output.summary(&outcome.summary);
    if let Some(error) = &outcome.stopped {
        output.fail(error);
    }
    let mean_iou = result.scores.mean_iou();
    if let Some(least) = args.fail_under.filter(|least| mean_iou.is_none_or(|found| found < *least)) {
        let found = mean_iou.map_or("no class that counts".to_owned(), |found| format!("{found:.4}"));
        output.say(&format!("the mean IoU is less than asked for: {found}, not {least}"));
    }
    Ok(exit(args, &result))
}

/// What a comparison has given.
struct Comparison<'a> {
    sides: (&'a Opened, &'a Opened),
    scores: Scores,
    outcome: &'a Outcome,
    matching: &'a Matching,
    pairing: &'a Pairing,
    options: &'a Options,
}

impl Comparison<'_> {
    /// The classes that occur, in the order of the lists.
    fn slots(&self) -> BTreeSet<Slot> {
        let segments = self.outcome.panoptic.iter().flat_map(|panoptic| panoptic.classes.keys());
        self.scores.classes.keys().chain(segments).copied().collect()
    }
}

fn exit(args: &Diff, result: &Comparison<'_>) -> Exit {
    let (outcome, pairing) = (result.outcome, result.pairing);
    let same = outcome.differing == 0 && pairing.only_a.is_empty() && pairing.only_b.is_empty();
    Exit::of_comparison(
        outcome.stopped.as_ref(),
        &outcome.summary,
        match args.fail_under {
            Some(least) => result.scores.mean_iou().is_some_and(|found| found >= least),
            None => same || !args.fail_on.includes(Severity::Warning),
        },
    )
}

fn open(args: &Diff, first: bool, limits: &Limits) -> Result<Opened, Error> {
    let path = if first { &args.a } else { &args.b };
    if args.a == Path::new("-") && args.b == Path::new("-") {
        return Err(Error::usage("standard input holds one of the two only").hint("give the other as a file"));
    }
    let of = |both: &Option<String>, own: &Option<String>| match first {
        true => both.clone(),
        false => own.clone().or_else(|| both.clone()),
    };
    let input = Input {
        inputs: vec![path.clone()],
        from: of(&Some(args.from.clone()), &args.from_b).unwrap_or_default(),
        classes: of(&args.classes, &args.classes_b),
        legend: if first { args.legend.clone() } else { args.legend_b.clone().or_else(|| args.legend.clone()) },
        layout: args.layout,
        scores: args.scores,
    };
    let classes = Classes {
        ignore: Vec::new(),
        background: args.background,
        label_background: false,
        min_confidence: args.min_confidence,
        instances: args.instances,
        connectivity: args.connectivity,
        overlap: args.overlap.clone(),
        pixel_rule: args.pixel_rule,
    };
    input::open(&input, Some(&classes), limits)
}

/// The class list of a side, with the user's word on the background.
fn list(args: &Diff, opened: &Opened) -> Result<Option<ClassList>, Error> {
    match (opened.reader.classes().cloned(), args.background) {
        (Some(list), Some(id)) => Ok(Some(list.with_background(id)?)),
        (list, _) => Ok(list),
    }
}

/// IDs of A that are void: those that the user names, and what COCO's panoptic maps leave without a segment. There,
/// other than in datasets of objects, nobody has said that it is background.
fn void(args: &Diff, a: &Opened) -> Vec<ClassId> {
    let mut ids = args.ignore.clone();
    if a.format.info().name == "coco-panoptic" && args.background.is_none() {
        ids.extend(a.reader.classes().and_then(ClassList::background));
    }
    ids
}

/// Pixels without an object need a class.
fn with_unlabelled(list: ClassList, opened: &Opened) -> ClassList {
    let content = opened.format.info().content;
    if content.contains(&ContentKind::Instances) { list.with_unlabelled() } else { list }
}

/// Adds what there is to say beside the figures.
fn remarks(outcome: &mut Outcome, (a, b): (&Opened, &Opened), matching: &Matching, pairing: &Pairing) {
    for (opened, only, code, message) in [
        (a, &pairing.only_a, "only-in-a", "samples are only in A"),
        (b, &pairing.only_b, "only-in-b", "samples are only in B"),
    ] {
        for &index in only {
            let finding = Finding::new(code, Severity::Warning, message);
            let remarks = Remarks { findings: vec![finding], losses: Vec::new() };
            outcome.summary.add(index, &opened.reader.file(index), &remarks);
        }
        let mut findings = opened.report.take().findings;
        findings.extend(opened.source.skipped().iter().map(|skipped| {
            let finding = Finding::new("skipped", Severity::Warning, "directory entries were left out");
            finding.in_file(&skipped.path).detail(&skipped.why)
        }));
        outcome.summary.add(0, opened.source.name(), &Remarks { findings, losses: Vec::new() });
    }
    let mut findings = matching.findings();
    let void_by_custom = [255, -1].into_iter().find(|&id| {
        let slot = Slot::Id(id);
        outcome.confusion.cells().any(|(a, _, _)| a == slot) && matching.of_a(id) == slot
    });
    if let Some(id) = void_by_custom {
        let message = format!("ID {id} counts as a class, and no class list says whether it is void");
        let finding = Finding::new("void-counts", Severity::Info, message);
        findings.push(finding.hint(format!("leave its pixels out with `--ignore {id}`, or name a class list")));
    }
    let remarks = Remarks { findings, losses: Vec::new() };
    outcome.summary.add(0, b.source.name(), &remarks);
}

/// The means over classes, in the order in which they are shown.
fn means(scores: &Scores) -> [Option<f64>; 4] {
    [ClassScore::iou, ClassScore::accuracy, ClassScore::precision, ClassScore::dice].map(|figure| scores.mean(figure))
}
