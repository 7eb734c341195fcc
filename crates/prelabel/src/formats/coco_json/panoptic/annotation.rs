//! An entry of `annotations`: the image's PNG and its segments.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Place, broken, whole};
use crate::error::At;
use crate::model::ClassId;
use crate::{Error, Result};

/// A segment as the JSON describes it.
pub(super) struct Described {
    /// As the PNG's colours spell it: 24 bits, never 0.
    pub id: u32,
    pub class: ClassId,
    pub crowd: bool,
    pub area: Option<f64>,
}

/// The PNG's name and the segments in it.
pub(super) struct Annotation {
    pub file_name: String,
    pub segments: Vec<Described>,
}

#[derive(Deserialize)]
struct Entry {
    file_name: Option<String>,
    segments_info: Option<Vec<Value>>,
}

/// The file name alone, where a file is looked for.
pub(super) fn file_name(entry: &[u8]) -> Option<String> {
    serde_json::from_slice::<Entry>(entry).ok()?.file_name
}

/// The place of an annotation, or of a member of it.
pub(super) fn pointer(place: Place, member: &str) -> At {
    At::Pointer(format!("/annotations/{}{member}", place.number))
}

impl Annotation {
    /// Reads an annotation. `class_of` gives the class ID of a category, or says why it has none.
    pub(super) fn parse(entry: &[u8], place: Place, class_of: &dyn Fn(i64) -> Result<ClassId>) -> Result<Self> {
        let entry: Entry = serde_json::from_slice(entry).map_err(|error| broken("/annotations", place, &error))?;
        let missing = |name: &str| Error::invalid(format!("the annotation has no `{name}`")).at(pointer(place, ""));
        let file_name = entry.file_name.ok_or_else(|| missing("file_name"))?;
        let mut places: HashMap<u32, usize> = HashMap::new();
        let mut segments = Vec::new();
        for (index, value) in entry.segments_info.ok_or_else(|| missing("segments_info"))?.iter().enumerate() {
            let at = |member: &str| pointer(place, &format!("/segments_info/{index}{member}"));
            let number = |member: &str| match value.get(member) {
                None => Err(Error::invalid(format!("the segment has no `{member}`")).at(at(""))),
                Some(found) => whole(found).ok_or_else(|| {
                    let error = Error::invalid(format!("this is no `{member}`")).at(at(&format!("/{member}")));
                    error.found(found.to_string()).expected("a whole number")
                }),
            };
            let id = number("id")?;
            let Some(id) = u32::try_from(id).ok().filter(|id| (1..1 << 24).contains(id)) else {
                return Err(Error::invalid("a PNG has no such segment ID")
                    .at(at("/id"))
                    .found(id.to_string())
                    .expected("1 to 16,777,215: R + 256·G + 65536·B"));
            };
            if let Some(other) = places.insert(id, index) {
                return Err(Error::invalid("two segments of an image have the same ID")
                    .at(at("/id"))
                    .found(format!("ID {id}, as /annotations/{}/segments_info/{other}", place.number)));
            }
            let class = class_of(number("category_id")?).map_err(|error| error.at(at("/category_id")))?;
            let crowd = match value.get("iscrowd") {
                None => false,
                Some(Value::Bool(crowd)) => *crowd,
                Some(crowd) => whole(crowd).is_some_and(|crowd| crowd != 0),
            };
            segments.push(Described { id, class, crowd, area: value.get("area").and_then(Value::as_f64) });
        }
        Ok(Annotation { file_name, segments })
    }
}
