//! Tasks of this workspace. `cargo xtask test` is what the README and CI call; `cargo xtask tidy` checks the
//! invariants that no compiler checks; `cargo xtask bench` measures ours against others.
#![allow(clippy::print_stdout, reason = "tasks talk to people")]

mod bench;
mod peers;
mod test;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

const USAGE: &str = "\
cargo xtask test [--ci] [STEP..]   format, clippy, docs, tidy, tests; or only some of these steps
cargo xtask tidy                   layers, imports, origins of test data
cargo xtask bench [OPTION..]       our speed against named peers; `--help` lists the options";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let root = root()?;
    match args.split_first() {
        Some((task, rest)) if task == "test" => test::run(&root, rest),
        Some((task, [])) if task == "tidy" => {
            let problems = tidy::check(&root)?;
            problems.iter().for_each(|problem| println!("{problem}"));
            println!("tidy: {} problems", problems.len());
            Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Some((task, rest)) if task == "bench" => bench::run(&root, rest),
        _ => bail!("what to do?\n{USAGE}"),
    }
}

fn root() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    Ok(root.context("xtask lies two folders below the root")?.to_owned())
}
