//! Tasks of files that may be larger than memory: each is read when it is needed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::regions::{self, Chosen, Region, Task};
use crate::error::At;
use crate::formats::coco_json::{Place, each_element};
use crate::formats::files::class_list_beside;
use crate::formats::{IMAGE_FOLDERS, ReadOptions, Reader};
use crate::model::{Class, ClassId, ClassList, Color, Content, InstanceSet, Key, PixelRule, Sample, stem};
use crate::report::{Finding, Loss, Report, Severity, amount};
use crate::tree::Source;
use crate::{Error, Limits, Result};

/// Opens some files.
///
/// # Errors
/// A file that is no list of tasks and no task; two tasks of one image.
pub(super) fn open(
    source: Arc<dyn Source>,
    paths: &[String],
    options: ReadOptions,
    report: &Report,
) -> Result<Box<dyn Reader>> {
    let limits = options.limits;
    let mut pass = Pass { limits: &limits, samples: Vec::new(), labels: BTreeSet::new(), without_answer: 0 };
    for path in paths {
        let file = source.display(path);
        let list = source.read_start(path, 64)?.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        if list {
            each_element(&*source, path, &limits, &mut |place, element| {
                pass.task(path, Some(place), element).map_err(|error| error.in_file(&file))
            })?;
        } else {
            pass.task(path, None, &source.read(path, &limits)?).map_err(|error| error.in_file(&file))?;
        }
    }
    if pass.without_answer > 0 {
        let message = "tasks without a result, or that were skipped, are left out";
        let finding = Finding::new("tasks-unlabelled", Severity::Info, message);
        report.finding(finding.detail(amount(pass.without_answer, "tasks")));
    }
    let list = match options.classes {
        Some(list) => Some(list),
        None => class_list_beside(&*source, &limits)?,
    };
    let classes = match list {
        Some(list) => list,
        None => numbered(pass.labels, report)?,
    };
    let samples = keyed(pass.samples, &*source)?;
    Ok(Box::new(LabelStudioReader { source, samples, classes: classes.with_unlabelled(), limits }))
}

/// A task with an answer.
struct Found {
    path: String,
    /// Where it lies; nothing for a file of one task.
    place: Option<Place>,
    image: String,
}

struct Pass<'a> {
    limits: &'a Limits,
    samples: Vec<Found>,
    labels: BTreeSet<String>,
    without_answer: u64,
}

impl Pass<'_> {
    fn task(&mut self, path: &str, place: Option<Place>, json: &[u8]) -> Result<()> {
        let pointer = place.map_or_else(String::new, |place| format!("/{}", place.number));
        let task = parse(json, &pointer)?;
        if task.annotations.is_none() && task.predictions.is_none() {
            return Err(Error::invalid("this is no task of an export in the form JSON")
                .at(At::Pointer(pointer))
                .expected("`data` with `annotations` or `predictions`")
                .hint("export in the form JSON: the form JSON-MIN leaves out which result is which"));
        }
        let within = |error: Error| match error.place() {
            Some(At::Pointer(inside)) => {
                let place = At::Pointer(format!("{pointer}{inside}"));
                error.at(place)
            }
            _ => error,
        };
        let sized = |chosen: &Chosen<'_>| {
            // A result that is wrong says so when it is read.
            let any =
                chosen.answer.result.iter().any(|one| !matches!(regions::size(one.get(), "", self.limits), Ok(None)));
            any || task.size(self.limits).is_some()
        };
        let Some(chosen) = task.chosen().map_err(within)?.filter(sized) else {
            self.without_answer += 1;
            return Ok(());
        };
        self.labels.extend(chosen.answer.result.iter().flat_map(|result| regions::labels(result.get())));
        let image = task.image().ok_or_else(|| {
            Error::invalid("the task names no image")
                .at(At::Pointer(format!("{pointer}/data")))
                .expected("`data.image`")
        })?;
        self.samples.push(Found { path: path.to_owned(), place, image: image.to_owned() });
        Ok(())
    }
}

fn parse<'a>(json: &'a [u8], pointer: &str) -> Result<Task<'a>> {
    serde_json::from_slice(json).map_err(|error| {
        let text = error.to_string();
        Error::invalid("the task cannot be read")
            .at(At::Pointer(pointer.to_owned()))
            .expected("an object with `data` and `annotations` or `predictions`")
            .source(text.rfind(" at line").map_or(text.as_str(), |end| &text[..end]).to_owned())
    })
}

/// The classes that the results name.
fn numbered(labels: BTreeSet<String>, report: &Report) -> Result<ClassList> {
    let count = labels.len() as u64;
    let mut classes: Vec<Class> = (1..).zip(labels).map(|(id, name)| Class::new(id, name)).collect();
    if !classes.iter().any(|class| class.name == "background") {
        classes.push(Class { color: Some(Color::BLACK), ..Class::new(0, "background") });
    }
    if count > 0 {
        let message = "there is no class list: the labels of the files are numbered from 1 in the order of their names";
        let finding = Finding::new("ids-numbered", Severity::Info, message);
        report.finding(finding.detail(amount(count, "labels")).hint("`--classes` gives them IDs of their own"));
    }
    ClassList::new(classes)
}

/// The name of an image: of a path, or the file's only, of an address, a path from the root, or an upload; and the same with the
/// digits of the upload.
fn name(image: &str) -> (String, String) {
    let local = image.split_once("?d=").map(|(_, path)| path);
    let path = local.unwrap_or_else(|| image.split(['?', '#']).next().unwrap_or(image)).replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let rooted =
        local.is_some() || path.starts_with('/') || path.contains(':') || path.split('/').any(|part| part == "..");
    let path_below = path.split_once('/').filter(|(folder, _)| IMAGE_FOLDERS.contains(folder)).map(|(_, rest)| rest);
    let full = stem(match rooted {
        true => path.rsplit('/').next().unwrap_or(path),
        false => path_below.unwrap_or(path),
    })
    .to_owned();
    let hash = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let uploaded = path.contains("/upload/").then(|| full.split_once('-')).flatten();
    let short = uploaded.filter(|(start, rest)| hash(start) && !rest.is_empty()).map(|(_, rest)| rest.to_owned());
    (short.unwrap_or_else(|| full.clone()), full)
}

struct Listed {
    path: String,
    place: Option<Place>,
    key: Key,
}

/// Names each task by its image; those whose short names are alike keep the digits of their upload.
fn keyed(found: Vec<Found>, source: &dyn Source) -> Result<Vec<Listed>> {
    let names: Vec<(String, String)> = found.iter().map(|found| name(&found.image)).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (short, _) in &names {
        *counts.entry(short).or_default() += 1;
    }
    let mut listed = Vec::with_capacity(found.len());
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    for (found, (short, full)) in found.iter().zip(&names) {
        let name = if counts[short.as_str()] > 1 { full } else { short };
        let pointer = found.place.map_or_else(String::new, |place| format!("/{}", place.number));
        let display = source.display(&found.path);
        let key = Key::new(name).map_err(|error| error.at(At::Pointer(pointer.clone())).in_file(&display))?;
        if let Some(other) = places.insert(name.clone(), format!("{display}{pointer}")) {
            return Err(Error::invalid("two tasks have the same image")
                .at(At::Pointer(pointer))
                .in_file(display)
                .found(format!("`{name}`, as {other}"))
                .hint("leave one of them out: whose labels are right cannot be known"));
        }
        listed.push(Listed { path: found.path.clone(), place: found.place, key });
    }
    Ok(listed)
}

struct LabelStudioReader {
    source: Arc<dyn Source>,
    samples: Vec<Listed>,
    classes: ClassList,
    limits: Limits,
}

impl LabelStudioReader {
    fn class_of(&self, label: &str) -> Result<ClassId> {
        self.classes.by_name(label).map(|class| class.id).ok_or_else(|| {
            Error::invalid("the class list lacks a label of the file")
                .found(format!("`{label}`"))
                .expected("a class of that name")
                .hint("add it to the class list, or move the list away: labels are then numbered by name")
        })
    }

    /// The size that all results have, else that of the task.
    fn size(&self, task: &Task<'_>, results: &[&RawValue], pointer: &dyn Fn(usize) -> String) -> Result<(u32, u32)> {
        let mut size: Option<(u32, u32)> = None;
        for (index, result) in results.iter().enumerate() {
            let Some(found) = regions::size(result.get(), &pointer(index), &self.limits)? else { continue };
            let expected = *size.get_or_insert(found);
            if found != expected {
                return Err(Error::invalid("results of one task are of images of different sizes")
                    .at(At::Pointer(format!("{}/original_width", pointer(index))))
                    .found(format!("{} × {}", found.0, found.1))
                    .expected(format!("{} × {}, as the results before", expected.0, expected.1))
                    .hint("tasks of several images are not read: shapes are percent of one of them"));
            }
        }
        size.or_else(|| task.size(&self.limits)).ok_or_else(|| Error::missing("the task has lost its results"))
    }

    fn instances(&self, sample: &Listed, report: &Report) -> Result<InstanceSet> {
        let bytes = match sample.place.filter(|_| self.source.seeks()) {
            Some(place) => {
                let parts = [(place.offset, u64::from(place.length))];
                self.source.read_parts(&sample.path, &parts, &self.limits)?.pop().unwrap_or_default()
            }
            None => self.source.read(&sample.path, &self.limits)?,
        };
        let json = match sample.place.filter(|_| !self.source.seeks()) {
            Some(place) => &bytes[place.offset as usize..place.offset as usize + place.length as usize],
            None => &bytes[..],
        };
        let outer = sample.place.map_or_else(String::new, |place| format!("/{}", place.number));
        let task = parse(json, &outer)?;
        let Some(chosen) = task.chosen()? else { return Err(Error::missing("the task has lost its results")) };
        let pointer = |index: usize| format!("{outer}{}/result/{index}", chosen.pointer);
        let results = &chosen.answer.result;
        let size = self.size(&task, results, &pointer)?;
        let mut instances = Vec::with_capacity(results.len());
        let (mut others, mut left_out, mut more_labels) = (BTreeMap::<String, u64>::new(), 0, 0);
        for (index, result) in results.iter().enumerate() {
            let read = regions::read(result.get(), &pointer(index), size, &|label| self.class_of(label));
            match read {
                Ok(Region::Object { mut instance, more_labels: more }) => {
                    instance.score = instance.score.or(chosen.score);
                    more_labels += u64::from(more);
                    instances.push(instance);
                }
                Ok(Region::Other(kind)) => *others.entry(kind).or_default() += 1,
                Err(error) if report.allows_losses() => {
                    left_out += 1;
                    report
                        .finding(Finding::of_error("result-broken", &error).in_file(self.source.display(&sample.path)));
                }
                Err(error) => return Err(error),
            }
        }
        if left_out > 0 {
            report.loss(Loss {
                code: "results-broken",
                message: "results that cannot be read were left out".to_owned(),
                count: left_out,
                unit: "results",
                hint: "mend them".to_owned(),
            })?;
        }
        let say = |code, message: &str, detail: String| {
            report.finding(Finding::new(code, Severity::Info, message).detail(detail));
        };
        if !others.is_empty() {
            let kinds: Vec<String> = others.iter().map(|(kind, count)| format!("{count} × `{kind}`")).collect();
            say("results-without-area", "results that are no labelled areas are left out", kinds.join(", "));
        }
        if more_labels > 0 {
            say("labels-several", "results with several labels have the first of them", amount(more_labels, "results"));
        }
        if chosen.others > 0 {
            let detail = amount(chosen.others as u64, "other annotations");
            say("annotations-several", "of several annotations of a task the one updated last is read", detail);
        }
        if chosen.predicted {
            say("predictions-read", "tasks without an annotation have the last prediction", amount(1, "tasks"));
        }
        InstanceSet::new(size.0, size.1, PixelRule::Center, instances)
    }
}

impl Reader for LabelStudioReader {
    fn classes(&self) -> Option<&ClassList> {
        Some(&self.classes)
    }

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn key(&self, index: usize) -> Result<Key> {
        Ok(self.samples[index].key.clone())
    }

    fn file(&self, index: usize) -> String {
        self.source.display(&self.samples[index].path)
    }

    fn memory(&self, index: usize) -> u64 {
        let sample = &self.samples[index];
        let bytes = match sample.place {
            Some(place) if self.source.seeks() => u64::from(place.length),
            _ => self.source.size(&sample.path).unwrap_or_default(),
        };
        // A photograph of 12 megapixels painted, beside its task as text and as numbers.
        bytes.saturating_mul(3).saturating_add(64 << 20)
    }

    fn read(&self, index: usize, report: &Report) -> Result<Sample> {
        let sample = &self.samples[index];
        let set = self.instances(sample, report).map_err(|error| error.in_file(self.file(index)))?;
        Ok(Sample { key: sample.key.clone(), content: Content::Instances(set) })
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn images_are_named_by_their_file() {
        for (image, short, full) in [
            ("/data/upload/12/1a2b3c4d-street.one.jpg", "street.one", "1a2b3c4d-street.one"),
            ("/data/upload/12/street-one.jpg", "street-one", "street-one"),
            ("/data/local-files/?d=images\\day\\a.png", "a", "a"),
            ("https://example.com/a/b.jpg?token=1#x", "b", "b"),
            ("images/b/c.png", "b/c", "b/c"),
            ("s3://bucket/1a2b3c4d-b.jpeg", "1a2b3c4d-b", "1a2b3c4d-b"),
        ] {
            assert_eq!(name(image), (short.to_owned(), full.to_owned()), "{image}");
        }
    }
}
