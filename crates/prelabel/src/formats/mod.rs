//! Files ⇄ samples. One file and one line in [`FORMATS`] make a format; help, detection, documentation,
//! completion and the conformance tests are derived from its [`Info`].

mod cityscapes;
mod coco;
mod coco_json;
mod coco_panoptic;
mod coco_results;
mod files;
mod gt_studio;
mod instances;
mod label_map;
mod label_studio;
mod labelme;
mod lvis;
pub(crate) mod mask_pairs;
mod nearest;
mod outlined;
mod scores;
mod voc;
mod yolo;

pub use files::{IMAGE_FOLDERS, image_paths};
pub use gt_studio::legend_of;
pub use mask_pairs::{MaskPairs, images_by_key};
pub use nearest::nearest;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::model::{ClassId, ClassList, ContentKind, Key, Layout, RawLegend, Sample, ScoreKind};
use crate::pixels::mask_png::Level;
use crate::report::Report;
use crate::transform::Simplify;
use crate::tree::{Sink, Source, Written};
use crate::{Error, Limits, Result};

/// All formats, in the order of `prelabel formats`.
pub static FORMATS: &[&dyn Format] = &[
    &gt_studio::GtStudio,
    &label_map::LabelMaps,
    &scores::ScoreMaps,
    &coco::Coco,
    &coco_results::CocoResults,
    &lvis::Lvis,
    &labelme::LabelMe,
    &label_studio::LabelStudio,
    &instances::Instances,
    &coco_panoptic::CocoPanoptic,
    &voc::Voc,
    &cityscapes::Cityscapes,
    &yolo::Yolo,
];

/// What everybody may know about a format.
#[derive(Debug)]
pub struct Info {
    /// What users type.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// One line: what it is.
    pub title: &'static str,
    /// Layout, conventions and their source, for `prelabel formats NAME` and the generated page.
    pub about: &'static str,
    /// True if it can be read.
    pub reads: bool,
    /// True if it can be written.
    pub writes: bool,
    /// The file that holds all samples, for formats that put them into one.
    pub one_file: Option<&'static str>,
    /// What its samples hold.
    pub content: &'static [ContentKind],
    /// A command that shows it.
    pub example: &'static str,
}

/// How sure a format is that a tree is its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Detection {
    /// 0 (no) to 100.
    pub strength: u8,
    /// What was seen.
    pub why: String,
}

impl Detection {
    /// Not this format.
    pub const NO: Detection = Detection { strength: 0, why: String::new() };
}

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The class list that the user gave; without it, one beside the files counts.
    pub classes: Option<ClassList>,
    /// The legend that the user gave, for masks without one.
    pub legend: Option<RawLegend>,
    /// Bounds on untrusted input.
    pub limits: Limits,
    /// The order of axes of score maps.
    pub layout: Option<Layout>,
    /// What scores are.
    pub score_kind: Option<ScoreKind>,
    /// What unlabelled pixels become, where the class list does not say.
    pub unlabelled: Option<ClassId>,
}

/// How class IDs and objects are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Grey PNG of 8 or 16 bits.
    Png,
    /// NumPy array.
    Npy,
    /// Outlines of objects.
    Polygons,
    /// Run lengths of objects.
    Rle,
}

impl Encoding {
    /// What users type.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Png => "png",
            Encoding::Npy => "npy",
            Encoding::Polygons => "polygons",
            Encoding::Rle => "rle",
        }
    }
}

/// Members of a source's JSON that formats of the same family keep as they are: COCO's `info`, `licenses` and
/// `categories`.
pub type Members = BTreeMap<String, serde_json::Value>;

/// How to write.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// The class list, with a colour for each labelled class where the format has colours.
    pub classes: Option<ClassList>,
    /// How class IDs or objects are stored; without it, as the format does it best.
    pub encoding: Option<Encoding>,
    /// How much outlines may lose.
    pub simplify: Option<Simplify>,
    /// What the source says of itself.
    pub members: Members,
    /// Decode what was encoded, and compare.
    pub verify: bool,
    /// Only the sample's own file: no tables beside it.
    pub lone: bool,
    /// How much work goes into small masks.
    pub level: Level,
}

/// A layout of files that samples are kept in.
pub trait Format: Sync {
    /// What everybody may know about it.
    fn info(&self) -> &'static Info;

    /// The class IDs of labelled pixels that its files can hold.
    fn class_ids(&self) -> RangeInclusive<ClassId> {
        ClassId::MIN..=ClassId::MAX
    }

    /// Looks at names and at the beginnings of a few files.
    fn detect(&self, source: &dyn Source, limits: &Limits) -> Detection;

    /// Lists the samples of a tree; reads none.
    ///
    /// # Errors
    /// Nothing of this format is there; a table beside the samples is broken.
    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>>;

    /// Prepares to write samples into a tree; writes the tables that all samples share.
    ///
    /// # Errors
    /// The format cannot be written; the class list lacks something; the tree refuses.
    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        let _ = (sink, options);
        Err(Error::usage(format!("`{}` can only be read", self.info().name))
            .hint("`prelabel formats` lists what can be written"))
    }
}

/// The samples of a tree, by index: any thread may read any of them in any order.
pub trait Reader: Send + Sync {
    /// The class list that the tree gives or the user gave.
    fn classes(&self) -> Option<&ClassList>;

    /// What the source says of itself beside its samples.
    fn members(&self) -> Members {
        Members::new()
    }

    /// How many samples there are.
    fn len(&self) -> usize;

    /// True if there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key of a sample.
    ///
    /// # Errors
    /// The name of its file cannot be a key.
    fn key(&self, index: usize) -> Result<Key>;

    /// The file of a sample, for messages.
    fn file(&self, index: usize) -> String;

    /// Bytes that reading and writing a sample will take at most, as far as its header tells.
    fn memory(&self, index: usize) -> u64;

    /// Reads a sample.
    ///
    /// # Errors
    /// Its files are damaged, or cannot be read.
    fn read(&self, index: usize, report: &Report) -> Result<Sample>;
}

/// What some formats say of an object beside its class and its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// How sure a model is of it.
    Score,
    /// That it stands for a group of objects.
    Crowd,
    /// Its number among the objects of all images.
    Number,
}

/// Takes samples of any index from any thread.
pub trait Writer: Send + Sync {
    /// The kinds of content that it can hold, the best first.
    fn accepts(&self) -> &[ContentKind];

    /// What it writes of objects beside their classes and pixels; a conversion says what of the others is left out.
    fn keeps(&self) -> &[Detail] {
        &[]
    }

    /// Writes a sample.
    ///
    /// # Errors
    /// The format cannot hold it; a loss that was not allowed; the tree refuses.
    fn write(&self, sample: &Sample, report: &Report) -> Result<Written>;

    /// Writes what only all samples together give: the one file of a format that puts them all into it. Must be called
    /// at the end of a run that was not stopped. Says what became of that file, if there is one.
    ///
    /// # Errors
    /// The tree refuses.
    fn finish(&self) -> Result<Option<Written>> {
        Ok(None)
    }
}

/// The format of a name or an alias.
///
/// # Errors
/// No such format; the error proposes the nearest three.
pub fn find(name: &str) -> Result<&'static dyn Format> {
    let wanted = name.to_lowercase();
    let known =
        FORMATS.iter().find(|format| format.info().name == wanted || format.info().aliases.contains(&wanted.as_str()));
    known.copied().ok_or_else(|| {
        let names = FORMATS
            .iter()
            .flat_map(|format| std::iter::once(format.info().name).chain(format.info().aliases.iter().copied()));
        let near = nearest(&wanted, names, 3);
        Error::usage(format!("there is no format `{name}`"))
            .expected(format!(
                "one like {}",
                near.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ))
            .hint("`prelabel formats` lists them all")
    })
}

/// The format that is surest of a tree.
///
/// # Errors
/// None recognises it, or two are equally sure.
pub fn detect(source: &dyn Source, limits: &Limits) -> Result<(&'static dyn Format, Detection)> {
    let mut found: Vec<_> = FORMATS.iter().map(|format| (*format, format.detect(source, limits))).collect();
    found.retain(|(_, detection)| detection.strength > 0);
    found.sort_by_key(|(_, detection)| std::cmp::Reverse(detection.strength));
    match found.as_slice() {
        [] => Err(nothing_recognised(source)),
        [(one, first), (other, second), ..] if first.strength == second.strength => {
            Err(Error::usage("the input could be of two formats")
                .in_file(source.name())
                .found(format!("`{}` ({}) and `{}` ({})", one.info().name, first.why, other.info().name, second.why))
                .hint(format!("say which: `--from {}` or `--from {}`", one.info().name, other.info().name)))
        }
        [(format, detection), ..] => Ok((*format, detection.clone())),
    }
}

fn nothing_recognised(source: &dyn Source) -> Error {
    let paths = source.paths();
    let mut endings: BTreeMap<String, usize> = BTreeMap::new();
    for path in paths.iter() {
        let name = path.rsplit('/').next().unwrap_or(&path);
        *endings.entry(name.rfind('.').map_or("no extension", |dot| &name[dot..]).to_owned()).or_default() += 1;
    }
    let mut endings: Vec<_> = endings.into_iter().collect();
    endings.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let found = match endings.as_slice() {
        [] => "no files".to_owned(),
        some => some.iter().take(5).map(|(ending, count)| format!("{count} × {ending}")).collect::<Vec<_>>().join(", "),
    };
    Error::usage("nothing in the input is of a format that prelabel knows")
        .in_file(source.name())
        .found(found)
        .expected(
            "label maps (PNG, NPY, NPZ, TIFF, BMP), scores (NPY, NPZ), mask pairs, COCO or labelme (JSON), YOLO (TXT)",
        )
        .hint("check the path; `prelabel formats` shows what each format looks like, `--from FORMAT` names one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_unknown_ones_get_three_proposals() {
        let mut names: Vec<_> = FORMATS
            .iter()
            .flat_map(|format| std::iter::once(&format.info().name).chain(format.info().aliases))
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(find("NPY").is_ok());
        let error = find("gt-studoi").err().unwrap();
        assert!(error.to_string().contains("one like `gt-studio`"), "{error}");
    }
}
