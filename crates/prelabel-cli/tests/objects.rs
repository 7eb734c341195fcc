//! Objects through the program: COCO to numbered masks and label maps, who lies over whom, what is left out.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::Path;

use testkit::program::{self, Run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");

fn prelabel(folder: &Path, args: &[&str]) -> Run {
    program::run(PROGRAM, folder, args, b"")
}

fn ok(folder: &Path, args: &[&str]) -> Run {
    let run = prelabel(folder, args);
    assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
    run
}

/// Two images; on the first a small cat lies over a large one, and both under a dog.
fn animals(folder: &Path) {
    let document = r#"{
        "images": [
            {"id": 1, "width": 8, "height": 4, "file_name": "images/one.jpg"},
            {"id": 2, "width": 2, "height": 2, "file_name": "images/two.jpg"}
        ],
        "categories": [{"id": 3, "name": "cat"}, {"id": 9, "name": "dog"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "segmentation": [[0, 0, 6, 0, 6, 4, 0, 4]], "score": 0.5},
            {"id": 2, "image_id": 1, "category_id": 3, "segmentation": [[1, 1, 3, 1, 3, 3, 1, 3]], "score": 0.9},
            {"id": 3, "image_id": 1, "category_id": 9, "segmentation": [[2, 0, 8, 0, 8, 4, 2, 4]], "score": 0.7},
            {"id": 4, "image_id": 2, "category_id": 9, "segmentation": {"size": [2, 2], "counts": "022"}, "iscrowd": 1}
        ]
    }"#;
    fs::write(folder.join("animals.json"), document).unwrap();
}

/// The labels of a legend.
fn legend(path: &Path) -> Vec<String> {
    let legend: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let mut labels: Vec<String> = legend.values().map(|label| label.as_str().unwrap().to_owned()).collect();
    labels.sort();
    labels
}

fn ids(folder: &Path, file: &str) -> Vec<u8> {
    let bytes = fs::read(folder.join(file)).unwrap();
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[10 + length..].to_vec()
}

#[test]
fn objects_keep_their_numbers_where_that_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    animals(dir.path());
    let run = ok(dir.path(), &["convert", "animals.json", "-o", "masks", "--instances"]);
    assert!(
        run.stderr.contains("20 pixels (annotation 1: 18 of 24 pixels, annotation 2: 2 of 4 pixels)"),
        "{}",
        run.stderr
    );
    assert_eq!(legend(&dir.path().join("masks/legends/one.json")), ["cat # 1", "cat # 2", "dog # 1"]);
    // A crowd is many: it gets no number.
    assert_eq!(legend(&dir.path().join("masks/legends/two.json")), ["dog"]);
    ok(dir.path(), &["convert", "animals.json", "-o", "semantic"]);
    assert_eq!(legend(&dir.path().join("semantic/legend.json")), ["cat", "dog"]);
    assert!(!dir.path().join("semantic/legends").exists());
}

#[test]
fn the_order_decides_and_what_disappears_is_a_loss() {
    let dir = tempfile::tempdir().unwrap();
    animals(dir.path());
    let maps = |name: &str, args: &[&str]| {
        let all = [&["convert", "animals.json", "-o", name, "--to", "label-map", "--encoding", "npy"], args].concat();
        ok(dir.path(), &all);
        ids(dir.path(), &format!("{name}/one.npy"))
    };
    let rows = |rows: [&[u8]; 4]| rows.concat();
    let last = rows([&[3, 3, 9, 9, 9, 9, 9, 9]; 4]);
    assert_eq!(maps("last", &[]), last);
    let score = rows([
        &[3, 3, 9, 9, 9, 9, 9, 9],
        &[3, 3, 3, 9, 9, 9, 9, 9],
        &[3, 3, 3, 9, 9, 9, 9, 9],
        &[3, 3, 9, 9, 9, 9, 9, 9],
    ]);
    assert_eq!(maps("score", &["--overlap", "score"]), score);
    assert_eq!(maps("small", &["--overlap", "smaller-on-top"])[..8], [3, 3, 9, 9, 9, 9, 9, 9]);

    let order = |text: &str| fs::write(dir.path().join("order.txt"), text).unwrap();
    order("# the topmost first\ndog\ncat\n");
    assert_eq!(maps("dogs", &["--overlap", "order.txt"]), last);
    order("cat\n");
    let cats = maps("cats", &["--overlap", "order.txt", "--allow-lossy"]);
    assert!(cats.iter().filter(|id| **id == 3).count() > score.iter().filter(|id| **id == 3).count(), "{cats:?}");
    order("dog\nbird\n");
    let refused = |value: &str| {
        let run = prelabel(dir.path(), &["convert", "animals.json", "-o", "no", "--overlap", value]);
        assert_ne!(run.code, 0);
        run.stderr
    };
    assert!(refused("order.txt").contains("`bird`"), "{}", refused("order.txt"));
    assert!(refused("nothing.txt").contains("smaller-on-top"), "{}", refused("nothing.txt"));

    // With `first`, the large cat covers the small one.
    let covered = ["convert", "animals.json", "-o", "first", "--to", "label-map", "--overlap", "first"];
    let run = prelabel(dir.path(), &covered);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("objects lie wholly under others: annotation 2"), "{}", run.stderr);
    assert!(run.stderr.contains("--overlap"), "{}", run.stderr);
    let run = ok(dir.path(), &[&covered[..], &["--allow-lossy"]].concat());
    assert!(run.stderr.contains("lost: objects lie wholly under others"), "{}", run.stderr);
}

#[test]
fn a_class_list_is_matched_by_name() {
    let dir = tempfile::tempdir().unwrap();
    animals(dir.path());
    fs::write(dir.path().join("classes.txt"), "background\ndog\ncat\n").unwrap();
    let args = ["convert", "animals.json", "-o", "maps", "--to", "label-map", "--encoding", "npy"];
    ok(dir.path(), &[&args[..], &["--classes", "classes.txt"]].concat());
    assert_eq!(ids(dir.path(), "maps/one.npy")[..8], [2, 2, 1, 1, 1, 1, 1, 1]);
    fs::write(dir.path().join("classes.txt"), "background\ndog\n").unwrap();
    let run = prelabel(dir.path(), &[&args[..], &["--classes", "classes.txt", "--overwrite"]].concat());
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("/annotations/0/category_id"), "{}", run.stderr);
    assert!(run.stderr.contains("category 3, `cat`"), "{}", run.stderr);
}

#[test]
fn a_broken_annotation_fails_its_image_or_is_left_out_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    animals(dir.path());
    let path = dir.path().join("animals.json");
    let text = fs::read_to_string(&path).unwrap().replace("[1, 1, 3, 1, 3, 3, 1, 3]", "[1, 1, 3]");
    fs::write(&path, text.replace("\"image_id\": 2", "\"image_id\": 77")).unwrap();
    let args = ["convert", "animals.json", "-o", "masks", "--fail-on", "never"];
    let run = prelabel(dir.path(), &args);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("/annotations/1/segmentation/0"), "{}", run.stderr);
    assert!(run.stderr.contains("no-image"), "{}", run.stderr);
    assert!(dir.path().join("masks/masks/two.png").exists() && !dir.path().join("masks/masks/one.png").exists());
    let run = ok(dir.path(), &[&args[..], &["--allow-lossy"]].concat());
    assert!(
        run.stderr.contains("lost: annotations that cannot be read") && run.stderr.contains("1 instance\n"),
        "{}",
        run.stderr
    );
    assert!(dir.path().join("masks/masks/one.png").exists());
}

#[test]
fn one_file_holds_all_and_appears_whole() {
    let dir = tempfile::tempdir().unwrap();
    animals(dir.path());
    ok(dir.path(), &["convert", "animals.json", "-o", "out.json"]);
    let read = |file: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(dir.path().join(file)).unwrap()).unwrap()
    };
    let (given, written) = (read("animals.json"), read("out.json"));
    // The same entries with the same IDs and vertices, however much is computed anew.
    for (one, other) in given["annotations"].as_array().unwrap().iter().zip(written["annotations"].as_array().unwrap())
    {
        for member in ["id", "image_id", "category_id", "score"] {
            assert_eq!(one[member], other[member]);
        }
        if one["segmentation"].is_array() {
            assert_eq!(one["segmentation"], other["segmentation"]);
        }
    }
    assert_eq!(given["categories"], written["categories"]);
    assert_eq!(written["images"].as_array().unwrap().len(), 2);

    let again = ok(dir.path(), &["convert", "animals.json", "-o", "out.json"]);
    assert!(again.stderr.contains("2 there already"), "{}", again.stderr);
    fs::write(dir.path().join("out.json"), "{}").unwrap();
    let refused = prelabel(dir.path(), &["convert", "animals.json", "-o", "out.json"]);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("--overwrite"), "{}", refused.stderr);
    assert_eq!(fs::read(dir.path().join("out.json")).unwrap(), b"{}");
    ok(dir.path(), &["convert", "animals.json", "-o", "folder", "--to", "coco", "--encoding", "rle"]);
    assert!(read("folder/instances.json")["annotations"][0]["segmentation"]["counts"].is_string());
    let wrong = prelabel(dir.path(), &["convert", "animals.json", "-o", "x", "--to", "coco", "--encoding", "png"]);
    assert_eq!((wrong.code, wrong.stderr.contains("--encoding rle")), (2, true), "{}", wrong.stderr);
}

#[test]
fn areas_of_a_label_map_become_objects() {
    let dir = tempfile::tempdir().unwrap();
    let maps = testkit::testdata().join("demo/maps").display().to_string();
    ok(dir.path(), &["convert", &maps, "-o", "apart.json", "--classes", "voc", "--instances"]);
    ok(dir.path(), &["convert", &maps, "-o", "whole.json", "--classes", "voc"]);
    let count = |file: &str| {
        let text = fs::read_to_string(dir.path().join(file)).unwrap();
        text.matches("\"category_id\"").count()
    };
    assert!(count("apart.json") > count("whole.json"), "{} {}", count("apart.json"), count("whole.json"));
    ok(dir.path(), &["convert", "apart.json", "-o", "back", "--to", "label-map", "--encoding", "npy"]);
    for key in ["astronaut", "rider", "rocket"] {
        let given = dir.path().join("given");
        let map = testkit::testdata().join(format!("demo/maps/{key}.npy")).display().to_string();
        let args = ["convert", &map, "-o", given.to_str().unwrap(), "--to", "label-map", "--classes", "voc"];
        ok(dir.path(), &[&args[..], &["--encoding", "npy", "--overwrite"]].concat());
        assert!(ids(dir.path(), &format!("back/{key}.npy")) == ids(dir.path(), &format!("given/{key}.npy")), "{key}");
    }
}

#[test]
fn outlines_are_simplified_within_what_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let maps = testkit::testdata().join("demo/maps").display().to_string();
    let convert = |out: &str, more: &[&str]| {
        let args = ["convert", &maps, "-o", out, "--classes", "voc", "--encoding", "polygons"];
        let run = ok(dir.path(), &[&args[..], more].concat());
        (fs::metadata(dir.path().join(out)).unwrap().len(), run.stderr)
    };
    let (exact, _) = convert("exact.json", &[]);
    let (rough, words) = convert("rough.json", &["--simplify", "3"]);
    assert!(rough * 3 < exact, "{rough} of {exact} bytes");
    assert!(words.contains("outlines were simplified") && words.contains("the least IoU is 0."), "{words}");
    let (fine, words) = convert("fine.json", &["--min-iou", "0.99"]);
    assert!(rough < fine && fine < exact, "{fine} bytes");
    let least = words.split("the least IoU is ").skip(1).map(|rest| rest[..6].parse::<f64>().unwrap());
    assert!(least.fold(1.0, f64::min) >= 0.99, "{words}");
    let wrong = prelabel(dir.path(), &["convert", &maps, "-o", "x.json", "--classes", "voc", "--min-iou", "2"]);
    assert_eq!((wrong.code, wrong.stderr.contains("from 0 to 1")), (2, true), "{}", wrong.stderr);
}
