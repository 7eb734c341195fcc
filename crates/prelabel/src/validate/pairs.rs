use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::formats::{IMAGE_FOLDERS, image_paths, mask_pairs};
use crate::tree::Source;
use crate::{Error, Result};

/// The mask pairs of a tree, matched with their legends and images by name; nothing is read yet.
pub struct Pairs {
    source: Arc<dyn Source>,
    masks: Vec<String>,
    /// A second mask of the same key, and the first.
    twins: BTreeMap<usize, usize>,
    given: Option<(String, Vec<u8>)>,
    images: Option<Images>,
}

/// The images of the masks.
struct Images {
    source: Arc<dyn Source>,
    paths: Vec<String>,
    /// The image of each mask.
    of_mask: Vec<Option<u32>>,
    without_mask: Vec<u32>,
    /// An image whose key another has already, and that other.
    twins: Vec<(u32, u32)>,
}

impl Pairs {
    /// Lists the pairs of `source`: `masks/KEY.png` with `legends/KEY.json` or `legend.json`; or PNG files
    /// with a legend beside them. Images are those of `images`, matched by their path without extension;
    /// without it, those in a folder `images/` or alike of the tree itself.
    ///
    /// # Errors
    /// There is no mask, and no legend that could miss one.
    pub fn new(source: Arc<dyn Source>, images: Option<Arc<dyn Source>>) -> Result<Self> {
        let masks = mask_pairs::mask_paths(&*source);
        if masks.is_empty() && !source.paths().iter().any(|path| path.starts_with("legends/")) {
            return Err(Error::usage("there is no mask to validate")
                .in_file(source.name())
                .expected("`masks/KEY.png` with `legend.json` or `legends/KEY.json`, or PNG files with their legends")
                .hint("check the path; `prelabel formats gt-studio` shows the layout"));
        }
        let keys: Vec<String> = masks.iter().map(|mask| mask_pairs::key_of(mask)).collect();
        let mut first_of: HashMap<&str, usize> = HashMap::with_capacity(keys.len());
        let mut twins = BTreeMap::new();
        for (index, key) in keys.iter().enumerate() {
            let first = *first_of.entry(key).or_insert(index);
            if first != index {
                twins.insert(index, first);
            }
        }
        let own = |path: &str| path.split_once('/').is_some_and(|(folder, _)| IMAGE_FOLDERS.contains(&folder));
        let images = match images {
            Some(images) => Some(images),
            None => source.paths().iter().any(|path| own(&path)).then(|| source.clone()),
        };
        let images = images.map(|images| {
            let mut paths = image_paths(&*images);
            if images.name() == source.name() {
                // A tree of masks and photographs without folders for them: what is a mask is no photograph.
                paths.retain(|path| masks.binary_search(path).is_err());
            }
            Images::matched(images, paths, &keys)
        });
        Ok(Pairs { source, masks, twins, given: None, images })
    }

    /// The same pairs with one legend for all, whatever lies beside them; `file` is its name in messages.
    pub fn with_legend(mut self, file: impl Into<String>, bytes: Vec<u8>) -> Self {
        self.given = Some((file.into(), bytes));
        self
    }

    /// How many masks there are.
    pub fn len(&self) -> usize {
        self.masks.len()
    }

    /// True if there is no mask.
    pub fn is_empty(&self) -> bool {
        self.masks.is_empty()
    }

    /// Where masks and legends come from.
    pub fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// True if images are known, so that sizes can be compared.
    pub fn has_images(&self) -> bool {
        self.images.is_some()
    }

    pub(super) fn masks(&self) -> &[String] {
        &self.masks
    }

    pub(super) fn mask(&self, index: usize) -> &str {
        self.masks.get(index).map_or("", String::as_str)
    }

    pub(super) fn key(&self, index: usize) -> String {
        mask_pairs::key_of(self.mask(index))
    }

    /// The mask that has the same key and comes first.
    pub(super) fn twin(&self, index: usize) -> Option<&str> {
        self.twins.get(&index).map(|first| self.mask(*first))
    }

    pub(super) fn given_legend(&self) -> Option<&(String, Vec<u8>)> {
        self.given.as_ref()
    }

    /// Where the legend of a mask lies in the tree.
    pub(super) fn legend_path(&self, index: usize) -> Option<String> {
        mask_pairs::legend_path(&*self.source, self.mask(index), &self.key(index))
    }

    /// The image of a mask: its tree and its path.
    pub(super) fn image(&self, index: usize) -> Option<(&dyn Source, &str)> {
        let images = self.images.as_ref()?;
        let image = (*images.of_mask.get(index)?)?;
        Some((&*images.source, images.path(image)))
    }

    /// The images that have no mask, as messages call them.
    pub(super) fn images_without_mask(&self) -> impl Iterator<Item = String> {
        let images = self.images.iter();
        images.flat_map(|images| images.without_mask.iter().map(|&image| images.display(image)))
    }

    /// Images of one key: the one that is left out, and the one that counts.
    pub(super) fn twin_images(&self) -> impl Iterator<Item = (String, String)> {
        let images = self.images.iter();
        images.flat_map(|images| {
            images.twins.iter().map(|&(left_out, counts)| (images.display(left_out), images.display(counts)))
        })
    }
}

impl Images {
    fn matched(source: Arc<dyn Source>, paths: Vec<String>, keys: &[String]) -> Self {
        let mut by_key: HashMap<&str, u32> = HashMap::with_capacity(paths.len());
        // By the name alone where that is unambiguous: masks and images often lie in other folders.
        let mut by_name: HashMap<&str, Option<u32>> = HashMap::new();
        let mut twins = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            let key = image_key(path);
            let first = *by_key.entry(key).or_insert(index as u32);
            if first != index as u32 {
                twins.push((index as u32, first));
                continue;
            }
            by_name.entry(name(key)).and_modify(|other| *other = None).or_insert(Some(index as u32));
        }
        let find = |key: &String| match by_key.get(key.as_str()) {
            Some(&image) => Some(image),
            None => by_name.get(name(key)).copied().flatten(),
        };
        let of_mask: Vec<Option<u32>> = keys.iter().map(find).collect();
        let mut with_mask = vec![false; paths.len()];
        let used = of_mask.iter().flatten().copied().chain(twins.iter().map(|&(left_out, _)| left_out));
        for image in used {
            with_mask[image as usize] = true;
        }
        let without_mask = (0..paths.len() as u32).filter(|&image| !with_mask[image as usize]).collect();
        Images { source, paths, of_mask, without_mask, twins }
    }

    fn path(&self, image: u32) -> &str {
        self.paths.get(image as usize).map_or("", String::as_str)
    }

    fn display(&self, image: u32) -> String {
        self.source.display(self.path(image))
    }
}

/// An image's path without its extension and without a folder that only says "here are the images".
fn image_key(path: &str) -> &str {
    let inside = path.split_once('/').filter(|(folder, _)| IMAGE_FOLDERS.contains(folder)).map(|(_, rest)| rest);
    let path = inside.unwrap_or(path);
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}

fn name(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemorySource;

    fn tree(name: &str, paths: &[&str]) -> Arc<dyn Source> {
        Arc::new(MemorySource::new(name, paths.iter().map(|path| (path.to_string(), Vec::new())).collect()))
    }

    #[test]
    fn masks_legends_and_images_find_each_other() {
        let masks = tree("out", &["legend.json", "legends/b.json", "masks/a.png", "masks/b.png", "masks/s/c.png"]);
        let images = tree("in", &["images/a.jpg", "images/a.png", "images/b.webp", "images/t/c.jpg", "images/d.jpg"]);
        let pairs = Pairs::new(masks, Some(images)).unwrap();
        assert_eq!((pairs.len(), pairs.key(2).as_str()), (3, "s/c"));
        assert_eq!(pairs.legend_path(0).as_deref(), Some("legend.json"));
        assert_eq!(pairs.legend_path(1).as_deref(), Some("legends/b.json"));
        assert_eq!(pairs.image(0).map(|(_, path)| path), Some("images/a.jpg"));
        assert_eq!(pairs.image(2).map(|(_, path)| path), Some("images/t/c.jpg"));
        assert_eq!(pairs.images_without_mask().collect::<Vec<_>>(), ["in/images/d.jpg"]);
        assert_eq!(pairs.twin_images().count(), 1);
    }

    #[test]
    fn photographs_of_the_tree_itself_count() {
        let pairs = Pairs::new(tree("t", &["a.png", "images/a.png", "legend.json"]), None).unwrap();
        assert_eq!(pairs.len(), 1);
        assert_eq!(pairs.image(0).map(|(_, path)| path), Some("images/a.png"));
        assert!(!Pairs::new(tree("t", &["a.png", "legend.json"]), None).unwrap().has_images());
        assert!(Pairs::new(tree("t", &["a.txt", "b.txt"]), None).is_err());
    }
}
