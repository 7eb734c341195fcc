//! What formats of plain files share: which files hold maps, what they are by their first bytes, and the
//! tables that lie beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Reader;
use crate::classes;
use crate::model::{ClassList, Content, Key, Sample};
use crate::pixels::{npy, png};
use crate::report::Report;
use crate::tree::{Paths, Source};
use crate::{Error, Limits, Result};

/// Folders whose pictures are photographs when maps lie elsewhere.
pub const IMAGE_FOLDERS: &[&str] = &["images", "image", "imgs", "photos", "JPEGImages", "leftImg8bit"];

/// Folders whose name does not belong to the keys of the maps in them.
const MAP_FOLDERS: &[&str] = &["maps", "masks", "labels", "label_maps", "predictions", "scores", "SegmentationClass"];

/// Names under which a class list lies beside maps.
const CLASS_FILES: &[&str] = &[
    "classes.json",
    "class_names.json",
    "classes.txt",
    "class_names.txt",
    "labels.txt",
    "labelmap.txt",
    "label_colors.txt",
    "data.yaml",
];

/// Kinds of file by their first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Png,
    Npy,
    Npz,
    Tiff,
    Bmp,
}

impl FileKind {
    pub(super) fn of(start: &[u8]) -> Option<FileKind> {
        let kinds: [(&[u8], FileKind); 8] = [
            (b"\x89PNG\r\n\x1a\n", FileKind::Png),
            (b"\x93NUMPY", FileKind::Npy),
            (b"PK\x03\x04", FileKind::Npz),
            (b"PK\x05\x06", FileKind::Npz),
            (b"II*\0", FileKind::Tiff),
            (b"MM\0*", FileKind::Tiff),
            (b"II+\0", FileKind::Tiff),
            (b"BM", FileKind::Bmp),
        ];
        kinds.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, kind)| *kind)
    }

    /// By the extension, for listing without opening.
    fn of_path(path: &str) -> Option<FileKind> {
        let name = path.rsplit('/').next().unwrap_or(path);
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "png" => Some(FileKind::Png),
            "npy" => Some(FileKind::Npy),
            "npz" => Some(FileKind::Npz),
            "tif" | "tiff" => Some(FileKind::Tiff),
            "bmp" => Some(FileKind::Bmp),
            _ => None,
        }
    }
}

/// An error for a file that is none of the kinds.
pub(super) fn unknown_kind(start: &[u8]) -> Error {
    let found = match start {
        [] => "an empty file",
        [0xff, 0xd8, 0xff, ..] => "a JPEG file, which cannot hold class IDs exactly",
        [b'{' | b'[', ..] => "JSON",
        _ => "other bytes",
    };
    Error::invalid("this is no label map").found(found).expected("PNG, NPY, NPZ, TIFF or BMP")
}

/// Some of the paths of a tree, by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// All of this many but these: the usual case, with next to nothing to remember.
    AllBut(usize, Vec<u32>),
    /// These.
    Some(Vec<u32>),
}

impl Selection {
    /// The paths that `wanted` accepts.
    pub(super) fn of(paths: &Paths, wanted: impl Fn(&str) -> bool) -> Self {
        let accepted = paths.iter().filter(|path| wanted(path)).count();
        let most = accepted > paths.len() / 2;
        // Counted first, so that only the shorter list is ever made, and at its size.
        let mut list = Vec::with_capacity(if most { paths.len() - accepted } else { accepted });
        list.extend((0u32..).zip(paths.iter()).filter(|(_, path)| wanted(path) != most).map(|(index, _)| index));
        if most { Selection::AllBut(paths.len(), list) } else { Selection::Some(list) }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Selection::AllBut(all, without) => all - without.len(),
            Selection::Some(some) => some.len(),
        }
    }

    /// The path index of entry `index`.
    pub(super) fn get(&self, index: usize) -> Option<usize> {
        match self {
            Selection::AllBut(all, without) => {
                // What is left out before an entry moves it on; these moves ascend.
                let mut skipped = 0;
                let (mut low, mut high) = (0, without.len());
                while low < high {
                    let middle = low + (high - low) / 2;
                    if without[middle] as usize - middle <= index {
                        skipped = middle + 1;
                        low = middle + 1;
                    } else {
                        high = middle;
                    }
                }
                Some(index + skipped).filter(|path| path < all)
            }
            Selection::Some(some) => some.get(index).map(|&path| path as usize),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

/// The files of a tree that may hold maps, photographs left out.
pub(super) fn map_paths(source: &dyn Source, kinds: &[FileKind]) -> Selection {
    let paths = source.paths();
    // A lone file is a map whatever its name: `-` is standard input.
    if paths.len() == 1 {
        return Selection::AllBut(1, Vec::new());
    }
    let fits = |path: &str| FileKind::of_path(path).is_some_and(|kind| kinds.contains(&kind));
    let outside = Selection::of(paths, |path| fits(path) && !in_image_folder(path));
    if outside.len() == 0 { Selection::of(paths, fits) } else { outside }
}

pub(super) fn in_image_folder(path: &str) -> bool {
    path.split_once('/').is_some_and(|(folder, _)| IMAGE_FOLDERS.contains(&folder))
}

/// The photographs of a tree: files with an image's extension in a folder for photographs, or, if the tree
/// has none of these, all of them.
pub fn image_paths(source: &dyn Source) -> Vec<String> {
    let is_image = |path: &String| {
        let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        matches!(ending.as_str(), "jpg" | "jpeg" | "png" | "webp" | "bmp")
    };
    let inside: Vec<String> = source.paths().iter().filter(|path| in_image_folder(path)).filter(is_image).collect();
    if !inside.is_empty() {
        return inside;
    }
    source.paths().iter().filter(is_image).collect()
}

/// Samples of a tree of arrays: most files hold one, an archive or a batch several.
pub(super) struct Items {
    source: Arc<dyn Source>,
    listing: Listing,
    /// Length of the folder that all maps share and that belongs to no key.
    prefix: usize,
}

enum Listing {
    /// One a file.
    Files(Selection),
    /// Path index by item; with its member where the file holds several.
    Members(Vec<(u32, Option<Box<Member>>)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// The array's name in an NPZ archive.
    pub array: Option<String>,
    /// The place on the batch axis.
    pub map: u64,
    /// What the key gets at its end: nothing if the file holds no other.
    suffix: String,
}

impl Items {
    /// One item a file; `inside` lists the members of files that hold several.
    pub(super) fn list(
        source: Arc<dyn Source>,
        paths: Selection,
        mut inside: impl FnMut(&dyn Source, &str) -> Vec<(Option<String>, u64)>,
    ) -> Self {
        let prefix = prefix(source.paths(), &paths);
        let mut items: Vec<(u32, Option<Box<Member>>)> = Vec::new();
        for (done, index) in paths.iter().enumerate() {
            let path = source.paths().get(index).unwrap_or_default();
            let members = inside(&*source, &path);
            if members.is_empty() && items.is_empty() {
                continue;
            }
            if items.is_empty() {
                items.extend(paths.iter().take(done).map(|index| (index as u32, None)));
            }
            if members.is_empty() {
                items.push((index as u32, None));
            }
            items.extend(with_suffixes(members).map(|member| (index as u32, Some(Box::new(member)))));
        }
        let listing = if items.is_empty() { Listing::Files(paths) } else { Listing::Members(items) };
        Items { source, listing, prefix }
    }

    pub(super) fn len(&self) -> usize {
        match &self.listing {
            Listing::Files(files) => files.len(),
            Listing::Members(members) => members.len(),
        }
    }

    pub(super) fn path(&self, index: usize) -> String {
        let path = match &self.listing {
            Listing::Files(files) => files.get(index),
            Listing::Members(members) => members.get(index).map(|(path, _)| *path as usize),
        };
        path.and_then(|path| self.source.paths().get(path)).unwrap_or_default()
    }

    fn member(&self, index: usize) -> Option<&Member> {
        match &self.listing {
            Listing::Files(_) => None,
            Listing::Members(members) => members.get(index).and_then(|(_, member)| member.as_deref()),
        }
    }

    pub(super) fn key(&self, index: usize) -> Result<Key> {
        let path = self.path(index);
        let path = path.get(self.prefix..).unwrap_or_default();
        let key = match self.member(index) {
            Some(member) if !member.suffix.is_empty() => Key::new(&format!("{}{}", Key::of_path(path)?, member.suffix)),
            _ => Key::of_path(path),
        };
        key.map_err(|error| error.in_file(self.file(index)))
    }

    pub(super) fn file(&self, index: usize) -> String {
        let file = self.source.display(&self.path(index));
        match self.member(index).and_then(|member| member.array.as_ref()) {
            Some(array) => format!("{file}/{array}.npy"),
            None => file,
        }
    }

    /// Bytes that one sample may take: the file, its decoded form and its encoded form.
    pub(super) fn memory(&self, index: usize, limits: &Limits) -> u64 {
        let path = &self.path(index);
        let size = self.source.size(path).unwrap_or_default();
        // A small PNG can hold a large map: all background compresses a thousand to one.
        if size > 4096 && FileKind::of_path(path) == Some(FileKind::Png) {
            let header = self.source.read_start(path, 4096).and_then(|start| png::header(&start, limits));
            if let Ok(header) = header {
                return size + u64::from(header.width) * u64::from(header.height) * 4;
            }
        }
        let grows = if FileKind::of_path(path) == Some(FileKind::Npy) { 3 } else { 40 };
        size.saturating_mul(grows) + 4096
    }
}

/// What a format of plain files does for itself: one item's bytes become content.
pub(super) trait Decode: Send + Sync {
    fn decode(&self, bytes: Vec<u8>, member: Option<&Member>, limits: &Limits) -> Result<Content>;
}

/// The reader of every format whose samples are items of a tree.
pub(super) struct ItemReader<D> {
    pub items: Items,
    pub classes: Option<ClassList>,
    pub limits: Limits,
    pub decode: D,
}

impl<D: Decode> Reader for ItemReader<D> {
    fn classes(&self) -> Option<&ClassList> {
        self.classes.as_ref()
    }

    fn len(&self) -> usize {
        self.items.len()
    }

    fn key(&self, index: usize) -> Result<Key> {
        self.items.key(index)
    }

    fn file(&self, index: usize) -> String {
        self.items.file(index)
    }

    fn memory(&self, index: usize) -> u64 {
        self.items.memory(index, &self.limits)
    }

    fn read(&self, index: usize, _report: &Report) -> Result<Sample> {
        let key = self.key(index)?;
        let bytes = self.items.source.read(&self.items.path(index), &self.limits)?;
        let content = self.decode.decode(bytes, self.items.member(index), &self.limits);
        Ok(Sample { key, content: content.map_err(|error| error.in_file(self.file(index)))? })
    }
}

/// The members of one file, each with what its key gets at its end.
fn with_suffixes(members: Vec<(Option<String>, u64)>) -> impl Iterator<Item = Member> {
    let arrays: BTreeSet<Option<String>> = members.iter().map(|(array, _)| array.clone()).collect();
    let maps_of = |wanted: &Option<String>| members.iter().filter(|(array, _)| array == wanted).count();
    let batches: BTreeMap<Option<String>, bool> =
        arrays.iter().map(|array| (array.clone(), maps_of(array) > 1)).collect();
    let several = arrays.len() > 1;
    members.into_iter().map(move |(array, map)| {
        let mut suffix = String::new();
        if let (true, Some(array)) = (several, &array) {
            suffix.push_str(&format!("/{array}"));
        }
        if batches.get(&array) == Some(&true) {
            suffix.push_str(&format!("/{map}"));
        }
        Member { array, map, suffix }
    })
}

/// How much of all paths is a folder that only says "here are the maps".
fn prefix(paths: &Paths, chosen: &Selection) -> usize {
    let mut all = chosen.iter().filter_map(|index| paths.get(index));
    let Some(first) = all.next() else { return 0 };
    let folder = first.split_once('/').map(|(folder, _)| folder).filter(|folder| MAP_FOLDERS.contains(folder));
    let Some(folder) = folder else { return 0 };
    let shared = all.all(|path| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
    if shared { folder.len() + 1 } else { 0 }
}

/// The NPZ arrays that `wanted` accepts; all of them if it accepts none, so that each can say why not.
pub(super) fn npz_arrays(bytes: &[u8], limits: &Limits, wanted: impl Fn(&npy::Header) -> bool) -> Vec<String> {
    let Ok(names) = npy::npz_members(bytes) else { return Vec::new() };
    let fits = |name: &&String| {
        let start = npy::npz_member(bytes, name, limits);
        start.and_then(|start| npy::header(&start, limits)).is_ok_and(|header| wanted(&header))
    };
    let chosen: Vec<String> = names.iter().filter(fits).cloned().collect();
    if chosen.is_empty() { names } else { chosen }
}

/// True for the class list that lies beside the maps.
pub(super) fn is_class_file(path: &str) -> bool {
    CLASS_FILES.contains(&path)
}

/// The class list that lies beside the maps.
pub(super) fn class_list_beside(source: &dyn Source, limits: &Limits) -> Result<Option<ClassList>> {
    if source.paths().len() == 1 {
        return Ok(None);
    }
    for name in CLASS_FILES {
        if source.paths().contains(name) {
            let bytes = source.read(name, limits)?;
            return Ok(Some(classes::parse(&bytes, &source.display(name))?.list));
        }
    }
    Ok(None)
}

/// The headers of a few NPY files of a tree, for detection.
pub(super) fn array_headers(source: &dyn Source, limits: &Limits) -> Vec<npy::Header> {
    let mut headers = Vec::new();
    for index in map_paths(source, &[FileKind::Npy, FileKind::Npz]).iter().take(8) {
        let path = &source.paths().get(index).unwrap_or_default();
        let Ok(start) = source.read_start(path, limits.max_npy_header_bytes) else { continue };
        match FileKind::of(&start) {
            Some(FileKind::Npy) => headers.extend(npy::header(&start, limits)),
            Some(FileKind::Npz) => {
                let Ok(bytes) = source.read(path, limits) else { continue };
                for name in npz_arrays(&bytes, limits, |_| true) {
                    let member = npy::npz_member(&bytes, &name, limits);
                    headers.extend(member.and_then(|member| npy::header(&member, limits)));
                }
            }
            _ => {}
        }
    }
    headers
}

/// The error for an output that does not decode to what was meant.
pub(super) fn not_verified() -> Error {
    Error::new(crate::ErrorKind::Output, "what was encoded does not decode to the same pixels")
        .hint("this is a bug of prelabel: nothing was written; please report it with the input")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::PathsBuilder;

    #[test]
    fn a_selection_gives_the_same_paths_whichever_list_it_keeps() {
        let names: Vec<String> = (0..40).map(|index| format!("{index:02}")).collect();
        let paths = names.iter().map(String::as_str).collect::<PathsBuilder>().sorted();
        for step in 1..8 {
            for not in [false, true] {
                let wanted = |path: &str| path.parse::<usize>().unwrap().is_multiple_of(step) != not;
                let selection = Selection::of(&paths, wanted);
                let expected: Vec<usize> = (0..40).filter(|index| wanted(&names[*index])).collect();
                assert_eq!(selection.iter().collect::<Vec<_>>(), expected, "{step} {not}");
                assert_eq!((selection.len(), selection.get(selection.len())), (expected.len(), None));
            }
        }
    }
}
