//! The rules, one file each; small ones that share one look at the same thing share a file.

pub(super) mod alpha;
pub(super) mod class_names;
pub(super) mod classes_file;
pub(super) mod color_unknown;
pub(super) mod image_size;
pub(super) mod images;
pub(super) mod instance_gap;
pub(super) mod instance_mixed;
pub(super) mod instance_number;
pub(super) mod instance_split;
pub(super) mod keys;
pub(super) mod label_number;
pub(super) mod legend_missing;
pub(super) mod legend_spelling;
pub(super) mod legend_syntax;
pub(super) mod legend_unreadable;
pub(super) mod legend_unused;
pub(super) mod mask_empty;
pub(super) mod mask_missing;
pub(super) mod png_broken;
pub(super) mod png_extras;
pub(super) mod png_kind;
pub(super) mod specks;
