//! COCO: objects with polygons or run lengths in one JSON file, which may be larger than memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::coco_json::{self, Gathered, Image, ImageEntry, Index, Place};
use super::{Detection, Format, Info, Members, ReadOptions, Reader, WriteOptions, Writer};
use crate::classes;
use crate::error::At;
use crate::model::{ClassId, ClassList, Content, ContentKind, InstanceSet, Key, PixelRule, Sample};
use crate::report::{Finding, Loss, Report, Severity};
use crate::tree::{Sink, Source, Written};
use crate::{Error, Limits, Result};

static INFO: Info = Info {
    name: "coco",
    aliases: &["coco-instances"],
    title: "objects with polygons or run lengths in one JSON file",
    about: "\
`images`, `annotations` and `categories` as on cocodataset.org; the file may be larger than memory. Read are polygons
and run lengths, as a list and as a string. A file by itself, or a folder or archive: `instances*.json` and
`_annotations.coco.json` in it, else every JSON of this form; photographs beside it are left alone.
The key of an image is its `file_name` without the extension and without a folder `images/` or `photos/`; where files
lie in several folders, the folder comes before it. The class ID is the category ID; with `--classes`, categories are found in that list by name.
Polygons of one annotation are one object; they cover pixels by the rule of `pycocotools`, bit for bit. COCO has no
holes: a ring inside another adds nothing to it. Where objects overlap, the later one is on top, and what is covered is
counted; `--overlap` changes that, `--instances` keeps objects apart as `car # 1`, `car # 2`. `iscrowd` regions and
classes with `isthing: 0` get no number. Pixels without an object become `background`, ID 0 unless a category has it.
An annotation that cannot be read fails its image, with a JSON pointer;
with `--allow-lossy` it is left out and counted.
Written is `instances.json`, or the file that `-o` names: images in the order of their keys, with `KEY.jpg` as file name;
`info`, `licenses`, categories and IDs as the source had them, else IDs from 1. Polygons stay as they are where they
cover the same pixels under the rule of pycocotools, else outlines are drawn along the pixels; objects with holes and
crowds become run lengths. `--encoding rle` writes only these, `--encoding polygons` only outlines, holes reached by a
seam without width. `area` and `bbox` are those of the pixels. Other members of images and annotations are not kept.",
    reads: true,
    writes: true,
    one_file: Some("instances.json"),
    content: &[ContentKind::Instances],
    example: "prelabel convert annotations/instances_val2017.json -o masks/ --instances",
};

/// How much of a file is looked at to recognise it.
const START: usize = 64 << 10;

/// COCO's instances.
pub(super) struct Coco;

impl Format for Coco {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, _limits: &Limits) -> Detection {
        match files(source).len() {
            0 => Detection::NO,
            1 => Detection { strength: 85, why: "a JSON file with images and annotations".to_owned() },
            many => Detection { strength: 85, why: format!("{many} JSON files with images and annotations") },
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        let paths = match source.paths().len() {
            1 => source.paths().iter().collect(),
            _ => files(&*source),
        };
        let folders: BTreeSet<&str> = paths.iter().map(|path| folder(path)).collect();
        let mut files = Vec::new();
        let mut samples = Vec::new();
        for path in &paths {
            let index = Index::read(&*source, path, &options.limits, report)?;
            samples.extend((0..index.images.len() as u32).map(|image| (files.len() as u32, image)));
            let prefix = match (folders.len(), folder(path)) {
                (0 | 1, _) | (_, "") => String::new(),
                (_, folder) => format!("{folder}/"),
            };
            // A tree that cannot seek would be read as a whole for each sample.
            let bytes = match source.seeks() {
                true => None,
                false => Some(source.read(path, &options.limits)?),
            };
            files.push(File { path: path.clone(), prefix, index, bytes });
        }
        let categories = Categories::new(&files, options.classes);
        let categories = categories.map_err(|error| match files.first() {
            Some(file) => error.in_file(source.display(&file.path)),
            None => error,
        })?;
        Ok(Box::new(CocoReader { source, files, samples, categories, limits: options.limits }))
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        let gathered = Gathered::new(options.encoding, options.verify)?;
        let classes = options.classes.ok_or_else(no_classes)?;
        let path = INFO.one_file.unwrap_or_default().to_owned();
        Ok(Box::new(CocoWriter { sink, path, classes, members: options.members, gathered }))
    }
}

fn no_classes() -> Error {
    Error::usage("objects need a class list").hint("name one with `--classes FILE|PRESET`, or `--classes auto`")
}

/// The files of a tree that are of this form, in the order of their paths.
fn files(source: &dyn Source) -> Vec<String> {
    let lone = source.paths().len() == 1;
    let json = |path: &str| lone || path.to_ascii_lowercase().ends_with(".json");
    let named = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.starts_with("instances") || name.ends_with("_annotations.coco.json")
    };
    let like = |path: &String| source.read_start(path, START).is_ok_and(|start| looks_like_coco(&start));
    let candidates: Vec<String> = source.paths().iter().filter(|path| json(path)).collect();
    let by_name: Vec<String> =
        candidates.iter().filter(|path| named(path)).filter(|path| like(path)).cloned().collect();
    // A folder of label maps may hold a hundred thousand tables of other kinds: a few of them tell.
    if !by_name.is_empty() || (candidates.len() > 64 && !candidates.iter().take(16).any(like)) {
        return by_name;
    }
    candidates.into_iter().filter(like).collect()
}

struct CocoWriter {
    sink: Arc<dyn Sink>,
    path: String,
    classes: ClassList,
    members: Members,
    gathered: Gathered,
}

impl Writer for CocoWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::Instances]
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let Content::Instances(set) = &sample.content else {
            return Err(Error::usage("maps and scores must become objects first"));
        };
        if let Some(instance) = set.as_slice().iter().find(|instance| self.classes.get(instance.class).is_none()) {
            return Err(Error::invalid("the class of an object is not in the class list")
                .at(At::Entry(instance.name.clone()))
                .found(instance.class.to_string())
                .expected(ids(self.classes.classes().iter().map(|class| &class.id))));
        }
        self.gathered.add(&sample.key, set, report)?;
        Ok(Written::New)
    }

    fn finish(&self) -> Result<Option<Written>> {
        self.gathered.write(&*self.sink, &self.path, &self.classes, &self.members).map(Some)
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// By the names in the beginning of a file: the list of images may be longer than that.
fn looks_like_coco(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    if start.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return false;
    }
    let has = |name: &str| start.windows(name.len()).any(|window| window == name.as_bytes());
    let annotations = has("\"image_id\"") && has("\"category_id\"");
    let images = has("\"images\"") && (has("\"file_name\"") || has("\"coco_url\""));
    (annotations || images) && !has("\"segments_info\"") && !has("\"caption\"")
}

struct File {
    path: String,
    /// What the keys of its images begin with.
    prefix: String,
    index: Index,
    bytes: Option<Vec<u8>>,
}

/// From category IDs to class IDs.
struct Categories {
    list: Option<ClassList>,
    /// Name by category ID; nothing if no file names its categories.
    names: Option<BTreeMap<i64, String>>,
    /// The entries themselves, with what else they say.
    entries: Option<Value>,
    /// The list is the user's: categories are found in it by their name.
    given: bool,
}

impl Categories {
    fn new(files: &[File], given: Option<ClassList>) -> Result<Self> {
        let mut entries: Vec<Value> = Vec::new();
        for entry in files.iter().filter_map(|file| file.index.categories.as_ref()).flatten() {
            let same = |other: &&Value| ["id", "name"].iter().all(|field| other.get(field) == entry.get(field));
            if files.len() == 1 || !entries.iter().any(|other| same(&other)) {
                entries.push(entry.clone());
            }
        }
        if entries.is_empty() {
            let is_given = given.is_some();
            return Ok(Categories {
                list: given.map(ClassList::with_unlabelled),
                names: None,
                entries: None,
                given: is_given,
            });
        }
        let entries = Value::Array(entries);
        let own = classes::of_categories(&entries)?;
        let names = own.classes().iter().map(|class| (class.id, class.name.clone())).collect();
        let is_given = given.is_some();
        let list = Some(given.unwrap_or(own).with_unlabelled());
        Ok(Categories { list, names: Some(names), entries: Some(entries), given: is_given })
    }

    fn class_of(&self, category: i64) -> Result<ClassId> {
        let unknown = |message: &str, expected: String| {
            Err(Error::invalid(message.to_owned()).found(category.to_string()).expected(expected))
        };
        match (&self.names, &self.list) {
            (Some(names), list) => match (names.get(&category), list) {
                (None, _) => unknown("the category is not in `categories`", ids(names.keys())),
                (Some(name), Some(list)) if self.given => match list.by_name(name) {
                    Some(class) => Ok(class.id),
                    None => Err(Error::invalid("the class list lacks a category of the file")
                        .found(format!("category {category}, `{name}`"))
                        .expected("a class of that name")
                        .hint("add it to the class list, or convert without `--classes`")),
                },
                _ => Ok(category),
            },
            (None, Some(list)) if list.get(category).is_none() => {
                unknown("the category is not in the class list", ids(list.classes().iter().map(|class| &class.id)))
            }
            _ => Ok(category),
        }
    }
}

fn ids<'a>(ids: impl Iterator<Item = &'a i64>) -> String {
    let ids: Vec<String> = ids.map(i64::to_string).collect();
    match ids.as_slice() {
        [first, .., last] if ids.len() > 8 => format!("one of {} IDs from {first} to {last}", ids.len()),
        [only] => only.clone(),
        _ => format!("one of {}", ids.join(", ")),
    }
}

struct CocoReader {
    source: Arc<dyn Source>,
    files: Vec<File>,
    /// File and image.
    samples: Vec<(u32, u32)>,
    categories: Categories,
    limits: Limits,
}

impl CocoReader {
    fn at(&self, index: usize) -> (&File, &Image) {
        let (file, image) = self.samples[index];
        let file = &self.files[file as usize];
        (file, &file.index.images[image as usize])
    }

    fn bytes(&self, file: &File, places: &[Place]) -> Result<Vec<Vec<u8>>> {
        let parts: Vec<(u64, u64)> = places.iter().map(|place| (place.offset, u64::from(place.length))).collect();
        match &file.bytes {
            Some(bytes) => {
                Ok(parts.iter().map(|&(at, length)| bytes[at as usize..(at + length) as usize].to_vec()).collect())
            }
            None => self.source.read_parts(&file.path, &parts, &self.limits),
        }
    }

    fn instances(&self, file: &File, image: &Image, report: &Report) -> Result<InstanceSet> {
        let place = image.place;
        let entry = self.bytes(file, &[place])?.pop().unwrap_or_default();
        let entry = ImageEntry::parse(&entry, place)?;
        if let Some(twin) = image.twin {
            return Err(Error::invalid("two images have the same ID")
                .at(At::Pointer(format!("/images/{}", place.number)))
                .found(format!("ID {}, as /images/{twin}", entry.id))
                .expected("an ID of its own: which image are the annotations of?"));
        }
        let (width, height) = entry.checked_size(place, &self.limits)?;
        let places = file.index.annotations(image);
        let mut instances = Vec::with_capacity(places.len());
        let mut left_out = 0;
        for (bytes, &place) in self.bytes(file, places)?.iter().zip(places) {
            let read =
                coco_json::instance(bytes, place, (width, height), &|category| self.categories.class_of(category));
            match read {
                Ok(instance) => instances.push(instance),
                Err(error) if report.allows_losses() => {
                    left_out += 1;
                    report.finding(finding(&error, &self.source.display(&file.path)));
                }
                Err(error) => return Err(error),
            }
        }
        if left_out > 0 {
            report.loss(Loss {
                code: "annotations-broken",
                message: "annotations that cannot be read were left out".to_owned(),
                count: left_out,
                unit: "instances",
                hint: "mend them".to_owned(),
            })?;
        }
        Ok(InstanceSet::new(width, height, PixelRule::Pycocotools, instances)?.with_id(entry.id.number()))
    }
}

fn finding(error: &Error, file: &str) -> Finding {
    let mut finding = Finding::new("annotation-broken", Severity::Warning, error.message()).in_file(file);
    finding.at = error.place().cloned();
    finding.detail = error.found_text().map(str::to_owned);
    finding.hint = error.hint_text().map(str::to_owned);
    finding
}

impl Reader for CocoReader {
    fn classes(&self) -> Option<&ClassList> {
        self.categories.list.as_ref()
    }

    fn members(&self) -> Members {
        let mut members = Members::new();
        for file in &self.files {
            for (name, value) in &file.index.about {
                members.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        if let Some(entries) = &self.categories.entries {
            members.insert("categories".to_owned(), entries.clone());
        }
        members
    }

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn key(&self, index: usize) -> Result<Key> {
        let (file, image) = self.at(index);
        Key::new(&format!("{}{}", file.prefix, image.key)).map_err(|error| error.in_file(self.file(index)))
    }

    fn file(&self, index: usize) -> String {
        let (file, image) = self.at(index);
        format!("{}#/images/{}", self.source.display(&file.path), image.place.number)
    }

    fn memory(&self, index: usize) -> u64 {
        let (file, image) = self.at(index);
        let pixels = u64::from(image.size.0) * u64::from(image.size.1);
        let bytes: u64 = file.index.annotations(image).iter().map(|place| u64::from(place.length)).sum();
        // Spans and vertices of shapes take more than their text; the map and its mask are on top of them.
        pixels.saturating_mul(5).saturating_add(bytes.saturating_mul(8))
    }

    fn read(&self, index: usize, report: &Report) -> Result<Sample> {
        let (file, image) = self.at(index);
        let key = self.key(index)?;
        let set = self.instances(file, image, report);
        let set = set.map_err(|error| error.in_file(self.source.display(&file.path)))?;
        Ok(Sample { key, content: Content::Instances(set) })
    }
}
