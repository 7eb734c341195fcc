//! What is measured: the user's own samples, or maps made from a fixed seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prelabel::convert::Adapter;
use prelabel::formats::{ReadOptions, Reader, find};
use prelabel::model::{ClassId, Content, ContentKind, Grid, Rgba};
use prelabel::pixels::npy;
use prelabel::report::Report;
use prelabel::synthetic::{self, Kind};
use prelabel::tree::MemorySource;
use prelabel::{Error, ErrorKind, Result, classes};

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

/// The number of sets that [`each`] will make.
pub(super) fn count(args: &Bench) -> usize {
    if args.inputs.is_empty() { MADE.len() } else { 1 }
}

/// Makes set after set, so that only one is in memory.
pub(super) fn each(args: &Bench, common: &Common, stop: &AtomicBool) -> impl Iterator<Item = Result<Set>> {
    (0..count(args)).map(move |index| match args.inputs.is_empty() {
        true => made(index, stop),
        false => given(args, common, stop),
    })
}

fn made(index: usize, stop: &AtomicBool) -> Result<Set> {
    let (name, kind, width, height) = MADE[index];
    let map = synthetic::label_map(kind, width, height, SEED)?;
    let files = BTreeMap::from([("map.npy".to_owned(), npy::encode_labels(&map)?)]);
    let source = Arc::new(MemorySource::new("memory", files));
    let reader = find("label-map")?.reader(source, ReadOptions::default(), &Report::new(true))?;
    set(name.to_owned(), reader, usize::MAX, u64::MAX, stop)
}

fn given(args: &Bench, common: &Common, stop: &AtomicBool) -> Result<Set> {
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
    // A cell has four bytes at most, and a quarter of the budget is for them: the rest is for files and encoders.
    let pixels = (limits.memory_bytes / 16).min(MOST_PIXELS);
    set(opened.source.name().to_owned(), opened.reader, args.samples, pixels, stop)
}

/// Enough for a steady figure; more would only take time to be compared.
const MOST_PIXELS: u64 = 1 << 28;

/// At most `most` samples, evenly spread, until they have so many pixels.
fn set(name: String, reader: Box<dyn Reader>, most: usize, pixels: u64, stop: &AtomicBool) -> Result<Set> {
    let report = Report::new(true);
    let step = reader.len().div_ceil(most).max(1);
    let plain = Adapter::default();
    let (mut contents, mut held, mut ids) = (Vec::new(), 0, BTreeSet::new());
    for index in (0..reader.len()).step_by(step) {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Interrupted, "interrupted"));
        }
        let sample = reader.read(index, &report).map_err(|error| error.in_file(reader.file(index)))?;
        if reader.classes().is_none() {
            ids.extend(plain.ids(&sample)?.into_keys());
        }
        let content = plain.adapt(sample, &[ContentKind::LabelMap, ContentKind::Segments], &report)?.content;
        held += size(&content);
        contents.push((index, content));
        if held >= pixels {
            break;
        }
    }
    let list = match reader.classes() {
        Some(list) => list.clone(),
        None => classes::named_by_id(ids)?,
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
        Content::Scores(_) | Content::Instances(_) => Err(Error::usage("scores and objects must become a map first")),
    });
    let samples = samples.collect::<Result<Vec<_>>>()?;
    let adapter = Adapter { classes: Some(list), ..Adapter::default() };
    Ok(Set { name, reader, adapter, samples })
}

fn size(content: &Content) -> u64 {
    let (width, height) = content.size();
    u64::from(width) * u64::from(height)
}

/// All codes up to the highest that occurs.
fn codes(grid: &Grid) -> std::ops::RangeInclusive<u32> {
    0..=grid.occurrences().last().map_or(0, |found| found.code)
}
