//! The writer: palette PNGs, and the tables that name their classes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::{CLASSES, LISTS, OBJECTS, VOID, palette_color, void_id};
use crate::classes;
use crate::error::At;
use crate::formats::files::not_verified;
use crate::formats::{WriteOptions, Writer};
use crate::model::{
    ClassId, ClassList, Code, Color, Content, ContentKind, Grid, Key, LabelMap, Occurrence, Sample, Segment,
    SegmentMap, with_cells,
};
use crate::pixels::{LabelImage, png};
use crate::report::{Loss, Report};
use crate::tree::{Sink, Written};
use crate::{Error, Limits, Result, transform};

pub(super) fn open(sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
    if let (Some(list), false) = (&options.classes, options.lone) {
        sink.write("classes.json", &classes::to_json(list)?)?;
        if let Some(table) = table(list) {
            sink.write("labelmap.txt", table.as_bytes())?;
        }
    }
    Ok(Box::new(VocWriter {
        sink,
        classes: options.classes,
        palette: (0..=u8::MAX).map(palette_color).collect(),
        verify: options.verify,
        lone: options.lone,
        keys: Mutex::default(),
    }))
}

/// `labelmap.txt`, with the palette's colours so that they tell the ID. A name with a colon does not fit into it.
fn table(list: &ClassList) -> Option<String> {
    let mut text = "# label:color_rgb:parts:actions\n".to_owned();
    for class in list.classes() {
        let void = void_id(list) == Some(class.id) && class.is_void();
        let index = if void { Some(VOID) } else { u8::try_from(class.id).ok().filter(|_| !class.is_void()) };
        let Some(index) = index else { continue };
        if class.name.contains(':') {
            return None;
        }
        let Color { r, g, b } = palette_color(index);
        let _ = writeln!(text, "{}:{r},{g},{b}::", class.name);
    }
    Some(text)
}

struct VocWriter {
    sink: Arc<dyn Sink>,
    classes: Option<ClassList>,
    palette: Vec<Color>,
    verify: bool,
    lone: bool,
    keys: Mutex<BTreeSet<Key>>,
}

impl Writer for VocWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::LabelMap, ContentKind::Segments]
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let (map, objects) = match &sample.content {
            Content::LabelMap(map) => (map.clone(), None),
            Content::Segments(segments) => (segments.clone().into_label_map()?.0, self.objects(segments, report)?),
            Content::Scores(_) | Content::Instances(_) => {
                return Err(Error::usage("scores and objects must become a map first"));
            }
        };
        let classes = self.indices(&map, report)?;
        let void: Vec<bool> = classes.iter().map(|&index| index == VOID).collect();
        // The objects first: a class map that is there is complete.
        if let Some(mut objects) = objects {
            for (object, void) in objects.iter_mut().zip(void) {
                *object = if void { VOID } else { *object };
            }
            let bytes = self.encode(map.grid(), &objects)?;
            match self.lone {
                true => lost_numbers(
                    objects.iter().collect::<BTreeSet<_>>().len() as u64,
                    "one file has no room for them",
                    report,
                )?,
                false => drop(self.sink.write(&format!("{OBJECTS}{}.png", sample.key), &bytes)?),
            }
        }
        let bytes = self.encode(map.grid(), &classes)?;
        let written = self.sink.write(&format!("{CLASSES}{}.png", sample.key), &bytes)?;
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(sample.key.clone());
        Ok(written)
    }

    fn finish(&self) -> Result<Option<Written>> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.lone {
            let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
            self.sink.write(&format!("{LISTS}trainval.txt"), lines.as_bytes())?;
        }
        // The samples are their maps.
        Ok(None)
    }
}

fn lost_numbers(count: u64, why: &str, report: &Report) -> Result<()> {
    report.loss(Loss {
        code: "instance-numbers",
        message: format!("numbered objects become their class: {why}"),
        count,
        unit: "objects",
        hint: "write a format that keeps objects apart".to_owned(),
    })
}

impl VocWriter {
    /// The palette index of each code of a label map.
    fn indices(&self, map: &LabelMap, report: &Report) -> Result<Vec<u8>> {
        let codes = map.grid().occurrences();
        let mut indices = vec![0; codes.last().map_or(0, |found| found.code as usize + 1)];
        let home = self.classes.as_ref().and_then(void_id);
        let mut merged = 0;
        for found in &codes {
            let id = map.id_of(found.code);
            let (index, void) = self.index(id, found)?;
            indices[found.code as usize] = index;
            merged += if void && home != Some(id) { found.pixels } else { 0 };
        }
        if merged > 0 {
            report.loss(Loss {
                code: "void-merged",
                message: "VOC has one void, 255: pixels of other void classes become that".to_owned(),
                count: merged,
                unit: "pixels",
                hint: "give these classes another kind in the class list".to_owned(),
            })?;
        }
        Ok(indices)
    }

    /// The index of a class, and whether it is void.
    fn index(&self, id: ClassId, found: &Occurrence) -> Result<(u8, bool)> {
        let class = match &self.classes {
            Some(list) => Some(list.get(id).ok_or_else(|| list.unknown_id(id, found.pixels, found.first))?),
            None => None,
        };
        if class.map_or(id == ClassId::from(VOID), |class| class.is_void()) {
            return Ok((VOID, true));
        }
        let index = u8::try_from(id).ok().filter(|index| *index != VOID);
        let index = index.ok_or_else(|| {
            Error::invalid("a VOC map holds the class IDs 0 to 254, and 255 for void")
                .at(At::Pixel(found.first.0, found.first.1))
                .found(format!("ID {id} at {} pixels, the first here", found.pixels))
                .hint("write another format, or give the classes other IDs")
        })?;
        Ok((index, false))
    }

    /// The object number of each code; nothing if there are no objects.
    fn objects(&self, map: &SegmentMap, report: &Report) -> Result<Option<Vec<u8>>> {
        let occurring = map.grid().occurrences().into_iter().filter_map(|found| map.segment(found.code));
        let numbered: BTreeSet<Segment> = occurring.filter(|segment| segment.instance.is_some()).collect();
        if numbered.is_empty() {
            return Ok(None);
        }
        if numbered.len() >= usize::from(VOID) {
            lost_numbers(numbered.len() as u64, "VOC numbers at most 254 an image", report)?;
            return Ok(None);
        }
        transform::tell_renumbered(map, report);
        let numbers: BTreeMap<Segment, u8> = numbered.into_iter().zip(1..).collect();
        let number = |segment: &Segment| numbers.get(segment).copied().unwrap_or(0);
        Ok(Some(map.segments().iter().map(number).collect()))
    }

    fn encode(&self, grid: &Grid, indices: &[u8]) -> Result<Vec<u8>> {
        let index = |code: usize| indices.get(code).copied().unwrap_or(0);
        let pixels: Vec<u8> = with_cells!(grid, cells => cells.iter().map(|code| index(code.index())).collect());
        let bytes = png::encode_palette(&pixels, grid.width(), grid.height(), &self.palette)?;
        if self.verify {
            let limits = Limits { max_pixels: u64::MAX, ..Limits::default() };
            let LabelImage::Codes(again, _) = png::decode(&bytes, &limits)? else { return Err(not_verified()) };
            if again.size() != grid.size()
                || !grid.equal_through(&again, |code, other| usize::from(index(code)) == other)
            {
                return Err(not_verified());
            }
        }
        Ok(bytes)
    }
}
