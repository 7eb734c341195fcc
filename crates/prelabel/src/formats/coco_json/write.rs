//! Objects of all samples into one JSON file, an entry a line, whatever the order in which samples come.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::categories::ids;
use super::drawing::{Drawing, Told};
use crate::error::At;
use crate::formats::{Detail, Encoding, Members, WriteOptions, Writer};
use crate::model::{Class, ClassList, Content, ContentKind, InstanceSet, Key, Sample};
use crate::report::{Loss, Report};
use crate::tree::{Kept, Sink, Spool, Written};
use crate::{Error, Result};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Form {
    /// Images, annotations and categories.
    Dataset,
    /// A bare list of objects with scores.
    Results,
}

/// The entries of a run, kept until its end.
pub(in crate::formats) struct Gathered {
    form: Form,
    /// Nothing may be written beside the file.
    lone: bool,
    spool: Spool,
    images: Mutex<Vec<Entry>>,
    drawing: Drawing,
}

struct Entry {
    key: Key,
    size: (u32, u32),
    id: Option<i64>,
    /// The IDs that the source gave its annotations, in their order.
    annotations: Vec<Option<i64>>,
    /// Their text without ID and image, a line each.
    kept: Kept,
}

impl Gathered {
    /// Nothing yet.
    ///
    /// # Errors
    /// An encoding of pixels.
    fn new(form: Form, options: &WriteOptions) -> Result<Self> {
        let WriteOptions { encoding, simplify, verify, lone, .. } = *options;
        if let Some(encoding @ (Encoding::Png | Encoding::Npy)) = encoding {
            return Err(Error::usage("COCO holds shapes, no pixels")
                .found(format!("`--encoding {}`", encoding.name()))
                .expected("`--encoding polygons` or `--encoding rle`"));
        }
        Ok(Gathered {
            form,
            lone,
            spool: Spool::default(),
            images: Mutex::default(),
            drawing: Drawing { encoding, simplify, verify },
        })
    }

    /// A writer of one file at `path`.
    ///
    /// # Errors
    /// An encoding of pixels; no class list.
    pub(in crate::formats) fn writer(
        sink: Arc<dyn Sink>,
        form: Form,
        path: &str,
        options: WriteOptions,
    ) -> Result<Box<dyn Writer>> {
        let gathered = Gathered::new(form, &options)?;
        let classes = options.classes.ok_or_else(|| {
            Error::usage("objects need a class list").hint("name one with `--classes FILE|PRESET`, or `--classes auto`")
        })?;
        Ok(Box::new(CocoWriter { sink, path: path.to_owned(), classes, members: options.members, gathered }))
    }

    /// Takes the objects of an image.
    fn add(&self, key: &Key, set: &InstanceSet, report: &Report) -> Result<()> {
        let mut text = String::new();
        let mut told = Told::default();
        for instance in set.as_slice() {
            let found = self.drawing.draw(instance, set, &mut told)?;
            let [left, top, width, height] = found.bounds;
            let (class, segmentation) = (instance.class, found.segmentation);
            let _ = write!(text, "\"category_id\":{class},\"segmentation\":{segmentation},");
            if self.form == Form::Dataset {
                let _ = write!(text, "\"area\":{},\"iscrowd\":{},", found.area, u8::from(instance.crowd));
            }
            let _ = write!(text, "\"bbox\":[{left},{top},{width},{height}]");
            match instance.score {
                Some(score) => drop(write!(text, ",\"score\":{}", json!(score))),
                None if self.form == Form::Results => {
                    told.without_score += 1;
                    text.push_str(",\"score\":1.0");
                }
                None => {}
            }
            text.push_str("}\n");
        }
        told.tell(report);
        let id = set.id().or_else(|| number_of(key));
        if self.form == Form::Results && self.lone && id.is_none() {
            report.loss(Loss {
                code: "image-names",
                message: "results name images by a number, which this one has not: they get 1, 2, … in order"
                    .to_owned(),
                count: 1,
                unit: "images",
                hint: "name a folder as the output: `image_info.json` in it says which number is which image"
                    .to_owned(),
            })?;
        }
        let kept = self.spool.put(text.as_bytes())?;
        let entry = Entry {
            key: key.clone(),
            size: (set.width(), set.height()),
            id,
            annotations: set.as_slice().iter().map(|instance| instance.id).collect(),
            kept,
        };
        self.images.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        Ok(())
    }

    /// Writes the one file: images in the order of their keys, so that neither threads nor the input's order matter.
    fn write(&self, sink: &dyn Sink, path: &str, classes: &ClassList, members: &Members) -> Result<Written> {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        images.sort_by(|one, other| one.key.cmp(&other.key));
        let ids = numbers(images.iter().map(|image| image.id));
        if self.form == Form::Results {
            if !self.lone {
                let mut listing = listing(&images, &ids, classes, members).chain([Ok(NO_MORE.to_vec())]);
                sink.write_pieces(LISTING, &mut listing)?;
            }
            return self.write_results(sink, path, &images, &ids);
        }
        let annotation_ids = numbers(images.iter().flat_map(|image| image.annotations.iter().copied()));
        let mut next = annotation_ids.iter();
        let mut first = true;
        let objects = images.iter().zip(&ids).map(|(image, id)| {
            let text = self.spool.get(image.kept)?;
            let mut lines = String::with_capacity(text.len() + image.annotations.len() * 40);
            for (line, number) in String::from_utf8_lossy(&text).lines().zip(&mut next) {
                let comma = if std::mem::take(&mut first) { "" } else { "," };
                let _ = write!(lines, "{comma}\n{{\"id\":{number},\"image_id\":{id},{line}");
            }
            Ok(lines.into_bytes())
        });
        let listing = listing(&images, &ids, classes, members);
        sink.write_pieces(path, &mut listing.chain(objects).chain([Ok(NO_MORE.to_vec())]))
    }
}

impl Gathered {
    fn write_results(&self, sink: &dyn Sink, path: &str, images: &[Entry], ids: &[i64]) -> Result<Written> {
        let mut first = true;
        let objects = images.iter().zip(ids).map(|(image, id)| {
            let text = self.spool.get(image.kept)?;
            let mut lines = String::with_capacity(text.len() + image.annotations.len() * 20);
            for line in String::from_utf8_lossy(&text).lines() {
                let comma = if std::mem::take(&mut first) { "" } else { "," };
                let _ = write!(lines, "{comma}\n{{\"image_id\":{id},{line}");
            }
            Ok(lines.into_bytes())
        });
        let ends = |text: &str| std::iter::once(Ok(text.as_bytes().to_vec()));
        sink.write_pieces(path, &mut ends("[").chain(objects).chain(ends("\n]\n")))
    }
}

struct CocoWriter {
    sink: Arc<dyn Sink>,
    path: String,
    classes: ClassList,
    members: Members,
    gathered: Gathered,
}

impl Writer for CocoWriter {
    fn accepts(&self) -> &[ContentKind] {
        &[ContentKind::Instances]
    }

    fn keeps(&self) -> &[Detail] {
        match self.gathered.form {
            Form::Dataset => &[Detail::Score, Detail::Crowd, Detail::Number],
            Form::Results => &[Detail::Score],
        }
    }

    fn write(&self, sample: &Sample, report: &Report) -> Result<Written> {
        let Content::Instances(set) = &sample.content else {
            return Err(Error::usage("maps and scores must become objects first"));
        };
        if let Some(instance) = set.as_slice().iter().find(|instance| self.classes.get(instance.class).is_none()) {
            return Err(Error::invalid("the class of an object is not in the class list")
                .at(At::Entry(instance.name.clone()))
                .found(instance.class.to_string())
                .expected(ids(self.classes.classes().iter().map(|class| &class.id))));
        }
        self.gathered.add(&sample.key, set, report)?;
        Ok(Written::New)
    }

    fn finish(&self) -> Result<Option<Written>> {
        self.gathered.write(&*self.sink, &self.path, &self.classes, &self.members).map(Some)
    }
}

/// The number that the last part of a key is, as in COCO's own names: `000000000139`.
pub(super) fn number_of(key: &Key) -> Option<i64> {
    let name = key.as_str().rsplit('/').next()?;
    name.bytes().all(|byte| byte.is_ascii_digit()).then(|| name.parse().ok())?
}

/// The source's numbers if all have one of their own, else from 1 on.
pub(super) fn numbers(given: impl Iterator<Item = Option<i64>> + Clone) -> Vec<i64> {
    let all: Option<Vec<i64>> = given.clone().collect();
    match all {
        Some(all) if all.iter().collect::<BTreeSet<_>>().len() == all.len() => all,
        _ => (1..).zip(given).map(|(number, _)| number).collect(),
    }
}

/// What ends a file.
const NO_MORE: &[u8] = b"\n]}\n";

/// The file beside results that lists their images and categories.
const LISTING: &str = "image_info.json";

/// Everything up to the annotations.
fn listing<'a>(
    images: &'a [Entry],
    ids: &'a [i64],
    classes: &'a ClassList,
    members: &'a Members,
) -> impl Iterator<Item = Result<Vec<u8>>> + 'a {
    let head = std::iter::once_with(|| head(classes, members));
    let listed = images.iter().zip(ids).enumerate().map(|(index, (image, id))| {
        let (width, height) = image.size;
        let name = json!(format!("{}.jpg", image.key));
        let comma = if index == 0 { "" } else { "," };
        format!("{comma}\n{{\"id\":{id},\"width\":{width},\"height\":{height},\"file_name\":{name}}}")
    });
    head.chain(listed).chain(["\n],\"annotations\":[".to_owned()]).map(|text| Ok(text.into_bytes()))
}

/// What stands before the images: members that the source had, and the categories.
fn head(classes: &ClassList, members: &Members) -> String {
    let mut text = "{".to_owned();
    for (name, value) in members.iter().filter(|(name, _)| *name != "categories") {
        let _ = writeln!(text, "{}:{value},", json!(name));
    }
    text.push_str("\"categories\":[");
    for (index, class) in classes.labelled().enumerate() {
        let entry = category(class, members);
        let _ = write!(text, "{}\n{entry}", if index == 0 { "" } else { "," });
    }
    text.push_str("\n],\"images\":[");
    text
}

/// The entry of a class: the source's own, or a new one.
pub(super) fn category(class: &Class, members: &Members) -> Value {
    let known = members.get("categories").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let same = |entry: &&Value| entry["id"] == class.id && entry["name"] == class.name.as_str();
    known.iter().find(same).cloned().unwrap_or_else(|| {
        let mut entry = json!({"id": class.id, "name": class.name, "supercategory": ""});
        if let Some(color) = class.color {
            entry["color"] = json!([color.r, color.g, color.b]);
        }
        entry
    })
}
