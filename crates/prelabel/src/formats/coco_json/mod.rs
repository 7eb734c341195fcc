//! What the formats of COCO's family share: a file of entries that may be larger than memory, and the entries.

mod categories;
mod drawing;
mod entries;
mod index;
pub(super) mod panoptic;
mod reader;
mod scan;
mod write;

pub(super) use entries::{ImageEntry, shape};
pub(super) use index::{Place, each_element};
pub(super) use reader::{Flavor, open, open_bare};
pub(super) use write::{Form, Gathered};

/// By the names in the beginning of a file: the list of images may be longer than that.
pub(super) fn looks_like_coco(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    if start.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return false;
    }
    let has = |name: &str| start.windows(name.len()).any(|window| window == name.as_bytes());
    let annotations = has("\"image_id\"") && has("\"category_id\"");
    let images = has("\"images\"") && (has("\"file_name\"") || has("\"coco_url\""));
    (annotations || images) && !has("\"segments_info\"") && !has("\"caption\"")
}
