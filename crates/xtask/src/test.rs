//! All checks, in the order in which they fail fastest.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, bail};

use crate::{peers, tidy};

const STEPS: &[&str] = &["fmt", "clippy", "docs", "tidy", "tests"];

/// The benchmarks are a workspace of their own. Building them takes the peers; reading them does not.
const FORMATTED: &[&str] = &["Cargo.toml", "benches/Cargo.toml"];

/// The program, and then the libraries: its pages have the library's name, so the two must not be written at once.
const DOCS: &[&[&str]] = &[
    &["rustdoc", "--quiet", "--package", "prelabel-cli", "--bin", "prelabel", "--", "--document-private-items"],
    &["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"],
];

pub(crate) fn run(root: &Path, args: &[String]) -> anyhow::Result<ExitCode> {
    let ci = args.iter().any(|arg| arg == "--ci") || std::env::var_os("CI").is_some_and(|value| value == "true");
    let wanted: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != "--ci").collect();
    if let Some(unknown) = wanted.iter().find(|step| !STEPS.contains(step)) {
        bail!("there is no step `{unknown}`; there are {}", STEPS.join(", "));
    }
    let is_wanted = |step: &str| wanted.is_empty() || wanted.contains(&step);
    let mut failed = Vec::new();
    for step in STEPS.iter().filter(|step| is_wanted(step) && **step != "tests") {
        println!("== {step}");
        let ok = match *step {
            "fmt" => FORMATTED.iter().try_fold(true, |ok, manifest| {
                let args = ["fmt", "--all", "--check", "--manifest-path", manifest];
                anyhow::Ok(cargo(root, &args).status()?.success() && ok)
            })?,
            "clippy" => cargo(root, &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
                .status()?
                .success(),
            "docs" => docs(root)?,
            _ => {
                let problems = tidy::check(root)?;
                problems.iter().for_each(|problem| println!("{problem}"));
                problems.is_empty()
            }
        };
        println!("   {step}: {}", if ok { "ok" } else { "FAILED" });
        if !ok {
            failed.push(*step);
        }
    }
    if !is_wanted("tests") {
        return Ok(end(&failed));
    }
    println!("== tests");
    let counts = tests(root)?;
    if counts.failed > 0 || !counts.finished {
        failed.push("tests");
    }
    for skip in &counts.skips {
        println!("skipped: {skip}");
    }
    if ci && !counts.skips.is_empty() {
        println!("in CI a skip is a failure: install what the lines above name");
        failed.push("skips");
    }
    let code = end(&failed);
    println!(
        "{} passed, {} failed, {} skipped",
        counts.passed - counts.skips.len() as u64,
        counts.failed,
        counts.skips.len()
    );
    Ok(code)
}

fn docs(root: &Path) -> anyhow::Result<bool> {
    DOCS.iter().try_fold(true, |ok, args| {
        let status = cargo(root, args).env("RUSTDOCFLAGS", "-D warnings").status()?;
        anyhow::Ok(status.success() && ok)
    })
}

fn end(failed: &[&str]) -> ExitCode {
    match failed {
        [] => ExitCode::SUCCESS,
        failed => {
            println!("FAILED: {}", failed.join(", "));
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Counts {
    passed: u64,
    failed: u64,
    /// False if cargo itself failed, so that a build error is no success of 0 tests.
    finished: bool,
    skips: Vec<String>,
}

fn tests(root: &Path) -> anyhow::Result<Counts> {
    let log = root.join("target/skips.log");
    let _ = fs::remove_file(&log);
    let mut command = cargo(root, &["test", "--workspace", "--no-fail-fast"]);
    command.env("PRELABEL_SKIP_LOG", &log);
    match peers::environment(root, &peers::TESTS)? {
        Ok(python) => drop(command.env("PRELABEL_PEERS_PYTHON", python)),
        Err(why) => println!("   without peers: {why}"),
    }
    let mut child = command.stdout(Stdio::piped()).spawn().context("cargo test does not start")?;
    let mut counts = Counts::default();
    for line in BufReader::new(child.stdout.take().context("no output of cargo test")?).lines() {
        let line = line?;
        println!("{line}");
        let number = |word: &str| {
            let before = line.split(word).next().and_then(|part| part.split_whitespace().next_back());
            before.and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
        };
        if line.starts_with("test result:") {
            counts.passed += number(" passed");
            counts.failed += number(" failed");
        }
    }
    counts.finished = child.wait()?.success();
    counts.skips = fs::read_to_string(&log).unwrap_or_default().lines().map(ToOwned::to_owned).collect();
    counts.skips.sort();
    Ok(counts)
}

pub(crate) fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(args);
    command
}
