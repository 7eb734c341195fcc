//! `polygons.json`: objects that are painted in their order, as `json2labelImg` and `json2instanceImg` do.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::At;
use crate::model::{Class, ClassList, Instance, InstanceSet, PixelRule, Point, Polygon, Ring, Shape};
use crate::report::{Finding, Loss, Report, Severity};
use crate::{Error, Limits, Result};

/// What names of groups of objects end with: `cargroup`.
const GROUP: &str = "group";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    img_height: f64,
    img_width: f64,
    #[serde(borrow)]
    objects: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry {
    label: String,
    polygon: Option<Vec<Vec<f64>>>,
    /// A number or a truth value.
    deleted: Option<Value>,
}

impl Entry {
    fn is_deleted(&self) -> bool {
        match &self.deleted {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(_) => true,
        }
    }
}

/// The objects of a file; deleted ones and those whose class has a negative ID are not drawn.
pub(super) fn read(
    bytes: &[u8],
    classes: &ClassList,
    file: &str,
    limits: &Limits,
    report: &Report,
) -> Result<InstanceSet> {
    let parsed: File<'_> = serde_json::from_slice(bytes).map_err(|error| {
        Error::invalid("these are no polygons of Cityscapes")
            .at(At::Line(error.line(), error.column()))
            .expected("an object with `imgHeight`, `imgWidth` and a list `objects`")
            .source(error)
    })?;
    let (width, height) = size(&parsed, limits)?;
    let mut instances = Vec::with_capacity(parsed.objects.len());
    let (mut left_out, mut undrawn) = (0, 0);
    for (index, json) in parsed.objects.iter().enumerate() {
        match object(json.get(), index, classes) {
            Ok(Some(instance)) if instance.class < 0 => undrawn += 1,
            Ok(Some(instance)) => instances.push(instance),
            Ok(None) => {}
            Err(error) if report.allows_losses() => {
                left_out += 1;
                report.finding(Finding::of_error("object-broken", &error).in_file(file));
            }
            Err(error) => return Err(error),
        }
    }
    if undrawn > 0 {
        let message = "objects of classes with negative IDs are not drawn, as in Cityscapes' own maps";
        report.finding(
            Finding::new("undrawn", Severity::Info, message).in_file(file).detail(format!("{undrawn} objects")),
        );
    }
    if left_out > 0 {
        report.loss(Loss {
            code: "objects-broken",
            message: "objects that cannot be read were left out".to_owned(),
            count: left_out,
            unit: "objects",
            hint: "mend them".to_owned(),
        })?;
    }
    InstanceSet::new(width, height, PixelRule::Pillow, instances)
}

fn size(file: &File<'_>, limits: &Limits) -> Result<(u32, u32)> {
    let side = |side: f64| (side.fract() == 0.0 && (0.0..1e15).contains(&side)).then_some(side as u64);
    let place = || At::Pointer("/imgWidth".to_owned());
    let (Some(columns), Some(rows)) = (side(file.img_width), side(file.img_height)) else {
        return Err(Error::invalid("this is no size of an image")
            .at(place())
            .found(format!("{} × {}", file.img_width, file.img_height))
            .expected("whole numbers of at least 1 (width × height)"));
    };
    limits.size(columns, rows).map_err(|error| error.at(place()))
}

/// An object; nothing if it is deleted.
fn object(json: &str, index: usize, classes: &ClassList) -> Result<Option<Instance>> {
    let at = |member: &str| At::Pointer(format!("/objects/{index}{member}"));
    let entry: Entry = serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        Error::invalid("the object cannot be read")
            .at(at(""))
            .source(text.rfind(" at line").map_or(text.as_str(), |end| &text[..end]).to_owned())
    })?;
    if entry.is_deleted() {
        return Ok(None);
    }
    let (class, crowd) = class_of(&entry.label, classes).map_err(|error| error.at(at("/label")))?;
    let points = entry.polygon.ok_or_else(|| {
        Error::invalid("the object has no polygon").at(at("")).expected("a list `polygon` of points [x, y]")
    })?;
    let points = points.iter().enumerate().map(|(number, point)| match point.as_slice() {
        &[x, y] => Ok(Point { x, y }),
        other => Err(Error::invalid("this is no point")
            .at(at(&format!("/polygon/{number}")))
            .found(format!("{} numbers", other.len()))
            .expected("2: x and y")),
    });
    let ring = Ring::new(points.collect::<Result<_>>()?).map_err(|error| error.at(at("/polygon")))?;
    Ok(Some(Instance {
        name: format!("object {index}"),
        id: None,
        class: class.id,
        shape: Shape::Polygons(vec![Polygon::new(ring)]),
        score: None,
        crowd,
    }))
}

/// The class of a label, and whether it is a group: `cargroup` is one of cars, `polegroup` a class of its own.
fn class_of<'a>(label: &str, classes: &'a ClassList) -> Result<(&'a Class, bool)> {
    if let Some(class) = classes.by_name(label) {
        return Ok((class, false));
    }
    let group = label.strip_suffix(GROUP).and_then(|name| classes.by_name(name));
    group.map(|class| (class, true)).ok_or_else(|| {
        Error::invalid("the class list lacks a label of the file")
            .found(format!("`{label}`"))
            .expected("a class of that name, or one with `group` behind it")
            .hint("name the list that has it with `--classes`")
    })
}
