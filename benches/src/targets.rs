//! The project's targets as a table, and whether a run reached them.

use serde_json::{Value, json};

use crate::maps::Group::{self, Big, BigRagged, Few, Hundreds, Large, Noise, Ragged, Real, Scene, Small, Thousands};
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

#[derive(Clone, Copy, PartialEq)]
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
    shapes("fill", POLYGONS, &["rasterio"], 5.0),
    shapes("fill", POLYGONS, &["OpenCV fillPoly"], 1.5),
    shapes("fill pycocotools", &[Hundreds], &["pycocotools"], 100.0),
    shapes("encode-rle", &[Large], &["RLEMaskLib"], 4.0),
    shapes("encode-rle", &[Small], &["RLEMaskLib strings"], 1.4),
    shapes("encode-rle", &[Large], &["pycocotools"], 70.0),
    shapes("encode-rle", &[Small], &["pycocotools"], 7.0),
    shapes("decode-rle", &[Large], &["RLEMaskLib"], 1.8),
    shapes("decode-rle", &[Small], &["RLEMaskLib"], 1.2),
    shapes("decode-rle", &[Large], &["pycocotools"], 60.0),
    shapes("decode-rle", &[Small], &["pycocotools"], 10.0),
    shapes("trace", &[Large], &["OpenCV LinkRuns"], 3.0),
    shapes("trace", &[Small], &["OpenCV LinkRuns"], 1.3),
    shapes("trace", &[Large], &["OpenCV findContours"], 5.0),
    shapes("trace", &[Small], &["OpenCV findContours"], 2.2),
    shapes("trace", &[Small, Large], &["rasterio shapes"], 20.0),
];

const POLYGONS: &[Group] = &[Few, Hundreds, Thousands];

const fn shapes(
    task: &'static str,
    groups: &'static [Group],
    peers: &'static [&'static str],
    times_as_fast: f64,
) -> Target {
    Target { task, groups, ours: "ours", peers: Fastest(peers), wanted: Speed(times_as_fast) }
}

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

/// A target on one input.
struct Line {
    target: String,
    input: String,
    /// Nothing if it could not be measured.
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
    pub(crate) fn at_least(&mut self, target: &str, found: Option<f64>, wanted: f64) {
        self.add(target.to_owned(), "", found, Speed(wanted));
    }

    /// At most so many times as much.
    pub(crate) fn at_most(&mut self, target: &str, found: Option<f64>, wanted: f64) {
        self.add(target.to_owned(), "", found, Bytes(wanted));
    }

    fn add(&mut self, target: String, input: &str, found: Option<f64>, wanted: Wanted) {
        let found = found.filter(|figure| figure.is_finite());
        self.lines.push(Line { target, input: input.to_owned(), found, wanted });
    }

    /// Judges a table by all targets for this task and group.
    pub(crate) fn judge(&mut self, task: &str, input: &str, group: Group, table: &Table) {
        for target in TARGETS.iter().filter(|target| target.task == task && target.groups.contains(&group)) {
            let (names, peer) = match target.peers {
                Fastest(names) => (names, fastest(table, names)),
                Smallest(names) => (names, found(table, names).min_by_key(|row| row.bytes)),
            };
            let figure = table.row(target.ours).zip(peer).map(|(ours, peer)| match target.wanted {
                Speed(_) => ratio(ours, peer),
                Bytes(_) => ours.bytes as f64 / peer.bytes as f64,
            });
            let what = format!("{task}: {} against {}", target.ours, names.join(" or "));
            self.add(what, input, figure, target.wanted);
        }
    }

    /// A line for each target, with the input on which it is furthest away.
    pub(crate) fn print(&self) {
        println!("\nTargets");
        let mut counts = [0; 3];
        for lines in self.by_target() {
            let measured: Vec<&&Line> = lines.iter().filter(|line| line.found.is_some()).collect();
            let reached = measured.iter().filter(|line| line.reached() == Some(true)).count();
            let Some(first) = lines.first() else { continue };
            let (worst, wanted) = match first.wanted {
                Speed(least) => (measured.iter().min_by(by_figure), format!("at least {least} x as fast")),
                Bytes(most) => (measured.iter().max_by(by_figure), format!("at most {most} x as much")),
            };
            let (place, verdict) = match worst {
                None => (2, "not measured"),
                Some(_) if reached == measured.len() => (0, "reached"),
                Some(_) => (1, "MISSED"),
            };
            counts[place] += 1;
            let worst = worst.map_or_else(String::new, |line| match (line.input.as_str(), line.found) {
                ("", Some(found)) => format!(": {found:.2} x"),
                (input, Some(found)) => {
                    format!(": {found:.2} x on {input}; reached on {reached} of {}", measured.len())
                }
                (_, None) => String::new(),
            });
            println!("  {verdict:12} {}, {wanted}{worst}", first.target);
        }
        println!("{} reached, {} missed, {} not measured", counts[0], counts[1], counts[2]);
    }

    /// The lines of each target, in the order in which targets were first judged.
    fn by_target(&self) -> Vec<Vec<&Line>> {
        let mut targets: Vec<Vec<&Line>> = Vec::new();
        for line in &self.lines {
            let same = |lines: &&mut Vec<&Line>| {
                lines.first().is_some_and(|first| first.target == line.target && first.wanted == line.wanted)
            };
            match targets.iter_mut().find(same) {
                Some(lines) => lines.push(line),
                None => targets.push(vec![line]),
            }
        }
        targets
    }

    pub(crate) fn json(&self) -> Vec<Value> {
        let object = |line: &Line| {
            let (measure, wanted) = match line.wanted {
                Speed(least) => ("at_least", least),
                Bytes(most) => ("at_most", most),
            };
            let input = Some(&line.input).filter(|input| !input.is_empty());
            json!({ "target": line.target, "input": input, "found": line.found, measure: wanted, "reached": line.reached() })
        };
        self.lines.iter().map(object).collect()
    }
}

fn by_figure(one: &&&&Line, other: &&&&Line) -> std::cmp::Ordering {
    one.found.unwrap_or(f64::NAN).total_cmp(&other.found.unwrap_or(f64::NAN))
}

fn found<'a>(table: &'a Table, names: &'a [&str]) -> impl Iterator<Item = &'a Row> {
    names.iter().filter_map(|name| table.row(name))
}

fn fastest<'a>(table: &'a Table, names: &'a [&str]) -> Option<&'a Row> {
    let first = found(table, names).next()?;
    found(table, names).min_by(|one, other| ratio(other, first).total_cmp(&ratio(one, first)))
}
