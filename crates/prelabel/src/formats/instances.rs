use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::coco_json;
use super::files::{FileKind, Items, Selection, class_list_beside, in_image_folder, is_class_file};
use super::{Detection, Format, Info, ReadOptions, Reader};
use crate::error::At;
use crate::model::{
    Class, ClassId, ClassList, Content, ContentKind, Instance, InstanceSet, Key, PixelRule, Sample, Shape,
};
use crate::pixels::npy::{self, Masks};
use crate::report::{Finding, Report, Severity};
use crate::tree::Source;
use crate::{Error, Limits, Result};

static INFO: Info = Info {
    name: "instances",
    aliases: &["sam", "mask2former", "masks-npz"],
    title: "objects as models return them: a stack of masks in NPZ, or SAM's list in JSON",
    about: "\
One file an image; its path without the extension is the key.
NPZ with `masks` (or `pred_masks`) of objects × height × width, an axis of one behind the first left out; objects last,
as in Matterport's Mask R-CNN, if only that axis is as long as the classes. bool and whole numbers: 0 is outside, one
other value inside. Floating point is a probability, inside above 0.5, and a finding says how many pixels were soft.
`classes` (`labels`, `class_ids`, `pred_classes`, `category_ids`, `cls`) has an ID for each mask, `scores` (`conf`,
`pred_scores`, `confidences`) a score; other arrays, such as boxes, are left alone.
JSON as SAM's automatic mask generator returns it, a list of `{segmentation, predicted_iou, …}` with run lengths, or as
SA-1B has it, `{image, annotations}`; the score is `predicted_iou`.
Without classes all objects are of the only class of `--classes`, else of class 1, `object`.
`--min-confidence P` leaves objects out whose score is below P; `--overlap` says which of two is on top.",
    reads: true,
    writes: false,
    one_file: None,
    content: &[ContentKind::Instances],
    example: "prelabel convert predictions/ -o masks/ --classes coco --instances --min-confidence 0.5 --overlap score",
};

const MASKS: &[&str] = &["masks", "pred_masks", "mask", "segmentation", "segmentations"];
const CLASSES: &[&str] = &["classes", "labels", "class_ids", "pred_classes", "category_ids", "label_ids", "cls"];
const SCORES: &[&str] = &["scores", "conf", "pred_scores", "confidences", "confidence", "score", "predicted_iou"];

/// How much of a JSON file is looked at to recognise it.
const START: usize = 16 << 10;

/// What models of instance segmentation return.
pub(super) struct Instances;

impl Format for Instances {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, limits: &Limits) -> Detection {
        let selection = selection(source);
        let paths = || selection.iter().take(8).filter_map(|index| source.paths().get(index));
        let seen: Vec<Option<&str>> = paths().map(|path| look(source, &path, limits)).collect();
        let found: Vec<&str> = seen.iter().flatten().copied().collect();
        match found.first() {
            None => Detection::NO,
            Some(why) if found.len() == seen.len() => Detection { strength: 90, why: (*why).to_owned() },
            Some(why) => Detection { strength: 50, why: format!("some {why}") },
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, _report: &Report) -> Result<Box<dyn Reader>> {
        let given = match options.classes {
            Some(classes) => Some(classes),
            None => class_list_beside(&*source, &options.limits)?,
        };
        let selection = selection(&*source);
        let items = Items::list(Arc::clone(&source), selection, |_, _| Vec::new());
        let limits = options.limits;
        // One file tells whether objects have classes: a model's files are alike.
        let classless =
            (items.len() > 0).then(|| items.path(0)).is_some_and(|path| is_classless(&*source, &path, &limits));
        let list = match given {
            Some(list) => Some(list.with_unlabelled()),
            None if classless => Some(ClassList::new(vec![Class::new(1, "object")])?.with_unlabelled()),
            None => None,
        };
        Ok(Box::new(InstancesReader { source, items, list, limits }))
    }
}

/// The files that may hold objects.
fn selection(source: &dyn Source) -> Selection {
    if source.paths().len() == 1 {
        return Selection::AllBut(1, Vec::new());
    }
    let fits = |path: &str| {
        let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        matches!(ending.as_str(), "npz" | "json") && !in_image_folder(path) && !is_class_file(path)
    };
    Selection::of(source.paths(), fits)
}

/// What a file holds, if it is objects.
fn look(source: &dyn Source, path: &str, limits: &Limits) -> Option<&'static str> {
    let start = source.read_start(path, START).ok()?;
    if FileKind::of(&start) == Some(FileKind::Npz) {
        let bytes = source.read(path, limits).ok()?;
        let arrays = npy::npz_members(&bytes).ok()?;
        let masks = npy::npz_header(&bytes, named(&arrays, MASKS)?, limits).ok()?;
        let fits = named(&arrays, CLASSES).is_some() && (3..=4).contains(&masks.shape.len());
        return fits.then_some("NPZ archives of masks and their classes");
    }
    let has = |name: &str| start.windows(name.len()).any(|window| window == name.as_bytes());
    let json = matches!(start.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'[' | b'{'));
    let sam = json && has("\"segmentation\"") && (has("\"predicted_iou\"") || has("\"stability_score\""));
    (sam && !has("\"category_id\"")).then_some("JSON of masks with `predicted_iou`")
}

fn is_classless(source: &dyn Source, path: &str, limits: &Limits) -> bool {
    let Ok(bytes) = source.read(path, limits) else { return false };
    match FileKind::of(&bytes) {
        Some(FileKind::Npz) => npy::npz_members(&bytes).is_ok_and(|arrays| named(&arrays, CLASSES).is_none()),
        _ => true,
    }
}

/// The array that has the first of these names.
fn named<'a>(arrays: &'a [String], names: &[&str]) -> Option<&'a str> {
    let find = |name: &&str| arrays.iter().find(|array| array.eq_ignore_ascii_case(name));
    names.iter().find_map(find).map(String::as_str)
}

struct InstancesReader {
    source: Arc<dyn Source>,
    items: Items,
    list: Option<ClassList>,
    limits: Limits,
}

impl InstancesReader {
    /// The class of objects that have none.
    fn only_class(&self) -> Result<ClassId> {
        let mut labelled = self.list.iter().flat_map(ClassList::labelled);
        match (labelled.next(), labelled.next()) {
            (None, _) => Ok(1),
            (Some(class), None) => Ok(class.id),
            _ => Err(Error::usage("the objects have no classes, and the class list has several")
                .hint("give a list with the one class that they all are (`--classes FILE`)")),
        }
    }

    fn of_npz(&self, bytes: &[u8], report: &Report) -> Result<InstanceSet> {
        let arrays = npy::npz_members(bytes)?;
        let masks = named(&arrays, MASKS).ok_or_else(|| {
            Error::invalid("the archive has no masks")
                .found(format!("arrays {}", arrays.join(", ")))
                .expected(format!("one of {}", MASKS.join(", ")))
        })?;
        let numbers = |names: &[&str]| -> Result<Option<(String, Vec<f64>)>> {
            let Some(name) = named(&arrays, names) else { return Ok(None) };
            let member = npy::npz_member(bytes, name, &self.limits)?;
            let numbers = npy::decode_numbers(&member, &self.limits).map_err(|error| error.in_file(array(name)))?;
            Ok(Some((name.to_owned(), numbers)))
        };
        let classes = numbers(CLASSES)?;
        let scores = numbers(SCORES)?;
        let objects = classes.as_ref().map(|(_, classes)| classes.len() as u64);
        let decoded = npy::decode_masks(bytes, masks, objects, &self.limits);
        let Masks { size: (width, height), masks: shapes, soft } =
            decoded.map_err(|error| error.in_file(array(masks)))?;
        if soft > 0 {
            let finding =
                Finding::new("soft-masks", Severity::Info, "the masks are probabilities: pixels above 0.5 are inside");
            report.finding(finding.detail(format!("{soft} pixels are neither 0 nor 1")));
        }
        if let Some((name, scores)) = scores.as_ref().filter(|(_, scores)| scores.len() != shapes.len()) {
            return Err(Error::invalid("there are more or fewer scores than masks")
                .in_file(array(name))
                .found(format!("{} scores", scores.len()))
                .expected(format!("{} scores", shapes.len())));
        }
        let only = if classes.is_none() { self.only_class()? } else { 0 };
        let mut instances = Vec::with_capacity(shapes.len());
        for (index, spans) in shapes.iter().enumerate() {
            let class = match &classes {
                None => only,
                Some((name, classes)) => {
                    class_id(classes[index]).map_err(|error| error.at(At::Entry(format!("{name}[{index}]"))))?
                }
            };
            let score = scores.as_ref().and_then(|(_, scores)| scores.get(index)).copied();
            let shape = Shape::Rle(spans.to_rle()?);
            instances.push(Instance { name: format!("mask {index}"), id: None, class, shape, score, crowd: false });
        }
        InstanceSet::new(width, height, PixelRule::Center, instances)
    }

    fn of_json(&self, bytes: &[u8]) -> Result<InstanceSet> {
        let (pointer, given, list) = match serde_json::from_slice::<Sa1b<'_>>(bytes) {
            Ok(file) => ("/annotations", Some((file.image.width, file.image.height)), file.annotations),
            Err(_) if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') => {
                ("", None, serde_json::from_slice(bytes).map_err(|error| not_sam(&error))?)
            }
            Err(error) => return Err(not_sam(&error)),
        };
        let class = self.only_class()?;
        let mut size = match given {
            Some((width, height)) => Some(self.limits.size(width, height)?),
            None => None,
        };
        let mut instances = Vec::with_capacity(list.len());
        for (index, found) in list.iter().enumerate() {
            let place = format!("{pointer}/{index}/segmentation");
            let size = match size {
                Some(size) => size,
                None => *size.insert(self.size_of(found.segmentation, &place)?),
            };
            let shape = coco_json::shape(found.segmentation.get(), size, &place)?;
            let (name, score) = (format!("{pointer}/{index}"), found.predicted_iou);
            instances.push(Instance { name, id: None, class, shape, score, crowd: false });
        }
        let Some((width, height)) = size else {
            return Err(Error::invalid("the list is empty, so nothing tells the size of the image")
                .hint("a file without objects cannot be placed; leave it out"));
        };
        InstanceSet::new(width, height, PixelRule::Pycocotools, instances)
    }

    /// Columns and rows, from the first mask of a list.
    fn size_of(&self, segmentation: &RawValue, place: &str) -> Result<(u32, u32)> {
        let sized: Measured = serde_json::from_str(segmentation.get()).map_err(|_| {
            Error::invalid("this is no mask of run lengths")
                .at(At::Pointer(place.to_owned()))
                .expected("`{\"size\": [height, width], \"counts\": …}`")
                .hint("let SAM give run lengths: `output_mode=\"coco_rle\"`")
        })?;
        let [height, width] = sized.size;
        self.limits.size(width, height).map_err(|error| error.at(At::Pointer(format!("{place}/size"))))
    }
}

#[derive(Deserialize)]
struct Sa1b<'a> {
    image: Sa1bImage,
    #[serde(borrow)]
    annotations: Vec<SamMask<'a>>,
}

#[derive(Deserialize)]
struct Sa1bImage {
    width: u64,
    height: u64,
}

#[derive(Deserialize)]
struct SamMask<'a> {
    #[serde(borrow)]
    segmentation: &'a RawValue,
    predicted_iou: Option<f64>,
}

#[derive(Deserialize)]
struct Measured {
    size: [u64; 2],
}

fn not_sam(error: &serde_json::Error) -> Error {
    Error::invalid("this is no list of masks")
        .found(error.to_string())
        .expected("a list of `{\"segmentation\": …, \"predicted_iou\": …}`, or `{\"image\": …, \"annotations\": […]}`")
}

fn array(name: &str) -> String {
    format!("{name}.npy")
}

fn class_id(number: f64) -> Result<ClassId> {
    // Ultralytics keeps classes as floating point.
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return Ok(number as ClassId);
    }
    Err(Error::invalid("this is no class ID").found(number.to_string()).expected("a whole number"))
}

impl Reader for InstancesReader {
    fn classes(&self) -> Option<&ClassList> {
        self.list.as_ref()
    }

    fn len(&self) -> usize {
        self.items.len()
    }

    fn key(&self, index: usize) -> Result<Key> {
        self.items.key(index)
    }

    fn file(&self, index: usize) -> String {
        self.items.file(index)
    }

    fn memory(&self, index: usize) -> u64 {
        self.items.memory(index, &self.limits)
    }

    fn read(&self, index: usize, report: &Report) -> Result<Sample> {
        let key = self.key(index)?;
        let bytes = self.source.read(&self.items.path(index), &self.limits)?;
        let set = match FileKind::of(&bytes) {
            Some(FileKind::Npz) => self.of_npz(&bytes, report).map_err(|error| error.within(&self.file(index))),
            _ => self.of_json(&bytes).map_err(|error| error.in_file(self.file(index))),
        };
        Ok(Sample { key, content: Content::Instances(set?) })
    }
}
