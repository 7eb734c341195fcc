//! Checks results, then times all engines in turn within each repetition.

use anyhow::ensure;

use crate::engines::{Engine, Job};
use crate::rust_decoders;

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Repetitions.
    pub(crate) repetitions: usize,
    /// An engine's share of one, in seconds.
    pub(crate) slice: f64,
    /// Engines whose single job takes longer, in seconds, are measured in the first repetition only.
    pub(crate) slow: f64,
}

/// What one engine did.
pub(crate) struct Row {
    pub(crate) name: String,
    /// Length of what it made.
    pub(crate) bytes: usize,
    /// Seconds a job, by repetition.
    pub(crate) times: Vec<f64>,
}

/// What all engines did with one job.
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
    /// Those whose result was wrong, and how.
    pub(crate) disqualified: Vec<(String, String)>,
}

impl Table {
    pub(crate) fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}

/// How many times as fast `one` is as `other`: the median over the repetitions in which both ran.
pub(crate) fn ratio(one: &Row, other: &Row) -> f64 {
    median(one.times.iter().zip(&other.times).map(|(one, other)| other / one).collect())
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[odd / 2],
        even => (values[even / 2 - 1] + values[even / 2]) / 2.0,
    }
}

/// Runs a job on all engines.
pub(crate) fn run(job: &Job<'_>, engines: &mut [Box<dyn Engine>], effort: Effort) -> Table {
    let mut table = Table { rows: Vec::new(), disqualified: Vec::new() };
    let mut running: Vec<(usize, u32, bool)> = Vec::new();
    for (place, engine) in engines.iter_mut().enumerate() {
        // Wrong results are not timed at all; right ones warm caches up.
        let first = engine.result(job).and_then(|result| check(job, &result).map(|()| result.len()));
        match first.and_then(|bytes| Ok((bytes, engine.time(job, 1)?))) {
            Ok((bytes, seconds)) => {
                let rounds = (effort.slice / seconds.max(1e-9)).ceil().clamp(1.0, 10_000.0) as u32;
                running.push((place, rounds, seconds > effort.slow));
                table.rows.push(Row { name: engine.name().to_owned(), bytes, times: Vec::new() });
            }
            Err(error) => table.disqualified.push((engine.name().to_owned(), format!("{error:#}"))),
        }
    }
    for repetition in 0..effort.repetitions {
        for ((place, rounds, slow), row) in running.iter().zip(&mut table.rows) {
            if *slow && repetition > 0 {
                continue;
            }
            // An engine that was right just now and fails here is left with the times that it has.
            if let Ok(seconds) = engines[*place].time(job, *rounds) {
                row.times.push(seconds);
            }
        }
    }
    table
}

/// Accepts a PNG that decodes to the map's colours, or the map's class IDs.
fn check(job: &Job<'_>, result: &[u8]) -> anyhow::Result<()> {
    if job.png.is_some() {
        ensure!(result == job.map.labels, "it gives other class IDs");
        return Ok(());
    }
    let pixels = rust_decoders::png(result)?;
    let wrong = pixels.as_chunks::<4>().0.iter().zip(&job.map.labels);
    let wrong = wrong.filter(|(pixel, label)| **pixel != job.map.palette[usize::from(**label)]).count();
    ensure!(pixels.len() == job.map.labels.len() * 4 && wrong == 0, "{wrong} pixels are wrong");
    Ok(())
}
