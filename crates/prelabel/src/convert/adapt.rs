use std::collections::BTreeMap;

use super::objects::{self, Objects};
use crate::error::At;
use crate::model::{ClassId, ClassKind, ClassList, Content, ContentKind, LabelMap, Sample, ScoreMap, Unlabelled};
use crate::report::{Finding, Report, Severity};
use crate::transform;
use crate::{Error, Result};

/// Makes of a sample's content what the writer holds.
#[derive(Clone, Debug, Default)]
pub struct Adapter {
    /// The class list of the target; scores need it where its IDs are not 0, 1, 2, …
    pub classes: Option<ClassList>,
    /// The least probability of a labelled pixel, and the least score of an object.
    pub min_confidence: Option<f64>,
    /// How objects become maps.
    pub objects: Objects,
}

impl Adapter {
    /// Adapts a sample to what a writer accepts.
    ///
    /// # Errors
    /// Scores whose classes the list does not fit; objects that disappear, unless losses are allowed.
    pub fn adapt(&self, sample: Sample, accepts: &[ContentKind], report: &Report) -> Result<Sample> {
        let key = sample.key;
        let mut content = sample.content;
        if let (Content::Scores(scores), false) = (&content, accepts.contains(&ContentKind::Scores)) {
            content = Content::LabelMap(self.classify(scores, report)?);
        }
        content = match (content, self.objects.rule) {
            (Content::Instances(set), Some(rule)) => Content::Instances(set.with_rule(rule)),
            (content, _) => content,
        };
        let classes = self.classes.as_ref();
        let holds = |kind: ContentKind| accepts.contains(&kind);
        content = match (content, self.min_confidence) {
            (Content::Instances(set), Some(least)) => Content::Instances(objects::confident(set, least, report)?),
            (content, _) => content,
        };
        content = match content {
            Content::Instances(set) if holds(ContentKind::Instances) => {
                Content::Instances(objects::labelled(set, classes, report)?)
            }
            Content::Instances(set) => self.objects.paint(&set, classes, report)?,
            content => content,
        };
        let apart = self.objects.numbered && (holds(ContentKind::Segments) || holds(ContentKind::Instances));
        if let (Content::LabelMap(map), true) = (&content, apart || !holds(ContentKind::LabelMap)) {
            content = Content::Segments(self.objects.segments(map, classes)?);
        }
        if let (Content::Segments(map), false) = (&content, holds(ContentKind::Segments))
            && holds(ContentKind::Instances)
        {
            content = Content::Instances(objects::instances(map, classes, report)?);
        }
        // A writer of label maps takes segments apart itself: there the loss is known.
        Ok(Sample { key, content })
    }

    /// The classes of a sample's scores.
    fn classify(&self, scores: &ScoreMap, report: &Report) -> Result<LabelMap> {
        let confident = transform::argmax(scores, self.min_confidence)?;
        if confident.doubtful > 0 {
            let finding =
                Finding::new("doubtful", Severity::Info, "pixels below `--min-confidence` were left unlabelled");
            report.finding(finding.detail(format!("{} pixels", confident.doubtful)));
        }
        self.class_ids(confident.map, scores.classes(), confident.doubtful)
    }

    /// The class IDs of a sample with their pixels.
    ///
    /// # Errors
    /// As [`Adapter::adapt`].
    pub fn ids(&self, sample: &Sample) -> Result<BTreeMap<ClassId, u64>> {
        let count = |map: &LabelMap| -> BTreeMap<ClassId, u64> {
            map.occurrences().into_iter().map(|(id, found)| (id, found.pixels)).collect()
        };
        match &sample.content {
            Content::LabelMap(map) => Ok(count(map)),
            Content::Segments(segments) => Ok(count(&segments.clone().into_label_map()?.0)),
            Content::Scores(scores) => {
                // A class that wins nowhere in this map is a class of the model all the same.
                let mut ids: BTreeMap<ClassId, u64> = (0..scores.classes()).map(|index| (index.into(), 0)).collect();
                ids.extend(count(&transform::argmax(scores, self.min_confidence)?.map));
                Ok(ids)
            }
            Content::Instances(set) => Ok(set.as_slice().iter().map(|instance| (instance.class, 0)).collect()),
        }
    }

    /// Class indices of a model to the IDs of the class list.
    fn class_ids(&self, map: LabelMap, classes: u32, doubtful: u64) -> Result<LabelMap> {
        let Some(list) = &self.classes else {
            if doubtful > 0 {
                return Err(Error::usage("unlabelled pixels need a class list that says which ID they are")
                    .hint("name the class list with `--classes`"));
            }
            return Ok(map);
        };
        let scored: Vec<ClassId> =
            list.classes().iter().filter(|class| class.kind != Some(ClassKind::Void)).map(|class| class.id).collect();
        let by_number = (0..ClassId::from(classes)).all(|index| list.get(index).is_some());
        if !by_number && scored.len() != classes as usize {
            return Err(Error::invalid("the class list does not fit the scores")
                .at(At::Entry("classes".into()))
                .found(format!("{classes} classes in the scores, {} in the list", scored.len()))
                .hint("give the class list that the model was trained with (`--classes`)"));
        }
        let unlabelled = match list.unlabelled() {
            Unlabelled::Background(id) | Unlabelled::Void(id) => Some(id),
            Unlabelled::Nothing if doubtful > 0 => {
                return Err(Error::usage("no class of the list can stand for unlabelled pixels")
                    .hint("name an ID for them that no class has: `--ignore 255`"));
            }
            Unlabelled::Nothing => None,
        };
        Ok(map.map_ids(|index| match usize::try_from(index) {
            Ok(place) if place == classes as usize => unlabelled.unwrap_or(index),
            Ok(place) if !by_number => scored.get(place).copied().unwrap_or(index),
            _ => index,
        }))
    }
}
