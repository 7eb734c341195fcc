//! What the formats of COCO's family share: a file of entries that may be larger than memory, and the entries.

mod entries;
mod index;
mod scan;
mod write;

pub(super) use entries::{ImageEntry, instance};
pub(super) use index::{Image, Index, Place};
pub(super) use write::Gathered;
