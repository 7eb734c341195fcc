//! Polygons and run lengths: what goes in, and the entry points of ours that are measured.

use std::f64::consts::TAU;

use prelabel::geometry::{self, Connectivity};
use prelabel::model::{Cells, Instance, InstanceSet, PixelRule, Point, Polygon, Ring, Rle, Shape};
use prelabel::transform::{self, Codes, Overlap};
use serde_json::json;

use crate::engines::{Engine, Job, Making, Rust, Task, boxed, with_peers};
use crate::maps::{Group, Map};
use crate::python::{self, Peers};

/// Polygons to paint in order.
pub(crate) struct Scene {
    pub(crate) name: String,
    pub(crate) group: Group,
    rings: Vec<Vec<(f64, f64)>>,
    pub(crate) classes: Vec<u8>,
    set: InstanceSet,
}

/// Stars of 30 to 100 corners anywhere on the image, some of them beyond its edge.
const SCENES: &[(Group, u32, u32, usize)] = &[
    (Group::Few, 2048, 1024, 20),
    (Group::Hundreds, 2048, 1024, 200),
    (Group::Thousands, 2048, 1024, 2000),
    (Group::Few, 640, 480, 20),
    (Group::Hundreds, 640, 480, 200),
    (Group::Thousands, 640, 480, 2000),
];

/// All scenes, each with the map that comes of it under a rule.
pub(crate) fn scenes(rule: PixelRule) -> anyhow::Result<Vec<(Scene, Map)>> {
    SCENES.iter().map(|&(group, width, height, count)| Scene::new(group, (width, height), count, rule)).collect()
}

impl Scene {
    fn new(group: Group, (width, height): (u32, u32), count: usize, rule: PixelRule) -> anyhow::Result<(Scene, Map)> {
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1u32 << 24)
        };
        let (wide, high) = (f64::from(width), f64::from(height));
        // More polygons are smaller ones.
        let largest = high * 0.6 / (count as f64).sqrt().max(2.0) * 2.0;
        let mut rings = Vec::new();
        for _ in 0..count {
            let (x, y, radius) = (random() * wide, random() * high, largest * (0.3 + 0.7 * random()));
            let corners = 30 + (random() * 71.0) as usize;
            let corner = |index: usize, share: f64| {
                let angle = TAU * index as f64 / corners as f64;
                (x + radius * share * angle.cos(), y + radius * share * angle.sin())
            };
            rings.push((0..corners).map(|index| corner(index, 0.6 + 0.4 * random())).collect::<Vec<_>>());
        }
        let classes: Vec<u8> = (0..count).map(|index| (index % 19 + 1) as u8).collect();
        let instance = |(ring, class): (&Vec<(f64, f64)>, &u8)| {
            let ring = Ring::new(ring.iter().map(|&(x, y)| Point { x, y }).collect())?;
            Ok(object(*class, Shape::Polygons(vec![Polygon::new(ring)])))
        };
        let instances = rings.iter().zip(&classes).map(instance).collect::<anyhow::Result<_>>()?;
        let set = InstanceSet::new(width, height, rule, instances)?;
        let labels = paint(&set)?;
        let name = format!("{count}-of-{width}");
        Ok((Scene { name, group, rings, classes, set }, Map::new(width, height, labels, 0)?))
    }

    /// x, y, x, y, .. of each.
    pub(crate) fn flat(&self) -> Vec<Vec<f64>> {
        self.rings.iter().map(|ring| ring.iter().flat_map(|&(x, y)| [x, y]).collect()).collect()
    }
}

fn object(class: u8, shape: Shape) -> Instance {
    Instance { name: String::new(), id: None, class: i64::from(class), shape, score: None, crowd: false }
}

/// Objects to one class ID a pixel.
fn paint(set: &InstanceSet) -> anyhow::Result<Vec<u8>> {
    let codes = set.as_slice().iter().map(|instance| u32::try_from(instance.class));
    let codes = codes.collect::<Result<Vec<_>, _>>()?;
    let painted = transform::paint_as(set, &Overlap::Last, set.rule(), Codes { nothing: 0, of: &codes })?;
    match painted.grid.into_cells() {
        Cells::U8(labels) => Ok(labels),
        _ => anyhow::bail!("class IDs above 255"),
    }
}

/// Who paints polygons: all, or those with the rule of pycocotools.
pub(crate) fn fillers(peers: Option<&Peers>, rule: PixelRule) -> Vec<Box<dyn Engine>> {
    let run = |job: &Job<'_>| match job.task {
        Task::Fill(scene) => paint(&scene.set),
        _ => anyhow::bail!("no polygons"),
    };
    let ours = boxed([Rust { name: "ours", run }].iter());
    if rule == PixelRule::Pycocotools {
        return with_peers(ours, peers, SCRIPT, python::COCO);
    }
    let ours = with_peers(ours, peers, SCRIPT, &[python::RASTERIO]);
    with_peers(ours, peers, SCRIPT, python::FILLERS_BY_OTHER_RULES)
}

const SCRIPT: &str = "shapes.py";

/// Who makes run lengths of a map.
pub(crate) fn rle_encoders(peers: Option<&Peers>) -> Vec<Box<dyn Engine>> {
    let ours = Making {
        name: "ours",
        run: |job| {
            let kind = |code: u32| (code as usize).checked_sub(1);
            let masks = geometry::masks(&job.map.grid, 255, kind)?;
            let string = |(class, mask): (u8, Option<Rle>)| Some((class, mask?.to_coco_string()));
            Ok((1..=255u8).zip(masks).filter_map(string).collect::<Vec<_>>())
        },
        give: |masks, _| Ok(serde_json::to_vec(&json!(masks))?),
    };
    let engines = with_peers(vec![Box::new(ours)], peers, SCRIPT, python::COCO);
    let engines = with_peers(engines, peers, SCRIPT, &[python::PYCOCOTOOLS_BY_COLUMNS]);
    with_peers(engines, peers, SCRIPT, python::RLEMASKLIB)
}

/// Who makes a map of run lengths.
pub(crate) fn rle_decoders(peers: Option<&Peers>) -> Vec<Box<dyn Engine>> {
    let run = |job: &Job<'_>| {
        let Task::DecodeRle(masks) = job.task else { anyhow::bail!("no run lengths") };
        let (width, height) = (job.map.width, job.map.height);
        let mask = |(class, text): &(u8, String)| {
            anyhow::Ok(object(*class, Shape::Rle(Rle::from_coco_string(height, width, text)?)))
        };
        let instances = masks.iter().map(mask).collect::<anyhow::Result<_>>()?;
        paint(&InstanceSet::new(width, height, PixelRule::Pycocotools, instances)?)
    };
    let engines = with_peers(boxed([Rust { name: "ours", run }].iter()), peers, SCRIPT, python::COCO);
    let engines = with_peers(engines, peers, SCRIPT, &[python::PYCOCOTOOLS_BY_COLUMNS]);
    with_peers(engines, peers, SCRIPT, &python::RLEMASKLIB[..1])
}

/// Who makes polygons of a map.
pub(crate) fn tracers(peers: Option<&Peers>) -> Vec<Box<dyn Engine>> {
    let ours = Making {
        name: "ours",
        run: |job| {
            let kind = |code: u32| (code as usize).checked_sub(1);
            Ok(geometry::outlines(&job.map.grid, 255, kind, Connectivity::Four)?)
        },
        give: |traced, job| Ok(filled(traced, job.map)),
    };
    with_peers(vec![Box::new(ours)], peers, SCRIPT, python::TRACERS)
}

/// Rings along pixels, filled by counting the edges at the left of each pixel: apart from our own rasteriser.
fn filled(traced: &[Vec<Polygon>], map: &Map) -> Vec<u8> {
    let (width, height) = (map.width as usize, map.height as usize);
    let mut labels = vec![0; width * height];
    for (class, polygons) in (1..=255).zip(traced) {
        let mut crossed = vec![false; (width + 1) * height];
        for ring in polygons.iter().flat_map(|polygon| polygon.rings()) {
            let points = ring.points();
            for (from, to) in points.iter().zip(points.iter().cycle().skip(1)) {
                let (top, bottom) = (from.y.min(to.y) as usize, from.y.max(to.y) as usize);
                for y in top..bottom {
                    crossed[y * (width + 1) + from.x as usize] ^= true;
                }
            }
        }
        for (row, crossed) in labels.chunks_exact_mut(width).zip(crossed.chunks_exact(width + 1)) {
            let mut inside = false;
            for (label, crossed) in row.iter_mut().zip(crossed) {
                inside ^= crossed;
                if inside {
                    *label = class;
                }
            }
        }
    }
    labels
}
