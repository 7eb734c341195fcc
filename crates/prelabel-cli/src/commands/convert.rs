use std::sync::atomic::AtomicBool;

use prelabel::convert::{self, Adapter, Objects, Options, Outcome};
use prelabel::formats::{self, Encoding, Format, WriteOptions, Writer};
use prelabel::model::{ClassList, ContentKind};
use prelabel::report::{Finding, Remarks, Severity};
use prelabel::transform::Simplify;
use prelabel::tree::{FileSink, Sink};
use prelabel::{Error, classes};

use super::End;
use crate::cli::{Classes, Common, Convert, EncodingArg, Input, Run};
use crate::exit_code::Exit;
use crate::input::{self, Opened};
use crate::output::{Output, item_json, summary_json};
use crate::signals;
use crate::target::{Target, file_encoding};

pub(super) fn run(args: &Convert, common: &Common, output: &Output) -> Result<Exit, End> {
    let interrupted = signals::interrupted();
    let options = options(&args.run, common);
    if let Some(name) = &args.to {
        formats::find(name)?;
    }
    let opened = input::open(&args.input, Some(&args.classes), &options.limits)?;
    let to = target_format(args, &opened)?;
    let plan = Plan::new(&args.input, &args.classes, &opened, &options, &interrupted, to)?;
    let lone = opened.reader.len() == 1;
    let target = Target::open(&args.output, lone, to.info().one_file, args.run.overwrite, args.run.dry_run)?;
    if matches!(target, Target::Stdout(_)) && output.is_json() {
        return Err(Error::usage("standard output cannot hold both the mask and `--json`")
            .hint("write the mask to a file")
            .into());
    }
    let encoding = args.encoding.map(|encoding| match encoding {
        EncodingArg::Png => Encoding::Png,
        EncodingArg::Npy => Encoding::Npy,
        EncodingArg::Polygons => Encoding::Polygons,
        EncodingArg::Rle => Encoding::Rle,
    });
    let write_options = WriteOptions {
        classes: plan.classes.clone(),
        encoding: encoding.or_else(|| file_encoding(&args.output)),
        simplify: simplify(args)?,
        members: opened.reader.members(),
        level: args.run.level.into(),
        verify: !args.run.no_verify,
        lone: target.is_lone(),
    };
    let sink = target.sink();
    let writer = to.writer(sink.clone(), write_options)?;
    if let Some(path) = &args.legend_out {
        write_legend(path, &plan, args.run.overwrite)?;
    }
    let outcome = plan.convert(&opened, &*writer, &options, &interrupted, output)?;
    // What was written is there to stay, whatever else failed.
    sink.finish()?;
    if let Target::Stdout(memory) = &target {
        for bytes in memory.files().into_values() {
            output.data(&bytes)?;
        }
    }
    let verb = if args.run.dry_run { "would convert" } else { "converted" };
    let place = match &target {
        Target::Stdout(_) => "standard output".to_owned(),
        _ => args.output.display().to_string(),
    };
    tell(
        output,
        &outcome,
        &format!("{verb} {{}} from {} to {} in {place}", opened.format.info().name, to.info().name),
    )?;
    Ok(Exit::of_run(outcome.stopped.as_ref(), &outcome.summary, args.run.fail_on))
}

/// How much outlines may lose: a bound in pixels, a least IoU, or both.
fn simplify(args: &Convert) -> Result<Option<Simplify>, Error> {
    let wrong = |option: &str, found: f64, expected: &str| {
        Error::usage(format!("`{option}` is not possible")).found(found.to_string()).expected(expected)
    };
    if let Some(tolerance) = args.simplify.filter(|tolerance| !(0.0..=1e6).contains(tolerance)) {
        return Err(wrong("--simplify", tolerance, "a number of pixels from 0"));
    }
    if let Some(iou) = args.min_iou.filter(|iou| !(0.0..=1.0).contains(iou)) {
        return Err(wrong("--min-iou", iou, "a number from 0 to 1"));
    }
    Ok(match (args.simplify, args.min_iou) {
        (None, None) => None,
        // Far more than keeps to any useful IoU; smaller bounds are tried from there.
        (tolerance, min_iou) => {
            Some(Simplify { tolerance: tolerance.unwrap_or(16.0), min_iou: min_iou.unwrap_or(0.0) })
        }
    })
}

pub(super) fn options(run: &Run, common: &Common) -> Options {
    Options {
        shard: run.shard,
        allow_lossy: run.allow_lossy,
        max_errors: run.max_errors,
        limits: input::limits(common),
    }
}

fn target_format(args: &Convert, opened: &Opened) -> Result<&'static dyn Format, Error> {
    let json = args.output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let name = match (&args.to, file_encoding(&args.output)) {
        (Some(name), _) => name.as_str(),
        (None, Some(Encoding::Npy)) => "label-map",
        (None, _) if json => "coco",
        (None, _) if opened.format.info().name == "gt-studio" => "label-map",
        (None, _) => "gt-studio",
    };
    formats::find(name)
}

/// What a conversion needs beside its two ends.
pub(super) struct Plan {
    pub(super) classes: Option<ClassList>,
    /// Remarks on the whole input, told before those on samples.
    findings: Vec<Finding>,
    adapter: Adapter,
}

impl Plan {
    pub(super) fn new(
        input: &Input,
        classes: &Classes,
        opened: &Opened,
        options: &Options,
        interrupted: &AtomicBool,
        to: &'static dyn Format,
    ) -> Result<Self, Error> {
        let mut findings = opened.report.take().findings;
        findings.extend(opened.source.skipped().iter().map(|skipped| {
            let finding = Finding::new("skipped", Severity::Warning, "directory entries were left out");
            finding.in_file(&skipped.path).detail(&skipped.why)
        }));
        let needs_colors = to.info().name == "gt-studio";
        let shapes = to.info().content == [ContentKind::Instances];
        let known = needs_colors || shapes || input.classes.is_some() || opened.reader.classes().is_some();
        let mut list = match known {
            true => Some(opened.classes(input, classes, options, interrupted)?),
            false => None,
        };
        if needs_colors {
            list = list.map(|list| with_colors(list, &mut findings));
        }
        let objects = Objects {
            numbered: classes.instances,
            connectivity: classes.connectivity,
            overlap: classes.overlap.overlap(),
            class_order: classes.overlap.class_order()?,
            rule: classes.pixel_rule,
        };
        let adapter = Adapter { classes: list.clone(), min_confidence: classes.min_confidence, objects };
        Ok(Plan { classes: list, findings, adapter })
    }

    /// Runs the conversion and gathers everything there is to say about it.
    pub(super) fn convert(
        &self,
        opened: &Opened,
        writer: &dyn Writer,
        options: &Options,
        interrupted: &AtomicBool,
        output: &Output,
    ) -> Result<Outcome, Error> {
        if let Some(why) = &opened.why {
            output.detail(&format!("reading {} as {}: {why}", opened.source.name(), opened.format.info().name));
        }
        let progress = output.progress(options.shard.indices(opened.reader.len()).len(), "samples");
        let mut outcome = convert::convert(&*opened.reader, writer, &self.adapter, options, interrupted, &|item| {
            progress.step(item.result.is_ok());
            if output.is_json() {
                // A reader that went away does not stop the work.
                let _ = output.object(&item_json(item));
            }
        })?;
        progress.end();
        let mut findings = self.findings.clone();
        findings.extend(opened.parsed.as_ref().and_then(|parsed| classes::off_by_one(parsed, &outcome.found)));
        outcome.summary.add(0, opened.source.name(), &Remarks { findings, losses: Vec::new() });
        Ok(outcome)
    }
}

/// The list with a colour for each class, and a remark on those that were proposed.
fn with_colors(list: ClassList, findings: &mut Vec<Finding>) -> ClassList {
    let proposal = classes::with_proposed_colors(list);
    if !proposal.proposed.is_empty() {
        let near = proposal.nearest.as_ref().map(|(one, other, distance)| {
            format!("; the nearest two are `{one}` and `{other}`, {distance:.0} apart in CIEDE2000")
        });
        let finding = Finding::new("colours-proposed", Severity::Info, "classes without a colour got one proposed");
        let (proposed, all) = (proposal.proposed.len(), proposal.list.labelled().count());
        findings.push(finding.detail(format!("{proposed} of {all}{}", near.unwrap_or_default())));
    }
    proposal.list
}

fn write_legend(path: &std::path::Path, plan: &Plan, overwrite: bool) -> Result<(), Error> {
    let list = plan.classes.as_ref().ok_or_else(|| Error::usage("there is no class list to write a legend of"))?;
    let sink = FileSink::new(path, overwrite);
    sink.write("legend.json", &formats::legend_of(list)?.to_json())?;
    Ok(())
}

/// Says how a run ended; `{}` in the sentence is the number of samples.
pub(super) fn tell(output: &Output, outcome: &Outcome, sentence: &str) -> Result<(), End> {
    output.summary(&outcome.summary);
    if output.is_json() {
        output.object(&summary_json(outcome))?;
    }
    let done = outcome.new + outcome.same + outcome.replaced;
    let mut parts = vec![];
    for (count, word) in [(outcome.new, "new"), (outcome.same, "there already"), (outcome.replaced, "replaced")] {
        if count > 0 && (count != done || word != "new") {
            parts.push(format!("{count} {word}"));
        }
    }
    for (count, word) in [(outcome.summary.failures(), "failed"), (outcome.not_tried, "not tried")] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    let samples = if done == 1 { "1 sample".to_owned() } else { format!("{done} samples") };
    output.say(&format!("{}{parts}", sentence.replace("{}", &samples)));
    Ok(())
}
