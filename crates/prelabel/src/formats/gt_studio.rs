use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::files::{Selection, not_verified};
use super::mask_pairs::{key_of, legend_path, mask_selection, no_legend};
use super::{Detection, Format, Info, ReadOptions, Reader, WriteOptions, Writer};
use crate::classes::{self, instance_color};
use crate::error::At;
use crate::model::{
    Class, ClassId, ClassList, Color, Content, ContentKind, Key, Label, LabelMap, Legend, LegendEntry, Mask,
    Occurrence, RawLegend, Rgba, Sample, Segment, SegmentMap, Unlabelled,
};
use crate::pixels::{mask_png, png};
use crate::report::{Finding, Report, Severity};
use crate::tree::{Sink, Source, Written};
use crate::{Error, Limits, Result, transform};

static INFO: Info = Info {
    name: "gt-studio",
    aliases: &["gtstudio", "playment"],
    title: "mask pairs of GT Studio (Playment, TELUS): an RGBA PNG and its legend",
    about: "\
`masks/KEY.png`: four 8-bit channels, not interlaced, of the image's own size; labelled pixels have the legend's colour
and alpha 255, unlabelled ones are 0 in every channel. `legend.json` if all masks share it, else `legends/KEY.json`:
an object from `#rrggbb` to a label, `car` for a class, `car # 1` for one object of it. `classes.json` (ID, name,
colour, kind) makes the way back to class IDs exact. Read too: masks without these folders, a legend beside each mask
(`KEY.json`), legends in the list form of the platform's results. Without `classes.json` the labels of the legends are
numbered from 1 in their order, 0 being unlabelled.
Source: the platform's public documentation, \"Job build, base type segmentation\" and \"Get job results\".",
    reads: true,
    writes: true,
    one_file: None,
    content: &[ContentKind::LabelMap, ContentKind::Segments],
    example: "prelabel convert masks/ -o maps/ --to label-map",
};

/// Mask pairs.
pub(super) struct GtStudio;

impl Format for GtStudio {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, limits: &Limits) -> Detection {
        let first = mask_selection(source).get(0).and_then(|index| source.paths().get(index));
        let Some(first) = &first else { return Detection::NO };
        let Ok(header) = source.read_start(first, 4096).and_then(|start| png::header(&start, limits)) else {
            return Detection::NO;
        };
        let is_rgba = header.color == png::ColorKind::Rgba;
        let legend = legend_path(source, first, &key_of(first)).and_then(|path| source.read(&path, limits).ok());
        let is_legend = legend.and_then(|bytes| RawLegend::from_json(&bytes).ok()).is_some_and(|legend| {
            legend.entries.is_empty()
                || legend.entries.iter().any(|(color, _)| color.starts_with('#') || color.starts_with("rgb("))
        });
        match (is_rgba, is_legend) {
            (true, true) => Detection { strength: 95, why: "RGBA masks with a legend".to_owned() },
            (false, true) => Detection { strength: 75, why: "PNGs with a legend".to_owned() },
            _ => Detection::NO,
        }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        let masks = mask_selection(&*source);
        let classes = match &options.classes {
            Some(classes) => classes.clone(),
            None => match source.paths().contains("classes.json") {
                true => {
                    let bytes = source.read("classes.json", &options.limits)?;
                    classes::parse(&bytes, &source.display("classes.json"))?.list
                }
                false => from_legends(&*source, &masks, &options, report)?,
            },
        };
        let unlabelled = match (options.unlabelled, classes.unlabelled()) {
            (Some(id), _) | (None, Unlabelled::Background(id) | Unlabelled::Void(id)) => Some(id),
            (None, Unlabelled::Nothing) => None,
        };
        Ok(Box::new(PairReader { source, masks, classes, unlabelled, legend: options.legend, limits: options.limits }))
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        let classes = options.classes.ok_or_else(|| {
            Error::usage("mask pairs need a class list")
                .hint("name one with `--classes FILE` or a preset such as `--classes voc`")
        })?;
        let legend = legend_of(&classes)?;
        if !options.lone {
            // First, so that another run's tables stop this one before it writes a mask.
            sink.write("classes.json", &classes::to_json(&classes)?)?;
            sink.write("legend.json", &legend.to_json())?;
        }
        Ok(Box::new(PairWriter { sink, classes, verify: options.verify, lone: options.lone, level: options.level }))
    }
}

/// The legend that all masks of a class list share.
///
/// # Errors
/// A labelled class without a colour.
pub fn legend_of(classes: &ClassList) -> Result<Legend> {
    let entries = classes.labelled().map(|class| {
        let color = class.color.ok_or_else(|| Error::usage(format!("the class `{}` has no colour", class.name)))?;
        Ok(LegendEntry { color, label: Label::class(&class.name) })
    });
    Legend::new(entries.collect::<Result<_>>()?)
}

/// A class list of the classes in all legends, numbered in their order.
fn from_legends(source: &dyn Source, masks: &Selection, options: &ReadOptions, report: &Report) -> Result<ClassList> {
    let mut legends: BTreeSet<String> = masks
        .iter()
        .filter_map(|index| source.paths().get(index))
        .filter_map(|mask| legend_path(source, &mask, &key_of(&mask)))
        .collect();
    // The shared legend gives the order, others add to it.
    let mut ordered: Vec<String> = legends.take("legend.json").into_iter().collect();
    ordered.extend(legends);
    let mut raws: Vec<RawLegend> = options.legend.clone().into_iter().collect();
    for path in &ordered {
        // A broken legend fails its own masks when they are read, with all its problems.
        raws.extend(source.read(path, &options.limits).and_then(|bytes| RawLegend::from_json(&bytes)));
    }
    let mut classes = vec![Class { color: Some(Color::BLACK), ..Class::new(0, "unlabelled") }];
    let mut names: BTreeSet<String> = BTreeSet::from(["unlabelled".to_owned()]);
    for (color, text) in raws.iter().flat_map(|raw| &raw.entries) {
        let label = Label::parse(text);
        if label.class.is_empty() || !names.insert(label.class.clone()) {
            continue;
        }
        let taken = |color: &Color| classes.iter().any(|class: &Class| class.color == Some(*color));
        let color = color.parse().ok().filter(|color| label.instance.is_none() && !taken(color));
        classes.push(Class { color, ..Class::new(classes.len() as ClassId, label.class) });
    }
    if masks.len() > 0 {
        let finding = Finding::new(
            "ids-numbered",
            Severity::Info,
            "there is no class list: the labels of the legends are numbered from 1",
        );
        report.finding(finding.hint("name the list that the masks were made with (`--classes`) to get its IDs back"));
    }
    ClassList::new(classes)
}

struct PairReader {
    source: Arc<dyn Source>,
    masks: Selection,
    classes: ClassList,
    unlabelled: Option<ClassId>,
    legend: Option<RawLegend>,
    limits: Limits,
}

impl Reader for PairReader {
    fn classes(&self) -> Option<&ClassList> {
        Some(&self.classes)
    }

    fn len(&self) -> usize {
        self.masks.len()
    }

    fn key(&self, index: usize) -> Result<Key> {
        Key::new(&key_of(&self.path(index))).map_err(|error| error.in_file(self.file(index)))
    }

    fn file(&self, index: usize) -> String {
        self.source.display(&self.path(index))
    }

    fn memory(&self, index: usize) -> u64 {
        let header =
            self.source.read_start(&self.path(index), 4096).and_then(|start| png::header(&start, &self.limits));
        let pixels = header.map_or(0, |header| u64::from(header.width) * u64::from(header.height));
        pixels * 4 + self.source.size(&self.path(index)).unwrap_or_default()
    }

    fn read(&self, index: usize, _report: &Report) -> Result<Sample> {
        let key = self.key(index)?;
        let bytes = self.source.read(&self.path(index), &self.limits)?;
        let legend = self.legend(index, &key)?;
        let content = mask_png::decode(&bytes, &self.limits).and_then(|(_, mask)| self.content(mask, &legend));
        Ok(Sample { key, content: content.map_err(|error| error.in_file(self.file(index)))? })
    }
}

impl PairReader {
    fn path(&self, index: usize) -> String {
        self.masks.get(index).and_then(|path| self.source.paths().get(path)).unwrap_or_default()
    }

    fn legend(&self, index: usize, key: &Key) -> Result<Legend> {
        if let Some(legend) = &self.legend {
            return legend.check().map_err(|error| error.in_file("the legend that was given"));
        }
        let Some(path) = legend_path(&*self.source, &self.path(index), key.as_str()) else {
            return Err(no_legend(&self.file(index), key));
        };
        let read = self.source.read(&path, &self.limits).and_then(|bytes| RawLegend::from_json(&bytes)?.check());
        read.map_err(|error| error.in_file(self.source.display(&path)))
    }

    fn content(&self, mask: Mask, legend: &Legend) -> Result<Content> {
        let mut segments = vec![Segment { class: 0, instance: None }; mask.colors().len()];
        for (color, found) in mask.occurrences() {
            segments[found.code as usize] = self.segment(color, &found, legend)?;
        }
        let (grid, _) = mask.into_parts();
        if segments.iter().any(|segment| segment.instance.is_some()) {
            return Ok(Content::Segments(SegmentMap::new(grid, segments)?));
        }
        let ids = segments.iter().map(|segment| segment.class).collect();
        Ok(Content::LabelMap(LabelMap::with_ids(grid, ids)?))
    }

    fn segment(&self, color: Rgba, found: &Occurrence, legend: &Legend) -> Result<Segment> {
        let place = At::Pixel(found.first.0, found.first.1);
        if color.alpha() == 0 {
            let unlabelled = self.unlabelled.ok_or_else(|| {
                Error::invalid("the mask has unlabelled pixels, and no class of the list can stand for them")
                    .at(place)
                    .found(format!("{} unlabelled pixels, the first here", found.pixels))
                    .hint("say which ID they become with `--background ID`")
            })?;
            return Ok(Segment { class: unlabelled, instance: None });
        }
        let Some(label) = legend.label(color.color()) else {
            let error = Error::invalid(format!("the colour {} is not in the legend", color.color()))
                .at(place)
                .found(format!("{} pixels of it, the first here", found.pixels));
            return Err(match legend.nearest(color.color()) {
                Some(near) => {
                    error.expected(format!("a colour of the legend; the nearest is {}, `{}`", near.color, near.label))
                }
                None => error.expected("no labelled pixel: the legend is empty"),
            }
            .hint("`prelabel validate` lists every such colour of every mask"));
        };
        let class = self.classes.by_name(&label.class).ok_or_else(|| {
            Error::invalid(format!("the class list lacks `{}`, a label of the legend", label.class))
                .at(At::Entry(color.color().to_string()))
        })?;
        Ok(Segment { class: class.id, instance: label.instance })
    }
}

struct PairWriter {
    sink: Arc<dyn Sink>,
    classes: ClassList,
    verify: bool,
    lone: bool,
    level: mask_png::Level,
}

impl Writer for PairWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::LabelMap, ContentKind::Segments]
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let (grid, colors, legend) = match &sample.content {
            Content::LabelMap(map) => (map.grid(), self.colors(map, report)?, None),
            Content::Segments(segments) => {
                let (colors, legend) = self.segment_colors(segments, report)?;
                (segments.grid(), colors, Some(legend))
            }
            Content::Scores(_) | Content::Instances(_) => {
                return Err(Error::usage("scores and objects must become a map first"));
            }
        };
        let bytes = mask_png::encode(grid, &colors, self.level)?;
        if self.verify {
            mask_png::verify(&bytes, grid, &colors).then_some(()).ok_or_else(not_verified)?;
        }
        // The legend first: a mask that is there is complete.
        if let (Some(legend), false) = (legend, self.lone) {
            self.sink.write(&format!("legends/{}.json", sample.key), &legend.to_json())?;
        }
        self.sink.write(&format!("masks/{}.png", sample.key), &bytes)
    }
}

impl PairWriter {
    /// The colour of each code of a label map.
    fn colors(&self, map: &LabelMap, report: &Report) -> Result<Vec<Rgba>> {
        let codes = map.grid().occurrences();
        let mut colors = vec![Rgba::UNLABELLED; codes.last().map_or(0, |found| found.code as usize + 1)];
        for found in &codes {
            colors[found.code as usize] = self.class_color(map.id_of(found.code), found)?;
        }
        transform::count_merged(
            &self.classes,
            map.occurrences().into_iter().map(|(id, found)| (id, found.pixels)),
            report,
        )?;
        Ok(colors)
    }

    /// The colour of each code of a segment map, and its legend by class ID, then instance number.
    fn segment_colors(&self, map: &SegmentMap, report: &Report) -> Result<(Vec<Rgba>, Legend)> {
        let codes = map.grid().occurrences();
        let mut pixels: BTreeMap<ClassId, u64> = BTreeMap::new();
        let mut used: BTreeSet<Color> = self.classes.labelled().filter_map(|class| class.color).collect();
        let mut by_segment: BTreeMap<Segment, Rgba> = BTreeMap::new();
        for found in &codes {
            let Some(segment) = map.segment(found.code) else { continue };
            *pixels.entry(segment.class).or_default() += found.pixels;
            by_segment.insert(segment, self.class_color(segment.class, found)?);
        }
        let mut entries = Vec::new();
        for (segment, color) in &mut by_segment {
            let Some(class) = self.classes.get(segment.class).filter(|_| *color != Rgba::UNLABELLED) else { continue };
            if let Some(number) = segment.instance {
                *color = instance_color(color.color(), number, &mut used).opaque();
            }
            entries.push(LegendEntry {
                color: color.color(),
                label: Label { class: class.name.clone(), instance: segment.instance },
            });
        }
        transform::count_merged(&self.classes, pixels.into_iter(), report)?;
        let mut colors = vec![Rgba::UNLABELLED; codes.last().map_or(0, |found| found.code as usize + 1)];
        for found in &codes {
            let color = map.segment(found.code).and_then(|segment| by_segment.get(&segment));
            colors[found.code as usize] = color.copied().unwrap_or(Rgba::UNLABELLED);
        }
        Ok((colors, Legend::new(entries)?))
    }

    fn class_color(&self, id: ClassId, found: &Occurrence) -> Result<Rgba> {
        let class = self.classes.get(id).ok_or_else(|| self.classes.unknown_id(id, found.pixels, found.first))?;
        if class.is_void() || self.classes.background() == Some(id) {
            return Ok(Rgba::UNLABELLED);
        }
        let color = class.color.ok_or_else(|| Error::usage(format!("the class `{}` has no colour", class.name)))?;
        Ok(color.opaque())
    }
}
