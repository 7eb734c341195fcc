//! The image that a mask belongs to: only its header is read.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ImageDecoder, ImageReader};

/// What an image's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Stored width and height.
    pub(crate) size: (u32, u32),
    /// Whether its EXIF orientation makes viewers show it with width and height swapped.
    pub(crate) turned: bool,
}

/// Reads the header.
pub(crate) fn read(bytes: &[u8]) -> Result<Picture, String> {
    const KINDS: &str = "PNG, JPEG, WebP or BMP";
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    if reader.format().is_none() {
        return Err(format!("the file at this URL is not an image; expected {KINDS}"));
    }
    let mut decoder =
        reader.into_decoder().map_err(|error| format!("the image cannot be read: {error}; expected {KINDS}"))?;
    // An orientation that cannot be read turns nothing.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let turned = matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    Ok(Picture { size: decoder.dimensions(), turned })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_no_image_is_told_so() {
        assert!(read(b"<html>not found</html>").unwrap_err().contains("not an image"));
        assert!(read(b"").is_err());
    }

    #[test]
    fn the_size_stands_in_the_header() {
        let mut bytes = Vec::new();
        let picture = image::RgbImage::new(7, 5);
        picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Jpeg).unwrap();
        assert_eq!(read(&bytes).unwrap(), Picture { size: (7, 5), turned: false });
    }
}
