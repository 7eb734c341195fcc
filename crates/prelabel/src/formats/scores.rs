use std::sync::Arc;

use super::files::{
    self, Decode, FileKind, ItemReader, Items, Member, class_list_beside, map_paths, npz_arrays, unknown_kind,
};
use super::{Detection, Format, Info, ReadOptions, Reader};
use crate::model::{ClassKind, Content, ContentKind};
use crate::pixels::npy::{self, ScoreOptions};
use crate::report::Report;
use crate::tree::Source;
use crate::{Error, Limits, Result};

const KINDS: &[FileKind] = &[FileKind::Npy, FileKind::Npz];

static INFO: Info = Info {
    name: "scores",
    aliases: &["logits", "probabilities"],
    title: "a score for each class at each pixel: NPY or NPZ of floating point",
    about: "\
Logits or probabilities as models return them: float16, float32 or float64; classes × height × width, or height ×
width × classes, or a batch of either: then each map is a sample `file/0`, `file/1`, …
The axis of classes is the one as long as the class list, else the first or last if it is the shortest;
`--layout chw` or `--layout hwc` says it. Class k of the axis is class ID k, or, where the class list has other IDs,
its k-th class. The greatest score wins, of equal ones the first, as in NumPy's `argmax`.
`--min-confidence P` leaves pixels unlabelled whose greatest probability is below P; logits go through a softmax for it.",
    reads: true,
    writes: false,
    one_file: None,
    content: &[ContentKind::Scores],
    example: "prelabel convert logits/ -o masks/ --classes voc --min-confidence 0.5",
};

/// A score for each class at each pixel.
pub(super) struct ScoreMaps;

impl Format for ScoreMaps {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, limits: &Limits) -> Detection {
        let headers = files::array_headers(source, limits);
        let fits =
            headers.iter().filter(|header| !header.dtype.is_integer() && (3..=4).contains(&header.shape.len())).count();
        let (strength, why) = match (fits, headers.len()) {
            (0, _) => return Detection::NO,
            (fits, all) if fits == all => (80, "arrays of floating point with an axis of classes"),
            _ => (45, "some arrays of floating point with an axis of classes"),
        };
        Detection { strength, why: why.to_owned() }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, _report: &Report) -> Result<Box<dyn Reader>> {
        let classes = match &options.classes {
            Some(classes) => Some(classes.clone()),
            None => class_list_beside(&*source, &options.limits)?,
        };
        let score_options = ScoreOptions {
            layout: options.layout,
            // A void class has no score; it is in lists for what annotators leave out.
            classes: classes
                .as_ref()
                .map(|list| list.classes().iter().filter(|class| class.kind != Some(ClassKind::Void)).count() as u64),
            kind: options.score_kind,
        };
        let limits = options.limits;
        let paths = map_paths(&*source, KINDS);
        let items = Items::list(source, paths, |source, path| members(source, path, &score_options, &limits));
        Ok(Box::new(ItemReader { items, classes, limits, decode: score_options }))
    }
}

/// The maps of a file that holds more than one; nothing for a file of one map, and for one whose reading
/// will say what is wrong with it.
fn members(source: &dyn Source, path: &str, options: &ScoreOptions, limits: &Limits) -> Vec<(Option<String>, u64)> {
    let maps = |header: &npy::Header| npy::score_axes(header, options).map_or(1, |axes| axes.maps);
    let Ok(start) = source.read_start(path, limits.max_npy_header_bytes) else { return Vec::new() };
    match FileKind::of(&start) {
        Some(FileKind::Npz) => {
            let Ok(bytes) = source.read(path, limits) else { return Vec::new() };
            let mut members = Vec::new();
            for array in npz_arrays(&bytes, limits, |header| !header.dtype.is_integer()) {
                let header = npy::npz_member(&bytes, &array, limits).and_then(|member| npy::header(&member, limits));
                let maps = header.map_or(1, |header| maps(&header));
                members.extend((0..maps.min(1 << 20)).map(|map| (Some(array.clone()), map)));
            }
            members
        }
        _ => match npy::header(&start, limits).map(|header| maps(&header)) {
            Ok(maps @ 2..) => (0..maps.min(1 << 20)).map(|map| (None, map)).collect(),
            _ => Vec::new(),
        },
    }
}

impl Decode for ScoreOptions {
    fn decode(&self, mut bytes: Vec<u8>, member: Option<&Member>, limits: &Limits) -> Result<Content> {
        if FileKind::of(&bytes) == Some(FileKind::Npz) {
            let arrays = npy::npz_members(&bytes)?;
            let array = member.and_then(|member| member.array.as_ref()).or(arrays.first());
            let array = array.ok_or_else(|| Error::invalid("the NPZ archive is empty"))?;
            bytes = npy::npz_member(&bytes, array, limits)?;
        } else if FileKind::of(&bytes) != Some(FileKind::Npy) {
            return Err(unknown_kind(&bytes).expected("NPY or NPZ"));
        }
        npy::decode_scores(&bytes, member.map_or(0, |member| member.map), self, limits).map(Content::Scores)
    }
}
