//! The reader of the family: images of one or more files, their annotations read where they lie.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::categories::Categories;
use super::entries::{ImageEntry, ImageId, instance, size_of};
use super::index::{Image, Images, Index, Place};
use crate::error::At;
use crate::formats::{Members, ReadOptions, Reader};
use crate::model::{ClassList, Content, InstanceSet, Key, PixelRule, Sample};
use crate::report::{Finding, Loss, Report, Severity, amount};
use crate::tree::Source;
use crate::{Error, Limits, Result};

/// What the formats of the family do differently.
#[derive(Clone, Copy)]
pub(in crate::formats) struct Flavor {
    /// The key of an image.
    pub key: fn(&ImageEntry) -> String,
    /// The JSON pointer of the list of annotations.
    pub pointer: &'static str,
}

/// Reads files of a tree as one dataset.
///
/// # Errors
/// A file that is no JSON of this form; categories with problems.
pub(in crate::formats) fn open(
    source: Arc<dyn Source>,
    paths: &[String],
    flavor: Flavor,
    options: ReadOptions,
    report: &Report,
) -> Result<Box<dyn Reader>> {
    let folders: BTreeSet<&str> = paths.iter().map(|path| folder(path)).collect();
    let mut files = Vec::new();
    for path in paths {
        let mut file = File::read(&*source, path, flavor, Images::Listed, &options.limits, report)?;
        if folders.len() > 1 && !folder(path).is_empty() {
            file.prefix = format!("{}/", folder(path));
        }
        files.push(file);
    }
    build(source, files, flavor, options)
}

/// Reads a bare list of annotations; their images are those of the files at `datasets`, or what their IDs say.
///
/// # Errors
/// As [`open`].
pub(in crate::formats) fn open_bare(
    source: Arc<dyn Source>,
    path: &str,
    datasets: &[String],
    flavor: Flavor,
    options: ReadOptions,
    report: &Report,
) -> Result<Box<dyn Reader>> {
    let listed = Flavor { pointer: "/annotations", ..flavor };
    // What is odd about annotations of the dataset is nobody's business here.
    let silent = Report::new(true);
    let read = |dataset: &String| Index::read(&*source, dataset, listed, Images::Listed, &options.limits, &silent);
    let datasets: Vec<Index> = datasets.iter().map(read).collect::<Result<_>>()?;
    let known: Vec<Image> = datasets.iter().flat_map(|index| index.images.iter().cloned()).collect();
    let images = if datasets.is_empty() { Images::Implied } else { Images::Known(&known) };
    let mut file = File::read(&*source, path, flavor, images, &options.limits, report)?;
    let categories = datasets.into_iter().filter_map(|index| index.categories).flatten();
    file.index.categories = Some(categories.collect()).filter(|categories: &Vec<_>| !categories.is_empty());
    build(source, vec![file], flavor, options)
}

fn build(source: Arc<dyn Source>, files: Vec<File>, flavor: Flavor, options: ReadOptions) -> Result<Box<dyn Reader>> {
    let images = |file: &File| 0..file.index.images.len() as u32;
    let samples = (0..).zip(&files).flat_map(|(file, of)| images(of).map(move |image| (file, image))).collect();
    let listed: Vec<_> = files.iter().map(|file| file.index.categories.as_ref()).collect();
    let categories = Categories::new(&listed, options.classes);
    let categories = categories.map_err(|error| match files.first() {
        Some(file) => error.in_file(source.display(&file.path)),
        None => error,
    })?;
    Ok(Box::new(CocoReader { source, files, samples, categories, flavor, limits: options.limits }))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

struct File {
    path: String,
    /// What the keys of its images begin with.
    prefix: String,
    index: Index,
    bytes: Option<Vec<u8>>,
}

impl File {
    fn read(
        source: &dyn Source,
        path: &str,
        flavor: Flavor,
        images: Images<'_>,
        limits: &Limits,
        report: &Report,
    ) -> Result<Self> {
        let index = Index::read(source, path, flavor, images, limits, report)?;
        // A tree that cannot seek would be read as a whole for each sample.
        let bytes = match source.seeks() {
            true => None,
            false => Some(source.read(path, limits)?),
        };
        Ok(File { path: path.to_owned(), prefix: String::new(), index, bytes })
    }
}

struct CocoReader {
    source: Arc<dyn Source>,
    files: Vec<File>,
    /// File and image.
    samples: Vec<(u32, u32)>,
    categories: Categories,
    flavor: Flavor,
    limits: Limits,
}

impl CocoReader {
    fn at(&self, index: usize) -> (&File, &Image) {
        let (file, image) = self.samples[index];
        let file = &self.files[file as usize];
        (file, &file.index.images[image as usize])
    }

    fn bytes(&self, file: &File, places: &[Place]) -> Result<Vec<Vec<u8>>> {
        let parts: Vec<(u64, u64)> = places.iter().map(|place| (place.offset, u64::from(place.length))).collect();
        match &file.bytes {
            Some(bytes) => {
                Ok(parts.iter().map(|&(at, length)| bytes[at as usize..(at + length) as usize].to_vec()).collect())
            }
            None => self.source.read_parts(&file.path, &parts, &self.limits),
        }
    }

    /// The size of an image: as its entry says, else of the run lengths.
    fn size(&self, file: &File, image: &Image, annotations: &[Vec<u8>]) -> Result<(u32, u32)> {
        let Some(place) = image.place else {
            let (width, height) = match image.size {
                (0, _) | (_, 0) => annotations.iter().find_map(|entry| size_of(entry)).ok_or_else(|| {
                    Error::invalid("nothing says how large the image is")
                        .at(At::Entry(image.key.to_string()))
                        .hint("give the dataset's JSON, which lists the images, together with this file")
                })?,
                size => size,
            };
            return self.limits.size(u64::from(width), u64::from(height));
        };
        let entry = self.bytes(file, &[place])?.pop().unwrap_or_default();
        let entry = ImageEntry::parse(&entry, place)?;
        entry.only(image, place)?;
        entry.checked_size(place, &self.limits)
    }

    fn instances(&self, file: &File, image: &Image, report: &Report) -> Result<InstanceSet> {
        let places = file.index.annotations(image);
        let entries = self.bytes(file, places)?;
        let (width, height) = self.size(file, image, &entries)?;
        let mut instances = Vec::with_capacity(places.len());
        let (mut left_out, mut others) = (0, BTreeMap::new());
        for (bytes, &place) in entries.iter().zip(places) {
            let class_of = |category| self.categories.class_of(category);
            let read = instance(bytes, place, self.flavor.pointer, (width, height), &class_of, &mut others);
            match read {
                Ok(instance) => instances.push(instance),
                Err(error) if report.allows_losses() => {
                    left_out += 1;
                    let finding = Finding::of_error("annotation-broken", &error);
                    report.finding(finding.in_file(self.source.display(&file.path)));
                }
                Err(error) => return Err(error),
            }
        }
        if left_out > 0 {
            report.loss(Loss {
                code: "annotations-broken",
                message: "annotations that cannot be read were left out".to_owned(),
                count: left_out,
                unit: "instances",
                hint: "mend them".to_owned(),
            })?;
        }
        if !others.is_empty() {
            let message = "members of annotations that are not of their shape, class or score are left out";
            let counts = others.iter().map(|(name, count)| format!("`{name}` of {}", amount(*count, "objects")));
            let finding = Finding::new("members-left-out", Severity::Info, message);
            report.finding(finding.detail(counts.collect::<Vec<_>>().join(", ")));
        }
        Ok(InstanceSet::new(width, height, PixelRule::Pycocotools, instances)?
            .with_id(image.id.as_ref().and_then(ImageId::number)))
    }
}

impl Reader for CocoReader {
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
        let file = self.source.display(&file.path);
        match image.place {
            Some(place) => format!("{file}#/images/{}", place.number),
            None => format!("{file}#{}", image.key),
        }
    }

    fn memory(&self, index: usize) -> u64 {
        let (file, image) = self.at(index);
        let pixels = u64::from(image.size.0) * u64::from(image.size.1);
        let bytes: u64 = file.index.annotations(image).iter().map(|place| u64::from(place.length)).sum();
        // Spans and vertices of shapes take more than their text; the map and its mask are on top of them.
        pixels.saturating_mul(5).saturating_add(bytes.saturating_mul(8))
    }

    fn read(&self, index: usize, report: &Report) -> Result<Sample> {
        let (file, image) = self.at(index);
        let key = self.key(index)?;
        let set = self.instances(file, image, report);
        let set = set.map_err(|error| error.in_file(self.source.display(&file.path)))?;
        Ok(Sample { key, content: Content::Instances(set) })
    }
}
