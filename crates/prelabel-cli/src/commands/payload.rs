//! `payload`: the jobs of mask pairs, one a line, without a network.

use std::sync::atomic::Ordering;

use prelabel::formats::MaskPairs;
use prelabel::model::{Legend, RawLegend};
use prelabel::report::Summary;
use prelabel::{Error, Limits};
use prelabel_client::payload::{Job, JobData, Payload as Prepared, Template, Values, reference_id};
use prelabel_client::sha256_hex;
use rayon::prelude::*;

use super::End;
use crate::cli::{ApiArg, Common, Payload};
use crate::exit_code::Exit;
use crate::input;
use crate::output::Output;
use crate::signals;

/// How many jobs are made before they are printed: their order is that of the keys.
const AT_ONCE: usize = 512;

pub(super) fn run(args: &Payload, common: &Common, output: &Output) -> Result<Exit, End> {
    let interrupted = signals::interrupted();
    let limits = input::limits(common);
    let rule = Rule::new(args, &limits)?;
    let source = input::source(&args.inputs, &limits)?;
    let pairs = MaskPairs::list(source.clone(), &limits);
    if pairs.is_empty() {
        return Err(Error::usage("there is no mask here")
            .in_file(source.name())
            .expected("mask pairs: `masks/KEY.png` with `legend.json` or `legends/KEY.json`")
            .hint("`prelabel convert` makes them from model outputs")
            .into());
    }
    let mut summary = Summary::default();
    let mut made = 0_u64;
    let progress = output.progress(pairs.len(), "jobs");
    let indices: Vec<usize> = (0..pairs.len()).collect();
    for some in indices.chunks(AT_ONCE) {
        if interrupted.load(Ordering::Relaxed) {
            return Err(Error::new(prelabel::ErrorKind::Interrupted, "interrupted: not all jobs were printed").into());
        }
        let jobs: Vec<_> = some.par_iter().map(|index| rule.payload(&pairs, *index)).collect();
        for (index, job) in some.iter().zip(jobs) {
            progress.step(job.is_ok());
            match job {
                Ok(payload) => {
                    made += 1;
                    output.line(payload.body())?;
                }
                Err(error) => summary.fail(*index, &pairs.file(*index), &error),
            }
        }
    }
    progress.end();
    output.summary(&summary);
    let failed = summary.failures();
    let failures = if failed > 0 { format!(" ({failed} failed)") } else { String::new() };
    output.say(&format!("{made} {}{failures}", if made == 1 { "job" } else { "jobs" }));
    Ok(if failed > 0 { Exit::Partly } else { Exit::Done })
}

/// What makes a job of a mask pair.
struct Rule<'a> {
    args: &'a Payload,
    image_url: Template,
    mask_url: Template,
    data: Option<JobData>,
    legend: Option<Legend>,
}

impl<'a> Rule<'a> {
    fn new(args: &'a Payload, limits: &Limits) -> Result<Self, End> {
        let forms = match (args.api, &args.tag) {
            (ApiArg::V0, None) => Some(("`--api v0` takes a tag instead of a workflow", "`--tag TAG`")),
            (ApiArg::V1, Some(_)) => Some(("`--tag` belongs to the older form of the API", "`--api v0` with it")),
            _ => None,
        };
        if let Some((message, expected)) = forms {
            return Err(Error::usage(message).expected(expected).into());
        }
        let (image_url, mask_url) = (Template::parse(&args.image_url)?, Template::parse(&args.mask_url)?);
        for (option, template) in [("--image-url", &image_url), ("--mask-url", &mask_url)] {
            if template.is_constant() {
                return Err(Error::usage(format!("`{option}` is the same URL for every job"))
                    .expected("a placeholder in it: `{key}`, `{stem}` or `{sha256}`")
                    .hint("write it like `https://host/{key}.png`")
                    .into());
            }
        }
        let data = args.data.as_deref().map(|path| {
            let wrong = |error: Error| error.in_file(path.display().to_string());
            added_data(&input::read_file(path, limits)?).map_err(wrong)
        });
        let legend = args.legend.as_deref().map(|path| {
            let wrong = |error: Error| error.in_file(path.display().to_string());
            RawLegend::from_json(&input::read_file(path, limits)?).and_then(|raw| raw.check()).map_err(wrong)
        });
        let rule = Rule { args, image_url, mask_url, data: data.transpose()?, legend: legend.transpose()? };
        // What is wrong with every job is the command line's fault, and told once, before any work.
        let legend = [("#f23334".to_owned(), "car".to_owned())];
        match rule.job("sample", Some(&"0".repeat(64)), legend) {
            Ok(_) => Ok(rule),
            Err(error) => Err(Error::usage("these jobs cannot be sent").found(error.message()).into()),
        }
    }

    fn payload(&self, pairs: &MaskPairs, index: usize) -> Result<Prepared, Error> {
        let key = pairs.key(index)?;
        let sha256 = match self.mask_url.needs_sha256() || self.image_url.needs_sha256() {
            true => Some(sha256_hex(&pairs.mask(index)?)),
            false => None,
        };
        let own;
        let legend = match &self.legend {
            Some(legend) => legend,
            None => {
                own = pairs.legend(index)?;
                &own
            }
        };
        self.job(key.as_str(), sha256.as_deref(), legend_entries(legend))
    }

    fn job(
        &self,
        key: &str,
        sha256: Option<&str>,
        legend: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Prepared, Error> {
        let values = Values { key, sha256 };
        let args = self.args;
        let name = reference_id(&args.project, args.batch.as_deref(), key);
        let image_url = self.image_url.expand(values).map_err(as_core)?;
        let mut job = Job::image(name, args.workflow.clone().unwrap_or_default(), image_url)
            .with_prelabels(self.mask_url.expand(values).map_err(as_core)?, legend);
        if let Some(batch) = &args.batch {
            job = job.in_batch(batch);
        }
        if let Some(weight) = args.priority {
            job = job.with_priority(weight);
        }
        if let Some(tag) = &args.tag {
            job = job.with_tag(tag);
        }
        if let Some(data) = &self.data {
            job.data.reference_data = data.reference_data.clone();
            job.data.extra = data.extra.clone();
        }
        Prepared::new(job).map_err(as_core)
    }
}

/// A legend as a job holds it.
pub(super) fn legend_entries(legend: &Legend) -> impl Iterator<Item = (String, String)> + '_ {
    legend.entries().iter().map(|entry| (entry.color.to_string(), entry.label.to_string()))
}

/// An error of the client that belongs to one pair.
pub(super) fn as_core(error: prelabel_client::Error) -> Error {
    let prelabel_client::Error::Payload(problems) = &error else {
        return Error::invalid(error.to_string()).hint(error.hint());
    };
    // Without the job's name: alike problems of many jobs are told together.
    let told: Vec<_> = problems.0.iter().map(|problem| format!("`{}`: {}", problem.field, problem.message)).collect();
    Error::invalid(told.join("; "))
}

fn added_data(bytes: &[u8]) -> Result<JobData, Error> {
    let wrong = |found: String| {
        Error::usage("these members cannot be added to a job's `data`").found(found).expected("a JSON object")
    };
    let data: JobData = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    let taken = [
        ("image_url", data.image_url.is_some()),
        ("video_data", data.video_data.is_some()),
        ("maker_response", data.maker_response.is_some()),
    ];
    match taken.iter().find(|(_, there)| *there) {
        Some((name, _)) => Err(wrong(format!("`{name}`, which each job has of its own"))),
        None => Ok(data),
    }
}
