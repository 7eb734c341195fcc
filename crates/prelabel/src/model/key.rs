use std::fmt;

use crate::{Error, Result};

/// The name of a sample: its path below the input without the extension, parts joined by `/`.
///
/// # Guarantees
/// A key never leaves the folder it is joined to: no part is empty, `.` or `..`, none holds a
/// separator, a colon, a NUL or another control character, and none is longer than 200 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Box<str>);

impl Key {
    /// Accepts a key.
    ///
    /// # Errors
    /// Whatever the guarantees exclude.
    pub fn new(text: &str) -> Result<Self> {
        let refuse = |why: &str| {
            Err(Error::invalid(format!("the name cannot be used as a key: {why}"))
                .found(format!("{text:?}"))
                .hint("rename the file, or the entry that gives the name"))
        };
        if text.is_empty() {
            return refuse("it is empty");
        }
        for part in text.split('/') {
            match part {
                "" => return refuse("it has an empty part"),
                "." | ".." => return refuse("it leaves or repeats its folder"),
                _ if part.len() > 200 => return refuse("a part is longer than 200 bytes"),
                _ if part.chars().any(|c| c == '\\' || c == ':' || c.is_control()) => {
                    return refuse("it holds a back-slash, a colon or a control character");
                }
                _ if part.ends_with(['.', ' ']) => return refuse("a part ends in a dot or a space"),
                _ => {}
            }
        }
        Ok(Key(text.into()))
    }

    /// The key of a file: its path without the last extension.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn of_path(path: &str) -> Result<Self> {
        Key::new(stem(path))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path without its last extension; a leading dot starts a name, not an extension.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[name..].rfind('.') {
        Some(dot) if dot > 0 => &path[..name + dot],
        _ => path,
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_extension_goes() {
        assert_eq!(Key::of_path("a/b.v1.png").unwrap().as_str(), "a/b.v1");
        assert_eq!(Key::of_path("a.d/b").unwrap().as_str(), "a.d/b");
        assert_eq!(Key::of_path("a/.hidden").unwrap().as_str(), "a/.hidden");
    }

    #[test]
    fn a_key_never_leaves_its_folder() {
        for text in ["", ".", "..", "../a", "a/../b", "/a", "a//b", "a/", "C:\\a", "a\\b", "a\0b", "a\nb", "a.", "a "] {
            assert!(Key::new(text).is_err(), "{text:?}");
        }
        assert!(Key::new(&"x".repeat(201)).is_err());
        assert!(Key::new("a/b c/ü-1").is_ok());
    }
}
