//! Label Studio: tasks with brush strokes, polygons, rectangles and ellipses in JSON.

mod read;
mod regions;
mod write;

use std::sync::Arc;

use super::{Detection, Format, Info, ReadOptions, Reader, WriteOptions, Writer};
use crate::model::ContentKind;
use crate::report::Report;
use crate::tree::{Sink, Source};
use crate::{Limits, Result};

static INFO: Info = Info {
    name: "label-studio",
    aliases: &["labelstudio"],
    title: "Label Studio's tasks: brush strokes and outlines in JSON",
    about: "\
An export in the form JSON: a list of tasks, or a file for each task. Read are results of type `brushlabels` (run lengths, bit
for bit as label-studio-sdk reads them), `polygonlabels`, `rectanglelabels` (turned ones too) and `ellipselabels`, and these
shapes with `labels` of their own; each is one object. Coordinates are percent of `original_width` and `original_height`; outlines
cover pixels by the rule `center`, since Label Studio has none of its own. Of several annotations of a task the one that was
updated last is read; where there is none, the last prediction, with its scores. Tasks that were skipped (their annotations
cancelled) or have no result are left out and counted, and so are results that have no area (key points, choices, …).
The key is the file name of the image that `data` names: without the folder of a URL, the digits that an upload got
(`1a2b3c4d-`), and the extension. Labels are found by name in `--classes`, else in a class list of the folder, else numbered from 1
in the order of their names. Masks of the newer type `bitmasklabels` are an error.
Written is `label-studio.json`, or the file that `-o` names: tasks to import, with `KEY.jpg` as `image` and the objects as a
prediction, as brush strokes; `data` also has `width` and `height`. `--encoding polygons` writes outlines, a result for each
part. Results name the control `label` and the object `image`, as in `<BrushLabels name=\"label\" toName=\"image\">`.
`classes.json` beside it keeps the class IDs.
Source: labelstud.io, `guide/export`, `guide/predictions`; label-studio-sdk, `converter/brush.py`.",
    reads: true,
    writes: true,
    one_file: Some("label-studio.json"),
    content: &[ContentKind::Instances],
    example: "prelabel convert project-1.json -o masks/ --from label-studio",
};

/// How much of a file is looked at to recognise it.
const START: usize = 64 << 10;

/// Label Studio's exports.
pub(super) struct LabelStudio;

impl Format for LabelStudio {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, _limits: &Limits) -> Detection {
        match files(source, 16).is_empty() {
            true => Detection::NO,
            false => Detection { strength: 87, why: "JSON files with tasks and their results".to_owned() },
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        let paths = match source.paths().len() {
            1 => source.paths().iter().collect(),
            _ => files(&*source, usize::MAX),
        };
        read::open(source, &paths, options, report)
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        write::writer(sink, INFO.one_file.unwrap_or_default(), options)
    }
}

/// The files of a tree that are of this form; looks at no more than `most` of them.
fn files(source: &dyn Source, most: usize) -> Vec<String> {
    let lone = source.paths().len() == 1;
    let json = |path: &String| lone || path.to_ascii_lowercase().ends_with(".json");
    let like = |path: &String| {
        let start = source.read_start(path, START).unwrap_or_default();
        let has = |name: &str| start.windows(name.len()).any(|window| window == name.as_bytes());
        has("\"data\"") && (has("\"annotations\"") || has("\"predictions\"")) && has("\"result\"")
    };
    source.paths().iter().filter(json).take(most).filter(like).collect()
}
