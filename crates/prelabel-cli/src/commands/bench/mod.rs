//! How fast is this on my data and my machine?

mod codec;
mod measure;
mod sets;

use std::time::Duration;

use prelabel::Error;
use serde_json::json;

use super::End;
use crate::cli::{Bench, Common};
use crate::exit_code::Exit;
use crate::output::Output;
use crate::signals;

use measure::{Meter, Row};
use sets::Set;

/// Nobody waits longer for a figure; a slip of the finger should not take a day.
const MOST_SECONDS: f64 = 600.0;

pub(super) fn run(args: &Bench, common: &Common, output: &Output) -> Result<Exit, End> {
    let interrupted = signals::interrupted();
    if !(0.0..=MOST_SECONDS).contains(&args.seconds) {
        return Err(Error::usage("this is no time to measure for")
            .found(format!("--seconds {}", args.seconds))
            .expected(format!("0 to {MOST_SECONDS} seconds"))
            .into());
    }
    if args.samples == 0 {
        return Err(Error::usage("nothing can be measured with 0 samples").expected("--samples 1 or more").into());
    }
    let meter = Meter::new(Duration::from_secs_f64(args.seconds), &interrupted)?;
    let progress = output.progress(sets::count(args), "sets");
    let mut made = 0;
    for set in sets::each(args, common, &interrupted) {
        let set = set?;
        let rows = meter.rows(&set)?;
        progress.step(true);
        match output.is_json() {
            true => rows.iter().try_for_each(|row| output.object(&object(&set, row)))?,
            false => table(&set, &rows, made > 0, output)?,
        }
        // Now, not at the end: what is measured is not lost at a Ctrl-C.
        output.flush()?;
        made += 1;
    }
    progress.end();
    if output.is_json() {
        output.object(&json!({ "v": 1, "type": "summary", "sets": made }))?;
    }
    output.say(
        "\nMP/s: megapixels of the map a second. Every mask was decoded and compared before it was timed.\n\
         encode, decode: label map in memory to PNG in memory and back; convert: file to verified mask pair in memory.",
    );
    Ok(Exit::Done)
}

fn pixels(set: &Set) -> u64 {
    set.samples.iter().map(|sample| sample.grid.pixels()).sum()
}

fn table(set: &Set, rows: &[Row], space: bool, output: &Output) -> Result<(), End> {
    if space {
        output.line("")?;
    }
    let samples = match (set.samples.len(), set.reader.len()) {
        (1, 1) => "1 sample".to_owned(),
        (all, there) if all == there => format!("{all} samples"),
        (some, there) => format!("{some} of {there} samples"),
    };
    output.line(&format!("{}: {samples}, {:.1} MP", set.name, pixels(set) as f64 / 1e6))?;
    let all = match rayon::current_num_threads() {
        1 => "1 thread".to_owned(),
        many => format!("{many} threads"),
    };
    output.line(&format!("  {:16} {:>14} {:>16} {:>14}", "task", "1 core, MP/s", format!("{all}, MP/s"), "bytes"))?;
    for row in rows {
        let task = [row.task, row.level.unwrap_or_default()].join(" ");
        output.line(&format!("  {:16} {:>14.1} {:>16.1} {:>14}", task.trim_end(), row.one, row.all, row.bytes))?;
    }
    Ok(())
}

fn object(set: &Set, row: &Row) -> serde_json::Value {
    json!({
        "v": 1, "type": "bench", "set": set.name, "samples": set.samples.len(), "pixels": pixels(set), "task": row.task,
        "level": row.level, "bytes": row.bytes, "mp_per_s_one_core": row.one, "mp_per_s_all_cores": row.all,
        "threads": rayon::current_num_threads(), "verified": true,
    })
}
