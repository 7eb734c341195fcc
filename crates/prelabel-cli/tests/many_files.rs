//! Many files: flat memory, few descriptors, broken files reported by name, a kill survived.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");

/// Small maps, of each 1,000 one cut short.
fn make(folder: &Path, count: usize) {
    let mut ids = vec![0u8; 48 * 64];
    for index in 0..count {
        if index % 500 == 0 {
            fs::create_dir_all(folder.join(format!("{:03}", index / 500))).unwrap();
        }
        for (place, id) in ids.iter_mut().enumerate() {
            let (x, y) = (place % 64, place / 64);
            *id = if x > index % 60 && y > index % 40 { (index % 20) as u8 + 1 } else { 0 };
        }
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (48, 64), }";
        let mut bytes =
            [b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes(), &ids].concat();
        if index % 1000 == 999 {
            bytes.truncate(bytes.len() - 7);
        }
        fs::write(folder.join(format!("{:03}/{index:06}.npy", index / 500)), bytes).unwrap();
    }
}

fn start(folder: &Path, input: &str, output: &str) -> Child {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder).args(["convert", input, "-o", output, "--classes", "voc", "-j", "2"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end; the largest resident set in KiB and the most descriptors seen meanwhile.
fn watch(child: &mut Child) -> (i32, u64, usize) {
    let proc = format!("/proc/{}", child.id());
    let (mut memory, mut descriptors) = (0, 0);
    loop {
        let status = fs::read_to_string(format!("{proc}/status")).unwrap_or_default();
        let peak =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
        memory = memory.max(peak.unwrap_or(0));
        descriptors = descriptors.max(fs::read_dir(format!("{proc}/fd")).map_or(0, Iterator::count));
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code().unwrap_or(-1), memory, descriptors);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn words(child: &mut Child) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut text).unwrap();
    text
}

#[test]
fn memory_is_flat_and_broken_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    make(&dir.path().join("few"), 1000);
    make(&dir.path().join("many"), 5000);
    let mut few = start(dir.path(), "few", "few-out");
    let (code, few_memory, _) = watch(&mut few);
    assert_eq!(code, 1, "{}", words(&mut few));
    let mut many = start(dir.path(), "many", "many-out");
    let (code, many_memory, descriptors) = watch(&mut many);
    assert_eq!(code, 1);
    let words = words(&mut many);
    for broken in ["000999", "001999", "002999", "003999", "004999"] {
        assert!(words.contains(&format!("{broken}.npy")), "{words}");
    }
    assert!(words.contains("4995 samples"), "{words}");
    assert!(descriptors > 0 && descriptors < 256, "{descriptors} descriptors");
    assert!(many_memory * 10 < few_memory * 11, "{few_memory} KiB for 1,000 files, {many_memory} KiB for 5,000");
    let made = testkit::tree(&dir.path().join("many-out")).into_keys().filter(|path| path.ends_with(".png")).count();
    assert_eq!(made, 4995);
}

/// Masks below a folder that is being written to.
fn masks(folder: &Path) -> usize {
    let inside = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => masks(&entry.path()),
        _ => usize::from(entry.path().extension().is_some_and(|ending| ending == "png")),
    };
    fs::read_dir(folder).map_or(0, |entries| entries.flatten().map(inside).sum())
}

#[test]
fn killed_and_run_again_gives_the_same_tree() {
    let dir = tempfile::tempdir().unwrap();
    make(&dir.path().join("maps"), 5000);
    assert_eq!(watch(&mut start(dir.path(), "maps", "whole")).0, 1);
    let whole = testkit::tree(&dir.path().join("whole"));
    let out = dir.path().join("killed");
    // Killed at a tenth, a half and nine tenths of the work, each time running on from there.
    for part in [1, 5, 9] {
        let mut child = start(dir.path(), "maps", "killed");
        let enough = |out: &Path| masks(out) * 10 >= whole.len() * part;
        while !enough(&out) {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let there = testkit::tree(&out);
        assert!(there.len() < whole.len());
        let whole_files = there.iter().filter(|(path, _)| !path.starts_with(".prelabel-staging"));
        for (path, bytes) in whole_files {
            assert!(whole.get(path) == Some(bytes), "{path} is not whole");
        }
    }
    assert_eq!(watch(&mut start(dir.path(), "maps", "killed")).0, 1);
    assert!(testkit::tree(&out) == whole);
}

#[test]
fn a_coco_file_needs_a_fraction_of_its_size() {
    use std::io::Write;

    let dir = tempfile::tempdir().unwrap();
    let real = fs::read(testkit::testdata().join("formats/coco/valid/rider.json")).unwrap();
    let real: serde_json::Value = serde_json::from_slice(&real).unwrap();
    let (size, shapes) = (&real["images"][0], real["annotations"].as_array().unwrap());
    let path = dir.path().join("many.json");
    let mut file = std::io::BufWriter::new(fs::File::create(&path).unwrap());
    write!(file, "{{\"categories\": {}, \"annotations\": [", real["categories"]).unwrap();
    let images = 80_000;
    for image in 0..images {
        let shape = &shapes[image % 2];
        let comma = if image == 0 { "" } else { "," };
        let (category, segmentation) = (&shape["category_id"], &shape["segmentation"]);
        write!(file, "{comma}{{\"image_id\": {image}, \"category_id\": {category}, \"segmentation\": {segmentation}}}")
            .unwrap();
    }
    write!(file, "], \"images\": [").unwrap();
    for image in 0..images {
        let comma = if image == 0 { "" } else { "," };
        let (width, height) = (&size["width"], &size["height"]);
        write!(
            file,
            "{comma}{{\"id\": {image}, \"file_name\": \"{image}.jpg\", \"width\": {width}, \"height\": {height}}}"
        )
        .unwrap();
    }
    write!(file, "]}}").unwrap();
    drop(file);
    let length = fs::metadata(&path).unwrap().len();
    let mut command = Command::new(PROGRAM);
    command.current_dir(dir.path()).args(["convert", "many.json", "-o", "out", "--shard", "7/800", "-j", "2"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (code, memory, _) = watch(&mut child);
    assert_eq!(code, 0, "{}", words(&mut child));
    assert!(memory * 1024 * 4 < length, "{memory} KiB for a file of {} KiB", length / 1024);
    let made = testkit::tree(&dir.path().join("out")).into_keys().filter(|path| path.ends_with(".png")).count();
    assert_eq!(made, images / 800);
}
