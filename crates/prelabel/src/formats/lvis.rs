//! LVIS: COCO's form with more than a thousand categories and other names of images.

use std::sync::Arc;

use super::coco_json::{self, Flavor, ImageEntry, looks_like_coco};
use super::{Detection, Format, Info, ReadOptions, Reader};
use crate::model::ContentKind;
use crate::report::Report;
use crate::tree::Source;
use crate::{Limits, Result};

static INFO: Info = Info {
    name: "lvis",
    aliases: &[],
    title: "LVIS: objects of more than 1,200 categories in COCO's form",
    about: "\
`lvis_v1_train.json`, `lvis_v1_val.json` and the like: COCO's `images`, `annotations` and `categories` with polygons. Images
have no `file_name`: the key is the end of `coco_url` with its folder, `val2017/000000397133`, as LVIS's own tools have it.
Polygons cover pixels by the rule of `pycocotools`, which LVIS's tools use. Which categories were looked for in an image
(`neg_category_ids`, `not_exhaustive_category_ids`) is no part of a mask and is not kept. All else is as in `coco`.",
    reads: true,
    writes: false,
    one_file: None,
    content: &[ContentKind::Instances],
    example: "prelabel convert lvis_v1_val.json -o masks/ --instances",
};

/// How much of a file is looked at to recognise it.
const START: usize = 64 << 10;

/// LVIS's instances.
pub(super) struct Lvis;

impl Format for Lvis {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, _limits: &Limits) -> Detection {
        match files(source).is_empty() {
            true => Detection::NO,
            false => Detection { strength: 87, why: "a JSON file of LVIS".to_owned() },
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        let paths = match source.paths().len() {
            1 => source.paths().iter().collect(),
            _ => files(&*source),
        };
        coco_json::open(source, &paths, Flavor { key, pointer: "/annotations" }, options, report)
    }
}

/// The files of a tree that say what only LVIS says, or have its name.
fn files(source: &dyn Source) -> Vec<String> {
    let has = |start: &[u8], name: &str| start.windows(name.len()).any(|window| window == name.as_bytes());
    let lvis = |path: &String| {
        let named = path.rsplit('/').next().is_some_and(|name| name.starts_with("lvis_v"));
        let start = source.read_start(path, START).unwrap_or_default();
        let says = ["\"neg_category_ids\"", "\"not_exhaustive_category_ids\"", "\"synset\""];
        looks_like_coco(&start) && (named || says.iter().any(|name| has(&start, name)))
    };
    let lone = source.paths().len() == 1;
    let json = |path: &String| lone || path.to_ascii_lowercase().ends_with(".json");
    let all: Vec<String> = source.paths().iter().filter(json).collect();
    if all.len() > 64 { Vec::new() } else { all.into_iter().filter(lvis).collect() }
}

/// The last two parts of the image's address.
fn key(image: &ImageEntry) -> String {
    match image.coco_url.as_deref().filter(|_| image.file_name.is_none()) {
        Some(url) => {
            let mut parts = url.rsplit('/');
            let (name, folder) = (parts.next().unwrap_or_default(), parts.next().filter(|folder| !folder.is_empty()));
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            folder.map_or_else(|| stem.to_owned(), |folder| format!("{folder}/{stem}"))
        }
        None => image.key(),
    }
}
