//! The entries of `images` and `annotations`, each parsed when it is needed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::index::{Image, Place};
use crate::error::At;
use crate::formats::IMAGE_FOLDERS;
use crate::model::{ClassId, Instance, Polygon, Ring, Rle, Shape, stem};
use crate::{Error, Limits, Result};

/// IDs are whole numbers; some tools write them as strings or with a decimal point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "AnyId")]
pub(in crate::formats) enum ImageId {
    Number(i64),
    Text(Box<str>),
}

impl ImageId {
    /// The key of an image of which nothing else is known.
    pub(super) fn to_key(&self) -> String {
        match self {
            ImageId::Number(id) => id.to_string(),
            ImageId::Text(id) => id.to_string(),
        }
    }

    pub(in crate::formats) fn number(&self) -> Option<i64> {
        match self {
            ImageId::Number(id) => Some(*id),
            ImageId::Text(_) => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AnyId {
    Whole(i64),
    Real(f64),
    Text(Box<str>),
}

impl TryFrom<AnyId> for ImageId {
    type Error = String;

    fn try_from(id: AnyId) -> Result<Self, String> {
        match id {
            AnyId::Whole(id) => Ok(ImageId::Number(id)),
            AnyId::Real(id) if id.fract() == 0.0 && id.abs() < 9e15 => Ok(ImageId::Number(id as i64)),
            AnyId::Real(id) => Err(format!("{id} is no ID: expected a whole number")),
            AnyId::Text(id) => Ok(ImageId::Text(id)),
        }
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageId::Number(id) => write!(f, "{id}"),
            ImageId::Text(id) => write!(f, "{id:?}"),
        }
    }
}

/// The error for an entry that is no valid JSON, or not of the form of its list.
pub(in crate::formats) fn broken(list: &str, place: Place, error: &serde_json::Error) -> Error {
    let text = error.to_string();
    // The library counts from the entry's beginning, which nobody can find.
    let what = text.rfind(" at line").map_or(text.as_str(), |end| &text[..end]);
    Error::invalid("the entry cannot be read")
        .at(At::Pointer(format!("{list}/{}", place.number)))
        .source(format!("{what}; the entry begins at byte {}", place.offset))
}

/// An entry of `images`.
#[derive(Deserialize)]
pub(in crate::formats) struct ImageEntry {
    pub id: ImageId,
    width: Option<Value>,
    height: Option<Value>,
    pub file_name: Option<String>,
    pub coco_url: Option<String>,
}

impl ImageEntry {
    pub(in crate::formats) fn parse(entry: &[u8], place: Place) -> Result<Self> {
        serde_json::from_slice(entry).map_err(|error| broken("/images", place, &error))
    }

    /// The key: the file's path without its extension and without a folder that only says "here are the photographs";
    /// of an address or a path from the root, the file's name only.
    pub(in crate::formats) fn key(&self) -> String {
        let given = [&self.file_name, &self.coco_url].into_iter().flatten().find(|name| !name.is_empty());
        let Some(name) = given else {
            return self.id.to_key();
        };
        let path = name.replace('\\', "/");
        let path = path.strip_prefix("./").unwrap_or(&path);
        let rooted = path.starts_with('/') || path.contains(':') || path.split('/').any(|part| part == "..");
        let path = if rooted { path.rsplit('/').next().unwrap_or(path) } else { path };
        let below = path.split_once('/').filter(|(folder, _)| IMAGE_FOLDERS.contains(folder));
        stem(below.map_or(path, |(_, rest)| rest)).to_owned()
    }

    /// Refuses an image whose ID another one has.
    pub(in crate::formats) fn only(&self, image: &Image, place: Place) -> Result<()> {
        match image.twin {
            None => Ok(()),
            Some(twin) => Err(Error::invalid("two images have the same ID")
                .at(At::Pointer(format!("/images/{}", place.number)))
                .found(format!("ID {}, as /images/{twin}", self.id))
                .expected("an ID of its own: which image are the annotations of?")),
        }
    }

    /// Columns and rows.
    pub(in crate::formats) fn size(&self) -> Option<(u32, u32)> {
        let side = |value: &Option<Value>| whole(value.as_ref()?).and_then(|side| u32::try_from(side).ok());
        Some((side(&self.width)?, side(&self.height)?))
    }

    /// Columns and rows, or why not.
    pub(in crate::formats) fn checked_size(&self, place: Place, limits: &Limits) -> Result<(u32, u32)> {
        let pointer = format!("/images/{}", place.number);
        let (Some(width), Some(height)) = (&self.width, &self.height) else {
            let side = if self.width.is_none() { "width" } else { "height" };
            return Err(Error::invalid(format!("the image has no `{side}`"))
                .at(At::Pointer(pointer))
                .hint("the size of the image belongs in its entry; shapes cannot be placed without it"));
        };
        let Some((width, height)) = self.size() else {
            return Err(Error::invalid("this is no size of an image")
                .at(At::Pointer(pointer))
                .found(format!("{width} × {height}"))
                .expected("whole numbers of at least 1 (width × height)"));
        };
        limits.size(u64::from(width), u64::from(height)).map_err(|error| error.at(At::Pointer(pointer)))
    }
}

/// A whole number, also one with a decimal point (`640.0`).
pub(in crate::formats) fn whole(value: &Value) -> Option<i64> {
    let real = || value.as_f64().filter(|real| real.fract() == 0.0 && real.abs() < 9e15).map(|real| real as i64);
    value.as_i64().or_else(real)
}

/// An entry of `annotations`.
#[derive(Default)]
struct AnnotationEntry<'a> {
    id: Option<ImageId>,
    category_id: Option<Value>,
    segmentation: Option<&'a RawValue>,
    iscrowd: Option<Value>,
    score: Option<f64>,
    /// Names of members that have no place in an object.
    others: Vec<String>,
}

/// Members that are computed anew, or belong to the image.
const DERIVED: &[&str] = &["image_id", "area", "bbox"];

// By hand: serde's own way to gather what is left cannot lend text from the file.
impl<'de: 'a, 'a> Deserialize<'de> for AnnotationEntry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Members<'a> {
            type Value = AnnotationEntry<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut entry = AnnotationEntry::default();
                while let Some(name) = members.next_key::<Cow<'de, str>>()? {
                    let known = match &*name {
                        "id" => entry.id.is_some(),
                        "category_id" => entry.category_id.is_some(),
                        "segmentation" => entry.segmentation.is_some(),
                        "iscrowd" => entry.iscrowd.is_some(),
                        "score" => entry.score.is_some(),
                        _ => false,
                    };
                    if known {
                        return Err(A::Error::custom(format_args!("it has two members `{name}`")));
                    }
                    match &*name {
                        "id" => entry.id = members.next_value()?,
                        "category_id" => entry.category_id = members.next_value()?,
                        "segmentation" => entry.segmentation = members.next_value()?,
                        "iscrowd" => entry.iscrowd = members.next_value()?,
                        "score" => entry.score = members.next_value()?,
                        name => {
                            if !DERIVED.contains(&name) {
                                entry.others.push(name.to_owned());
                            }
                            members.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(entry)
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

#[derive(Deserialize)]
struct RleEntry<'a> {
    size: [u32; 2],
    #[serde(borrow)]
    counts: &'a RawValue,
}

/// Reads an annotation. `list` is the JSON pointer of the list that it stands in, `class_of` gives the class ID of a category, or says why it has none; `others` counts members that are not read.
pub(in crate::formats) fn instance(
    entry: &[u8],
    place: Place,
    list: &str,
    size: (u32, u32),
    class_of: &dyn Fn(i64) -> Result<ClassId>,
    others: &mut BTreeMap<String, u64>,
) -> Result<Instance> {
    let pointer = |member: &str| At::Pointer(format!("{list}/{}{member}", place.number));
    let entry: AnnotationEntry<'_> = serde_json::from_slice(entry).map_err(|error| broken(list, place, &error))?;
    for name in &entry.others {
        *others.entry(name.clone()).or_default() += 1;
    }
    let Some(category) = &entry.category_id else {
        return Err(Error::invalid("the annotation has no `category_id`").at(pointer("")));
    };
    let category = whole(category).ok_or_else(|| {
        let error = Error::invalid("this is no category ID").at(pointer("/category_id"));
        error.found(category.to_string()).expected("a whole number")
    })?;
    let class = class_of(category).map_err(|error| error.at(pointer("/category_id")))?;
    let Some(segmentation) = entry.segmentation else {
        return Err(Error::invalid("the annotation has no shape")
            .at(pointer(""))
            .expected("`segmentation`: a list of polygons, or run lengths")
            .hint("a box alone is not the outline of anything; masks are needed here"));
    };
    let shape = shape(segmentation.get(), size, &format!("{list}/{}/segmentation", place.number))?;
    let crowd = match &entry.iscrowd {
        None => false,
        Some(Value::Bool(crowd)) => *crowd,
        Some(crowd) => whole(crowd).is_some_and(|crowd| crowd != 0),
    };
    let name = match &entry.id {
        Some(id) => format!("annotation {id}"),
        None => format!("{list}/{}", place.number),
    };
    let id = entry.id.as_ref().and_then(ImageId::number);
    Ok(Instance { name, id, class, shape, score: entry.score, crowd })
}

/// The size that the run lengths of an annotation are of.
pub(super) fn size_of(entry: &[u8]) -> Option<(u32, u32)> {
    #[derive(Deserialize)]
    struct Sized {
        segmentation: Size,
    }
    #[derive(Deserialize)]
    struct Size {
        size: [u32; 2],
    }
    let [height, width] = serde_json::from_slice::<Sized>(entry).ok()?.segmentation.size;
    Some((width, height))
}

/// Reads a `segmentation`: polygons, or run lengths as a list or a string.
pub(in crate::formats) fn shape(json: &str, size: (u32, u32), pointer: &str) -> Result<Shape> {
    if json.starts_with('[') {
        let Ok(rings) = serde_json::from_str::<Vec<Vec<f64>>>(json) else {
            return Err(odd_rings(json, pointer));
        };
        let rings = rings.iter().enumerate().map(|(index, ring)| {
            Ring::from_flat(ring).map(Polygon::new).map_err(|error| {
                let place = match error.place() {
                    Some(At::Entry(vertex)) => format!("{pointer}/{index} ({vertex})"),
                    _ => format!("{pointer}/{index}"),
                };
                let error = error.at(At::Pointer(place));
                match ring.len() {
                    4 => error.hint("four numbers are two vertices; write a box with its four corners"),
                    _ => error,
                }
            })
        });
        return Ok(Shape::Polygons(rings.collect::<Result<_>>()?));
    }
    let at = |member: &str| At::Pointer(format!("{pointer}{member}"));
    let rle: RleEntry<'_> = serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        Error::invalid("this is no shape")
            .at(at(""))
            .found(text.rfind(" at line").map_or(text.as_str(), |end| &text[..end]))
            .expected("a list of polygons, or `{\"size\": [height, width], \"counts\": …}`")
    })?;
    let [height, width] = rle.size;
    if (width, height) != size {
        let swapped = (height, width) == size;
        let error = Error::invalid("the mask has another size than its image").at(at("/size"));
        let error =
            error.found(format!("[{height}, {width}]")).expected(format!("[{}, {}] (height, width)", size.1, size.0));
        return Err(if swapped { error.hint("height comes before width here") } else { error });
    }
    let counts = rle.counts.get();
    let rle = if counts.starts_with('"') {
        serde_json::from_str::<String>(counts)
            .map_err(|error| Error::invalid("this is no text").source(error))
            .and_then(|text| Rle::from_coco_string(height, width, &text))
    } else {
        let list = serde_json::from_str::<Vec<u32>>(counts).map_err(|_| odd_counts(counts));
        list.and_then(|counts| Rle::new(height, width, counts))
    };
    rle.map(Shape::Rle).map_err(|error| {
        let place = match error.place() {
            Some(At::Entry(inside)) => at(&format!("/counts ({inside})")),
            Some(At::Pointer(inside)) => at(&format!("/counts{inside}")),
            _ => at("/counts"),
        };
        error.at(place)
    })
}

/// Names the first thing that keeps a list from being polygons.
fn odd_rings(json: &str, pointer: &str) -> Error {
    let odd = |place: String, found: &Value, expected: &str| {
        let error = Error::invalid("this is no list of polygons").at(At::Pointer(place));
        error.found(shortened(found)).expected(expected)
    };
    let Ok(Value::Array(rings)) = serde_json::from_str(json) else {
        return Error::invalid("this is no list of polygons").at(At::Pointer(pointer.to_owned()));
    };
    for (index, ring) in rings.iter().enumerate() {
        let Value::Array(numbers) = ring else {
            let error = odd(format!("{pointer}/{index}"), ring, "a list of numbers x, y, x, y, …");
            return if ring.is_number() {
                error.hint("put the polygon into a list of its own: `[[x, y, …]]`")
            } else {
                error
            };
        };
        if let Some((at, number)) = numbers.iter().enumerate().find(|(_, number)| !number.is_number()) {
            return odd(format!("{pointer}/{index}/{at}"), number, "a number");
        }
    }
    Error::invalid("this is no list of polygons").at(At::Pointer(pointer.to_owned()))
}

/// Names the first thing that keeps a list from being run lengths.
fn odd_counts(json: &str) -> Error {
    let error = Error::invalid("these are no run lengths").expected("whole numbers from 0, or a string");
    match serde_json::from_str(json) {
        Ok(Value::Array(counts)) => {
            let fits = |count: &Value| count.as_u64().is_some_and(|count| u32::try_from(count).is_ok());
            match counts.iter().enumerate().find(|(_, count)| !fits(count)) {
                Some((index, count)) => error.at(At::Pointer(format!("/{index}"))).found(shortened(count)),
                None => error,
            }
        }
        Ok(other) => error.found(shortened(&other)),
        Err(_) => error,
    }
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: &str) -> String {
        shape(json, (4, 3), "/s").unwrap_err().to_string()
    }

    #[test]
    fn all_three_forms_of_a_shape_are_read() {
        let square = shape("[[0, 0, 2, 0, 2, 2, 0, 2]]", (4, 3), "").unwrap();
        assert!(matches!(square, Shape::Polygons(polygons) if polygons.len() == 1));
        let list = shape(r#"{"size": [3, 4], "counts": [3, 1, 3, 2, 1, 1, 1]}"#, (4, 3), "").unwrap();
        let text = shape(r#"{"counts": "3132O", "size": [3, 4]}"#, (4, 3), "").unwrap();
        let Shape::Rle(text) = text else { panic!("run lengths") };
        assert_eq!(text.area(), 4);
        assert!(matches!(list, Shape::Rle(list) if list.area() == 4));
    }

    #[test]
    fn broken_shapes_are_named_by_their_place() {
        for (json, place) in [
            ("[[1, 2, 3]]", "/s/0"),
            ("[[1, 2, 3, 4]]", "/s/0"),
            ("[[0, 0, 1, 0, 1, 1], [1, 2, 3, 4, 5, 1e300]]", "/s/1 (y of vertex 2)"),
            ("[1, 2, 3, 4, 5, 6]", "/s/0: this is no list"),
            (r#"[[1, 2, "3", 4, 5, 6]]"#, "/s/0/2"),
            (r#"{"size": [4, 3], "counts": "3132O"}"#, "/s/size"),
            (r#"{"size": [3, 4], "counts": [1, -2]}"#, "/s/counts/1"),
            (r#"{"size": [3, 4], "counts": [1, 2]}"#, "/s/counts"),
            (r#"{"size": [3, 4], "counts": "~"}"#, "/s/counts (character 0"),
            (r#"{"size": [3, 4]}"#, "missing field `counts`"),
            ("null", "/s"),
        ] {
            assert!(said(json).contains(place), "{}", said(json));
        }
    }

    #[test]
    fn keys_come_from_names_of_all_systems() {
        for (name, key) in [
            ("a/b.jpg", "a/b"),
            (r"images\\1.png", "1"),
            ("val2017/2.png", "val2017/2"),
            ("/data/c.d.jpg", "c.d"),
            (r"C:\\x\\e.jpg", "e"),
            ("../f.jpg", "f"),
            ("http://h/g.jpg", "g"),
            ("", "7"),
        ] {
            let image: ImageEntry = serde_json::from_str(&format!(r#"{{"id": 7, "file_name": "{name}"}}"#)).unwrap();
            assert_eq!(image.key(), key);
        }
    }
}
