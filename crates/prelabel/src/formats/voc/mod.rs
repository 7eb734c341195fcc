//! Pascal VOC's layout for segmentation: a class map and an object map an image, as palette PNGs.

mod read;
mod write;

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::files::class_list_beside;
use super::{Detection, Format, Info, ReadOptions, Reader, WriteOptions, Writer};
use crate::classes;
use crate::model::{Class, ClassId, ClassKind, ClassList, Color, ContentKind};
use crate::report::Report;
use crate::tree::{Sink, Source};
use crate::{Error, Limits, Result};

static INFO: Info = Info {
    name: "voc",
    aliases: &["pascal-voc", "voc-segmentation"],
    title: "Pascal VOC: SegmentationClass and SegmentationObject as palette PNGs",
    about: "\
`SegmentationClass/KEY.png`: the palette index is the class ID, 255 is void (the border of objects), 0 background.
`SegmentationObject/KEY.png`: the index numbers the objects of the image; 0 is no object, 255 void. Both together give
numbered objects (`person # 1`), counted by class in the order of their index; without the second a label map is read.
An object takes the class that most of its pixels have; others keep their class without a number, and are a finding.
PNGs of colours are read too: classes by `labelmap.txt` or the palette of VOC, objects by their colour.
The folders may lie deeper (`VOCdevkit/VOC2012/`). Classes are those of `--classes`, of `classes.json`, of `labelmap.txt`
(`name:r,g,b:parts:actions`: where all colours are of VOC's palette they give the ID, else the line does), of
`class_names.txt`, else VOC's own 20. `ImageSets/Segmentation/*.txt` are compared with the maps; splits are not kept.
Written are both folders (objects where the content has numbers), with VOC's palette (the bits of the index dealt out to
red, green and blue from the top), `ImageSets/Segmentation/trainval.txt`, `labelmap.txt` unless a class name has a colon,
and `classes.json`. Class IDs are 0 to 254, void classes become 255; an image has at most 254 objects.
Source: the VOC2012 development kit; datumaro, CVAT and labelme write the same layout.",
    reads: true,
    writes: true,
    one_file: None,
    content: &[ContentKind::LabelMap, ContentKind::Segments],
    example: "prelabel convert VOCdevkit/VOC2012 -o masks/",
};

const CLASSES: &str = "SegmentationClass/";
const OBJECTS: &str = "SegmentationObject/";
const LISTS: &str = "ImageSets/Segmentation/";

/// The border of objects, and whatever else must not count.
const VOID: u8 = 255;

/// VOC's maps.
pub(super) struct Voc;

impl Format for Voc {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn class_ids(&self) -> RangeInclusive<ClassId> {
        0..=254
    }

    fn detect(&self, source: &dyn Source, _limits: &Limits) -> Detection {
        let maps = source.paths().iter().any(|path| below(&path, CLASSES).is_some() && is_png(&path));
        let others = |folder: &str| source.paths().iter().any(|path| below(&path, folder).is_some());
        if maps && (others(OBJECTS) || others(LISTS)) {
            return Detection { strength: 90, why: "folders of Pascal VOC".to_owned() };
        }
        Detection::NO
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
        read::open(source, options, report)
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        write::open(sink, options)
    }
}

fn is_png(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".png")
}

/// What stands before a folder of this layout in a path, and what behind it.
fn below<'a>(path: &'a str, folder: &str) -> Option<(&'a str, &'a str)> {
    let at = match path.starts_with(folder) {
        true => 0,
        false => path.find(&format!("/{folder}"))? + 1,
    };
    Some((&path[..at], &path[at + folder.len()..]))
}

/// VOC's palette: the bits of the index, from the lowest, are dealt out to red, green and blue, whose highest come first.
fn palette_color(index: u8) -> Color {
    let mut channels = [0u8; 3];
    for bit in 0..8 {
        channels[bit % 3] |= (index >> bit & 1) << (7 - bit / 3);
    }
    Color::new(channels[0], channels[1], channels[2])
}

/// The index of a colour of the palette.
fn palette_index(color: Color) -> Option<u8> {
    (0..=u8::MAX).find(|&index| palette_color(index) == color)
}

/// The void class that 255 is: 255 itself, else the first void class of the list.
fn void_id(list: &ClassList) -> Option<ClassId> {
    let own = list.get(ClassId::from(VOID)).map(|class| class.id);
    own.or_else(|| list.classes().iter().find(|class| class.is_void()).map(|class| class.id))
}

/// The class list of a tree, with a void class.
fn class_list(source: &dyn Source, root: &str, options: &ReadOptions) -> Result<ClassList> {
    let table = format!("{root}labelmap.txt");
    let list = match &options.classes {
        Some(given) => given.clone(),
        None if source.paths().contains("classes.json") => {
            class_list_beside(source, &options.limits)?.ok_or_else(|| Error::missing("there is no class list"))?
        }
        None if source.paths().contains(&table) => {
            let bytes = source.read(&table, &options.limits)?;
            of_table(classes::parse(&bytes, &source.display(&table))?.list)
                .map_err(|error| error.in_file(source.display(&table)))?
        }
        None => match class_list_beside(source, &options.limits)? {
            Some(list) => list,
            None => classes::preset("voc").ok_or_else(|| Error::missing("there is no preset `voc`"))?.classes()?,
        },
    };
    Ok(match void_id(&list) {
        Some(_) => list,
        None => list.with_void(&[ClassId::from(VOID)]),
    })
}

/// Lines of a `labelmap.txt` have no IDs; colours of the palette do.
fn of_table(list: ClassList) -> Result<ClassList> {
    let index = |class: &Class| class.color.and_then(palette_index);
    if !list.classes().iter().all(|class| index(class).is_some()) {
        return Ok(list);
    }
    let classes = list.classes().iter().map(|class| {
        let id = index(class).unwrap_or_default();
        let kind = if id == VOID { Some(ClassKind::Void) } else { class.kind };
        Class { id: ClassId::from(id), kind, ..class.clone() }
    });
    ClassList::new(classes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_palette_is_that_of_the_devkit() {
        for (index, color) in
            [(0, "#000000"), (1, "#800000"), (2, "#008000"), (15, "#c08080"), (21, "#804080"), (255, "#e0e0c0")]
        {
            assert_eq!(palette_color(index), color.parse().unwrap(), "{index}");
        }
        assert!((0..=255).all(|index| palette_index(palette_color(index)) == Some(index)));
        assert_eq!(palette_index(Color::new(1, 2, 3)), None);
    }

    #[test]
    fn folders_are_found_at_any_depth() {
        assert_eq!(below("SegmentationClass/a/b.png", CLASSES), Some(("", "a/b.png")));
        assert_eq!(below("V/W/SegmentationClass/b.png", CLASSES), Some(("V/W/", "b.png")));
        assert_eq!(below("NoSegmentationClass/b.png", CLASSES), None);
    }
}
