//! Our claims of speed, measured against named peers on the same data in the same run.
//!
//! `cargo xtask bench` builds the program, makes the Python environments and runs this. What is measured and how
//! stands in METHODOLOGY.md.

mod args;
mod check;
mod engines;
mod folder;
mod maps;
mod measure;
mod ours;
mod python;
mod report;
mod rust_decoders;
mod rust_encoders;
mod shapes;
mod start_up;
mod targets;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use args::Args;
use engines::{Engine, Job, Task};
use maps::{Group, INPUTS, Input, Map};
use measure::Effort;
use prelabel::model::PixelRule;
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
    run.fill(&args, peers.as_ref())?;
    run.shapes(&args, peers.as_ref())?;
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
        let effort = prepare(args)?;
        let (mut encoders, mut decoders) = (engines::encoders(peers), engines::decoders(peers));
        for input in inputs {
            let map = input.map(&args.root)?;
            if args.wants(&format!("encode {}", input.name)) {
                let job = Job { id: format!("encode {}", input.name), map: &map, task: Task::Encode };
                self.measure("encode", input, &job, &mut encoders, effort);
            }
            if !args.wants(&format!("decode {}", input.name)) {
                continue;
            }
            for writer in WRITERS {
                let Some(encoder) = encoders.iter_mut().find(|encoder| encoder.name() == *writer) else { continue };
                let png = encoder.result(&Job {
                    id: format!("file {} {writer}", input.name),
                    map: &map,
                    task: Task::Encode,
                })?;
                let task = format!("decode {writer}");
                let job = Job { id: format!("{task} {}", input.name), map: &map, task: Task::Decode(&png) };
                self.measure(&task, input, &job, &mut decoders, effort);
            }
        }
        Ok(())
    }

    /// Polygons to maps, under the two rules that a peer shares with us to the pixel.
    fn fill(&mut self, args: &Args, peers: Option<&python::Peers>) -> anyhow::Result<()> {
        for (task, rule) in [("fill", PixelRule::Center), ("fill pycocotools", PixelRule::Pycocotools)] {
            let scenes = shapes::scenes(rule)?;
            let wanted: Vec<_> =
                scenes.iter().filter(|(scene, _)| args.wants(&format!("{task} {}", scene.name))).collect();
            if wanted.is_empty() {
                continue;
            }
            let effort = prepare(args)?;
            let mut fillers = shapes::fillers(peers, rule);
            for (scene, map) in wanted {
                let job = Job { id: format!("{task} {}", scene.name), map, task: Task::Fill(scene) };
                self.measure_as(task, (&scene.name, scene.group), &job, &mut fillers, effort);
            }
        }
        Ok(())
    }

    /// Maps to run lengths and polygons, and back.
    fn shapes(&mut self, args: &Args, peers: Option<&python::Peers>) -> anyhow::Result<()> {
        let wants = |task: &str, input: &Input| args.wants(&format!("{task} {}", input.name));
        let tasks = ["encode-rle", "decode-rle", "trace"];
        let inputs: Vec<&Input> = INPUTS.iter().filter(|input| tasks.iter().any(|task| wants(task, input))).collect();
        if inputs.is_empty() {
            return Ok(());
        }
        let effort = prepare(args)?;
        let (mut encoders, mut decoders) = (shapes::rle_encoders(peers), shapes::rle_decoders(peers));
        let mut tracers = shapes::tracers(peers);
        for input in inputs {
            let map = input.map(&args.root)?;
            if !map.has_shapes() {
                continue;
            }
            let named = (input.name, map.size_group(input.group));
            if wants("encode-rle", input) {
                let job = job("encode-rle", input, &map, Task::EncodeRle);
                self.measure_as("encode-rle", named, &job, &mut encoders, effort);
            }
            if wants("decode-rle", input) {
                let ours = encoders.first_mut().context("ours comes first")?;
                let masks: Vec<(u8, String)> =
                    serde_json::from_slice(&ours.result(&job("strings", input, &map, Task::EncodeRle))?)?;
                let job = job("decode-rle", input, &map, Task::DecodeRle(&masks));
                self.measure_as("decode-rle", named, &job, &mut decoders, effort);
            }
            // On noise there is an outline round nearly every pixel, which nobody wants.
            if wants("trace", input) && input.group != Group::Noise {
                let job = job("trace", input, &map, Task::Trace);
                self.measure_as("trace", named, &job, &mut tracers, effort);
            }
        }
        Ok(())
    }

    fn measure(&mut self, task: &str, input: &Input, job: &Job<'_>, engines: &mut [Box<dyn Engine>], effort: Effort) {
        self.measure_as(task, (input.name, input.group), job, engines, effort);
    }

    fn measure_as(
        &mut self,
        task: &str,
        (name, group): (&str, Group),
        job: &Job<'_>,
        engines: &mut [Box<dyn Engine>],
        effort: Effort,
    ) {
        let map: &Map = job.map;
        let table = measure::run(job, engines, effort);
        report::print(task, name, map, &table);
        self.figures.extend(report::json(task, name, map, &table));
        let ours = table.disqualified.iter().filter(|(name, _)| name.starts_with("ours"));
        self.wrong.extend(ours.map(|(ours, _)| format!("{ours} in {task} {name}")));
        self.verdicts.judge(task, name, group, &table);
    }
}

fn job<'a>(task: &str, input: &Input, map: &'a Map, what: Task<'a>) -> Job<'a> {
    Job { id: format!("{task} {}", input.name), map, task: what }
}

/// One core for all, and how much to do there.
fn prepare(args: &Args) -> anyhow::Result<Effort> {
    pin()?;
    Ok(match args.quick {
        true => Effort { repetitions: 3, slice: 0.01, slow: 0.1 },
        false => Effort { repetitions: 9, slice: 0.02, slow: 0.5 },
    })
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
