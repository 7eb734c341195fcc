//! Our claims of speed, measured against named peers on the same data in the same run.
//!
//! `cargo xtask bench` builds the program, makes the Python environments and runs this. What is measured and how
//! stands in METHODOLOGY.md.

mod args;
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

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use args::Args;
use engines::{Engine, Job};
use maps::{INPUTS, Input, Map};
use measure::Effort;
use targets::Verdicts;

/// Whose files are decoded.
const WRITERS: &[&str] = &[ours::DEFAULT, "Pillow default", "OpenCV default"];

fn main() -> anyhow::Result<()> {
    let Some(args) = Args::parse()? else { return Ok(()) };
    let scratch = tempfile::tempdir()?;
    let scripts = args.root.join("benches/peers");
    let peers = args.python.clone().map(|python| python::Peers { python, scripts, scratch: scratch.path().to_owned() });
    if peers.is_none() {
        println!("left out: everything in Python: there is no environment with the peers");
    }
    let mut run = Run { verdicts: Verdicts::default(), figures: Vec::new(), wrong: Vec::new() };
    if args.wants("start-up") {
        start_up::run(&args, &mut run.verdicts)?;
    }
    if args.wants("folder") {
        folder::run(&args, &mut run.verdicts)?;
    }
    let wanted = |input: &&Input| ["encode", "decode"].iter().any(|task| args.wants(&format!("{task} {}", input.name)));
    let inputs: Vec<&Input> = INPUTS.iter().filter(wanted).collect();
    if !inputs.is_empty() {
        run.codecs(&args, &inputs, peers.as_ref())?;
    }
    run.verdicts.print();
    if let Some(path) = &args.json {
        let all = json!({ "quick": args.quick, "figures": run.figures, "targets": run.verdicts.json() });
        std::fs::write(path, serde_json::to_vec_pretty(&all)?).with_context(|| path.display().to_string())?;
    }
    ensure!(run.wrong.is_empty(), "our own results are wrong: {}", run.wrong.join(", "));
    Ok(())
}

struct Run {
    verdicts: Verdicts,
    figures: Vec<Value>,
    /// What we did wrong ourselves.
    wrong: Vec<String>,
}

impl Run {
    /// Encoding and decoding, everybody on the same core.
    fn codecs(&mut self, args: &Args, inputs: &[&Input], peers: Option<&python::Peers>) -> anyhow::Result<()> {
        pin()?;
        let (mut encoders, mut decoders) = (engines::encoders(peers), engines::decoders(peers));
        let effort = match args.quick {
            true => Effort { repetitions: 3, slice: 0.01, slow: 0.1 },
            false => Effort { repetitions: 9, slice: 0.02, slow: 0.5 },
        };
        for input in inputs {
            let map = input.map(&args.root)?;
            if args.wants(&format!("encode {}", input.name)) {
                let job = Job { id: format!("encode {}", input.name), map: &map, png: None };
                self.measure("encode", input, &job, &mut encoders, effort);
            }
            if !args.wants(&format!("decode {}", input.name)) {
                continue;
            }
            for writer in WRITERS {
                let Some(encoder) = encoders.iter_mut().find(|encoder| encoder.name() == *writer) else { continue };
                let png = encoder.result(&Job { id: format!("file {} {writer}", input.name), map: &map, png: None })?;
                let task = format!("decode {writer}");
                let job = Job { id: format!("{task} {}", input.name), map: &map, png: Some(&png) };
                self.measure(&task, input, &job, &mut decoders, effort);
            }
        }
        Ok(())
    }

    fn measure(&mut self, task: &str, input: &Input, job: &Job<'_>, engines: &mut [Box<dyn Engine>], effort: Effort) {
        let map: &Map = job.map;
        let table = measure::run(job, engines, effort);
        report::print(task, input.name, map, &table);
        self.figures.extend(report::json(task, input.name, map, &table));
        let ours = table.disqualified.iter().filter(|(name, _)| name.starts_with("ours"));
        self.wrong.extend(ours.map(|(name, _)| format!("{name} in {task} {}", input.name)));
        self.verdicts.judge(task, input.name, input.group, &table);
    }
}

/// Keeps this process, and those that it starts from now on, on one core.
#[cfg(target_os = "linux")]
fn pin() -> anyhow::Result<()> {
    let allowed = rustix::thread::sched_getaffinity(None)?;
    // The last one: the first often serves interrupts.
    let core = (0..rustix::thread::CpuSet::MAX_CPU).rev().find(|core| allowed.is_set(*core)).context("no core")?;
    let mut one = rustix::thread::CpuSet::new();
    one.set(core);
    Ok(rustix::thread::sched_setaffinity(None, &one)?)
}

#[cfg(not(target_os = "linux"))]
fn pin() -> anyhow::Result<()> {
    println!("not pinned to one core: that is done on Linux only");
    Ok(())
}
