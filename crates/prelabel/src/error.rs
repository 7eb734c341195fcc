//! What went wrong, where, what was found, what was expected, and what to do.

use std::fmt;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Who has to act on an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The caller asked for something that makes no sense; nothing was started.
    Usage,
    /// A file or an entry that was asked for is not there.
    Missing,
    /// The operating system could not read an input.
    Unreadable,
    /// An input breaks the rules of its format.
    Invalid,
    /// An input is well-formed, but uses something that is not supported.
    Unsupported,
    /// An input asks for more than the declared [`Limits`](crate::Limits).
    Limit,
    /// Going on would lose something, and that was not allowed.
    Lossy,
    /// An output exists already with other content.
    Exists,
    /// The output could not be written: disk full, no permission, a broken target.
    Output,
    /// The run was interrupted.
    Interrupted,
}

/// A place inside a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// Offset in bytes from the start of the file.
    Byte(u64),
    /// Line and column, both counted from 1.
    Line(usize, usize),
    /// A JSON pointer (RFC 6901), `/classes/3/color`.
    Pointer(String),
    /// Column and row of a pixel, both counted from 0, origin top left.
    Pixel(u32, u32),
    /// A named entry: a key of a legend, a member of an archive, an argument.
    Entry(String),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Byte(offset) => write!(f, "byte {offset}"),
            At::Line(line, column) => write!(f, "line {line}, column {column}"),
            At::Pointer(pointer) => write!(f, "{pointer}"),
            At::Pixel(x, y) => write!(f, "pixel ({x}, {y})"),
            At::Entry(name) => write!(f, "`{name}`"),
        }
    }
}

/// The one error of this crate.
///
/// [`Display`](fmt::Display) gives one line: file, place, what is wrong, found, expected.
/// The [`hint`](Error::hint), what to do next, stands apart so that a program can lay it out.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    file: Option<String>,
    at: Option<At>,
    found: Option<String>,
    expected: Option<String>,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` says what is wrong, lower case, without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            file: None,
            at: None,
            found: None,
            expected: None,
            hint: None,
            source: None,
        }))
    }

    /// An input that breaks the rules of its format.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// A well-formed input that uses something not supported.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// A request that makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// A file or entry that is not there.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Missing, message)
    }

    /// A failed read of an input.
    pub fn unreadable(file: impl Into<String>, error: std::io::Error) -> Self {
        let (kind, hint) = match error.kind() {
            std::io::ErrorKind::NotFound => (ErrorKind::Missing, "check the path"),
            std::io::ErrorKind::PermissionDenied => {
                (ErrorKind::Unreadable, "check who may read it: `ls -l` shows the owner and the mode")
            }
            _ => (ErrorKind::Unreadable, "check the disk or the network share it lies on"),
        };
        Self::new(kind, "cannot read it").in_file(file).hint(hint).source(error)
    }

    /// A failed write of an output.
    pub fn output(file: impl Into<String>, error: std::io::Error) -> Self {
        let hint = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                "free some space or choose another output, then run the same command again: it goes on where it stopped"
            }
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                "choose an output folder that you may write to"
            }
            std::io::ErrorKind::NotADirectory => "a part of that path is a file; choose another output",
            _ => "check the disk it lies on, then run the same command again",
        };
        Self::new(ErrorKind::Output, "cannot write it").in_file(file).hint(hint).source(error)
    }

    /// Names the file, unless one is named already.
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.0.file.get_or_insert_with(|| file.into());
        self
    }

    /// Puts an outer file before the one named so far: `archive.zip/maps/a.npy`.
    pub fn within(mut self, outer: &str) -> Self {
        self.0.file = Some(match self.0.file.take() {
            Some(inner) => format!("{outer}/{inner}"),
            None => outer.to_owned(),
        });
        self
    }

    /// Names the place in the file.
    pub fn at(mut self, at: At) -> Self {
        self.0.at = Some(at);
        self
    }

    /// What was found there.
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.0.found = Some(found.into());
        self
    }

    /// What should have been there.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    /// What to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The error of a library underneath.
    pub fn source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is wrong, without place and figures: alike for alike errors, so that they can be grouped.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The file that it is about.
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// The place in that file.
    pub fn place(&self) -> Option<&At> {
        self.0.at.as_ref()
    }

    /// What to do next.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What was found, where that can be said.
    pub fn found_text(&self) -> Option<&str> {
        self.0.found.as_deref()
    }

    /// What was expected, where that can be said.
    pub fn expected_text(&self) -> Option<&str> {
        self.0.expected.as_deref()
    }

    /// The line of [`Display`](fmt::Display) without the file, for a list that names the file itself.
    pub fn without_file(&self) -> String {
        let inner = &self.0;
        let mut line = String::new();
        if let Some(at) = &inner.at {
            line.push_str(&format!("{at}: "));
        }
        line.push_str(&inner.message);
        if let Some(found) = &inner.found {
            line.push_str(&format!("; found {found}"));
        }
        if let Some(expected) = &inner.expected {
            line.push_str(if inner.found.is_some() { ", " } else { "; " });
            line.push_str(&format!("expected {expected}"));
        }
        if let Some(source) = &inner.source {
            line.push_str(&format!(" ({source})"));
        }
        line
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.0.file {
            write!(f, "{file}: ")?;
        }
        f.write_str(&self.without_file())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_says_file_place_found_and_expected() {
        let error = Error::invalid("the legend key is not a colour")
            .in_file("legend.json")
            .at(At::Entry("#fdffd34".into()))
            .found("7 digits")
            .expected("`#` and 6 hex digits")
            .hint("mend the key");
        assert_eq!(
            error.to_string(),
            "legend.json: `#fdffd34`: the legend key is not a colour; found 7 digits, expected `#` and 6 hex digits"
        );
        assert_eq!(error.hint_text(), Some("mend the key"));
    }

    #[test]
    fn the_innermost_file_wins_and_archives_come_before_it() {
        let error = Error::invalid("bad").in_file("a.npy").in_file("outer").within("maps.zip");
        assert_eq!(error.file(), Some("maps.zip/a.npy"));
    }
}
