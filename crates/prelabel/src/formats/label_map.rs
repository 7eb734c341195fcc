use std::sync::Arc;

use super::files::{
    self, Decode, FileKind, ItemReader, Items, Member, class_list_beside, map_paths, not_verified, npz_arrays,
    unknown_kind,
};
use super::{Detection, Encoding, Format, Info, ReadOptions, Reader, WriteOptions, Writer};
use crate::classes;
use crate::error::At;
use crate::model::{ClassId, ClassList, Content, ContentKind, LabelMap, Mask, Rgba, Sample, Unlabelled};
use crate::pixels::{LabelImage, bmp, npy, png, tiff};
use crate::report::{Loss, Report};
use crate::tree::{Sink, Source, Written};
use crate::{Error, Limits, Result};

const KINDS: &[FileKind] = &[FileKind::Png, FileKind::Npy, FileKind::Npz, FileKind::Tiff, FileKind::Bmp];

static INFO: Info = Info {
    name: "label-map",
    aliases: &["npy", "npz", "png", "tiff", "bmp"],
    title: "one class ID a pixel: PNG, NPY, NPZ, TIFF or BMP",
    about: "\
A folder, an archive, a file or a stream of label maps. Read are
- PNG of 1 to 16 grey bits, or with a palette: then the index is the class ID, never the colour;
- PNG and BMP of colours: each colour is looked up in the class list; transparent pixels (0, 0, 0, 0) are unlabelled;
- NPY and NPZ of every integer type and bool, both byte orders and both memory orders, axes of length one left out;
- TIFF of one channel; BMP with a palette.
A class list beside the maps (`classes.json`, `classes.txt`, `labelmap.txt`, …) is used unless `--classes` names one.
Photographs in a folder `images/` are left alone. The key of a map is its path without the extension; a folder
`maps/`, `masks/`, `labels/` or `predictions/` around all maps does not belong to it.
Written are PNG of 8 or 16 grey bits where the IDs fit, else NPY (`--encoding` decides), and `classes.json`.",
    reads: true,
    writes: true,
    one_file: None,
    content: &[ContentKind::LabelMap],
    example: "prelabel convert maps/ -o masks/ --classes voc",
};

/// One class ID a pixel.
pub(super) struct LabelMaps;

impl Format for LabelMaps {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, source: &dyn Source, limits: &Limits) -> Detection {
        let paths = map_paths(source, KINDS);
        let Some(first) = paths.get(0).and_then(|index| source.paths().get(index)) else {
            return Detection::NO;
        };
        let start = source.read_start(&first, 4096).unwrap_or_default();
        let (strength, why) = match FileKind::of(&start) {
            None => return Detection::NO,
            Some(FileKind::Npy | FileKind::Npz) => {
                let headers = files::array_headers(source, limits);
                let whole = headers.iter().filter(|header| header.dtype.is_integer()).count();
                match (whole, headers.len()) {
                    (0, 1..) => return Detection::NO,
                    (whole, all) if whole == all => (70, "arrays of whole numbers"),
                    _ => (40, "some arrays of whole numbers"),
                }
            }
            Some(FileKind::Png) => match png::header(&start, limits).map(|header| header.color) {
                Ok(png::ColorKind::Grey | png::ColorKind::Palette) => (70, "PNGs with one value a pixel"),
                _ => (30, "PNGs of colours"),
            },
            Some(FileKind::Tiff) => (60, "TIFF files"),
            Some(FileKind::Bmp) => (60, "BMP files"),
        };
        Detection { strength, why: why.to_owned() }
    }

    fn reader(&self, source: Arc<dyn Source>, options: ReadOptions, _report: &Report) -> Result<Box<dyn Reader>> {
        let classes = match &options.classes {
            Some(classes) => Some(classes.clone()),
            None => class_list_beside(&*source, &options.limits)?,
        };
        let paths = map_paths(&*source, KINDS);
        let limits = options.limits.clone();
        let items = Items::list(source, paths, |source, path| {
            if !path.to_ascii_lowercase().ends_with(".npz") {
                return Vec::new();
            }
            let Ok(bytes) = source.read(path, &limits) else { return Vec::new() };
            let arrays = npz_arrays(&bytes, &limits, |header| header.dtype.is_integer());
            arrays.into_iter().map(|array| (Some(array), 0)).collect()
        });
        let decode = ByClass { classes: classes.clone(), unlabelled: options.unlabelled };
        Ok(Box::new(ItemReader { items, classes, limits: options.limits, decode }))
    }

    fn writer(&self, sink: Arc<dyn Sink>, options: WriteOptions) -> Result<Box<dyn Writer>> {
        if let (Some(classes), false) = (&options.classes, options.lone) {
            sink.write("classes.json", &classes::to_json(classes)?)?;
        }
        if let Some(encoding @ (Encoding::Polygons | Encoding::Rle)) = options.encoding {
            return Err(Error::usage("label maps hold pixels, no shapes")
                .found(format!("`--encoding {}`", encoding.name()))
                .expected("`--encoding png` or `--encoding npy`"));
        }
        let encoding = options.encoding.or_else(|| options.classes.as_ref().map(fitting));
        Ok(Box::new(LabelMapWriter { sink, encoding, verify: options.verify }))
    }
}

/// PNG if it holds every ID of the list, so that all maps of a tree are of one kind.
fn fitting(classes: &ClassList) -> Encoding {
    let fits = classes.classes().iter().all(|class| u16::try_from(class.id).is_ok());
    if fits { Encoding::Png } else { Encoding::Npy }
}

/// Bytes of a map become class IDs; colours through a class list.
struct ByClass {
    classes: Option<ClassList>,
    unlabelled: Option<ClassId>,
}

impl Decode for ByClass {
    fn decode(&self, bytes: Vec<u8>, member: Option<&Member>, limits: &Limits) -> Result<Content> {
        self.ids(bytes, member.and_then(|member| member.array.as_deref()), limits).map(Content::LabelMap)
    }
}

impl ByClass {
    fn ids(&self, bytes: Vec<u8>, array: Option<&str>, limits: &Limits) -> Result<LabelMap> {
        let image = match FileKind::of(&bytes) {
            Some(FileKind::Npy) => return npy::decode_labels(bytes, limits),
            Some(FileKind::Npz) => {
                let arrays = npy::npz_members(&bytes)?;
                let array = array
                    .or(arrays.first().map(String::as_str))
                    .ok_or_else(|| Error::invalid("the NPZ archive is empty"))?;
                return npy::decode_labels(npy::npz_member(&bytes, array, limits)?, limits);
            }
            Some(FileKind::Tiff) => return tiff::decode(&bytes, limits),
            Some(FileKind::Png) => png::decode(&bytes, limits)?,
            Some(FileKind::Bmp) => bmp::decode(&bytes, limits)?,
            None => return Err(unknown_kind(&bytes)),
        };
        match image {
            LabelImage::Codes(grid, _) => Ok(LabelMap::new(grid)),
            LabelImage::Colors(mask) => self.by_color(mask),
        }
    }

    /// Class IDs of a colour-coded map.
    fn by_color(&self, mask: Mask) -> Result<LabelMap> {
        let Some(classes) = &self.classes else {
            return Err(Error::invalid("the pixels are colours, and nothing says which class a colour is")
                .found(format!("{} different colours", mask.colors().len()))
                .hint("give a class list with colours: `--classes FILE`, or a preset such as `--classes voc`"));
        };
        let unlabelled = match (self.unlabelled, classes.unlabelled()) {
            (Some(id), _) | (None, Unlabelled::Background(id) | Unlabelled::Void(id)) => Some(id),
            (None, Unlabelled::Nothing) => None,
        };
        let mut ids = vec![0; mask.colors().len()];
        for (color, found) in mask.occurrences() {
            let class = if color == Rgba::UNLABELLED {
                unlabelled
            } else {
                // Void classes may share a colour with another; the one that counts wins.
                let mut same = classes.classes().iter().filter(|class| class.color == Some(color.color()));
                let first = same.next();
                same.find(|class| !class.is_void()).or(first).filter(|_| color.alpha() == 255).map(|class| class.id)
            };
            ids[found.code as usize] = class.ok_or_else(|| {
                let error = Error::invalid(format!("no class has the colour {}", color.color()))
                    .at(At::Pixel(found.first.0, found.first.1))
                    .found(format!("{color} at {} pixels, the first here", found.pixels));
                let colored = classes.classes().iter().filter_map(|class| Some((class.color?, class)));
                match colored.min_by_key(|(other, _)| other.distance(color.color())) {
                    Some((near, class)) => error
                        .expected(format!("a colour of the class list; the nearest is {near}, `{}`", class.name))
                        .hint("colours in between come from JPEG or from smoothing: save masks as PNG, resize them with nearest neighbour"),
                    None => error.hint("the class list has no colours; give one that has"),
                }
            })?;
        }
        LabelMap::with_ids(mask.into_parts().0, ids)
    }
}

struct LabelMapWriter {
    sink: Arc<dyn Sink>,
    encoding: Option<Encoding>,
    verify: bool,
}

impl Writer for LabelMapWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::LabelMap]
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let lowered;
        let map = match &sample.content {
            Content::LabelMap(map) => map,
            Content::Segments(segments) => {
                let (map, numbers) = segments.clone().into_label_map()?;
                if numbers > 0 {
                    report.loss(Loss {
                        code: "instance-numbers",
                        message: "a label map holds classes, not numbered objects".to_owned(),
                        count: numbers as u64,
                        unit: "objects",
                        hint: "write a format that keeps objects apart".to_owned(),
                    })?;
                }
                lowered = map;
                &lowered
            }
            Content::Scores(_) | Content::Instances(_) => {
                return Err(Error::usage("scores and objects must become a map first"));
            }
        };
        let (bytes, ending) = self.encode(map)?;
        if self.verify {
            let limits = Limits { max_pixels: u64::MAX, ..Limits::default() };
            let again = match ending {
                "npy" => npy::decode_labels(bytes.clone(), &limits)?,
                _ => match png::decode(&bytes, &limits)? {
                    LabelImage::Codes(grid, _) => LabelMap::new(grid),
                    LabelImage::Colors(_) => return Err(not_verified()),
                },
            };
            if again != *map {
                return Err(not_verified());
            }
        }
        self.sink.write(&format!("{}.{ending}", sample.key), &bytes)
    }
}

impl LabelMapWriter {
    fn encode(&self, map: &LabelMap) -> Result<(Vec<u8>, &'static str)> {
        if self.encoding != Some(Encoding::Npy) {
            if let Some(ids) = map.as_u8() {
                return Ok((png::encode_grey(&ids, map.width(), map.height())?, "png"));
            }
            if let Some(ids) = map.narrow::<u16>() {
                return Ok((png::encode_grey16(&ids, map.width(), map.height())?, "png"));
            }
            if self.encoding == Some(Encoding::Png) {
                let outside = map.occurrences().into_iter().find(|(id, _)| u16::try_from(*id).is_err());
                let (id, found) = outside.ok_or_else(|| Error::invalid("the label map does not fit a PNG"))?;
                return Err(Error::invalid("a PNG label map holds the class IDs 0 to 65,535")
                    .at(At::Pixel(found.first.0, found.first.1))
                    .found(format!("ID {id} at {} pixels, the first here", found.pixels))
                    .hint("write arrays with `--encoding npy`"));
            }
        }
        Ok((npy::encode_labels(map)?, "npy"))
    }
}
