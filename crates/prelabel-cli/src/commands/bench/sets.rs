//! What is measured: the user's own samples, or maps made from a fixed seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use prelabel::convert::Adapter;
use prelabel::formats::{ReadOptions, Reader, find};
use prelabel::model::{ClassId, Content, ContentKind, Grid, Rgba};
use prelabel::pixels::npy;
use prelabel::report::Report;
use prelabel::synthetic::{self, Kind};
use prelabel::tree::MemorySource;
use prelabel::{Error, Limits, Result, classes};

use crate::cli::{Bench, Classes, Common};
use crate::input;

/// Samples that are measured together.
pub(super) struct Set {
    pub(super) name: String,
    pub(super) reader: Box<dyn Reader>,
    pub(super) adapter: Adapter,
    /// The samples of the reader that are measured, already decoded.
    pub(super) samples: Vec<Sample>,
}

/// A sample as the encoder takes it.
pub(super) struct Sample {
    pub(super) index: usize,
    pub(super) grid: Grid,
    pub(super) colors: Vec<Rgba>,
}

/// What is measured without an input.
const MADE: &[(&str, Kind, u32, u32)] = &[
    ("scene 2048 × 1024", Kind::Scene, 2048, 1024),
    ("ragged 2048 × 1024", Kind::Ragged, 2048, 1024),
    ("scene 640 × 480", Kind::Scene, 640, 480),
    ("ragged 640 × 480", Kind::Ragged, 640, 480),
    ("scene 4096 × 3072", Kind::Scene, 4096, 3072),
    ("noise 2048 × 1024", Kind::Noise, 2048, 1024),
];

const SEED: u64 = 20_260_101;

/// Everything decoded here is ours, or was accepted before.
pub(super) fn no_limits() -> Limits {
    Limits { max_pixels: u64::MAX, ..Limits::default() }
}

/// The number of sets that [`each`] will make.
pub(super) fn count(args: &Bench) -> usize {
    if args.inputs.is_empty() { MADE.len() } else { 1 }
}

/// Makes set after set, so that only one is in memory.
pub(super) fn each(args: &Bench, common: &Common) -> impl Iterator<Item = Result<Set>> {
    (0..count(args)).map(move |index| if args.inputs.is_empty() { made(index) } else { given(args, common) })
}

fn made(index: usize) -> Result<Set> {
    let (name, kind, width, height) = MADE[index];
    let map = synthetic::label_map(kind, width, height, SEED)?;
    let files = BTreeMap::from([("map.npy".to_owned(), npy::encode_labels(&map)?)]);
    let source = Arc::new(MemorySource::new("memory", files));
    let reader = find("label-map")?.reader(source, ReadOptions::default(), &Report::new(true))?;
    set(name.to_owned(), reader, usize::MAX, u64::MAX)
}

fn given(args: &Bench, common: &Common) -> Result<Set> {
    let limits = input::limits(common);
    let options = crate::cli::Input {
        inputs: args.inputs.clone(),
        from: args.from.clone(),
        classes: args.classes.clone(),
        legend: args.legend.clone(),
        layout: None,
        scores: None,
    };
    let opened = input::open(&options, None::<&Classes>, &limits)?;
    // A quarter of the budget: encoder and decoder need room beside the samples.
    set(opened.source.name().to_owned(), opened.reader, args.samples, limits.memory_bytes / 4)
}

/// At most `most` samples, evenly spread, as long as they fit into `bytes`.
fn set(name: String, reader: Box<dyn Reader>, most: usize, bytes: u64) -> Result<Set> {
    let report = Report::new(true);
    let step = reader.len().div_ceil(most.max(1)).max(1);
    let plain = Adapter::default();
    let (mut contents, mut held) = (Vec::new(), 0);
    for index in (0..reader.len()).step_by(step) {
        let sample = reader.read(index, &report).map_err(|error| error.in_file(reader.file(index)))?;
        let content = plain.adapt(sample, &[ContentKind::LabelMap, ContentKind::Segments], &report)?.content;
        held += size(&content) * 4;
        contents.push((index, content));
        if held > bytes {
            break;
        }
    }
    let list = match reader.classes() {
        Some(list) => list.clone(),
        None => {
            let ids: BTreeSet<ClassId> = contents.iter().flat_map(|(_, content)| ids(content)).collect();
            classes::named_by_id(ids)?
        }
    };
    let list = classes::with_proposed_colors(list).list;
    let color = |id: ClassId| {
        let class = list.get(id).filter(|class| !class.is_void() && list.background() != Some(id));
        class.and_then(|class| class.color).map_or(Rgba::UNLABELLED, |color| color.opaque())
    };
    let samples = contents.into_iter().map(|(index, content)| match content {
        Content::LabelMap(map) => {
            let colors = codes(map.grid()).map(|code| color(map.id_of(code))).collect();
            Ok(Sample { index, grid: map.grid().clone(), colors })
        }
        Content::Segments(map) => {
            // Which colours objects have is of no matter here, but that they differ is.
            let other = |code: u32| Rgba([(code >> 16) as u8, (code >> 8) as u8, code as u8, 255]);
            let colors = codes(map.grid()).map(|code| other(code + 1)).collect();
            Ok(Sample { index, grid: map.grid().clone(), colors })
        }
        Content::Scores(_) => Err(Error::usage("scores must become classes first")),
    });
    let samples = samples.collect::<Result<Vec<_>>>()?;
    let adapter = Adapter { classes: Some(list), min_confidence: None };
    Ok(Set { name, reader, adapter, samples })
}

fn size(content: &Content) -> u64 {
    let (width, height) = content.size();
    u64::from(width) * u64::from(height)
}

fn ids(content: &Content) -> Vec<ClassId> {
    match content {
        Content::LabelMap(map) => map.occurrences().into_iter().map(|(id, _)| id).collect(),
        Content::Segments(map) => map.segments().iter().map(|segment| segment.class).collect(),
        Content::Scores(_) => Vec::new(),
    }
}

/// All codes up to the highest that occurs.
fn codes(grid: &Grid) -> std::ops::RangeInclusive<u32> {
    0..=grid.occurrences().last().map_or(0, |found| found.code)
}
