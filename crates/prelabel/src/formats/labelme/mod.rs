//! labelme: one JSON file an image, with shapes that are painted in their order.

mod shapes;
mod write;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::files::class_list_beside;
use super::{Detection, Format, Info, ReadOptions, Reader, WriteOptions, Writer};
use crate::error::At;
use crate::model::{
    Class, ClassId, ClassKind, ClassList, Color, Content, ContentKind, InstanceSet, Key, PixelRule, Sample,
};
use crate::pixels::photo;
use crate::report::{Finding, Loss, Report, Severity};
use crate::tree::{Sink, Source};
use crate::{Error, Limits, Result};

static INFO: Info = Info {
    name: "labelme",
    aliases: &["label-me"],
    title: "labelme: one JSON file of shapes for each image",
    about: "\
`KEY.json` with `shapes`, `imagePath`, `imageHeight` and `imageWidth`, as labelme writes it. Read are `polygon`, `rectangle`,
`oriented_rectangle`, `circle`, `line` and `linestrip` (10 pixels wide), `point` and `points` (5 pixels around each), and `mask`;
they cover the pixels that labelme 5.8 gives them, which paints with Pillow: rule `pillow`. Shapes with the same `label` and
`group_id` are one object. Later shapes lie on top, and no photograph is needed: the size is in the file, else in the
embedded `imageData`, else of the photograph at `imagePath`.
Classes are found by name in `--classes`, else in `labels.txt` or another class list beside the files: labelme's
`labels.txt` counts from −1, `__ignore__`. Without a list, labels are numbered from 1 in the order of their names over all files;
`_background_` is 0, `__ignore__` is void (255). A shape that cannot be read fails its image, with a JSON pointer; with
`--allow-lossy` it is left out and counted. `flags`, `description` and other members are not kept.
Written are `KEY.json`, for a photograph of that name beside it, and `classes.json` with the class IDs. Polygons stay as they are
where they cover the same pixels under the rule of Pillow, else they go through the outermost pixels; several of one object share a
`group_id`. Objects with holes become shapes of type `mask`; `--encoding png` writes only these, `--encoding polygons` none.",
    reads: true,
    writes: true,
    one_file: None,
    content: &[ContentKind::Instances],
    example: "prelabel convert annotations/ -o masks/ --from labelme --instances",
};

/// How much of a file is looked at to recognise it.
const START: usize = 64 << 10;
/// Where the size stands: after everything else.
const END: u64 = 4 << 10;

/// labelme's files.
pub(super) struct LabelMe;

impl Format for LabelMe {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, _limits: &Limits) -> Detection {
        match paths(source, 16).is_empty() {
            true => Detection::NO,
            false => Detection { strength: 86, why: "JSON files with shapes".to_owned() },
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        let paths = match source.paths().len() {
            1 => source.paths().iter().collect(),
            _ => paths(&*source, usize::MAX),
        };
        let limits = options.limits;
        let list = match options.classes {
            Some(list) => Some(list),
            None => class_list_beside(&*source, &limits)?,
        };
        let classes = match list {
            Some(list) => list,
            None => collected(&*source, &paths, &limits, report)?,
        };
        Ok(Box::new(LabelMeReader { source, paths, classes: classes.with_unlabelled(), limits }))
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        write::writer(sink, options)
    }
}

/// The files that are of this form; looks at no more than `most` of them.
fn paths(source: &dyn Source, most: usize) -> Vec<String> {
    let has = |start: &[u8], name: &str| start.windows(name.len()).any(|window| window == name.as_bytes());
    let like = |path: &String| {
        let start = source.read_start(path, START).unwrap_or_default();
        let json = start.trim_ascii_start().starts_with(b"{");
        json && has(&start, "\"shapes\"")
            && ["\"imagePath\"", "\"points\"", "\"imageData\""].iter().any(|name| has(&start, name))
    };
    let lone = source.paths().len() == 1;
    let json = |path: &String| lone || path.to_ascii_lowercase().ends_with(".json");
    source.paths().iter().filter(json).take(most).filter(like).collect()
}

/// What is read of a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    #[serde(borrow)]
    shapes: Vec<&'a RawValue>,
    image_path: Option<String>,
    /// The photograph in base64, as long as the file: looked at only where the size is missing.
    #[serde(borrow)]
    image_data: Option<&'a RawValue>,
    image_height: Option<f64>,
    image_width: Option<f64>,
}

impl<'a> File<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(|error| {
            Error::invalid("this is no file of labelme")
                .at(At::Line(error.line(), error.column()))
                .expected("an object with a list `shapes`")
                .source(error)
        })
    }

    /// Columns and rows.
    fn size(&self, source: &dyn Source, path: &str, limits: &Limits) -> Result<(u32, u32)> {
        if let (Some(width), Some(height)) = (self.image_width, self.image_height) {
            let side = |side: f64| (side.fract() == 0.0 && (0.0..1e15).contains(&side)).then_some(side as u64);
            let (Some(columns), Some(rows)) = (side(width), side(height)) else {
                return Err(Error::invalid("this is no size of an image")
                    .at(At::Pointer("/imageWidth".to_owned()))
                    .found(format!("{width} × {height}"))
                    .expected("whole numbers of at least 1 (width × height)"));
            };
            return limits.size(columns, rows).map_err(|error| error.at(At::Pointer("/imageWidth".to_owned())));
        }
        let embedded =
            self.image_data.and_then(|data| serde_json::from_str::<Option<String>>(data.get()).ok()).flatten();
        let photo = match embedded {
            Some(data) => shapes::base64(&data)
                .and_then(|bytes| photo::size(&bytes, limits))
                .map_err(|error| error.at(At::Pointer("/imageData".to_owned())))?,
            None => {
                let beside = self.image_path.as_deref().and_then(|name| beside(source, path, name));
                let Some(beside) = beside else {
                    return Err(Error::invalid("nothing says how large the image is")
                        .found("neither `imageHeight` and `imageWidth` nor `imageData`")
                        .hint("put the photograph at `imagePath` beside the file, or open and save it in labelme"));
                };
                let size = source.read(&beside, limits).and_then(|bytes| photo::size(&bytes, limits));
                size.map_err(|error| error.in_file(source.display(&beside)))?
            }
        };
        Ok((photo.width, photo.height))
    }
}

/// The photograph of a file, if it is in the tree.
fn beside(source: &dyn Source, path: &str, image: &str) -> Option<String> {
    let image = image.replace('\\', "/");
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in image.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/")).filter(|found| source.paths().contains(found))
}

/// The classes that the files name, for want of a list.
fn collected(source: &dyn Source, paths: &[String], limits: &Limits, report: &Report) -> Result<ClassList> {
    #[derive(Deserialize)]
    struct Labelled {
        label: String,
    }
    let mut names = BTreeSet::new();
    for path in paths {
        let bytes = source.read(path, limits)?;
        // A broken file, or a broken shape, says so when it is read.
        let Ok(file) = File::parse(&bytes) else { continue };
        let labels = file.shapes.iter().filter_map(|shape| serde_json::from_str::<Labelled>(shape.get()).ok());
        names.extend(labels.map(|shape| shape.label));
    }
    let background = names.take("_background_");
    let void = names.take("__ignore__");
    let named = names.len();
    let mut classes: Vec<Class> = (1..).zip(names).map(|(id, name)| Class::new(id, name)).collect();
    let zero = background.unwrap_or_else(|| "_background_".to_owned());
    classes.push(Class { color: Some(Color::BLACK), ..Class::new(0, zero) });
    if let Some(name) = void {
        let id: ClassId = if named < 255 { 255 } else { -1 };
        classes.push(Class { kind: Some(ClassKind::Void), ..Class::new(id, name) });
    }
    if named > 0 {
        let message = "there is no class list: the labels of the files are numbered from 1 in the order of their names";
        let finding = Finding::new("ids-numbered", Severity::Info, message);
        report.finding(
            finding.detail(format!("{named} labels")).hint("`--classes labels.txt` gives them IDs of their own"),
        );
    }
    ClassList::new(classes)
}

struct LabelMeReader {
    source: Arc<dyn Source>,
    paths: Vec<String>,
    classes: ClassList,
    limits: Limits,
}

impl LabelMeReader {
    fn class_of(&self, label: &str) -> Result<ClassId> {
        let class = self.classes.by_name(label).map(|class| class.id);
        class.ok_or_else(|| {
            Error::invalid("the class list lacks a label of the file")
                .found(format!("`{label}`"))
                .expected("a class of that name")
                .hint("add it to the class list, or move the list away: labels are then numbered by name")
        })
    }

    fn instances(&self, path: &str, report: &Report) -> Result<InstanceSet> {
        let bytes = self.source.read(path, &self.limits)?;
        let file = File::parse(&bytes)?;
        let (width, height) = file.size(&*self.source, path, &self.limits)?;
        let mut read = Vec::with_capacity(file.shapes.len());
        let mut left_out = 0;
        for (index, shape) in file.shapes.iter().enumerate() {
            let shape = shapes::read(shape.get(), index, (width, height), &|label| self.class_of(label), &self.limits);
            match shape {
                Ok(shape) => read.push(shape),
                Err(error) if report.allows_losses() => {
                    left_out += 1;
                    report.finding(Finding::of_error("shape-broken", &error).in_file(self.source.display(path)));
                }
                Err(error) => return Err(error),
            }
        }
        if left_out > 0 {
            report.loss(Loss {
                code: "shapes-broken",
                message: "shapes that cannot be read were left out".to_owned(),
                count: left_out,
                unit: "shapes",
                hint: "mend them".to_owned(),
            })?;
        }
        let instances = shapes::grouped(read, width, height)?;
        InstanceSet::new(width, height, PixelRule::Pillow, instances)
    }
}

impl Reader for LabelMeReader {
    fn classes(&self) -> Option<&ClassList> {
        Some(&self.classes)
    }

    fn len(&self) -> usize {
        self.paths.len()
    }

    fn key(&self, index: usize) -> Result<Key> {
        Key::of_path(&self.paths[index]).map_err(|error| error.in_file(self.file(index)))
    }

    fn file(&self, index: usize) -> String {
        self.source.display(&self.paths[index])
    }

    fn memory(&self, index: usize) -> u64 {
        let path = &self.paths[index];
        let bytes = self.source.size(path).unwrap_or_default();
        let end = self.source.read_parts(path, &[(bytes.saturating_sub(END), END)], &self.limits);
        let end = end.ok().and_then(|mut parts| parts.pop()).unwrap_or_default();
        let end = String::from_utf8_lossy(&end);
        let side = |name: &str| {
            let (_, rest) = end.rsplit_once(name)?;
            let digits = rest.trim_start_matches(['"', ':', ' ', '\n', '\r', '\t']);
            digits.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u64>().ok()
        };
        let pixels = side("imageWidth").unwrap_or(4096).saturating_mul(side("imageHeight").unwrap_or(4096));
        pixels.min(self.limits.max_pixels).saturating_mul(5).saturating_add(bytes.saturating_mul(4))
    }

    fn read(&self, index: usize, report: &Report) -> Result<Sample> {
        let key = self.key(index)?;
        let set = self.instances(&self.paths[index], report).map_err(|error| error.in_file(self.file(index)))?;
        Ok(Sample { key, content: Content::Instances(set) })
    }
}
