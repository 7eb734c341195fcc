//! TIFF label maps: one page, grey of up to 32 bits, signed or unsigned, or a palette's indices.

mod lzw;

use std::io::Cursor;

use tiff::decoder::{Decoder, DecodingResult, Limits as TiffLimits};
use tiff::{ColorType, TiffError};

use crate::model::{Cells, ClassId, Grid, LabelMap};
use crate::{Error, Limits, Result};

/// Decodes a TIFF whose pixels stand for classes.
///
/// # Errors
/// A damaged file, several pages, several channels, floating point, a size above the limits.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<LabelMap> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(|error| failed(&error))?;
    let (width, height) = decoder.dimensions().map_err(|error| failed(&error))?;
    limits.size(width.into(), height.into())?;
    let color = decoder.colortype().map_err(|error| failed(&error))?;
    match color {
        ColorType::Gray(_) | ColorType::Palette(_) => {}
        other => {
            return Err(Error::unsupported("pixels of this TIFF cannot stand for classes")
                .found(format!("{other:?}"))
                .expected("one grey channel of whole numbers, or a palette")
                .hint("colour-coded maps are read from PNG"));
        }
    }
    if color.bit_depth() < 8 {
        // The decoder hands these out packed.
        return Err(Error::unsupported("TIFF pixels of less than 8 bits are not read")
            .found(format!("{} bits", color.bit_depth()))
            .hint("save the map with 8 bits, or as PNG"));
    }
    // Asked for now that the size is known and allowed.
    let room = usize::try_from(u64::from(width) * u64::from(height) * 8).unwrap_or(usize::MAX);
    let mut bounds = TiffLimits::default();
    bounds.decoding_buffer_size = room;
    bounds.intermediate_buffer_size = room;
    decoder = decoder.with_limits(bounds);
    let pixels = lzw::read(&mut decoder, bytes, color.bit_depth()).and_then(|pixels| match pixels {
        Some(pixels) => Ok(pixels),
        None => decoder.read_image(),
    });
    let pixels = pixels.map_err(|error| failed(&error))?;
    if decoder.more_images() {
        return Err(Error::unsupported("the TIFF has more than one page").hint("save each map in a file of its own"));
    }
    macro_rules! ids {
        ($values:expr) => {
            LabelMap::from_ids(width, height, $values.iter().map(|&value| ClassId::from(value)))
        };
    }
    match pixels {
        DecodingResult::U8(cells) => Ok(LabelMap::new(Grid::new(width, height, Cells::U8(cells))?)),
        DecodingResult::U16(cells) => Ok(LabelMap::new(Grid::new(width, height, Cells::U16(cells))?)),
        DecodingResult::U32(cells) => Ok(LabelMap::new(Grid::new(width, height, Cells::U32(cells))?)),
        DecodingResult::I8(values) => ids!(values),
        DecodingResult::I16(values) => ids!(values),
        DecodingResult::I32(values) => ids!(values),
        DecodingResult::I64(values) => ids!(values),
        _ => Err(Error::invalid("class IDs are whole numbers").found("floating point or 64 unsigned bits")),
    }
}

fn failed(error: &TiffError) -> Error {
    match error {
        TiffError::UnsupportedError(what) => Error::unsupported("the TIFF uses something not supported")
            .found(what.to_string())
            .hint("save it without compression, or with LZW or Deflate"),
        TiffError::LimitsExceeded => Error::invalid("the TIFF claims more than its size allows"),
        other => Error::invalid("the TIFF is damaged").found(other.to_string()).hint("copy or make the file again"),
    }
}
