//! Who is measured: Rust engines in this process, Python engines in one process each.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Instant;

use crate::maps::Map;
use crate::{ours, python, rust_decoders, rust_encoders};

/// One thing to do: encode a map, or decode a PNG of it.
pub(crate) struct Job<'a> {
    /// Unique in a run: Python engines keep what they have loaded by it.
    pub(crate) id: String,
    pub(crate) map: &'a Map,
    /// Decode this, instead of encoding the map.
    pub(crate) png: Option<&'a [u8]>,
}

/// Something that does jobs.
pub(crate) trait Engine {
    fn name(&self) -> &str;

    /// What it makes of a job: a PNG, or class IDs.
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
        let start = Instant::now();
        for _ in 0..rounds {
            black_box((self.run)(black_box(job))?);
        }
        Ok(start.elapsed().as_secs_f64() / f64::from(rounds))
    }
}

/// Everybody who encodes; ours come first.
pub(crate) fn encoders(peers: Option<&python::Peers>) -> Vec<Box<dyn Engine>> {
    boxed(ours::ENCODERS.iter().chain(rust_encoders::ALL), peers, python::ENCODERS)
}

/// Everybody who decodes; ours comes first.
pub(crate) fn decoders(peers: Option<&python::Peers>) -> Vec<Box<dyn Engine>> {
    boxed(ours::DECODERS.iter().chain(rust_decoders::ALL), peers, python::DECODERS)
}

fn boxed<'a>(
    rust: impl Iterator<Item = &'a Rust>,
    peers: Option<&python::Peers>,
    names: &'static [&'static str],
) -> Vec<Box<dyn Engine>> {
    let mut engines: Vec<Box<dyn Engine>> = Vec::new();
    engines.extend(rust.map(|engine| Box::new(*engine) as Box<dyn Engine>));
    let Some(peers) = peers else { return engines };
    for &name in names {
        match peers.start(name) {
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
