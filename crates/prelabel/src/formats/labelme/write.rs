//! Objects to shapes: polygons where these give the pixels back, else masks.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::shapes;
use crate::classes;
use crate::error::At;
use crate::formats::files::not_verified;
use crate::formats::{Encoding, WriteOptions, Writer};
use crate::geometry::{Span, Spans, rasterize};
use crate::model::{ClassList, Content, ContentKind, Instance, InstanceSet, PixelRule, Ring, Rle, Sample, Shape};
use crate::pixels::png;
use crate::report::{Finding, Loss, Report, Severity, amount};
use crate::transform::{Canvas, Drawn, Holes, Simplify, outline};
use crate::tree::{Sink, Written};
use crate::{Error, Limits, Result};

/// What the files say that they were written by: the release whose pixels they have.
const VERSION: &str = "5.8.3";

/// A writer of one file an image; writes the class list, whose IDs the files do not have.
pub(super) fn writer(sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
    let WriteOptions { encoding, simplify, verify, lone, .. } = options;
    if let Some(encoding @ (Encoding::Npy | Encoding::Rle)) = encoding {
        return Err(Error::usage("labelme holds polygons and masks")
            .found(format!("`--encoding {}`", encoding.name()))
            .expected("`--encoding polygons`, or `--encoding png` for masks"));
    }
    let classes = options.classes.ok_or_else(|| {
        Error::usage("objects need a class list").hint("name one with `--classes FILE|PRESET`, or `--classes auto`")
    })?;
    if !lone {
        sink.write("classes.json", &classes::to_json(&classes)?)?;
    }
    Ok(Box::new(LabelMeWriter { sink, classes, encoding, simplify, verify }))
}

struct LabelMeWriter {
    sink: Arc<dyn Sink>,
    classes: ClassList,
    /// Without it, as polygons where these give the same pixels.
    encoding: Option<Encoding>,
    simplify: Option<Simplify>,
    verify: bool,
}

/// What is remarked on the objects of an image.
#[derive(Default)]
struct Told {
    masks: u64,
    redrawn: u64,
    simplified: u64,
    simplified_pixels: u64,
    empty: u64,
    differing: u64,
}

/// How an object is written, and the pixels of that.
struct Drawing {
    /// Type, points and mask of each shape.
    shapes: Vec<(&'static str, Value, Value)>,
    pixels: Rle,
}

impl Writer for LabelMeWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::Instances]
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let Content::Instances(set) = &sample.content else {
            return Err(Error::usage("maps and scores must become objects first"));
        };
        let (mut told, mut all, mut groups) = (Told::default(), Vec::new(), 0);
        for instance in set.as_slice() {
            let class = self.classes.get(instance.class).ok_or_else(|| {
                let error = Error::invalid("the class of an object is not in the class list");
                error.at(At::Entry(instance.name.clone())).found(instance.class.to_string())
            })?;
            let drawn = self.draw(instance, set, &mut told)?;
            let group = match drawn.shapes.len() {
                0 | 1 => Value::Null,
                _ => {
                    groups += 1;
                    json!(groups)
                }
            };
            let first = all.len();
            all.extend(drawn.shapes.into_iter().map(|(kind, points, mask)| Entry {
                label: class.name.clone(),
                points,
                group: group.clone(),
                kind,
                mask,
            }));
            if self.verify && self.read_back(&all[first..], set)? != drawn.pixels {
                return Err(not_verified());
            }
        }
        told.tell(report)?;
        // Beside its file, where labelme looks for the photograph.
        let name = sample.key.as_str().rsplit('/').next().unwrap_or_default();
        let text = file(&all, &format!("{name}.jpg"), (set.width(), set.height()));
        self.sink.write(&format!("{}.json", sample.key), text.as_bytes())
    }
}

impl LabelMeWriter {
    fn draw(&self, instance: &Instance, set: &InstanceSet, told: &mut Told) -> Result<Drawing> {
        let (width, height) = (set.width(), set.height());
        if self.encoding == Some(Encoding::Png) {
            let pixels = match &instance.shape {
                Shape::Rle(rle) => rle.clone(),
                Shape::Polygons(polygons) => rasterize(polygons, width, height, set.rule())?.to_rle()?,
            };
            told.empty += u64::from(pixels.area() == 0);
            return masked(pixels);
        }
        let canvas = Canvas { width, height, rule: PixelRule::Pillow, holes: Holes::Bridged };
        let drawn = outline(&instance.shape, set.rule(), &canvas, self.simplify)?;
        let simplified = drawn.drawn == Drawn::Simplified;
        if self.encoding.is_none() && (drawn.holes || drawn.differing > 0 && !simplified) {
            told.masks += 1;
            return masked(match &instance.shape {
                Shape::Rle(rle) => rle.clone(),
                Shape::Polygons(polygons) => rasterize(polygons, width, height, set.rule())?.to_rle()?,
            });
        }
        told.empty += u64::from(drawn.pixels.area() == 0);
        match drawn.drawn {
            Drawn::Simplified => {
                told.simplified += 1;
                told.simplified_pixels += drawn.differing;
            }
            Drawn::Traced => {
                told.redrawn += u64::from(matches!(instance.shape, Shape::Polygons(_)));
                told.differing += drawn.differing;
            }
            Drawn::AsGiven => {}
        }
        let shapes = drawn.polygons.iter().map(|polygon| ("polygon", points(&polygon.exterior), Value::Null));
        Ok(Drawing { shapes: shapes.collect(), pixels: drawn.pixels })
    }

    /// The pixels that whoever reads these shapes sees.
    fn read_back(&self, entries: &[Entry], set: &InstanceSet) -> Result<Rle> {
        let size = (set.width(), set.height());
        let read = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| shapes::read(&entry.json(), index, size, &|_| Ok(0), &Limits::default()));
        let read = read.collect::<Result<Vec<_>>>()?;
        let mut spans: Vec<Span> = Vec::new();
        for instance in shapes::grouped(read, size.0, size.1)? {
            let pixels = match &instance.shape {
                Shape::Polygons(polygons) => rasterize(polygons, size.0, size.1, PixelRule::Pillow)?,
                Shape::Rle(rle) => Spans::from_rle(rle)?,
            };
            spans.extend_from_slice(pixels.as_slice());
        }
        Spans::new(size.0, size.1, spans)?.to_rle()
    }
}

/// A shape of type `mask`; none without a pixel.
fn masked(pixels: Rle) -> Result<Drawing> {
    let [left, top, width, height] = pixels.bounding_box();
    if width == 0 || height == 0 {
        return Ok(Drawing { shapes: Vec::new(), pixels });
    }
    let mut inside = vec![0u8; width as usize * height as usize];
    for span in Spans::from_rle(&pixels)?.as_slice() {
        let row = (span.y - top) as usize * width as usize;
        inside[row + (span.start - left) as usize..row + (span.end - left) as usize].fill(1);
    }
    let mask = STANDARD.encode(png::encode_grey(&inside, width, height)?);
    // Both corners belong to the mask.
    let corner = |x: u32, y: u32| [f64::from(x), f64::from(y)];
    let corners = json!([corner(left, top), corner(left + width - 1, top + height - 1)]);
    Ok(Drawing { shapes: vec![("mask", corners, json!(mask))], pixels })
}

fn points(ring: &Ring) -> Value {
    ring.points().iter().map(|point| json!([point.x, point.y])).collect()
}

/// A shape of the file.
struct Entry {
    label: String,
    points: Value,
    group: Value,
    kind: &'static str,
    mask: Value,
}

impl Entry {
    /// Members in labelme's order.
    fn json(&self) -> String {
        let Entry { label, points, group, kind, mask } = self;
        let label = json!(label);
        format!(
            "{{\"label\": {label}, \"points\": {points}, \"group_id\": {group}, \"description\": \"\", \
             \"shape_type\": \"{kind}\", \"flags\": {{}}, \"mask\": {mask}}}"
        )
    }
}

fn file(entries: &[Entry], image: &str, (width, height): (u32, u32)) -> String {
    let shapes: Vec<String> = entries.iter().map(|entry| format!("\n    {}", entry.json())).collect();
    format!(
        "{{\n  \"version\": \"{VERSION}\",\n  \"flags\": {{}},\n  \"shapes\": [{}\n  ],\n  \"imagePath\": {},\n  \
         \"imageData\": null,\n  \"imageHeight\": {height},\n  \"imageWidth\": {width}\n}}\n",
        shapes.join(","),
        json!(image)
    )
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
            self.masks,
            "masks",
            "objects with holes, or whose pixels no polygon gives, are written as masks",
            String::new(),
        );
        find(
            self.redrawn,
            "outlines-redrawn",
            "outlines were drawn anew through the pixels that they cover: the rule of Pillow reads them differently",
            String::new(),
        );
        let differ = format!("; {} differ", amount(self.simplified_pixels, "pixels"));
        find(self.simplified, "outlines-simplified", "outlines were simplified", differ);
        let lose = |count: u64, code, message: &str, unit, hint: &str| match count {
            0 => Ok(()),
            _ => report.loss(Loss { code, message: message.to_owned(), count, unit, hint: hint.to_owned() }),
        };
        let empty = "correct their shapes, or take them out of the file";
        lose(self.empty, "instances-empty", "objects cover no pixel", "objects", empty)?;
        let differing = "polygons of labelme do not give these pixels: holes are reached by lines that show";
        lose(self.differing, "outlines-differ", differing, "pixels", "leave out `--encoding polygons`")
    }
}
