//! Decoders in Rust that people use instead, each with the look-up of colours that one writes after it.

use std::io::Cursor;

use anyhow::{anyhow, bail};

use crate::engines::Rust;
use crate::maps::Map;

pub(crate) const ALL: &[Rust] = &[
    Rust { name: "png + run cache", run: |job| ids(job.map, &png(job.png())?) },
    Rust { name: "image + run cache", run: |job| ids(job.map, &image(job.png())?) },
    Rust { name: "zune-png + run cache", run: |job| ids(job.map, &zune(job.png())?) },
    Rust { name: "lodepng + run cache", run: |job| ids(job.map, &lodepng(job.png())?) },
    Rust { name: "spng + run cache", run: |job| ids(job.map, &spng(job.png())?) },
];

fn png(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    Ok(png_with_size(bytes)?.0)
}

/// The judge of everybody's files: pixels, width and height.
pub(crate) fn png_with_size(bytes: &[u8]) -> anyhow::Result<(Vec<u8>, (u32, u32))> {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().unwrap_or_default()];
    let info = reader.next_frame(&mut pixels)?;
    if (info.color_type, info.bit_depth) != (png::ColorType::Rgba, png::BitDepth::Eight) {
        bail!("it wrote {:?} of {:?}, not RGBA of 8 bits", info.color_type, info.bit_depth);
    }
    Ok((pixels, (info.width, info.height)))
}

fn image(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    Ok(image::load_from_memory_with_format(bytes, image::ImageFormat::Png)?.into_rgba8().into_raw())
}

fn zune(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut decoder = zune_png::PngDecoder::new(zune_core::bytestream::ZCursor::new(bytes));
    decoder.decode_raw().map_err(|error| anyhow!("{error:?}"))
}

fn lodepng(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut decoder = lodepng::Decoder::new();
    decoder.info_raw_mut().set_colortype(lodepng::ColorType::RGBA);
    match decoder.decode(bytes)? {
        lodepng::Image::RGBA(image) => {
            Ok(image.buffer.iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b, pixel.a]).collect())
        }
        _ => bail!("no RGBA"),
    }
}

fn spng(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    Ok(spng::decode(bytes, spng::Format::Rgba8)?.1)
}

/// Colours to class IDs: the last colour is remembered, others are found in a table.
fn ids(map: &Map, rgba: &[u8]) -> anyhow::Result<Vec<u8>> {
    const BITS: u32 = 12;
    let place = |color: u32| (color.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize;
    let mut table = vec![(0u32, 0u8, false); 1 << BITS];
    for (color, id) in map.palette.iter().zip(0..=255) {
        let color = u32::from_le_bytes(*color);
        let mut at = place(color);
        while table[at].2 {
            at = (at + 1) % table.len();
        }
        table[at] = (color, id, true);
    }
    let mut ids = Vec::with_capacity(rgba.len() / 4);
    let mut last = (!u32::from_le_bytes(rgba.first_chunk().copied().unwrap_or_default()), 0);
    for pixel in rgba.as_chunks::<4>().0 {
        let color = u32::from_le_bytes(*pixel);
        if color != last.0 {
            let mut at = place(color);
            while table[at].0 != color || !table[at].2 {
                if !table[at].2 {
                    bail!("the colour {pixel:?} is no class");
                }
                at = (at + 1) % table.len();
            }
            last = (color, table[at].1);
        }
        ids.push(last.1);
    }
    Ok(ids)
}
