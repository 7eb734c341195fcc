//! The mask's PNG: four 8-bit channels, not interlaced.
//!
//! Labelled pixels have the legend's colour and alpha 255, unlabelled ones are 0 in every channel.

mod decode;
mod encode;
mod noise;
mod parse;
mod rows;
mod verify;

use std::collections::HashMap;

pub use encode::{Level, encode};
pub(crate) use verify::verify;

use super::LabelImage;
use super::png::{ColorKind, Header, header, rows};
use crate::error::At;
use crate::model::{Cells, Code, Grid, Mask, Rgba, with_cells};
use crate::{Error, Limits, Result};

/// Decodes a mask. A PNG of another type than a mask's is decoded too if its pixels are colours
/// exactly (8-bit RGB, palette, grey up to 8 bits), so that a validator can say more than "wrong type";
/// the [`Header`] tells which it was.
///
/// # Errors
/// A damaged file, a size above the limits, 16 bits a channel.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<(Header, Mask)> {
    let header = header(bytes, limits)?;
    let width = header.width as usize;
    let mut collector = Collector::new(width * header.height as usize);
    let mut pixels: Vec<[u8; 4]> = Vec::with_capacity(width);
    let (color, bits) = (header.color, header.bits);
    if bits == 16 {
        return Err(Error::invalid("a mask has 8 bits a channel").found(format!("16-bit {}", color.name())));
    }
    if color == ColorKind::Palette {
        return decode_palette(bytes, limits, header);
    }
    if let Some(mask) = decode::plain(bytes, &header) {
        return Ok((header, mask?));
    }
    let header = rows(bytes, limits, |row| {
        if color == ColorKind::Rgba {
            return collector.row(row.as_chunks::<4>().0);
        }
        pixels.clear();
        match color {
            ColorKind::Rgb => pixels.extend(row.as_chunks::<3>().0.iter().map(|&[r, g, b]| [r, g, b, 255])),
            ColorKind::GreyAlpha => pixels.extend(row.as_chunks::<2>().0.iter().map(|&[g, a]| [g, g, g, a])),
            _ => {
                let per_byte = 8 / usize::from(bits);
                let top = ((1u16 << bits) - 1) as u8;
                pixels.extend((0..width).map(|x| {
                    let value = row.get(x / per_byte).copied().unwrap_or_default();
                    let value = (value >> (8 - bits as usize * (x % per_byte + 1))) & top;
                    let grey = (u16::from(value) * 255 / u16::from(top)) as u8;
                    [grey, grey, grey, 255]
                }));
            }
        }
        collector.row(&pixels);
    })?;
    let mask = collector.into_mask(header.width, header.height)?;
    Ok((header, mask))
}

/// A palette PNG as a mask: only reading the whole file shows the palette, which follows the header.
fn decode_palette(bytes: &[u8], limits: &Limits, header: Header) -> Result<(Header, Mask)> {
    let LabelImage::Codes(grid, Some(palette)) = super::png::decode(bytes, limits)? else {
        return Err(Error::invalid("the PNG has no palette"));
    };
    // Palettes hold entries that no pixel uses, and equal ones.
    let mut codes = vec![0u8; palette.len().max(256)];
    let mut colors: Vec<Rgba> = Vec::new();
    for found in grid.occurrences() {
        let Some(&color) = palette.get(found.code as usize) else {
            let error = Error::invalid("a pixel's index lies outside the palette");
            return Err(error.at(At::Pixel(found.first.0, found.first.1)).found(format!("index {}", found.code)));
        };
        let known = colors.iter().position(|known| *known == color);
        codes[found.code as usize] = known.unwrap_or(colors.len()) as u8;
        if known.is_none() {
            colors.push(color);
        }
    }
    let (width, height) = grid.size();
    let cells = with_cells!(grid, cells => cells.iter().map(|code| codes[code.index()]).collect());
    Ok((header, Mask::new(Grid::new(width, height, Cells::U8(cells))?, colors)?))
}

/// Gathers decoded pixels of a colour image.
pub(super) fn collect(width: u32, height: u32, pixels: impl Iterator<Item = [u8; 4]>) -> Result<LabelImage> {
    let mut collector = Collector::new(width as usize * height as usize);
    let pixels: Vec<[u8; 4]> = pixels.collect();
    collector.row(&pixels);
    Ok(LabelImage::Colors(collector.into_mask(width, height)?))
}

/// Gathers the colours that occur, and a code for each pixel.
struct Collector {
    codes: Codes,
    colors: Vec<Rgba>,
    by_color: HashMap<[u8; 4], u32>,
}

/// Codes widen when a narrow type no longer holds them: most masks stay at one byte a pixel.
enum Codes {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
}

impl Collector {
    fn new(pixels: usize) -> Self {
        Collector { codes: Codes::U8(Vec::with_capacity(pixels)), colors: Vec::new(), by_color: HashMap::new() }
    }

    fn row(&mut self, row: &[[u8; 4]]) {
        let mut x = 0;
        while let Some(&color) = row.get(x) {
            let length = row[x..].iter().take_while(|&&other| other == color).count();
            let code = self.code(color);
            match &mut self.codes {
                Codes::U8(codes) => codes.resize(codes.len() + length, code as u8),
                Codes::U16(codes) => codes.resize(codes.len() + length, code as u16),
                Codes::U32(codes) => codes.resize(codes.len() + length, code),
            }
            x += length;
        }
    }

    fn code(&mut self, color: [u8; 4]) -> u32 {
        if let Some(&code) = self.by_color.get(&color) {
            return code;
        }
        let code = self.colors.len() as u32;
        self.colors.push(Rgba(color));
        self.by_color.insert(color, code);
        let wider = match &self.codes {
            Codes::U8(codes) if code == 1 << 8 => {
                let mut wide = Vec::with_capacity(codes.capacity());
                wide.extend(codes.iter().map(|&code| u16::from(code)));
                Some(Codes::U16(wide))
            }
            Codes::U16(codes) if code == 1 << 16 => {
                let mut wide = Vec::with_capacity(codes.capacity());
                wide.extend(codes.iter().map(|&code| u32::from(code)));
                Some(Codes::U32(wide))
            }
            _ => None,
        };
        if let Some(wider) = wider {
            self.codes = wider;
        }
        code
    }

    fn into_mask(self, width: u32, height: u32) -> Result<Mask> {
        let cells = match self.codes {
            Codes::U8(codes) => Cells::U8(codes),
            Codes::U16(codes) => Cells::U16(codes),
            Codes::U32(codes) => Cells::U32(codes),
        };
        Mask::new(Grid::new(width, height, cells)?, self.colors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(width: u32, height: u32, cells: Cells, colors: Vec<Rgba>) {
        let grid = Grid::new(width, height, cells).unwrap();
        let png = encode(&grid, &colors, Level::Default).unwrap();
        let (header, mask) = decode(&png, &Limits::default()).unwrap();
        assert_eq!((header.color, header.bits, header.interlaced), (ColorKind::Rgba, 8, false));
        for y in 0..height {
            for x in 0..width {
                let wanted = colors[grid.get(x, y).unwrap() as usize];
                assert_eq!(mask.colors()[mask.grid().get(x, y).unwrap() as usize], wanted);
            }
        }
    }

    fn many(count: u32) -> Vec<Rgba> {
        (0..count).map(|index| Rgba([(index >> 16) as u8, (index >> 8) as u8, index as u8, 255])).collect()
    }

    #[test]
    fn extremes_come_back_exactly() {
        round_trip(1, 1, Cells::U8(vec![0]), many(1));
        round_trip(1, 7, Cells::U8((0..7).collect()), many(7));
        round_trip(257, 1, Cells::U16((0..257).collect()), many(257));
        round_trip(300, 300, Cells::U32((0..90_000).collect()), many(90_000));
        round_trip(2, 2, Cells::U8(vec![0, 1, 1, 0]), vec![Rgba::UNLABELLED, Rgba([1, 2, 3, 255])]);
    }

    #[test]
    fn a_code_without_a_colour_is_refused() {
        let grid = Grid::new(1, 1, Cells::U8(vec![3])).unwrap();
        assert!(encode(&grid, &many(3), Level::Default).is_err());
    }

    #[test]
    fn other_types_are_told_and_still_read() {
        let grey = crate::pixels::png::encode_grey(&[0, 255], 2, 1).unwrap();
        let (header, mask) = decode(&grey, &Limits::default()).unwrap();
        assert_eq!(header.color, ColorKind::Grey);
        assert_eq!(mask.colors(), [Rgba([0, 0, 0, 255]), Rgba([255, 255, 255, 255])]);
        let deep = crate::pixels::png::encode_grey16(&[0, 255], 2, 1).unwrap();
        assert!(decode(&deep, &Limits::default()).is_err());
    }
}
