//! Our claims of speed, measured against named peers on the same data in the same run.
//!
//! `cargo xtask bench` builds the program, makes the Python environment and runs this. What is measured and how
//! stands in METHODOLOGY.md.

mod engines;
mod folder;
mod maps;
mod measure;
mod ours;
mod python;
mod report;
mod rust_decoders;
mod rust_encoders;
mod start_up;
mod targets;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use engines::{Engine, Job};
use maps::{INPUTS, Map};
use measure::Effort;
use targets::Verdicts;

/// What was asked for.
struct Args {
    filter: String,
    quick: bool,
    program: PathBuf,
    python: Option<PathBuf>,
    /// The repository.
    root: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let args = args()?;
    let scratch = tempfile::tempdir()?;
    let scripts = args.root.join("benches/peers");
    let peers = args.python.clone().map(|python| python::Peers { python, scripts, scratch: scratch.path().to_owned() });
    if peers.is_none() {
        println!("left out: everything in Python: there is no environment with the peers");
    }
    let wanted = |name: &str| name.contains(&args.filter);
    let mut verdicts = Verdicts::default();
    if wanted("start-up") {
        start_up::run(&args, &mut verdicts)?;
    }
    if wanted("folder") {
        folder::run(&args, peers.as_ref(), &mut verdicts)?;
    }
    pin()?;
    let effort = match args.quick {
        true => Effort { repetitions: 3, slice: 0.01, slow: 0.2 },
        false => Effort { repetitions: 9, slice: 0.02, slow: 0.5 },
    };
    for input in INPUTS {
        let (encode, decode) = (format!("encode {}", input.name), format!("decode {}", input.name));
        if !wanted(&encode) && !wanted(&decode) {
            continue;
        }
        let map = input.map(&args.root)?;
        let mut encoders = engines::encoders(peers.as_ref());
        if wanted(&encode) {
            let job = Job { id: encode.clone(), map: &map, png: None };
            let table = measure::run(&job, &mut encoders, effort);
            report::encoded(input, &map, &table);
            targets::encoded(input, &table, &mut verdicts);
        }
        if wanted(&decode) {
            decoded(input, &map, &mut encoders, peers.as_ref(), effort, &mut verdicts)?;
        }
    }
    verdicts.print();
    Ok(())
}

/// Decodes our files, Pillow's and OpenCV's.
fn decoded(
    input: &maps::Input,
    map: &Map,
    encoders: &mut [Box<dyn Engine>],
    peers: Option<&python::Peers>,
    effort: Effort,
    verdicts: &mut Verdicts,
) -> anyhow::Result<()> {
    let mut decoders = engines::decoders(peers);
    for writer in ["ours default", "Pillow default", "OpenCV default"] {
        let Some(encoder) = encoders.iter_mut().find(|encoder| encoder.name() == writer) else { continue };
        let png = encoder.result(&Job { id: format!("file {} {writer}", input.name), map, png: None })?;
        let job = Job { id: format!("decode {} {writer}", input.name), map, png: Some(&png) };
        let table = measure::run(&job, &mut decoders, effort);
        report::decoded(input, writer, map, &table);
        targets::decoded(input, writer, &table, verdicts);
    }
    Ok(())
}

/// Keeps this process, and those that it starts from now on, on one core.
fn pin() -> anyhow::Result<()> {
    let allowed = rustix::thread::sched_getaffinity(None)?;
    let core = (0..rustix::thread::CpuSet::MAX_CPU).rev().find(|core| allowed.is_set(*core)).context("no core")?;
    let mut one = rustix::thread::CpuSet::new();
    one.set(core);
    Ok(rustix::thread::sched_setaffinity(None, &one)?)
}

fn args() -> anyhow::Result<Args> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("benches/ lies in the repository")?.to_owned();
    let program = root.join("target/release/prelabel");
    let mut args = Args { filter: String::new(), quick: false, program, python: None, root };
    let mut given = std::env::args().skip(1);
    while let Some(arg) = given.next() {
        match arg.as_str() {
            "--quick" => args.quick = true,
            "--program" => args.program = given.next().context("--program PATH")?.into(),
            "--python" => args.python = Some(given.next().context("--python PATH")?.into()),
            option if option.starts_with('-') => bail!("there is no option `{option}`"),
            filter => args.filter = filter.to_owned(),
        }
    }
    Ok(args)
}
