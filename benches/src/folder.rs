//! A folder of label maps to a folder of masks: whole processes, all cores.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use prelabel::pixels::npy;
use prelabel::synthetic::{self, Kind, VOID};

use crate::Args;
use crate::maps::palette;
use crate::measure::{Row, ratio};
use crate::python::{Peers, write_palette};
use crate::targets::Verdicts;

const SIZE: (u32, u32) = (2048, 1024);

/// Different maps in the folder; each stands there many times under other names.
const DIFFERENT: u64 = 16;

/// A program, the share of the folder that it gets because it is slow, and how many times as fast we are to be.
const PEERS: &[(&str, usize, f64)] = &[("pillow", 4, 20.0), ("opencv", 2, 10.0), ("datumaro", 100, 50.0)];

pub(crate) fn run(args: &Args, peers: Option<&Peers>, verdicts: &mut Verdicts) -> anyhow::Result<()> {
    let (maps, repetitions) = if args.quick { (200, 2) } else { (2_000, 3) };
    let folder = tempfile::tempdir()?;
    let palette_file = folder.path().join("palette.npy");
    write_palette(&palette_file, &palette(VOID))?;
    let classes = folder.path().join("classes.json");
    fs::write(&classes, class_list().to_string())?;
    let count = |share: usize| (maps / share).max(2);
    fill(&folder.path().join("all"), maps)?;
    for (name, share, _) in PEERS {
        link(&folder.path().join("all"), &folder.path().join(name), count(*share))?;
    }
    println!("\nfolder of {maps} maps of 2 MP, all cores, whole process, time a map");

    let mut ours = Row { name: "ours".to_owned(), bytes: 0, times: Vec::new() };
    let row = |name: &str| Row { name: name.to_owned(), bytes: 0, times: Vec::new() };
    let mut rows: Vec<(Row, usize, f64)> =
        PEERS.iter().map(|(name, share, wanted)| (row(name), *share, *wanted)).collect();
    let mut left_out: Vec<String> = Vec::new();
    for repetition in 0..repetitions {
        let out = folder.path().join("out");
        let mut command = Command::new(&args.program);
        command.args(["convert", "-q", "--progress", "none"]).arg(folder.path().join("all"));
        command.arg("-o").arg(&out).arg("--classes").arg(&classes);
        ours.times.push(seconds(&mut command)? / maps as f64);
        if repetition == 0 {
            check(&out.join("masks"), &folder.path().join("all"), false)?;
        }
        fs::remove_dir_all(&out)?;
        for (row, share, _) in &mut rows {
            let (Some(peers), false) = (peers, left_out.contains(&row.name)) else { continue };
            fs::create_dir_all(&out)?;
            let mut command = Command::new(&peers.python);
            command.arg(peers.scripts.join("folder.py")).arg(&row.name).arg(folder.path().join(&row.name));
            command.arg(&out).arg(&palette_file);
            let done = seconds(&mut command).and_then(|seconds| {
                if repetition == 0 {
                    let (masks, rgb) =
                        if row.name == "datumaro" { (out.join("defaultannot"), true) } else { (out.clone(), false) };
                    check(&masks, &folder.path().join(&row.name), rgb)?;
                }
                Ok(seconds)
            });
            match done {
                Ok(seconds) => row.times.push(seconds / count(*share) as f64),
                Err(error) => {
                    println!("  {:22} DISQUALIFIED: {error:#}", row.name);
                    left_out.push(row.name.clone());
                }
            }
            fs::remove_dir_all(&out)?;
        }
    }
    for (row, share, wanted) in rows.iter().filter(|(row, _, _)| !row.times.is_empty()) {
        let found = ratio(&ours, row);
        println!("  {:22} {found:>8.2}x   ({} maps)", row.name, count(*share));
        verdicts.at_least(&format!("folder against {}", row.name), found, *wanted);
    }
    let rate = f64::from(SIZE.0) * f64::from(SIZE.1) / 1e6 / crate::measure::median(ours.times);
    println!("  ours: {rate:.0} MP/s here");
    Ok(())
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
            npy::decode_labels(&fs::read(maps.join(format!("map-{index:05}.npy")))?, &prelabel::Limits::default())?;
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
