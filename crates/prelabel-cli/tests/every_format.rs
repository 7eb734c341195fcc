//! Every format goes the whole way: looked at, converted to mask pairs, checked, submitted to the sandbox, and back.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::program::{self, Run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");

fn prelabel(folder: &Path, args: &[&str]) -> Run {
    program::run(PROGRAM, folder, args, b"")
}

/// A run that must succeed; the objects that it wrote to stdout.
fn ok(folder: &Path, args: &[&str]) -> Vec<Value> {
    let run = prelabel(folder, args);
    assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
    let lines = String::from_utf8(run.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_type<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["type"] == kind).collect()
}

/// The valid cases of each format in the test data.
fn cases() -> Vec<(String, PathBuf)> {
    let formats = testkit::entries(&testkit::testdata().join("formats"));
    let formats = formats.into_iter().filter(|format| format.is_dir());
    let cases = formats.flat_map(|format| {
        let name = format.file_name().unwrap().to_str().unwrap().to_owned();
        testkit::entries(&format.join("valid")).into_iter().map(move |case| (name.clone(), case))
    });
    cases.collect()
}

/// Names of files with an ending, without it, in a folder and below.
fn stems(folder: &Path, ending: &str) -> Vec<String> {
    let mut stems: Vec<String> =
        testkit::tree(folder).into_keys().filter_map(|path| path.strip_suffix(ending).map(str::to_owned)).collect();
    stems.sort();
    stems
}

#[test]
fn every_format_reaches_the_platform() {
    let all = cases();
    assert!(all.len() > 30, "{}", all.len());
    for (format, case) in all {
        let dir = tempfile::tempdir().unwrap();
        let case = case.to_str().unwrap().to_owned();
        let classes: &[&str] =
            if format == "scores" || case.ends_with("nothing") { &["--classes", "auto"] } else { &[] };
        let inspected = ok(dir.path(), &["inspect", &case, "--json"]);
        assert_eq!(of_type(&inspected, "inspection")[0]["format"], format.as_str(), "{case}");
        for (name, instances) in [("semantic", None), ("objects", Some("--instances"))] {
            let mut args = vec!["convert", &case, "-o", name, "--to", "gt-studio", "--allow-lossy", "--json"];
            args.extend(classes);
            args.extend(instances);
            let run = prelabel(dir.path(), &args);
            if run.stderr.contains("--classes") && run.code != 0 {
                // No list beside it: that is asked for, and given.
                args.extend(["--classes", "auto"]);
                ok(dir.path(), &args);
            } else {
                assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
            }
            ok(dir.path(), &["validate", name, "--json"]);
        }
        let masks = stems(&dir.path().join("semantic/masks"), ".png");
        assert!(!masks.is_empty() && masks == stems(&dir.path().join("objects/masks"), ".png"), "{case}");

        // A photograph for each, of the size of its mask.
        for key in &masks {
            let photo = dir.path().join("photos").join(format!("{key}.png"));
            fs::create_dir_all(photo.parent().unwrap()).unwrap();
            fs::copy(dir.path().join(format!("semantic/masks/{key}.png")), photo).unwrap();
        }
        let mut args = vec!["push", &case, "--sandbox", "--images", "photos", "-o", "out", "--json", "--allow-lossy"];
        args.extend(classes);
        let mut run = prelabel(dir.path(), &args);
        if run.code != 0 && run.stderr.contains("--classes") {
            args.extend(["--classes", "auto"]);
            run = prelabel(dir.path(), &args);
        }
        // A mask without a label is not submitted, and said to be none.
        let empty = run.stderr.contains("the legend is empty");
        assert!(run.code == 0 || empty, "{args:?}: {}", run.stderr);
        let lines = String::from_utf8(run.stdout).unwrap();
        let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let created = of_type(&objects, "submitted")[0]["created"].as_u64().unwrap() as usize;
        assert!(created == masks.len() || empty && created < masks.len(), "{case}: {created} jobs");
    }
}

#[test]
fn mask_pairs_become_every_format_that_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let pairs = testkit::testdata().join("formats/gt-studio/valid/instances");
    let pairs = pairs.to_str().unwrap();
    let formats = ok(dir.path(), &["formats", "--json"]);
    let writers: Vec<&str> = of_type(&formats, "format")
        .into_iter()
        .filter(|format| format["writes"] == true)
        .map(|format| format["name"].as_str().unwrap())
        .collect();
    assert!(writers.len() >= 8, "{writers:?}");
    for name in writers {
        ok(dir.path(), &["convert", pairs, "-o", name, "--to", name, "--instances", "--allow-lossy", "--json"]);
        let inspected = ok(dir.path(), &["inspect", name, "--json"]);
        assert_eq!(of_type(&inspected, "inspection")[0]["format"], name);
        // And the same pixels again, by classes.
        let back = format!("{name}-back");
        ok(dir.path(), &["convert", name, "-o", &back, "--to", "gt-studio", "--allow-lossy", "--json"]);
        let run = prelabel(dir.path(), &["diff", pairs, &back, "--json"]);
        assert_eq!(run.code, 0, "{name}: {}\n{}", run.stderr, String::from_utf8_lossy(&run.stdout));
    }
}
