//! The writer: a line an outline, through the outermost pixels.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::{SIZES, pixel};
use crate::classes;
use crate::error::At;
use crate::formats::files::not_verified;
use crate::formats::{Encoding, WriteOptions, Writer};
use crate::geometry::rasterize;
use crate::model::{
    ClassId, ClassList, Content, ContentKind, Instance, InstanceSet, Key, PixelRule, Point, Polygon, Ring, Sample,
    Shape,
};
use crate::report::{Finding, Loss, Report, Severity, amount};
use crate::transform::{Canvas, Drawn, Holes, Simplify, outline};
use crate::tree::{Sink, Written};
use crate::{Error, Result};

pub(super) fn open(sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
    if let Some(encoding) = options.encoding.filter(|encoding| *encoding != Encoding::Polygons) {
        return Err(Error::usage("YOLO holds outlines")
            .found(format!("`--encoding {}`", encoding.name()))
            .expected("`--encoding polygons`"));
    }
    let list = options.classes.ok_or_else(|| {
        Error::usage("objects need a class list").hint("name one with `--classes FILE|PRESET`, or `--classes auto`")
    })?;
    let named: Vec<_> = list.labelled().collect();
    if !options.lone {
        let mut yaml = "path: .\ntrain: images\nval: images\nnames:\n".to_owned();
        for (number, class) in named.iter().enumerate() {
            let _ = writeln!(yaml, "  {number}: {}", json!(class.name));
        }
        sink.write("data.yaml", yaml.as_bytes())?;
        sink.write("classes.json", &classes::to_json(&list)?)?;
    }
    let numbers = named.iter().map(|class| class.id).zip(0..).collect();
    let (simplify, verify, lone) = (options.simplify, options.verify, options.lone);
    Ok(Box::new(YoloWriter { sink, list, numbers, simplify, verify, lone, sizes: Mutex::default() }))
}

struct YoloWriter {
    sink: Arc<dyn Sink>,
    list: ClassList,
    /// The number of each class in the files.
    numbers: BTreeMap<ClassId, usize>,
    simplify: Option<Simplify>,
    verify: bool,
    lone: bool,
    sizes: Mutex<BTreeMap<Key, (u32, u32)>>,
}

/// What is remarked on the objects of an image.
#[derive(Default)]
struct Told {
    empty: u64,
    split: u64,
    scores: u64,
    crowds: u64,
    redrawn: u64,
    simplified: u64,
    differing: u64,
}

impl Writer for YoloWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::Instances]
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let Content::Instances(set) = &sample.content else {
            return Err(Error::usage("maps and scores must become objects first"));
        };
        let mut told = Told::default();
        let mut text = String::new();
        for instance in set.as_slice() {
            let number = self.numbers.get(&instance.class).ok_or_else(|| {
                let error = Error::invalid("the class of an object cannot be written");
                let error = error.at(At::Entry(instance.name.clone())).found(instance.class.to_string());
                match self.list.get(instance.class) {
                    Some(_) => error.expected("a class that is neither background nor void"),
                    None => error.expected("a class of the class list"),
                }
            })?;
            for line in self.lines(instance, set, &mut told)? {
                let _ = writeln!(text, "{number}{line}");
            }
        }
        if self.numbers.iter().any(|(id, number)| usize::try_from(*id) != Ok(*number)) {
            let message = "YOLO numbers classes from 0 without gaps: `classes.json` has the class IDs";
            report.finding(Finding::new("ids-renumbered", Severity::Info, message));
        }
        told.tell(report)?;
        if !self.lone {
            let mut sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
            sizes.insert(sample.key.clone(), (set.width(), set.height()));
        }
        self.sink.write(&format!("labels/{}.txt", sample.key), text.as_bytes())
    }

    fn finish(&self) -> Result<Option<Written>> {
        if !self.lone {
            let sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
            let lines: Vec<String> = sizes
                .iter()
                .map(|(key, (width, height))| format!("{}: [{width}, {height}]", json!(key.as_str())))
                .collect();
            self.sink.write(SIZES, format!("{{\n{}\n}}\n", lines.join(",\n")).as_bytes())?;
        }
        // The samples are their files.
        Ok(None)
    }
}

impl YoloWriter {
    /// The lines of an object, without its class.
    fn lines(&self, instance: &Instance, set: &InstanceSet, told: &mut Told) -> Result<Vec<String>> {
        let size = (set.width(), set.height());
        let canvas = Canvas { width: size.0, height: size.1, rule: PixelRule::OpencvTruncate, holes: Holes::Bridged };
        let inside = |point: &Point| {
            (0.0..=f64::from(size.0)).contains(&point.x) && (0.0..=f64::from(size.1)).contains(&point.y)
        };
        let off = |polygons: &[Polygon]| {
            polygons.iter().flat_map(Polygon::rings).any(|ring| !ring.points().iter().all(inside))
        };
        // Coordinates off the image are no valid labels: these outlines are drawn anew.
        let shape = match &instance.shape {
            Shape::Polygons(polygons) if off(polygons) => {
                Shape::Rle(rasterize(polygons, size.0, size.1, set.rule())?.to_rle()?)
            }
            shape => shape.clone(),
        };
        let drawn = outline(&shape, set.rule(), &canvas, self.simplify)?;
        match drawn.drawn {
            Drawn::AsGiven => {}
            Drawn::Traced => told.redrawn += u64::from(matches!(instance.shape, Shape::Polygons(_))),
            Drawn::Simplified => {
                told.simplified += 1;
                told.differing += drawn.differing;
            }
        }
        told.scores += u64::from(instance.score.is_some());
        told.crowds += u64::from(instance.crowd);
        if drawn.pixels.area() == 0 {
            told.empty += 1;
            return Ok(Vec::new());
        }
        told.split += u64::from(drawn.polygons.len() > 1);
        let lines: Vec<String> = drawn.polygons.iter().map(|polygon| line(&polygon.exterior, size)).collect();
        if self.verify {
            let read = lines.iter().map(|line| read_back(line, size)).collect::<Result<Vec<_>>>()?;
            if rasterize(&read, size.0, size.1, canvas.rule)?.to_rle()? != drawn.pixels {
                return Err(not_verified());
            }
        }
        Ok(lines)
    }
}

/// Coordinates that truncate to the same pixels in single and in double precision, and round to them too.
fn line(ring: &Ring, (width, height): (u32, u32)) -> String {
    let mut text = String::new();
    let share = |value: f64, side: u32| (value.trunc() + 0.25).min(f64::from(side)) / f64::from(side);
    for point in ring.points() {
        let _ = write!(text, " {:.6} {:.6}", share(point.x, width), share(point.y, height));
    }
    text
}

/// What a reader of the line sees.
fn read_back(line: &str, size: (u32, u32)) -> Result<Polygon> {
    let shares: Vec<f32> = line.split_ascii_whitespace().filter_map(|token| token.parse().ok()).collect();
    let points = shares.as_chunks::<2>().0.iter();
    Ring::new(points.map(|&[x, y]| Point { x: pixel(x, size.0), y: pixel(y, size.1) }).collect()).map(Polygon::new)
}

impl Told {
    fn tell(self, report: &Report) -> Result<()> {
        let find = |count: u64, code, message: &str, more: String| {
            if count > 0 {
                let detail = format!("{}{more}", amount(count, "objects"));
                report.finding(Finding::new(code, Severity::Info, message).detail(detail));
            }
        };
        find(
            self.redrawn,
            "outlines-redrawn",
            "outlines were drawn anew through the pixels that they cover: `cv2.fillPoly` reads them differently",
            String::new(),
        );
        let differing = format!("; {} differ", amount(self.differing, "pixels"));
        find(self.simplified, "outlines-simplified", "outlines were simplified", differing);
        let lose = |count: u64, code, message: &str, hint: &str| match count {
            0 => Ok(()),
            _ => report.loss(Loss { code, message: message.to_owned(), count, unit: "objects", hint: hint.to_owned() }),
        };
        lose(
            self.split,
            "objects-split",
            "a line of YOLO is one outline: each part of these objects became an object",
            "write `coco` or `labelme`, which keep the parts of an object together",
        )?;
        lose(self.empty, "objects-empty", "objects that cover no pixel have no outline", "remove them")?;
        lose(self.scores, "scores", "labels of YOLO have no scores", "write `coco-results`")?;
        lose(self.crowds, "crowds", "YOLO does not tell crowds from objects", "write `coco`, or leave crowds out")
    }
}
