use std::sync::{Arc, Mutex, PoisonError};

use prelabel::formats;
use prelabel::report::{GroupKind, Severity};
use prelabel::tree::{FolderSource, Source};
use prelabel::validate::{self, Checked, Options, Outcome, Pairs};
use prelabel::{Error, Limits};

use super::End;
use crate::cli::{Common, OutputFormat, Validate};
use crate::exit_code::Exit;
use crate::input;
use crate::output::{Output, Sarif, annotation, checked_json, outcome_json};
use crate::signals;
use crate::target::Target;

pub(super) fn run(args: &Validate, common: &Common, output: &Output) -> Result<Exit, End> {
    let limits = input::limits(common);
    let pairs = open(args, &limits)?;
    let options = Options {
        select: args.select.clone(),
        ignore: args.ignore_rule.clone(),
        classes: args
            .classes
            .as_deref()
            .map(|name| input::class_list(name, &limits))
            .transpose()?
            .map(|parsed| parsed.list),
        limits,
        speck_pixels: args.speck,
        stop: Some(signals::interrupted()),
    };
    let format = if output.is_json() { OutputFormat::Json } else { args.output_format };
    let sarif = Mutex::new(Sarif::default());
    let progress = output.progress(pairs.len(), "pairs");
    let tell = |checked: &Checked| {
        progress.step(checked.failures.is_empty());
        // A reader that went away does not stop the work.
        match format {
            OutputFormat::Text => {}
            OutputFormat::Json => drop(output.object(&checked_json(checked))),
            OutputFormat::Github => {
                for finding in &checked.remarks.findings {
                    let _ = output.line(&annotation(finding, &checked.mask));
                }
            }
            OutputFormat::Sarif => {
                let mut sarif = sarif.lock().unwrap_or_else(PoisonError::into_inner);
                checked.remarks.findings.iter().for_each(|finding| sarif.add(finding, &checked.mask));
            }
        }
    };
    let outcome = match &args.output {
        Some(path) if args.fix => {
            let target = Target::open(path, false, None, args.overwrite, false)?;
            validate::fix(&pairs, &*target.sink(), &options, args.allow_lossy, &tell)?
        }
        _ => validate::validate(&pairs, &options, &tell)?,
    };
    progress.end();
    match format {
        OutputFormat::Text => output.findings(&outcome.summary)?,
        OutputFormat::Json => output.object(&outcome_json(&outcome))?,
        OutputFormat::Github => {}
        OutputFormat::Sarif => {
            let sarif = sarif.into_inner().unwrap_or_else(PoisonError::into_inner);
            output.object(&sarif.document())?;
        }
    }
    if let Some(error) = &outcome.stopped {
        output.fail(error);
    }
    sentence(args, &outcome, output);
    Ok(Exit::of_run(outcome.stopped.as_ref(), &outcome.summary, args.fail_on))
}

pub(super) fn open(args: &Validate, limits: &Limits) -> Result<Pairs, Error> {
    let source = input::source(&args.inputs, limits)?;
    let images: Option<Arc<dyn Source>> = match &args.images {
        Some(folder) => Some(Arc::new(FolderSource::open(std::slice::from_ref(folder))?)),
        None => None,
    };
    if formats::detect(&*source, limits).is_err() && source.paths().is_empty() {
        return Err(Error::usage("the folder is empty").in_file(source.name()).expected("mask pairs"));
    }
    let pairs = Pairs::new(source, images)?;
    Ok(match &args.legend {
        Some(path) => pairs.with_legend(path.display().to_string(), input::read_file(path, limits)?),
        None => pairs,
    })
}

fn sentence(args: &Validate, outcome: &Outcome, output: &Output) {
    let count = |wanted: Severity| -> u64 {
        let groups = outcome.summary.groups().filter(|group| group.kind == GroupKind::Finding(wanted));
        groups.map(|group| group.count).sum()
    };
    let mut parts = Vec::new();
    for (number, one, many) in [
        (count(Severity::Error), "error", "errors"),
        (count(Severity::Warning), "warning", "warnings"),
        (count(Severity::Info), "remark", "remarks"),
        (outcome.summary.failures(), "failure", "failures"),
    ] {
        match number {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            more => parts.push(format!("{more} {many}")),
        }
    }
    let found = if parts.is_empty() { "nothing to say".to_owned() } else { parts.join(", ") };
    let pairs = if outcome.pairs == 1 { "1 mask pair".to_owned() } else { format!("{} mask pairs", outcome.pairs) };
    output.say(&format!("checked {pairs}: {found}"));
    if let Some(path) = &args.output {
        output.say(&format!("mended {} files into {}", outcome.mended, path.display()));
    } else if outcome.summary.groups().any(|group| RULES_MENDED.contains(&group.code)) {
        output.say("`--fix -o DIR` writes a mended copy");
    }
    if count(Severity::Error) + count(Severity::Warning) > 0 {
        output.say("`prelabel explain CODE` says more about a finding");
    }
}

/// The codes that `--fix` can do something about.
static RULES_MENDED: std::sync::LazyLock<Vec<&'static str>> = std::sync::LazyLock::new(|| {
    let infos = validate::RULES.iter().map(|rule| rule.info());
    infos.filter(|info| info.fixable && !info.lossy).map(|info| info.code).collect()
});
