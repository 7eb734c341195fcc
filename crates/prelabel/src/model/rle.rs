use crate::error::At;
use crate::{Error, Result};

/// A binary mask as COCO writes it: run lengths down the columns, column after column from the left, the first run
/// outside the mask, then inside, and so on in turn.
///
/// # Guarantees
/// The runs add up to `height × width`, which is at least 1 and fits 32 bits, as in `pycocotools`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rle {
    height: u32,
    width: u32,
    counts: Vec<u32>,
}

impl Rle {
    /// A mask from its run lengths.
    ///
    /// # Errors
    /// A side of zero, more than 2³² − 1 pixels, runs that add up to something else than the size.
    pub fn new(height: u32, width: u32, counts: Vec<u32>) -> Result<Self> {
        let pixels = Rle::pixels_of(height, width)?;
        let mut sum = 0u64;
        for &count in &counts {
            sum += u64::from(count);
        }
        if sum != pixels {
            return Err(Error::invalid("the run lengths do not add up to the size")
                .found(format!("{} runs of together {sum} pixels", counts.len()))
                .expected(format!("{height} × {width} (height × width) = {pixels}"))
                .hint("the mask belongs to an image of another size, or height and width are swapped"));
        }
        Ok(Rle { height, width, counts })
    }

    /// The mask without a pixel.
    ///
    /// # Errors
    /// A side of zero, more than 2³² − 1 pixels.
    pub fn empty(height: u32, width: u32) -> Result<Self> {
        let pixels = Rle::pixels_of(height, width)?;
        Ok(Rle { height, width, counts: vec![pixels as u32] })
    }

    fn pixels_of(height: u32, width: u32) -> Result<u64> {
        let pixels = u64::from(height) * u64::from(width);
        if pixels == 0 || pixels > u64::from(u32::MAX) {
            return Err(Error::invalid("this is no size of a mask")
                .found(format!("{height} × {width}"))
                .expected("sides of at least 1, at most 4,294,967,295 pixels"));
        }
        Ok(pixels)
    }

    /// A mask from ascending positions (`x × height + y`) at which it begins and ends in turn. Equal ones cancel out.
    pub(crate) fn from_ascending_ends(height: u32, width: u32, ends: impl IntoIterator<Item = u32>) -> Result<Self> {
        let pixels = Rle::pixels_of(height, width)? as u32;
        let mut before = 0;
        let mut runs = ends.into_iter().chain([pixels]).map(|end| {
            let end = end.min(pixels);
            end - std::mem::replace(&mut before, end)
        });
        let mut counts = Vec::new();
        counts.extend(runs.next());
        while let Some(run) = runs.next() {
            if run > 0 {
                counts.push(run);
            } else if let (Some(last), Some(next)) = (counts.last_mut(), runs.next()) {
                // A run of nothing: its neighbours are one run.
                *last += next;
            }
        }
        Ok(Rle { height, width, counts })
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The run lengths, outside first.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The runs inside the mask: first position (`x × height + y`) and length; none is empty.
    pub fn runs(&self) -> impl Iterator<Item = (u32, u32)> + Clone {
        let mut position = 0;
        self.counts.iter().enumerate().filter_map(move |(index, &count)| {
            let start = position;
            position += count;
            (index % 2 == 1 && count > 0).then_some((start, count))
        })
    }

    /// Pixels inside.
    pub fn area(&self) -> u64 {
        self.runs().map(|(_, length)| u64::from(length)).sum()
    }

    /// The smallest box around the mask: left, top, width, height in pixels; all 0 if the mask is empty.
    ///
    /// A run that goes on into the next column covers all rows between, as in `pycocotools`.
    pub fn bounding_box(&self) -> [u32; 4] {
        let (mut left, mut top, mut right, mut bottom) = (self.width, self.height, 0, 0);
        for (start, length) in self.runs() {
            let (first, last) = (start / self.height, (start + length - 1) / self.height);
            left = left.min(first);
            right = right.max(last);
            if first < last {
                (top, bottom) = (0, self.height - 1);
            }
            top = top.min(start % self.height);
            bottom = bottom.max((start + length - 1) % self.height);
        }
        if left > right { [0; 4] } else { [left, top, right - left + 1, bottom - top + 1] }
    }

    /// The run lengths as COCO's compressed string: six bits a character; from the fourth run on, the difference to
    /// the run two before.
    pub fn to_coco_string(&self) -> String {
        let mut text = Vec::with_capacity(self.counts.len() * 2);
        for (index, &count) in self.counts.iter().enumerate() {
            let mut value = i64::from(count);
            if index > 2 {
                value -= i64::from(self.counts[index - 2]);
            }
            loop {
                let bits = (value & 0x1f) as u8;
                value >>= 5;
                let more = value != if bits & 0x10 == 0 { 0 } else { -1 };
                text.push(FIRST + bits + if more { MORE } else { 0 });
                if !more {
                    break;
                }
            }
        }
        String::from_utf8(text).unwrap_or_default()
    }

    /// Reads COCO's compressed string.
    ///
    /// # Errors
    /// A character outside `0`–`o`, a string that ends within a run, a run that is negative or too long, and what
    /// [`Rle::new`] refuses.
    pub fn from_coco_string(height: u32, width: u32, text: &str) -> Result<Self> {
        let pixels = Rle::pixels_of(height, width)?;
        let at = |index: usize, error: Error| error.at(At::Entry(format!("character {index} of the run lengths")));
        let bytes = text.as_bytes();
        // Looked at beforehand: without a way out in the middle, many at a time.
        let wrong = |byte: &u8| !(FIRST..FIRST + 64).contains(byte);
        if bytes.iter().fold(false, |any, byte| any | wrong(byte)) {
            let index = bytes.iter().position(wrong).unwrap_or_default();
            let error = Error::invalid("this is no COCO run-length string");
            return Err(at(index, error.found(format!("byte {:#04x}", bytes[index])).expected("`0` to `o`")));
        }
        let ends_in = |part: &[u8]| part.iter().map(|byte| u8::from((byte - FIRST) & MORE == 0)).sum::<u8>();
        let ends = bytes.chunks(usize::from(u8::MAX)).map(|part| usize::from(ends_in(part))).sum();
        let mut counts: Vec<u32> = Vec::with_capacity(ends);
        let mut index = 0;
        while index < bytes.len() {
            let (difference, length) = match short_number(&bytes[index..]) {
                Some(number) => number,
                None => long_number(&bytes[index..]).map_err(|(place, error)| at(index + place, error))?,
            };
            index += length;
            let value = match counts.len() {
                0..=2 => difference,
                known => difference + i64::from(counts[known - 2]),
            };
            let count = u32::try_from(value).ok().filter(|&count| u64::from(count) <= pixels);
            counts.push(count.ok_or_else(|| {
                let error = Error::invalid("a run length is not within the mask");
                at(index - 1, error.found(value.to_string()).expected(format!("0 to {pixels}")))
            })?);
        }
        Rle::new(height, width, counts)
    }
}

/// The character of five zeros. Five bits a character, the lowest first; [`MORE`] tells that others follow.
const FIRST: u8 = b'0';
const MORE: u8 = 0x20;

/// A number of up to four characters and how many these are, without a branch for each; nothing for longer ones, and near
/// the end of a string. All bytes are COCO's.
#[inline]
fn short_number(bytes: &[u8]) -> Option<(i64, usize)> {
    let word = u64::from_le_bytes(*bytes.first_chunk()?).wrapping_sub(0x3030_3030_3030_3030);
    let ends = !word & 0x2020_2020;
    if ends == 0 {
        return None;
    }
    let length = ends.trailing_zeros() / 8 + 1;
    let bits = (word & 0x1f) | (word >> 3 & 0x3e0) | (word >> 6 & 0x7c00) | (word >> 9 & 0xf_8000);
    // The last bit is the sign.
    let unused = 64 - 5 * length;
    Some((((bits << unused) as i64) >> unused, length as usize))
}

/// The same for any number; an error comes with its place.
fn long_number(bytes: &[u8]) -> Result<(i64, usize), (usize, Error)> {
    let (mut value, mut shift) = (0i64, 0u32);
    for (index, byte) in bytes.iter().enumerate() {
        let bits = i64::from(byte - FIRST);
        // Seven characters hold any difference of two runs of 32 bits.
        if shift > 30 {
            return Err((index, Error::invalid("a run length has too many characters")));
        }
        value |= (bits & 0x1f) << shift;
        shift += 5;
        if bits & i64::from(MORE) == 0 {
            if bits & 0x10 != 0 {
                value |= -1 << shift;
            }
            return Ok((value, index + 1));
        }
    }
    Err((bytes.len(), Error::invalid("the run lengths are cut off")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_as_pycocotools_writes_them() {
        // Rows 0101, 0010, 0010.
        let rle = Rle::from_coco_string(3, 4, "3132O").unwrap();
        assert_eq!(rle.counts(), [3, 1, 3, 3, 2]);
        assert_eq!(rle.to_coco_string(), "3132O");
        assert_eq!((rle.area(), rle.bounding_box()), (4, [1, 0, 3, 3]));
        let full = Rle::new(2, 2, vec![0, 4]).unwrap();
        assert_eq!(full.to_coco_string(), "04");
        assert_eq!(Rle::from_coco_string(2, 2, "04").unwrap(), full);
        assert_eq!(Rle::empty(2, 2).unwrap().bounding_box(), [0; 4]);
    }

    #[test]
    fn long_runs_and_negative_differences_come_back() {
        let counts = vec![1_000_000, 3, 2_000_000_000, 1, 5, 999_999];
        let sum: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        let rle = Rle::new(sum as u32, 1, counts).unwrap();
        assert_eq!(Rle::from_coco_string(sum as u32, 1, &rle.to_coco_string()).unwrap(), rle);
    }

    #[test]
    fn hostile_strings_are_refused() {
        for text in ["", "9", "1", "~", "P", "oooooooooooo", "OOOO", "é", "0000000000000000000", "PPPPPPP4"] {
            assert!(Rle::from_coco_string(2, 2, text).is_err(), "{text}");
        }
        assert!(Rle::new(0, 5, vec![]).is_err() && Rle::new(1 << 16, 1 << 16, vec![]).is_err());
    }

    #[test]
    fn ends_that_meet_join_their_runs() {
        let rle = |ends: &[u32]| Rle::from_ascending_ends(4, 3, ends.iter().copied()).unwrap().counts().to_vec();
        assert_eq!(rle(&[]), [12]);
        assert_eq!(rle(&[0, 12]), [0, 12]);
        assert_eq!(rle(&[2, 4, 4, 6]), [2, 4, 6]);
        assert_eq!(rle(&[2, 5, 7, 7, 7, 9]), [2, 3, 2, 2, 3]);
        assert_eq!(rle(&[3, 3]), [12]);
        assert_eq!(rle(&[5, 99]), [5, 7]);
    }
}
