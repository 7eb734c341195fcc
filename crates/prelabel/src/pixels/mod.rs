//! Codecs: bytes ⇄ pixels. None knows a format's folders, names or tables.

pub mod bmp;
pub mod brush;
mod deflate;
mod inflate;
pub mod mask_png;
pub mod npy;
pub mod photo;
pub mod png;
mod png_chunks;
pub mod tiff;

use crate::model::{Grid, Mask, Rgba};

/// An image file whose pixels stand for classes: directly, or by their colour.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelImage {
    /// Grey values or palette indices; with the palette where there is one.
    Codes(Grid, Option<Vec<Rgba>>),
    /// Colours.
    Colors(Mask),
}
