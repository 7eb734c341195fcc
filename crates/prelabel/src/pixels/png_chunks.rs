//! Where a damaged PNG is damaged. Decoders say what is wrong, not where; this walk says chunk and offset.

use std::borrow::Cow;

use crate::Error;
use crate::error::At;

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

/// The first damage of the chunk structure, as an error with its offset.
pub(super) fn first_damage(bytes: &[u8]) -> Option<Error> {
    if !bytes.starts_with(SIGNATURE) {
        let found = match bytes {
            [] => "an empty file".to_owned(),
            _ if SIGNATURE.starts_with(bytes) => format!("{} bytes", bytes.len()),
            _ => what_it_looks_like(bytes),
        };
        return Some(Error::invalid("this is no PNG file").found(found).expected("the PNG signature"));
    }
    let mut offset = SIGNATURE.len();
    while let Some(header) = bytes.get(offset..offset + 8) {
        let (length, kind) = header.split_at(4);
        let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
        let name: String =
            kind.iter().map(|&byte| if byte.is_ascii_alphabetic() { byte as char } else { '?' }).collect();
        let place = At::Byte(offset as u64);
        let Some(body) = offset.checked_add(8).and_then(|start| bytes.get(start..start.checked_add(length)?)) else {
            return Some(cut_short(bytes, offset, &format!("chunk {name} needs {length} bytes")));
        };
        let Some(stored) = bytes.get(offset + 8 + length..offset + 12 + length) else {
            return Some(cut_short(bytes, offset, &format!("chunk {name} lacks its checksum")));
        };
        let mut crc = crc32fast::Hasher::new();
        crc.update(kind);
        crc.update(body);
        let (stored, computed) = (u32::from_be_bytes(stored.try_into().ok()?), crc.finalize());
        if stored != computed {
            let error = Error::invalid(format!("the PNG is damaged: the checksum of its chunk {name} does not fit"));
            return Some(
                error.at(place).found(format!("{computed:08x}")).expected(format!("{stored:08x}")).hint(AGAIN),
            );
        }
        if kind == b"IEND" {
            return None;
        }
        offset += 12 + length;
    }
    Some(cut_short(bytes, offset, "the next chunk is missing"))
}

/// The compressed pixels of a file that has no chunk of any weight but IHDR, IDAT and IEND; nothing for any other file,
/// and for one whose structure or checksums are broken.
pub(super) fn plain_chunks(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let mut data: Option<Cow<'_, [u8]>> = None;
    let mut data_ended = false;
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let (checked, after) = after.split_at_checked(length.checked_add(4)?)?;
        let (stored, after) = after.split_first_chunk::<4>()?;
        if crc32fast::hash(checked) != u32::from_be_bytes(*stored) {
            return None;
        }
        let (kind, body) = checked.split_first_chunk::<4>()?;
        match kind {
            b"IHDR" if rest.len() + SIGNATURE.len() == bytes.len() => {}
            b"IDAT" if !data_ended => match &mut data {
                None => data = Some(Cow::Borrowed(body)),
                Some(data) => data.to_mut().extend_from_slice(body),
            },
            b"IEND" => return data,
            b"tEXt" | b"pHYs" | b"tIME" => data_ended = data.is_some(),
            _ => return None,
        }
        rest = after;
    }
}

/// What to do about a damaged file.
pub(super) const AGAIN: &str = "copy or make the file again";

fn cut_short(bytes: &[u8], offset: usize, what: &str) -> Error {
    let left = bytes.len().saturating_sub(offset);
    Error::invalid("the PNG is cut short")
        .at(At::Byte(offset as u64))
        .found(format!("{left} bytes left, {what}"))
        .hint(AGAIN)
}

/// A name for the beginning of some other file.
fn what_it_looks_like(bytes: &[u8]) -> String {
    let kinds: [(&[u8], &str); 8] = [
        (b"\xff\xd8\xff", "a JPEG file, which cannot hold class IDs exactly"),
        (b"\x93NUMPY", "an NPY file"),
        (b"PK\x03\x04", "a zip or NPZ file"),
        (b"BM", "a BMP file"),
        (b"II*\0", "a TIFF file"),
        (b"MM\0*", "a TIFF file"),
        (b"RIFF", "a WebP file"),
        (b"{", "a JSON file"),
    ];
    let known = kinds.iter().find(|(magic, _)| bytes.starts_with(magic));
    known.map_or_else(|| "something else".to_owned(), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_chunk_and_offset() {
        let png = crate::pixels::png::encode_grey(&[1, 2, 3, 4], 2, 2).unwrap();
        assert!(first_damage(&png).is_none());
        let mut flipped = png.clone();
        let idat = png.windows(4).position(|four| four == b"IDAT").unwrap();
        flipped[idat + 6] ^= 1;
        let error = first_damage(&flipped).unwrap().to_string();
        assert!(error.contains("chunk IDAT") && error.contains(&format!("byte {}", idat - 4)), "{error}");
        for length in 0..png.len() {
            assert!(first_damage(&png[..length]).is_some(), "{length}");
        }
    }
}
