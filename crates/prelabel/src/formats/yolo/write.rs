//! Objects to lines, and the tables beside them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::{IDS, SIZES, Sizes, lines};
use crate::classes;
use crate::error::At;
use crate::formats::files::not_verified;
use crate::formats::outlined::Outlined;
use crate::formats::{Encoding, WriteOptions, Writer};
use crate::geometry::{Connectivity, chain, masks, rasterize};
use crate::model::{
    ClassId, ClassKind, ClassList, Content, ContentKind, Grid, Instance, InstanceSet, Label, PixelRule, Polygon, Ring,
    Sample, Segment, Shape,
};
use crate::report::{Loss, Report};
use crate::transform::{self, Canvas, Holes, Simplify, outline};
use crate::tree::{Sink, Written};
use crate::{Error, Result};

const RULE: PixelRule = PixelRule::OpencvTruncate;

/// A writer of label files; writes the tables of classes.
pub(super) fn writer(sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
    let WriteOptions { encoding, simplify, verify, lone, .. } = options;
    if let Some(encoding) = encoding.filter(|encoding| *encoding != Encoding::Polygons) {
        return Err(Error::usage("YOLO holds outlines only")
            .found(format!("`--encoding {}`", encoding.name()))
            .expected("`--encoding polygons`"));
    }
    let classes = options.classes.ok_or_else(|| {
        Error::usage("objects need a class list").hint("name one with `--classes FILE|PRESET`, or `--classes auto`")
    })?;
    // Ultralytics wants numbers without gaps.
    let numbers: BTreeMap<ClassId, usize> = classes.labelled().map(|class| class.id).zip(0..).collect();
    if !lone {
        sink.write("data.yaml", data_yaml(&classes).as_bytes())?;
        sink.write(IDS, &classes::to_json(&classes)?)?;
    }
    Ok(Box::new(YoloWriter { sink, classes, numbers, simplify, verify, lone, sizes: Mutex::default() }))
}

/// Without `path`, folders are sought beside the file itself.
fn data_yaml(classes: &ClassList) -> String {
    let mut text = "train: images\nval: images\n\nnames:\n".to_owned();
    for (number, class) in classes.labelled().enumerate() {
        let _ = writeln!(text, "  {number}: {}", json!(class.name));
    }
    text
}

struct YoloWriter {
    sink: Arc<dyn Sink>,
    classes: ClassList,
    numbers: BTreeMap<ClassId, usize>,
    simplify: Option<Simplify>,
    verify: bool,
    /// Nothing may be written beside the labels.
    lone: bool,
    sizes: Mutex<Sizes>,
}

impl Writer for YoloWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::Instances, ContentKind::Segments, ContentKind::LabelMap]
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let text = match &sample.content {
            Content::Instances(set) => self.text(set, |instance| self.is_one(instance), report)?,
            Content::Segments(map) => {
                transform::tell_renumbered(map, report);
                let segment = |code| map.segment(code).unwrap_or(Segment { class: ClassId::MIN, instance: None });
                self.areas(map.grid(), &segment, report)?
            }
            Content::LabelMap(map) => {
                self.areas(map.grid(), &|code| Segment { class: map.id_of(code), instance: None }, report)?
            }
            Content::Scores(_) => return Err(Error::usage("scores must become a map first")),
        };
        let written = self.sink.write(&format!("labels/{}.txt", sample.key), text.as_bytes())?;
        let size = match &sample.content {
            Content::Instances(set) => (set.width(), set.height()),
            Content::Segments(map) => map.grid().size(),
            Content::LabelMap(map) => map.grid().size(),
            Content::Scores(_) => return Ok(written),
        };
        self.sizes.lock().unwrap_or_else(PoisonError::into_inner).insert(sample.key.as_str().to_owned(), size);
        Ok(written)
    }

    fn finish(&self) -> Result<Option<Written>> {
        let sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.lone {
            let lines: Vec<String> =
                sizes.iter().map(|(key, (width, height))| format!("{}: [{width}, {height}]", json!(key))).collect();
            self.sink.write(SIZES, format!("{{\n{}\n}}\n", lines.join(",\n")).as_bytes())?;
        }
        // The samples are their label files.
        Ok(None)
    }
}

/// What no line of an image holds.
#[derive(Default)]
struct Lost {
    empty: u64,
    /// Pixels that differ because parts are joined, and objects with such pixels.
    joined: (u64, u64),
}

impl YoloWriter {
    /// Whether an object is one line, though it have several parts.
    fn is_one(&self, instance: &Instance) -> bool {
        let stuff = self.classes.get(instance.class).is_some_and(|class| class.kind == Some(ClassKind::Stuff));
        !instance.crowd && !stuff
    }

    /// The lines of a map: what has a number is one object, of the rest each connected area.
    fn areas(&self, grid: &Grid, segment: &dyn Fn(u32) -> Segment, report: &Report) -> Result<String> {
        let mut pixels: BTreeMap<ClassId, u64> = BTreeMap::new();
        for found in grid.occurrences() {
            let class = segment(found.code).class;
            if self.classes.get(class).is_none() {
                return Err(self.classes.unknown_id(class, found.pixels, found.first));
            }
            *pixels.entry(class).or_default() += found.pixels;
        }
        transform::count_merged(&self.classes, pixels.into_iter(), report)?;
        let wanted = |code: u32| Some(segment(code)).filter(|segment| self.numbers.contains_key(&segment.class));
        let apart = |code: u32| wanted(code).is_some_and(|segment| segment.instance.is_none());
        let parts = transform::parts(grid, Connectivity::Eight, apart)?;
        let mut kinds: Vec<Segment> = Vec::new();
        // Two codes may spell the same object.
        let mut numbered: HashMap<Segment, usize> = HashMap::new();
        let kind_of: Vec<Option<usize>> = parts
            .codes
            .iter()
            .map(|&code| {
                let segment = wanted(code)?;
                let next = kinds.len();
                let kind = match segment.instance {
                    Some(_) => *numbered.entry(segment).or_insert(next),
                    None => next,
                };
                if kind == next {
                    kinds.push(segment);
                }
                Some(kind)
            })
            .collect();
        let masks = masks(&parts.grid, kinds.len(), |code| kind_of[code as usize])?;
        let instances = kinds.iter().zip(masks).filter_map(|(segment, mask)| {
            let class = self.classes.get(segment.class)?.name.clone();
            let name = Label { class, instance: segment.instance }.to_string();
            let shape = Shape::Rle(mask?);
            Some(Instance { name, id: None, class: segment.class, shape, score: None, crowd: false })
        });
        let (width, height) = grid.size();
        let set = InstanceSet::new(width, height, PixelRule::Center, instances.collect())?;
        // An area without a number is one part, which nothing joins.
        self.text(&set, |_| true, report)
    }

    /// The lines of some objects.
    fn text(&self, set: &InstanceSet, is_one: impl Fn(&Instance) -> bool, report: &Report) -> Result<String> {
        let mut text = String::new();
        let (mut outlined, mut lost) = (Outlined::default(), Lost::default());
        for instance in set.as_slice() {
            let number = self.numbers.get(&instance.class).ok_or_else(|| {
                let error = Error::invalid("the class of an object is not in the class list");
                error.at(At::Entry(instance.name.clone())).found(instance.class.to_string())
            })?;
            for line in self.lines(*number, instance, set, is_one(instance), &mut outlined, &mut lost)? {
                text.push_str(&line);
                text.push('\n');
            }
        }
        outlined.tell(RULE, report);
        lost.tell(report)?;
        Ok(text)
    }

    fn lines(
        &self,
        number: usize,
        instance: &Instance,
        set: &InstanceSet,
        one: bool,
        outlined: &mut Outlined,
        lost: &mut Lost,
    ) -> Result<Vec<String>> {
        let (width, height) = (set.width(), set.height());
        let canvas = Canvas { width, height, rule: RULE, holes: Holes::Bridged };
        let shape = within(&instance.shape, set)?;
        let drawn = outline(shape.as_ref().unwrap_or(&instance.shape), set.rule(), &canvas, self.simplify)?;
        outlined.add(instance, &drawn);
        let mut rings: Vec<Ring> = drawn.polygons.into_iter().map(|polygon| polygon.exterior).collect();
        let mut pixels = drawn.pixels;
        if rings.is_empty() || pixels.area() == 0 {
            lost.empty += 1;
            return Ok(Vec::new());
        }
        let seen = |rings: &[Ring]| {
            let polygons: Vec<Polygon> = rings.iter().cloned().map(Polygon::new).collect();
            rasterize(&polygons, width, height, RULE)?.to_rle()
        };
        if one && rings.len() > 1 {
            rings = vec![chain(&rings)?];
            let joined = seen(&rings)?;
            let differing = joined.area() + pixels.area() - 2 * joined.shared(&pixels)?;
            lost.joined = (lost.joined.0 + differing, lost.joined.1 + u64::from(differing > 0));
            pixels = joined;
        }
        let written: Vec<String> = rings.iter().map(|ring| lines::write(number, ring, (width, height))).collect();
        if self.verify {
            let mut back = Vec::new();
            for line in &written {
                match lines::read(line, 1, (width, height), &Ok)?.shape {
                    Shape::Polygons(polygons) => back.extend(polygons.into_iter().map(|polygon| polygon.exterior)),
                    Shape::Rle(_) => return Err(not_verified()),
                }
            }
            if seen(&back)? != pixels {
                return Err(not_verified());
            }
        }
        Ok(written)
    }
}

/// The pixels of polygons that leave the image, which coordinates from 0 to 1 cannot.
fn within(shape: &Shape, set: &InstanceSet) -> Result<Option<Shape>> {
    let Shape::Polygons(polygons) = shape else { return Ok(None) };
    let mut points = polygons.iter().flat_map(Polygon::rings).flat_map(Ring::points);
    let (width, height) = (f64::from(set.width()), f64::from(set.height()));
    if points.all(|point| (0.0..=width).contains(&point.x) && (0.0..=height).contains(&point.y)) {
        return Ok(None);
    }
    let pixels = rasterize(polygons, set.width(), set.height(), set.rule())?;
    Ok(Some(Shape::Rle(pixels.to_rle()?)))
}

impl Lost {
    fn tell(self, report: &Report) -> Result<()> {
        let lose = |count: u64, code, message: &str, unit, hint: &str| match count {
            0 => Ok(()),
            count => report.loss(Loss { code, message: message.to_owned(), count, unit, hint: hint.to_owned() }),
        };
        let (pixels, objects) = self.joined;
        lose(
            self.empty,
            "instances-empty",
            "objects cover no pixel",
            "objects",
            "correct their shapes, or take them out of the file",
        )?;
        lose(
            pixels,
            "parts-joined",
            &format!("{objects} objects of several parts become one line each, which shows between the parts"),
            "pixels",
            "a label map keeps every pixel: its areas are lines of their own",
        )
    }
}
