//! COCO panoptic: PNGs whose colours are segment IDs, and one JSON that says what the segments are.

use std::sync::Arc;

use super::coco_json::panoptic;
use super::{Detection, Format, Info, ReadOptions, Reader, WriteOptions, Writer};
use crate::model::ContentKind;
use crate::report::Report;
use crate::tree::{Sink, Source};
use crate::{Limits, Result};

static INFO: Info = Info {
    name: "coco-panoptic",
    aliases: &["panoptic"],
    title: "segment IDs as colours of PNGs, and one JSON that says what they are",
    about: "\
`images`, `categories` and `annotations` with `segments_info` as on cocodataset.org, in one JSON, which may be larger
than memory; and one RGB PNG an image: a segment's ID is R + 256·G + 65536·B, 0 is unlabelled. The PNGs lie in a folder
beside the JSON that has its name, else wherever the tree has the `file_name` of the first annotation. So give the folder
that holds both. The key is that of `coco`: the image's `file_name` without the extension.
Segments of a class are numbered in the order of the JSON (`car # 1`); crowds and classes with `isthing: 0` are not.
A segment of the PNG that the JSON lacks, or the other way round, is an error; with `--allow-lossy` its pixels become
unlabelled and are counted. An `area` that is not the number of pixels is a finding; `bbox` is not read.
Pixels without a segment become `background`, ID 0 unless a category has it, or what a `classes.json` in the tree says.
Written are `panoptic.json`, `panoptic/KEY.png` and `classes.json`. A segment's ID is its class's colour, or one near it
for numbered objects, as panopticapi chooses them; segments of a thing class without a number are crowds.
Image IDs are the numbers that the names are, else 1, 2, …; `info`, `licenses` and categories as the source had them.
Without a JSON, PNGs with the category in red and the object in green (panopticapi's 2-channel form) cannot be told from
masks of colours: convert them with panopticapi first.",
    reads: true,
    writes: true,
    one_file: None,
    content: &[ContentKind::Segments],
    example: "prelabel convert annotations/ -o masks/ --from coco-panoptic",
};

/// COCO's panoptic maps.
pub(super) struct CocoPanoptic;

impl Format for CocoPanoptic {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, _limits: &Limits) -> Detection {
        match panoptic::files(source).len() {
            0 => Detection::NO,
            // As sure as `coco` is: where both are, somebody has to choose.
            1 => Detection { strength: 85, why: "a JSON file with segments".to_owned() },
            many => Detection { strength: 85, why: format!("{many} JSON files with segments") },
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        panoptic::open(source, options, report)
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        panoptic::writer(sink, options)
    }
}
