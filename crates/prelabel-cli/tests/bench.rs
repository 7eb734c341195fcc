//! `prelabel bench`: the rows are there and parse. No time is asserted.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use testkit::program;

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");

fn data(path: &str) -> String {
    testkit::testdata().join(path).display().to_string()
}

#[test]
fn own_data_gives_a_row_for_each_task() {
    let dir = tempfile::tempdir().unwrap();
    for input in
        ["demo", "demo/maps/rider.npy", "formats/gt-studio/valid/semantic", "formats/scores/valid/softmax-chw-f16"]
    {
        let run = program::run(PROGRAM, dir.path(), &["bench", &data(input), "--seconds", "0"], b"");
        assert_eq!(run.code, 0, "{input}: {}", run.stderr);
        let table = String::from_utf8(run.stdout).unwrap();
        for row in ["encode default", "decode", "convert"] {
            let line = table.lines().find(|line| line.trim_start().starts_with(row));
            let line = line.unwrap_or_else(|| panic!("{input} has no row `{row}`: {table}"));
            let figures: Vec<f64> = line[18..].split_whitespace().map(|figure| figure.parse().unwrap()).collect();
            assert!(figures.len() == 3 && figures.iter().all(|figure| *figure > 0.0), "{line}");
        }
        assert!(testkit::entries(dir.path()).is_empty(), "nothing is written");
    }
}

#[test]
fn fewer_samples_are_spread_evenly_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let run = program::run(PROGRAM, dir.path(), &["bench", &data("demo"), "--seconds", "0", "--samples", "2"], b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let table = String::from_utf8(run.stdout).unwrap();
    assert!(table.lines().next().unwrap().contains(": 2 of 3 samples, "), "{table}");
}

#[test]
fn without_data_it_makes_some_and_json_has_an_object_a_row() {
    let dir = tempfile::tempdir().unwrap();
    let run = program::run(PROGRAM, dir.path(), &["bench", "--seconds", "0", "--json"], b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lines = String::from_utf8(run.stdout).unwrap();
    let objects: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (summary, rows) = objects.split_last().unwrap();
    assert_eq!((summary["type"].as_str(), summary["sets"].as_u64()), (Some("summary"), Some(6)));
    for row in rows {
        assert!(row["verified"] == true && row["mp_per_s_one_core"].as_f64().unwrap() > 0.0, "{row}");
        assert!(row["mp_per_s_all_cores"].as_f64().unwrap() > 0.0 && row["bytes"].as_u64().unwrap() > 0, "{row}");
    }
    let tasks = |set: &str| rows.iter().filter(|row| row["set"] == set).count();
    assert!(tasks("noise 2048 × 1024") >= 3 && tasks("scene 4096 × 3072") == tasks("noise 2048 × 1024"));
}

#[test]
fn wrong_use_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    for (args, words) in [
        (&["--seconds", "-1"][..], "0 to 600 seconds"),
        (&["--seconds", "NaN"], "0 to 600 seconds"),
        (&["--samples", "0"], "--samples 1 or more"),
        (&["nowhere"], "nowhere"),
        (&["."], "hint:"),
    ] {
        let args: Vec<&str> = std::iter::once("bench").chain(args.iter().copied()).collect();
        let run = program::run(PROGRAM, dir.path(), &args, b"");
        assert_eq!(run.code, 2, "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn a_broken_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let run = program::run(PROGRAM, dir.path(), &["bench", &data("formats/label-map/invalid/cut-data.npy")], b"");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("cut-data.npy"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_and_keeps_what_was_measured() {
    let mut command = Command::new(PROGRAM);
    // Six figures a set, six sets: longer than the test takes.
    command.args(["bench", "--seconds", "0.5"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert!(first.starts_with("scene 2048 × 1024"), "{first}");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(rest.contains("convert") && !rest.contains("noise"), "{rest}");
}
