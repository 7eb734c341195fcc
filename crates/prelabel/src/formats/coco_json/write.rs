//! Objects of all samples into one JSON file, an entry a line, whatever the order in which samples come.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::formats::files::not_verified;
use crate::formats::{Encoding, Members};
use crate::geometry::{Connectivity, Spans, bridge, rasterize, trace};
use crate::model::{ClassList, InstanceSet, Key, PixelRule, Polygon, Rle, Shape};
use crate::report::{Finding, Report, Severity};
use crate::tree::{Kept, Sink, Spool, Written};
use crate::{Error, Result};

/// The entries of a run, kept until its end.
pub(in crate::formats) struct Gathered {
    spool: Spool,
    images: Mutex<Vec<Entry>>,
    encoding: Option<Encoding>,
    verify: bool,
}

struct Entry {
    key: Key,
    size: (u32, u32),
    id: Option<i64>,
    /// The IDs that the source gave its annotations, in their order.
    annotations: Vec<Option<i64>>,
    /// Their text without ID and image, a line each.
    kept: Kept,
}

impl Gathered {
    /// Nothing yet. `encoding` says how shapes are written; without it, as outlines where these have no holes. With
    /// `verify`, each shape is read back and compared.
    ///
    /// # Errors
    /// An encoding of pixels.
    pub(in crate::formats) fn new(encoding: Option<Encoding>, verify: bool) -> Result<Self> {
        if let Some(encoding @ (Encoding::Png | Encoding::Npy)) = encoding {
            return Err(Error::usage("COCO holds shapes, no pixels")
                .found(format!("`--encoding {}`", encoding.name()))
                .expected("`--encoding polygons` or `--encoding rle`"));
        }
        Ok(Gathered { spool: Spool::default(), images: Mutex::default(), encoding, verify })
    }

    /// Takes the objects of an image.
    pub(in crate::formats) fn add(&self, key: &Key, set: &InstanceSet, report: &Report) -> Result<()> {
        let mut text = String::new();
        let mut told = Told::default();
        for instance in set.as_slice() {
            let found = Outline::of(&instance.shape, set, instance.crowd, self, &mut told)?;
            let [left, top, width, height] = found.bounds;
            let _ = write!(
                text,
                "\"category_id\":{},\"segmentation\":{},\"area\":{},\"bbox\":[{left},{top},{width},{height}],\"iscrowd\":{}",
                instance.class,
                found.segmentation,
                found.area,
                u8::from(instance.crowd)
            );
            if let Some(score) = instance.score {
                let _ = write!(text, ",\"score\":{}", json!(score));
            }
            text.push_str("}\n");
        }
        told.tell(report);
        let kept = self.spool.put(text.as_bytes())?;
        let entry = Entry {
            key: key.clone(),
            size: (set.width(), set.height()),
            id: set.id(),
            annotations: set.as_slice().iter().map(|instance| instance.id).collect(),
            kept,
        };
        self.images.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        Ok(())
    }

    /// Writes the one file: images in the order of their keys, so that neither threads nor the input's order matter.
    pub(in crate::formats) fn write(
        &self,
        sink: &dyn Sink,
        path: &str,
        classes: &ClassList,
        members: &Members,
    ) -> Result<Written> {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        images.sort_by(|one, other| one.key.cmp(&other.key));
        let ids = numbers(images.iter().map(|image| image.id));
        let annotation_ids = numbers(images.iter().flat_map(|image| image.annotations.iter().copied()));
        let head = std::iter::once_with(|| Ok(head(classes, members).into_bytes()));
        let listed = images.iter().zip(&ids).enumerate().map(|(index, (image, id))| {
            let (width, height) = image.size;
            let name = json!(format!("{}.jpg", image.key));
            let comma = if index == 0 { "" } else { "," };
            Ok(format!("{comma}\n{{\"id\":{id},\"width\":{width},\"height\":{height},\"file_name\":{name}}}")
                .into_bytes())
        });
        let middle = std::iter::once_with(|| Ok(b"\n],\"annotations\":[".to_vec()));
        let mut next = annotation_ids.iter();
        let mut first = true;
        let objects = images.iter().zip(&ids).map(|(image, id)| {
            let text = self.spool.get(image.kept)?;
            let mut lines = String::with_capacity(text.len() + image.annotations.len() * 40);
            for (line, number) in String::from_utf8_lossy(&text).lines().zip(&mut next) {
                let comma = if std::mem::take(&mut first) { "" } else { "," };
                let _ = write!(lines, "{comma}\n{{\"id\":{number},\"image_id\":{id},{line}");
            }
            Ok(lines.into_bytes())
        });
        let tail = std::iter::once_with(|| Ok(b"\n]}\n".to_vec()));
        sink.write_pieces(path, &mut head.chain(listed).chain(middle).chain(objects).chain(tail))
    }
}

/// The source's numbers if all have one of their own, else from 1 on.
fn numbers(given: impl Iterator<Item = Option<i64>> + Clone) -> Vec<i64> {
    let all: Option<Vec<i64>> = given.clone().collect();
    match all {
        Some(all) if all.iter().collect::<BTreeSet<_>>().len() == all.len() => all,
        _ => (1..).zip(given).map(|(number, _)| number).collect(),
    }
}

/// What stands before the images: members that the source had, and the categories.
fn head(classes: &ClassList, members: &Members) -> String {
    let mut text = "{".to_owned();
    for (name, value) in members.iter().filter(|(name, _)| *name != "categories") {
        let _ = writeln!(text, "{}:{value},", json!(name));
    }
    text.push_str("\"categories\":[");
    let known = members.get("categories").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (index, class) in classes.labelled().enumerate() {
        let same = |entry: &&Value| entry["id"] == class.id && entry["name"] == class.name.as_str();
        let entry = known.iter().find(same).cloned().unwrap_or_else(|| {
            let mut entry = json!({"id": class.id, "name": class.name, "supercategory": ""});
            if let Some(color) = class.color {
                entry["color"] = json!([color.r, color.g, color.b]);
            }
            entry
        });
        let _ = write!(text, "{}\n{entry}", if index == 0 { "" } else { "," });
    }
    text.push_str("\n],\"images\":[");
    text
}

/// An object as it is written.
struct Outline {
    segmentation: String,
    area: u64,
    /// Left, top, width, height.
    bounds: [u32; 4],
}

/// What is remarked on the objects of an image.
#[derive(Default)]
struct Told {
    holes: u64,
    redrawn: u64,
}

impl Told {
    fn tell(&self, report: &Report) {
        if self.holes > 0 {
            let finding = Finding::new(
                "holes",
                Severity::Info,
                "objects with holes are written as run lengths: COCO's polygons have none",
            );
            report.finding(finding.detail(format!("{} objects", self.holes)));
        }
        if self.redrawn > 0 {
            let finding = Finding::new(
                "outlines-redrawn",
                Severity::Info,
                "outlines were drawn anew along the pixels that they cover: the rule of pycocotools reads them differently",
            );
            report.finding(finding.detail(format!("{} objects", self.redrawn)));
        }
    }
}

impl Outline {
    fn of(shape: &Shape, set: &InstanceSet, crowd: bool, how: &Gathered, told: &mut Told) -> Result<Self> {
        let encoding = how.encoding;
        let (width, height) = (set.width(), set.height());
        let covered = match shape {
            Shape::Polygons(polygons) => rasterize(polygons, width, height, set.rule())?,
            Shape::Rle(rle) => Spans::from_rle(rle)?,
        };
        let rle = covered.to_rle()?;
        let polygons = encoding != Some(Encoding::Rle) && !(crowd && encoding.is_none());
        let rings = match shape {
            Shape::Polygons(given) if polygons && kept(given, set, &covered)? => Some(as_they_are(given)),
            _ if !polygons => None,
            _ => {
                told.redrawn += u64::from(matches!(shape, Shape::Polygons(_)));
                let traced = trace(&covered, Connectivity::Four)?;
                let holes = traced.iter().any(|polygon| !polygon.interiors.is_empty());
                told.holes += u64::from(holes && encoding.is_none());
                let rings =
                    (!holes || encoding.is_some()).then(|| traced.iter().map(bridge).collect::<Result<Vec<_>>>());
                rings.transpose()?.map(|rings| json!(rings.iter().map(flat).collect::<Vec<_>>()))
            }
        };
        let segmentation = rings.unwrap_or_else(|| as_string(&rle)).to_string();
        if how.verify && read_back(&segmentation, width, height)? != covered {
            return Err(not_verified());
        }
        Ok(Outline { segmentation, area: rle.area(), bounds: rle.bounding_box() })
    }
}

/// The pixels that whoever reads a shape as COCO sees.
fn read_back(segmentation: &str, width: u32, height: u32) -> Result<Spans> {
    match super::entries::shape(segmentation, (width, height), "")? {
        Shape::Polygons(polygons) => rasterize(&polygons, width, height, PixelRule::Pycocotools),
        Shape::Rle(rle) => Spans::from_rle(&rle),
    }
}

/// True if polygons cover the same pixels for whoever reads them as COCO.
fn kept(polygons: &[Polygon], set: &InstanceSet, covered: &Spans) -> Result<bool> {
    let holes = polygons.iter().any(|polygon| !polygon.interiors.is_empty());
    if holes || set.rule() == PixelRule::Pycocotools {
        return Ok(!holes);
    }
    Ok(rasterize(polygons, set.width(), set.height(), PixelRule::Pycocotools)? == *covered)
}

fn as_they_are(polygons: &[Polygon]) -> Value {
    json!(polygons.iter().map(|polygon| flat(&polygon.exterior)).collect::<Vec<_>>())
}

/// x, y, x, y, …; whole numbers without a point.
fn flat(ring: &crate::model::Ring) -> Vec<Value> {
    let number = |value: f64| if value.fract() == 0.0 { json!(value as i64) } else { json!(value) };
    ring.points().iter().flat_map(|point| [number(point.x), number(point.y)]).collect()
}

fn as_string(rle: &Rle) -> Value {
    json!({"size": [rle.height(), rle.width()], "counts": rle.to_coco_string()})
}
