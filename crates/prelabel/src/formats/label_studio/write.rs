//! Objects as predictions of tasks to import, all in one file.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::regions::{self, Region};
use crate::classes;
use crate::error::At;
use crate::formats::files::not_verified;
use crate::formats::outlined::Outlined;
use crate::formats::{Detail, Encoding, WriteOptions, Writer};
use crate::geometry::{Spans, rasterize};
use crate::model::{ClassList, Content, ContentKind, Instance, InstanceSet, Key, PixelRule, Sample, Shape};
use crate::pixels::brush::encode_brush;
use crate::report::{Loss, Report};
use crate::transform::{Canvas, Holes, Simplify, outline};
use crate::tree::{Kept, Sink, Spool, Written};
use crate::{Error, Result};

/// A writer of one file at `path`.
pub(super) fn writer(sink: Arc<dyn Sink>, path: &str, options: WriteOptions) -> Result<Box<dyn Writer>> {
    let WriteOptions { encoding, simplify, verify, lone, .. } = options;
    if let Some(encoding @ (Encoding::Png | Encoding::Npy)) = encoding {
        return Err(Error::usage("Label Studio holds brush strokes and outlines")
            .found(format!("`--encoding {}`", encoding.name()))
            .expected("`--encoding rle` or `--encoding polygons`"));
    }
    let classes = options.classes.ok_or_else(|| {
        Error::usage("objects need a class list").hint("name one with `--classes FILE|PRESET`, or `--classes auto`")
    })?;
    if !lone {
        sink.write("classes.json", &classes::to_json(&classes)?)?;
    }
    let polygons = encoding == Some(Encoding::Polygons);
    let (spool, tasks) = (Spool::default(), Mutex::default());
    Ok(Box::new(TaskWriter { sink, path: path.to_owned(), classes, polygons, simplify, verify, spool, tasks }))
}

struct TaskWriter {
    sink: Arc<dyn Sink>,
    path: String,
    classes: ClassList,
    /// Outlines, not brush strokes.
    polygons: bool,
    simplify: Option<Simplify>,
    verify: bool,
    spool: Spool,
    tasks: Mutex<Vec<(Key, Kept)>>,
}

impl Writer for TaskWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::Instances]
    }

    fn keeps(&self) -> &[Detail] {
        &[Detail::Score]
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let Content::Instances(set) = &sample.content else {
            return Err(Error::usage("maps and scores must become objects first"));
        };
        let mut results = Vec::new();
        let (mut outlined, mut split, mut empty) = (Outlined::default(), 0, 0);
        for instance in set.as_slice() {
            let values = self.values(instance, set, &mut outlined)?;
            empty += u64::from(values.is_empty());
            split += u64::from(values.len() > 1);
            for value in values {
                results.push(self.result(results.len(), instance, set, value));
            }
        }
        outlined.tell(PixelRule::Center, report);
        if split > 0 {
            report.loss(Loss {
                code: "objects-split",
                message: "a result is one outline: each part of these objects became an object".to_owned(),
                count: split,
                unit: "objects",
                hint: "brush strokes keep the parts of an object together: leave out `--encoding polygons`".to_owned(),
            })?;
        }
        if empty > 0 {
            report.loss(Loss {
                code: "instances-empty",
                message: "objects cover no pixel".to_owned(),
                count: empty,
                unit: "instances",
                hint: "correct their shapes, or take them out of the file".to_owned(),
            })?;
        }
        let task = json!({
            // The size also stands where no result has it.
            "data": { "image": format!("{}.jpg", sample.key), "width": set.width(), "height": set.height() },
            "predictions": [{ "model_version": "prelabel", "result": results }],
        });
        let kept = self.spool.put(task.to_string().as_bytes())?;
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push((sample.key.clone(), kept));
        Ok(Written::New)
    }

    fn finish(&self) -> Result<Option<Written>> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.sort_by(|one, other| one.0.cmp(&other.0));
        let ends = |text: &str| std::iter::once(Ok(text.as_bytes().to_vec()));
        let pieces = tasks.iter().enumerate().map(|(index, (_, kept))| {
            let mut text = if index == 0 { b"\n".to_vec() } else { b",\n".to_vec() };
            text.extend(self.spool.get(*kept)?);
            Ok(text)
        });
        self.sink.write_pieces(&self.path, &mut ends("[").chain(pieces).chain(ends("\n]\n"))).map(Some)
    }
}

impl TaskWriter {
    /// The values of an object's results, without their label.
    fn values(&self, instance: &Instance, set: &InstanceSet, outlined: &mut Outlined) -> Result<Vec<Value>> {
        let (width, height) = (set.width(), set.height());
        if !self.polygons {
            let spans = match &instance.shape {
                Shape::Polygons(polygons) => rasterize(polygons, width, height, set.rule())?,
                Shape::Rle(rle) => Spans::from_rle(rle)?,
            };
            let value = (spans.area() > 0)
                .then(|| Ok::<_, Error>(json!({ "format": "rle", "rle": encode_brush(&spans)? })))
                .transpose()?;
            self.verify(value.as_slice(), instance, set, || spans.to_rle())?;
            return Ok(value.into_iter().collect());
        }
        let canvas = Canvas { width, height, rule: PixelRule::Center, holes: Holes::Bridged };
        let drawn = outline(&instance.shape, set.rule(), &canvas, self.simplify)?;
        outlined.add(instance, &drawn);
        if drawn.pixels.area() == 0 {
            return Ok(Vec::new());
        }
        let percent = |value: f64, side: u32| value * 100.0 / f64::from(side);
        let points = drawn.polygons.iter().map(|polygon| {
            let points = polygon.exterior.points().iter();
            let points: Vec<[f64; 2]> = points.map(|at| [percent(at.x, width), percent(at.y, height)]).collect();
            json!({ "closed": true, "points": points })
        });
        let values: Vec<Value> = points.collect();
        self.verify(&values, instance, set, || Ok(drawn.pixels.clone()))?;
        Ok(values)
    }

    fn result(&self, index: usize, instance: &Instance, set: &InstanceSet, mut value: Value) -> Value {
        let kind = if self.polygons { "polygonlabels" } else { "brushlabels" };
        let name = self.classes.get(instance.class).map(|class| class.name.clone());
        value[kind] = json!([name]);
        let mut result = json!({
            "id": format!("r{index}"), "type": kind, "from_name": "label", "to_name": "image",
            "original_width": set.width(), "original_height": set.height(), "image_rotation": 0, "value": value,
        });
        if let Some(score) = instance.score {
            result["score"] = json!(score);
        }
        result
    }

    /// Reads results as whoever imports them, and compares.
    fn verify(
        &self,
        values: &[Value],
        instance: &Instance,
        set: &InstanceSet,
        wanted: impl FnOnce() -> Result<crate::model::Rle>,
    ) -> Result<()> {
        if self.classes.get(instance.class).is_none() {
            return Err(Error::invalid("the class of an object is not in the class list")
                .at(At::Entry(instance.name.clone()))
                .found(instance.class.to_string()));
        }
        if !self.verify || values.is_empty() {
            return Ok(());
        }
        let (width, height) = (set.width(), set.height());
        let mut seen = crate::model::Rle::empty(height, width)?;
        for value in values {
            let text = self.result(0, instance, set, value.clone()).to_string();
            let Region::Object { instance: read, .. } =
                regions::read(&text, "", (width, height), &|_| Ok(instance.class))?
            else {
                return Err(not_verified());
            };
            let part = match &read.shape {
                Shape::Polygons(polygons) => rasterize(polygons, width, height, PixelRule::Center)?.to_rle()?,
                Shape::Rle(rle) => rle.clone(),
            };
            seen = seen.union(&part)?;
        }
        if seen == wanted()? { Ok(()) } else { Err(not_verified()) }
    }
}
