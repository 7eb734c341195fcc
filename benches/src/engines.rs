//! Who is measured: Rust engines in this process, Python engines in one process each.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Instant;

use crate::maps::Map;
use crate::shapes::Scene;
use crate::{ours, python, rust_decoders, rust_encoders};

/// One thing to do.
pub(crate) struct Job<'a> {
    /// Unique in a run: Python engines keep what they have loaded by it.
    pub(crate) id: String,
    /// What goes in or is to come out.
    pub(crate) map: &'a Map,
    pub(crate) task: Task<'a>,
}

/// What is done. Where shapes are concerned, class 0 is what has none.
#[derive(Clone, Copy)]
pub(crate) enum Task<'a> {
    /// The map to a PNG.
    Encode,
    /// This PNG to the map.
    Decode(&'a [u8]),
    /// Polygons, painted in order, to the map.
    Fill(&'a Scene),
    /// The map to COCO's strings: JSON of pairs of class and string.
    EncodeRle,
    /// COCO's strings to the map.
    DecodeRle(&'a [(u8, String)]),
    /// The map to polygons, and these painted to the map again before they are looked at.
    Trace,
}

impl<'a> Job<'a> {
    /// The file to decode.
    pub(crate) fn png(&self) -> &'a [u8] {
        match self.task {
            Task::Decode(png) => png,
            _ => &[],
        }
    }
}

/// Something that does jobs.
pub(crate) trait Engine {
    fn name(&self) -> &str;

    /// The share of pixels by which it may differ, because its rule for the pixels of a polygon is another.
    fn leeway(&self) -> f64 {
        0.0
    }

    /// What it makes of a job, as bytes.
    fn result(&mut self, job: &Job<'_>) -> anyhow::Result<Vec<u8>>;

    /// Seconds for a job, as the mean of so many in a row.
    fn time(&mut self, job: &Job<'_>, rounds: u32) -> anyhow::Result<f64>;
}

/// A function of this process.
#[derive(Clone, Copy)]
pub(crate) struct Rust {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Job<'_>) -> anyhow::Result<Vec<u8>>,
}

impl Engine for Rust {
    fn name(&self) -> &str {
        self.name
    }

    fn result(&mut self, job: &Job<'_>) -> anyhow::Result<Vec<u8>> {
        (self.run)(job)
    }

    fn time(&mut self, job: &Job<'_>, rounds: u32) -> anyhow::Result<f64> {
        time(rounds, || (self.run)(black_box(job)))
    }
}

/// Turns what comes of a job into bytes, outside the time that it takes.
type Give<T> = fn(&T, &Job<'_>) -> anyhow::Result<Vec<u8>>;

/// A function of this process whose results are not bytes.
pub(crate) struct Making<T> {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Job<'_>) -> anyhow::Result<T>,
    pub(crate) give: Give<T>,
}

impl<T> Engine for Making<T> {
    fn name(&self) -> &str {
        self.name
    }

    fn result(&mut self, job: &Job<'_>) -> anyhow::Result<Vec<u8>> {
        (self.give)(&(self.run)(job)?, job)
    }

    fn time(&mut self, job: &Job<'_>, rounds: u32) -> anyhow::Result<f64> {
        time(rounds, || (self.run)(black_box(job)))
    }
}

fn time<T>(rounds: u32, run: impl Fn() -> anyhow::Result<T>) -> anyhow::Result<f64> {
    let start = Instant::now();
    for _ in 0..rounds {
        black_box(run()?);
    }
    Ok(start.elapsed().as_secs_f64() / f64::from(rounds))
}

/// Everybody who encodes; ours come first.
pub(crate) fn encoders(peers: Option<&python::Peers>) -> Vec<Box<dyn Engine>> {
    with_peers(boxed(ours::ENCODERS.iter().chain(rust_encoders::ALL)), peers, "codec.py", python::ENCODERS)
}

/// Everybody who decodes; ours comes first.
pub(crate) fn decoders(peers: Option<&python::Peers>) -> Vec<Box<dyn Engine>> {
    with_peers(boxed(ours::DECODERS.iter().chain(rust_decoders::ALL)), peers, "codec.py", python::DECODERS)
}

pub(crate) fn boxed<'a>(rust: impl Iterator<Item = &'a Rust>) -> Vec<Box<dyn Engine>> {
    rust.map(|engine| Box::new(*engine) as Box<dyn Engine>).collect()
}

/// Adds those engines in Python that start.
pub(crate) fn with_peers(
    mut engines: Vec<Box<dyn Engine>>,
    peers: Option<&python::Peers>,
    script: &str,
    names: &'static [&'static str],
) -> Vec<Box<dyn Engine>> {
    let Some(peers) = peers else { return engines };
    for &name in names {
        match peers.start(script, name) {
            Ok(engine) => engines.push(Box::new(engine)),
            Err(error) => println!("left out: {name}: {error:#}"),
        }
    }
    engines
}

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Calls `encode` with a map's pixels as colours.
pub(crate) fn with_rgba(map: &Map, encode: impl FnOnce(&[u8]) -> anyhow::Result<Vec<u8>>) -> anyhow::Result<Vec<u8>> {
    BUFFER.with_borrow_mut(|buffer| encode(map.rgba(buffer)))
}
