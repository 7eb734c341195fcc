//! 8-bit RGBA PNGs to codes, without the image ever standing as four bytes a pixel.
//!
//! Rows come out of the inflater into a small window and are taken 16 pixels at a time. Most such blocks repeat what is
//! above or at the left, under whatever filter: then their codes are copied, and no colour is looked up.

use crate::Result;
use crate::model::{Cells, Grid, Mask, Rgba};
use crate::pixels::inflate::{Broken, Inflate, SLACK, WINDOW};
use crate::pixels::png::{ColorKind, Header};
use crate::pixels::png_chunks::plain_chunks;

const PIXEL: usize = 4;
/// Pixels of a block, and its bytes.
const PIXELS: usize = 16;
const BYTES: usize = PIXELS * PIXEL;

type Block = [u32; PIXELS];

/// Decodes a plain file: RGBA, 8 bits, not interlaced, with no chunk of any weight but IHDR, IDAT and IEND. `None` for any
/// other file and for a damaged one: a decoder that says what is wrong takes those.
pub(super) fn plain(bytes: &[u8], header: &Header) -> Option<Result<Mask>> {
    if header.color != ColorKind::Rgba || header.bits != 8 || header.interlaced {
        return None;
    }
    let data = plain_chunks(bytes)?;
    let deflated = deflated(&data)?;
    let (width, height) = (header.width as usize, header.height as usize);
    let mut rows = Rows::new(width, height);
    let adler = inflate_rows(deflated, width, height, &mut rows).ok()?;
    let stored = adler.1.first_chunk::<4>()?;
    (u32::from_be_bytes(*stored) == adler.0).then(|| rows.into_mask(header.width, header.height))
}

/// What a zlib stream holds: deflate, a window of at most 32 KiB, no preset dictionary.
pub(super) fn deflated(data: &[u8]) -> Option<&[u8]> {
    let [method, flags, deflated @ ..] = data else { return None };
    let whole = (u16::from(*method) << 8 | u16::from(*flags)).is_multiple_of(31);
    (method & 15 == 8 && method >> 4 <= 7 && flags & 32 == 0 && whole).then_some(deflated)
}

/// Feeds every row; returns the checksum of all of them, and what follows the stream.
fn inflate_rows<'a>(
    deflated: &'a [u8],
    width: usize,
    height: usize,
    rows: &mut Rows,
) -> Result<(u32, &'a [u8]), Broken> {
    let stride = width.checked_mul(PIXEL).and_then(|bytes| bytes.checked_add(1)).ok_or(Broken)?;
    let mut stream = Inflate::new(deflated);
    // Small enough to stay in the cache, large enough that the window is seldom moved; a row fits.
    let mut window = vec![0; WINDOW + (3 * WINDOW).max(stride) + SLACK];
    let mut checksum = simd_adler32::Adler32::new();
    let (mut at, mut start, mut done) = (0, 0, 0);
    loop {
        let end = stream.run(&mut window, at)?;
        while end - start >= stride && done < height {
            let row = &window[start..start + stride];
            checksum.write(row);
            rows.row(done, row[0], &row[1..])?;
            start += stride;
            done += 1;
        }
        if stream.ended() {
            // A stream of more or less than the image is another decoder's business.
            return if done == height && start == end { Ok((checksum.finish(), stream.rest())) } else { Err(Broken) };
        }
        if done == height && start < end {
            return Err(Broken);
        }
        let keep = start.min(end.saturating_sub(WINDOW));
        window.copy_within(keep..end, 0);
        (at, start) = (end - keep, start - keep);
    }
}

/// Codes of the rows so far, and the last row's pixels.
struct Rows {
    width: usize,
    codes: Codes,
    above: Vec<u32>,
    colors: Colors,
}

/// Codes widen when a narrow type no longer holds them: most masks stay at one byte a pixel.
enum Codes {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
}

/// Runs the same code over whichever type the codes have.
macro_rules! with_codes {
    ($codes:expr, $cells:ident => $body:expr) => {
        match $codes {
            Codes::U8($cells) => $body,
            Codes::U16($cells) => $body,
            Codes::U32($cells) => $body,
        }
    };
}

impl Rows {
    fn new(width: usize, height: usize) -> Self {
        let codes = Codes::U8(Vec::with_capacity(width * height));
        Rows { width, codes, above: vec![0; width], colors: Colors::new() }
    }

    fn row(&mut self, y: usize, filter: u8, row: &[u8]) -> Result<(), Broken> {
        let start = y * self.width;
        // The row above, to begin with: most of it stays.
        with_codes!(&mut self.codes, codes => {
            if y == 0 {
                codes.resize(self.width, 0);
            } else {
                codes.extend_from_within(start - self.width..);
            }
        });
        // Above the first row is nothing: four zero bytes a pixel, which may be no colour of the mask.
        let all = y == 0;
        match filter {
            0 => self.each_block(start, row, all, unfilter_none),
            1 => self.each_block(start, row, all, unfilter_sub),
            2 => self.each_block(start, row, all, unfilter_up),
            3 => self.each_block(start, row, all, unfilter_average),
            4 => self.each_block(start, row, all, unfilter_paeth),
            _ => return Err(Broken),
        }
        Ok(())
    }

    /// Takes the row block by block: `unfilter(row, above, at the left)` puts the pixels in the place of those above,
    /// and says what they are.
    #[inline(always)]
    fn each_block(
        &mut self,
        start: usize,
        row: &[u8],
        all: bool,
        unfilter: impl Fn(&Block, &mut Block, &Left) -> Kind,
    ) {
        let mut left = Left { pixel: 0, above: 0 };
        let Rows { codes, above, colors, .. } = self;
        let mut at = start;
        let (blocks, tail) = above.as_chunks_mut::<PIXELS>();
        let (row_blocks, row_tail) = row.as_chunks::<BYTES>();
        for (row, above) in row_blocks.iter().zip(blocks) {
            let last_above = above[PIXELS - 1];
            match unfilter(&pixels(row), above, &left) {
                Kind::Above if !all => {}
                Kind::Run => colors.write_run(codes, at, PIXELS, above[0]),
                _ => colors.write(codes, at, above),
            }
            left = Left { pixel: above[PIXELS - 1], above: last_above };
            at += PIXELS;
        }
        if !tail.is_empty() {
            // A block with room for more: what lies behind the row's end is not taken over.
            let (mut padded, mut padded_above) = ([0; BYTES], [0; PIXELS]);
            padded[..row_tail.len()].copy_from_slice(row_tail);
            padded_above[..tail.len()].copy_from_slice(tail);
            unfilter(&pixels(&padded), &mut padded_above, &left);
            tail.copy_from_slice(&padded_above[..tail.len()]);
            colors.write(codes, at, tail);
        }
    }

    fn into_mask(self, width: u32, height: u32) -> Result<Mask> {
        let cells = match self.codes {
            Codes::U8(codes) => Cells::U8(codes),
            Codes::U16(codes) => Cells::U16(codes),
            Codes::U32(codes) => Cells::U32(codes),
        };
        Ok(Mask::of_found(Grid::new(width, height, cells)?, self.colors.table))
    }
}

/// What the pixels of a block are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Those above.
    Above,
    /// All the same.
    Run,
    Other,
}

/// The last pixel of the block at the left, and the one above that.
struct Left {
    pixel: u32,
    above: u32,
}

/// The pixels of stored bytes; red is the lowest byte.
#[inline(always)]
fn pixels(bytes: &[u8; BYTES]) -> Block {
    let bytes = bytes.as_chunks::<PIXEL>().0;
    std::array::from_fn(|index| u32::from_le_bytes(bytes[index]))
}

#[inline(always)]
fn is_zero(block: &Block) -> bool {
    block.iter().fold(0, |bits, pixel| bits | pixel) == 0
}

#[inline(always)]
fn same(one: &Block, other: &Block) -> bool {
    one.iter().zip(other).fold(0, |bits, (one, other)| bits | (one ^ other)) == 0
}

#[inline(always)]
fn all_are(block: &Block, pixel: u32) -> bool {
    block.iter().fold(0, |bits, one| bits | (one ^ pixel)) == 0
}

/// Adds byte by byte.
#[inline(always)]
fn add(one: u32, other: u32) -> u32 {
    const LOW: u32 = 0x7f7f_7f7f;
    (one & LOW).wrapping_add(other & LOW) ^ ((one ^ other) & !LOW)
}

#[inline(always)]
fn unfilter_none(row: &Block, above: &mut Block, _: &Left) -> Kind {
    if same(row, above) {
        return Kind::Above;
    }
    *above = *row;
    if all_are(row, row[0]) { Kind::Run } else { Kind::Other }
}

#[inline(always)]
fn unfilter_up(row: &Block, above: &mut Block, _: &Left) -> Kind {
    if is_zero(row) {
        return Kind::Above;
    }
    for (above, residual) in above.iter_mut().zip(row) {
        *above = add(*above, *residual);
    }
    Kind::Other
}

#[inline(always)]
fn unfilter_sub(row: &Block, above: &mut Block, left: &Left) -> Kind {
    let mut pixel = left.pixel;
    if is_zero(row) {
        if all_are(above, pixel) {
            return Kind::Above;
        }
        *above = [pixel; PIXELS];
        return Kind::Run;
    }
    let mut differs = 0;
    for (above, residual) in above.iter_mut().zip(row) {
        pixel = add(pixel, *residual);
        differs |= *above ^ pixel;
        *above = pixel;
    }
    if differs == 0 { Kind::Above } else { Kind::Other }
}

#[inline(always)]
fn unfilter_average(row: &Block, above: &mut Block, left: &Left) -> Kind {
    let mut pixel = left.pixel;
    if is_zero(row) && all_are(above, pixel) {
        return Kind::Above;
    }
    let mut differs = 0;
    for (above, residual) in above.iter_mut().zip(row) {
        // The mean of each byte, rounded down.
        let mean = (pixel & *above).wrapping_add(((pixel ^ *above) & 0xfefe_fefe) >> 1);
        pixel = add(mean, *residual);
        differs |= *above ^ pixel;
        *above = pixel;
    }
    if differs == 0 { Kind::Above } else { Kind::Other }
}

#[inline(always)]
fn unfilter_paeth(row: &Block, above: &mut Block, left: &Left) -> Kind {
    let Left { mut pixel, above: mut corner } = *left;
    if is_zero(row) {
        // Where the left pixel equals the one above it, no residual means no change from above, all along.
        if pixel == corner {
            return Kind::Above;
        }
        // Where all above equals the corner, the left pixel goes on.
        if all_are(above, corner) {
            *above = [pixel; PIXELS];
            return Kind::Run;
        }
    }
    let mut differs = 0;
    for (above, residual) in above.iter_mut().zip(row) {
        let predicted = if pixel == corner {
            *above
        } else if *above == corner {
            pixel
        } else {
            let (left, above, corner) = (pixel.to_le_bytes(), above.to_le_bytes(), corner.to_le_bytes());
            u32::from_le_bytes(std::array::from_fn(|index| paeth(left[index], above[index], corner[index])))
        };
        corner = *above;
        pixel = add(predicted, *residual);
        differs |= *above ^ pixel;
        *above = pixel;
    }
    if differs == 0 { Kind::Above } else { Kind::Other }
}

/// The predictor of the PNG specification, chapter 9.4.
#[inline]
fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let (near_left, near_above, near_corner) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    if near_left <= near_above && near_left <= near_corner {
        left
    } else if near_above <= near_corner {
        above
    } else {
        corner
    }
}

/// The colours that occur, in the order in which they do; a code for each.
struct Colors {
    table: Vec<Rgba>,
    /// Open addressing: colour and code + 1; 0 is free. A power of two of places, at most half of them taken.
    places: Vec<(u32, u32)>,
    last: (u32, u32),
}

impl Colors {
    fn new() -> Self {
        Colors { table: Vec::new(), places: vec![(0, 0); 64], last: (0, u32::MAX) }
    }

    /// Puts the codes of some pixels in their place, widening where they no longer fit.
    #[inline]
    fn write(&mut self, codes: &mut Codes, at: usize, pixels: &[u32]) {
        let mut found = [0u32; PIXELS];
        for (found, &color) in found.iter_mut().zip(pixels) {
            *found = self.code_of(color);
        }
        codes.fit(self.table.len());
        with_codes!(codes, codes => {
            for (code, found) in codes[at..at + pixels.len()].iter_mut().zip(found) {
                *code = found as _;
            }
        });
    }

    /// The same for pixels that are all alike.
    #[inline]
    fn write_run(&mut self, codes: &mut Codes, at: usize, length: usize, color: u32) {
        let found = self.code_of(color);
        codes.fit(self.table.len());
        with_codes!(codes, codes => codes[at..at + length].fill(found as _));
    }

    #[inline(always)]
    fn code_of(&mut self, color: u32) -> u32 {
        if color != self.last.0 || self.last.1 == u32::MAX {
            self.last = (color, self.code(color));
        }
        self.last.1
    }

    fn code(&mut self, color: u32) -> u32 {
        let mask = self.places.len() - 1;
        let mut place = Self::hash(color) & mask;
        loop {
            let (other, code) = self.places[place];
            if code == 0 {
                break;
            }
            if other == color {
                return code - 1;
            }
            place = (place + 1) & mask;
        }
        let code = self.table.len() as u32;
        self.table.push(Rgba(color.to_le_bytes()));
        self.places[place] = (color, code + 1);
        if self.table.len() * 2 > self.places.len() {
            self.grow();
        }
        code
    }

    fn grow(&mut self) {
        let mask = self.places.len() * 2 - 1;
        self.places = vec![(0, 0); mask + 1];
        for (color, code) in self.table.iter().zip(1..) {
            let color = u32::from_le_bytes(color.0);
            let mut place = Self::hash(color) & mask;
            while self.places[place].1 != 0 {
                place = (place + 1) & mask;
            }
            self.places[place] = (color, code);
        }
    }

    fn hash(color: u32) -> usize {
        (u64::from(color).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
    }
}

impl Codes {
    /// Widens until that many codes fit.
    #[inline]
    fn fit(&mut self, colors: usize) {
        let wider = match self {
            Codes::U8(codes) if colors > 1 << 8 => {
                let mut wide = Vec::with_capacity(codes.capacity());
                wide.extend(codes.iter().map(|&code| u16::from(code)));
                Codes::U16(wide)
            }
            Codes::U16(codes) if colors > 1 << 16 => {
                let mut wide = Vec::with_capacity(codes.capacity());
                wide.extend(codes.iter().map(|&code| u32::from(code)));
                Codes::U32(wide)
            }
            _ => return,
        };
        *self = wider;
        // A jump from one byte to four within a block.
        self.fit(colors);
    }
}
