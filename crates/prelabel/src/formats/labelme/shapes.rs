//! Shapes as labelme paints them.

use std::collections::HashMap;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::Value;

use crate::error::At;
use crate::geometry::{Span, Spans, disc, lines, rasterize};
use crate::model::{ClassId, Instance, PixelRule, Point, Polygon, Ring, Shape};
use crate::pixels::{LabelImage, png};
use crate::{Error, Limits, Result};

/// What labelme's own tools draw lines and points with.
const LINE_WIDTH: u32 = 10;
const POINT_RADIUS: f64 = 5.0;

/// Pillow counts in 64 bits where a circle is wider than that.
const WIDEST: f64 = 32_768.0;

#[derive(Deserialize)]
struct Entry {
    label: Option<Value>,
    points: Option<Vec<Vec<f64>>>,
    group_id: Option<Value>,
    shape_type: Option<String>,
    mask: Option<String>,
}

/// A shape of the file.
pub(super) struct Drawn {
    index: usize,
    class: ClassId,
    /// Shapes of one label and group are one object.
    group: Option<(String, String)>,
    shape: Shape,
}

/// Reads entry `index` of `shapes`.
pub(super) fn read(
    json: &str,
    index: usize,
    (width, height): (u32, u32),
    class_of: &dyn Fn(&str) -> Result<ClassId>,
    limits: &Limits,
) -> Result<Drawn> {
    let at = |member: &str| At::Pointer(format!("/shapes/{index}{member}"));
    let entry: Entry = serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        Error::invalid("the shape cannot be read")
            .at(at(""))
            .source(text.rfind(" at line").map_or(text.as_str(), |end| &text[..end]).to_owned())
    })?;
    let label = match &entry.label {
        Some(Value::String(label)) => label.clone(),
        Some(Value::Number(label)) => label.to_string(),
        other => {
            let found = other.as_ref().map_or_else(|| "none".to_owned(), Value::to_string);
            return Err(Error::invalid("the shape has no label").at(at("/label")).found(found).expected("a text"));
        }
    };
    let class = class_of(&label).map_err(|error| error.at(at("/label")))?;
    let points = points(entry.points.as_deref(), index)?;
    let kind = entry.shape_type.as_deref().unwrap_or("polygon");
    let count = |expected: &str| {
        Error::invalid(format!("a shape of type `{kind}` has another number of points"))
            .at(at("/points"))
            .found(points.len().to_string())
            .expected(expected)
    };
    let spans = |spans: Spans| spans.to_rle().map(Shape::Rle);
    let round = |center: &Point, radius: f64| {
        if radius > WIDEST {
            let error = Error::invalid("the circle is larger than any image").at(at("/points"));
            return Err(error.found(format!("a radius of {radius}")).expected(format!("at most {WIDEST} pixels")));
        }
        disc(*center, radius, width, height)
    };
    let shape = match (kind, points.as_slice()) {
        ("polygon" | "oriented_rectangle", [_, _, _, ..]) => area(points.clone(), index)?,
        ("polygon", _) => return Err(count("at least 3")),
        ("oriented_rectangle", _) => return Err(count("4 corners")),
        ("rectangle", &[one, other]) => {
            let corner = |x, y| Point { x, y };
            let (left, right) = (one.x.min(other.x), one.x.max(other.x));
            let (top, bottom) = (one.y.min(other.y), one.y.max(other.y));
            let corners = [corner(left, top), corner(right, top), corner(right, bottom), corner(left, bottom)];
            area(corners.to_vec(), index)?
        }
        ("rectangle", _) => return Err(count("2 corners")),
        ("circle", [center, rim]) => {
            let (x, y) = (center.x - rim.x, center.y - rim.y);
            spans(round(center, (x * x + y * y).sqrt())?)?
        }
        ("circle", _) => return Err(count("2: the centre and one on the rim")),
        ("line", [_, _]) | ("linestrip", [_, _, ..]) => spans(lines(&points, LINE_WIDTH, width, height)?)?,
        ("line", _) => return Err(count("2")),
        ("linestrip", _) => return Err(count("at least 2")),
        ("point", [_]) | ("points", [_, ..]) => {
            let mut all = Vec::new();
            for point in &points {
                all.extend_from_slice(round(point, POINT_RADIUS)?.as_slice());
            }
            spans(Spans::new(width, height, all)?)?
        }
        ("point", _) => return Err(count("1")),
        ("points", _) => return Err(count("at least 1")),
        ("mask", [corner, opposite]) => {
            let text = entry.mask.as_deref().unwrap_or_default();
            let mask = mask(text, *corner, *opposite, (width, height), limits);
            spans(mask.map_err(|error| error.at(at("/mask")))?)?
        }
        ("mask", _) => return Err(count("2 corners")),
        _ => {
            return Err(Error::unsupported("there is no such type of shape")
                .at(at("/shape_type"))
                .found(format!("`{kind}`"))
                .expected("polygon, rectangle, oriented_rectangle, circle, line, linestrip, point, points or mask"));
        }
    };
    let group = entry.group_id.filter(|group| !group.is_null()).map(|group| (label, group.to_string()));
    Ok(Drawn { index, class, group, shape })
}

fn points(points: Option<&[Vec<f64>]>, index: usize) -> Result<Vec<Point>> {
    let points = points.unwrap_or_default().iter().enumerate().map(|(number, point)| {
        let at = At::Pointer(format!("/shapes/{index}/points/{number}"));
        match point.as_slice() {
            &[x, y] if x.abs() <= Ring::FARTHEST && y.abs() <= Ring::FARTHEST => Ok(Point { x, y }),
            [x, y] => Err(Error::invalid("the point lies nowhere near an image")
                .at(at)
                .found(format!("({x}, {y})"))
                .expected("pixels within ±16,777,216")),
            other => Err(Error::invalid("this is no point")
                .at(at)
                .found(format!("{} numbers", other.len()))
                .expected("2: x and y")),
        }
    });
    points.collect()
}

fn area(points: Vec<Point>, index: usize) -> Result<Shape> {
    let ring = Ring::new(points).map_err(|error| error.at(At::Pointer(format!("/shapes/{index}/points"))))?;
    Ok(Shape::Polygons(vec![Polygon::new(ring)]))
}

/// A mask in a box; both corners belong to it.
fn mask(text: &str, corner: Point, opposite: Point, size: (u32, u32), limits: &Limits) -> Result<Spans> {
    let image = png::decode(&base64(text)?, limits)?;
    let LabelImage::Codes(grid, _) = image else {
        return Err(Error::invalid("the mask has colours").expected("a PNG of 0 and 1"));
    };
    let (left, top) = (corner.x as i64, corner.y as i64);
    let (wide, high) = (opposite.x as i64 - left + 1, opposite.y as i64 - top + 1);
    let (columns, rows) = grid.size();
    if (wide, high) != (i64::from(columns), i64::from(rows)) {
        return Err(Error::invalid("the mask has another size than its box")
            .found(format!("{columns} × {rows}"))
            .expected(format!("{wide} × {high} (width × height)")));
    }
    let mut spans = Vec::new();
    for row in 0..rows {
        let Ok(y) = u32::try_from(top + i64::from(row)) else { continue };
        let inside = |x: u32| grid.get(x, row).is_some_and(|code| code != 0);
        let mut x = 0;
        while x < columns {
            let first = x;
            while x < columns && inside(x) {
                x += 1;
            }
            let column = |x: u32| (left + i64::from(x)).clamp(0, i64::from(size.0)) as u32;
            if first < x {
                spans.push(Span { y, start: column(first), end: column(x) });
            }
            x += 1;
        }
    }
    Spans::new(size.0, size.1, spans)
}

/// Base64 with or without padding and line breaks.
pub(super) fn base64(text: &str) -> Result<Vec<u8>> {
    let tolerant = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = GeneralPurpose::new(&STANDARD, tolerant).decode(packed);
    bytes.map_err(|error| Error::invalid("this is no base64").source(error))
}

/// Objects of shapes: those of one label and group together. The last of a group says how high it lies; what others cover of
/// its earlier shapes is left out, so that a map shows what labelme's tools show.
pub(super) fn grouped(shapes: Vec<Drawn>, width: u32, height: u32) -> Result<Vec<Instance>> {
    let mut members: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (place, shape) in shapes.iter().enumerate() {
        if let Some(group) = &shape.group {
            members.entry(group.clone()).or_default().push(place);
        }
    }
    let mut instances = Vec::new();
    for (place, shape) in shapes.iter().enumerate() {
        let group = shape.group.as_ref().and_then(|group| members.get(group)).map_or(&[][..], Vec::as_slice);
        if group.last().is_some_and(|last| *last != place) {
            continue;
        }
        let (name, shape) = match group {
            [] | [_] => (format!("shape {}", shape.index), shape.shape.clone()),
            all => {
                let numbers: Vec<String> = all.iter().map(|&place| shapes[place].index.to_string()).collect();
                (format!("shapes {}", numbers.join(", ")), together(&shapes, all, width, height)?)
            }
        };
        instances.push(Instance { name, id: None, class: shapes[place].class, shape, score: None, crowd: false });
    }
    Ok(instances)
}

/// The shapes of one group as one.
fn together(shapes: &[Drawn], group: &[usize], width: u32, height: u32) -> Result<Shape> {
    let (Some(&first), Some(&last)) = (group.first(), group.last()) else {
        return Err(Error::invalid("a group has no shapes"));
    };
    let spans = |shape: &Shape| match shape {
        Shape::Polygons(polygons) => rasterize(polygons, width, height, PixelRule::Pillow),
        Shape::Rle(rle) => Spans::from_rle(rle),
    };
    let mut seen: Vec<Span> = Vec::new();
    let mut over: Vec<Span> = Vec::new();
    let mut whole = true;
    let mut members = group.iter().peekable();
    for (place, shape) in shapes.iter().enumerate().take(last + 1).skip(first) {
        let covers = spans(&shape.shape)?;
        if members.next_if(|&&member| member == place).is_none() {
            over.extend_from_slice(covers.as_slice());
            continue;
        }
        if !over.is_empty() {
            let (below, above) =
                (Spans::new(width, height, seen)?, Spans::new(width, height, std::mem::take(&mut over))?);
            seen = below.without(&above);
            whole &= seen == below.as_slice();
        }
        seen.extend_from_slice(covers.as_slice());
    }
    let polygons = group.iter().map(|&place| match &shapes[place].shape {
        Shape::Polygons(polygons) => Some(polygons.clone()),
        Shape::Rle(_) => None,
    });
    match polygons.collect::<Option<Vec<_>>>().filter(|_| whole) {
        Some(parts) => Ok(Shape::Polygons(parts.into_iter().flatten().collect())),
        None => Ok(Shape::Rle(Spans::new(width, height, seen)?.to_rle()?)),
    }
}
