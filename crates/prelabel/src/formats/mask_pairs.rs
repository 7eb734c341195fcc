//! Which files of a tree are mask pairs: shared by the format, the validator and whoever sends them away.

use std::sync::Arc;

use super::files::{IMAGE_FOLDERS, Selection, image_paths};
use crate::model::{Key, Legend, RawLegend};
use crate::tree::Source;
use crate::{Error, Limits, Result};

/// The mask pairs of a tree, as files: nothing is decoded.
pub struct MaskPairs {
    source: Arc<dyn Source>,
    masks: Selection,
    limits: Limits,
}

impl MaskPairs {
    /// Lists the pairs of a tree.
    pub fn list(source: Arc<dyn Source>, limits: &Limits) -> Self {
        let masks = mask_selection(&*source);
        MaskPairs { source, masks, limits: limits.clone() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.masks.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn path(&self, index: usize) -> String {
        self.masks.get(index).and_then(|path| self.source.paths().get(path)).unwrap_or_default()
    }

    /// The key of a pair.
    ///
    /// # Errors
    /// A name that cannot be a key.
    pub fn key(&self, index: usize) -> Result<Key> {
        let path = self.path(index);
        Key::new(&key_of(&path)).map_err(|error| error.in_file(self.source.display(&path)))
    }

    /// The mask's file, for messages.
    pub fn file(&self, index: usize) -> String {
        self.source.display(&self.path(index))
    }

    /// The bytes of a mask's PNG.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn mask(&self, index: usize) -> Result<Vec<u8>> {
        self.source.read(&self.path(index), &self.limits)
    }

    /// The legend of a mask: its own, or the one that all share.
    ///
    /// # Errors
    /// There is none, or it has problems.
    pub fn legend(&self, index: usize) -> Result<Legend> {
        let path = self.path(index);
        let key = self.key(index)?;
        let legend =
            legend_path(&*self.source, &path, key.as_str()).ok_or_else(|| no_legend(&self.file(index), &key))?;
        let read = self.source.read(&legend, &self.limits).and_then(|bytes| RawLegend::from_json(&bytes)?.check());
        read.map_err(|error| error.in_file(self.source.display(&legend)))
    }
}

/// The photographs of a tree by key: the path without extension, below a folder for photographs if there is one.
pub fn images_by_key(source: &dyn Source) -> std::collections::BTreeMap<String, String> {
    let key = |path: &str| {
        let below =
            path.split_once('/').filter(|(folder, _)| IMAGE_FOLDERS.contains(folder)).map_or(path, |(_, rest)| rest);
        crate::model::stem(below).to_owned()
    };
    image_paths(source).into_iter().map(|path| (key(&path), path)).collect()
}

/// The error for a mask without a legend.
pub(super) fn no_legend(file: &str, key: &Key) -> Error {
    Error::missing("the mask has no legend")
        .in_file(file)
        .expected(format!("`legends/{key}.json` or `legend.json`"))
        .hint("put the legend there, or name it with `--legend FILE`")
}

/// The masks of a tree: those in `masks/`, else every PNG that is no photograph.
pub(crate) fn mask_paths(source: &dyn Source) -> Vec<String> {
    mask_selection(source).iter().filter_map(|index| source.paths().get(index)).collect()
}

pub(super) fn mask_selection(source: &dyn Source) -> Selection {
    let paths = source.paths();
    if paths.len() == 1 {
        return Selection::AllBut(1, Vec::new());
    }
    let png = |path: &str| path.to_ascii_lowercase().ends_with(".png");
    let inside = Selection::of(paths, |path| png(path) && path.starts_with("masks/"));
    if inside.len() > 0 {
        return inside;
    }
    let photo = |path: &str| path.split_once('/').is_some_and(|(folder, _)| IMAGE_FOLDERS.contains(&folder));
    Selection::of(paths, |path| png(path) && !photo(path))
}

pub(crate) fn key_of(mask: &str) -> String {
    let path = mask.strip_prefix("masks/").unwrap_or(mask);
    path.rsplit_once('.').map_or(path, |(stem, _)| stem).to_owned()
}

/// Where the legend of a mask lies: its own before the shared one.
pub(crate) fn legend_path(source: &dyn Source, mask: &str, key: &str) -> Option<String> {
    let beside = mask.rsplit_once('.').map_or(mask, |(stem, _)| stem);
    let places = [
        format!("legends/{key}.json"),
        format!("{beside}.json"),
        "legend.json".to_owned(),
        "masks/legend.json".to_owned(),
    ];
    places.into_iter().find(|place| source.paths().contains(place))
}
