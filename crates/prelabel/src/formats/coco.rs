//! COCO: objects with polygons or run lengths in one JSON file, which may be larger than memory.

use std::sync::Arc;

use super::coco_json::{self, Flavor, Form, Gathered, ImageEntry, looks_like_coco};
use super::{Detection, Format, Info, ReadOptions, Reader, WriteOptions, Writer};
use crate::model::ContentKind;
use crate::report::Report;
use crate::tree::{Sink, Source};
use crate::{Limits, Result};

static INFO: Info = Info {
    name: "coco",
    aliases: &["coco-instances"],
    title: "objects with polygons or run lengths in one JSON file",
    about: "\
`images`, `annotations` and `categories` as on cocodataset.org; the file may be larger than memory. Read are polygons
and run lengths, as a list and as a string. A file by itself, or a folder or archive: `instances*.json` and
`_annotations.coco.json` in it, else every JSON of this form; photographs beside it are left alone.
The key of an image is its `file_name` without the extension and without a folder `images/` or `photos/`; where files
lie in several folders, the folder comes before it. The class ID is the category ID; with `--classes`, categories are found in that list by name.
Polygons of one annotation are one object; they cover pixels by the rule of `pycocotools`, bit for bit. COCO has no
holes: a ring inside another adds nothing to it. Where objects overlap, the later one is on top, and what is covered is
counted; `--overlap` changes that, `--instances` keeps objects apart as `car # 1`, `car # 2`. `iscrowd` regions and
classes with `isthing: 0` get no number. Pixels without an object become `background`, ID 0 unless a category has it.
An annotation that cannot be read fails its image, with a JSON pointer;
with `--allow-lossy` it is left out and counted.
Written is `instances.json`, or the file that `-o` names: images in the order of their keys, with `KEY.jpg` as file name;
`info`, `licenses`, categories and IDs as the source had them, else IDs from 1. Polygons stay as they are where they
cover the same pixels under the rule of pycocotools, else outlines are drawn along the pixels; objects with holes and
crowds become run lengths. `--encoding rle` writes only these, `--encoding polygons` only outlines, holes reached by a
seam without width. `area` and `bbox` are those of the pixels. Other members of images and annotations are not kept.",
    reads: true,
    writes: true,
    one_file: Some("instances.json"),
    content: &[ContentKind::Instances],
    example: "prelabel convert annotations/instances_val2017.json -o masks/ --instances",
};

/// How much of a file is looked at to recognise it.
const START: usize = 64 << 10;

/// COCO's instances.
pub(super) struct Coco;

impl Format for Coco {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, _limits: &Limits) -> Detection {
        match files(source).len() {
            0 => Detection::NO,
            1 => Detection { strength: 85, why: "a JSON file with images and annotations".to_owned() },
            many => Detection { strength: 85, why: format!("{many} JSON files with images and annotations") },
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        let paths = match source.paths().len() {
            1 => source.paths().iter().collect(),
            _ => files(&*source),
        };
        coco_json::open(source, &paths, Flavor { key: ImageEntry::key, pointer: "/annotations" }, options, report)
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        Gathered::writer(sink, Form::Dataset, INFO.one_file.unwrap_or_default(), options)
    }
}

/// The files of a tree that are of this form, in the order of their paths.
fn files(source: &dyn Source) -> Vec<String> {
    let lone = source.paths().len() == 1;
    let json = |path: &str| lone || path.to_ascii_lowercase().ends_with(".json");
    let named = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.starts_with("instances") || name.ends_with("_annotations.coco.json")
    };
    let like = |path: &String| {
        let start = source.read_start(path, START);
        start.is_ok_and(|start| looks_like_coco(&start) && !coco_json::panoptic::is_panoptic(source, path, &start))
    };
    let candidates: Vec<String> = source.paths().iter().filter(|path| json(path)).collect();
    let by_name: Vec<String> =
        candidates.iter().filter(|path| named(path)).filter(|path| like(path)).cloned().collect();
    // A folder of label maps may hold a hundred thousand tables of other kinds: a few of them tell.
    if !by_name.is_empty() || (candidates.len() > 64 && !candidates.iter().take(16).any(like)) {
        return by_name;
    }
    candidates.into_iter().filter(like).collect()
}
