//! The bit stream of Label Studio's brush, `thi.ng/rle-pack` over the RGBA bytes of an image, row-major; the mask is
//! the alpha channel.
//!
//! 32 bits: how many values; 5 bits: bits of a value less one; four times 4 bits: bits of a length less one. Then
//! blocks: one bit (a value repeated, or values one by one), two bits (which of the four), the length less one, values.

use crate::error::At;
use crate::geometry::{Span, Spans};
use crate::{Error, Result};

/// Bits of a length, as label-studio-sdk writes them.
const SIZES: [u32; 4] = [3, 4, 8, 16];

/// The pixels of an image of that size whose alpha is above 0.
///
/// # Errors
/// A stream for another number of pixels, one that ends too soon, a block that goes beyond the image, values of more
/// than a byte. The error names the bit.
pub fn decode_brush(bytes: &[u8], width: u32, height: u32) -> Result<Spans> {
    let mut bits = Bits { bytes, at: 0 };
    let wanted = (u64::from(width) * u64::from(height)).saturating_mul(4);
    let values = u64::from(bits.read(32)?);
    if values != wanted {
        return Err(Error::invalid("the brush stroke is of another size than its image")
            .found(format!("{values} values"))
            .expected(format!("4 × {width} × {height} = {wanted}")));
    }
    let word = bits.read(5)? + 1;
    if word > 8 {
        return Err(Error::unsupported("the brush stroke has values of more than a byte").found(format!("{word} bits")));
    }
    let mut sizes = [0; 4];
    for size in &mut sizes {
        *size = bits.read(4)? + 1;
    }
    let mut inside = Ranges::default();
    let mut at = 0;
    while at < values {
        let block = bits.at;
        let repeated = bits.read(1)? == 1;
        let size = sizes[bits.read(2)? as usize];
        let end = at + u64::from(bits.read(size)?) + 1;
        if end > values {
            return Err(Error::invalid("a block of the brush stroke goes beyond the image")
                .at(At::Entry(format!("bit {block}")))
                .found(format!("values {at} to {end}"))
                .expected(format!("at most {values}")));
        }
        if repeated {
            if bits.read(word)? > 0 {
                inside.add(pixel(at), pixel(end));
            }
        } else {
            for value in at..end {
                if bits.read(word)? > 0 {
                    inside.add(pixel(value), pixel(value + 1));
                }
            }
        }
        at = end;
    }
    inside.spans(width, height)
}

/// The first pixel whose alpha is value `index` or behind it.
fn pixel(index: u64) -> u64 {
    index / 4
}

/// A mask as label-studio-sdk's `mask2rle` writes one of 0 and 255: all four channels alike.
///
/// # Errors
/// More pixels than the stream can count.
pub fn encode_brush(mask: &Spans) -> Result<Vec<u8>> {
    let row = u64::from(mask.width());
    let pixels = row * u64::from(mask.height());
    let values = u32::try_from(pixels.saturating_mul(4)).map_err(|_| {
        Error::unsupported("the image is too large for a brush stroke")
            .found(format!("{} × {}", mask.width(), mask.height()))
            .expected("at most 1,073,741,823 pixels")
    })?;
    let mut bits = Written::default();
    bits.write(values, 32);
    bits.write(8 - 1, 5);
    for size in SIZES {
        bits.write(size - 1, 4);
    }
    let mut at = 0;
    let mut inside = Ranges::default();
    for span in mask.as_slice() {
        let start = u64::from(span.y) * row;
        inside.add(start + u64::from(span.start), start + u64::from(span.end));
    }
    for (start, end) in inside.0 {
        bits.run(start - at, 0);
        bits.run(end - start, 255);
        at = end;
    }
    bits.run(pixels - at, 0);
    Ok(bits.finish())
}

/// Ranges of pixels in reading order; those that touch are one.
#[derive(Default)]
struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    fn add(&mut self, start: u64, end: u64) {
        match self.0.last_mut() {
            _ if start >= end => {}
            Some(last) if last.1 == start => last.1 = end,
            _ => self.0.push((start, end)),
        }
    }

    fn spans(&self, width: u32, height: u32) -> Result<Spans> {
        let row = u64::from(width.max(1));
        let mut spans = Vec::new();
        for &(mut start, end) in &self.0 {
            while start < end {
                let (y, x) = (start / row, start % row);
                let length = (row - x).min(end - start);
                spans.push(Span { y: y as u32, start: x as u32, end: (x + length) as u32 });
                start += length;
            }
        }
        Spans::new(width, height, spans)
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn read(&mut self, count: u32) -> Result<u32> {
        let count = count as usize;
        if self.bytes.len() * 8 - self.at < count {
            return Err(Error::invalid("the brush stroke is cut off")
                .at(At::Entry(format!("bit {}", self.at)))
                .found(format!("{} bytes", self.bytes.len())));
        }
        // At most 32 bits, which lie in at most 5 bytes.
        let first = self.at / 8;
        let mut value = 0u64;
        for index in first..first + 5 {
            value = value << 8 | u64::from(self.bytes.get(index).copied().unwrap_or(0));
        }
        let value = value >> (40 - self.at % 8 - count) & ((1 << count) - 1);
        self.at += count;
        Ok(value as u32)
    }
}

#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    /// Bits that are no byte yet.
    open: u64,
    count: u32,
}

impl Written {
    fn write(&mut self, value: u32, count: u32) {
        self.open = self.open << count | u64::from(value);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.open >> self.count) as u8);
        }
        self.open &= (1 << self.count) - 1;
    }

    /// A run of pixels, four values each.
    fn run(&mut self, pixels: u64, value: u32) {
        let mut left = pixels * 4;
        if left > 0 {
            let (index, size, most) = match left {
                0..=8 => (0, 3, 8),
                9..=16 => (1, 4, 16),
                17..=256 => (2, 8, 256),
                _ => (3, 16, 1 << 16),
            };
            // What is left of a long run keeps the size of long ones.
            loop {
                let length = left.min(most);
                self.write(1, 1);
                self.write(index, 2);
                self.write((length - 1) as u32, size);
                self.write(value, 8);
                left -= length;
                if left == 0 {
                    break;
                }
            }
        }
    }

    /// The reference pads with at least one bit.
    fn finish(mut self) -> Vec<u8> {
        self.write(0, 8 - self.count);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(state: &mut u64) -> u32 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as u32
    }

    #[test]
    fn the_alpha_of_a_pixel_is_its_fourth_value() {
        for (index, wanted) in [(0, 0), (1, 0), (3, 0), (4, 1), (5, 1), (7, 1), (8, 2)] {
            assert_eq!(pixel(index), wanted, "{index}");
        }
    }

    #[test]
    fn masks_come_back() {
        let mut state = 5;
        for _ in 0..5000 {
            let (width, height) = (random(&mut state) % 90 + 1, random(&mut state) % 90 + 1);
            let spans = (0..random(&mut state) % 40).map(|_| {
                let start = random(&mut state) % width;
                Span { y: random(&mut state) % height, start, end: start + 1 + random(&mut state) % width }
            });
            let mask = Spans::new(width, height, spans.collect()).unwrap();
            assert_eq!(decode_brush(&encode_brush(&mask).unwrap(), width, height).unwrap(), mask);
        }
        let whole = Spans::new(40_000, 3, (0..3).map(|y| Span { y, start: 0, end: 40_000 }).collect()).unwrap();
        assert_eq!(decode_brush(&encode_brush(&whole).unwrap(), 40_000, 3).unwrap(), whole);
    }

    /// Whatever the bytes say, they cost no more than the image and their own length.
    #[test]
    fn random_bytes_give_a_mask_or_an_error() {
        let mut state = 9;
        let mut passed = 0;
        for round in 0..200_000u32 {
            let (width, height) = (random(&mut state) % 9 + 1, random(&mut state) % 9 + 1);
            let mut bytes: Vec<u8> = (0..random(&mut state) % 60).map(|_| random(&mut state) as u8).collect();
            // Most of them get a head that lets the body count.
            if round % 8 > 0 && bytes.len() > 8 {
                bytes[..4].copy_from_slice(&(width * height * 4).to_be_bytes());
                bytes[4] &= 0b0011_1111;
            }
            if let Ok(mask) = decode_brush(&bytes, width, height) {
                assert!(mask.area() <= u64::from(width * height));
                let again = encode_brush(&mask).unwrap();
                assert_eq!(decode_brush(&again, width, height).unwrap(), mask);
                passed += 1;
            }
        }
        assert!(passed > 500, "{passed}");
    }

    #[test]
    fn cut_streams_and_other_sizes_are_refused() {
        let mask = Spans::new(7, 5, vec![Span { y: 1, start: 2, end: 5 }]).unwrap();
        let bytes = encode_brush(&mask).unwrap();
        for length in 0..bytes.len() - 1 {
            assert!(decode_brush(&bytes[..length], 7, 5).is_err(), "{length}");
        }
        assert!(decode_brush(&bytes, 7, 6).is_err());
        assert!(decode_brush(&bytes, u32::MAX, u32::MAX).is_err());
    }
}
