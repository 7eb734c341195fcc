//! The reader: the JSON is read where its entries lie, a PNG when its sample is asked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::annotation::{Annotation, Described, file_name, pointer};
use super::{Categories, Flavor, Image, ImageEntry, Images, Index, Place};
use crate::classes;
use crate::error::At;
use crate::formats::{Members, ReadOptions, Reader};
use crate::model::{
    ClassId, ClassKind, ClassList, Content, Key, Mask, Rgba, Sample, Segment, SegmentMap, Unlabelled, stem,
};
use crate::pixels::{mask_png, png};
use crate::report::{Finding, Loss, Report, Severity};
use crate::tree::Source;
use crate::{Error, Limits, Result};

/// Reads all files of this form in a tree as one dataset.
///
/// # Errors
/// A file that is no JSON of this form; categories with problems.
pub(in crate::formats) fn open(
    source: Arc<dyn Source>,
    options: ReadOptions,
    report: &Report,
) -> Result<Box<dyn Reader>> {
    let limits = options.limits;
    let paths = match source.paths().len() {
        1 => source.paths().iter().collect(),
        _ => super::files(&*source),
    };
    let mut files = Vec::new();
    let mut samples = Vec::new();
    for path in &paths {
        let file = File::read(&*source, path, paths.len() > 1, &limits, report)?;
        samples.extend(file.described(&source.display(path), report).map(|image| (files.len() as u32, image)));
        files.push(file);
    }
    let given = match (options.classes, source.paths().contains("classes.json")) {
        (None, true) => {
            Some(classes::parse(&source.read("classes.json", &limits)?, &source.display("classes.json"))?.list)
        }
        (given, _) => given,
    };
    let listed: Vec<_> = files.iter().map(|file| file.index.categories.as_ref()).collect();
    let categories = Categories::new(&listed, given);
    let categories = categories.map_err(|error| match files.first() {
        Some(file) => error.in_file(source.display(&file.path)),
        None => error,
    })?;
    let unlabelled = match (options.unlabelled, categories.list.as_ref().map(ClassList::unlabelled)) {
        (Some(id), _) | (None, Some(Unlabelled::Background(id) | Unlabelled::Void(id))) => id,
        _ => 0,
    };
    Ok(Box::new(PanopticReader { source, files, samples, categories, unlabelled, limits }))
}

struct File {
    path: String,
    /// What the keys of its images begin with.
    prefix: String,
    /// What the paths of its PNGs begin with.
    pngs: String,
    index: Index,
    bytes: Option<Vec<u8>>,
}

impl File {
    fn read(source: &dyn Source, path: &str, several: bool, limits: &Limits, report: &Report) -> Result<Self> {
        let flavor = Flavor { key: ImageEntry::key, pointer: "/annotations" };
        let index = Index::read(source, path, flavor, Images::Listed, limits, report)?;
        let bytes = match source.seeks() {
            true => None,
            false => Some(source.read(path, limits)?),
        };
        let mut file = File { path: path.to_owned(), prefix: String::new(), pngs: String::new(), index, bytes };
        file.pngs = file.folder(source, limits);
        if let (true, Some((folder, _))) = (several, path.rsplit_once('/')) {
            // The same image may be in two splits only if these lie in folders of their own.
            file.prefix = if folder == "annotations" { String::new() } else { format!("{folder}/") };
        }
        Ok(file)
    }

    fn bytes(&self, source: &dyn Source, place: Place, limits: &Limits) -> Result<Vec<u8>> {
        let (at, length) = (place.offset, u64::from(place.length));
        match &self.bytes {
            Some(bytes) => Ok(bytes[at as usize..(at + length) as usize].to_vec()),
            None => Ok(source.read_parts(&self.path, &[(at, length)], limits)?.pop().unwrap_or_default()),
        }
    }

    /// The folder with the PNGs: it has the JSON's name, or holds what the first annotation names.
    fn folder(&self, source: &dyn Source, limits: &Limits) -> String {
        let usual = format!("{}/", stem(&self.path));
        let first = self.index.images.iter().flat_map(|image| self.index.annotations(image)).next();
        let first = first.and_then(|&place| self.bytes(source, place, limits).ok());
        let Some(name) = first.as_deref().and_then(file_name).filter(|name| !name.is_empty()) else { return usual };
        if source.paths().contains(&format!("{usual}{name}")) {
            return usual;
        }
        let beside = self.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let inside = |path: &String| path.strip_suffix(name.as_str()).map(str::to_owned);
        let mut elsewhere = source.paths().iter().filter_map(|path| inside(&path));
        let ends = |folder: &String| folder.is_empty() || folder.ends_with('/');
        if source.paths().contains(&format!("{beside}{name}")) {
            return beside;
        }
        elsewhere.find(ends).unwrap_or(usual)
    }

    /// The images that have an annotation; says how many have none.
    fn described(&self, name: &str, report: &Report) -> impl Iterator<Item = u32> {
        let (with, without): (Vec<u32>, Vec<u32>) = (0..self.index.images.len() as u32)
            .partition(|&image| !self.index.annotations(&self.index.images[image as usize]).is_empty());
        if let Some(&first) = without.first() {
            let finding = Finding::new("no-annotation", Severity::Warning, "images without an annotation are left out");
            let place = At::Pointer(format!("/images/{first}"));
            report.finding(finding.in_file(name).at(place).detail(format!("{}; the first is here", without.len())));
        }
        with.into_iter()
    }
}

struct PanopticReader {
    source: Arc<dyn Source>,
    files: Vec<File>,
    /// File and image.
    samples: Vec<(u32, u32)>,
    categories: Categories,
    unlabelled: ClassId,
    limits: Limits,
}

impl PanopticReader {
    fn at(&self, index: usize) -> (&File, &Image) {
        let (file, image) = self.samples[index];
        let file = &self.files[file as usize];
        (file, &file.index.images[image as usize])
    }

    fn map(&self, file: &File, image: &Image, report: &Report) -> Result<SegmentMap> {
        let size = match image.place {
            Some(place) => {
                let entry = ImageEntry::parse(&file.bytes(&*self.source, place, &self.limits)?, place)?;
                entry.only(image, place)?;
                Some((entry.checked_size(place, &self.limits)?, place))
            }
            None => None,
        };
        let place = match file.index.annotations(image) {
            [] => return Err(Error::missing("the image has no annotation")),
            [only] => *only,
            [first, second, ..] => {
                return Err(Error::invalid("an image has two annotations")
                    .at(pointer(*second, "/image_id"))
                    .found(format!("the image of /annotations/{}", first.number))
                    .expected("one annotation an image, with all its segments"));
            }
        };
        let entry = file.bytes(&*self.source, place, &self.limits)?;
        let annotation = Annotation::parse(&entry, place, &|category| self.categories.class_of(category))?;
        let path = format!("{}{}", file.pngs, annotation.file_name.replace('\\', "/"));
        if !self.source.paths().contains(&path) {
            return Err(Error::missing("the PNG of an annotation is not there")
                .at(pointer(place, "/file_name"))
                .found(format!("`{}`", annotation.file_name))
                .expected(format!("`{path}` in {}", self.source.name()))
                .hint("give the folder that holds both the JSON and its PNGs"));
        }
        let decoded = self.source.read(&path, &self.limits).and_then(|bytes| decode(&bytes, &self.limits));
        let mask = decoded.map_err(|error| error.in_file(self.source.display(&path)))?;
        if let Some(((width, height), place)) = size.filter(|(size, _)| *size != mask.size()) {
            return Err(Error::invalid("the PNG has another size than its image")
                .in_file(self.source.display(&path))
                .found(format!("{} × {}", mask.size().0, mask.size().1))
                .expected(format!("{width} × {height} (width × height), as /images/{} says", place.number)));
        }
        self.segments(mask, &annotation, place, &path, report)
    }

    /// The PNG's colours become segments.
    fn segments(
        &self,
        mask: Mask,
        annotation: &Annotation,
        place: Place,
        path: &str,
        report: &Report,
    ) -> Result<SegmentMap> {
        let by_id: HashMap<u32, usize> =
            annotation.segments.iter().enumerate().map(|(index, segment)| (segment.id, index)).collect();
        let unlabelled = Segment { class: self.unlabelled, instance: None };
        let mut of_code: Vec<Option<usize>> = vec![None; mask.colors().len()];
        let mut pixels = vec![0u64; annotation.segments.len()];
        let mut strays = 0;
        for (color, found) in mask.occurrences() {
            let id = segment_id(color);
            let Some(&index) = by_id.get(&id) else {
                if id == 0 {
                    continue;
                }
                if !report.allows_losses() {
                    return Err(Error::invalid("the PNG has a segment that the JSON lacks")
                        .in_file(self.source.display(path))
                        .at(At::Pixel(found.first.0, found.first.1))
                        .found(format!("ID {id} ({}) at {} pixels, the first here", color.color(), found.pixels))
                        .expected(format!(
                            "one of the {} of /annotations/{}/segments_info",
                            pixels.len(),
                            place.number
                        )));
                }
                strays += found.pixels;
                continue;
            };
            pixels[index] += found.pixels;
            of_code[found.code as usize] = Some(index);
        }
        self.tell(annotation, &pixels, strays, place, report)?;
        let segments = self.numbered(&annotation.segments, &pixels, report);
        let table = of_code.iter().map(|index| index.map_or(unlabelled, |index| segments[index]));
        SegmentMap::new(mask.into_parts().0, table.collect())
    }

    /// Numbers by class, in the order of the file, of what is seen.
    fn numbered(&self, described: &[Described], pixels: &[u64], report: &Report) -> Vec<Segment> {
        let kind =
            |id: ClassId| self.categories.list.as_ref().and_then(|list| list.get(id)).and_then(|class| class.kind);
        let mut numbers: BTreeMap<ClassId, u32> = BTreeMap::new();
        let mut whole: BTreeMap<ClassId, u64> = BTreeMap::new();
        let number = |(segment, &pixels): (&Described, &u64)| {
            let countable = !segment.crowd && kind(segment.class) != Some(ClassKind::Stuff);
            let instance = (countable && pixels > 0).then(|| {
                let number = numbers.entry(segment.class).or_default();
                *number += 1;
                *number
            });
            if instance.is_none() && pixels > 0 {
                *whole.entry(segment.class).or_default() += 1;
            }
            Segment { class: segment.class, instance }
        };
        let segments = described.iter().zip(pixels).map(number).collect();
        let merged: u64 = whole.values().map(|count| count - 1).sum();
        if merged > 0 {
            let finding = Finding::new(
                "segments-joined",
                Severity::Info,
                "several segments of a class without numbers (stuff, crowds) are one here",
            );
            report.finding(finding.detail(format!("{merged} more than there are such classes in the image")));
        }
        segments
    }

    /// Says where the two files disagree.
    fn tell(&self, annotation: &Annotation, pixels: &[u64], strays: u64, place: Place, report: &Report) -> Result<()> {
        let at = |index: usize, member: &str| pointer(place, &format!("/segments_info/{index}{member}"));
        if strays > 0 {
            report.loss(Loss {
                code: "segments-unknown",
                message: "pixels of segments that the JSON lacks become unlabelled".to_owned(),
                count: strays,
                unit: "pixels",
                hint: "add the segments to the JSON".to_owned(),
            })?;
        }
        let empty: Vec<usize> = (0..pixels.len()).filter(|&index| pixels[index] == 0).collect();
        if let Some(&first) = empty.first() {
            if !report.allows_losses() {
                return Err(Error::invalid("a segment of the JSON has no pixel in the PNG")
                    .at(at(first, ""))
                    .found(format!("ID {}", annotation.segments[first].id))
                    .hint("take it out of the JSON, or fetch the PNG again"));
            }
            report.loss(Loss {
                code: "segments-empty",
                message: "segments without a pixel in the PNG were left out".to_owned(),
                count: empty.len() as u64,
                unit: "segments",
                hint: "take them out of the JSON".to_owned(),
            })?;
        }
        let differs = |index: &usize| {
            let area = annotation.segments[*index].area;
            pixels[*index] > 0 && area.is_some_and(|area| area != pixels[*index] as f64)
        };
        let wrong: Vec<usize> = (0..pixels.len()).filter(differs).collect();
        if let Some(&first) = wrong.first() {
            let finding = Finding::new("area", Severity::Warning, "segments have another area than the JSON says");
            let said = annotation.segments[first].area.unwrap_or_default();
            let detail = format!("{}; the first has {} pixels, not {said}", wrong.len(), pixels[first]);
            report.finding(finding.at(at(first, "/area")).detail(detail));
        }
        Ok(())
    }
}

/// Alpha says nothing, as in panopticapi.
fn segment_id(color: Rgba) -> u32 {
    let [r, g, b, _] = color.0;
    u32::from_le_bytes([r, g, b, 0])
}

fn decode(bytes: &[u8], limits: &Limits) -> Result<Mask> {
    let header = png::header(bytes, limits)?;
    if !matches!(header.color, png::ColorKind::Rgb | png::ColorKind::Rgba) {
        return Err(Error::invalid("this is no panoptic PNG: its pixels are no segment IDs")
            .found(header.color.name())
            .expected("RGB, 8 bits a channel: ID = R + 256·G + 65536·B"));
    }
    Ok(mask_png::decode(bytes, limits)?.1)
}

impl Reader for PanopticReader {
    fn classes(&self) -> Option<&ClassList> {
        self.categories.list.as_ref()
    }

    fn members(&self) -> Members {
        let mut members = Members::new();
        for file in &self.files {
            for (name, value) in &file.index.about {
                members.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        if let Some(entries) = &self.categories.entries {
            members.insert("categories".to_owned(), entries.clone());
        }
        members
    }

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn key(&self, index: usize) -> Result<Key> {
        let (file, image) = self.at(index);
        Key::new(&format!("{}{}", file.prefix, image.key)).map_err(|error| error.in_file(self.file(index)))
    }

    fn file(&self, index: usize) -> String {
        let (file, image) = self.at(index);
        let number = image.place.map_or(0, |place| place.number);
        format!("{}#/images/{number}", self.source.display(&file.path))
    }

    fn memory(&self, index: usize) -> u64 {
        let (file, image) = self.at(index);
        let pixels = u64::from(image.size.0) * u64::from(image.size.1);
        let bytes: u64 = file.index.annotations(image).iter().map(|place| u64::from(place.length)).sum();
        pixels.saturating_mul(8).saturating_add(bytes.saturating_mul(8))
    }

    fn read(&self, index: usize, report: &Report) -> Result<Sample> {
        let (file, image) = self.at(index);
        let key = self.key(index)?;
        let map = self.map(file, image, report);
        let map = map.map_err(|error| error.in_file(self.source.display(&file.path)))?;
        Ok(Sample { key, content: Content::Segments(map) })
    }
}
