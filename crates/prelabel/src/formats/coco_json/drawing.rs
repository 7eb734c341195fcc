//! Shapes as COCO's `segmentation`.

use serde_json::{Value, json};

use crate::Result;
use crate::formats::Encoding;
use crate::formats::files::not_verified;
use crate::formats::outlined::Outlined;
use crate::geometry::rasterize;
use crate::model::{Instance, InstanceSet, PixelRule, Ring, Rle, Shape};
use crate::report::{Finding, Report, Severity};
use crate::transform::{Canvas, Holes, Simplify, outline};

/// How shapes are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawing {
    /// Without it, as outlines where these have no holes.
    pub encoding: Option<Encoding>,
    pub simplify: Option<Simplify>,
    /// Read back and compare.
    pub verify: bool,
}

/// An object as it is written.
pub(super) struct Segmentation {
    pub segmentation: String,
    pub area: u64,
    /// Left, top, width, height.
    pub bounds: [u32; 4],
}

/// What is remarked on the objects of an image.
#[derive(Default)]
pub(super) struct Told {
    holes: u64,
    pub without_score: u64,
    outlined: Outlined,
}

impl Drawing {
    /// Draws an object.
    pub(super) fn draw(self, instance: &Instance, set: &InstanceSet, told: &mut Told) -> Result<Segmentation> {
        let size = (set.width(), set.height());
        let (segmentation, rle) = match self.encoding {
            Some(Encoding::Rle) => self.run_lengths(instance, set)?,
            None if instance.crowd => self.run_lengths(instance, set)?,
            _ => self.outlines(instance, set, told)?,
        };
        let segmentation = segmentation.to_string();
        if self.verify && read_back(&segmentation, size)? != rle {
            return Err(not_verified());
        }
        Ok(Segmentation { segmentation, area: rle.area(), bounds: rle.bounding_box() })
    }

    fn run_lengths(self, instance: &Instance, set: &InstanceSet) -> Result<(Value, Rle)> {
        let rle = match &instance.shape {
            Shape::Rle(rle) => rle.clone(),
            Shape::Polygons(polygons) => rasterize(polygons, set.width(), set.height(), set.rule())?.to_rle()?,
        };
        Ok((as_string(&rle), rle))
    }

    /// Outlines if they may be written so, else run lengths; and the pixels of what is written.
    fn outlines(self, instance: &Instance, set: &InstanceSet, told: &mut Told) -> Result<(Value, Rle)> {
        let canvas =
            Canvas { width: set.width(), height: set.height(), rule: PixelRule::Pycocotools, holes: Holes::Bridged };
        let drawn = outline(&instance.shape, set.rule(), &canvas, self.simplify)?;
        if drawn.holes && self.encoding.is_none() {
            told.holes += 1;
            return self.run_lengths(instance, set);
        }
        told.outlined.add(instance, &drawn);
        let rings: Vec<_> = drawn.polygons.iter().map(|polygon| flat(&polygon.exterior)).collect();
        Ok((json!(rings), drawn.pixels))
    }
}

impl Told {
    pub(super) fn tell(self, report: &Report) {
        let say = |count: u64, code, severity, message: &str| {
            if count > 0 {
                let detail = crate::report::amount(count, "objects");
                report.finding(Finding::new(code, severity, message).detail(detail));
            }
        };
        let holes = "objects with holes are written as run lengths: COCO's polygons have none";
        say(self.holes, "holes", Severity::Info, holes);
        self.outlined.tell(PixelRule::Pycocotools, report);
        say(self.without_score, "no-score", Severity::Warning, "objects without a score are written with 1");
    }
}

/// The pixels that whoever reads a shape as COCO sees.
fn read_back(segmentation: &str, (width, height): (u32, u32)) -> Result<Rle> {
    match super::entries::shape(segmentation, (width, height), "")? {
        Shape::Polygons(polygons) => rasterize(&polygons, width, height, PixelRule::Pycocotools)?.to_rle(),
        Shape::Rle(rle) => Ok(rle),
    }
}

/// x, y, x, y, …; whole numbers without a point.
fn flat(ring: &Ring) -> Vec<Value> {
    let number = |value: f64| if value.fract() == 0.0 { json!(value as i64) } else { json!(value) };
    ring.points().iter().flat_map(|point| [number(point.x), number(point.y)]).collect()
}

fn as_string(rle: &Rle) -> Value {
    json!({"size": [rle.height(), rle.width()], "counts": rle.to_coco_string()})
}
