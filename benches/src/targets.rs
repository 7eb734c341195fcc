//! The project's targets as a table, and whether a run reached them.

use serde_json::{Value, json};

use crate::maps::Group::{self, Big, BigRagged, Noise, Ragged, Real, Scene};
use crate::measure::{Row, Table, ratio};

/// A target: what ours is to reach against the best of some peers.
struct Target {
    task: &'static str,
    groups: &'static [Group],
    ours: &'static str,
    peers: Best,
    wanted: Wanted,
}

/// Which of the peers counts.
#[derive(Clone, Copy)]
enum Best {
    Fastest(&'static [&'static str]),
    Smallest(&'static [&'static str]),
}

#[derive(Clone, Copy)]
enum Wanted {
    /// At least so many times as fast.
    Speed(f64),
    /// At most so many times as large.
    Bytes(f64),
}

use Best::{Fastest, Smallest};
use Wanted::{Bytes, Speed};

const ALL: &[Group] = &[Scene, Big, Ragged, BigRagged, Real, Noise];
const NOT_NOISE: &[Group] = &[Scene, Big, Ragged, BigRagged, Real];
/// Real maps, small ones, ragged ones.
const BUSY: &[Group] = &[Ragged, BigRagged, Real];
const TWO_MP: &[Group] = &[Scene, Ragged, Real];
const TWELVE_MP: &[Group] = &[Big, BigRagged];
const PILLOW: &[&str] = &["Pillow default"];
const OPENCV: &[&str] = &["OpenCV default"];
const PNG_FASTEST: &[&str] = &["png Fastest"];
const LIBDEFLATE: &[&str] = &["libdeflate 12 None", "libdeflate 12 Up"];
const PNG_DECODER: &[&str] = &["png + run cache"];
const PYTHON: &[&str] = &["Pillow + table", "OpenCV + table", "imageio + table"];

/// Engines that targets name and nobody provides yet are told as not measured.
const TARGETS: &[Target] = &[
    encode(NOT_NOISE, "ours default", Smallest(PILLOW), Bytes(0.90)),
    encode(BUSY, "ours default", Fastest(PNG_FASTEST), Speed(1.2)),
    encode(&[Scene], "ours default", Fastest(PNG_FASTEST), Speed(2.5)),
    encode(&[Big], "ours default", Fastest(PNG_FASTEST), Speed(5.0)),
    encode(NOT_NOISE, "ours default", Fastest(OPENCV), Speed(8.0)),
    encode(NOT_NOISE, "ours default", Fastest(PILLOW), Speed(30.0)),
    encode(NOT_NOISE, "ours fast", Smallest(PILLOW), Bytes(1.05)),
    encode(BUSY, "ours fast", Fastest(PNG_FASTEST), Speed(1.6)),
    encode(&[Scene], "ours fast", Fastest(PNG_FASTEST), Speed(3.0)),
    encode(&[Big], "ours fast", Fastest(PNG_FASTEST), Speed(5.5)),
    encode(NOT_NOISE, "ours small", Smallest(LIBDEFLATE), Bytes(1.05)),
    encode(NOT_NOISE, "ours small", Smallest(LIBDEFLATE), Speed(20.0)),
    encode(&[Noise], "ours default", Fastest(&["png Fast"]), Speed(1.0)),
    encode(&[Noise], "ours default", Smallest(PILLOW), Bytes(1.25)),
    encode(&[Noise], "ours fast", Fastest(&["png Fast"]), Speed(1.0)),
    encode(&[Noise], "ours fast", Smallest(PILLOW), Bytes(1.25)),
    decode("decode ours default", TWO_MP, PNG_DECODER, 1.9),
    decode("decode ours default", TWELVE_MP, PNG_DECODER, 5.0),
    decode("decode Pillow default", &[Scene, Big], PNG_DECODER, 3.0),
    decode("decode Pillow default", BUSY, PNG_DECODER, 2.5),
    decode("decode OpenCV default", NOT_NOISE, PNG_DECODER, 1.5),
    decode("decode ours default", &[Noise], PNG_DECODER, 1.0),
    decode("decode Pillow default", &[Noise], PNG_DECODER, 1.0),
    decode("decode OpenCV default", &[Noise], PNG_DECODER, 1.0),
    decode("decode ours default", ALL, PYTHON, 7.0),
    decode("decode Pillow default", ALL, PYTHON, 7.0),
    decode("decode OpenCV default", ALL, PYTHON, 7.0),
];

const fn encode(groups: &'static [Group], ours: &'static str, peers: Best, wanted: Wanted) -> Target {
    Target { task: "encode", groups, ours, peers, wanted }
}

const fn decode(
    task: &'static str,
    groups: &'static [Group],
    peers: &'static [&'static str],
    times_as_fast: f64,
) -> Target {
    Target { task, groups, ours: "ours", peers: Fastest(peers), wanted: Speed(times_as_fast) }
}

/// What came of the targets that a run looked at.
#[derive(Default)]
pub(crate) struct Verdicts {
    lines: Vec<Line>,
}

struct Line {
    what: String,
    found: Option<f64>,
    wanted: Wanted,
}

impl Line {
    fn reached(&self) -> Option<bool> {
        self.found.map(|found| match self.wanted {
            Speed(least) => found >= least,
            Bytes(most) => found <= most,
        })
    }
}

impl Verdicts {
    /// At least so many times as fast.
    pub(crate) fn at_least(&mut self, what: &str, found: Option<f64>, wanted: f64) {
        self.lines.push(Line { what: what.to_owned(), found, wanted: Speed(wanted) });
    }

    /// At most so many times as much.
    pub(crate) fn at_most(&mut self, what: &str, found: Option<f64>, wanted: f64) {
        self.lines.push(Line { what: what.to_owned(), found, wanted: Bytes(wanted) });
    }

    /// Judges a table by all targets for this task and group.
    pub(crate) fn judge(&mut self, task: &str, input: &str, group: Group, table: &Table) {
        for target in TARGETS.iter().filter(|target| target.task == task && target.groups.contains(&group)) {
            let (names, peer) = match target.peers {
                Fastest(names) => (names, fastest(table, names)),
                Smallest(names) => (names, found(table, names).min_by_key(|row| row.bytes)),
            };
            let peer_name = peer.map_or_else(|| names.join(" or "), |row| row.name.clone());
            let figure = table.row(target.ours).zip(peer).map(|(ours, peer)| match target.wanted {
                Speed(_) => ratio(ours, peer),
                Bytes(_) => ours.bytes as f64 / peer.bytes as f64,
            });
            let what = format!("{task} {input}: {} against {peer_name}", target.ours);
            let found = figure.filter(|figure| figure.is_finite());
            self.lines.push(Line { what, found, wanted: target.wanted });
        }
    }

    pub(crate) fn print(&self) {
        println!("\nTargets");
        for line in &self.lines {
            let verdict = match line.reached() {
                Some(true) => "reached",
                Some(false) => "MISSED",
                None => "not measured",
            };
            let found = line.found.map_or_else(|| "-".to_owned(), |found| format!("{found:.2} x"));
            let wanted = match line.wanted {
                Speed(least) => format!("at least {least} x as fast"),
                Bytes(most) => format!("at most {most} x as much"),
            };
            println!("  {verdict:12} {}: {found}, {wanted}", line.what);
        }
        let count = |verdict: Option<bool>| self.lines.iter().filter(|line| line.reached() == verdict).count();
        println!("{} reached, {} missed, {} not measured", count(Some(true)), count(Some(false)), count(None));
    }

    pub(crate) fn json(&self) -> Vec<Value> {
        let object = |line: &Line| {
            let (measure, wanted) = match line.wanted {
                Speed(least) => ("at least", least),
                Bytes(most) => ("at most", most),
            };
            json!({ "target": line.what, "found": line.found, measure: wanted, "reached": line.reached() })
        };
        self.lines.iter().map(object).collect()
    }
}

fn found<'a>(table: &'a Table, names: &'a [&str]) -> impl Iterator<Item = &'a Row> {
    names.iter().filter_map(|name| table.row(name))
}

fn fastest<'a>(table: &'a Table, names: &'a [&str]) -> Option<&'a Row> {
    let first = found(table, names).next()?;
    found(table, names).min_by(|one, other| ratio(other, first).total_cmp(&ratio(one, first)))
}
