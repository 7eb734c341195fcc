//! Photographs: only their size and how a viewer turns them.

use std::io::Cursor;

use image::{ImageDecoder, ImageReader};

use crate::{Error, Limits, Result};

/// The size of a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoSize {
    /// Columns, as stored.
    pub width: u32,
    /// Rows, as stored.
    pub height: u32,
    /// True if its EXIF orientation makes viewers swap columns and rows.
    pub turned: bool,
}

/// Reads the size of a JPEG, PNG, WebP or BMP photograph.
///
/// # Errors
/// Another format, a damaged header.
pub fn size(bytes: &[u8], limits: &Limits) -> Result<PhotoSize> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::invalid("the size of the image cannot be read").found(error.to_string()).hint("copy the image again")
    };
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| failed(&error))?;
    let mut decoder = reader.into_decoder().map_err(|error| failed(&error))?;
    let (width, height) = decoder.dimensions();
    limits.size(width.into(), height.into())?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    // EXIF orientations 5 to 8 swap the sides.
    Ok(PhotoSize { width, height, turned: orientation.to_exif() >= 5 })
}
