//! Whether a file that was just encoded says what was meant.
//!
//! The stream is decoded, but its bytes are not put together: what a copy repeats is compared in the map itself, one
//! code a pixel instead of four bytes.

use super::decode::deflated;
use crate::model::{Code, Grid, Rgba, with_cells};
use crate::pixels::inflate::{Broken, Inflate, Tokens};
use crate::pixels::png_chunks::plain_chunks;

const PIXEL: usize = 4;

/// True if the file decodes to these codes in these colours. For files of our own encoder: rows without a filter.
pub(crate) fn verify(bytes: &[u8], grid: &Grid, colors: &[Rgba]) -> bool {
    let size = [grid.width().to_be_bytes(), grid.height().to_be_bytes()].concat();
    // Signature, length and name of IHDR; then the size, 8 bits, RGBA, not interlaced.
    let header = bytes.get(16..29).is_some_and(|header| header[..8] == size && header[8..] == [8, 6, 0, 0, 0]);
    let data = plain_chunks(bytes);
    let Some(deflated) = data.as_deref().filter(|_| header).and_then(deflated) else { return false };
    let colors: Vec<u32> = colors.iter().map(|color| u32::from_le_bytes(color.0)).collect();
    with_cells!(grid, cells => {
        let mut check = Check { cells, colors: &colors, width: grid.width() as usize, y: 0, byte: 0 };
        let rest = Inflate::new(deflated).tokens(&mut check);
        // The checksum of the bytes follows; its closed form is proven by tests against other decoders.
        check.byte == 0 && check.y == grid.height() as usize && rest.is_ok_and(|rest| rest.len() == 4)
    })
}

struct Check<'a, T> {
    cells: &'a [T],
    colors: &'a [u32],
    width: usize,
    /// The row and the byte of it that come next.
    y: usize,
    byte: usize,
}

impl<T: Code> Check<'_, T> {
    fn stride(&self) -> usize {
        self.width * PIXEL + 1
    }

    /// What is meant to stand at a byte of a row.
    #[inline]
    fn meant(&self, y: usize, byte: usize) -> Option<u8> {
        let Some(byte) = byte.checked_sub(1) else { return (y * self.width < self.cells.len()).then_some(0) };
        let code = self.cells.get(y * self.width + byte / PIXEL)?;
        Some((self.colors.get(code.index())? >> (8 * (byte % PIXEL))) as u8)
    }

    fn step(&mut self, bytes: usize) {
        self.byte += bytes;
        if self.byte == self.stride() {
            (self.y, self.byte) = (self.y + 1, 0);
        }
    }
}

impl<T: Code> Tokens for Check<'_, T> {
    #[inline]
    fn literals(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        for &byte in bytes {
            if self.meant(self.y, self.byte) != Some(byte) {
                return Err(Broken);
            }
            self.step(1);
        }
        Ok(())
    }

    #[inline]
    fn copy(&mut self, mut length: usize, distance: usize) -> Result<(), Broken> {
        let stride = self.stride();
        // Where the bytes come from: what stands there was compared before.
        let (mut from_y, mut from) = match self.byte.checked_sub(distance) {
            Some(from) => (self.y, from),
            None => {
                let back = distance - self.byte;
                // Seldom more than a row: a division would take as long as the rest.
                let rows = if back <= stride { 1 } else { back.div_ceil(stride) };
                (self.y.checked_sub(rows).ok_or(Broken)?, rows * stride - back)
            }
        };
        while length > 0 {
            let (here, there) = (self.byte, from);
            let mut some = 1;
            if here > 0 && there > 0 && here % PIXEL == 1 && there % PIXEL == 1 && length >= PIXEL {
                // Whole pixels, up to the end of either row.
                let pixels = (length.min(stride - here).min(stride - there)) / PIXEL;
                let cell = |y: usize, byte: usize| y * self.width + byte / PIXEL;
                let (mine, theirs) = (cell(self.y, here), cell(from_y, there));
                let mine = self.cells.get(mine..mine + pixels).ok_or(Broken)?;
                let theirs = self.cells.get(theirs..theirs + pixels).ok_or(Broken)?;
                let color = |code: &T| self.colors.get(code.index());
                // Two codes may have one colour.
                if mine != theirs && !mine.iter().map(color).eq(theirs.iter().map(color)) {
                    return Err(Broken);
                }
                some = pixels * PIXEL;
            } else {
                let meant = self.meant(self.y, here);
                if meant.is_none() || meant != self.meant(from_y, there) {
                    return Err(Broken);
                }
            }
            self.step(some);
            from += some;
            if from == stride {
                (from_y, from) = (from_y + 1, 0);
            }
            length -= some;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cells;
    use crate::pixels::mask_png::{Level, encode};

    #[test]
    fn one_pixel_off_is_noticed() {
        let mut state = 3u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let colors: Vec<Rgba> = (0..5).map(|code| Rgba([code, 7, 0, 255])).collect();
        for round in 0..400 {
            let (width, height) = (1 + random() % 400, 1 + random() % 6);
            let steady = random() % 40;
            let mut cells: Vec<u8> = Vec::new();
            for _ in 0..width * height {
                let cell = cells.last().copied().filter(|_| random() % 40 < steady);
                cells.push(cell.unwrap_or(random() as u8 % 4));
            }
            let grid = Grid::new(width, height, Cells::U8(cells.clone())).unwrap();
            let level = Level::ALL[round % 3];
            let png = encode(&grid, &colors, level).unwrap();
            assert!(verify(&png, &grid, &colors));
            cells[(random() % (width * height)) as usize] = 4;
            assert!(!verify(&png, &Grid::new(width, height, Cells::U8(cells)).unwrap(), &colors));
            let mut other = colors.clone();
            other.swap(0, 1);
            let uses = with_cells!(grid, cells => cells.iter().any(|code| code.index() < 2));
            assert_eq!(verify(&png, &grid, &other), !uses);
        }
    }
}
