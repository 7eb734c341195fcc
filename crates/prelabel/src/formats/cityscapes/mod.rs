//! Cityscapes: label IDs, train IDs and instance IDs as grey PNGs beside one another, and polygons.

mod polygons;

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::files::{class_list_beside, not_verified};
use super::{Detection, Format, Info, ReadOptions, Reader, WriteOptions, Writer};
use crate::classes;
use crate::error::At;
use crate::model::{
    Cells, ClassId, ClassList, Code, Content, ContentKind, Grid, Key, LabelMap, Sample, Segment, SegmentMap, with_cells,
};
use crate::pixels::{LabelImage, png};
use crate::report::{Finding, Loss, Report, Severity};
use crate::tree::{Sink, Source, Written};
use crate::{Error, Limits, Result, transform};

static INFO: Info = Info {
    name: "cityscapes",
    aliases: &["gt-fine", "gtfine"],
    title: "Cityscapes: labelIds, labelTrainIds and instanceIds as grey PNGs, and polygons",
    about: "\
`gtFine/SPLIT/CITY/CITY_000000_000019_gtFine_KIND.png`; the key is `SPLIT/CITY/CITY_000000_000019`. Likewise `gtCoarse`.
`instanceIds` (16 bits) is read first: below 1000 a class as a whole (stuff, and groups such as `cargroup`), else
1000 · class + number from 0, which becomes `car # 1`. With `labelIds` beside it both are compared; where they differ,
`labelIds` has the class and the finding a pixel. `labelIds` alone is a label map. `polygons.json` is read of images with
neither: objects are painted in their order (rule `pillow`), but for deleted ones and those whose class has a negative ID
(`license plate`); `cargroup` is a group of cars, without a number. `labelTrainIds` is read only if the tree has nothing
else. Classes are those of `--classes`, of a `classes.json`, else Cityscapes' own (train IDs: its 19, 255 ignored).
`color.png` is for the eye: its black is opaque, so it is never read.
Written are `gtFine/KEY_gtFine_labelIds.png`, `instanceIds.png` where the content has numbered objects, and `classes.json`.
Class IDs are 0 to 255, void ones kept as they are; a numbered class is at most 64, with numbers up to 1000. Polygons are
not written: each object has one there, without holes.
Source: cityscapesscripts, `helpers/labels.py`, `preparation/json2labelImg.py` and `json2instanceImg.py`.",
    reads: true,
    writes: true,
    one_file: None,
    content: &[ContentKind::LabelMap, ContentKind::Segments, ContentKind::Instances],
    example: "prelabel convert cityscapes/gtFine -o masks/",
};

const LABELS: &str = "labelIds.png";
const TRAIN: &str = "labelTrainIds.png";
const INSTANCES: &str = "instanceIds.png";
const POLYGONS: &str = "polygons.json";

/// Cityscapes' maps.
pub(super) struct Cityscapes;

/// A path up to the kind, `…_gtFine_`, and the kind.
fn parts(path: &str) -> Option<(&str, &str)> {
    ["_gtFine_", "_gtCoarse_"].iter().find_map(|mark| {
        let at = path.rfind(mark)? + mark.len();
        let kind = &path[at..];
        [LABELS, TRAIN, INSTANCES, POLYGONS].contains(&kind).then_some((&path[..at], kind))
    })
}

impl Format for Cityscapes {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn class_ids(&self) -> RangeInclusive<ClassId> {
        0..=255
    }

    fn detect(&self, source: &dyn Source, _limits: &Limits) -> Detection {
        match source.paths().iter().any(|path| parts(&path).is_some()) {
            true => Detection { strength: 90, why: "file names of Cityscapes".to_owned() },
            false => Detection::NO,
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        let mut samples: Vec<Maps> = Vec::new();
        for path in source.paths().iter() {
            let Some((stem, kind)) = parts(&path) else { continue };
            // Paths are sorted, so that those of an image follow one another.
            if samples.last().is_none_or(|last| *last.stem != *stem) {
                samples.push(Maps { stem: stem.into(), ..Maps::default() });
            }
            if let Some(last) = samples.last_mut() {
                match kind {
                    LABELS => last.labels = true,
                    TRAIN => last.train = true,
                    POLYGONS => last.polygons = true,
                    _ => last.instances = true,
                }
            }
        }
        let full = samples.iter().filter(|maps| maps.is_full()).count();
        let train = full == 0;
        if let (false, Some(first)) = (train, samples.iter().find(|maps| !maps.is_full())) {
            let finding = Finding::new("train-ids-only", Severity::Warning, "images with train IDs only are left out");
            let detail = format!("{} of {}", samples.len() - full, samples.len());
            report.finding(finding.in_file(source.display(&first.path(TRAIN))).detail(detail));
            samples.retain(Maps::is_full);
        }
        let classes = match options.classes {
            Some(given) => given,
            None => match class_list_beside(&*source, &options.limits)? {
                Some(beside) => beside,
                None => {
                    let name = if train { "cityscapes-train" } else { "cityscapes" };
                    classes::preset(name).ok_or_else(|| Error::missing("there is no such preset"))?.classes()?
                }
            },
        };
        let folder = ["gtFine/", "gtCoarse/"]
            .into_iter()
            .find(|folder| !samples.is_empty() && samples.iter().all(|maps| maps.stem.starts_with(folder)));
        let prefix = folder.map_or(0, str::len);
        Ok(Box::new(CityReader { source, samples, train, prefix, classes, limits: options.limits }))
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        if let (Some(list), false) = (&options.classes, options.lone) {
            sink.write("classes.json", &classes::to_json(list)?)?;
        }
        Ok(Box::new(CityWriter { sink, verify: options.verify, lone: options.lone }))
    }
}

/// The maps of an image.
#[derive(Default)]
struct Maps {
    /// Their paths up to the kind.
    stem: Box<str>,
    labels: bool,
    train: bool,
    instances: bool,
    polygons: bool,
}

impl Maps {
    /// True if there is anything beside train IDs.
    fn is_full(&self) -> bool {
        self.labels || self.instances || self.polygons
    }

    fn path(&self, kind: &str) -> String {
        format!("{}{kind}", self.stem)
    }
}

struct CityReader {
    source: Arc<dyn Source>,
    samples: Vec<Maps>,
    /// There are train IDs only.
    train: bool,
    /// Length of the folder that all share and that belongs to no key.
    prefix: usize,
    classes: ClassList,
    limits: Limits,
}

/// Class and number of a value of `instanceIds`.
fn segment(value: u32) -> Segment {
    match value {
        0..1000 => Segment { class: value.into(), instance: None },
        _ => Segment { class: (value / 1000).into(), instance: Some(value % 1000 + 1) },
    }
}

impl CityReader {
    fn main(&self, index: usize) -> String {
        let maps = &self.samples[index];
        maps.path(match maps {
            _ if self.train => TRAIN,
            Maps { instances: true, .. } => INSTANCES,
            Maps { labels: true, .. } => LABELS,
            _ => POLYGONS,
        })
    }

    /// The size stands at the beginning of the file; 4096 × 4096 is taken where it does not.
    fn polygon_memory(&self, path: &str) -> u64 {
        let bytes = self.source.size(path).unwrap_or_default();
        let start = self.source.read_start(path, 4096).unwrap_or_default();
        let start = String::from_utf8_lossy(&start);
        let side = |name: &str| {
            let digits = start.split_once(name)?.1.trim_start_matches(['"', ':', ' ', '\n', '\r', '\t']);
            digits.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u64>().ok()
        };
        let pixels = side("imgWidth").unwrap_or(4096).saturating_mul(side("imgHeight").unwrap_or(4096));
        pixels.min(self.limits.max_pixels).saturating_mul(12).saturating_add(bytes.saturating_mul(8))
    }

    fn grid(&self, path: &str) -> Result<Grid> {
        let decode = || match png::decode(&self.source.read(path, &self.limits)?, &self.limits)? {
            LabelImage::Codes(grid, _) => Ok(grid),
            LabelImage::Colors(_) => Err(Error::invalid("the pixels are colours, not IDs").expected("a grey PNG")),
        };
        decode().map_err(|error| error.in_file(self.source.display(path)))
    }

    /// Segments by `instanceIds`, their classes by `labelIds` where that is there.
    fn segments(&self, maps: &Maps, report: &Report) -> Result<SegmentMap> {
        let path = maps.path(INSTANCES);
        let instances = self.grid(&path)?;
        if !maps.labels {
            let highest = instances.occurrences().last().map_or(0, |found| found.code);
            return SegmentMap::new(instances, (0..=highest).map(segment).collect());
        }
        let labels = self.grid(&maps.path(LABELS))?;
        let joined = transform::pairs(&labels, &instances);
        let (grid, table) = joined.map_err(|error| error.in_file(self.source.display(&path)))?;
        let differs = |(label, value): (u32, u32)| segment(value).class != ClassId::from(label);
        let odd: Vec<_> = grid.occurrences().into_iter().filter(|found| differs(table[found.code as usize])).collect();
        if let Some(first) = odd.iter().map(|found| found.first).min_by_key(|(x, y)| (*y, *x)) {
            let finding = Finding::new(
                "instance-class",
                Severity::Warning,
                "`instanceIds` and `labelIds` name different classes: pixels get that of `labelIds`, without a number",
            );
            let pixels: u64 = odd.iter().map(|found| found.pixels).sum();
            let finding = finding.in_file(self.source.display(&path)).at(At::Pixel(first.0, first.1));
            report.finding(finding.detail(format!("{pixels} pixels, the first here")));
        }
        let segments = table.iter().map(|&(label, value)| match differs((label, value)) {
            true => Segment { class: label.into(), instance: None },
            false => segment(value),
        });
        SegmentMap::new(grid, segments.collect())
    }
}

impl Reader for CityReader {
    fn classes(&self) -> Option<&ClassList> {
        Some(&self.classes)
    }

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn key(&self, index: usize) -> Result<Key> {
        let name = self.samples[index].stem.get(self.prefix..).unwrap_or_default();
        let name = name.strip_suffix("_gtFine_").or_else(|| name.strip_suffix("_gtCoarse_")).unwrap_or(name);
        Key::new(name).map_err(|error| error.in_file(self.file(index)))
    }

    fn file(&self, index: usize) -> String {
        self.source.display(&self.main(index))
    }

    fn memory(&self, index: usize) -> u64 {
        let path = self.main(index);
        if path.ends_with(POLYGONS) {
            return self.polygon_memory(&path);
        }
        let start = self.source.read_start(&path, 4096);
        let header = start.and_then(|start| png::header(&start, &self.limits));
        header.map_or(1 << 20, |header| u64::from(header.width) * u64::from(header.height) * 12)
    }

    fn read(&self, index: usize, report: &Report) -> Result<Sample> {
        let key = self.key(index)?;
        let maps = &self.samples[index];
        let path = self.main(index);
        let content = if path.ends_with(POLYGONS) {
            let file = self.source.display(&path);
            let bytes = self.source.read(&path, &self.limits)?;
            let set = polygons::read(&bytes, &self.classes, &file, &self.limits, report);
            Content::Instances(set.map_err(|error| error.in_file(file))?)
        } else if path.ends_with(INSTANCES) {
            Content::Segments(self.segments(maps, report)?)
        } else {
            Content::LabelMap(LabelMap::new(self.grid(&path)?))
        };
        Ok(Sample { key, content })
    }
}

struct CityWriter {
    sink: Arc<dyn Sink>,
    verify: bool,
    lone: bool,
}

impl Writer for CityWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::LabelMap, ContentKind::Segments]
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let (map, values) = match &sample.content {
            Content::LabelMap(map) => (map.clone(), None),
            Content::Segments(segments) => (segments.clone().into_label_map()?.0, self.values(segments, report)?),
            Content::Scores(_) | Content::Instances(_) => {
                return Err(Error::usage("scores and objects must become a map first"));
            }
        };
        let Some(labels) = map.narrow::<u8>() else {
            let found = map.occurrences().into_iter().find(|(id, _)| u8::try_from(*id).is_err());
            let (id, found) = found.ok_or_else(|| Error::invalid("the label map does not fit 8 bits"))?;
            return Err(Error::invalid("`labelIds` holds the class IDs 0 to 255")
                .at(At::Pixel(found.first.0, found.first.1))
                .found(format!("ID {id} at {} pixels, the first here", found.pixels))
                .hint("write another format, or leave the class out with `--ignore`"));
        };
        // The instances first: a label map that is there is complete.
        if let Some(values) = values {
            let bytes = png::encode_grey16(&values, map.width(), map.height())?;
            self.verified(&bytes, &Grid::new(map.width(), map.height(), Cells::U16(values))?)?;
            self.sink.write(&format!("gtFine/{}_gtFine_{INSTANCES}", sample.key), &bytes)?;
        }
        let bytes = png::encode_grey(&labels, map.width(), map.height())?;
        self.verified(&bytes, &Grid::new(map.width(), map.height(), Cells::U8(labels))?)?;
        self.sink.write(&format!("gtFine/{}_gtFine_{LABELS}", sample.key), &bytes)
    }
}

impl CityWriter {
    /// The values of `instanceIds`; nothing without numbered objects.
    fn values(&self, map: &SegmentMap, report: &Report) -> Result<Option<Vec<u16>>> {
        let mut lost = std::collections::BTreeSet::new();
        let mut numbered = false;
        let mut values = vec![0u16; map.segments().len()];
        for found in map.grid().occurrences() {
            let Some(segment) = map.segment(found.code) else { continue };
            let whole = u16::try_from(segment.class).unwrap_or_default();
            values[found.code as usize] = match segment.instance {
                None => whole,
                Some(number) => {
                    let value = (1..=64).contains(&segment.class) && (1..=1000).contains(&number);
                    numbered |= value;
                    if !value {
                        lost.insert(segment);
                    }
                    if value { whole * 1000 + (number - 1) as u16 } else { whole }
                }
            };
        }
        let all = lost.len() as u64;
        if all > 0 || (numbered && self.lone) {
            report.loss(Loss {
                code: "instance-numbers",
                message: "numbered objects become their class: `instanceIds` has 16 bits, and a file of its own"
                    .to_owned(),
                count: all.max(1),
                unit: "objects",
                hint: "write a format that keeps objects apart".to_owned(),
            })?;
        }
        if !numbered || self.lone {
            return Ok(None);
        }
        let value = |code: usize| values.get(code).copied().unwrap_or_default();
        Ok(Some(with_cells!(map.grid(), cells => cells.iter().map(|code| value(code.index())).collect())))
    }

    fn verified(&self, bytes: &[u8], meant: &Grid) -> Result<()> {
        if !self.verify {
            return Ok(());
        }
        let limits = Limits { max_pixels: u64::MAX, ..Limits::default() };
        match png::decode(bytes, &limits)? {
            LabelImage::Codes(again, _) if again == *meant => Ok(()),
            _ => Err(not_verified()),
        }
    }
}
