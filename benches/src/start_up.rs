//! What a command costs that does nothing, or next to nothing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::ensure;
use prelabel::pixels::mask_png::Level;
use prelabel::{Limits, pixels::npy};

use crate::maps::{INPUTS, Map};
use crate::measure::{Row, ratio};
use crate::targets::Verdicts;
use crate::{Args, ours};

/// The map that is converted.
const INPUT: (&str, &str) = ("rider", "testdata/demo/maps/rider.npy");

pub(crate) fn run(args: &Args, verdicts: &mut Verdicts) -> anyhow::Result<()> {
    let row = |name: &str| Row { name: name.to_owned(), bytes: 0, times: Vec::new() };
    let (mut nothing, mut version, mut convert, mut allowed) =
        (row("true"), row("--version"), row("convert"), row("work"));
    let input = args.root.join(INPUT.1);
    let bytes = std::fs::read(&input)?;
    let map = INPUTS.iter().find(|one| one.name == INPUT.0).map(|one| one.map(&args.root)).transpose()?;
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("out");
    for _ in 0..if args.quick { 40 } else { 200 } {
        let idle = seconds(Command::new("true"))?;
        nothing.times.push(idle);
        let mut command = Command::new(&args.program);
        command.arg("--version");
        version.times.push(seconds(command)?);
        let mut command = Command::new(&args.program);
        command.args(["convert", "-q", "--progress", "none", "--classes", "voc"]).arg(&input).arg("-o").arg(&out);
        convert.times.push(seconds(command)?);
        std::fs::remove_dir_all(&out)?;
        if let Some(map) = &map {
            allowed.times.push(3.0 * idle + work(&bytes, map)?);
        }
    }
    println!("\nstart-up");
    for (row, base, of) in [(&version, &nothing, "true"), (&convert, &allowed, "3 x true + the work itself")] {
        println!("  prelabel {:13} takes {:.2} times as long as {of}", row.name, ratio(base, row));
    }
    verdicts.at_most("start-up: prelabel --version against true", Some(ratio(&nothing, &version)), 3.0);
    let what = "start-up: prelabel convert of one map against 3 x true + the work itself";
    verdicts.at_most(what, Some(ratio(&allowed, &convert)).filter(|ratio| ratio.is_finite()), 1.0);
    Ok(())
}

/// What converting is beside start-up: decode the map, encode the mask, decode it again to verify it.
fn work(bytes: &[u8], map: &Map) -> anyhow::Result<f64> {
    let start = Instant::now();
    let read = npy::decode_labels(bytes.to_vec(), &Limits::default())?;
    let png = prelabel::pixels::mask_png::encode(read.grid(), &map.colors, Level::default())?;
    ours::decode(&png, map)?;
    Ok(start.elapsed().as_secs_f64())
}

/// A whole process, from start to end.
fn seconds(mut command: Command) -> anyhow::Result<f64> {
    command.stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let seconds = start.elapsed().as_secs_f64();
    ensure!(status.success(), "{}: {status}", Path::new(command.get_program()).display());
    Ok(seconds)
}
