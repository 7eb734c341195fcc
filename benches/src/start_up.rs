//! What a command costs that does nothing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::ensure;

use crate::Args;
use crate::measure::{Row, ratio};
use crate::targets::Verdicts;

pub(crate) fn run(args: &Args, verdicts: &mut Verdicts) -> anyhow::Result<()> {
    let mut version = Row { name: "prelabel --version".to_owned(), bytes: 0, times: Vec::new() };
    let mut nothing = Row { name: "true".to_owned(), bytes: 0, times: Vec::new() };
    for _ in 0..if args.quick { 40 } else { 200 } {
        version.times.push(seconds(&args.program, &["--version"])?);
        nothing.times.push(seconds(Path::new("true"), &[])?);
    }
    let found = ratio(&nothing, &version);
    println!("\nstart-up: {} takes {found:.2} times as long as {}", version.name, nothing.name);
    verdicts.at_most("start-up against true", found, 3.0);
    Ok(())
}

/// A whole process, from start to end.
fn seconds(program: &Path, args: &[&str]) -> anyhow::Result<f64> {
    let start = Instant::now();
    let status = Command::new(program).args(args).stdout(Stdio::null()).status()?;
    let seconds = start.elapsed().as_secs_f64();
    ensure!(status.success(), "{}: {status}", program.display());
    Ok(seconds)
}
