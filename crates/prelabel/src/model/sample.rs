use super::{InstanceSet, Key, LabelMap, ScoreMap, SegmentMap};

/// What a sample holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentKind {
    /// One class ID a pixel.
    LabelMap,
    /// Regions that keep objects of one class apart.
    Segments,
    /// A score for each class at each pixel.
    Scores,
    /// Objects with shapes of their own, which may overlap.
    Instances,
}

impl ContentKind {
    /// Its name in help and tables.
    pub fn name(self) -> &'static str {
        match self {
            ContentKind::LabelMap => "label map",
            ContentKind::Segments => "segments",
            ContentKind::Scores => "scores",
            ContentKind::Instances => "instances",
        }
    }
}

/// The pixels of a sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// One class ID a pixel.
    LabelMap(LabelMap),
    /// Regions that keep objects of one class apart.
    Segments(SegmentMap),
    /// A score for each class at each pixel.
    Scores(ScoreMap),
    /// Objects with shapes of their own, which may overlap.
    Instances(InstanceSet),
}

impl Content {
    /// Which of the kinds it is.
    pub fn kind(&self) -> ContentKind {
        match self {
            Content::LabelMap(_) => ContentKind::LabelMap,
            Content::Segments(_) => ContentKind::Segments,
            Content::Scores(_) => ContentKind::Scores,
            Content::Instances(_) => ContentKind::Instances,
        }
    }

    /// Columns and rows.
    pub fn size(&self) -> (u32, u32) {
        match self {
            Content::LabelMap(map) => map.grid().size(),
            Content::Segments(map) => map.grid().size(),
            Content::Scores(map) => (map.width(), map.height()),
            Content::Instances(set) => (set.width(), set.height()),
        }
    }
}

/// One image's worth of labels, whatever format it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its name.
    pub key: Key,
    /// Its pixels.
    pub content: Content,
}
