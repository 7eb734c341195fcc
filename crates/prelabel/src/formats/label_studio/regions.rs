//! Results of Label Studio as objects.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::At;
use crate::geometry::{Span, Spans};
use crate::model::{ClassId, Instance, Point, Polygon, Ring, Shape};
use crate::pixels::brush::decode_brush;
use crate::{Error, Limits, Result};

/// A task, as far as it is read.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Task<'a> {
    #[serde(default)]
    pub data: Value,
    #[serde(borrow)]
    pub annotations: Option<Vec<Listed<'a>>>,
    #[serde(borrow)]
    pub predictions: Option<Vec<Listed<'a>>>,
}

/// Some exports list the numbers of answers, not these.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Listed<'a>(#[serde(borrow)] &'a RawValue);

impl<'a> Listed<'a> {
    fn answer(&self, pointer: &str) -> Result<Option<Answer<'a>>> {
        let json = self.0.get();
        match json.starts_with('{') {
            true => serde_json::from_str(json).map(Some).map_err(|error| broken(pointer, &error)),
            false => Ok(None),
        }
    }
}

/// An annotation or a prediction.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Answer<'a> {
    was_cancelled: Option<bool>,
    updated_at: Option<String>,
    score: Option<f64>,
    #[serde(borrow, default)]
    pub result: Vec<&'a RawValue>,
}

/// Which answer of a task is read.
pub(super) struct Chosen<'a> {
    pub answer: Answer<'a>,
    /// Its JSON pointer within the task.
    pub pointer: String,
    /// Its score, for results that have none.
    pub score: Option<f64>,
    /// How many annotations there are beside it.
    pub others: usize,
    pub predicted: bool,
}

impl<'a> Task<'a> {
    /// The annotation that was updated last, else the last prediction.
    ///
    /// # Errors
    /// One that cannot be read.
    pub(super) fn chosen(&self) -> Result<Option<Chosen<'a>>> {
        let (mut valid, mut cancelled) = (Vec::new(), false);
        for (index, listed) in self.annotations.iter().flatten().enumerate() {
            let pointer = format!("/annotations/{index}");
            match listed.answer(&pointer)? {
                Some(answer) if answer.was_cancelled == Some(true) => cancelled = true,
                Some(answer) => valid.push((pointer, answer)),
                None => {}
            }
        }
        let others = valid.len().saturating_sub(1);
        // Times are written alike, so that they sort as text; without one the order counts.
        let last = valid.into_iter().max_by(|one, other| one.1.updated_at.cmp(&other.1.updated_at));
        if let Some((pointer, answer)) = last {
            return Ok(Some(Chosen { answer, pointer, score: None, others, predicted: false }));
        }
        // Whoever skipped a task did not want what was predicted for it.
        if cancelled {
            return Ok(None);
        }
        for (index, listed) in self.predictions.as_deref().unwrap_or_default().iter().enumerate().rev() {
            let pointer = format!("/predictions/{index}");
            if let Some(answer) = listed.answer(&pointer)? {
                let score = answer.score;
                return Ok(Some(Chosen { answer, pointer, score, others: 0, predicted: true }));
            }
        }
        Ok(None)
    }

    /// The size that `data` has, as tasks of ours do: an image without an object has no other.
    pub(super) fn size(&self, limits: &Limits) -> Option<(u32, u32)> {
        let side = |name: &str| self.data.get(name)?.as_u64();
        limits.size(side("width")?, side("height")?).ok()
    }

    /// The image: `data.image`, else the first text of `data`.
    pub(super) fn image(&self) -> Option<&str> {
        let texts = self.data.as_object()?;
        let named = ["image", "img", "url", "photo"].iter().find_map(|name| texts.get(*name)?.as_str());
        named.or_else(|| texts.values().find_map(Value::as_str))
    }
}

/// A result.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Entry<'a> {
    id: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    original_width: Option<Value>,
    original_height: Option<Value>,
    image_rotation: Option<f64>,
    score: Option<f64>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Area {
    labels: Option<Vec<String>>,
    brushlabels: Option<Vec<String>>,
    polygonlabels: Option<Vec<String>>,
    rectanglelabels: Option<Vec<String>>,
    ellipselabels: Option<Vec<String>>,
    format: Option<String>,
    rle: Option<Vec<u8>>,
    points: Option<Vec<[f64; 2]>>,
    x: Option<f64>,
    y: Option<f64>,
    width: Option<f64>,
    height: Option<f64>,
    #[serde(rename = "radiusX")]
    radius_x: Option<f64>,
    #[serde(rename = "radiusY")]
    radius_y: Option<f64>,
    rotation: Option<f64>,
}

/// What a result is.
pub(super) enum Region {
    Object {
        instance: Instance,
        more_labels: bool,
    },
    /// It has no area, or no label: its type.
    Other(String),
}

/// The size of the image that a result is of; nothing for one that is of no area and has none.
pub(super) fn size(json: &str, pointer: &str, limits: &Limits) -> Result<Option<(u32, u32)>> {
    let entry = parse(json, pointer)?;
    let side = |value: &Option<Value>| {
        let side = value.as_ref().and_then(Value::as_f64).filter(|side| side.fract() == 0.0 && *side >= 0.0);
        side.map(|side| side as u64)
    };
    let (Some(width), Some(height)) = (side(&entry.original_width), side(&entry.original_height)) else {
        return match is_area(&entry) {
            false => Ok(None),
            true => Err(Error::invalid("the result does not say how large its image is")
                .at(At::Pointer(pointer.to_owned()))
                .expected("`original_width` and `original_height`, whole numbers")
                .hint("shapes are percent of them")),
        };
    };
    let size = limits.size(width, height);
    size.map(Some).map_err(|error| error.at(At::Pointer(format!("{pointer}/original_width"))))
}

/// The labels of a result, for want of a class list.
pub(super) fn labels(json: &str) -> Vec<String> {
    let entry: Option<Entry<'_>> = serde_json::from_str(json).ok();
    let area = entry.filter(is_area).and_then(|entry| serde_json::from_str::<Area>(entry.value?.get()).ok());
    area.map(|area| area.labels().to_vec()).unwrap_or_default().into_iter().take(1).collect()
}

fn is_area(entry: &Entry<'_>) -> bool {
    let kinds = ["brushlabels", "polygonlabels", "rectanglelabels", "ellipselabels", "labels"];
    entry.kind.as_deref().is_some_and(|kind| kinds.contains(&kind))
}

fn parse<'a>(json: &'a str, pointer: &str) -> Result<Entry<'a>> {
    serde_json::from_str(json).map_err(|error| broken(pointer, &error))
}

fn broken(pointer: &str, error: &serde_json::Error) -> Error {
    let text = error.to_string();
    Error::invalid("the result cannot be read")
        .at(At::Pointer(pointer.to_owned()))
        .source(text.rfind(" at line").map_or(text.as_str(), |end| &text[..end]).to_owned())
}

/// Reads a result.
pub(super) fn read(
    json: &str,
    pointer: &str,
    (width, height): (u32, u32),
    class_of: &dyn Fn(&str) -> Result<ClassId>,
) -> Result<Region> {
    let entry = parse(json, pointer)?;
    let at = |member: &str| At::Pointer(format!("{pointer}{member}"));
    if entry.kind.as_deref() == Some("bitmasklabels") {
        return Err(Error::unsupported("masks of the type `bitmasklabels` are not read")
            .at(at("/type"))
            .hint("annotate with BrushLabels, or leave these out with `--allow-lossy`"));
    }
    let (true, Some(value)) = (is_area(&entry), entry.value) else {
        return Ok(Region::Other(entry.kind.unwrap_or_else(|| "none".to_owned())));
    };
    let area: Area = serde_json::from_str(value.get()).map_err(|error| broken(&format!("{pointer}/value"), &error))?;
    let labels = area.labels();
    let Some(label) = labels.first() else { return Ok(Region::Other("without a label".to_owned())) };
    if let Some(turned) = entry.image_rotation.filter(|turned| *turned != 0.0) {
        return Err(Error::unsupported("the image was turned while it was annotated")
            .at(at("/image_rotation"))
            .found(turned.to_string())
            .expected("0")
            .hint("turn the image file itself, or annotate it without turning it"));
    }
    let class = class_of(label).map_err(|error| error.at(at("/value")))?;
    let shape = area.shape((width, height)).map_err(|error| match error.place() {
        Some(At::Entry(inside)) => {
            let place = at(&format!("/value ({inside})"));
            error.at(place)
        }
        Some(At::Pointer(_)) => error,
        _ => error.at(at("/value")),
    })?;
    let name = match &entry.id {
        Some(Value::String(id)) => format!("result {id}"),
        Some(id) => format!("result {id}"),
        None => pointer.to_owned(),
    };
    let instance = Instance { name, id: None, class, shape, score: entry.score, crowd: false };
    Ok(Region::Object { instance, more_labels: labels.len() > 1 })
}

impl Area {
    fn labels(&self) -> &[String] {
        let lists = [&self.brushlabels, &self.polygonlabels, &self.rectanglelabels, &self.ellipselabels, &self.labels];
        lists.into_iter().flatten().next().map_or(&[], Vec::as_slice)
    }

    fn shape(&self, (width, height): (u32, u32)) -> Result<Shape> {
        if let Some(rle) = &self.rle {
            if let Some(format) = self.format.as_deref().filter(|format| *format != "rle") {
                return Err(Error::unsupported("the brush stroke is in another form")
                    .found(format!("`{format}`"))
                    .expected("`rle`"));
            }
            return Ok(Shape::Rle(decode_brush(rle, width, height)?.to_rle()?));
        }
        let (wide, high) = (f64::from(width) / 100.0, f64::from(height) / 100.0);
        if let Some(points) = &self.points {
            let ring = Ring::new(points.iter().map(|&[x, y]| Point { x: x * wide, y: y * high }).collect())?;
            return Ok(Shape::Polygons(vec![Polygon::new(ring)]));
        }
        let turn = self.rotation.unwrap_or_default().to_radians();
        let (Some(x), Some(y)) = (self.x, self.y) else { return Err(nothing()) };
        let (x, y) = (x * wide, y * high);
        if let (Some(rx), Some(ry)) = (self.radius_x, self.radius_y) {
            return ellipse((x, y), (rx * wide, ry * high), turn, (width, height));
        }
        let (Some(across), Some(down)) = (self.width, self.height) else { return Err(nothing()) };
        let (across, down) = (across * wide, down * high);
        // It turns around its top left corner.
        let corner = |dx: f64, dy: f64| Point {
            x: x + dx * turn.cos() - dy * turn.sin(),
            y: y + dx * turn.sin() + dy * turn.cos(),
        };
        let corners = [corner(0.0, 0.0), corner(across, 0.0), corner(across, down), corner(0.0, down)];
        Ok(Shape::Polygons(vec![Polygon::new(Ring::new(corners.to_vec())?)]))
    }
}

fn nothing() -> Error {
    Error::invalid("the result has no shape").expected("`rle`, `points`, or `x` and `y` with a size")
}

/// The pixels whose centres lie in an ellipse.
fn ellipse((x, y): (f64, f64), (rx, ry): (f64, f64), turn: f64, (width, height): (u32, u32)) -> Result<Shape> {
    if !(x.is_finite() && y.is_finite() && rx > 0.0 && ry > 0.0 && rx.is_finite() && ry.is_finite()) {
        return Err(Error::invalid("this is no ellipse")
            .found(format!("radii {rx} and {ry} around ({x}, {y}), in pixels"))
            .expected("finite numbers, radii above 0"));
    }
    let reach = rx.max(ry);
    let clip = |value: f64, side: u32| value.clamp(0.0, f64::from(side)) as u32;
    let (left, right) = (clip(x - reach, width), clip(x + reach + 1.0, width));
    let inside = |column: u32, row: u32| {
        let (dx, dy) = (f64::from(column) + 0.5 - x, f64::from(row) + 0.5 - y);
        let (along, across) = (dx * turn.cos() + dy * turn.sin(), dy * turn.cos() - dx * turn.sin());
        (along / rx).powi(2) + (across / ry).powi(2) <= 1.0
    };
    let mut spans = Vec::new();
    for row in clip(y - reach, height)..clip(y + reach + 1.0, height) {
        if let Some(start) = (left..right).find(|&column| inside(column, row)) {
            let end = (start..right).find(|&column| !inside(column, row)).unwrap_or(right);
            spans.push(Span { y: row, start, end });
        }
    }
    Ok(Shape::Rle(Spans::new(width, height, spans)?.to_rle()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::rasterize;
    use crate::model::PixelRule;

    fn area(json: &str) -> u64 {
        let area: Area = serde_json::from_str(json).unwrap();
        match area.shape((200, 100)).unwrap() {
            Shape::Rle(rle) => rle.area(),
            Shape::Polygons(polygons) => rasterize(&polygons, 200, 100, PixelRule::Center).unwrap().area(),
        }
    }

    #[test]
    fn percent_become_pixels() {
        assert_eq!(area(r#"{"x": 10, "y": 10, "width": 20, "height": 30}"#), 40 * 30);
        // A quarter of a turn around the top left corner: what went right goes down.
        assert_eq!(area(r#"{"x": 50, "y": 10, "width": 20, "height": 30, "rotation": 90}"#), 40 * 30);
        assert_eq!(area(r#"{"points": [[0, 0], [50, 0], [50, 100], [0, 100]]}"#), 100 * 100);
        let disc = area(r#"{"x": 50, "y": 50, "radiusX": 20, "radiusY": 40}"#) as f64;
        assert!((disc - std::f64::consts::PI * 40.0 * 40.0).abs() < 20.0, "{disc}");
    }

    #[test]
    fn the_annotation_that_was_updated_last_is_read() {
        let task = r#"{"data": {"n": 3, "image": "/data/upload/1/1a2b3c4d-a.jpg"}, "predictions": [{"result": [], "score": 0.5}],
            "annotations": [{"updated_at": "2023-02-01T00:00:00Z"}, {"updated_at": "2023-01-01T00:00:00Z"}, {"was_cancelled": true}]}"#;
        let task: Task<'_> = serde_json::from_str(task).unwrap();
        let chosen = task.chosen().unwrap().unwrap();
        assert_eq!((chosen.pointer.as_str(), chosen.others, chosen.predicted), ("/annotations/0", 1, false));
        let task: Task<'_> =
            serde_json::from_str(r#"{"annotations": [7], "predictions": [{"result": []}, {"score": 0.5}, 3]}"#)
                .unwrap();
        let chosen = task.chosen().unwrap().unwrap();
        assert_eq!((chosen.pointer.as_str(), chosen.score, chosen.predicted), ("/predictions/1", Some(0.5), true));
        let skipped = r#"{"annotations": [{"was_cancelled": true}], "predictions": [{"result": []}]}"#;
        assert!(serde_json::from_str::<Task<'_>>(skipped).unwrap().chosen().unwrap().is_none());
    }
}
