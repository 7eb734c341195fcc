//! A pre-label mask, looked at pixel by pixel.
//!
//! Rows are decoded one at a time, so a mask costs its file and one row of memory, whatever its size.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Limits};

use crate::legend::Legend;
use crate::mask_problems::Problems;
use crate::picture::Picture;

/// The most pixels that are looked at.
const MAX_PIXELS: u64 = 1 << 30;

/// The widest mask; its row takes 4 MiB.
const MAX_WIDTH: u32 = 1 << 20;

/// What the decoder may allocate for itself: a few rows.
const DECODER_MEMORY: usize = 64 << 20;

/// First column, step between columns, first row, step between rows.
type Pass = (u32, u32, u32, u32);

const WHOLE: &[Pass] = &[(0, 1, 0, 1)];
const ADAM7: &[Pass] =
    &[(0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2)];

/// Says what is wrong with the mask, if anything is.
pub(crate) fn check(mask: &[u8], picture: Option<Picture>, legend: &Legend) -> Result<(), String> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(mask), Limits { bytes: DECODER_MEMORY });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(|error| format!("the mask is not a PNG: {error}"))?;
    let (width, height) = (header.width, header.height);
    let passes = if header.interlaced { ADAM7 } else { WHOLE };
    if (header.color_type, header.bit_depth) != (ColorType::Rgba, BitDepth::Eight) {
        let found = format!("{:?} with {} bits", header.color_type, header.bit_depth as u8);
        return Err(format!("the mask is {found} a channel, expected Rgba with 8 bits"));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width > MAX_WIDTH {
        return Err(format!("the mask is {width} x {height} pixels, more than the sandbox looks at"));
    }
    same_size((width, height), picture)?;

    let damaged = |error| format!("the mask is damaged: {error}");
    let mut reader = decoder.read_info().map_err(damaged)?;
    let mut row = vec![0; width as usize * 4];
    let mut problems = Problems::new(legend);
    for &(left, across, top, down) in passes.iter().filter(|pass| pass.0 < width) {
        let samples = (width - left).div_ceil(across) as usize;
        for y in (top..height).step_by(down as usize) {
            reader.read_row(&mut row).map_err(damaged)?;
            problems.look_at(&row[..samples * 4], (left, across), y);
        }
    }
    // The checksums at the end are only read here.
    reader.finish().map_err(damaged)?;
    problems.summary().map_or(Ok(()), Err)
}

fn same_size(mask: (u32, u32), picture: Option<Picture>) -> Result<(), String> {
    let Some(picture) = picture.filter(|picture| picture.size != mask) else { return Ok(()) };
    let (width, height) = picture.size;
    let mut message = format!("the mask is {} x {} pixels, its image {width} x {height}", mask.0, mask.1);
    if picture.turned && mask == (height, width) {
        message.push_str(
            "; viewers turn this image for its EXIF orientation, but a mask must have the size that is stored",
        );
    }
    Err(message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn legend() -> Legend {
        Legend::read(json!({"#0a0b0c": "sky"}).as_object().unwrap()).unwrap()
    }

    fn png(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(ColorType::Rgba);
        encoder.set_depth(BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        bytes
    }

    #[test]
    fn a_header_that_claims_too_much_is_refused_before_any_row() {
        let mut bytes = png(1, 1, &[0; 4]);
        // Width and height of the header, then its checksum.
        bytes[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let checksum = crc(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert!(check(&bytes, None, &legend()).unwrap_err().contains("more than the sandbox looks at"));
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        let bytes = png(5, 3, &[10, 11, 12, 255].repeat(15));
        assert_eq!(check(&bytes, None, &legend()), Ok(()));
        for length in 0..bytes.len() {
            assert!(check(&bytes[..length], None, &legend()).is_err(), "{length}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(check(&flipped, None, &legend()).is_err(), "{bit}");
        }
    }

    #[test]
    fn an_interlaced_mask_is_looked_at_in_its_own_places() {
        // One stray pixel at each place in turn: every pass must map back to where it came from.
        for place in 0..9 * 5 {
            let mut pixels = [10, 11, 12, 255].repeat(9 * 5);
            pixels[place * 4] = 77;
            let message = check(&interlaced(9, 5, &pixels), None, &legend()).unwrap_err();
            let expected = format!("x {}, y {}", place % 9, place / 9);
            assert!(message.contains("1 pixel") && message.contains(&expected), "{message}: {expected}");
        }
    }

    #[test]
    fn an_image_that_is_turned_on_the_screen_explains_the_size() {
        let mask = png(2, 3, &[0; 24]);
        let message = |turned| check(&mask, Some(Picture { size: (3, 2), turned }), &legend()).unwrap_err();
        assert!(message(true).contains("EXIF"));
        assert_eq!(message(false), "the mask is 2 x 3 pixels, its image 3 x 2");
        assert_eq!(check(&mask, Some(Picture { size: (2, 3), turned: true }), &legend()), Ok(()));
    }

    fn crc(bytes: &[u8]) -> u32 {
        let step = |value: u32| if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
        !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |value, _| step(value)))
    }

    /// The encoder writes no interlaced files; stored blocks and filter 0 need none.
    fn interlaced(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
        let mut raw = Vec::new();
        for &(left, across, top, down) in ADAM7.iter().filter(|pass| pass.0 < width) {
            for y in (top..height).step_by(down as usize) {
                raw.push(0);
                for x in (left..width).step_by(across as usize) {
                    let at = (y * width + x) as usize * 4;
                    raw.extend_from_slice(&pixels[at..at + 4]);
                }
            }
        }
        let (mut a, mut b) = (1u32, 0u32);
        for byte in &raw {
            a = (a + u32::from(*byte)) % 65521;
            b = (b + a) % 65521;
        }
        let length = u16::try_from(raw.len()).unwrap();
        let mut zlib = vec![0x78, 0x01, 1];
        zlib.extend(length.to_le_bytes());
        zlib.extend((!length).to_le_bytes());
        zlib.extend(&raw);
        zlib.extend((b << 16 | a).to_be_bytes());
        let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
        header.extend([8, 6, 0, 0, 1]);
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, data) in [(b"IHDR", header), (b"IDAT", zlib), (b"IEND", Vec::new())] {
            file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            let chunk = [name.as_slice(), &data].concat();
            file.extend(&chunk);
            file.extend(crc(&chunk).to_be_bytes());
        }
        file
    }
}
