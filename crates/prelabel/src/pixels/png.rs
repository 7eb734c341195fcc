//! PNG label maps: grey of 1 to 16 bits and palette indices as they are, colours as colours.

use std::io::Cursor;

use super::{LabelImage, png_chunks};
use crate::model::{Cells, Code, Color, Grid, Rgba, with_cells};
use crate::{Error, ErrorKind, Limits, Result};

/// How the pixels of a PNG are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorKind {
    /// One grey channel.
    Grey,
    /// Grey and alpha.
    GreyAlpha,
    /// Indices into a palette.
    Palette,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha.
    Rgba,
}

impl ColorKind {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            ColorKind::Grey => "grey",
            ColorKind::GreyAlpha => "grey with alpha",
            ColorKind::Palette => "palette",
            ColorKind::Rgb => "RGB",
            ColorKind::Rgba => "RGBA",
        }
    }
}

/// What the header of a PNG says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// How pixels are stored.
    pub color: ColorKind,
    /// Bits a channel.
    pub bits: u8,
    /// True if the rows come in seven passes.
    pub interlaced: bool,
    /// The palette with its transparency, if there is one.
    pub palette: Option<Vec<Rgba>>,
}

/// Reads the header of a PNG; the bytes may end anywhere after it.
///
/// # Errors
/// No PNG, a damaged header, a size above the limits.
pub fn header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    let mut decoder = decoder(bytes);
    let info = decoder.read_header_info().map_err(|error| failed(bytes, &error))?;
    limits.size(info.width.into(), info.height.into())?;
    Ok(header_of(info))
}

/// Decodes a PNG whose pixels stand for classes.
///
/// # Errors
/// A damaged file, a size above the limits, 16-bit colours, grey with alpha.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<LabelImage> {
    let header = header(bytes, limits)?;
    match (header.color, header.bits) {
        (ColorKind::Rgb | ColorKind::Rgba, 8) => Ok(LabelImage::Colors(super::mask_png::decode(bytes, limits)?.1)),
        (ColorKind::Grey | ColorKind::Palette, 16) => {
            let mut cells = Vec::with_capacity(pixels(&header));
            let header = rows(bytes, limits, |row| {
                cells.extend(row.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])));
            })?;
            Ok(LabelImage::Codes(Grid::new(header.width, header.height, Cells::U16(cells))?, None))
        }
        (ColorKind::Grey | ColorKind::Palette, bits) => {
            let mut cells = Vec::with_capacity(pixels(&header));
            let width = header.width as usize;
            let header = rows(bytes, limits, |row| match bits {
                8 => cells.extend_from_slice(row),
                _ => unpack(row, bits, width, &mut cells),
            })?;
            Ok(LabelImage::Codes(Grid::new(header.width, header.height, Cells::U8(cells))?, header.palette))
        }
        (color, bits) => Err(Error::unsupported("pixels of this PNG cannot stand for classes")
            .found(format!("{bits}-bit {}", color.name()))
            .expected("grey of 1 to 16 bits, a palette, or 8-bit RGB(A) with a legend")),
    }
}

/// A grey PNG of 8 bits.
///
/// # Errors
/// A number of pixels other than `width × height`.
pub fn encode_grey(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>> {
    encode(pixels, width, height, ::png::BitDepth::Eight)
}

/// A grey PNG of 16 bits.
///
/// # Errors
/// A number of pixels other than `width × height`.
pub fn encode_grey16(pixels: &[u16], width: u32, height: u32) -> Result<Vec<u8>> {
    let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_be_bytes()).collect();
    encode(&bytes, width, height, ::png::BitDepth::Sixteen)
}

/// A palette PNG of 8 bits: pixels are indices into `palette`.
///
/// # Errors
/// A number of pixels other than `width × height`.
pub fn encode_palette(pixels: &[u8], width: u32, height: u32, palette: &[Color]) -> Result<Vec<u8>> {
    encode_as(::png::ColorType::Indexed, ::png::BitDepth::Eight, (width, height), pixels, |encoder| {
        encoder.set_palette(palette.iter().flat_map(|color| [color.r, color.g, color.b]).collect::<Vec<u8>>());
    })
}

/// An RGB PNG of 8 bits a channel: each code of the grid has a colour.
///
/// # Errors
/// A code without a colour.
pub fn encode_rgb(grid: &Grid, colors: &[Color]) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(grid.cells().len() * 3);
    with_cells!(grid, cells => for code in cells {
        let color = colors.get(code.index()).copied().unwrap_or(Color::BLACK);
        bytes.extend_from_slice(&[color.r, color.g, color.b]);
    });
    if grid.occurrences().last().is_some_and(|found| found.code as usize >= colors.len()) {
        return Err(Error::invalid("the colour table of a map does not fit its pixels"));
    }
    encode_as(::png::ColorType::Rgb, ::png::BitDepth::Eight, grid.size(), &bytes, |_| {})
}

fn encode(pixels: &[u8], width: u32, height: u32, depth: ::png::BitDepth) -> Result<Vec<u8>> {
    encode_as(::png::ColorType::Grayscale, depth, (width, height), pixels, |_| {})
}

fn encode_as(
    color: ::png::ColorType,
    depth: ::png::BitDepth,
    (width, height): (u32, u32),
    pixels: &[u8],
    more: impl FnOnce(&mut ::png::Encoder<'_, &mut Vec<u8>>),
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.set_filter(::png::Filter::Up);
    more(&mut encoder);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(pixels)?;
        writer.finish()
    });
    written.map_err(|error| Error::invalid("the map cannot be written as a PNG").source(error))?;
    Ok(bytes)
}

/// Calls `each` with every row as it is stored, top to bottom; the whole file is checked.
pub(super) fn rows(bytes: &[u8], limits: &Limits, mut each: impl FnMut(&[u8])) -> Result<Header> {
    let fail = |error: ::png::DecodingError| failed(bytes, &error);
    let mut reader = decoder(bytes).read_info().map_err(fail)?;
    let header = header_of(reader.info());
    limits.size(header.width.into(), header.height.into())?;
    if header.interlaced {
        let size = reader.output_buffer_size().ok_or_else(|| too_large(&header))?;
        let mut frame = vec![0; size];
        let info = reader.next_frame(&mut frame).map_err(fail)?;
        frame.chunks_exact(info.line_size).for_each(&mut each);
    } else {
        while let Some(row) = reader.next_row().map_err(fail)? {
            each(row.data());
        }
    }
    // Without this, a file whose end is missing would pass.
    reader.finish().map_err(fail)?;
    Ok(header)
}

fn decoder(bytes: &[u8]) -> ::png::Decoder<Cursor<&[u8]>> {
    let mut decoder = ::png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(::png::Transformations::IDENTITY);
    // Texts and profiles say nothing about pixels, and may inflate to anything.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder
}

fn header_of(info: &::png::Info<'_>) -> Header {
    let palette = info.palette.as_ref().map(|palette| {
        let alpha = |index: usize| info.trns.as_ref().and_then(|trns| trns.get(index)).copied().unwrap_or(255);
        let colors = palette.chunks_exact(3).enumerate();
        colors.map(|(index, rgb)| Rgba([rgb[0], rgb[1], rgb[2], alpha(index)])).collect()
    });
    Header {
        width: info.width,
        height: info.height,
        color: match info.color_type {
            ::png::ColorType::Grayscale => ColorKind::Grey,
            ::png::ColorType::GrayscaleAlpha => ColorKind::GreyAlpha,
            ::png::ColorType::Indexed => ColorKind::Palette,
            ::png::ColorType::Rgb => ColorKind::Rgb,
            ::png::ColorType::Rgba => ColorKind::Rgba,
        },
        bits: info.bit_depth as u8,
        interlaced: info.interlaced,
        palette,
    }
}

fn failed(bytes: &[u8], error: &::png::DecodingError) -> Error {
    png_chunks::first_damage(bytes).unwrap_or_else(|| {
        let error = Error::invalid("the PNG is damaged").found(error.to_string());
        error.hint(png_chunks::AGAIN)
    })
}

fn too_large(header: &Header) -> Error {
    Error::new(ErrorKind::Limit, "the image does not fit this machine's memory")
        .found(format!("{} × {}", header.width, header.height))
}

fn pixels(header: &Header) -> usize {
    header.width as usize * header.height as usize
}

/// Takes the pixels of a row apart that share bytes: the leftmost is in the highest bits.
fn unpack(row: &[u8], bits: u8, width: usize, cells: &mut Vec<u8>) {
    let per_byte = 8 / usize::from(bits);
    let mask = ((1u16 << bits) - 1) as u8;
    cells.extend((0..width).map(|x| {
        let shift = 8 - bits as usize * (x % per_byte + 1);
        row.get(x / per_byte).copied().unwrap_or_default() >> shift & mask
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(color: ::png::ColorType, depth: ::png::BitDepth, data: &[u8], width: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut bytes, width, 1);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == ::png::ColorType::Indexed {
            encoder.set_palette((0..48).collect::<Vec<u8>>());
        }
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    #[test]
    fn every_depth_keeps_its_values() {
        use ::png::{BitDepth, ColorType};
        let cases: [(_, &[u8], u32, Cells); 6] = [
            (BitDepth::One, &[0b1010_0000], 3, Cells::U8(vec![1, 0, 1])),
            (BitDepth::Two, &[0b1101_1000], 3, Cells::U8(vec![3, 1, 2])),
            (BitDepth::Four, &[0xf0, 0x70], 3, Cells::U8(vec![15, 0, 7])),
            (BitDepth::Eight, &[0, 1, 255], 3, Cells::U8(vec![0, 1, 255])),
            (BitDepth::Sixteen, &[0x69, 0x79, 0xff, 0xff], 2, Cells::U16(vec![27001, 65535])),
            (BitDepth::One, &[0xff, 0x80], 9, Cells::U8(vec![1; 9])),
        ];
        for (depth, data, width, cells) in cases {
            let png = sample(ColorType::Grayscale, depth, data, width);
            let grid = Grid::new(width, 1, cells).unwrap();
            assert_eq!(decode(&png, &Limits::default()).unwrap(), LabelImage::Codes(grid, None), "{depth:?}");
        }
        let png = sample(ColorType::Indexed, BitDepth::Four, &[0x2f], 2);
        let Ok(LabelImage::Codes(grid, Some(palette))) = decode(&png, &Limits::default()) else { panic!() };
        assert_eq!(grid.cells(), &Cells::U8(vec![2, 15]));
        assert_eq!(palette[2], Rgba([6, 7, 8, 255]));
    }

    #[test]
    fn a_claimed_size_is_refused_before_it_is_allocated() {
        let mut png = encode_grey(&[0; 4], 2, 2).unwrap();
        png[16..20].copy_from_slice(&100_000u32.to_be_bytes());
        png[20..24].copy_from_slice(&100_000u32.to_be_bytes());
        let crc = crc32fast::hash(&png[12..29]).to_be_bytes();
        png[29..33].copy_from_slice(&crc);
        assert_eq!(decode(&png, &Limits::default()).unwrap_err().kind(), ErrorKind::Limit);
    }

    #[test]
    fn the_round_trip_is_exact() {
        let limits = Limits::default();
        let narrow: Vec<u8> = (0..=255).collect();
        let png = encode_grey(&narrow, 16, 16).unwrap();
        assert_eq!(
            decode(&png, &limits).unwrap(),
            LabelImage::Codes(Grid::new(16, 16, Cells::U8(narrow)).unwrap(), None)
        );
        let wide: Vec<u16> = (0..256).map(|value| value * 257).collect();
        let png = encode_grey16(&wide, 16, 16).unwrap();
        assert_eq!(
            decode(&png, &limits).unwrap(),
            LabelImage::Codes(Grid::new(16, 16, Cells::U16(wide)).unwrap(), None)
        );
    }
}
