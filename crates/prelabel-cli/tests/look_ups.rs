//! The commands that only say something: `explain`, `formats`, `inspect`, `completions`, `--help`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::path::Path;
use std::process::Command;

use prelabel::formats::FORMATS;
use prelabel::validate::RULES;
use serde_json::Value;
use testkit::program::{self, Run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");

fn prelabel(args: &[&str]) -> Run {
    program::run(PROGRAM, Path::new("."), args, b"")
}

fn text(run: &Run) -> String {
    assert_eq!(run.code, 0, "{}", run.stderr);
    String::from_utf8(run.stdout.clone()).unwrap()
}

#[test]
fn explain_has_a_page_for_each_rule() {
    let list = text(&prelabel(&["explain"]));
    for rule in RULES {
        let info = rule.info();
        assert!(list.contains(&format!("{}  ", info.code)) && list.contains(info.summary), "{}", info.code);
        for name in [info.code, info.name] {
            assert_eq!(text(&prelabel(&["explain", name])).trim_end(), info.page().trim_end());
        }
    }
    insta::assert_snapshot!("explain_unknown", prelabel(&["explain", "PL999"]).snapshot(&[]));
    insta::assert_snapshot!("explain_one", text(&prelabel(&["explain", "PL001"])));
}

#[test]
fn formats_lists_and_shows_each() {
    let list = text(&prelabel(&["formats"]));
    for format in FORMATS {
        assert!(list.lines().any(|line| line.starts_with(format.info().name)), "{}", format.info().name);
        insta::assert_snapshot!(
            format!("formats_{}", format.info().name),
            text(&prelabel(&["formats", format.info().name]))
        );
    }
    insta::assert_snapshot!("formats_unknown", prelabel(&["formats", "gt-studi"]).snapshot(&[]));
    let json = text(&prelabel(&["formats", "--json"]));
    let names: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(names.len(), FORMATS.len());
}

#[test]
fn inspect_says_what_a_folder_holds() {
    let demo = testkit::testdata().join("demo").display().to_string();
    insta::assert_snapshot!("inspect_demo", prelabel(&["inspect", &demo]).snapshot(&[]));
    let object: Value = serde_json::from_str(&text(&prelabel(&["inspect", &demo, "--json"]))).unwrap();
    assert_eq!(
        (&object["samples"], &object["pixels"], &object["format"]),
        (&3.into(), &592_387.into(), &"label-map".into())
    );
    let pixels: u64 = object["classes"].as_array().unwrap().iter().map(|class| class["pixels"].as_u64().unwrap()).sum();
    assert_eq!(pixels, 592_387);
    let nothing = testkit::workspace().join(".cargo").display().to_string();
    let run = prelabel(&["inspect", &nothing]);
    insta::assert_snapshot!("inspect_nothing", run.snapshot(&[(&testkit::workspace(), "WORKSPACE")]));
}

#[test]
fn completions_are_scripts_their_shells_accept() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&prelabel(&["completions", shell]));
        for command in ["convert", "validate", "push", "payload", "inspect"] {
            assert!(script.contains(command), "{shell} {command}");
        }
        if shell == "bash" {
            let check = Command::new("bash").args(["-n", "-c", &script]).output();
            let Ok(check) = check else {
                testkit::peers::skip("completions_are_scripts_their_shells_accept", "no bash");
                continue;
            };
            assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
        }
    }
    assert_eq!(prelabel(&["completions", "csh"]).code, 2);
}

#[test]
fn help_is_data_and_names_every_command() {
    let help = text(&prelabel(&["--help"]));
    insta::assert_snapshot!("help", help);
    for command in ["convert", "validate", "explain", "inspect", "payload", "push", "formats", "completions"] {
        let page = text(&prelabel(&[command, "--help"]));
        assert!(page.contains("Usage:"), "{command}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let script = format!("set -o pipefail; '{PROGRAM}' explain | head -c 10");
    let run = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(run.stdout.len(), 10);
}
