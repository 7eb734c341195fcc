//! Two trees of labels against each other, through the program.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use testkit::program::{self, Run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");

fn prelabel(folder: &Path, args: &[&str]) -> Run {
    program::run(PROGRAM, folder, args, b"")
}

/// A label map of one byte a pixel.
fn write_map(path: &Path, rows: &[&[u8]]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({}, {}), }}", rows.len(), rows[0].len());
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(rows.concat());
    fs::write(path, bytes).unwrap();
}

/// Two trees: one sample is the same, one differs, one has another size, one is damaged, one is in either tree only.
fn trees(folder: &Path) {
    let list = r#"[{"id": 0, "name": "background", "color": "\#000000"}, {"id": 1, "name": "car", "kind": "thing"},
        {"id": 2, "name": "road", "kind": "stuff"}, {"id": 255, "name": "void", "kind": "void"}]"#;
    fs::write(folder.join("classes.json"), list.replace('\\', "")).unwrap();
    let same: &[&[u8]] = &[&[1, 1, 2], &[0, 2, 2]];
    for side in ["a", "b"] {
        write_map(&folder.join(side).join("same.npy"), same);
        write_map(&folder.join(side).join("damaged.npy"), same);
        write_map(&folder.join(side).join(format!("only-{side}.npy")), same);
    }
    fs::write(folder.join("b/damaged.npy"), b"\x93NUMPY").unwrap();
    write_map(&folder.join("a/larger.npy"), same);
    write_map(&folder.join("b/larger.npy"), &[&[1, 1, 2, 2], &[0, 2, 2, 2]]);
    // Two cars, of which one is found and the other is lost in the road; a third is not there.
    write_map(&folder.join("a/cars.npy"), &[&[1, 1, 1, 0, 255, 255], &[2, 2, 2, 2, 2, 2], &[1, 1, 2, 2, 0, 0]]);
    write_map(&folder.join("b/cars.npy"), &[&[1, 1, 0, 0, 1, 255], &[2, 2, 2, 2, 2, 255], &[2, 2, 2, 2, 0, 1]]);
}

fn objects(run: &Run) -> Vec<Value> {
    let text = String::from_utf8(run.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_type<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["type"] == kind).collect()
}

#[test]
fn what_differs_is_told_for_people() {
    let dir = tempfile::tempdir().unwrap();
    trees(dir.path());
    let args = ["diff", "a", "b", "--classes", "classes.json", "--instances", "--boundary", "1"];
    let run = prelabel(dir.path(), &args);
    insta::assert_snapshot!("diff_text", run.snapshot(&[]));
    let run = prelabel(dir.path(), &["diff", "a/cars.npy", "b/cars.npy", "--no-boundary", "--worst", "1"]);
    insta::assert_snapshot!("diff_by_id", run.snapshot(&[]));
}

#[test]
fn what_differs_is_told_for_programs() {
    let dir = tempfile::tempdir().unwrap();
    trees(dir.path());
    let args = ["diff", "a", "b", "--classes", "classes.json", "--instances", "--json"];
    let run = prelabel(dir.path(), &args);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let all = objects(&run);
    let statuses: BTreeSet<(&str, &str)> = of_type(&all, "item")
        .iter()
        .map(|item| (item["key"].as_str().unwrap(), item["status"].as_str().unwrap()))
        .collect();
    let wanted = [("cars", "differs"), ("damaged", "failed"), ("larger", "failed"), ("same", "same")];
    assert_eq!(statuses, BTreeSet::from(wanted));
    let only: Vec<_> = of_type(&all, "only").iter().map(|only| (only["in"].clone(), only["key"].clone())).collect();
    assert_eq!(only, [("a".into(), "only-a".into()), ("b".into(), "only-b".into())]);
    let pixels: u64 = of_type(&all, "confusion").iter().map(|cell| cell["pixels"].as_u64().unwrap()).sum();
    assert_eq!(pixels, 18 + 6);
    let car = of_type(&all, "class").into_iter().find(|class| class["name"] == "car").unwrap();
    // In `cars` two of five, of which void leaves one false; in `same` two of two.
    assert_eq!((&car["pixels_a"], &car["pixels_b"], &car["pixels_both"]), (&7.into(), &5.into(), &4.into()));
    assert_eq!(car["iou"], 0.5);
    // 2 of 3 pixels, 2 of 2; one is lost, one is false, and one lies in void.
    assert_eq!((&car["matched"], &car["only_a"], &car["only_b"]), (&2.into(), &1.into(), &1.into()));
    let summary = all.last().unwrap();
    assert_eq!((&summary["type"], &summary["compared"], &summary["failed"]), (&"summary".into(), &2.into(), &2.into()));
    assert_eq!(summary["panoptic"]["things"]["pq"], car["pq"]);
    assert_eq!(summary["worst"][0]["key"], "cars");
    // No figure depends on threads.
    let figures = |run: &Run| -> Vec<Value> { objects(run).into_iter().filter(|one| one["type"] != "item").collect() };
    for threads in ["1", "3"] {
        let again = prelabel(dir.path(), &[&args[..], &["-j", threads]].concat());
        assert_eq!(figures(&again), figures(&run));
    }
}

#[test]
fn the_exit_code_says_whether_anything_differs() {
    let dir = tempfile::tempdir().unwrap();
    let (map, other): (&[&[u8]], &[&[u8]]) = (&[&[1, 1, 2, 2]], &[&[1, 2, 2, 2]]);
    write_map(&dir.path().join("a/one.npy"), map);
    write_map(&dir.path().join("same/one.npy"), map);
    write_map(&dir.path().join("b/one.npy"), other);
    write_map(&dir.path().join("more/one.npy"), map);
    write_map(&dir.path().join("more/two.npy"), map);
    // The mean IoU of 1/2 and 2/3.
    for (args, code) in [
        (&["a", "same"][..], 0),
        (&["a", "b"], 1),
        (&["a", "b", "--fail-on", "error"], 0),
        (&["a", "b", "--fail-on", "never"], 0),
        (&["a", "b", "--fail-under", "0.58"], 0),
        (&["a", "b", "--fail-under", "0.59"], 1),
        (&["a", "b", "--ignore", "1", "--fail-under", "1"], 0),
        (&["a", "more"], 1),
        (&["more", "a", "--fail-on", "error"], 0),
        (&["a", "b", "--fail-under", "2"], 2),
        (&["a", "b", "--void", "none"], 2),
        (&["a", "b", "--boundary", "1.5"], 2),
        (&["a", "nowhere"], 2),
        (&["-", "-"], 2),
    ] {
        let run = prelabel(dir.path(), &[&["diff"], args].concat());
        assert_eq!(run.code, code, "{args:?}: {}", run.stderr);
    }
}

#[test]
fn formats_and_class_numbers_may_differ() {
    let dir = tempfile::tempdir().unwrap();
    let demo = testkit::testdata().join("demo").display().to_string();
    let ok = |args: &[&str]| {
        let run = prelabel(dir.path(), args);
        assert_eq!(run.code, 0, "{args:?}: {}\n{}", run.stderr, String::from_utf8_lossy(&run.stdout));
        run
    };
    ok(&["convert", &demo, "-o", "masks"]);
    ok(&["convert", &demo, "-o", "coco", "--to", "coco"]);
    ok(&["convert", &demo, "-o", "panoptic", "--to", "coco-panoptic"]);
    for other in ["masks", "coco", "panoptic"] {
        ok(&["diff", &demo, other]);
        ok(&["diff", other, &demo]);
    }
    // Without its list the labels of the legend are numbered anew: names still match.
    fs::remove_file(dir.path().join("masks/classes.json")).unwrap();
    let text = String::from_utf8(ok(&["diff", &demo, "masks"]).stdout).unwrap();
    assert!(text.contains("3 samples compared: no difference"), "{text}");
    assert!(text.contains("classes matched by name"), "{text}");
}

#[test]
fn pixels_without_a_panoptic_segment_are_void() {
    let real = testkit::testdata().join("formats/coco-panoptic/valid/panopticapi").display().to_string();
    let run = prelabel(Path::new("."), &["diff", &real, &real, "--instances", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let all = objects(&run);
    let summary = all.last().unwrap();
    let whole = |kind: &str| ["pq", "sq", "rq"].map(|figure| summary["panoptic"][kind][figure].clone());
    for kind in ["all", "things", "stuff"] {
        assert_eq!(whole(kind), [1.0; 3].map(Value::from), "{kind}");
    }
    assert!(summary["counted"].as_u64() < summary["pixels"].as_u64(), "{summary}");
    assert!(of_type(&all, "class").iter().all(|class| class["name"] != "background"));
}

#[test]
fn trees_without_a_common_sample_are_a_mistake() {
    let dir = tempfile::tempdir().unwrap();
    for key in ["one", "two"] {
        write_map(&dir.path().join("a").join(key).with_extension("npy"), &[&[1, 1]]);
        write_map(&dir.path().join("b").join(format!("{key}_mask.npy")), &[&[1, 1]]);
    }
    insta::assert_snapshot!("diff_nothing_common", prelabel(dir.path(), &["diff", "a", "b"]).snapshot(&[]));
    // Two files are meant for each other whatever their names.
    assert_eq!(prelabel(dir.path(), &["diff", "a/one.npy", "b/two_mask.npy"]).code, 0);
}
