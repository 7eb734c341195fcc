//! Checks results, then times all engines in turn within each repetition.

use crate::check;
use crate::engines::{Engine, Job};

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
        let first = engine.result(job);
        let first = first.and_then(|result| check::check(job, &result, engine.leeway()).map(|()| result.len()));
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

    use super::*;
    use crate::engines::{Rust, Task, boxed};
    use crate::maps::Map;
    use crate::ours;

    const EFFORT: Effort = Effort { repetitions: 3, slice: 0.0, slow: 1e9 };

    #[test]
    fn who_is_wrong_has_no_figure() {
        let map = Map::new(4, 2, vec![0, 1, 1, 255, 2, 2, 0, 0], 255).unwrap();
        let job = Job { id: "encode".to_owned(), map: &map, task: Task::Encode };
        let other = |job: &Job<'_>| {
            let mut labels = job.map.labels.clone();
            labels[3] = 1;
            (ours::ENCODERS[0].run)(&Job { id: String::new(), map: &Map::new(4, 2, labels, 255)?, task: Task::Encode })
        };
        let wide = |_: &Job<'_>| {
            let map = Map::new(8, 1, vec![0, 1, 1, 255, 2, 2, 0, 0], 255)?;
            (ours::ENCODERS[0].run)(&Job { id: String::new(), map: &map, task: Task::Encode })
        };
        let table = run(
            &job,
            &mut boxed(
                [
                    ours::ENCODERS[0],
                    Rust { name: "other pixels", run: other },
                    Rust { name: "other size", run: wide },
                    Rust { name: "no PNG", run: |_| Ok(b"nothing".to_vec()) },
                ]
                .iter(),
            ),
            EFFORT,
        );
        let names: Vec<&str> = table.disqualified.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["other pixels", "other size", "no PNG"]);
        assert_eq!(table.rows.len(), 1);
        assert_eq!(table.rows[0].times.len(), 3);

        let png = (ours::ENCODERS[0].run)(&job).unwrap();
        let job = Job { id: "decode".to_owned(), map: &map, task: Task::Decode(&png) };
        let zeros = Rust { name: "zeros", run: |job| Ok(vec![0; job.map.labels.len()]) };
        let table = run(&job, &mut boxed([ours::DECODERS[0], zeros].iter()), EFFORT);
        assert_eq!((table.rows.len(), table.disqualified[0].0.as_str()), (1, "zeros"));
    }

    #[test]
    fn ratios_are_taken_within_repetitions() {
        let row = |times: &[f64]| Row { name: String::new(), bytes: 0, times: times.to_vec() };
        // The machine is ten times as slow in the second repetition: for both.
        assert_eq!(ratio(&row(&[1.0, 10.0, 1.0]), &row(&[2.0, 20.0, 3.0])), 2.0);
        // A slow peer ran once only.
        assert_eq!(ratio(&row(&[1.0, 5.0, 9.0]), &row(&[4.0])), 4.0);
        assert!(ratio(&row(&[]), &row(&[])).is_nan());
    }
}
