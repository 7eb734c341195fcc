//! Panoptic files: what tells them from others, their reader and their writer.

mod annotation;
mod read;
mod write;

pub(in crate::formats) use read::open;
pub(in crate::formats) use write::writer;

use super::categories::Categories;
use super::entries::{ImageEntry, broken, whole};
use super::index::{Image, Images, Index, Place};
use super::reader::Flavor;
use super::write::{category, number_of, numbers};
use crate::tree::Source;

/// How much of a file's beginning and end is looked at to recognise it.
const PIECE: usize = 64 << 10;

/// The files of a tree that are of this form, in the order of their paths.
pub(in crate::formats) fn files(source: &dyn Source) -> Vec<String> {
    let lone = source.paths().len() == 1;
    let json = |path: &String| lone || path.to_ascii_lowercase().ends_with(".json");
    let candidates: Vec<String> = source.paths().iter().filter(json).collect();
    let like = |path: &String| source.read_start(path, PIECE).is_ok_and(|start| is_panoptic(source, path, &start));
    // A folder of masks may hold a hundred thousand tables of other kinds: a few of them tell.
    if candidates.len() > 64 && !candidates.iter().take(16).any(like) {
        return Vec::new();
    }
    candidates.into_iter().filter(like).collect()
}

/// By the names in a file's beginning; where that has images only, in its end.
pub(in crate::formats) fn is_panoptic(source: &dyn Source, path: &str, start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let is_object = start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if !is_object || has(start, "\"segments_info\"") {
        return is_object;
    }
    if start.len() < PIECE || has(start, "\"category_id\"") || !has(start, "\"images\"") {
        return false;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    if !source.seeks() {
        return name.starts_with("panoptic");
    }
    let length = source.size(path).unwrap_or_default();
    let end = [(length.saturating_sub(PIECE as u64), PIECE as u64)];
    let end = source.read_parts(path, &end, &crate::Limits::default()).unwrap_or_default();
    end.iter().any(|end| has(end, "\"segments_info\""))
}

fn has(bytes: &[u8], name: &str) -> bool {
    bytes.windows(name.len()).any(|window| window == name.as_bytes())
}
