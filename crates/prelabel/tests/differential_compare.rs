//! Comparisons against other people's figures: scikit-learn's for pixels, TrackEval's DAVIS F for boundaries,
//! panopticapi's for segments.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use prelabel::Limits;
use prelabel::compare::{self, ClassScore, Classes, Options, Pairing, Side, Slot};
use prelabel::convert::Adapter;
use prelabel::formats::{self, ReadOptions, Reader};
use prelabel::model::Content;
use prelabel::report::Report;
use prelabel::tree::FolderSource;
use serde_json::Value;
use testkit::peers;

fn reader(path: &Path) -> Box<dyn Reader> {
    let source = Arc::new(FolderSource::open(&[path.to_owned()]).unwrap());
    let (format, _) = formats::detect(&*source, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    format.reader(source, ReadOptions::default(), &Report::new(false)).unwrap_or_else(|error| panic!("{error}"))
}

fn truth(root: &Path) -> Value {
    serde_json::from_slice(&fs::read(root.join("truth.json")).unwrap()).unwrap()
}

/// Equal but for the last digits: sums are taken in another order.
fn assert_close(found: Option<f64>, wanted: &Value, what: &str) {
    match (found, wanted.as_f64()) {
        (None, None) => {}
        (Some(found), Some(wanted)) if (found - wanted).abs() < 1e-12 => {}
        _ => panic!("{what}: found {found:?}, wanted {wanted}"),
    }
}

#[test]
fn pixels_and_boundaries_score_as_elsewhere() {
    let Some(python) = peers::python("pixels_and_boundaries_score_as_elsewhere") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let demo = testkit::testdata().join("demo/maps");
    let args = [root.to_str().unwrap(), demo.to_str().unwrap()];
    let made: usize = peers::run(&python, include_str!("differential/compare.py"), &args).trim().parse().unwrap();
    let cases = truth(root);
    let cases = cases.as_array().unwrap();
    assert!(cases.len() == made && made > 300, "{made} cases");
    let classes = Classes::new(None, None, &[255]);
    for case in cases {
        let what = format!("{} {} {}", case["name"], case["rule"], case["bound"]);
        let read = |side: &str| {
            let name = format!("{side}/{}.npy", case["name"].as_str().unwrap());
            match reader(&root.join(name)).read(0, &Report::new(false)).unwrap().content {
                Content::LabelMap(map) => map,
                other => panic!("{:?}", other.kind()),
            }
        };
        let options = Options {
            void: case["rule"].as_str().unwrap().parse().unwrap(),
            bound: Some(case["bound"].as_str().unwrap().parse().unwrap()),
            ..Options::default()
        };
        let found = compare::pixels((&read("a"), &read("b")), &classes, &options);
        let scores = found.confusion.scores(options.void);
        assert_eq!(found.confusion.changed(), case["changed"], "{what}");
        assert_close(scores.pixel_accuracy(), &case["pixel_accuracy"], &what);
        assert_close(scores.mean_iou(), &case["mean_iou"], &what);
        assert_close(scores.mean(ClassScore::accuracy), &case["mean_accuracy"], &what);
        let wanted = case["classes"].as_object().unwrap();
        assert_eq!((scores.classes.len(), found.boundary.len()), (wanted.len(), wanted.len()), "{what}");
        for (slot, score) in &scores.classes {
            let id = match slot {
                Slot::Id(id) => id.to_string(),
                _ => "255".to_owned(),
            };
            let (wanted, what) = (&wanted[&id], format!("{what}: class {id}"));
            assert_eq!((score.a, score.b), (wanted["a"].as_u64().unwrap(), wanted["b"].as_u64().unwrap()), "{what}");
            assert_eq!(score.both, wanted["both"], "{what}");
            for (figure, name) in [
                (score.iou(), "iou"),
                (score.accuracy(), "accuracy"),
                (score.precision(), "precision"),
                (score.dice(), "dice"),
                (found.boundary.get(slot).copied(), "boundary"),
            ] {
                assert_close(figure, &wanted[name], &format!("{what}: {name}"));
            }
        }
    }
}

#[test]
fn segments_match_as_panopticapi_matches_them() {
    let Some(python) = peers::python("segments_match_as_panopticapi_matches_them") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let real = testkit::testdata().join("formats/coco-panoptic/valid/panopticapi");
    let args = [root.to_str().unwrap(), real.to_str().unwrap()];
    let made = peers::run(&python, include_str!("differential/panoptic_quality.py"), &args);
    let (a, b) = (reader(&root.join("a")), reader(&root.join("b")));
    assert_eq!(made.trim(), a.len().to_string());
    let list = a.classes().unwrap();
    // What no segment covers is void to panopticapi.
    let classes = Classes::new(Some(list.clone()), b.classes().cloned(), &[list.background().unwrap()]);
    let side = |reader, list: Option<&prelabel::model::ClassList>| Side {
        reader,
        adapter: Adapter { classes: list.cloned(), ..Adapter::default() },
    };
    let sides = (side(&*a, classes.list_a()), side(&*b, classes.list_b()));
    let pairing = Pairing::new(&*a, &*b).unwrap();
    let options = Options { instances: true, ..Options::default() };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let interrupted = AtomicBool::new(false);
        pool.install(|| {
            compare::compare((&sides.0, &sides.1), &classes, &pairing, &options, &interrupted, &|item| {
                assert!(item.result.is_ok(), "{:?}", item.result);
            })
        })
    };
    let outcome = run(1);
    let found = outcome.panoptic.unwrap();
    assert_eq!(run(4).panoptic.as_ref(), Some(&found), "threads change nothing");
    let wanted = truth(root);
    let wanted_classes = wanted["classes"].as_object().unwrap();
    assert_eq!(found.classes.len(), wanted_classes.len());
    assert!(wanted_classes.len() > 20, "{}", wanted_classes.len());
    for (&slot, class) in &found.classes {
        let name = classes.name(slot);
        let wanted = &wanted_classes[&classes.get(slot).unwrap().a.unwrap().to_string()];
        assert_eq!(class.matched, wanted["matched"], "{name}");
        assert_eq!(class.only_a, wanted["only_a"], "{name}");
        assert_eq!(class.only_b, wanted["only_b"], "{name}");
        for (figure, key) in [(class.pq(), "pq"), (class.sq(), "sq"), (class.rq(), "rq")] {
            assert_close(figure, &wanted[key], &format!("{name}: {key}"));
        }
    }
    let thing = |slot| classes.kind(slot) == Some(prelabel::model::ClassKind::Thing);
    for (means, key) in
        [(found.means(|_| true), "all"), (found.means(thing), "things"), (found.means(|slot| !thing(slot)), "stuff")]
    {
        assert_eq!(means.classes, wanted[key]["n"], "{key}");
        for (figure, name) in [(means.pq, "pq"), (means.sq, "sq"), (means.rq, "rq")] {
            assert_close(figure, &wanted[key][name], &format!("{key}: {name}"));
        }
    }
}
