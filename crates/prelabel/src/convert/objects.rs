//! Objects to what writers of maps hold, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::formats::Detail;
use crate::geometry::Connectivity;
use crate::model::{
    ClassId, ClassKind, ClassList, Content, Instance, InstanceSet, Label, LabelMap, PixelRule, Segment, SegmentMap,
    Unlabelled,
};
use crate::report::{Finding, Loss, Report, Severity, amount};
use crate::transform::{self, Codes, Overlap, Painted};
use crate::{Error, Result};

/// How objects become maps, and maps objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects {
    /// Keep objects of one class apart: `car # 1`, `car # 2`. Of a label map, each connected area is one.
    pub numbered: bool,
    /// Whether areas of a label map that touch at a corner only are one object.
    pub connectivity: Connectivity,
    /// Which of two objects gets the pixels that both cover.
    pub overlap: Overlap,
    /// Names of classes, the topmost first, instead.
    pub class_order: Option<Arc<[String]>>,
    /// Which pixels polygons cover, in place of the rule of their format's reference tool.
    pub rule: Option<PixelRule>,
}

impl Default for Objects {
    fn default() -> Self {
        Objects {
            numbered: false,
            connectivity: Connectivity::Eight,
            overlap: Overlap::default(),
            class_order: None,
            rule: None,
        }
    }
}

/// The objects of a map, pixels without a label left out.
///
/// # Errors
/// A class that the list lacks; void pixels that would become background, unless losses are allowed.
pub(super) fn instances(map: &SegmentMap, classes: Option<&ClassList>, report: &Report) -> Result<InstanceSet> {
    let list = classes.ok_or_else(|| {
        Error::usage("objects need a class list").hint("name one with `--classes FILE`, or `--classes auto`")
    })?;
    let mut pixels: BTreeMap<ClassId, u64> = BTreeMap::new();
    for found in map.grid().occurrences() {
        let Some(segment) = map.segment(found.code) else { continue };
        if list.get(segment.class).is_none() {
            return Err(list.unknown_id(segment.class, found.pixels, found.first));
        }
        *pixels.entry(segment.class).or_default() += found.pixels;
    }
    transform::count_merged(list, pixels.into_iter(), report)?;
    transform::tell_renumbered(map, report);
    transform::vectorize(map, |segment| {
        let class = list.get(segment.class).filter(|class| list.is_labelled(class))?;
        Some(Label { class: class.name.clone(), instance: segment.instance }.to_string())
    })
}

/// Says what a writer leaves out of what is known of objects.
pub(super) fn tell_left_out(set: &InstanceSet, kept: &[Detail], report: &Report) {
    let tell = |detail: Detail, code, message: &str, has: &dyn Fn(&Instance) -> bool| {
        let count = set.as_slice().iter().filter(|instance| has(instance)).count() as u64;
        if count > 0 && !kept.contains(&detail) {
            report.finding(Finding::new(code, Severity::Info, message).detail(amount(count, "objects")));
        }
    };
    tell(Detail::Score, "scores-left-out", "the output has no place for scores", &|one| one.score.is_some());
    tell(Detail::Crowd, "crowds-left-out", "the output does not say which objects are groups", &|one| one.crowd);
    tell(Detail::Number, "numbers-left-out", "the output numbers objects anew", &|one| one.id.is_some());
}

/// How many pixels each object covers, and how many of these others hide.
struct Coverage {
    covers: Vec<u64>,
    hidden: Vec<u64>,
}

/// Objects as a map of their classes, whose codes are the IDs themselves where these fit.
fn label_map(set: &InstanceSet, overlap: &Overlap, unlabelled: ClassId) -> Result<(LabelMap, Coverage)> {
    let classes: Vec<ClassId> = set.as_slice().iter().map(|instance| instance.class).collect();
    let small = |id: ClassId| u32::try_from(id).ok().filter(|id| *id < 1 << 16);
    let codes: Option<Vec<u32>> = classes.iter().map(|&id| small(id)).collect();
    if let (Some(nothing), Some(codes)) = (small(unlabelled), codes) {
        let Painted { grid, covers, hidden } =
            transform::paint_as(set, overlap, set.rule(), Codes { nothing, of: &codes })?;
        return Ok((LabelMap::new(grid), Coverage { covers, hidden }));
    }
    let Painted { grid, covers, hidden } = transform::paint(set, overlap, set.rule())?;
    let map = LabelMap::with_ids(grid, std::iter::once(unlabelled).chain(classes).collect())?;
    Ok((map, Coverage { covers, hidden }))
}

/// The objects whose score is at least `least`; one without a score is not doubted.
///
/// # Errors
/// A bound that is no probability.
pub(super) fn confident(set: InstanceSet, least: f64, report: &Report) -> Result<InstanceSet> {
    if !(0.0..=1.0).contains(&least) {
        let error = Error::usage("`--min-confidence` is no probability").found(least.to_string());
        return Err(error.expected("a number between 0 and 1"));
    }
    let doubtful = |score: Option<f64>| score.is_some_and(|score| score.is_nan() || score < least);
    let left_out = set.as_slice().iter().filter(|instance| doubtful(instance.score)).count();
    if left_out == 0 {
        return Ok(set);
    }
    let finding = Finding::new("doubtful", Severity::Info, "objects below `--min-confidence` were left out");
    report.finding(finding.detail(format!("{left_out} of {} objects", set.as_slice().len())));
    let kept = set.as_slice().iter().filter(|instance| !doubtful(instance.score)).cloned().collect();
    Ok(InstanceSet::new(set.width(), set.height(), set.rule(), kept)?.with_id(set.id()))
}

/// The objects whose class has a label: only a map can hold those that say where nothing counts.
///
/// # Errors
/// There are others, unless losses are allowed.
pub(super) fn labelled(set: InstanceSet, classes: Option<&ClassList>, report: &Report) -> Result<InstanceSet> {
    let without = |id: ClassId| {
        let class = classes.and_then(|list| Some((list, list.get(id)?)));
        class.is_some_and(|(list, class)| !list.is_labelled(class))
    };
    let left_out = set.as_slice().iter().filter(|instance| without(instance.class)).count();
    if left_out == 0 {
        return Ok(set);
    }
    report.loss(Loss {
        code: "instances-void",
        message: "objects of void and background classes are left out, and what lies under them is uncovered"
            .to_owned(),
        count: left_out as u64,
        unit: "instances",
        hint: "write a format of maps, or give these classes another kind and a colour in the class list".to_owned(),
    })?;
    let kept = set.as_slice().iter().filter(|instance| !without(instance.class)).cloned().collect();
    Ok(InstanceSet::new(set.width(), set.height(), set.rule(), kept)?.with_id(set.id()))
}

impl Objects {
    /// The segments of a label map: one a class, or one a connected area of each class that is countable.
    ///
    /// # Errors
    /// More areas than a grid can hold.
    pub(super) fn segments(&self, map: &LabelMap, classes: Option<&ClassList>) -> Result<SegmentMap> {
        let countable = |id: ClassId| {
            let class = classes.and_then(|list| Some((list, list.get(id)?)));
            class.is_some_and(|(list, class)| list.is_labelled(class) && class.kind != Some(ClassKind::Stuff))
        };
        let apart = |id: ClassId| self.numbered && countable(id);
        let parts = transform::parts(map.grid(), self.connectivity, |code| apart(map.id_of(code)))?;
        let mut numbers: BTreeMap<ClassId, u32> = BTreeMap::new();
        let segments = parts.codes.iter().map(|&code| {
            let class = map.id_of(code);
            let instance = apart(class).then(|| {
                let number = numbers.entry(class).or_default();
                *number += 1;
                *number
            });
            Segment { class, instance }
        });
        SegmentMap::new(parts.grid, segments.collect())
    }

    /// Paints objects. Pixels without one get the ID that `classes` has for unlabelled pixels.
    ///
    /// # Errors
    /// No ID for unlabelled pixels; an object that disappears, unless losses are allowed.
    pub(super) fn paint(&self, set: &InstanceSet, classes: Option<&ClassList>, report: &Report) -> Result<Content> {
        let unlabelled = match classes.map(ClassList::unlabelled) {
            Some(Unlabelled::Background(id) | Unlabelled::Void(id)) => id,
            Some(Unlabelled::Nothing) | None => {
                return Err(Error::usage("no class of the list can stand for pixels without an object").hint(
                    "say which ID they are: `--background ID` for one of the list, `--ignore ID` for a new one",
                ));
            }
        };
        let overlap = self.overlap(classes)?;
        if !self.numbered {
            let (map, coverage) = label_map(set, &overlap, unlabelled)?;
            self.tell(set, &overlap, &coverage, report)?;
            return Ok(Content::LabelMap(map));
        }
        let Painted { grid, covers, hidden } = transform::paint(set, &overlap, set.rule())?;
        let coverage = Coverage { covers, hidden };
        self.tell(set, &overlap, &coverage, report)?;
        // Areas without a label, and those of stuff, have no number.
        let counted = |id: ClassId| {
            let class = classes.and_then(|list| Some((list, list.get(id)?)));
            class.is_none_or(|(list, class)| list.is_labelled(class) && class.kind != Some(ClassKind::Stuff))
        };
        let mut numbers: BTreeMap<ClassId, u32> = BTreeMap::new();
        let mut segments = vec![Segment { class: unlabelled, instance: None }];
        for (index, instance) in set.as_slice().iter().enumerate() {
            let countable = !instance.crowd && counted(instance.class);
            // Only what is seen is counted, so that numbers have no gaps.
            let seen = coverage.hidden[index] < coverage.covers[index];
            let number = (countable && seen).then(|| {
                let number = numbers.entry(instance.class).or_default();
                *number += 1;
                *number
            });
            segments.push(Segment { class: instance.class, instance: number });
        }
        Ok(Content::Segments(SegmentMap::new(grid, segments)?))
    }

    /// Which object is on top, with the classes of a list by their ID.
    fn overlap(&self, classes: Option<&ClassList>) -> Result<Overlap> {
        let Some(names) = &self.class_order else { return Ok(self.overlap.clone()) };
        let id = |name: &String| {
            classes.and_then(|list| list.by_name(name)).map(|class| class.id).ok_or_else(|| {
                Error::usage("the order of classes names one that the class list lacks")
                    .found(format!("`{name}`"))
                    .hint("`--overlap FILE` takes a class name a line, the topmost first")
            })
        };
        Ok(Overlap::Classes(names.iter().map(id).collect::<Result<_>>()?))
    }

    /// Says what is not seen in the map.
    fn tell(&self, set: &InstanceSet, overlap: &Overlap, painted: &Coverage, report: &Report) -> Result<()> {
        let instances = set.as_slice();
        let of = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..instances.len()).filter(|&index| wanted(index)).collect()
        };
        let list = |indices: &[usize], text: &dyn Fn(usize) -> String| {
            let mut texts: Vec<String> = indices.iter().take(3).map(|&index| text(index)).collect();
            if indices.len() > 3 {
                texts.push(format!("and {} more", indices.len() - 3));
            }
            texts.join(", ")
        };
        let empty = of(&|index| painted.covers[index] == 0);
        if !empty.is_empty() {
            report.loss(Loss {
                code: "instances-empty",
                message: format!("objects cover no pixel: {}", list(&empty, &|index| instances[index].name.clone())),
                count: empty.len() as u64,
                unit: "instances",
                hint: "correct their shapes, or take them out of the file".to_owned(),
            })?;
        }
        let covered = of(&|index| painted.hidden[index] > 0);
        if !covered.is_empty() {
            let pixels: u64 = painted.hidden.iter().sum();
            let finding = Finding::new(
                "covered",
                Severity::Info,
                format!("objects lie over others (`--overlap {overlap}` decides which is on top)"),
            );
            let each = list(&covered, &|index| {
                format!("{}: {} of {} pixels", instances[index].name, painted.hidden[index], painted.covers[index])
            });
            report.finding(finding.detail(format!("{pixels} pixels ({each})")));
        }
        let gone = of(&|index| painted.covers[index] > 0 && painted.hidden[index] == painted.covers[index]);
        if !gone.is_empty() {
            report.loss(Loss {
                code: "instances-covered",
                message: format!(
                    "objects lie wholly under others: {}",
                    list(&gone, &|index| instances[index].name.clone())
                ),
                count: gone.len() as u64,
                unit: "instances",
                hint: "choose another order with `--overlap`, such as `smaller-on-top`".to_owned(),
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Class, Instance, Rle, Shape};

    #[test]
    fn objects_without_a_label_are_a_loss_to_writers_of_objects() {
        let kinds = [(1, None), (2, Some(ClassKind::Void)), (3, Some(ClassKind::Stuff))];
        let class = |(id, kind)| Class { kind, ..Class::new(id, format!("class {id}")) };
        let list = ClassList::new(kinds.map(class).to_vec()).unwrap();
        let instance = |class| {
            let shape = Shape::Rle(Rle::new(1, 2, vec![0, 2]).unwrap());
            Instance { name: String::new(), id: None, class, shape, score: None, crowd: false }
        };
        let set = |classes: &[ClassId]| {
            let all = classes.iter().copied().map(instance).collect();
            InstanceSet::new(2, 1, PixelRule::Center, all).unwrap().with_id(Some(9))
        };
        assert!(labelled(set(&[1, 2, 3]), Some(&list), &Report::new(false)).is_err());
        let report = Report::new(true);
        assert_eq!(labelled(set(&[1, 2, 3]), Some(&list), &report).unwrap(), set(&[1, 3]));
        assert_eq!(report.take().losses[0].count, 1);
        assert_eq!(labelled(set(&[1, 3]), Some(&list), &Report::new(false)).unwrap(), set(&[1, 3]));
    }

    #[test]
    fn doubtful_objects_are_left_out_and_counted() {
        let instance = |name: &str, score| {
            let shape = Shape::Rle(Rle::new(1, 2, vec![0, 2]).unwrap());
            Instance { name: name.to_owned(), id: None, class: 1, shape, score, crowd: false }
        };
        let all = vec![
            instance("sure", Some(0.5)),
            instance("doubtful", Some(0.49)),
            instance("unscored", None),
            instance("broken", Some(f64::NAN)),
        ];
        let set = InstanceSet::new(2, 1, PixelRule::Center, all).unwrap().with_id(Some(9));
        let report = Report::new(false);
        let kept = confident(set.clone(), 0.5, &report).unwrap();
        let names: Vec<&str> = kept.as_slice().iter().map(|instance| instance.name.as_str()).collect();
        assert_eq!((names, kept.id()), (vec!["sure", "unscored"], Some(9)));
        assert_eq!(report.take().findings[0].detail.as_deref(), Some("2 of 4 objects"));
        assert!(confident(set, 1.5, &report).is_err());
    }
}
