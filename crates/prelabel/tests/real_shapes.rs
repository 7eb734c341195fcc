//! Outlines of real maps give their pixels back, and run lengths are those of pycocotools.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::sync::Arc;

use prelabel::formats::{self, ReadOptions};
use prelabel::geometry::{Connectivity, Spans, bridge, masks, outlines, rasterize};
use prelabel::model::{Content, Grid, LabelMap, PixelRule, Polygon, Rle};
use prelabel::report::Report;
use prelabel::tree::FolderSource;

/// The outputs of real models in the test data.
fn maps() -> Vec<(String, Grid)> {
    let mut maps = Vec::new();
    for folder in ["demo", "formats/label-map/valid/trailing-axis", "formats/voc/valid/devkit"] {
        let path = testkit::testdata().join(folder);
        let source = Arc::new(FolderSource::open(&[path]).unwrap());
        let name = if folder.contains("voc") { "voc" } else { "label-map" };
        let reader = formats::find(name).unwrap().reader(source, ReadOptions::default(), &Report::new(true)).unwrap();
        for index in 0..reader.len() {
            let sample = reader.read(index, &Report::new(true)).unwrap();
            let map = match sample.content {
                Content::LabelMap(map) => map,
                Content::Segments(map) => map.into_label_map().unwrap().0,
                _ => panic!("{}", sample.key),
            };
            maps.push((sample.key.to_string(), codes(&map)));
        }
    }
    maps
}

/// The map with codes that are its class IDs.
fn codes(map: &LabelMap) -> Grid {
    let cells = map.as_u8().expect("class IDs up to 255").into_owned();
    Grid::new(map.width(), map.height(), prelabel::model::Cells::U8(cells)).unwrap()
}

#[test]
fn outlines_of_real_maps_give_their_pixels_back() {
    let maps = maps();
    assert!(maps.len() >= 5, "{}", maps.len());
    let mut compared = 0;
    for (key, grid) in maps {
        let (width, height) = grid.size();
        let kind = |code: u32| Some(code as usize);
        let wanted = masks(&grid, 256, kind).unwrap();
        for connectivity in [Connectivity::Four, Connectivity::Eight] {
            let found = outlines(&grid, 256, kind, connectivity).unwrap();
            for (polygons, mask) in found.iter().zip(&wanted) {
                let Some(mask) = mask else {
                    assert!(polygons.is_empty());
                    continue;
                };
                let pixels =
                    |polygons: &[Polygon], rule| rasterize(polygons, width, height, rule).unwrap().to_rle().unwrap();
                assert_eq!(pixels(polygons, PixelRule::Center), *mask, "{key}");
                if connectivity == Connectivity::Four {
                    // Formats without holes get a seam, which shows under neither rule.
                    let bridged: Vec<Polygon> =
                        polygons.iter().map(|polygon| Polygon::new(bridge(polygon).unwrap())).collect();
                    for rule in [PixelRule::Center, PixelRule::Pycocotools] {
                        assert_eq!(pixels(&bridged, rule), *mask, "{key} {rule}");
                    }
                }
                compared += 1;
            }
        }
    }
    assert!(compared >= 20, "{compared}");
}

#[test]
fn run_lengths_of_real_maps_are_those_of_pycocotools() {
    let mut compared = 0;
    let files = testkit::entries(&testkit::testdata().join("brush"));
    for path in files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "json")) {
        let file: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        for found in file["classes"].as_object().unwrap().values() {
            let size = |index: usize| u32::try_from(found["size"][index].as_u64().unwrap()).unwrap();
            let theirs = found["counts_compressed"].as_str().unwrap();
            let rle = Rle::from_coco_string(size(0), size(1), theirs).unwrap();
            // By rows and back, so that the string is made of pixels and not of what was read.
            let again = Spans::from_rle(&rle).unwrap().to_rle().unwrap();
            assert_eq!(again.to_coco_string(), theirs, "{}", path.display());
            compared += 1;
        }
    }
    assert!(compared >= 6, "{compared}");
}
