//! Every wrong use says what to do. Exit code, stdout and stderr in one snapshot.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::path::Path;

use testkit::program;

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");

fn data(path: &str) -> String {
    testkit::testdata().join(path).display().to_string()
}

/// A label map of one row.
fn npy(ids: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': (1, {}), }}", ids.len());
    [b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes(), ids].concat()
}

fn snapshot(name: &str, folder: &Path, args: &[&str]) {
    let run = program::run(PROGRAM, folder, args, b"");
    assert_ne!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!(
        name,
        format!("$ prelabel {}\n{}", args.join(" "), run.snapshot(&[(folder, "DIR")]))
            .replace(testkit::testdata().to_str().unwrap(), "TESTDATA")
    );
}

#[test]
fn unknown_names() {
    let dir = tempfile::tempdir().unwrap();
    let map = data("demo/maps/rider.npy");
    snapshot("unknown_format", dir.path(), &["convert", &map, "-o", "out", "--to", "gtstudio2"]);
    snapshot("unknown_from", dir.path(), &["convert", &map, "-o", "out", "--from", "lable-map"]);
    snapshot("unknown_preset", dir.path(), &["convert", &map, "-o", "out", "--classes", "citiscapes"]);
    snapshot("unknown_option", dir.path(), &["convert", &map, "-o", "out", "--clases", "voc"]);
    snapshot("no_class_list", dir.path(), &["convert", &map, "-o", "out"]);
    snapshot("no_input", dir.path(), &["convert", "nowhere", "-o", "out", "--classes", "voc"]);
}

#[test]
fn the_platforms_own_seven_digit_key() {
    let dir = tempfile::tempdir().unwrap();
    snapshot("seven_digit_key", dir.path(), &["convert", &data("formats/gt-studio/invalid/seven-digits"), "-o", "out"]);
}

#[test]
fn a_class_id_that_the_list_lacks() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("maps")).unwrap();
    std::fs::write(dir.path().join("maps/good.npy"), npy(&[0, 1, 2])).unwrap();
    std::fs::write(dir.path().join("maps/street.npy"), npy(&[0, 1, 33, 33, 2])).unwrap();
    snapshot("unknown_class_id", dir.path(), &["convert", "maps", "-o", "out", "--classes", "voc"]);
    assert!(dir.path().join("out/masks/good.png").exists() && !dir.path().join("out/masks/street.png").exists());
}

#[test]
fn a_shifted_class_list() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("map.npy"), npy(&[0, 1, 2, 3])).unwrap();
    std::fs::write(dir.path().join("classes.txt"), "road\nsky\ncar\n").unwrap();
    snapshot(
        "off_by_one",
        dir.path(),
        &["convert", "map.npy", "-o", "out", "--to", "label-map", "--classes", "classes.txt", "--fail-on", "warning"],
    );
}

#[test]
fn outputs_that_are_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let map = data("demo/maps/rider.npy");
    std::fs::create_dir_all(dir.path().join("out/masks")).unwrap();
    std::fs::write(dir.path().join("out/masks/rider.png"), "somebody's work").unwrap();
    snapshot("output_exists", dir.path(), &["convert", &map, "-o", "out", "--classes", "voc"]);
    assert_eq!(std::fs::read(dir.path().join("out/masks/rider.png")).unwrap(), b"somebody's work");
    std::fs::write(dir.path().join("file"), "").unwrap();
    snapshot("output_is_a_file", dir.path(), &["convert", &map, "-o", "file", "--classes", "voc"]);
    snapshot("output_below_a_file", dir.path(), &["convert", &map, "-o", "file/out", "--classes", "voc"]);
    snapshot("many_into_one", dir.path(), &["convert", &data("demo"), "-o", "one.png"]);
}

#[test]
fn two_inputs_for_one_output() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("maps")).unwrap();
    std::fs::write(dir.path().join("maps/a.npy"), npy(&[0, 1])).unwrap();
    std::fs::copy(data("formats/label-map/valid/npz/map.npz"), dir.path().join("maps/A.npz")).unwrap();
    snapshot("one_output_twice", dir.path(), &["convert", "maps", "-o", "out", "--classes", "voc"]);
    assert!(!dir.path().join("out/masks").exists());
}

#[test]
fn nothing_recognisable() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("photos")).unwrap();
    std::fs::copy(data("demo/images/rider.jpg"), dir.path().join("photos/a.jpg")).unwrap();
    std::fs::write(dir.path().join("photos/notes.txt"), "x").unwrap();
    snapshot("nothing_recognisable", dir.path(), &["inspect", "photos"]);
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    snapshot("empty_folder", dir.path(), &["inspect", "empty"]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_unreadable_file_is_told_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("maps")).unwrap();
    std::fs::write(dir.path().join("maps/good.npy"), npy(&[0, 1, 2])).unwrap();
    // Reading it fails for everybody, for root too.
    std::os::unix::fs::symlink("/proc/self/mem", dir.path().join("maps/bad.npy")).unwrap();
    snapshot("unreadable_file", dir.path(), &["convert", "maps", "-o", "out", "--classes", "voc", "--from", "npy"]);
    assert!(dir.path().join("out/masks/good.png").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_the_run_and_leaves_only_whole_files() {
    let dir = tempfile::tempdir().unwrap();
    let disk = dir.path().join("disk");
    std::fs::create_dir_all(dir.path().join("maps")).unwrap();
    std::fs::create_dir(&disk).unwrap();
    // Noise, so that each mask is large.
    let mut state = 1u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8 % 21
    })
    .take(65_536)
    .collect();
    for name in ["a", "b", "c", "d", "e"] {
        std::fs::write(dir.path().join(format!("maps/{name}.npy")), npy(&noise)).unwrap();
    }
    let script = format!(
        "mount -t tmpfs -o size=200k none {0} && {PROGRAM} convert maps -o {0}/out --classes voc -j 1; code=$?; ls -A {0}/out; exit $code",
        disk.display()
    );
    let run = program::run("unshare", dir.path(), &["-rm", "sh", "-c", &script], b"");
    if run.stderr.contains("unshare") || run.stderr.contains("mount:") {
        testkit::peers::skip(
            "a_full_disk_stops_the_run_and_leaves_only_whole_files",
            "no user namespaces on this machine",
        );
        return;
    }
    insta::assert_snapshot!(
        "full_disk",
        run.snapshot(&[(dir.path(), "DIR")])
            .replace("a.png", "NAME.png")
            .replace("b.png", "NAME.png")
            .replace("c.png", "NAME.png")
    );
}
