//! BMP label maps, read only: indices of a palette, or colours.

use std::io::Cursor;

use image::ImageDecoder;
use image::codecs::bmp::BmpDecoder;

use super::LabelImage;
use crate::model::{Cells, Grid, Rgba};
use crate::{Error, Limits, Result};

/// Decodes a BMP whose pixels stand for classes.
///
/// # Errors
/// A damaged file, a size above the limits.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<LabelImage> {
    let failed = |error: image::ImageError| {
        Error::invalid("the BMP is damaged").found(error.to_string()).hint("copy or make the file again")
    };
    let mut decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    limits.size(width.into(), height.into())?;
    let palette: Option<Vec<Rgba>> =
        decoder.get_palette().map(|palette| palette.iter().map(|&[r, g, b]| Rgba([r, g, b, 255])).collect());
    if palette.is_some() {
        decoder.set_indexed_color(true);
    }
    let channels = decoder.color_type().channel_count() as usize;
    let size = usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX);
    let mut pixels = vec![0; size];
    decoder.read_image(&mut pixels).map_err(failed)?;
    match (palette, channels) {
        (palette @ Some(_), 1) => Ok(LabelImage::Codes(Grid::new(width, height, Cells::U8(pixels))?, palette)),
        (None, 3) => {
            super::mask_png::collect(width, height, pixels.as_chunks::<3>().0.iter().map(|&[r, g, b]| [r, g, b, 255]))
        }
        (None, 4) => super::mask_png::collect(width, height, pixels.as_chunks::<4>().0.iter().copied()),
        _ => {
            Err(Error::unsupported("pixels of this BMP cannot stand for classes").found(format!("{channels} channels")))
        }
    }
}
