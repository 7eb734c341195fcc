//! What a tree holds: sizes, classes with their pixels, oddities.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use rayon::prelude::*;

use crate::formats::Reader;
use crate::model::{ClassId, Content, ContentKind, InstanceSet, ScoreKind};
use crate::report::{Report, Summary};
use crate::{Result, transform};

/// Pixels of one class over all samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ClassCount {
    /// Pixels.
    pub pixels: u64,
    /// Samples in which it occurs.
    pub samples: u64,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Inspection {
    /// Samples that were read.
    pub samples: u64,
    /// Pixels of all of them.
    pub pixels: u64,
    /// How often each size (columns, rows) occurs.
    pub sizes: BTreeMap<(u32, u32), u64>,
    /// How often each kind of content occurs; scores say of which kind they are.
    pub content: BTreeMap<String, u64>,
    /// The classes; for scores, those of the greatest score.
    pub classes: BTreeMap<ClassId, ClassCount>,
    /// Numbered objects.
    pub objects: u64,
    /// Samples that could not be read, and findings.
    pub summary: Summary,
}

/// Reads every sample and counts.
///
/// # Errors
/// None: samples that cannot be read are in the summary.
pub fn inspect(reader: &dyn Reader, observe: &(dyn Fn() + Sync)) -> Result<Inspection> {
    let all = Mutex::new(Inspection::default());
    (0..reader.len()).into_par_iter().for_each(|index| {
        let report = Report::new(true);
        let seen = reader.read(index, &report).and_then(|sample| look(&sample.content));
        let file = reader.file(index);
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.summary.add(index, &file, &report.take());
        match seen {
            Ok(seen) => all.add(seen),
            Err(error) => all.summary.fail(index, &file, &error.in_file(&file)),
        }
        drop(all);
        observe();
    });
    Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
}

struct Seen {
    size: (u32, u32),
    content: String,
    classes: Vec<(ClassId, u64)>,
    objects: u64,
}

fn look(content: &Content) -> Result<Seen> {
    let (map, name, objects) = match content {
        Content::LabelMap(map) => (map.clone(), ContentKind::LabelMap.name().to_owned(), 0),
        Content::Segments(segments) => {
            let (map, objects) = segments.clone().into_label_map()?;
            (map, ContentKind::Segments.name().to_owned(), objects as u64)
        }
        Content::Scores(scores) => {
            let kind = match scores.kind() {
                ScoreKind::Logits => "logits",
                ScoreKind::Probabilities => "probabilities",
            };
            (transform::argmax(scores, None)?.map, format!("{kind} of {} classes", scores.classes()), 0)
        }
        Content::Instances(set) => return objects(set),
    };
    let classes = map.occurrences().into_iter().map(|(id, found)| (id, found.pixels)).collect();
    Ok(Seen { size: map.grid().size(), content: name, classes, objects })
}

/// Each object counts its own pixels, whether others lie over it or not.
fn objects(set: &InstanceSet) -> Result<Seen> {
    let painted = transform::paint(set, &transform::Overlap::default(), set.rule())?;
    let mut classes: BTreeMap<ClassId, u64> = BTreeMap::new();
    for (instance, pixels) in set.as_slice().iter().zip(&painted.covers) {
        *classes.entry(instance.class).or_default() += pixels;
    }
    Ok(Seen {
        size: (set.width(), set.height()),
        content: ContentKind::Instances.name().to_owned(),
        classes: classes.into_iter().collect(),
        objects: set.as_slice().len() as u64,
    })
}

impl Inspection {
    fn add(&mut self, seen: Seen) {
        self.samples += 1;
        self.pixels += u64::from(seen.size.0) * u64::from(seen.size.1);
        *self.sizes.entry(seen.size).or_default() += 1;
        *self.content.entry(seen.content).or_default() += 1;
        self.objects += seen.objects;
        for (id, pixels) in seen.classes {
            let count = self.classes.entry(id).or_default();
            count.pixels += pixels;
            count.samples += 1;
        }
    }
}
