//! YOLO segmentation: a text file an image, a line an outline, coordinates as shares of the image's sides.

mod lines;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::files::{IMAGE_FOLDERS, class_list_beside};
use super::{Detection, Format, Info, ReadOptions, Reader, WriteOptions, Writer};
use crate::classes;
use crate::error::At;
use crate::model::{ClassId, ClassList, Content, ContentKind, InstanceSet, Key, PixelRule, Sample, stem};
use crate::pixels::photo::{self, PhotoSize};
use crate::report::{Finding, Loss, Report, Severity};
use crate::tree::{Sink, Source};
use crate::{Error, Limits, Result};

static INFO: Info = Info {
    name: "yolo",
    aliases: &["yolo-seg", "ultralytics"],
    title: "YOLO segmentation: a text file of outlines for each image",
    about: "\
`labels/KEY.txt` beside `images/KEY.jpg`, also in `train/labels/` and `labels/train/`, or both in one folder: a line is an object,
`class x y x y …`, with coordinates divided by the image's width and height. The size is read from the photograph (JPEG, PNG,
WebP, BMP), as it is shown: turned by its EXIF orientation, as Ultralytics does. A number after the last vertex is the score
(`save_conf`). Outlines cover the pixels that Ultralytics' `polygon2mask` gives them at full size: coordinates in single
precision, truncated, `cv2.fillPoly`: rule `opencv-truncate`. There are no holes; each line is an object of its own.
Class IDs are the numbers of the lines, from 0; their names are `names` of `data.yaml` (or the one YAML file there is), or of
another class list beside it; with `--classes`, they are found in that list by name. A line of 5 numbers is a box: it has no
outline and fails its image; with `--allow-lossy` it is left out and counted, as is every line that cannot be read.
Written are `labels/KEY.txt` for `images/KEY.jpg`, `data.yaml` with the classes numbered from 0, `classes.json` with their own IDs,
and `sizes.json`, so that the files can be read without the photographs. An object is a line: polygons stay as they are where they
cover the same pixels, else outlines go through the outermost pixels, and over pixels of the object to its holes: nothing is lost.
Parts of an object are joined by lines where they are nearest, as Ultralytics' `merge_multi_segment` joins them; the pixels of
these lines are a counted loss. Areas of a label map, of stuff and of crowds are lines of their own. Scores are not written.",
    reads: true,
    writes: true,
    one_file: None,
    content: &[ContentKind::Instances],
    example: "prelabel convert dataset/ -o masks/ --from yolo --instances",
};

/// How much of a file is looked at to recognise it, and of a photograph to learn its size.
const START: usize = 64 << 10;

/// Text files that are no labels.
const OTHER_TEXTS: &[&str] = &[
    "classes.txt",
    "class_names.txt",
    "labels.txt",
    "labelmap.txt",
    "label_colors.txt",
    "train.txt",
    "val.txt",
    "test.txt",
];

const PHOTOS: &[&str] = &["jpg", "jpeg", "png", "webp", "bmp", "JPG", "JPEG", "PNG", "WEBP", "BMP"];

/// The class list with the IDs that the classes had before they were numbered.
const IDS: &str = "classes.json";

/// Width and height of each key, for trees without photographs.
const SIZES: &str = "sizes.json";

type Sizes = BTreeMap<String, (u32, u32)>;

/// YOLO's datasets.
pub(super) struct Yolo;

impl Format for Yolo {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, _limits: &Limits) -> Detection {
        let labels = label_paths(source);
        let like = |path: &String| {
            let start = source.read_start(path, START).unwrap_or_default();
            let text = String::from_utf8_lossy(&start);
            text.lines().find(|line| !line.trim().is_empty()).is_some_and(looks_like_label)
        };
        let empty = |path: &String| source.size(path).is_ok_and(|size| size == 0);
        let yaml = yaml_path(source);
        if !labels.iter().take(16).any(like) {
            let nothing = yaml.is_some() && !labels.is_empty() && labels.iter().take(16).all(empty);
            let why = "label files without a line, and names of classes".to_owned();
            return if nothing { Detection { strength: 50, why } } else { Detection::NO };
        }
        match yaml {
            Some(path) => Detection { strength: 88, why: format!("lines of classes and coordinates, and `{path}`") },
            None => Detection { strength: 83, why: "lines of classes and coordinates".to_owned() },
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        let paths = label_paths(&*source);
        if paths.is_empty() {
            return Err(Error::missing("there are no labels of YOLO")
                .in_file(source.name())
                .expected("`labels/*.txt`"));
        }
        let limits = options.limits;
        let yaml = yaml_path(&*source);
        let own = match &yaml {
            Some(path) => Some(classes::parse(&source.read(path, &limits)?, &source.display(path))?.list),
            None => class_list_beside(&*source, &limits)?,
        };
        let unnamed = own.is_none() && options.classes.is_none();
        if unnamed {
            let message = "there is no `data.yaml`: classes have no names";
            let finding = Finding::new("classes-unnamed", Severity::Info, message);
            report.finding(finding.hint("name them with `--classes FILE`"));
        }
        let ids = match yaml.is_some() && source.paths().contains(IDS) {
            true => Some(classes::parse(&source.read(IDS, &limits)?, &source.display(IDS))?.list),
            false => None,
        };
        let other = options.classes.or(ids);
        let by_name = other.is_some();
        let list = other.or_else(|| own.clone()).map(ClassList::with_unlabelled);
        let sizes = sizes(&*source, &limits)?;
        Ok(Box::new(YoloReader { source, paths, own, list, by_name, sizes, limits }))
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        write::writer(sink, options)
    }
}

/// The file with the names of classes.
fn yaml_path(source: &dyn Source) -> Option<String> {
    for name in ["data.yaml", "data.yml", "dataset.yaml"] {
        if source.paths().contains(name) {
            return Some(name.to_owned());
        }
    }
    let yaml = |path: &String| !path.contains('/') && (path.ends_with(".yaml") || path.ends_with(".yml"));
    let mut all = source.paths().iter().filter(yaml);
    all.next().filter(|_| all.next().is_none())
}

/// The label files: those in a folder `labels`, else all texts.
fn label_paths(source: &dyn Source) -> Vec<String> {
    let text = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("txt"));
        ending && (labels_folder(path).is_some() || !OTHER_TEXTS.contains(&name))
    };
    let texts: Vec<String> = source.paths().iter().filter(text).collect();
    match texts.iter().any(|path| labels_folder(path).is_some()) {
        true => texts.into_iter().filter(|path| labels_folder(path).is_some()).collect(),
        false => texts,
    }
}

/// What stands before and after the folder `labels` of a path.
fn labels_folder(path: &str) -> Option<(&str, &str)> {
    if let Some(rest) = path.strip_prefix("labels/") {
        return Some(("", rest));
    }
    path.rfind("/labels/").map(|at| (&path[..=at], &path[at + "/labels/".len()..]))
}

/// The sizes that the tree lists.
fn sizes(source: &dyn Source, limits: &Limits) -> Result<Sizes> {
    if !source.paths().contains(SIZES) {
        return Ok(Sizes::new());
    }
    let bytes = source.read(SIZES, limits)?;
    let sizes: Sizes = serde_json::from_slice(&bytes).map_err(|error| {
        Error::invalid("the list of sizes cannot be read")
            .in_file(source.display(SIZES))
            .at(At::Line(error.line(), error.column()))
            .expected("`\"KEY\": [width, height]` for each label file")
            .source(error)
    })?;
    for (key, (width, height)) in &sizes {
        let size = limits.size((*width).into(), (*height).into());
        size.map_err(|error| error.in_file(source.display(SIZES)).at(At::Entry(key.clone())))?;
    }
    Ok(sizes)
}

fn looks_like_label(line: &str) -> bool {
    let mut tokens = line.split_ascii_whitespace();
    let class = tokens.next().is_some_and(|class| class.parse::<u32>().is_ok());
    let numbers: Option<Vec<f64>> = tokens.map(|token| token.parse().ok()).collect();
    class
        && numbers
            .is_some_and(|numbers| numbers.len() >= 4 && numbers.iter().all(|number| (-0.1..=1.1).contains(number)))
}

struct YoloReader {
    source: Arc<dyn Source>,
    paths: Vec<String>,
    /// The dataset's own names, by the numbers of its lines.
    own: Option<ClassList>,
    list: Option<ClassList>,
    /// The list is another one, in which classes are found by their names.
    by_name: bool,
    sizes: Sizes,
    limits: Limits,
}

impl YoloReader {
    /// The photograph of a label file.
    fn photo(&self, path: &str) -> Option<String> {
        let with_endings = |start: String| {
            PHOTOS.iter().map(move |ending| format!("{start}.{ending}")).find(|path| self.source.paths().contains(path))
        };
        match labels_folder(path) {
            Some((before, after)) => {
                let folders = IMAGE_FOLDERS.iter().copied();
                folders.map(|folder| format!("{before}{folder}/{}", stem(after))).find_map(with_endings)
            }
            None => {
                let beside = with_endings(stem(path).to_owned());
                beside.or_else(|| {
                    IMAGE_FOLDERS.iter().map(|folder| format!("{folder}/{}", stem(path))).find_map(with_endings)
                })
            }
        }
    }

    fn photo_size(&self, path: &str) -> Result<PhotoSize> {
        let Some(photo) = self.photo(path) else {
            let key = labels_folder(path).map_or(path, |(_, after)| after);
            if let Some(&(width, height)) = self.sizes.get(stem(key)) {
                return Ok(PhotoSize { width, height, turned: false });
            }
            return Err(Error::missing("nothing says how large the image is")
                .found("no photograph of this name beside the labels")
                .expected("`images/…` where the labels are in `labels/…`, or both in one folder")
                .hint("give the folder that holds both, with the photographs in it"));
        };
        let start = self.source.read_start(&photo, START).and_then(|start| photo::size(&start, &self.limits));
        // A long preview may come before the size.
        let whole = || self.source.read(&photo, &self.limits).and_then(|bytes| photo::size(&bytes, &self.limits));
        start.or_else(|_| whole()).map_err(|error| error.in_file(self.source.display(&photo)))
    }

    fn class_of(&self, number: ClassId) -> Result<ClassId> {
        let lacks = |list: &ClassList| {
            let ids: Vec<String> = list.classes().iter().map(|class| class.id.to_string()).collect();
            Error::invalid("the class list lacks a class of the file")
                .found(number.to_string())
                .expected(match ids.as_slice() {
                    [first, .., last] => format!("one of {} classes from {first} to {last}", ids.len()),
                    _ => ids.join(", "),
                })
                .hint("correct `names` in `data.yaml`")
        };
        // Not in the list itself: its class for unlabelled pixels is no class of the lines.
        let name = match &self.own {
            Some(own) => Some(&own.get(number).ok_or_else(|| lacks(own))?.name),
            None => None,
        };
        match (&self.list, name) {
            (Some(list), Some(name)) if self.by_name => {
                let class = list.by_name(name).ok_or_else(|| {
                    Error::invalid("the class list lacks a class of the file")
                        .found(format!("class {number}, `{name}`"))
                        .expected("a class of that name")
                        .hint("add it to the class list, or convert without `--classes`")
                })?;
                Ok(class.id)
            }
            (Some(list), None) => list.get(number).map(|class| class.id).ok_or_else(|| lacks(list)),
            _ => Ok(number),
        }
    }

    fn instances(&self, path: &str, report: &Report) -> Result<InstanceSet> {
        let bytes = self.source.read(path, &self.limits)?;
        let photo = self.photo_size(path)?;
        let size = if photo.turned { (photo.height, photo.width) } else { (photo.width, photo.height) };
        if photo.turned {
            let message = "the image is turned by its EXIF orientation; the mask has the size at which it is shown";
            report.finding(Finding::new("image-turned", Severity::Warning, message).in_file(self.source.display(path)));
        }
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| Error::invalid("the labels are no text").at(At::Byte(error.valid_up_to() as u64)))?;
        let mut instances = Vec::new();
        let mut left_out = 0;
        let all = text.trim_start_matches('\u{feff}').lines().enumerate();
        for (index, line) in all.filter(|(_, line)| !line.trim().is_empty()) {
            match lines::read(line, index + 1, size, &|number| self.class_of(number)) {
                Ok(instance) => instances.push(instance),
                Err(error) if report.allows_losses() => {
                    left_out += 1;
                    report.finding(Finding::of_error("line-broken", &error).in_file(self.source.display(path)));
                }
                Err(error) => return Err(error),
            }
        }
        if left_out > 0 {
            report.loss(Loss {
                code: "lines-broken",
                message: "lines without an outline were left out".to_owned(),
                count: left_out,
                unit: "lines",
                hint: "mend them".to_owned(),
            })?;
        }
        InstanceSet::new(size.0, size.1, PixelRule::OpencvTruncate, instances)
    }
}

impl Reader for YoloReader {
    fn classes(&self) -> Option<&ClassList> {
        self.list.as_ref()
    }

    fn len(&self) -> usize {
        self.paths.len()
    }

    fn key(&self, index: usize) -> Result<Key> {
        let path = &self.paths[index];
        let key = labels_folder(path).map_or_else(|| path.clone(), |(before, after)| format!("{before}{after}"));
        Key::of_path(&key).map_err(|error| error.in_file(self.file(index)))
    }

    fn file(&self, index: usize) -> String {
        self.source.display(&self.paths[index])
    }

    fn memory(&self, index: usize) -> u64 {
        let path = &self.paths[index];
        let bytes = self.source.size(path).unwrap_or_default();
        let pixels = self.photo_size(path).map_or(0, |size| u64::from(size.width) * u64::from(size.height));
        pixels.saturating_mul(5).saturating_add(bytes.saturating_mul(8))
    }

    fn read(&self, index: usize, report: &Report) -> Result<Sample> {
        let key = self.key(index)?;
        let set = self.instances(&self.paths[index], report).map_err(|error| error.in_file(self.file(index)))?;
        Ok(Sample { key, content: Content::Instances(set) })
    }
}
