//! A job as the platform's API names its parts. Fields that are not known here pass through.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::canonical_json;
use crate::safe_url::scrub;

/// The two forms of the job API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// The older form: a `tag` says what is to be done; priorities 1–10.
    V0,
    /// The present form: a `work_flow_id` says what is to be done; priorities 1–9.
    V1,
}

/// A job as somebody composes it. [`Payload::new`](super::Payload::new) checks it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its name, unique in the project.
    pub reference_id: String,
    /// The workflow it runs through (v1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_flow_id: Option<String>,
    /// The operation asked for (v0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The batch it belongs to; none or empty is the platform's default batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<String>,
    /// 1 is the lowest; the platform takes 5 if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority_weight: Option<i64>,
    /// What is to be labelled.
    pub data: JobData,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The unit of data of a job.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobData {
    /// The image, where the job is one image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// The frames, where the job is a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_data: Option<VideoData>,
    /// What annotators see beside the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_data: Option<Value>,
    /// The pre-labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker_response: Option<MakerResponse>,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The frames of a video job.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VideoData {
    /// In order of time.
    pub frames: Vec<Frame>,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A frame of a video job.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Its name, unique in the job.
    pub frame_id: String,
    /// Its image.
    pub src: String,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Pre-labels.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MakerResponse {
    /// Pre-labels as a mask pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raster: Option<Raster>,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The wrapper that the API puts around a mask pair.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Raster {
    /// The mask pair.
    pub data: RasterData,
}

/// A mask pair: where the PNG lies, and what its colours mean.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RasterData {
    /// The mask.
    pub url: String,
    /// Colour → label.
    pub legend: Legend,
}

/// Colour → label as text, `("#f23334", "car # 1")`, in the order given. Sent as a JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Legend(pub Vec<(String, String)>);

impl Job {
    /// A v1 job for one image.
    pub fn image(
        reference_id: impl Into<String>,
        work_flow_id: impl Into<String>,
        image_url: impl Into<String>,
    ) -> Self {
        Job {
            reference_id: reference_id.into(),
            work_flow_id: Some(work_flow_id.into()),
            data: JobData { image_url: Some(image_url.into()), ..JobData::default() },
            ..Job::default()
        }
    }

    /// Adds pre-labels: the mask at `url`, with `legend` as (colour, label).
    pub fn with_prelabels(
        mut self,
        url: impl Into<String>,
        legend: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let data = RasterData { url: url.into(), legend: Legend(legend.into_iter().collect()) };
        self.data.maker_response = Some(MakerResponse { raster: Some(Raster { data }), extra: Map::new() });
        self
    }

    /// Puts it into a batch.
    pub fn in_batch(mut self, batch_id: impl Into<String>) -> Self {
        self.batch_id = Some(batch_id.into());
        self
    }

    /// Gives it a priority, 1 the lowest.
    pub fn with_priority(mut self, weight: i64) -> Self {
        self.priority_weight = Some(weight);
        self
    }

    /// Turns it into the v0 form: `tag` instead of the workflow.
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.work_flow_id = None;
        self.tag = Some(tag.into());
        self
    }

    /// Which form of the API it is written for.
    pub fn api(&self) -> Api {
        match (&self.work_flow_id, &self.tag) {
            (None, Some(_)) => Api::V0,
            _ => Api::V1,
        }
    }
}

impl Serialize for Legend {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (color, label) in &self.0 {
            map.serialize_entry(color, label)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Legend {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Legend;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of colours and labels, `{\"#f23334\": \"car\"}`")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Legend, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = members.next_entry()? {
                    entries.push(entry);
                }
                Ok(Legend(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// These hold URLs that may be signed: shown as JSON without query strings.
macro_rules! scrubbed_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let value = serde_json::to_value(self).unwrap_or_default();
                write!(f, "{}({})", stringify!($name), scrub(&canonical_json(&value)))
            }
        }
    )*};
}

scrubbed_debug!(Job, JobData, VideoData, Frame, MakerResponse, Raster, RasterData);
