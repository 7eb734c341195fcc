//! A folder of label maps to a folder of masks: whole processes, all cores.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use prelabel::pixels::npy;
use prelabel::synthetic::{self, Kind, VOID};

use crate::Args;
use crate::maps::palette;
use crate::measure::{Row, median, ratio};
use crate::python::write_palette;
use crate::targets::Verdicts;

const SIZE: (u32, u32) = (2048, 1024);

/// Different maps in the folder; each stands there many times under other names.
const DIFFERENT: u64 = 16;

/// A tool that `peers/folder.py` knows.
struct Peer {
    name: &'static str,
    /// Slow ones get one map in so many.
    share: usize,
    /// How many times as fast we are to be.
    wanted: f64,
}

const PEERS: &[Peer] = &[
    Peer { name: "Pillow", share: 4, wanted: 20.0 },
    Peer { name: "OpenCV", share: 2, wanted: 10.0 },
    Peer { name: "Datumaro", share: 20, wanted: 50.0 },
];

/// The fewest maps that a peer gets; with one alone its start is measured.
const FEWEST: usize = 4;

pub(crate) fn run(args: &Args, verdicts: &mut Verdicts) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let place = Place { args, folder: folder.path().to_owned(), out: folder.path().join("out") };
    write_palette(&place.palette(), &palette(VOID))?;
    fs::write(place.classes(), class_list().to_string())?;
    fill(&place.maps("all"), args.maps)?;
    link(&place.maps("all"), &place.maps("one"), 1)?;
    for peer in PEERS {
        link(&place.maps("all"), &place.maps(peer.name), peer.count(args.maps))?;
    }
    println!("\nfolder: {} NPY maps of 2 MP to masks, all cores, whole processes", args.maps);
    let mut ours = Row { name: "ours".to_owned(), bytes: 0, times: Vec::new() };
    let mut rows: Vec<Row> =
        PEERS.iter().map(|peer| Row { name: peer.name.to_owned(), bytes: 0, times: Vec::new() }).collect();
    let mut left_out = vec![false; PEERS.len()];
    for repetition in 0..if args.quick { 2 } else { 5 } {
        ours.times.push(place.ours(repetition == 0)?);
        for ((peer, row), left_out) in PEERS.iter().zip(&mut rows).zip(&mut left_out).filter(|(_, out)| !**out) {
            let Some(python) = peer.python(args) else { continue };
            match place.peer(peer, python, repetition == 0) {
                Ok(seconds) => row.times.push(seconds),
                Err(error) => {
                    println!("  {:22} DISQUALIFIED: {error:#}", row.name);
                    *left_out = true;
                }
            }
        }
    }
    let pixels = f64::from(SIZE.0) * f64::from(SIZE.1) * args.maps as f64;
    println!("  {:22} {:9.0} MP/s here", ours.name, pixels / 1e6 / median(ours.times.clone()));
    for (peer, row) in PEERS.iter().zip(&rows) {
        let found = (!row.times.is_empty()).then(|| ratio(&ours, row));
        if let Some(found) = found {
            println!("  {:22} {found:>8.2}x   from {} of the maps", row.name, peer.count(args.maps));
        }
        let what = format!("folder of {} maps: prelabel convert against {}", args.maps, peer.name);
        verdicts.at_least(&what, found, peer.wanted);
    }
    Ok(())
}

impl Peer {
    fn count(&self, maps: usize) -> usize {
        (maps / self.share).max(FEWEST).min(maps)
    }

    fn python<'a>(&self, args: &'a Args) -> Option<&'a Path> {
        // Its own environment: it wants other versions of NumPy's company.
        if self.name == "Datumaro" { args.datumaro.as_deref() } else { args.python.as_deref() }
    }
}

/// Where maps and masks lie.
struct Place<'a> {
    args: &'a Args,
    folder: PathBuf,
    out: PathBuf,
}

impl Place<'_> {
    fn maps(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn palette(&self) -> PathBuf {
        self.folder.join("palette.npy")
    }

    fn classes(&self) -> PathBuf {
        self.folder.join("classes.json")
    }

    /// Seconds for all maps.
    fn ours(&self, checked: bool) -> anyhow::Result<f64> {
        let mut command = Command::new(&self.args.program);
        command.args(["convert", "-q", "--progress", "none"]).arg(self.maps("all"));
        command.arg("-o").arg(&self.out).arg("--classes").arg(self.classes());
        let seconds = seconds(&mut command)?;
        if checked {
            check(&self.out.join("masks"), &self.maps("all"), false)?;
        }
        fs::remove_dir_all(&self.out)?;
        Ok(seconds)
    }

    /// Seconds for all maps, had it got them all: what its start takes counts once.
    fn peer(&self, peer: &Peer, python: &Path, checked: bool) -> anyhow::Result<f64> {
        let (all, count) = (self.args.maps as f64, peer.count(self.args.maps) as f64);
        let many = self.run(peer.name, python, &self.maps(peer.name), checked)?;
        if count >= all {
            return Ok(many);
        }
        let one = self.run(peer.name, python, &self.maps("one"), false)?;
        Ok(one + (many - one) / (count - 1.0) * (all - 1.0))
    }

    fn run(&self, tool: &str, python: &Path, maps: &Path, checked: bool) -> anyhow::Result<f64> {
        let _ = fs::remove_dir_all(&self.out);
        fs::create_dir_all(&self.out)?;
        let mut command = Command::new(python);
        command.arg(self.args.root.join("benches/peers/folder.py")).arg(tool).arg(maps);
        command.arg(&self.out).arg(self.palette());
        // Nothing is to reach out to a network while it is measured.
        command.env("DO_NOT_TRACK", "1").env("OTEL_SDK_DISABLED", "true");
        let seconds = seconds(&mut command)?;
        if checked {
            let camvid = self.out.join("defaultannot");
            let (masks, rgb) = if camvid.is_dir() { (&camvid, true) } else { (&self.out, false) };
            check(masks, maps, rgb)?;
        }
        fs::remove_dir_all(&self.out)?;
        Ok(seconds)
    }
}

/// Half of the maps clean scenes, half ragged.
fn fill(folder: &Path, maps: usize) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let made = |seed: u64| -> anyhow::Result<Vec<u8>> {
        let kind = if seed.is_multiple_of(2) { Kind::Scene } else { Kind::Ragged };
        Ok(npy::encode_labels(&synthetic::label_map(kind, SIZE.0, SIZE.1, seed)?)?)
    };
    let different = (0..DIFFERENT).map(made).collect::<anyhow::Result<Vec<_>>>()?;
    for (index, bytes) in (0..maps).zip(different.iter().cycle()) {
        fs::write(folder.join(format!("map-{index:05}.npy")), bytes)?;
    }
    Ok(())
}

/// The first maps under the same names, without their bytes once more.
fn link(from: &Path, to: &Path, count: usize) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for index in 0..count {
        let name = format!("map-{index:05}.npy");
        fs::hard_link(from.join(&name), to.join(&name))?;
    }
    Ok(())
}

fn class_list() -> serde_json::Value {
    let hex = |[r, g, b, _]: [u8; 4]| format!("#{r:02x}{g:02x}{b:02x}");
    let classes = palette(VOID).into_iter().enumerate().filter(|(id, _)| *id < usize::from(synthetic::CLASSES));
    let mut list: Vec<_> = classes
        .map(|(id, color)| serde_json::json!({ "id": id, "name": format!("class {id}"), "color": hex(color) }))
        .collect();
    list.push(serde_json::json!({ "id": VOID, "name": "void", "kind": "void" }));
    serde_json::json!({ "classes": list })
}

fn seconds(command: &mut Command) -> anyhow::Result<f64> {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
    let seconds = start.elapsed().as_secs_f64();
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}", output.status, words.lines().last().unwrap_or_default());
    Ok(seconds)
}

/// Every mask is there, and one of each different map has the right pixels.
fn check(masks: &Path, maps: &Path, rgb: bool) -> anyhow::Result<()> {
    let (wanted, found) = (fs::read_dir(maps)?.count(), fs::read_dir(masks).context("it wrote nothing")?.count());
    ensure!(found >= wanted, "it wrote {found} masks of {wanted}");
    let palette = palette(VOID);
    for index in 0..wanted.min(DIFFERENT as usize) {
        let labels =
            npy::decode_labels(fs::read(maps.join(format!("map-{index:05}.npy")))?, &prelabel::Limits::default())?;
        let labels = labels.as_u8().context("class IDs above 255")?.into_owned();
        let file = fs::read(masks.join(format!("map-{index:05}.png")))?;
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info()?;
        let mut pixels = vec![0; reader.output_buffer_size().unwrap_or_default()];
        reader.next_frame(&mut pixels)?;
        let channels = if rgb { 3 } else { 4 };
        let right = pixels.chunks_exact(channels).zip(&labels);
        let right = right.filter(|(pixel, label)| **pixel == palette[usize::from(**label)][..channels]).count();
        ensure!(right == labels.len(), "mask {index} has wrong pixels");
    }
    Ok(())
}
