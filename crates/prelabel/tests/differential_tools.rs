//! What models and annotation tools give, against NumPy, pycocotools and label-studio-sdk.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use prelabel::Limits;
use prelabel::convert::{self, Adapter, Objects};
use prelabel::formats::{self, Encoding, ReadOptions, WriteOptions};
use prelabel::geometry::{Span, Spans, rasterize};
use prelabel::model::{
    Cells, Class, ClassList, Color, Content, ContentKind, Grid, Instance, Key, LabelMap, Rle, Sample, Shape,
};
use prelabel::pixels::brush::{decode_brush, encode_brush};
use prelabel::report::{Remarks, Report};
use prelabel::tree::{FolderSink, FolderSource, Sink};
use testkit::peers;

/// What Python wrote beside a case: width, height, values.
fn truth(path: &Path) -> (u32, u32, Vec<i64>) {
    let bytes = fs::read(path).unwrap();
    let values: Vec<i64> = bytes.as_chunks::<8>().0.iter().map(|value| i64::from_le_bytes(*value)).collect();
    (values[0].try_into().unwrap(), values[1].try_into().unwrap(), values[2..].to_vec())
}

fn assert_same(name: &str, truth_folder: &Path, map: &LabelMap) {
    let (width, height, ids) = truth(&truth_folder.join(name));
    assert_eq!((map.width(), map.height()), (width, height), "{name}");
    let wrong = map.ids().iter().zip(&ids).filter(|(found, wanted)| found != wanted).count();
    assert_eq!(wrong, 0, "pixels of {name} differ");
}

#[test]
fn objects_of_models_are_painted_as_numpy_paints_them() {
    let Some(python) = peers::python("objects_of_models_are_painted_as_numpy_paints_them") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let made = peers::run(&python, include_str!("differential/instances.py"), &[root.to_str().unwrap()]);
    let cases = testkit::entries(&root.join("cases"));
    assert_eq!(made.trim(), cases.len().to_string());
    assert!(cases.len() >= 200, "{} cases", cases.len());
    let classes =
        (0..5).map(|id| Class { color: (id == 0).then_some(Color::BLACK), ..Class::new(id, format!("class {id}")) });
    let many = ClassList::new(classes.collect()).unwrap();
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(root.join("options").join(name)).unwrap();
        let [order, least] = text.split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
        let source = Arc::new(FolderSource::open(std::slice::from_ref(case)).unwrap());
        let (format, _) = formats::detect(&*source, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(format.info().name, "instances", "{name}");
        let json = case.join("map.json").exists();
        let options = ReadOptions { classes: (!json).then(|| many.clone()), ..ReadOptions::default() };
        let reader = format.reader(source, options, &Report::new(false)).unwrap();
        assert_eq!(reader.len(), 1);
        // Objects that lie wholly under others are a loss.
        let report = Report::new(true);
        let sample = reader.read(0, &report).unwrap_or_else(|error| panic!("{name}: {error}"));
        let adapter = Adapter {
            classes: reader.classes().cloned(),
            min_confidence: Some(least.parse().unwrap()),
            objects: Objects { overlap: order.parse().unwrap(), ..Objects::default() },
        };
        let adapted = adapter.adapt(sample, &[ContentKind::LabelMap], &report).unwrap();
        let Content::LabelMap(map) = adapted.content else { panic!("{name}") };
        assert_same(name, &root.join("truth"), &map);
    }
}

/// A mask that Python wrote, by rows.
fn mask_of(path: &Path) -> Spans {
    let (width, height, values) = truth(path);
    let inside = (0u32..).zip(&values).filter(|(_, value)| **value != 0).map(|(place, _)| place);
    let spans = inside.map(|place| Span { y: place / width, start: place % width, end: place % width + 1 });
    Spans::new(width, height, spans.collect()).unwrap()
}

/// The files of a folder with that ending.
fn ending(folder: &Path, ending: &str) -> Vec<std::path::PathBuf> {
    let entries = testkit::entries(folder).into_iter();
    entries.filter(|path| path.extension().is_some_and(|found| found == ending)).collect()
}

#[test]
fn brush_strokes_are_those_of_label_studio_bit_for_bit() {
    let Some(python) = peers::python("brush_strokes_are_those_of_label_studio_bit_for_bit") else { return };
    let run = |way: &str, folder: &Path| {
        let args = [way, folder.to_str().unwrap()];
        peers::run(&python, include_str!("differential/brush.py"), &args).trim().to_owned()
    };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let made = run("make", root);
    let masks = ending(root, "mask");
    assert!(masks.len() >= 400 && made == masks.len().to_string(), "{made}");
    for path in &masks {
        let mask = mask_of(path);
        let theirs = fs::read(path.with_extension("rle")).unwrap();
        let ours = encode_brush(&mask).unwrap();
        assert_eq!(ours, theirs, "{}", path.display());
        assert_eq!(decode_brush(&theirs, mask.width(), mask.height()).unwrap(), mask, "{}", path.display());
        fs::write(path.with_extension("ours"), ours).unwrap();
    }
    assert_eq!(run("read", root), made);

    let folder = tempfile::tempdir().unwrap();
    let made = run("sound", folder.path());
    let masks = ending(folder.path(), "mask");
    assert!(masks.len() >= 300 && made == masks.len().to_string(), "{made}");
    for path in &masks {
        let mask = mask_of(path);
        let theirs = fs::read(path.with_extension("rle")).unwrap();
        assert_eq!(decode_brush(&theirs, mask.width(), mask.height()).unwrap(), mask, "{}", path.display());
    }
}

/// Strokes that label-studio-sdk made of a model's real answers.
#[test]
fn brush_strokes_of_real_maps_are_label_studios() {
    let mut compared = 0;
    for path in testkit::entries(&testkit::testdata().join("brush"))
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
    {
        let file: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        for (class, found) in file["classes"].as_object().unwrap() {
            let size = |index: usize| u32::try_from(found["size"][index].as_u64().unwrap()).unwrap();
            let counts = found["counts_compressed"].as_str().unwrap();
            let mask = Spans::from_rle(&Rle::from_coco_string(size(0), size(1), counts).unwrap()).unwrap();
            let theirs: Vec<u8> = serde_json::from_value(found["label_studio_brush_rle"].clone()).unwrap();
            assert_eq!(encode_brush(&mask).unwrap(), theirs, "{} {class}", path.display());
            assert_eq!(decode_brush(&theirs, size(1), size(0)).unwrap(), mask, "{} {class}", path.display());
            compared += 1;
        }
    }
    assert!(compared >= 6, "{compared}");
}

#[test]
fn yolo_outlines_cover_what_ultralytics_fills() {
    let Some(python) = peers::python("yolo_outlines_cover_what_ultralytics_fills") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let made = peers::run(&python, include_str!("differential/yolo.py"), &["make", root.to_str().unwrap()]);
    let source = Arc::new(FolderSource::open(&[root.join("cases")]).unwrap());
    let (format, _) = formats::detect(&*source, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(format.info().name, "yolo");
    let reader = format.reader(source, ReadOptions::default(), &Report::new(false)).unwrap();
    assert_eq!(made.trim(), reader.len().to_string());
    let adapter = Adapter { classes: reader.classes().cloned(), ..Adapter::default() };
    for index in 0..reader.len() {
        let sample = reader.read(index, &Report::new(false)).unwrap_or_else(|error| panic!("{error}"));
        // Objects under others are a loss.
        let sample = adapter.adapt(sample, &[ContentKind::LabelMap], &Report::new(true)).unwrap();
        let Content::LabelMap(map) = sample.content else { panic!("{}", sample.key) };
        // The classes are 0, 1, 2, so no object is 3; 0 in the truth.
        assert_same(sample.key.as_str(), &root.join("truth"), &map.map_ids(|id| (id + 1) % 4));
    }
}

/// Maps with areas, holes in them and specks.
fn random_maps() -> Vec<(String, LabelMap)> {
    let mut state = 29u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let map = |index: u32| {
        let (width, height, calm) = (random(120) + 1, random(90) + 1, random(12));
        let mut cells: Vec<u8> = Vec::new();
        for place in 0..(width * height) as usize {
            let like = [place.checked_sub(1), place.checked_sub(width as usize)][random(2) as usize];
            let like = like.filter(|_| random(12) < calm).map(|place| cells[place]);
            cells.push(like.unwrap_or_else(|| random(4) as u8));
        }
        (index.to_string(), LabelMap::new(Grid::new(width, height, Cells::U8(cells)).unwrap()))
    };
    (0..150).map(map).collect()
}

/// Random maps and those of the demo, and the classes of these.
fn all_maps() -> (Vec<(String, LabelMap)>, ClassList) {
    let mut maps = random_maps();
    let demo = testkit::testdata().join("demo");
    let names = fs::read(demo.join("classes.json")).unwrap();
    let list = prelabel::classes::parse(&names, "classes.json").unwrap().list;
    let source = Arc::new(FolderSource::open(&[demo.join("maps")]).unwrap());
    let reader =
        formats::find("label-map").unwrap().reader(source, ReadOptions::default(), &Report::new(false)).unwrap();
    for index in 0..reader.len() {
        let Content::LabelMap(map) = reader.read(index, &Report::new(false)).unwrap().content else {
            panic!("{index}")
        };
        maps.push((reader.key(index).unwrap().as_str().to_owned(), map));
    }
    (maps, list)
}

#[test]
fn ultralytics_fills_what_was_written_to_the_same_pixels() {
    let Some(python) = peers::python("ultralytics_fills_what_was_written_to_the_same_pixels") else { return };
    let (maps, list) = all_maps();
    for numbered in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let sink = Arc::new(FolderSink::create(folder.path(), false).unwrap());
        let options = WriteOptions { classes: Some(list.clone()), verify: true, ..WriteOptions::default() };
        let writer = formats::find("yolo").unwrap().writer(sink.clone(), options).unwrap();
        let objects = Objects { numbered, ..Objects::default() };
        let adapter = Adapter { classes: Some(list.clone()), objects, ..Adapter::default() };
        for (name, map) in &maps {
            let sample = Sample { key: Key::new(name).unwrap(), content: Content::LabelMap(map.clone()) };
            let report = Report::new(false);
            writer.write(&adapter.adapt(sample, writer.accepts(), &report).unwrap(), &report).unwrap();
            assert_eq!(report.take(), Remarks::default(), "{name}: nothing is lost");
            let number = |id| list.labelled().position(|class| class.id == id).map_or(0, |number| number as i64 + 1);
            let values = [map.width().into(), map.height().into()].into_iter().chain(map.ids().into_iter().map(number));
            let truth = folder.path().join("truth");
            fs::create_dir_all(&truth).unwrap();
            fs::write(truth.join(name), values.flat_map(i64::to_le_bytes).collect::<Vec<u8>>()).unwrap();
        }
        writer.finish().unwrap();
        let root = folder.path().to_str().unwrap();
        let compared = peers::run(&python, include_str!("differential/yolo.py"), &["check", root]);
        assert_eq!(compared.trim(), maps.len().to_string());
    }
}

#[test]
fn labelme_paints_what_was_written_to_the_same_pixels() {
    let Some(python) = peers::python("labelme_paints_what_was_written_to_the_same_pixels") else { return };
    let (maps, list) = all_maps();
    let format = formats::find("labelme").unwrap();
    for (numbered, encoding) in [(false, None), (true, None), (true, Some(Encoding::Png))] {
        let folder = tempfile::tempdir().unwrap();
        let sink = Arc::new(FolderSink::create(folder.path(), false).unwrap());
        let options = WriteOptions { classes: Some(list.clone()), encoding, verify: true, ..WriteOptions::default() };
        let writer = format.writer(sink.clone(), options).unwrap();
        let objects = Objects { numbered, ..Objects::default() };
        let adapter = Adapter { classes: Some(list.clone()), objects, ..Adapter::default() };
        let truth = folder.path().join("truth");
        fs::create_dir_all(&truth).unwrap();
        for (name, map) in &maps {
            let sample = Sample { key: Key::new(name).unwrap(), content: Content::LabelMap(map.clone()) };
            // Nothing is lost: this would be refused.
            let report = Report::new(false);
            writer.write(&adapter.adapt(sample, writer.accepts(), &report).unwrap(), &report).unwrap();
            let values = [map.width().into(), map.height().into()].into_iter().chain(map.ids());
            fs::write(truth.join(name), values.flat_map(i64::to_le_bytes).collect::<Vec<u8>>()).unwrap();
        }
        writer.finish().unwrap();
        let root = folder.path().to_str().unwrap();
        let compared = peers::run(&python, include_str!("differential/labelme.py"), &[root, "check"]);
        assert_eq!(compared.trim(), maps.len().to_string());

        // Read back, objects are the same ones.
        let source = Arc::new(FolderSource::open(&[folder.path().to_owned()]).unwrap());
        let reader = format.reader(source, ReadOptions::default(), &Report::new(false)).unwrap();
        assert_eq!(reader.len(), maps.len());
        for index in 0..reader.len() {
            let report = Report::new(false);
            let back = reader.read(index, &report).unwrap();
            let (_, map) = maps.iter().find(|(name, _)| *name == back.key.as_str()).unwrap();
            let sample = Sample { key: back.key.clone(), content: Content::LabelMap(map.clone()) };
            let before = adapter.adapt(sample, &[ContentKind::Instances], &report).unwrap();
            let [before, after] = [before, back].map(|sample| {
                let Content::Instances(set) = sample.content else { panic!("{}", sample.key) };
                let pixels = |instance: &Instance| match &instance.shape {
                    Shape::Rle(rle) => (instance.class, rle.clone()),
                    Shape::Polygons(polygons) => {
                        let pixels = rasterize(polygons, set.width(), set.height(), set.rule()).unwrap();
                        (instance.class, pixels.to_rle().unwrap())
                    }
                };
                set.as_slice().iter().map(pixels).collect::<Vec<_>>()
            });
            assert!(before == after, "{index}");
        }
    }
}

#[test]
fn tasks_of_label_studio_are_decoded_to_the_same_pixels() {
    let Some(python) = peers::python("tasks_of_label_studio_are_decoded_to_the_same_pixels") else { return };
    let demo = testkit::testdata().join("demo");
    let source = Arc::new(FolderSource::open(std::slice::from_ref(&demo)).unwrap());
    let reader = formats::find("label-map")
        .unwrap()
        .reader(source, ReadOptions::default(), &Report::new(false))
        .unwrap_or_else(|error| panic!("{error}"));
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(FolderSink::create(&folder.path().join("out"), false).unwrap());
    let classes = reader.classes().cloned();
    let options = WriteOptions { classes: classes.clone(), verify: true, ..WriteOptions::default() };
    let writer = formats::find("label-studio").unwrap().writer(sink.clone(), options).unwrap();
    let adapter = Adapter { classes, ..Adapter::default() };
    let run = convert::Options { allow_lossy: true, ..convert::Options::default() };
    let outcome = convert::convert(&*reader, &*writer, &adapter, &run, &AtomicBool::new(false), &|_| {}).unwrap();
    assert_eq!((outcome.summary.failures(), outcome.summary.losses()), (0, 0));
    sink.finish().unwrap();
    let out = folder.path().join("out");
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let args = [path(&out.join("label-studio.json")), path(&out.join("classes.json")), path(&demo.join("maps"))];
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let alike = peers::run(&python, include_str!("differential/label_studio.py"), &args);
    assert!(alike.trim().parse::<u32>().unwrap() >= 4, "{alike}");
}
