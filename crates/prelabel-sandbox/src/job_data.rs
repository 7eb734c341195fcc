//! What a job's `data` must say: an image, a video or sensor data, and perhaps a pre-label.
//!
//! Keys that are not named here pass through: the platform has more kinds of jobs than its pages describe.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::answer::Refusal;
use crate::legend::{self, Legend};

/// A file that a job names.
#[derive(Debug)]
pub(crate) struct Attachment {
    /// Where in `data` it stands.
    pub(crate) field: String,
    /// Where the file is.
    pub(crate) url: String,
}

/// A pre-label mask.
#[derive(Debug)]
pub(crate) struct Prelabel {
    /// The mask.
    pub(crate) mask: Attachment,
    /// Its colours.
    pub(crate) legend: Legend,
}

/// What the platform would work with.
#[derive(Debug, Default)]
pub(crate) struct JobData {
    /// The image to label.
    pub(crate) image: Option<Attachment>,
    /// Files that are only shown: frames and reference images.
    pub(crate) others: Vec<Attachment>,
    /// What was labelled beforehand.
    pub(crate) prelabel: Option<Prelabel>,
}

impl JobData {
    /// Reads `data`.
    pub(crate) fn read(data: &Map<String, Value>) -> Result<Self, Refusal> {
        const KINDS: [&str; 3] = ["image_url", "video_data", "sensor_data"];
        if KINDS.iter().all(|kind| !data.contains_key(*kind)) {
            let message = format!("missing; expected one of {}", KINDS.join(", "));
            return Err(Refusal::empty_field("image_url", message));
        }
        let mut read = JobData::default();
        if data.contains_key("image_url") {
            read.image = Some(url(data, "image_url", "image_url".to_owned())?);
        }
        if let Some(video) = present(data, "video_data") {
            read.others.extend(frames(object(video, "video_data")?)?);
        }
        if let Some(reference) = present(data, "reference_data") {
            read.others.extend(reference_images(object(reference, "reference_data")?)?);
        }
        if let Some(response) = present(data, "maker_response") {
            read.prelabel = prelabel(object(response, "maker_response")?)?;
        }
        Ok(read)
    }
}

fn frames(video: &Map<String, Value>) -> Result<Vec<Attachment>, Refusal> {
    const FIELD: &str = "video_data.frames";
    let frames = list(video.get("frames"), FIELD)?;
    if frames.is_empty() {
        return Err(Refusal::empty_field(FIELD, "no frame"));
    }
    let mut seen = HashSet::new();
    let mut files = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        let place = format!("{FIELD}[{index}]");
        let frame = object(frame, &place)?;
        let id = match frame.get("frame_id") {
            Some(Value::String(id)) if !id.trim().is_empty() => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(Refusal::empty_field(&format!("{place}.frame_id"), "expected a string or a number")),
        };
        if !seen.insert(id.clone()) {
            return Err(Refusal::invalid_field(&format!("{place}.frame_id"), format!("`{id}` stands twice")));
        }
        files.push(url(frame, "src", format!("{place}.src"))?);
    }
    Ok(files)
}

fn reference_images(reference: &Map<String, Value>) -> Result<Vec<Attachment>, Refusal> {
    const FIELD: &str = "reference_data.raster.images";
    let Some(raster) = present(reference, "raster") else { return Ok(Vec::new()) };
    let Some(images) = present(object(raster, "reference_data.raster")?, "images") else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for (index, image) in list(Some(images), FIELD)?.iter().enumerate() {
        let place = format!("{FIELD}[{index}]");
        let image = object(image, &place)?;
        if image.get("label").is_some_and(|label| !label.is_string()) {
            return Err(Refusal::invalid_field(&format!("{place}.label"), "expected a string"));
        }
        files.push(url(image, "image_url", format!("{place}.image_url"))?);
    }
    Ok(files)
}

fn prelabel(response: &Map<String, Value>) -> Result<Option<Prelabel>, Refusal> {
    if response.is_empty() {
        return Err(Refusal::empty_field("maker_response", "no pre-label in it"));
    }
    // Other pre-labels, such as vectors, are not looked into.
    let Some(raster) = response.get("raster") else { return Ok(None) };
    let data = object(raster, "maker_response.raster")?.get("data");
    let data = data.ok_or_else(|| Refusal::empty_field("maker_response.raster.data", "missing"))?;
    let data = object(data, "maker_response.raster.data")?;
    let mask = url(data, "url", "maker_response.raster.data.url".to_owned())?;
    let entries = present(data, "legend").ok_or_else(|| Refusal::empty_field(legend::FIELD, "missing"))?;
    Ok(Some(Prelabel { mask, legend: Legend::read(object(entries, legend::FIELD)?)? }))
}

fn present<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null())
}

fn object<'a>(value: &'a Value, field: &str) -> Result<&'a Map<String, Value>, Refusal> {
    value.as_object().ok_or_else(|| Refusal::invalid_field(field, "expected an object"))
}

fn list<'a>(value: Option<&'a Value>, field: &str) -> Result<&'a [Value], Refusal> {
    match value {
        None | Some(Value::Null) => Err(Refusal::empty_field(field, "missing")),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Refusal::invalid_field(field, "expected a list")),
    }
}

fn url(object: &Map<String, Value>, key: &str, field: String) -> Result<Attachment, Refusal> {
    match object.get(key) {
        None | Some(Value::Null) => Err(Refusal::empty_field(&field, "missing")),
        Some(Value::String(url)) if url.trim().is_empty() => Err(Refusal::empty_field(&field, "empty")),
        Some(Value::String(url)) => Ok(Attachment { field, url: url.clone() }),
        Some(other) => Err(Refusal::invalid_field(&field, format!("found {other}, expected a URL as a string"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_of_job_is_read_and_unknown_keys_pass() {
        for (data, files) in [
            (json!({"image_url": "s3://b/1.png", "colour": {"x": 1}}), 1),
            (
                json!({"video_data": {"frames": [{"frame_id": 1, "src": "s3://b/1"}, {"frame_id": "2", "src": "s3://b/2"}]}}),
                2,
            ),
            (json!({"sensor_data": {"anything": []}}), 0),
            (
                json!({"image_url": "u", "reference_data": {"raster": {"images": [{"image_url": "v", "label": "w"}]}}}),
                2,
            ),
            (json!({"image_url": "u", "maker_response": {"video": {}}}), 1),
            (json!({"image_url": "u", "maker_response": null}), 1),
        ] {
            let read = JobData::read(data.as_object().unwrap()).unwrap();
            assert_eq!(read.others.len() + usize::from(read.image.is_some()), files, "{data}");
            assert!(read.prelabel.is_none());
        }
    }

    #[test]
    fn each_broken_field_is_named() {
        let response = |data: Value| json!({"image_url": "u", "maker_response": {"raster": {"data": data}}});
        for (data, field) in [
            (json!({"imageurl": "u"}), "image_url"),
            (json!({"image_url": ["u"]}), "image_url"),
            (json!({"image_url": " "}), "image_url"),
            (json!({"video_data": []}), "video_data"),
            (json!({"video_data": {}}), "video_data.frames"),
            (json!({"video_data": {"frames": []}}), "video_data.frames"),
            (json!({"video_data": {"frames": [{"src": "u"}]}}), "video_data.frames[0].frame_id"),
            (json!({"video_data": {"frames": [{"frame_id": 1}]}}), "video_data.frames[0].src"),
            (
                json!({"video_data": {"frames": [{"frame_id": 1, "src": "u"}, {"frame_id": "1", "src": "u"}]}}),
                "video_data.frames[1].frame_id",
            ),
            (
                json!({"image_url": "u", "reference_data": {"raster": {"images": [{"label": "w"}]}}}),
                "reference_data.raster.images[0].image_url",
            ),
            (json!({"image_url": "u", "maker_response": {}}), "maker_response"),
            (json!({"image_url": "u", "maker_response": "x"}), "maker_response"),
            (json!({"image_url": "u", "maker_response": {"raster": {}}}), "maker_response.raster.data"),
            (response(json!({"legend": {}})), "maker_response.raster.data.url"),
            (response(json!({"url": "u"})), "maker_response.raster.data.legend"),
            (response(json!({"url": "u", "legend": []})), "maker_response.raster.data.legend"),
        ] {
            let refusal = JobData::read(data.as_object().unwrap()).unwrap_err();
            assert!(refusal.message().contains(&format!(": {field}: ")), "{data}: {}", refusal.message());
        }
    }
}
