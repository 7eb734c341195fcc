//! Times tasks: one core, then all of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prelabel::formats::{WriteOptions, Writer, find};
use prelabel::report::Report;
use prelabel::tree::{Sink, Written};
use prelabel::{Error, Result};
use rayon::prelude::*;

use super::codec;
use super::sets::{Sample, Set};

/// One line of the table.
pub(super) struct Row {
    pub(super) task: &'static str,
    pub(super) level: Option<&'static str>,
    /// Bytes that come out for all samples.
    pub(super) bytes: u64,
    /// Megapixels a second on one core, and on all.
    pub(super) one: f64,
    pub(super) all: f64,
}

/// Measures every task on a set. Each result is compared with what was meant before it is timed.
pub(super) fn rows(set: &Set, least: Duration) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for level in codec::LEVELS.iter().copied() {
        let bytes = set.samples.iter().map(|sample| verified(level, sample)).sum::<Result<u64>>()?;
        let (one, all) =
            both(set, least, &|sample| codec::encode(level, &sample.grid, &sample.colors).map(|png| png.len()))?;
        rows.push(Row { task: "encode", level: Some(level), bytes, one, all });
    }
    let encode = |sample: &Sample| codec::encode(codec::DEFAULT, &sample.grid, &sample.colors);
    let pngs = set.samples.iter().map(encode).collect::<Result<Vec<_>>>()?;
    let place = |sample: &Sample| set.samples.iter().position(|other| other.index == sample.index).unwrap_or_default();
    let decode = |sample: &Sample| codec::decode(&pngs[place(sample)]).map(|mask| mask.colors().len());
    let (one, all) = both(set, least, &decode)?;
    let bytes = set.samples.iter().map(|sample| sample.grid.pixels()).sum();
    rows.push(Row { task: "decode", level: None, bytes, one, all });

    let sink = Arc::new(Counted::default());
    let options = WriteOptions { classes: set.adapter.classes.clone(), verify: true, ..WriteOptions::default() };
    let writer = find("gt-studio")?.writer(sink.clone(), options)?;
    sink.0.store(0, Ordering::Relaxed);
    for sample in &set.samples {
        convert(set, &*writer, sample)?;
    }
    let bytes = sink.0.load(Ordering::Relaxed);
    let (one, all) = both(set, least, &|sample| convert(set, &*writer, sample))?;
    rows.push(Row { task: "convert", level: None, bytes, one, all });
    Ok(rows)
}

/// The way of a whole conversion, but into memory: read, decode, adapt, encode, verify.
fn convert(set: &Set, writer: &dyn Writer, sample: &Sample) -> Result<usize> {
    let report = Report::new(true);
    let read = set.reader.read(sample.index, &report)?;
    let adapted = set.adapter.adapt(read, writer.accepts(), &report)?;
    writer.write(&adapted, &report).map(|_| 1)
}

/// The length of an encoded sample that decodes to the same colours.
fn verified(level: &str, sample: &Sample) -> Result<u64> {
    let png = codec::encode(level, &sample.grid, &sample.colors)?;
    let mask = codec::decode(&png)?;
    let (width, height) = sample.grid.size();
    let color = |grid: &prelabel::model::Grid, colors: &[prelabel::model::Rgba], x, y| {
        grid.get(x, y).and_then(|code| colors.get(code as usize).copied())
    };
    let same =
        |(x, y): (u32, u32)| color(mask.grid(), mask.colors(), x, y) == color(&sample.grid, &sample.colors, x, y);
    let all = (0..height).into_par_iter().all(|y| (0..width).all(|x| same((x, y))));
    if mask.size() != (width, height) || !all {
        return Err(Error::invalid(format!("the mask encoded with `{level}` does not decode to the same pixels"))
            .hint("this is a bug of prelabel: please report it with the input"));
    }
    Ok(png.len() as u64)
}

/// Megapixels a second on one core, and on all cores of the current pool.
fn both(set: &Set, least: Duration, task: &(dyn Fn(&Sample) -> Result<usize> + Sync)) -> Result<(f64, f64)> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool =
        pool.map_err(|error| Error::new(prelabel::ErrorKind::Output, "no thread can be started").source(error))?;
    let pixels: u64 = set.samples.iter().map(|sample| sample.grid.pixels()).sum();
    let one = median(least, &|| {
        pool.install(|| {
            set.samples.iter().try_for_each(|sample| {
                std::hint::black_box(task(sample)?);
                Ok(())
            })
        })
    })?;
    // Enough items for all threads, however few samples there are.
    let rounds = (rayon::current_num_threads() * 4).div_ceil(set.samples.len().max(1));
    let failed = Mutex::new(None);
    let all = median(least, &|| {
        (0..rounds * set.samples.len()).into_par_iter().for_each(|item| {
            match set.samples.get(item % set.samples.len()).map(task) {
                Some(Err(error)) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
                out => {
                    std::hint::black_box(&out);
                }
            }
        });
        failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    })?;
    let rate = |pixels: u64, time: Duration| pixels as f64 / 1e6 / time.as_secs_f64().max(1e-9);
    Ok((rate(pixels, one), rate(pixels * rounds as u64, all)))
}

/// The median of at least one pass, and of as many as fit into `least`.
fn median(least: Duration, pass: &(dyn Fn() -> Result<()> + Sync)) -> Result<Duration> {
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.is_empty() || start.elapsed() < least {
        let one = Instant::now();
        pass()?;
        times.push(one.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// Counts bytes and forgets them.
#[derive(Default)]
struct Counted(AtomicU64);

impl Sink for Counted {
    fn name(&self) -> &str {
        "memory"
    }

    fn write(&self, _path: &str, bytes: &[u8]) -> Result<Written> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(Written::New)
    }

    fn finish(&self) -> Result<()> {
        Ok(())
    }
}
