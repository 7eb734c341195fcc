//! What a file holds and where, found in one pass over it; shapes stay in the file until they are read.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use super::entries::{ImageEntry, ImageId};
use super::reader::Flavor;
use super::scan::{Scan, Section};
use crate::error::At;
use crate::report::{Finding, Report, Severity};
use crate::tree::Source;
use crate::{Error, Limits, Result};

/// How much of a file is looked at once.
const PIECE: u64 = 1 << 20;

/// Where an entry of the file lies.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) struct Place {
    pub offset: u64,
    pub length: u32,
    /// Its place in its list, for JSON pointers.
    pub number: u32,
}

/// An image, as far as it is known without reading its annotations.
#[derive(Clone, Debug)]
pub(in crate::formats) struct Image {
    /// Its entry; nothing in files that have none.
    pub place: Option<Place>,
    /// Its ID, where that can be read.
    pub id: Option<ImageId>,
    /// The key that its file name gives; not checked yet.
    pub key: Box<str>,
    /// Columns and rows; 0 where the entry is broken.
    pub size: (u32, u32),
    /// Another entry with the same ID.
    pub twin: Option<u32>,
    /// The first of its annotations and how many they are.
    annotations: (u32, u32),
}

/// The entries of one file.
#[derive(Debug, Default)]
pub(in crate::formats) struct Index {
    pub images: Vec<Image>,
    /// By image, and for each in the order of the file.
    annotations: Vec<Place>,
    /// The entries of `categories`; nothing if the file has no such list.
    pub categories: Option<Vec<Value>>,
    /// `info` and `licenses`, where the file has them.
    pub about: BTreeMap<String, Value>,
}

/// Where the images of a file come from.
#[derive(Clone, Copy)]
pub(super) enum Images<'a> {
    /// The file lists them.
    Listed,
    /// The file is a bare list of annotations; another one lists their images.
    Known(&'a [Image]),
    /// The file is a bare list of annotations, and all that is known of images are the IDs in it.
    Implied,
}

/// What the pass needs of an annotation.
#[derive(Deserialize)]
struct Head {
    id: Option<ImageId>,
    image_id: ImageId,
}

/// An ID that entries refer to, whether its image was seen yet or not.
type Slot = u32;

struct Pass<'a> {
    report: &'a Report,
    /// What messages call the file.
    file: &'a str,
    flavor: Flavor,
    slots: HashMap<ImageId, Slot>,
    /// By slot: the image of that ID.
    image_of: Vec<Option<u32>>,
    images: Vec<Image>,
    annotations: Vec<(Slot, Place)>,
    ids: Vec<ImageId>,
    categories: Option<Vec<Value>>,
    about: BTreeMap<String, Value>,
    /// Annotations of no image, and the first of them.
    lost: u64,
    first_lost: Option<(u32, String)>,
    counts: [u32; 5],
    /// An ID that an annotation names is an image.
    implied: bool,
}

/// Calls `each` with the place and the text of every element of a file that is a list.
///
/// # Errors
/// No JSON list, or one that is cut off; those of `each`.
pub(in crate::formats) fn each_element(
    source: &dyn Source,
    path: &str,
    limits: &Limits,
    each: &mut impl FnMut(Place, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut scan = Scan::new(usize::try_from(limits.memory_bytes / 8).unwrap_or(usize::MAX), true);
    let mut number = 0;
    follow(source, path, limits, &mut scan, &mut |_, offset, element| {
        let place = Place { offset, length: element.len() as u32, number };
        number += 1;
        each(place, element)
    })
}

/// Feeds a file, in pieces where the tree can seek.
fn follow(
    source: &dyn Source,
    path: &str,
    limits: &Limits,
    scan: &mut Scan,
    each: &mut impl FnMut(Section, u64, &[u8]) -> Result<()>,
) -> Result<()> {
    let file = source.display(path);
    let mut feed = |bytes: &[u8]| scan.feed(bytes, each).map_err(|error| error.in_file(&file));
    let length = source.size(path)?;
    limits.file(length).map_err(|error| error.in_file(&file))?;
    if source.seeks() {
        let mut at = 0;
        while at < length {
            for piece in source.read_parts(path, &[(at, PIECE)], limits)? {
                feed(&piece)?;
            }
            at += PIECE;
        }
    } else {
        feed(&source.read(path, limits)?)?;
    }
    scan.finish().map_err(|error| error.in_file(&file))
}

impl Index {
    /// Reads a file once, in pieces where the tree can seek.
    ///
    /// # Errors
    /// No JSON object, or one that is cut off.
    pub(in crate::formats) fn read(
        source: &dyn Source,
        path: &str,
        flavor: Flavor,
        images: Images<'_>,
        limits: &Limits,
        report: &Report,
    ) -> Result<Self> {
        let file = source.display(path);
        let mut pass = Pass::new(report, &file, flavor, images);
        let mut scan = Scan::new(
            usize::try_from(limits.memory_bytes / 8).unwrap_or(usize::MAX),
            !matches!(images, Images::Listed),
        );
        follow(source, path, limits, &mut scan, &mut |section, at, entry| pass.entry(section, at, entry))?;
        Ok(pass.finish())
    }

    /// Where the annotations of an image lie.
    pub(in crate::formats) fn annotations(&self, image: &Image) -> &[Place] {
        let (first, count) = image.annotations;
        &self.annotations[first as usize..(first + count) as usize]
    }
}

impl<'a> Pass<'a> {
    fn new(report: &'a Report, file: &'a str, flavor: Flavor, images: Images<'_>) -> Self {
        let mut pass = Pass {
            report,
            file,
            flavor,
            slots: HashMap::new(),
            image_of: Vec::new(),
            images: Vec::new(),
            annotations: Vec::new(),
            ids: Vec::new(),
            categories: None,
            about: BTreeMap::new(),
            lost: 0,
            first_lost: None,
            counts: [0; 5],
            implied: matches!(images, Images::Implied),
        };
        if let Images::Known(known) = images {
            for image in known {
                pass.add(Image { place: None, annotations: (0, 0), ..image.clone() });
            }
        }
        pass
    }

    fn entry(&mut self, section: Section, offset: u64, entry: &[u8]) -> Result<()> {
        let number = &mut self.counts[section as usize];
        let length = u32::try_from(entry.len());
        let (Ok(length), Some(next)) = (length, number.checked_add(1)) else {
            return Err(Error::unsupported("a list of the file is too long").at(At::Byte(offset)));
        };
        let place = Place { offset, length, number: std::mem::replace(number, next) };
        match section {
            Section::Images => self.image(place, entry),
            Section::Annotations => self.annotation(place, entry),
            Section::Categories => {
                let value = serde_json::from_slice(entry)
                    .map_err(|error| super::entries::broken("/categories", place, &error))?;
                self.categories.get_or_insert_default().push(value);
            }
            // Nobody's pixels depend on them.
            Section::Info | Section::Licenses => {
                self.about.extend(serde_json::from_slice(entry).map(|value| (section.name().to_owned(), value)));
            }
        }
        Ok(())
    }

    fn slot(&mut self, id: ImageId) -> Slot {
        let next = self.image_of.len() as Slot;
        let slot = *self.slots.entry(id).or_insert(next);
        if slot == next {
            self.image_of.push(None);
        }
        slot
    }

    fn image(&mut self, place: Place, entry: &[u8]) {
        // A broken entry fails its sample when that is read.
        let parsed = ImageEntry::parse(entry, place);
        let (key, size) = match &parsed {
            Ok(image) => ((self.flavor.key)(image), image.size().unwrap_or_default()),
            Err(_) => (format!("image-{}", place.number), (0, 0)),
        };
        let id = parsed.ok().map(|image| image.id).or_else(|| id_in(entry, b"\"id\""));
        self.add(Image { place: Some(place), id, key: key.into(), size, twin: None, annotations: (0, 0) });
    }

    fn add(&mut self, mut image: Image) {
        let index = self.images.len() as u32;
        if let Some(id) = image.id.clone() {
            let slot = self.slot(id) as usize;
            match self.image_of[slot] {
                // Each says so; annotations cannot tell the two apart.
                Some(first) => {
                    let first = &mut self.images[first as usize];
                    image.twin = first.place.map(|place| place.number);
                    first.twin = image.place.map(|place| place.number);
                }
                None => self.image_of[slot] = Some(index),
            }
        }
        self.images.push(image);
    }

    fn annotation(&mut self, place: Place, entry: &[u8]) {
        let head = serde_json::from_slice::<Head>(entry);
        let (id, image) = match head {
            Ok(head) => (head.id, Some(head.image_id)),
            Err(_) => (None, id_in(entry, b"\"image_id\"")),
        };
        self.ids.extend(id);
        match image {
            Some(image) => {
                let slot = self.slot(image);
                self.annotations.push((slot, place));
            }
            None => self.lose(place.number, "no `image_id`"),
        }
    }

    fn lose(&mut self, number: u32, why: &str) {
        self.lost += 1;
        self.first_lost.get_or_insert_with(|| (number, why.to_owned()));
    }

    fn finish(mut self) -> Index {
        let slots = std::mem::take(&mut self.slots);
        let mut orphans: Vec<_> =
            slots.into_iter().filter(|(_, slot)| self.image_of[*slot as usize].is_none()).collect();
        orphans.sort_by_key(|(_, slot)| *slot);
        if self.implied {
            // By ID, so that the order of annotations does not matter.
            orphans.sort_by(|one, other| one.0.cmp(&other.0));
            for (id, slot) in std::mem::take(&mut orphans) {
                self.image_of[slot as usize] = Some(self.images.len() as u32);
                let key = id.to_key().into();
                let image = Image { place: None, id: Some(id), key, size: (0, 0), twin: None, annotations: (0, 0) };
                self.images.push(image);
            }
        }
        let names: HashMap<Slot, ImageId> = orphans.into_iter().map(|(id, slot)| (slot, id)).collect();
        let mut of_image = Vec::with_capacity(self.annotations.len());
        for (slot, place) in std::mem::take(&mut self.annotations) {
            match (self.image_of[slot as usize], names.get(&slot)) {
                (Some(image), _) => of_image.push((image, place)),
                (None, Some(id)) => self.lose(place.number, &format!("`image_id` {id}, which no image has")),
                (None, None) => self.lose(place.number, "no image"),
            }
        }
        // Stable: the order of the file decides who lies over whom.
        of_image.sort_by_key(|(image, _)| *image);
        for (index, (image, _)) in of_image.iter().enumerate() {
            let (first, count) = &mut self.images[*image as usize].annotations;
            if *count == 0 {
                *first = index as u32;
            }
            *count += 1;
        }
        self.tell();
        let annotations = of_image.into_iter().map(|(_, place)| place).collect();
        Index { images: self.images, annotations, categories: self.categories, about: self.about }
    }

    /// Says what concerns no single sample.
    fn tell(&mut self) {
        if let Some((number, why)) = &self.first_lost {
            let finding = Finding::new("no-image", Severity::Error, "annotations belong to no image and are left out");
            self.report.finding(
                finding
                    .in_file(self.file)
                    .at(At::Pointer(format!("{}/{number}", self.flavor.pointer)))
                    .detail(format!("{}; the first has {why}", self.lost))
                    .hint("give their images in `images`, or take them out of the file"),
            );
        }
        self.ids.sort_unstable();
        let twice = self.ids.windows(2).filter(|pair| pair[0] == pair[1]).count();
        if let Some(pair) = self.ids.windows(2).find(|pair| pair[0] == pair[1]) {
            let finding =
                Finding::new("annotation-id-twice", Severity::Warning, "annotations share an ID; all are kept");
            let detail = format!("{twice} more than there are IDs; the first is ID {}", pair[0]);
            self.report.finding(finding.in_file(self.file).detail(detail));
        }
    }
}

/// The number or string behind a name, in an entry that is no valid JSON.
fn id_in(entry: &[u8], name: &[u8]) -> Option<ImageId> {
    let at = entry.windows(name.len()).position(|window| window == name)?;
    let rest = std::str::from_utf8(&entry[at + name.len()..]).ok()?.trim_start().strip_prefix(':')?.trim_start();
    let end = rest.find([',', '}', ' ', '\n', '\r', '\t']).unwrap_or(rest.len());
    serde_json::from_str(&rest[..end]).ok()
}
