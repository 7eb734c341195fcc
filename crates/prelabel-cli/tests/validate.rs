//! `prelabel validate` on folders with one planted fault for each rule.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

// The same folders as the core's tests have.
#[cfg(test)]
#[allow(dead_code, reason = "this file needs the folders only")]
#[path = "../../prelabel/tests/validate/planted.rs"]
mod planted;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use planted::{Tree, planted};
use prelabel::validate::RULES;
use serde_json::Value;
use testkit::program::{self, Run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");

fn prelabel(folder: &Path, args: &[&str]) -> Run {
    program::run(PROGRAM, folder, args, b"")
}

fn write(folder: &Path, tree: &Tree) {
    for (below, files) in [("in", &tree.files), ("images", &tree.images)] {
        fs::create_dir_all(folder.join(below)).unwrap();
        for (path, bytes) in files {
            let path = folder.join(below).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

/// The codes that a run found, from its NDJSON.
fn codes(run: &Run) -> BTreeSet<String> {
    let text = String::from_utf8(run.stdout.clone()).unwrap();
    let objects = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let findings = objects.flat_map(|object| object["findings"].as_array().cloned().unwrap_or_default());
    let left = findings.filter(|finding| !finding["message"].as_str().unwrap().starts_with("mended:"));
    left.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

fn names(codes: impl IntoIterator<Item = &'static str>) -> BTreeSet<String> {
    codes.into_iter().map(str::to_owned).collect()
}

#[test]
fn each_planted_fault_is_found_and_mended_where_that_is_safe() {
    for (code, companions, tree) in planted() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &tree);
        let args = ["validate", "in", "--images", "images", "--json", "--fail-on", "info"];
        let run = prelabel(dir.path(), &args);
        assert_eq!(codes(&run), names(companions.iter().copied().chain([code])), "{code}");
        assert_eq!(run.code, 1, "{code}: {}", run.stderr);

        let info = RULES.iter().map(|rule| rule.info()).find(|info| info.code == code).unwrap();
        let fixed = prelabel(dir.path(), &["validate", "in", "--images", "images", "--fix", "-o", "out", "--json"]);
        assert!([0, 1].contains(&fixed.code), "{code}: {}", fixed.stderr);
        if code == "PL067" {
            // A key that no file may have: the pair is a failure by name.
            assert_eq!(fixed.code, 1);
            continue;
        }
        let second = prelabel(dir.path(), &["validate", "out", "--images", "images", "--json"]);
        let unsafe_ones = companions.iter().copied().chain((!info.fixable || info.lossy).then_some(code));
        assert_eq!(codes(&second), names(unsafe_ones), "{code} after --fix");
    }
}

#[test]
fn a_folder_without_fault_passes() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &Tree::clean());
    let run = prelabel(dir.path(), &["validate", "in", "--images", "images", "--fail-on", "info"]);
    assert_eq!((run.code, run.stdout.as_slice()), (0, b"".as_slice()));
    assert_eq!(run.stderr, "checked 3 mask pairs: nothing to say\n");
}

/// A folder with an error, a warning, a remark and something that can be mended.
fn mixed() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let tree = Tree::clean()
        .legend(r##"{"#F23334": "car", "#fd2d34": "sky", "#010203": "background"}"##)
        .pixels(|pixels| pixels[planted::at(11, 9)] = planted::CAR)
        .without("c.png")
        .with("legends/b.json", br##"{"#f23334": "car"}"##);
    write(dir.path(), &tree);
    dir
}

#[test]
fn all_four_output_formats() {
    let dir = mixed();
    for format in ["text", "json", "github", "sarif"] {
        let run = prelabel(dir.path(), &["validate", "in", "--images", "images", "--output-format", format]);
        assert_eq!(run.code, 1);
        insta::assert_snapshot!(format!("validate_{format}"), run.snapshot(&[]));
    }
}

#[test]
fn fail_on_and_the_choice_of_rules_decide_the_exit_code() {
    let dir = mixed();
    let code = |more: &[&str]| {
        let args: Vec<&str> = ["validate", "in", "--images", "images"].iter().chain(more).copied().collect();
        prelabel(dir.path(), &args).code
    };
    assert_eq!(code(&["--fail-on", "never"]), 0);
    assert_eq!(code(&["--ignore-rule", "PL040"]), 0);
    assert_eq!(code(&["--ignore-rule", "PL040", "--fail-on", "warning"]), 1);
    assert_eq!(code(&["--select", "specks"]), 0);
    assert_eq!(code(&["--select", "specks", "--fail-on", "info"]), 1);
    assert_eq!(code(&["--select", "spek"]), 2);
}

#[test]
fn wrong_uses_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &Tree::clean());
    fs::create_dir(dir.path().join("empty")).unwrap();
    let mut text = String::new();
    for args in [
        vec!["validate", "in", "--select", "spek"],
        vec!["validate", "in", "--fix"],
        vec!["validate", "empty"],
        vec!["validate", "nowhere"],
        vec!["validate", "in", "--classes", "nowhere.txt"],
        vec!["validate", "in", "--fix", "-o", "in/legend.json"],
    ] {
        let run = prelabel(dir.path(), &args);
        assert_eq!(run.code, 2, "{args:?}");
        text.push_str(&format!("$ prelabel {}\n{}\n", args.join(" "), run.snapshot(&[])));
    }
    insta::assert_snapshot!("validate_wrong_use", text);
}
