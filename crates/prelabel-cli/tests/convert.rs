//! `prelabel convert`, as users call it, on real model outputs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::path::{Path, PathBuf};

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

fn data(path: &str) -> String {
    testkit::testdata().join(path).display().to_string()
}

/// Size, colour type and pixels of a PNG, by the png crate alone.
fn pixels(path: &Path) -> (u32, u32, png::ColorType, Vec<u8>) {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    pixels_of(&bytes)
}

fn pixels_of(bytes: &[u8]) -> (u32, u32, png::ColorType, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, info.color_type, pixels)
}

/// The data of an NPY file after its header.
fn npy_data(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[10 + length..].to_vec()
}

#[test]
fn the_published_map_gives_exactly_the_expected_pixels_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let (map, list) = (data("demo/maps/astronaut.npy"), data("masks/voc_legend.json"));
    ok(dir.path(), &["convert", &map, "-o", "mask.png", "--classes", &list, "--legend-out", "legend.json"]);
    let expected = pixels(Path::new(&data("masks/astronaut_expected_rgba.png")));
    assert!(pixels(&dir.path().join("mask.png")) == expected);

    ok(
        dir.path(),
        &[
            "convert",
            "mask.png",
            "-o",
            "back.npy",
            "--from",
            "gt-studio",
            "--legend",
            "legend.json",
            "--classes",
            &list,
        ],
    );
    let published: Vec<u8> = npy_data(Path::new(&map)).chunks_exact(8).map(|id| id[0]).collect();
    assert!(npy_data(&dir.path().join("back.npy")) == published, "the IDs that came back are others");
}

#[test]
fn a_folder_goes_there_and_back() {
    let dir = tempfile::tempdir().unwrap();
    ok(dir.path(), &["convert", &data("demo"), "-o", "masks"]);
    let made: Vec<String> = testkit::tree(&dir.path().join("masks")).into_keys().collect();
    assert_eq!(made, ["classes.json", "legend.json", "masks/astronaut.png", "masks/rider.png", "masks/rocket.png"]);
    // The rocket is found nowhere: the empty mask.
    assert!(pixels(&dir.path().join("masks/masks/rocket.png")).3.iter().all(|&channel| channel == 0));

    ok(dir.path(), &["convert", "masks", "-o", "maps", "--encoding", "npy"]);
    for (name, bytes) in [("astronaut", 8), ("rider", 1), ("rocket", 1)] {
        let published = npy_data(Path::new(&data(&format!("demo/maps/{name}.npy"))));
        let published: Vec<u8> = published.chunks_exact(bytes).map(|id| id[0]).collect();
        assert!(npy_data(&dir.path().join(format!("maps/{name}.npy"))) == published, "{name}");
    }
}

#[test]
fn memory_order_type_and_extra_axes_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let plain = data("demo/maps/rider.npy");
    ok(dir.path(), &["convert", &plain, "-o", "plain.png", "--classes", "voc"]);
    for case in ["fortran/map.npy", "int64/map.npy", "npz/map.npz"] {
        let file = data(&format!("formats/label-map/valid/{case}"));
        ok(dir.path(), &["convert", &file, "-o", "other.png", "--classes", "voc", "--overwrite"]);
        assert!(pixels(&dir.path().join("other.png")) == pixels(&dir.path().join("plain.png")), "{case}");
    }
    // (512, 512, 1): IDs 0 to 2, there and back.
    let landsat = data("formats/label-map/valid/trailing-axis/landsat7.npy");
    ok(dir.path(), &["convert", &landsat, "-o", "landsat", "--classes", "auto"]);
    ok(dir.path(), &["convert", "landsat", "-o", "landsat-back", "--encoding", "npy"]);
    assert!(npy_data(&dir.path().join("landsat-back/landsat7.npy")) == npy_data(Path::new(&landsat)));
}

#[test]
fn negative_ids_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let map = data("formats/label-map/valid/negative/map.npy");
    std::fs::write(
        dir.path().join("classes.json"),
        r#"[{"id": -1, "name": "nothing", "kind": "void"}, {"id": 13, "name": "horse"}, {"id": 15, "name": "person"}]"#,
    )
    .unwrap();
    ok(dir.path(), &["convert", &map, "-o", "masks", "--classes", "classes.json"]);
    ok(dir.path(), &["convert", "masks", "-o", "maps", "--encoding", "npy"]);
    // −1 makes it int16: each published int32 cut to its two low bytes.
    let published: Vec<u8> = npy_data(Path::new(&map)).chunks_exact(4).flat_map(|id| [id[0], id[1]]).collect();
    assert!(npy_data(&dir.path().join("maps/map.npy")) == published);
}

#[test]
fn void_beside_background_is_refused_until_allowed_and_then_counted() {
    let dir = tempfile::tempdir().unwrap();
    // 2 × 3 pixels: background, void (255), class 1.
    let npy = |ids: &[u8]| {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
        [b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes(), ids].concat()
    };
    std::fs::write(dir.path().join("map.npy"), npy(&[0, 255, 1, 255, 0, 1])).unwrap();
    let args = ["convert", "map.npy", "-o", "masks", "--classes", "voc"];
    let refused = prelabel(dir.path(), &args);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("2 pixels that would be lost") && refused.stderr.contains("--allow-lossy"),
        "{}",
        refused.stderr
    );
    assert!(!dir.path().join("masks/masks/map.png").exists());

    let allowed = prelabel(dir.path(), &[args.as_slice(), &["--allow-lossy"]].concat());
    assert_eq!(allowed.code, 0);
    assert!(allowed.stderr.contains("lost:") && allowed.stderr.contains("2 pixels"), "{}", allowed.stderr);
    let mask = pixels(&dir.path().join("masks/masks/map.png")).3;
    assert_eq!(&mask[..12], [0, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 255]);

    // Exact the other way: the background gets a colour of its own.
    ok(dir.path(), &["convert", "map.npy", "-o", "labelled", "--classes", "voc", "--label-background"]);
    ok(dir.path(), &["convert", "labelled", "-o", "back", "--encoding", "npy"]);
    assert_eq!(npy_data(&dir.path().join("back/map.npy")), [0, 255, 1, 255, 0, 1]);
}

#[test]
fn scores_give_the_argmax_of_the_published_map() {
    let dir = tempfile::tempdir().unwrap();
    let map = npy_data(Path::new(&data("demo/maps/rider.npy")));
    let crop: Vec<u8> = (64..192).flat_map(|y| map[y * 257 + 64..y * 257 + 192].to_vec()).collect();
    for (case, to) in [("logits-hwc-f32", "logits.npy"), ("softmax-chw-f16", "softmax.npy")] {
        let file = data(&format!("formats/scores/valid/{case}/crop.npy"));
        ok(dir.path(), &["convert", &file, "-o", to, "--to", "label-map", "--classes", "voc"]);
        assert!(npy_data(&dir.path().join(to)) == crop, "{case}");
    }
    let softmax = data("formats/scores/valid/softmax-chw-f16/crop.npy");
    let run = ok(
        dir.path(),
        &["convert", &softmax, "-o", "sure.npy", "--to", "label-map", "--classes", "voc", "--min-confidence", "0.9"],
    );
    assert!(run.stderr.contains("were left unlabelled"), "{}", run.stderr);
    let sure = npy_data(&dir.path().join("sure.npy"));
    let doubtful = sure.iter().zip(&crop).filter(|(sure, best)| sure != best).count();
    assert!(doubtful > 0 && sure.iter().zip(&crop).all(|(sure, best)| sure == best || *sure == 0));
}

#[test]
fn a_stream_goes_through_and_a_closed_pipe_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let map = std::fs::read(data("demo/maps/astronaut.npy")).unwrap();
    let run =
        program::run(PROGRAM, dir.path(), &["convert", "-", "-o", "-", "--from", "npy", "--classes", "voc"], &map);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(pixels_of(&run.stdout) == pixels(Path::new(&data("masks/astronaut_expected_rgba.png"))));

    // One with much to print, so that the pipe is surely closed before its end.
    let script = format!("{PROGRAM} formats --json | head -c 10; echo ${{PIPESTATUS[0]}}");
    let piped = program::run("bash", dir.path(), &["-c", &script], b"");
    assert_eq!(String::from_utf8_lossy(&piped.stdout), "{\"about\":\"0\n");
    assert_eq!(piped.stderr, "");
    let script = format!(
        "{PROGRAM} convert - -o - --from npy --classes voc < {} | head -c 4 | wc -c; echo ${{PIPESTATUS[0]}}",
        data("demo/maps/astronaut.npy")
    );
    let piped = program::run("bash", dir.path(), &["-c", &script], b"");
    assert_eq!(String::from_utf8_lossy(&piped.stdout), "4\n0\n");
}

#[test]
fn running_again_changes_nothing_and_shards_add_up() {
    let dir = tempfile::tempdir().unwrap();
    ok(dir.path(), &["convert", &data("demo"), "-o", "whole"]);
    let whole = testkit::tree(&dir.path().join("whole"));
    let again = ok(dir.path(), &["convert", &data("demo"), "-o", "whole"]);
    assert!(again.stderr.contains("3 there already"), "{}", again.stderr);
    assert!(testkit::tree(&dir.path().join("whole")) == whole);
    for shard in ["1/2", "2/2"] {
        ok(dir.path(), &["convert", &data("demo"), "-o", "shards", "--shard", shard, "-j", "2"]);
    }
    assert!(testkit::tree(&dir.path().join("shards")) == whole);
    ok(dir.path(), &["convert", &data("demo"), "-o", "nothing", "--dry-run"]);
    assert!(!dir.path().join("nothing").exists());
}

#[test]
fn archives_are_read_and_written() {
    let dir = tempfile::tempdir().unwrap();
    ok(dir.path(), &["convert", &data("demo"), "-o", "masks.zip"]);
    ok(dir.path(), &["convert", "masks.zip", "-o", "maps"]);
    ok(dir.path(), &["convert", &data("demo"), "-o", "masks"]);
    ok(dir.path(), &["convert", "masks", "-o", "maps-2"]);
    assert!(testkit::tree(&dir.path().join("maps")) == testkit::tree(&dir.path().join("maps-2")));
    let names: Vec<PathBuf> = testkit::entries(dir.path());
    assert_eq!(names.len(), 4, "nothing else is left: {names:?}");
}
