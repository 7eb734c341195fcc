//! The README's commands do what it says.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::program;

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");

/// The commands in the README's shell blocks, each on one line, without comments.
fn commands() -> Vec<String> {
    let readme = fs::read_to_string(testkit::workspace().join("README.md")).unwrap();
    let blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let text = blocks.collect::<String>().replace("\\\n", " ");
    text.lines()
        .map(|line| line.split(" #").next().unwrap().trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// A folder with what the commands name: maps, scores, photographs, a class list, a single map.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let demo = testkit::testdata().join("demo");
    let copy = |from: &Path, to: &str| {
        let to = dir.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    for key in ["astronaut", "rider", "rocket"] {
        copy(&demo.join(format!("maps/{key}.npy")), &format!("maps/{key}.npy"));
        copy(&demo.join(format!("images/{key}.jpg")), &format!("photos/{key}.jpg"));
        for (file, to) in [("maps", "npy"), ("images", "jpg")] {
            copy(&demo.join(format!("{file}/{key}.{to}")), &format!("testdata/demo/{file}/{key}.{to}"));
        }
    }
    copy(&demo.join("maps/rider.npy"), "map.npy");
    copy(&testkit::testdata().join("formats/coco/valid/rider.json"), "instances.json");
    copy(&demo.join("classes.json"), "testdata/demo/classes.json");
    let scores = testkit::testdata().join("formats/scores/valid/logits-hwc-f32");
    for file in testkit::entries(&scores) {
        let name = file.file_name().unwrap().to_str().unwrap();
        match name.ends_with(".npy") {
            true => copy(&file, &format!("logits/{name}")),
            false => copy(&file, name),
        }
    }
    copy(&demo.join("classes.json"), "classes.json");
    let voc = prelabel::classes::preset("voc").unwrap().classes().unwrap();
    let named = voc.classes().iter().filter(|class| !class.is_void());
    let names: Vec<String> = named.map(|class| class.name.clone()).collect();
    fs::write(dir.path().join("classes.txt"), names.join("\n")).unwrap();
    dir
}

#[test]
fn every_command_of_the_readme_runs() {
    let dir = folder();
    let mut ran = 0;
    for command in commands() {
        if command == "cargo xtask test" {
            // It runs this test.
            continue;
        }
        let command = command.replace("cargo run --release --", "prelabel");
        assert!(command.starts_with("prelabel "), "{command}");
        let script = command.replacen("prelabel", &format!("'{PROGRAM}'"), 1);
        let run = Command::new("bash").current_dir(dir.path()).env("NO_COLOR", "1").args(["-c", &script]).output();
        let run = run.unwrap();
        assert!(run.status.success(), "{command}\n{}", String::from_utf8_lossy(&run.stderr));
        ran += 1;
    }
    assert!(ran >= 9, "{ran}");
    for file in ["mask.png", "jobs.ndjson", "masks/masks/rider.png", "maps/rider.npy", "prelabel-out/jobs.ndjson"] {
        assert!(fs::metadata(dir.path().join(file)).is_ok_and(|file| file.len() > 0), "{file}");
    }
}

#[test]
fn options_that_the_readme_names_exist() {
    let readme = fs::read_to_string(testkit::workspace().join("README.md")).unwrap();
    let mut help = String::new();
    for command in ["convert", "validate", "push", "payload", "inspect", "diff"] {
        help.push_str(
            &String::from_utf8(program::run(PROGRAM, Path::new("."), &[command, "--help"], b"").stdout).unwrap(),
        );
    }
    let words = readme.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    for option in words.filter(|word| word.starts_with("--") && word.contains(|c: char| c.is_ascii_alphanumeric())) {
        assert!(help.contains(option) || ["--release", "--help"].contains(&option), "{option}");
    }
}
