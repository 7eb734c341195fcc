use std::ops::Range;

/// The chunks of a PNG up to its end or its first damage: kind, and where the chunk lies in the file.
pub(super) fn chunks(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], Range<usize>)> {
    let mut next = Some(8);
    std::iter::from_fn(move || {
        let offset = next?;
        let (length, rest) = bytes.get(offset..)?.split_first_chunk::<4>()?;
        let kind = *rest.first_chunk::<4>()?;
        let end = offset.checked_add(12)?.checked_add(u32::from_be_bytes(*length) as usize)?;
        next = (&kind != b"IEND" && end < bytes.len()).then_some(end);
        Some((kind, offset..end))
    })
}

/// True if there is a chunk of this kind.
pub(super) fn has(bytes: &[u8], kind: &[u8; 4]) -> bool {
    chunks(bytes).any(|(found, _)| &found == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_and_no_panic_on_cut_files() {
        let png = crate::pixels::png::encode_grey(&[0; 4], 2, 2).unwrap();
        let kinds: Vec<_> = chunks(&png).map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [*b"IHDR", *b"IDAT", *b"IEND"]);
        assert_eq!(chunks(&png).last().map(|(_, place)| place.end), Some(png.len()));
        for length in 0..png.len() {
            assert!(chunks(&png[..length]).count() <= 3);
        }
    }
}
