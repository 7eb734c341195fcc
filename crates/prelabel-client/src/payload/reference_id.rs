//! The name of a job.

use sha2::{Digest, Sha256};

use crate::hash::hex;

/// The most characters of the key that a reference ID shows.
const MAX_PREFIX: usize = 40;

/// A job's reference ID: a stable function of project, batch and key, never of time or chance, so that a second run
/// gives the same job the same name and the platform refuses the double.
///
/// It is the end of the key (at most 40 characters; letters, digits, `.` and `_` kept, everything else one `-`), `-`,
/// and 16 hex digits of SHA-256: at most 57 ASCII characters. No batch and the empty batch are the same. **The function
/// is frozen:** changed, it would create every job of every user a second time.
///
/// ```
/// use prelabel_client::payload::reference_id;
/// assert_eq!(reference_id("street", None, "cam 1/000001"), "cam-1-000001-1d25dfce2852291c");
/// ```
pub fn reference_id(project: &str, batch: Option<&str>, key: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"prelabel reference ID 1");
    for part in [project, batch.unwrap_or_default(), key] {
        // With its length, so that ("a", "bc") and ("ab", "c") differ.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hex(&hash.finalize()[..8]);
    let prefix = readable(key);
    if prefix.is_empty() { digest } else { format!("{prefix}-{digest}") }
}

/// The end of `key` in characters that are safe in URLs, file names and shells.
fn readable(key: &str) -> String {
    let mut text = String::new();
    for c in key.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') {
            text.push(c);
        } else if !text.ends_with('-') {
            text.push('-');
        }
    }
    // ASCII only, so every byte is a character. The end of a path says more than its beginning.
    let start = text.len().saturating_sub(MAX_PREFIX);
    text[start..].trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_frozen() {
        assert_eq!(reference_id("p", None, "street/000001"), "street-000001-f431258ceea9d53e");
        assert_eq!(reference_id("p", Some("b"), "street/000001"), "street-000001-05180681473f8d3e");
        assert_eq!(reference_id("p", None, "日本"), "54c8c581f3ba3e14");
    }

    #[test]
    fn each_part_counts_and_the_length_is_bounded() {
        assert_eq!(reference_id("p", None, "k"), reference_id("p", Some(""), "k"));
        assert_ne!(reference_id("a", Some("bc"), "k"), reference_id("ab", Some("c"), "k"));
        assert_ne!(reference_id("p", None, "a/b"), reference_id("p", None, "a-b"));
        let long = reference_id("p", None, &"ä/x".repeat(500));
        assert!(long.len() <= 57 && long.is_ascii(), "{long}");
    }
}
