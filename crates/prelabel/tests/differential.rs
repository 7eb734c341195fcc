//! Ours against NumPy, Pillow, OpenCV, tifffile, pycocotools and libpng: what they write is read to the same class IDs, what is
//! written here they read to the same values.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use prelabel::convert::{self, Adapter, Objects, Options};
use prelabel::formats::{self, Encoding, ReadOptions, Reader, WriteOptions};
use prelabel::geometry::rasterize;
use prelabel::model::{
    Class, ClassList, Content, ContentKind, LabelMap, Layout, PixelRule, Polygon, Ring, Rle, ScoreKind, SegmentMap,
};
use prelabel::pixels::mask_png::{self, Level};
use prelabel::pixels::{LabelImage, png};
use prelabel::report::{Remarks, Report};
use prelabel::tree::{FolderSink, FolderSource, MemorySink, MemorySource, Sink};
use prelabel::{Limits, classes, transform};
use testkit::peers;

/// What Python wrote beside a case: width, height, values.
fn truth(path: &Path) -> (u32, u32, Vec<i64>) {
    let bytes = fs::read(path).unwrap();
    let values: Vec<i64> = bytes.as_chunks::<8>().0.iter().map(|value| i64::from_le_bytes(*value)).collect();
    (values[0].try_into().unwrap(), values[1].try_into().unwrap(), values[2..].to_vec())
}

fn write_truth(path: &Path, (width, height): (u32, u32), values: impl IntoIterator<Item = i64>) {
    let all = [i64::from(width), i64::from(height)].into_iter().chain(values);
    fs::write(path, all.flat_map(i64::to_le_bytes).collect::<Vec<u8>>()).unwrap();
}

fn reader(path: &Path, options: ReadOptions) -> (String, Box<dyn Reader>) {
    let source = Arc::new(FolderSource::open(&[path.to_owned()]).unwrap());
    let (format, _) = formats::detect(&*source, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    let reader = format.reader(source, options, &Report::new(false)).unwrap_or_else(|error| panic!("{error}"));
    (format.info().name.to_owned(), reader)
}

fn content(reader: &dyn Reader, case: &Path) -> Content {
    assert_eq!(reader.len(), 1, "{}", case.display());
    reader.read(0, &Report::new(false)).unwrap_or_else(|error| panic!("{}: {error}", case.display())).content
}

fn assert_same(case: &Path, truth_folder: &Path, map: &LabelMap) {
    let (width, height, ids) = truth(&truth_folder.join(case.file_name().unwrap()));
    assert_eq!((map.width(), map.height()), (width, height), "{}", case.display());
    let wrong = map.ids().iter().zip(&ids).filter(|(found, wanted)| found != wanted).count();
    assert_eq!(wrong, 0, "pixels of {} differ", case.display());
}

#[test]
fn label_maps_by_other_tools_are_read_to_the_same_ids() {
    let Some(python) = peers::python("label_maps_by_other_tools_are_read_to_the_same_ids") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let made = peers::run(&python, include_str!("differential/label_maps.py"), &[root.to_str().unwrap()]);
    let cases = testkit::entries(&root.join("cases"));
    assert_eq!(made.trim(), cases.len().to_string());
    assert!(cases.len() > 200, "{} cases", cases.len());
    for case in &cases {
        let (format, reader) = reader(case, ReadOptions::default());
        assert_eq!(format, "label-map", "{}", case.display());
        let Content::LabelMap(map) = content(&*reader, case) else { panic!("{}", case.display()) };
        assert_same(case, &root.join("truth"), &map);
    }
}

#[test]
fn scores_give_numpys_argmax() {
    let Some(python) = peers::python("scores_give_numpys_argmax") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let made = peers::run(&python, include_str!("differential/scores.py"), &[root.to_str().unwrap()]);
    let cases = testkit::entries(&root.join("cases"));
    assert_eq!(made.trim(), cases.len().to_string());
    assert!(cases.len() > 200, "{} cases", cases.len());
    for case in &cases {
        let options = fs::read_to_string(case.join("options")).unwrap();
        let [layout, kind, confidence] = options.split(' ').collect::<Vec<_>>()[..] else { panic!("{options}") };
        let read = ReadOptions {
            layout: Some(if layout == "chw" { Layout::Chw } else { Layout::Hwc }),
            score_kind: Some(if kind == "logits" { ScoreKind::Logits } else { ScoreKind::Probabilities }),
            ..ReadOptions::default()
        };
        let (format, reader) = reader(case, read);
        assert_eq!(format, "scores", "{}", case.display());
        let Content::Scores(scores) = content(&*reader, case) else { panic!("{}", case.display()) };
        let confident = transform::argmax(&scores, confidence.parse().ok()).unwrap();
        assert_same(case, &root.join("truth"), &confident.map);
    }
}

/// Real and made maps: regions, noise, one class, one pixel, one row, one column.
fn maps() -> Vec<(String, LabelMap)> {
    let mut maps = Vec::new();
    for path in testkit::entries(&testkit::testdata().join("demo/maps")) {
        let (_, reader) = reader(&path, ReadOptions::default());
        let Content::LabelMap(map) = content(&*reader, &path) else { panic!("{}", path.display()) };
        maps.push((path.file_stem().unwrap().to_string_lossy().into_owned(), map));
    }
    for (width, height) in [(1u32, 1u32), (1, 65_535), (65_535, 1), (31, 33), (257, 64), (8191, 3), (8192, 3)] {
        for classes in [1u32, 2, 200, 2_000] {
            let mut state = width * 7 + height * 13 + classes;
            let ids: Vec<i64> = (0..width * height)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    i64::from((state >> 8) % classes)
                })
                .collect();
            let map = LabelMap::from_ids(width, height, ids).unwrap();
            maps.push((format!("noise-{width}x{height}-{classes}"), map));
        }
    }
    maps
}

#[test]
fn what_is_written_others_read_to_the_same_values() {
    let Some(python) = peers::python("what_is_written_others_read_to_the_same_values") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (truth, written) = (folder.path().join("truth"), folder.path().join("written"));
    fs::create_dir(&truth).unwrap();
    fs::create_dir(&written).unwrap();
    let source = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for (name, map) in maps() {
        let ids: Vec<i64> = map.occurrences().iter().map(|(id, _)| *id).collect();
        let named = ids.iter().map(|id| Class::new(*id, format!("class {id}"))).collect();
        let list = classes::with_proposed_colors(ClassList::new(named).unwrap()).list;
        let color = |id: i64| list.classes().iter().find(|class| class.id == id).and_then(|class| class.color);
        fs::write(source.path().join("map.npy"), npy(&map)).unwrap();
        for (to, encoding, level, ending) in [
            ("label-map", Some(Encoding::Png), Level::Default, "png"),
            ("label-map", Some(Encoding::Npy), Level::Default, "npy"),
            ("gt-studio", None, Level::Fast, "fast.mask.png"),
            ("gt-studio", None, Level::Default, "default.mask.png"),
            ("gt-studio", None, Level::Small, "small.mask.png"),
        ] {
            let (_, reader) = reader(source.path(), ReadOptions::default());
            let sink = Arc::new(MemorySink::new(false));
            let options = WriteOptions {
                classes: Some(list.clone()),
                encoding,
                level,
                verify: true,
                lone: true,
                ..WriteOptions::default()
            };
            let writer = formats::find(to).unwrap().writer(sink.clone(), options).unwrap();
            let adapter = Adapter { classes: Some(list.clone()), ..Adapter::default() };
            let run = Options::default();
            let outcome =
                convert::convert(&*reader, &*writer, &adapter, &run, &AtomicBool::new(false), &|_| {}).unwrap();
            assert_eq!(outcome.summary.failures(), 0, "{name} as {to}: {:?}", outcome.summary);
            let files = sink.files();
            let last = ending.rsplit('.').next().unwrap();
            let (_, bytes) = files.iter().find(|(path, _)| path.ends_with(last)).expect("one file is written");
            fs::write(written.join(format!("{name}.{ending}")), bytes).unwrap();
            let values = map.ids().into_iter().map(|id| match to {
                "gt-studio" => color(id).map_or(0, |color| i64::from(u32::from_le_bytes(color.opaque().0))),
                _ => id,
            });
            write_truth(&truth.join(format!("{name}.{ending}")), (map.width(), map.height()), values);
            compared += match ending {
                "npy" => 1,
                "png" => 3,
                _ => 4,
            };
        }
    }
    let found = peers::run(&python, include_str!("differential/read_back.py"), &[folder.path().to_str().unwrap()]);
    assert_eq!(found.trim(), compared.to_string());
}

#[test]
fn masks_by_other_tools_are_decoded_to_the_same_colours() {
    let Some(python) = peers::python("masks_by_other_tools_are_decoded_to_the_same_colours") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let made = peers::run(&python, include_str!("differential/masks.py"), &[root.to_str().unwrap()]);
    let cases = testkit::entries(&root.join("cases"));
    assert_eq!(made.trim(), cases.len().to_string());
    assert!(cases.len() > 200, "{} cases", cases.len());
    for case in &cases {
        let (width, height, values) = truth(&root.join("truth").join(case.file_name().unwrap()));
        let decoded = mask_png::decode(&fs::read(case).unwrap(), &Limits::default());
        let (_, mask) = decoded.unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        assert_eq!(mask.size(), (width, height), "{}", case.display());
        let color = |index: u32| mask.colors()[mask.grid().get(index % width, index / width).unwrap() as usize];
        let found = (0..width * height).map(|index| i64::from(u32::from_le_bytes(color(index).0)));
        assert!(found.eq(values), "{}", case.display());
    }
}

/// The map as an array of int64, so that the test does not rest on our own writer.
fn npy(map: &LabelMap) -> Vec<u8> {
    let mut header =
        format!("{{'descr': '<i8', 'fortran_order': False, 'shape': ({}, {}), }}", map.height(), map.width());
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    let mut bytes = [b"\x93NUMPY\x01\x00".as_slice(), &length, header.as_bytes()].concat();
    bytes.extend(map.ids().into_iter().flat_map(i64::to_le_bytes));
    bytes
}

#[test]
fn polygons_cover_the_pixels_that_their_tools_say() {
    let Some(python) = peers::python("polygons_cover_the_pixels_that_their_tools_say") else { return };
    let lines = peers::run(&python, include_str!("differential/polygons.py"), &["10000"]);
    let mut wrong: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut compared = 0;
    for line in lines.lines() {
        let [rule, height, width, counts, rings] = line.splitn(5, ' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let (height, width) = (height.parse().unwrap(), width.parse().unwrap());
        let rings: Vec<Ring> = rings
            .split(';')
            .map(|ring| {
                let coordinates: Vec<f64> = ring.split(' ').map(|value| value.parse().unwrap()).collect();
                Ring::from_flat(&coordinates).unwrap()
            })
            .collect();
        let rule_of = rule.parse::<PixelRule>().unwrap();
        // COCO's rings are parts; elsewhere the second is a hole.
        let polygons: Vec<Polygon> = match rule_of {
            PixelRule::Pycocotools => rings.into_iter().map(Polygon::new).collect(),
            _ => {
                let mut rings = rings.into_iter();
                vec![Polygon { exterior: rings.next().unwrap(), interiors: rings.collect() }]
            }
        };
        let found = rasterize(&polygons, width, height, rule_of).unwrap().to_rle().unwrap();
        compared += 1;
        if found.to_coco_string() != counts {
            wrong.entry(rule).or_default().push(line);
        }
    }
    assert_eq!(compared, 50_000);
    let first: Vec<_> = wrong.values().flat_map(|lines| lines.iter().min_by_key(|line| line.len())).collect();
    let numbers: Vec<_> = wrong.iter().map(|(rule, lines)| (rule, lines.len())).collect();
    assert!(wrong.is_empty(), "{numbers:?}; the shortest: {first:#?}");
}

#[test]
fn coco_objects_are_painted_as_pycocotools_decodes_them() {
    let Some(python) = peers::python("coco_objects_are_painted_as_pycocotools_decodes_them") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let made = peers::run(&python, include_str!("differential/coco.py"), &[root.to_str().unwrap()]);
    let (format, reader) = reader(&root.join("cases"), ReadOptions::default());
    assert_eq!(format, "coco");
    assert_eq!(made.trim(), reader.len().to_string());
    assert!(reader.len() >= 200, "{} images", reader.len());
    let adapter = Adapter { classes: reader.classes().cloned(), ..Adapter::default() };
    for index in 0..reader.len() {
        // Objects off the image are nothing to pycocotools, and a loss to us.
        let report = Report::new(true);
        let sample = reader.read(index, &report).unwrap_or_else(|error| panic!("{error}"));
        let adapted = adapter.adapt(sample, &[ContentKind::LabelMap], &report).unwrap();
        let Content::LabelMap(map) = adapted.content else { panic!("{}", adapted.key) };
        assert_same(
            Path::new(adapted.key.as_str()),
            root.join("truth").join(adapted.key.as_str()).parent().unwrap(),
            &map,
        );
    }
}

#[test]
fn coco_as_we_write_it_is_read_by_pycocotools_to_the_same_pixels() {
    let Some(python) = peers::python("coco_as_we_write_it_is_read_by_pycocotools_to_the_same_pixels") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for (name, map) in maps().into_iter().filter(|(_, map)| map.occurrences().len() < 1000) {
        let source = MemorySource::new("map", BTreeMap::from([(format!("{name}.npy"), npy(&map))]));
        let reader = formats::find("label-map").unwrap();
        let reader = reader.reader(Arc::new(source), ReadOptions::default(), &Report::new(false)).unwrap();
        // ID 0 is what COCO does not write.
        let ids: BTreeSet<i64> = map.occurrences().into_iter().map(|(id, _)| id).chain([0]).collect();
        let list = classes::named_by_id(ids).unwrap();
        for (way, encoding, numbered) in [
            ("best", None, true),
            ("rle", Some(Encoding::Rle), false),
            ("polygons", Some(Encoding::Polygons), true),
            ("outlines", Some(Encoding::Polygons), false),
            ("results", None, false),
        ] {
            let results = way == "results";
            // A list of nothing is no list to pycocotools.
            if results && map.occurrences().len() == 1 {
                continue;
            }
            let to = formats::find(if results { "coco-results" } else { "coco" }).unwrap();
            // Pixels of noise are objects of their own: a few thousand of them are enough.
            if numbered && map.grid().pixels() > 20_000 && name.starts_with("noise") {
                continue;
            }
            let sink = Arc::new(MemorySink::new(false));
            let options =
                WriteOptions { classes: Some(list.clone()), encoding, verify: true, ..WriteOptions::default() };
            let writer = to.writer(sink.clone(), options).unwrap();
            let objects = convert::Objects { numbered, ..convert::Objects::default() };
            let adapter = Adapter { classes: Some(list.clone()), objects, ..Adapter::default() };
            let stop = AtomicBool::new(false);
            let outcome = convert::convert(&*reader, &*writer, &adapter, &Options::default(), &stop, &|_| {}).unwrap();
            assert_eq!((outcome.new, outcome.summary.failures()), (1, 0), "{name}: {:?}", outcome.summary);
            for (path, bytes) in sink.files() {
                compared += bytes.windows(13).filter(|window| window == b"\"category_id\"").count();
                let path = match results {
                    true => folder.path().join(format!("results/{name}-{way}/{path}")),
                    false => folder.path().join(format!("{name}-{way}.json")),
                };
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            let truth = folder.path().join(format!("truth/{name}-{way}"));
            fs::create_dir_all(&truth).unwrap();
            write_truth(&truth.join(&name), (map.width(), map.height()), map.ids());
        }
    }
    assert!(compared > 1000, "{compared}");
    let found = peers::run(&python, include_str!("differential/coco_back.py"), &[folder.path().to_str().unwrap()]);
    assert_eq!(found.trim(), compared.to_string());
}

#[test]
fn run_lengths_are_put_together_as_pycocotools_does() {
    let Some(python) = peers::python("run_lengths_are_put_together_as_pycocotools_does") else { return };
    let lines = peers::run(&python, include_str!("differential/rle.py"), &["3000"]);
    for line in lines.lines() {
        let [height, width, one, two, area, bounds, union, both, iou, crowd] = line.split(' ').collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let rle = |text: &str| Rle::from_coco_string(height.parse().unwrap(), width.parse().unwrap(), text).unwrap();
        let (one, two) = (rle(one), rle(two));
        assert_eq!(one.area().to_string(), area, "{line}");
        assert_eq!(one.bounding_box().map(|side| side.to_string()).join(","), bounds, "{line}");
        assert_eq!(one.union(&two).unwrap().to_coco_string(), union, "{line}");
        assert_eq!(one.intersection(&two).unwrap().to_coco_string(), both, "{line}");
        assert_eq!(one.iou(&two, false).unwrap(), iou.parse::<f64>().unwrap(), "{line}");
        assert_eq!(one.iou(&two, true).unwrap(), crowd.parse::<f64>().unwrap(), "{line}");
    }
    assert_eq!(lines.lines().count(), 3000);
}

#[test]
fn labelme_shapes_are_painted_as_pillow_draws_them() {
    let Some(python) = peers::python("labelme_shapes_are_painted_as_pillow_draws_them") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let made = peers::run(&python, include_str!("differential/labelme.py"), &[root.to_str().unwrap()]);
    let (format, reader) = reader(&root.join("cases"), ReadOptions::default());
    assert_eq!(format, "labelme");
    assert_eq!(made.trim(), reader.len().to_string());
    assert_painted(&*reader, &root.join("truth"));
}

/// Every sample, as it is painted: the later object on top.
fn assert_painted(reader: &dyn Reader, truth_folder: &Path) {
    let adapter = Adapter { classes: reader.classes().cloned(), ..Adapter::default() };
    for index in 0..reader.len() {
        let sample = reader.read(index, &Report::new(false)).unwrap_or_else(|error| panic!("{error}"));
        // Objects off the image, and under others, are nothing to those who paint, and a loss to us.
        let adapted = adapter.adapt(sample, &[ContentKind::LabelMap], &Report::new(true)).unwrap();
        let Content::LabelMap(map) = adapted.content else { panic!("{}", adapted.key) };
        assert_same(Path::new(adapted.key.as_str()), truth_folder, &map);
    }
}

/// Converts a folder within its own format, as the program does.
fn convert_within(format: &str, reader: &dyn Reader, out: &Path) {
    let sink = Arc::new(FolderSink::create(out, false).unwrap());
    let list = reader.classes().cloned();
    let options =
        WriteOptions { classes: list.clone(), members: reader.members(), verify: true, ..WriteOptions::default() };
    let writer = formats::find(format).unwrap().writer(sink.clone(), options).unwrap();
    let adapter = Adapter { classes: list, ..Adapter::default() };
    let outcome =
        convert::convert(reader, &*writer, &adapter, &Options::default(), &AtomicBool::new(false), &|_| {}).unwrap();
    assert_eq!(outcome.summary.failures(), 0, "{:?}", outcome.summary);
    sink.finish().unwrap();
}

/// Class × 1000 + number of each pixel.
fn numbered(map: &SegmentMap) -> Vec<i64> {
    let (width, height) = map.grid().size();
    let at = |index: u32| map.segment(map.grid().get(index % width, index / width).unwrap()).unwrap();
    (0..width * height).map(|index| at(index).class * 1000 + i64::from(at(index).instance.unwrap_or(0))).collect()
}

#[test]
fn panoptic_maps_are_those_of_panopticapi() {
    // Needs no Python: the expected maps were made by panopticapi's converter.
    let folder = testkit::testdata().join("formats/coco-panoptic");
    let (format, reader) = reader(&folder.join("valid/panopticapi"), ReadOptions::default());
    assert_eq!((format.as_str(), reader.len()), ("coco-panoptic", 2));
    for index in 0..reader.len() {
        let report = Report::new(false);
        let sample = reader.read(index, &report).unwrap_or_else(|error| panic!("{error}"));
        let Content::Segments(map) = sample.content else { panic!("{}", sample.key) };
        let expected = folder.join("expected").join(format!("{}.png", sample.key));
        let LabelImage::Codes(grid, _) = png::decode(&fs::read(expected).unwrap(), &Limits::default()).unwrap() else {
            panic!("{}", sample.key)
        };
        assert!(map.into_label_map().unwrap().0 == LabelMap::new(grid), "{}", sample.key);
        assert!(report.take().findings.is_empty(), "areas agree");
    }
}

#[test]
fn panoptic_maps_go_both_ways_segment_by_segment() {
    let Some(python) = peers::python("panoptic_maps_go_both_ways_segment_by_segment") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let script = include_str!("differential/panoptic.py");
    let made = peers::run(&python, script, &["make", root.to_str().unwrap()]);
    for cases in [root.join("cases"), testkit::testdata().join("formats/coco-panoptic/valid/panopticapi")] {
        let (_, reader) = reader(&cases, ReadOptions::default());
        let out = tempfile::tempdir().unwrap();
        convert_within("coco-panoptic", &*reader, out.path());
        if cases.starts_with(root) {
            assert_eq!(made.trim(), reader.len().to_string());
            for index in 0..reader.len() {
                let report = Report::new(false);
                let sample = reader.read(index, &report).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(report.take(), Remarks::default());
                let Content::Segments(map) = sample.content else { panic!("{}", sample.key) };
                let (width, height, values) = truth(&root.join("truth").join(sample.key.as_str()));
                assert_eq!(map.grid().size(), (width, height));
                assert!(numbered(&map) == values, "{}", sample.key);
            }
            let checked =
                peers::run(&python, script, &["check", cases.to_str().unwrap(), out.path().to_str().unwrap()]);
            assert_eq!(checked.trim(), made.trim());
        } else {
            let (_, again) = self::reader(out.path(), ReadOptions::default());
            for index in 0..reader.len() {
                let read = |reader: &dyn Reader| reader.read(index, &Report::new(false)).unwrap();
                assert!(read(&*reader) == read(&*again));
            }
        }
    }
}

#[test]
fn class_and_object_maps_go_both_ways() {
    let Some(python) = peers::python("class_and_object_maps_go_both_ways") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let script = include_str!("differential/object_maps.py");
    let made = peers::run(&python, script, &["make", root.to_str().unwrap()]);
    for name in ["voc", "cityscapes"] {
        let (format, reader) = reader(&root.join(name), ReadOptions::default());
        assert_eq!((format.as_str(), reader.len().to_string()), (name, made.trim().to_owned()));
        for index in 0..reader.len() {
            let report = Report::new(false);
            let sample = reader.read(index, &report).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(report.take(), Remarks::default(), "{}", sample.key);
            let Content::Segments(map) = sample.content else { panic!("{}", sample.key) };
            let (width, height, values) = truth(&root.join("truth").join(name).join(sample.key.as_str()));
            assert_eq!(map.grid().size(), (width, height));
            assert!(numbered(&map) == values, "{name}: {}", sample.key);
        }
        let out = tempfile::tempdir().unwrap();
        convert_within(name, &*reader, out.path());
        let checked =
            peers::run(&python, script, &["check", name, root.to_str().unwrap(), out.path().to_str().unwrap()]);
        assert_eq!(checked.trim(), made.trim(), "{name}");
    }
}

#[test]
fn cityscapes_polygons_are_painted_as_its_scripts_do() {
    let Some(python) = peers::python("cityscapes_polygons_are_painted_as_its_scripts_do") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let made = peers::run(&python, include_str!("differential/cityscapes.py"), &[root.to_str().unwrap()]);
    let (format, reader) = reader(&root.join("cases"), ReadOptions::default());
    assert_eq!(format, "cityscapes");
    assert_eq!(made.trim(), reader.len().to_string());
    assert_painted(&*reader, &root.join("truth"));
    let objects = Objects { numbered: true, ..Objects::default() };
    let adapter = Adapter { classes: reader.classes().cloned(), objects, ..Adapter::default() };
    for index in 0..reader.len() {
        let sample = reader.read(index, &Report::new(false)).unwrap();
        let adapted = adapter.adapt(sample, &[ContentKind::Segments], &Report::new(true)).unwrap();
        let Content::Segments(map) = adapted.content else { panic!("{}", adapted.key) };
        let (width, height, values) = truth(&root.join("numbered").join(adapted.key.as_str()));
        assert_eq!(map.grid().size(), (width, height));
        assert!(numbered(&map) == values, "{}", adapted.key);
    }
}
