//! COCO results: what a model found, as a bare list of objects with scores.

use std::sync::Arc;

use super::coco_json::{self, Flavor, Form, Gathered, ImageEntry, looks_like_coco};
use super::{Detection, Encoding, Format, Info, ReadOptions, Reader, WriteOptions, Writer};
use crate::model::ContentKind;
use crate::report::Report;
use crate::tree::{Sink, Source};
use crate::{Error, Limits, Result};

static INFO: Info = Info {
    name: "coco-results",
    aliases: &["coco-detections"],
    title: "objects that a model found, with scores: a JSON list for COCO's evaluation",
    about: "\
A list of `{\"image_id\", \"category_id\", \"segmentation\", \"score\"}`, as pycocotools, Detectron2 and MMDetection write it.
The file does not list its images: give the dataset's JSON together with it (`prelabel convert results.json
instances_val2017.json …`), which also names the categories and gives images without objects an empty map. Without it,
the key of an image is its ID, its size is that of its run lengths, and `--classes` says what category IDs mean.
`--min-confidence P` leaves out objects below that score; `--overlap score` puts the surest on top.
Written is `results.json` with run lengths, which `loadRes` of pycocotools needs, and `image_info.json` with the images and
categories; or the one file that `-o` names. The image ID is that of the source, else the number that the key is, else
1, 2, … in the order of keys. Objects without a score get 1.",
    reads: true,
    writes: true,
    one_file: Some("results.json"),
    content: &[ContentKind::Instances],
    example: "prelabel convert results.json instances_val2017.json -o masks/ --from coco-results --overlap score",
};

/// How much of a file is looked at to recognise it.
const START: usize = 64 << 10;

/// COCO's results.
pub(super) struct CocoResults;

impl Format for CocoResults {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, _limits: &Limits) -> Detection {
        match candidates(source, looks_like_results).len() {
            0 => Detection::NO,
            _ => Detection { strength: 88, why: "a JSON list of objects with `image_id`".to_owned() },
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        let lists = match source.paths().len() {
            1 => source.paths().iter().collect(),
            _ => candidates(&*source, looks_like_results),
        };
        let [list] = lists.as_slice() else {
            return Err(Error::usage("one file of results is read at a time")
                .in_file(source.name())
                .found(match lists.as_slice() {
                    [] => "none".to_owned(),
                    [first, second, ..] => format!("{} of them: `{first}`, `{second}`, …", lists.len()),
                    [only] => only.clone(),
                })
                .hint("name one, and the dataset's JSON beside it"));
        };
        let datasets = candidates(&*source, looks_like_coco);
        let flavor = Flavor { key: ImageEntry::key, pointer: "" };
        coco_json::open_bare(source.clone(), list, &datasets, flavor, options, report)
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        if options.encoding == Some(Encoding::Polygons) {
            return Err(Error::usage("results hold run lengths, no outlines")
                .found("`--encoding polygons`")
                .hint("leave it out, or write `--to coco`"));
        }
        let options = WriteOptions { encoding: options.encoding.or(Some(Encoding::Rle)), ..options };
        Gathered::writer(sink, Form::Results, INFO.one_file.unwrap_or_default(), options)
    }
}

/// JSON files whose beginning looks like one form.
fn candidates(source: &dyn Source, like: fn(&[u8]) -> bool) -> Vec<String> {
    let lone = source.paths().len() == 1;
    let json = |path: &String| lone || path.to_ascii_lowercase().ends_with(".json");
    let starts = |path: &String| source.read_start(path, START).is_ok_and(|start| like(&start));
    let all: Vec<String> = source.paths().iter().filter(json).collect();
    // Thousands of JSON files are a table an image, not results.
    if all.len() > 64 { Vec::new() } else { all.into_iter().filter(starts).collect() }
}

fn looks_like_results(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let has = |name: &str| start.windows(name.len()).any(|window| window == name.as_bytes());
    start.starts_with(b"[") && has("\"image_id\"") && has("\"category_id\"")
}
