//! `prelabel push --sandbox`: the whole way, and what happens on the second time.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::Path;

use serde_json::Value;
use testkit::program::{self, Run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");

fn prelabel(folder: &Path, args: &[&str]) -> Run {
    program::run(PROGRAM, folder, args, b"")
}

fn demo() -> String {
    testkit::testdata().join("demo").display().to_string()
}

fn submitted(run: &Run) -> Value {
    let lines = String::from_utf8(run.stdout.clone()).unwrap();
    let objects = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    objects.into_iter().find(|object| object["type"] == "submitted").unwrap_or_else(|| panic!("{}", run.stderr))
}

fn jobs_in_ledger(folder: &Path) -> usize {
    // The sandbox's own answer, from its ledger, through the program's words.
    let run = prelabel(folder, &["push", &demo(), "--sandbox", "-o", "out"]);
    let words = run.stderr.split("its ledger holds ").nth(1).unwrap_or_else(|| panic!("{}", run.stderr));
    words.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn the_demo_is_accepted_and_says_where_everything_lies() {
    let dir = tempfile::tempdir().unwrap();
    let run = prelabel(dir.path(), &["push", &demo(), "--sandbox"]);
    insta::assert_snapshot!("push_demo", run.snapshot(&[(Path::new(PROGRAM), "prelabel")]));
    let out = dir.path().join("prelabel-out");
    for file in
        ["pairs/masks/rider.png", "pairs/legend.json", "jobs.ndjson", "journal.sqlite", "sandbox/sandbox.sqlite"]
    {
        assert!(out.join(file).is_file(), "{file}");
    }
    let jobs = fs::read_to_string(out.join("jobs.ndjson")).unwrap();
    assert_eq!(jobs.lines().count(), 3);
    for job in jobs.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        for url in [&job["data"]["image_url"], &job["data"]["maker_response"]["raster"]["data"]["url"]] {
            let key = url.as_str().unwrap().strip_prefix("s3://prelabel-sandbox/").unwrap();
            assert!(out.join("store").join(key).is_file(), "{key}");
        }
    }
}

#[test]
fn the_second_time_nothing_is_done_twice() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["push", &demo(), "--sandbox", "-o", "out", "--json"];
    assert_eq!(submitted(&prelabel(dir.path(), &args))["created"], 3);
    let first = testkit::tree(&dir.path().join("out/store"));
    let again = prelabel(dir.path(), &args);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!((&submitted(&again)["created"], &submitted(&again)["already_there"]), (&0.into(), &3.into()));
    assert!(again.stderr.contains("uploaded 0 files"), "{}", again.stderr);
    assert!(testkit::tree(&dir.path().join("out/store")) == first);
    assert_eq!(jobs_in_ledger(dir.path()), 3);
}

#[test]
fn a_lost_journal_makes_no_second_job() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["push", &demo(), "--sandbox", "-o", "out"];
    assert_eq!(prelabel(dir.path(), &args).code, 0);
    fs::remove_file(dir.path().join("out/journal.sqlite")).unwrap();
    let run = prelabel(dir.path(), &args);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("reference ID is taken"), "{}", run.stderr);
    assert_eq!(jobs_in_ledger(dir.path()), 3);
}

#[test]
fn a_pair_that_cannot_be_a_job_is_told_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("in");
    for folder in ["maps", "images"] {
        fs::create_dir_all(input.join(folder)).unwrap();
    }
    let demo = testkit::testdata().join("demo");
    fs::copy(demo.join("classes.json"), input.join("classes.json")).unwrap();
    for key in ["astronaut", "rider", "rocket"] {
        fs::copy(demo.join(format!("maps/{key}.npy")), input.join(format!("maps/{key}.npy"))).unwrap();
    }
    // One photograph is of another size, one is missing.
    fs::copy(demo.join("images/astronaut.jpg"), input.join("images/astronaut.jpg")).unwrap();
    fs::copy(demo.join("images/rocket.jpg"), input.join("images/rider.jpg")).unwrap();
    let run = prelabel(dir.path(), &["push", "in", "--sandbox", "-o", "out"]);
    insta::assert_snapshot!("push_partly", run.snapshot(&[(Path::new(PROGRAM), "prelabel")]));
}

#[test]
fn wrong_uses_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let demo = demo();
    let maps = format!("{demo}/maps");
    let list = format!("{demo}/classes.json");
    for (name, args) in [
        ("push_without_sandbox", vec!["push", &demo]),
        ("push_without_images", vec!["push", &maps, "--classes", &list, "--sandbox"]),
        ("push_dry_run", vec!["push", &demo, "--sandbox", "--dry-run"]),
    ] {
        let run = prelabel(dir.path(), &args);
        insta::assert_snapshot!(name, run.snapshot(&[(Path::new(PROGRAM), "prelabel")]));
    }
    assert!(testkit::entries(dir.path()).is_empty());
}

#[test]
fn a_journal_in_use_stops_the_second_run() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["push", &demo(), "--sandbox", "-o", "out"];
    assert_eq!(prelabel(dir.path(), &args).code, 0);
    let lock = fs::File::options().write(true).open(dir.path().join("out/journal.sqlite.lock")).unwrap();
    lock.lock().unwrap();
    let run = prelabel(dir.path(), &args);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("is in use"), "{}", run.stderr);
}
