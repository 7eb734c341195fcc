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

use measure::Row;
use sets::Set;

pub(super) fn run(args: &Bench, common: &Common, output: &Output) -> Result<Exit, End> {
    let least = Duration::try_from_secs_f64(args.seconds).map_err(|_| {
        Error::usage("this is no time").found(args.seconds.to_string()).expected("seconds, such as `--seconds 0.5`")
    })?;
    let progress = output.progress(sets::count(args), "sets");
    let mut made = 0;
    for set in sets::each(args, common) {
        let set = set?;
        let rows = measure::rows(&set, least)?;
        progress.step(true);
        match output.is_json() {
            true => rows.iter().try_for_each(|row| output.object(&object(&set, row)))?,
            false => table(&set, &rows, made > 0, output)?,
        }
        made += 1;
    }
    progress.end();
    if output.is_json() {
        output.object(&json!({ "v": 1, "type": "summary", "sets": made }))?;
    } else {
        output.say("\nEvery mask was decoded and compared before it was timed. MP/s: megapixels of the map a second, median of the passes;");
        output
            .say("convert: from the file's bytes to a verified mask in memory. `benches/` compares with other tools.");
    }
    Ok(Exit::Done)
}

fn pixels(set: &Set) -> u64 {
    set.samples.iter().map(|sample| sample.grid.pixels()).sum()
}

fn table(set: &Set, rows: &[Row], space: bool, output: &Output) -> Result<(), End> {
    if space {
        output.line("")?;
    }
    let samples = match set.samples.len() {
        1 => "1 sample".to_owned(),
        many => format!("{many} samples"),
    };
    output.line(&format!("{}: {samples}, {:.1} MP", set.name, pixels(set) as f64 / 1e6))?;
    let all = match rayon::current_num_threads() {
        1 => "1 thread".to_owned(),
        many => format!("{many} threads"),
    };
    output.line(&format!("  {:16} {:>14} {:>14} {:>14}", "task", "1 core, MP/s", format!("{all}, MP/s"), "bytes"))?;
    for row in rows {
        let task = [row.task, row.level.unwrap_or_default()].join(" ");
        output.line(&format!("  {:16} {:>14.1} {:>14.1} {:>14}", task.trim_end(), row.one, row.all, row.bytes))?;
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
