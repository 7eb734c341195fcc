//! The writer: a PNG when a sample comes, the JSON when all have come.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::{category, number_of, numbers};
use crate::classes::{self, instance_color};
use crate::formats::files::not_verified;
use crate::formats::{Members, WriteOptions, Writer};
use crate::geometry::masks;
use crate::model::{
    Class, ClassId, ClassKind, ClassList, Color, Content, ContentKind, Key, Sample, Segment, SegmentMap,
};
use crate::pixels::{mask_png, png};
use crate::report::Report;
use crate::tree::{Kept, Sink, Spool, Written};
use crate::{Error, Limits, Result, transform};

/// Prepares to write; the class list is written at once.
///
/// # Errors
/// No class list, an output that is no folder; the tree refuses.
pub(in crate::formats) fn writer(sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
    if options.lone {
        return Err(Error::usage("panoptic maps are a JSON and PNGs").hint("name a folder or a `.zip` as the output"));
    }
    let classes = options.classes.ok_or_else(|| {
        Error::usage("segments need a class list").hint("name one with `--classes FILE|PRESET`, or `--classes auto`")
    })?;
    // Segment IDs are colours near the class's, so that each class needs one.
    let classes = classes::with_proposed_colors(classes).list;
    sink.write("classes.json", &classes::to_json(&classes)?)?;
    Ok(Box::new(PanopticWriter {
        sink,
        classes,
        members: options.members,
        verify: options.verify,
        spool: Spool::default(),
        images: Mutex::default(),
        things: Mutex::default(),
    }))
}

struct PanopticWriter {
    sink: Arc<dyn Sink>,
    classes: ClassList,
    members: Members,
    verify: bool,
    spool: Spool,
    images: Mutex<Vec<Entry>>,
    /// Classes with a numbered object.
    things: Mutex<BTreeSet<ClassId>>,
}

struct Entry {
    key: Key,
    size: (u32, u32),
    /// A segment a line, each without `iscrowd`, which only all samples together tell.
    kept: Kept,
}

/// What is written of a segment.
struct Line {
    segment: Segment,
    color: Color,
}

impl Writer for PanopticWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::Segments]
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let Content::Segments(map) = &sample.content else {
            return Err(Error::usage("scores and objects must become a map first"));
        };
        transform::tell_renumbered(map, report);
        let lines = self.lines(map, report)?;
        let of_code: Vec<Option<usize>> = map
            .segments()
            .iter()
            .map(|segment| lines.binary_search_by_key(segment, |line| line.segment).ok())
            .collect();
        let colors: Vec<Color> =
            of_code.iter().map(|line| line.map_or(Color::BLACK, |line| lines[line].color)).collect();
        let bytes = png::encode_rgb(map.grid(), &colors)?;
        if self.verify {
            let limits = Limits { max_pixels: u64::MAX, ..Limits::default() };
            let (_, again) = mask_png::decode(&bytes, &limits)?;
            let same = |code: usize, other: usize| {
                colors.get(code).map(|color| color.opaque()) == again.colors().get(other).copied()
            };
            if again.size() != map.grid().size() || !map.grid().equal_through(again.grid(), same) {
                return Err(not_verified());
            }
        }
        let found = masks(map.grid(), lines.len(), |code| of_code.get(code as usize).copied().flatten())?;
        let mut text = String::new();
        for (line, mask) in lines.iter().zip(found) {
            let Some(mask) = mask else { continue };
            let [left, top, width, height] = mask.bounding_box();
            let class = line.segment.class;
            let numbered = line.segment.instance.is_some();
            let id = u32::from_le_bytes([line.color.r, line.color.g, line.color.b, 0]);
            let _ = writeln!(
                text,
                "{class} {} \"id\":{id},\"category_id\":{class},\"area\":{},\"bbox\":[{left},{top},{width},{height}]",
                u8::from(numbered),
                mask.area()
            );
            if numbered {
                self.things.lock().unwrap_or_else(PoisonError::into_inner).insert(class);
            }
        }
        let written = self.sink.write(&format!("panoptic/{}.png", sample.key), &bytes)?;
        let kept = self.spool.put(text.as_bytes())?;
        let entry = Entry { key: sample.key.clone(), size: map.grid().size(), kept };
        self.images.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        Ok(written)
    }

    fn finish(&self) -> Result<Option<Written>> {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        images.sort_by(|one, other| one.key.cmp(&other.key));
        let things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        let is_thing = |class: &Class| class.kind == Some(ClassKind::Thing) || things.contains(&class.id);
        let things: BTreeSet<ClassId> =
            self.classes.labelled().filter(|class| is_thing(class)).map(|class| class.id).collect();
        let ids = numbers(images.iter().map(|image| number_of(&image.key)));
        let head = [Ok(self.head(&things).into_bytes())];
        let listed = images.iter().zip(&ids).enumerate().map(|(index, (image, id))| {
            let (width, height) = image.size;
            let name = json!(format!("{}.jpg", image.key));
            let comma = if index == 0 { "" } else { "," };
            Ok(format!("{comma}\n{{\"id\":{id},\"width\":{width},\"height\":{height},\"file_name\":{name}}}")
                .into_bytes())
        });
        let annotations = images.iter().zip(&ids).enumerate().map(|(index, (image, id))| {
            let text = self.spool.get(image.kept)?;
            let name = json!(format!("{}.png", image.key));
            let comma = if index == 0 { "" } else { "," };
            let mut line = format!("{comma}\n{{\"image_id\":{id},\"file_name\":{name},\"segments_info\":[");
            for (index, segment) in String::from_utf8_lossy(&text).lines().enumerate() {
                let mut parts = segment.splitn(3, ' ');
                let class = parts.next().and_then(|class| class.parse().ok()).unwrap_or_default();
                let numbered = parts.next() == Some("1");
                let crowd = u8::from(things.contains(&class) && !numbered);
                let comma = if index == 0 { "" } else { "," };
                let _ = write!(line, "{comma}{{{},\"iscrowd\":{crowd}}}", parts.next().unwrap_or_default());
            }
            line.push_str("]}");
            Ok(line.into_bytes())
        });
        let text = |text: &str| std::iter::once(Ok(text.as_bytes().to_vec()));
        let mut pieces = head.into_iter().chain(listed).chain(text("\n],\"annotations\":[")).chain(annotations);
        self.sink.write_pieces("panoptic.json", &mut pieces.by_ref().chain(text("\n]}\n")))?;
        // The samples are their PNGs.
        Ok(None)
    }
}

impl PanopticWriter {
    /// The segments that are labelled, in their order, with colours that are their IDs.
    fn lines(&self, map: &SegmentMap, report: &Report) -> Result<Vec<Line>> {
        let mut pixels: BTreeMap<ClassId, u64> = BTreeMap::new();
        let mut segments: BTreeSet<Segment> = BTreeSet::new();
        for found in map.grid().occurrences() {
            let Some(segment) = map.segment(found.code) else { continue };
            let class = self.classes.get(segment.class);
            let class = class.ok_or_else(|| self.classes.unknown_id(segment.class, found.pixels, found.first))?;
            *pixels.entry(segment.class).or_default() += found.pixels;
            if self.classes.is_labelled(class) {
                segments.insert(segment);
            }
        }
        transform::count_merged(&self.classes, pixels.into_iter(), report)?;
        let mut used: BTreeSet<Color> = self.classes.labelled().filter_map(|class| class.color).collect();
        let color = |segment: Segment| {
            let class = self.classes.get(segment.class).and_then(|class| class.color).unwrap_or(Color::BLACK);
            let color = match segment.instance {
                Some(number) => instance_color(class, number, &mut used),
                None => class,
            };
            Line { segment, color }
        };
        Ok(segments.into_iter().map(color).collect())
    }

    /// Everything up to the images.
    fn head(&self, things: &BTreeSet<ClassId>) -> String {
        let mut text = "{".to_owned();
        for (name, value) in self.members.iter().filter(|(name, _)| *name != "categories") {
            let _ = writeln!(text, "{}:{value},", json!(name));
        }
        text.push_str("\"categories\":[");
        for (index, class) in self.classes.labelled().enumerate() {
            let mut entry: Value = category(class, &self.members);
            entry["isthing"] = json!(u8::from(things.contains(&class.id)));
            if let (None, Some(color)) = (entry.get("color"), class.color) {
                entry["color"] = json!([color.r, color.g, color.b]);
            }
            let _ = write!(text, "{}\n{entry}", if index == 0 { "" } else { "," });
        }
        text.push_str("\n],\"images\":[");
        text
    }
}
