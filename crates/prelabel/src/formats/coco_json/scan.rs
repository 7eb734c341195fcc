//! Where the elements of a JSON object's arrays lie, found in one pass over a file of any size.
//!
//! Only the brackets and strings of the outer levels are followed; an element is parsed when it is needed.

use crate::error::At;
use crate::{Error, ErrorKind, Result};

/// Follows a JSON object fed in pieces; calls back with each element of the arrays directly inside of it, and with its
/// `info` and `licenses` as a whole.
pub(super) struct Scan {
    /// The byte that comes next.
    at: u64,
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// The last string of the outer object: the name of what comes.
    name: Vec<u8>,
    section: Option<Section>,
    /// The element under way, and its place.
    element: Vec<u8>,
    start: u64,
    /// The most bytes of an element.
    most: usize,
    /// The file is a list of annotations, without an object around it.
    bare: bool,
    ended: bool,
}

/// A member of the outer object that somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Images,
    Annotations,
    Categories,
    Licenses,
    Info,
}

impl Section {
    const ALL: [Section; 5] =
        [Section::Images, Section::Annotations, Section::Categories, Section::Licenses, Section::Info];

    /// True if nobody asks for its elements.
    fn is_whole(self) -> bool {
        matches!(self, Section::Licenses | Section::Info)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Section::Images => "images",
            Section::Annotations => "annotations",
            Section::Categories => "categories",
            Section::Licenses => "licenses",
            Section::Info => "info",
        }
    }
}

/// Longer names are none that anybody wants.
const NAME: usize = 64;

impl Scan {
    /// `most` bounds the bytes of an element, which is held as a whole. `bare` files are a list of annotations.
    pub(super) fn new(most: usize, bare: bool) -> Self {
        Scan {
            at: 0,
            depth: 0,
            in_string: false,
            escaped: false,
            name: Vec::new(),
            section: None,
            element: Vec::new(),
            start: 0,
            most,
            bare,
            ended: false,
        }
    }

    /// Takes the next bytes of the file.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(Section, u64, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut rest = bytes;
        while let Some(&byte) = rest.first() {
            if self.in_string {
                let taken = self.string(rest);
                rest = &rest[taken..];
            } else {
                self.byte(byte, each)?;
                self.at += 1;
                rest = &rest[1..];
            }
            if self.element.len() > self.most {
                return Err(Error::new(ErrorKind::Limit, "an entry of the file is larger than the limit")
                    .at(At::Byte(self.start))
                    .expected(format!("at most {} bytes", self.most))
                    .hint("if it is right, lift the limit with `--memory BYTES`: an entry may be an eighth of it"));
            }
        }
        Ok(())
    }

    /// The file is over.
    pub(super) fn finish(&self) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        Err(Error::invalid("the JSON ends before it is complete")
            .at(At::Byte(self.at))
            .found(if self.in_string { "the end within a string" } else { "the end" })
            .hint("the file is cut off: fetch or write it again"))
    }

    /// Takes what is left of a string; returns how many bytes.
    fn string(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        for &byte in bytes {
            taken += 1;
            if self.escaped {
                self.escaped = false;
            } else if byte == b'\\' {
                self.escaped = true;
            } else if byte == b'"' {
                self.in_string = false;
                break;
            }
        }
        let text = &bytes[..taken];
        if self.is_inside() {
            self.element.extend_from_slice(text);
        } else if self.depth == 1 && self.name.len() < NAME {
            self.name.extend_from_slice(&text[..taken.min(NAME)]);
        }
        self.at += taken as u64;
        taken
    }

    /// True within an element.
    fn is_inside(&self) -> bool {
        self.section.is_some_and(|section| self.depth >= if section.is_whole() { 2 } else { 3 })
    }

    fn byte(&mut self, byte: u8, each: &mut impl FnMut(Section, u64, &[u8]) -> Result<()>) -> Result<()> {
        let inside = self.is_inside();
        let in_list = self.depth == 2 && self.section.is_some_and(|section| !section.is_whole());
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'\xef' | b'\xbb' | b'\xbf' if self.at < 3 => {}
            _ if self.ended => return Err(self.odd(byte, "nothing behind the end")),
            b'[' if self.depth == 0 && self.bare => {
                // As deep as the list of an object that has nothing else.
                self.depth = 2;
                self.section = Some(Section::Annotations);
            }
            _ if self.depth == 0 && self.bare => return Err(self.odd(byte, "a list, `[`")),
            _ if self.depth == 0 && byte != b'{' => return Err(self.odd(byte, "an object, `{`")),
            b'"' => {
                if in_list {
                    return Err(self.odd(byte, "an object in this list"));
                }
                self.in_string = true;
                if self.depth == 1 {
                    self.name.clear();
                }
            }
            b'{' | b'[' => {
                if self.depth == 1 {
                    let name = self.name.strip_suffix(b"\"");
                    let wanted = Section::ALL.into_iter().find(|section| name == Some(section.name().as_bytes()));
                    self.section = wanted.filter(|section| section.is_whole() || byte == b'[');
                    if wanted.is_some_and(Section::is_whole) {
                        self.begin(byte);
                    }
                } else if in_list {
                    if byte == b'[' {
                        return Err(self.odd(byte, "an object in this list"));
                    }
                    self.begin(byte);
                }
                self.depth += 1;
            }
            b'}' | b']' => {
                self.depth -= 1;
                match (self.depth, self.section) {
                    (0, _) => self.ended = true,
                    (1, _) if self.bare => self.ended = true,
                    (1, Some(section)) => {
                        self.section = None;
                        if section.is_whole() {
                            self.element.push(byte);
                            return each(section, self.start, &self.element);
                        }
                    }
                    (2, Some(section)) if !section.is_whole() => {
                        self.element.push(byte);
                        each(section, self.start, &self.element)?;
                        return Ok(());
                    }
                    _ => {}
                }
            }
            b',' if in_list => {}
            _ if in_list => return Err(self.odd(byte, "an object in this list")),
            _ => {}
        }
        if inside {
            self.element.push(byte);
        }
        Ok(())
    }

    /// An element begins.
    fn begin(&mut self, byte: u8) {
        self.element.clear();
        self.element.push(byte);
        self.start = self.at;
    }

    fn odd(&self, byte: u8, expected: &str) -> Error {
        Error::invalid("this is not the JSON of a dataset")
            .at(At::Byte(self.at))
            .found(format!("`{}`", char::from(byte).escape_default()))
            .expected(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &str, piece: usize, bare: bool) -> Result<Vec<(Section, u64, String)>> {
        let mut found = Vec::new();
        let mut scan = Scan::new(1 << 20, bare);
        let mut each = |section, at, element: &[u8]| {
            found.push((section, at, String::from_utf8(element.to_vec()).unwrap()));
            Ok(())
        };
        for bytes in text.as_bytes().chunks(piece) {
            scan.feed(bytes, &mut each)?;
        }
        scan.finish()?;
        Ok(found)
    }

    #[test]
    fn elements_are_found_whatever_the_pieces() {
        let text = r#"{"info": {"images": [{"id": 0}], "a": 1}, "x": "annotations", "images":
            [{"id": 1, "name": "a]}\"\\"}, {"a": [[], {}]}], "licenses": ["a", {"b": 1}], "annotations": []}"#;
        let expected = [
            (Section::Info, r#"{"images": [{"id": 0}], "a": 1}"#),
            (Section::Images, r#"{"id": 1, "name": "a]}\"\\"}"#),
            (Section::Images, r#"{"a": [[], {}]}"#),
            (Section::Licenses, r#"["a", {"b": 1}]"#),
        ];
        for piece in 1..text.len() {
            let found = elements(text, piece, false).unwrap();
            let texts: Vec<_> = found.iter().map(|(section, _, element)| (*section, element.as_str())).collect();
            assert_eq!(texts, expected, "{piece}");
            for (_, at, element) in &found {
                assert!(text[*at as usize..].starts_with(element));
            }
        }
    }

    #[test]
    fn a_bare_list_is_one_of_annotations() {
        let text = r#" [{"a": [1]}, {}] "#;
        for piece in 1..text.len() {
            let found = elements(text, piece, true).unwrap();
            let texts: Vec<_> = found.iter().map(|(section, _, element)| (*section, element.as_str())).collect();
            assert_eq!(texts, [(Section::Annotations, r#"{"a": [1]}"#), (Section::Annotations, "{}")]);
        }
        for text in ["{}", "[1]", "[[]]", "[{}", "[{}]]", "[] {}", "[\"a\"]"] {
            assert!(elements(text, 2, true).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_object_of_lists_is_refused() {
        for text in ["[]", "{\"images\": [1]}", "{\"images\": [[]]}", "{\"images\": [\"a\"]}", "{} x", "{\"a", "{", ""]
        {
            assert!(elements(text, 3, false).is_err(), "{text}");
        }
    }
}
