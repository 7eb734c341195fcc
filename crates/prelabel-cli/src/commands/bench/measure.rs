//! Times tasks: one core, then all of them.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prelabel::formats::{WriteOptions, Writer, find};
use prelabel::model::{Grid, Mask, Rgba};
use prelabel::report::Report;
use prelabel::tree::{Sink, Written};
use prelabel::{Error, ErrorKind, Result};
use rayon::ThreadPool;
use rayon::prelude::*;

use super::codec::{self, Level};
use super::sets::{Sample, Set};

/// One line of the table.
pub(super) struct Row {
    pub(super) task: &'static str,
    pub(super) level: Option<&'static str>,
    /// Bytes of all samples: of the PNGs, or of everything that a conversion writes.
    pub(super) bytes: u64,
    /// Megapixels a second on one core, and on all.
    pub(super) one: f64,
    pub(super) all: f64,
}

/// How to measure.
pub(super) struct Meter<'a> {
    one: ThreadPool,
    all: ThreadPool,
    /// Each figure takes this long, and one sample longer at most.
    time: Duration,
    interrupted: &'a AtomicBool,
}

impl<'a> Meter<'a> {
    pub(super) fn new(time: Duration, interrupted: &'a AtomicBool) -> Result<Self> {
        let pool = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.map_err(|error| Error::new(ErrorKind::Output, "no threads can be started").source(error))
        };
        Ok(Meter { one: pool(1)?, all: pool(rayon::current_num_threads())?, time, interrupted })
    }

    /// Measures every task on a set. What comes out is compared with what was meant before it is timed.
    pub(super) fn rows(&self, set: &Set) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut files = Vec::new();
        for level in codec::LEVELS {
            let pngs: Vec<Vec<u8>> =
                set.samples.par_iter().map(|sample| self.encode(level, sample)).collect::<Result<_>>()?;
            let bytes = pngs.iter().map(|png| png.len() as u64).sum();
            let encode = |at: usize| (level.encode)(&set.samples[at].grid, &set.samples[at].colors).map(drop);
            rows.push(self.row(set, "encode", Some(level.name), bytes, &encode)?);
            if level.name == codec::DEFAULT {
                files = pngs;
            }
        }
        let bytes = files.iter().map(|png| png.len() as u64).sum();
        rows.push(self.row(set, "decode", None, bytes, &|at| codec::decode(&files[at]).map(drop))?);

        let sink = Arc::new(Counted::default());
        let options = WriteOptions { classes: set.adapter.classes.clone(), verify: true, ..WriteOptions::default() };
        let writer = find("gt-studio")?.writer(sink.clone(), options)?;
        set.samples.par_iter().try_for_each(|sample| self.convert(set, &*writer, sample))?;
        let bytes = sink.0.load(Ordering::Relaxed);
        rows.push(self.row(set, "convert", None, bytes, &|at| self.convert(set, &*writer, &set.samples[at]))?);
        Ok(rows)
    }

    fn row(
        &self,
        set: &Set,
        task: &'static str,
        level: Option<&'static str>,
        bytes: u64,
        run: &(dyn Fn(usize) -> Result<()> + Sync),
    ) -> Result<Row> {
        let (one, all) = (self.rate(&self.one, set, run)?, self.rate(&self.all, set, run)?);
        Ok(Row { task, level, bytes, one, all })
    }

    /// Megapixels a second. Each thread takes the next sample, round and round, until the time is over.
    fn rate(&self, pool: &ThreadPool, set: &Set, run: &(dyn Fn(usize) -> Result<()> + Sync)) -> Result<f64> {
        let (next, pixels) = (AtomicUsize::new(0), AtomicU64::new(0));
        let failed = Mutex::new(None);
        let start = Instant::now();
        pool.broadcast(|_| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed) % set.samples.len();
                if let Err(error) = self.go_on().and_then(|()| run(at)) {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return;
                }
                pixels.fetch_add(set.samples[at].grid.pixels(), Ordering::Relaxed);
                if start.elapsed() >= self.time {
                    return;
                }
            }
        });
        let seconds = start.elapsed().as_secs_f64().max(1e-9);
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(pixels.into_inner() as f64 / 1e6 / seconds),
        }
    }

    /// Encodes, and makes sure that the same colours come back.
    fn encode(&self, level: &Level, sample: &Sample) -> Result<Vec<u8>> {
        self.go_on()?;
        let png = (level.encode)(&sample.grid, &sample.colors)?;
        if !same(&codec::decode(&png)?, &sample.grid, &sample.colors) {
            return Err(Error::invalid(format!("the mask encoded with `{}` has other pixels", level.name))
                .hint("this is a bug of prelabel: please report it with the input"));
        }
        Ok(png)
    }

    /// The way of a whole conversion, but into memory: read, decode, adapt, encode, verify.
    fn convert(&self, set: &Set, writer: &dyn Writer, sample: &Sample) -> Result<()> {
        self.go_on()?;
        let report = Report::new(true);
        let read = set.reader.read(sample.index, &report)?;
        let adapted = set.adapter.adapt(read, writer.accepts(), &report)?;
        writer.write(&adapted, &report).map(drop)
    }

    fn go_on(&self) -> Result<()> {
        match self.interrupted.load(Ordering::Relaxed) {
            true => Err(Error::new(ErrorKind::Interrupted, "interrupted")),
            false => Ok(()),
        }
    }
}

/// Whether a mask has these colours in each pixel.
fn same(mask: &Mask, grid: &Grid, colors: &[Rgba]) -> bool {
    let color = |grid: &Grid, colors: &[Rgba], x, y| colors.get(grid.get(x, y)? as usize).copied();
    let (width, height) = grid.size();
    mask.size() == (width, height)
        && (0..height).all(|y| {
            (0..width).all(|x| {
                let wanted = color(grid, colors, x, y);
                wanted.is_some() && color(mask.grid(), mask.colors(), x, y) == wanted
            })
        })
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
