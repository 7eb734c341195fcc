//! What models and annotation tools give, against NumPy, pycocotools and label-studio-sdk.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use prelabel::Limits;
use prelabel::convert::{Adapter, Objects};
use prelabel::formats::{self, ReadOptions};
use prelabel::model::{Class, ClassList, Color, Content, ContentKind, LabelMap};
use prelabel::report::Report;
use prelabel::tree::FolderSource;
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
