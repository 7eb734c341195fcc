//! `push`: convert, validate, upload, submit. Each step finds what an earlier run did, so that running the same
//! command again goes on where it stopped.

mod folder;
mod rehearsal;
mod upload;

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use prelabel::convert::{self, Outcome};
use prelabel::formats::{self, IMAGE_FOLDERS, WriteOptions};
use prelabel::report::Severity;
use prelabel::tree::{FolderSource, Source};
use prelabel::validate::{self, Checked, Pairs};
use prelabel::{Error, ErrorKind, Limits};
use serde_json::json;

use self::folder::Folder;
use super::End;
use super::convert::{Plan, options, tell};
use crate::cli::{Common, Push};
use crate::exit_code::Exit;
use crate::input::{self, Opened};
use crate::output::{Output, checked_json};
use crate::signals;
use crate::target::Target;

pub(super) fn run(args: &Push, common: &Common, output: &Output) -> Result<Exit, End> {
    if !args.sandbox {
        return Err(Error::usage("this version submits to the sandbox only")
            .expected("`--sandbox`")
            .hint("`prelabel convert`, `validate` and `payload` make and check what the platform takes")
            .into());
    }
    let interrupted = signals::interrupted();
    let opened = input::open(&args.input, Some(&args.classes), &input::limits(common))?;
    let images = images(args, &opened)?;
    let folder = Folder::new(&args.output);

    let converted = convert_all(args, common, &opened, &folder, &interrupted, output)?;
    let mut exit = Exit::of_run(converted.stopped.as_ref(), &converted.summary, args.run.fail_on);
    if let Some(error) = &converted.stopped {
        return Ok(output.fail(error));
    }
    if args.run.dry_run {
        output.say("nothing was written, uploaded or submitted");
        return Ok(exit);
    }
    if converted.new + converted.same + converted.replaced == 0 {
        output.say("there is no mask pair, so nothing was uploaded or submitted");
        return Ok(exit);
    }
    let wanted = keys(&opened, &convert::Options { shard: args.run.shard, ..convert::Options::default() });
    let checked = validate_all(common, &folder, &images, &wanted, &interrupted, output)?;
    exit = exit.and(checked.exit);

    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Error::new(ErrorKind::Output, "no threads can be started").source(error))?;
    let limits = input::limits(common);
    let sent = runtime.block_on(async {
        let jobs = upload::all(&folder, &*images, checked.good, &limits, &interrupted, output).await?;
        exit = exit.and(jobs.exit);
        folder.write_jobs(&jobs.payloads)?;
        rehearsal::submit(&folder, &jobs.payloads, &interrupted, output).await
    })?;
    exit = exit.and(sent);
    tell_places(&folder, output)?;
    Ok(exit)
}

/// The photographs: a job is an image, and a mask without one is nobody's.
fn images(args: &Push, opened: &Opened) -> Result<Arc<dyn Source>, Error> {
    if let Some(folder) = &args.images {
        return Ok(Arc::new(FolderSource::open(std::slice::from_ref(folder))?));
    }
    let in_folder = |path: &str| path.split_once('/').is_some_and(|(folder, _)| IMAGE_FOLDERS.contains(&folder));
    if opened.source.paths().iter().any(|path| in_folder(&path)) {
        return Ok(Arc::clone(&opened.source));
    }
    Err(Error::usage("there are no photographs, and each job needs one")
        .in_file(opened.source.name())
        .expected("a folder `images/` in the input, or `--images DIR`")
        .hint("their names must be those of the maps, but for the extension"))
}

fn convert_all(
    args: &Push,
    common: &Common,
    opened: &Opened,
    folder: &Folder,
    interrupted: &AtomicBool,
    output: &Output,
) -> Result<Outcome, End> {
    let to = formats::find("gt-studio")?;
    let options = options(&args.run, common);
    let plan = Plan::new(&args.input, &args.classes, opened, &options, interrupted, to)?;
    let target = Target::open(&folder.pairs(), false, None, args.run.overwrite, args.run.dry_run)?;
    let sink = target.sink();
    let write_options = WriteOptions {
        classes: plan.classes.clone(),
        level: args.run.level.into(),
        verify: !args.run.no_verify,
        ..WriteOptions::default()
    };
    let writer = to.writer(sink.clone(), write_options)?;
    let outcome = plan.convert(opened, &*writer, &options, interrupted, output)?;
    sink.finish()?;
    let verb = if args.run.dry_run { "would convert" } else { "converted" };
    let sentence = format!("{verb} {{}} from {} to mask pairs", opened.format.info().name);
    tell(output, &outcome, &sentence)?;
    Ok(outcome)
}

/// The keys of this run: what else lies in the folder of pairs is of other runs.
fn keys(opened: &Opened, options: &convert::Options) -> HashSet<String> {
    let indices = options.shard.indices(opened.reader.len());
    indices.filter_map(|index| opened.reader.key(index).ok()).map(|key| key.as_str().to_owned()).collect()
}

/// What validation leaves.
struct Valid {
    /// The keys of the pairs without an error, in order.
    good: Vec<String>,
    exit: Exit,
}

fn validate_all(
    common: &Common,
    folder: &Folder,
    images: &Arc<dyn Source>,
    wanted: &HashSet<String>,
    interrupted: &Arc<AtomicBool>,
    output: &Output,
) -> Result<Valid, End> {
    let source: Arc<dyn Source> = Arc::new(FolderSource::open(&[folder.pairs()])?);
    let pairs = Pairs::new(source, Some(Arc::clone(images)))?;
    let limits: Limits = input::limits(common);
    let options = validate::Options { limits, stop: Some(Arc::clone(interrupted)), ..validate::Options::default() };
    let good = Mutex::new(Vec::new());
    let progress = output.progress(pairs.len(), "pairs");
    let outcome = validate::validate(&pairs, &options, &|checked: &Checked| {
        progress.step(checked.failures.is_empty());
        if output.is_json() {
            // A reader that went away does not stop the work.
            let _ = output.object(&checked_json(checked));
        }
        let Some(key) = checked.key.as_ref().filter(|key| wanted.contains(*key)) else { return };
        let wrong = checked.remarks.findings.iter().any(|finding| finding.severity == Severity::Error);
        if !wrong && checked.failures.is_empty() && checked.image.is_some() {
            good.lock().unwrap_or_else(PoisonError::into_inner).push(key.clone());
        }
    })?;
    progress.end();
    output.concerns(&outcome.summary);
    if let Some(error) = outcome.stopped {
        return Err(error.into());
    }
    let good = good.into_inner().unwrap_or_else(PoisonError::into_inner);
    let refused = wanted.len() - good.len();
    let rest = if refused > 0 { format!("; {refused} cannot be jobs and are left out") } else { String::new() };
    let one = if good.len() == 1 { "mask pair is" } else { "mask pairs are" };
    output.say(&format!("validated: {} {one} good{rest}", good.len()));
    Ok(Valid { good, exit: if refused > 0 { Exit::Partly } else { Exit::Done } })
}

fn tell_places(folder: &Folder, output: &Output) -> Result<(), End> {
    if output.is_json() {
        let shown = |path: std::path::PathBuf| path.display().to_string();
        output.object(&json!({
            "v": 1, "type": "places", "pairs": shown(folder.pairs()), "jobs": shown(folder.jobs()),
            "journal": shown(folder.journal()), "store": shown(folder.store()), "sandbox": shown(folder.sandbox()),
        }))?;
        return Ok(());
    }
    let program = std::env::args().next().unwrap_or_else(|| "prelabel".to_owned());
    let pairs = folder.pairs().display().to_string();
    output.say(&format!(
        "
masks and legends  {pairs}
payloads           {}
journal            {}
sandbox's store    {}

try next:
  {program} inspect {pairs}
      what the masks hold
  {program} convert {pairs} -o back/
      back to class IDs
  the same command again
      nothing is converted, uploaded or submitted twice
  {program} push YOUR-MAPS/ --images YOUR-PHOTOS/ --classes voc --sandbox -o rehearsal/
      with a model's output of yours",
        folder.jobs().display(),
        folder.journal().display(),
        folder.store().display(),
    ));
    Ok(())
}
