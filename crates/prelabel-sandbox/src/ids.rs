//! UUIDs: the form of every ID on the platform.

/// A new random UUID, version 4, in lower case.
pub(crate) fn new_uuid() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0x0f] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    Ok(text)
}

/// `text` in lower case if it is a UUID of any version: 8-4-4-4-12 hex digits.
pub(crate) fn parse_uuid(text: &str) -> Option<String> {
    let well_formed = text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    well_formed.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_uuid_is_version_4_and_parses() {
        let uuid = new_uuid().unwrap();
        assert_eq!(parse_uuid(&uuid).as_ref(), Some(&uuid));
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uuid.as_bytes()[19]));
        assert_ne!(uuid, new_uuid().unwrap());
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "1", "{3f3e0000-0000-4000-8000-000000000000}", "3f3e000000004000800000000000000000000"] {
            assert_eq!(parse_uuid(text), None, "{text}");
        }
        assert_eq!(parse_uuid("3f3e0000-0000-4000-8000-00000000000g"), None);
        assert_eq!(
            parse_uuid("3F3E0000-0000-4000-8000-000000000000").as_deref(),
            Some("3f3e0000-0000-4000-8000-000000000000")
        );
    }
}
