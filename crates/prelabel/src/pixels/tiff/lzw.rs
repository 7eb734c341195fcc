//! Strips and tiles of a TIFF compressed with LZW.
//!
//! The `tiff` crate (0.11.3) takes a tile that is full where a read ends for one that is cut, and refuses valid files
//! of libtiff's and tifffile's: <https://github.com/image-rs/image-tiff/issues/395>. Until that is released, LZW is
//! undone here with the crate that it uses itself.

use std::io::Cursor;

use tiff::decoder::{ChunkType, Decoder, DecodingResult};
use tiff::tags::{ByteOrder, Predictor, Tag};
use tiff::{TiffError, TiffFormatError};
use weezl::BitOrder;
use weezl::decode::Configuration;

/// A tile may be larger than a small image, but not by more than this.
const MOST_CHUNK_BYTES: usize = 64 << 20;

/// Reads an image of one sample a pixel; nothing if it is not one that this module is for.
pub(super) fn read(
    decoder: &mut Decoder<Cursor<&[u8]>>,
    bytes: &[u8],
    bits: u8,
) -> Result<Option<DecodingResult>, TiffError> {
    const LZW: u16 = 5;
    const UNSIGNED: u16 = 1;
    const SIGNED: u16 = 2;
    if decoder.find_tag_unsigned::<u16>(Tag::Compression)? != Some(LZW) {
        return Ok(None);
    }
    let format = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat)?;
    let format = format.and_then(|formats| formats.first().copied()).unwrap_or(UNSIGNED);
    let little = decoder.byte_order() == ByteOrder::LittleEndian;
    let narrow = |bytes: [u8; 2]| if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
    let wide = |bytes: [u8; 4]| if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
    // Signed samples are read as unsigned ones: differences wrap around alike.
    Ok(match (format, bits) {
        (UNSIGNED, 8) => Some(DecodingResult::U8(samples(decoder, bytes, u8::from_le_bytes, u8::wrapping_add)?)),
        (UNSIGNED, 16) => Some(DecodingResult::U16(samples(decoder, bytes, narrow, u16::wrapping_add)?)),
        (UNSIGNED, 32) => Some(DecodingResult::U32(samples(decoder, bytes, wide, u32::wrapping_add)?)),
        (SIGNED, 8) => {
            let values = samples(decoder, bytes, u8::from_le_bytes, u8::wrapping_add)?;
            Some(DecodingResult::I8(values.into_iter().map(u8::cast_signed).collect()))
        }
        (SIGNED, 16) => {
            let values = samples(decoder, bytes, narrow, u16::wrapping_add)?;
            Some(DecodingResult::I16(values.into_iter().map(u16::cast_signed).collect()))
        }
        (SIGNED, 32) => {
            let values = samples(decoder, bytes, wide, u32::wrapping_add)?;
            Some(DecodingResult::I32(values.into_iter().map(u32::cast_signed).collect()))
        }
        _ => None,
    })
}

/// All samples in reading order; `N` is the size of one.
fn samples<const N: usize, T: Copy + Default>(
    decoder: &mut Decoder<Cursor<&[u8]>>,
    bytes: &[u8],
    sample: impl Fn([u8; N]) -> T,
    add: impl Fn(T, T) -> T,
) -> Result<Vec<T>, TiffError> {
    let damaged = || TiffError::FormatError(TiffFormatError::InconsistentSizesEncountered);
    let (width, height) = decoder.dimensions()?;
    let (width, height) = (width as usize, height as usize);
    let predictor = decoder.find_tag_unsigned::<u16>(Tag::Predictor)?.unwrap_or(Predictor::None.to_u16());
    let differences = predictor == Predictor::Horizontal.to_u16();
    if !differences && predictor != Predictor::None.to_u16() {
        return Err(TiffFormatError::UnknownPredictor(predictor).into());
    }
    let tiles = decoder.get_chunk_type() == ChunkType::Tile;
    let (offsets, counts) = match tiles {
        true => (Tag::TileOffsets, Tag::TileByteCounts),
        false => (Tag::StripOffsets, Tag::StripByteCounts),
    };
    let (offsets, counts) = (decoder.get_tag_u64_vec(offsets)?, decoder.get_tag_u64_vec(counts)?);
    let (chunk_width, chunk_height) = decoder.chunk_dimensions();
    let (chunk_width, chunk_height) = (chunk_width as usize, chunk_height as usize);
    if chunk_width == 0 || chunk_height == 0 || (!tiles && chunk_width != width) {
        return Err(damaged());
    }
    let across = width.div_ceil(chunk_width);
    if offsets.len() != counts.len() || offsets.len() != across * height.div_ceil(chunk_height) {
        return Err(damaged());
    }
    let mut image = vec![T::default(); width * height];
    let mut chunk = Vec::new();
    for (index, (&offset, &count)) in offsets.iter().zip(&counts).enumerate() {
        let (left, top) = (index % across * chunk_width, index / across * chunk_height);
        let (columns, rows) = (chunk_width.min(width - left), chunk_height.min(height - top));
        // A tile is whole even where it sticks out of the image, the last strip is not.
        let stored_rows = if tiles { chunk_height } else { rows };
        let size = chunk_width.checked_mul(stored_rows).and_then(|pixels| pixels.checked_mul(N));
        let size = size.filter(|size| *size <= MOST_CHUNK_BYTES.max(width * height * N)).ok_or_else(damaged)?;
        let end = offset.checked_add(count).and_then(|end| usize::try_from(end).ok());
        let data = end.and_then(|end| bytes.get(offset as usize..end)).ok_or_else(damaged)?;
        chunk.resize(size, 0);
        if undo(data, &mut chunk) < size {
            return Err(damaged());
        }
        for (row, stored) in chunk.chunks_exact(chunk_width * N).take(rows).enumerate() {
            let start = (top + row) * width + left;
            let mut before = T::default();
            for (pixel, stored) in image[start..start + columns].iter_mut().zip(stored.as_chunks::<N>().0) {
                let value = sample(*stored);
                before = if differences { add(before, value) } else { value };
                *pixel = before;
            }
        }
    }
    Ok(image)
}

/// Fills `out`, says how far it came. What follows is not looked at: not every writer ends with the end code.
fn undo(mut data: &[u8], out: &mut [u8]) -> usize {
    let mut decoder = Configuration::with_tiff_size_switch(BitOrder::Msb, 8).build();
    let mut filled = 0;
    while filled < out.len() {
        let result = decoder.decode_bytes(data, &mut out[filled..]);
        filled += result.consumed_out;
        data = &data[result.consumed_in..];
        if result.status.is_err() || (result.consumed_in == 0 && result.consumed_out == 0) {
            break;
        }
    }
    filled
}
