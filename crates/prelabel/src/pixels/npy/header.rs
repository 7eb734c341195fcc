use crate::error::At;
use crate::{Error, ErrorKind, Limits, Result};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// An element type that label maps or scores can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DType {
    /// `?`: one byte, 0 or 1.
    Bool,
    /// Signed integers of this many bytes.
    Int(u8),
    /// Unsigned integers of this many bytes.
    Uint(u8),
    /// Floating point of this many bytes: 2, 4 or 8.
    Float(u8),
}

impl DType {
    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        match self {
            DType::Bool => 1,
            DType::Int(bytes) | DType::Uint(bytes) | DType::Float(bytes) => usize::from(bytes),
        }
    }

    /// True for types that can be class IDs.
    pub fn is_integer(self) -> bool {
        !matches!(self, DType::Float(_))
    }

    /// NumPy's name of it.
    pub fn name(self) -> String {
        match self {
            DType::Bool => "bool".to_owned(),
            DType::Int(bytes) => format!("int{}", u16::from(bytes) * 8),
            DType::Uint(bytes) => format!("uint{}", u16::from(bytes) * 8),
            DType::Float(bytes) => format!("float{}", u16::from(bytes) * 8),
        }
    }
}

/// The header of an NPY file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Element type.
    pub dtype: DType,
    /// True if elements are stored with their most significant byte first.
    pub big_endian: bool,
    /// True if the first axis varies fastest.
    pub fortran_order: bool,
    /// Lengths of the axes.
    pub shape: Vec<u64>,
    /// Where the data starts, in bytes.
    pub data_offset: usize,
}

impl Header {
    /// Number of elements, if it can be counted at all.
    pub fn elements(&self) -> Option<u64> {
        self.shape.iter().try_fold(1u64, |product, &length| product.checked_mul(length))
    }

    /// The data of a whole file, exactly as long as the header says.
    ///
    /// # Errors
    /// More or fewer bytes.
    pub fn data<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8]> {
        let data = bytes.get(self.data_offset..).unwrap_or_default();
        let wanted = self.elements().and_then(|elements| elements.checked_mul(self.dtype.bytes() as u64));
        if wanted == Some(data.len() as u64) {
            return Ok(data);
        }
        let wanted = wanted.map_or_else(|| "more than any file holds".to_owned(), |wanted| format!("{wanted} bytes"));
        let short = self.elements().is_none_or(|elements| elements > (data.len() / self.dtype.bytes()) as u64);
        let (message, hint) = if short {
            ("the data of the NPY file is cut short", "copy or save the array again")
        } else {
            ("the NPY file goes on after its data", "save one array in a file; several belong into an NPZ archive")
        };
        Err(Error::invalid(message)
            .at(At::Byte(self.data_offset as u64))
            .found(format!("{} bytes", data.len()))
            .expected(format!("{wanted} for shape {} of {}", self.shape_text(), self.dtype.name()))
            .hint(hint))
    }

    /// The shape as NumPy prints it.
    pub fn shape_text(&self) -> String {
        match self.shape.as_slice() {
            [one] => format!("({one},)"),
            many => format!("({})", many.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Reads the header; `bytes` may end anywhere after it.
///
/// # Errors
/// No NPY file, a header that is cut short, longer than the limit or not the dictionary it must be, an
/// element type that can be neither class IDs nor scores.
pub fn header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    if !bytes.starts_with(MAGIC) {
        let found = if bytes.is_empty() { "an empty file" } else { "other bytes" };
        return Err(Error::invalid("this is no NPY file").at(At::Byte(0)).found(found).expected("the NPY signature"));
    }
    let cut = || Error::invalid("the NPY header is cut short").found(format!("{} bytes", bytes.len()));
    let (length, start) = match *bytes.get(6..8).ok_or_else(cut)? {
        [1, 0] => match bytes.get(8..10) {
            Some(&[low, high]) => (usize::from(u16::from_le_bytes([low, high])), 10),
            _ => return Err(cut()),
        },
        [2 | 3, 0] => match bytes.get(8..12) {
            Some(&[a, b, c, d]) => (u32::from_le_bytes([a, b, c, d]) as usize, 12),
            _ => return Err(cut()),
        },
        [major, minor] => {
            return Err(Error::unsupported("this version of the NPY format is unknown")
                .at(At::Byte(6))
                .found(format!("{major}.{minor}"))
                .expected("1.0, 2.0 or 3.0"));
        }
        _ => return Err(cut()),
    };
    // Asked before anything of that length is touched: 14 bytes can claim 4 GiB.
    if length > limits.max_npy_header_bytes {
        return Err(Error::new(ErrorKind::Limit, "the NPY header is longer than the limit")
            .at(At::Byte(8))
            .found(format!("{length} bytes"))
            .expected(format!("at most {} bytes", limits.max_npy_header_bytes)));
    }
    let text = bytes.get(start..start + length).ok_or_else(cut)?;
    let text = std::str::from_utf8(text).map_err(|error| bad(start + error.valid_up_to(), "bytes that are no text"))?;
    let mut parser = Parser { text, position: 0, start };
    let (descr, fortran_order, shape) = parser.dictionary()?;
    let (dtype, big_endian) = dtype(&descr)?;
    Ok(Header { dtype, big_endian, fortran_order, shape, data_offset: start + length })
}

fn bad(offset: usize, found: impl Into<String>) -> Error {
    Error::invalid("the NPY header is not as it must be")
        .at(At::Byte(offset as u64))
        .found(found)
        .expected("a dictionary with 'descr', 'fortran_order' and 'shape'")
}

fn dtype(descr: &str) -> Result<(DType, bool)> {
    let unsupported = |hint: &str| {
        Error::unsupported("arrays of this type are no label maps or scores")
            .at(At::Entry("descr".into()))
            .found(format!("'{descr}'"))
            .expected("bool, int8 to int64, uint8 to uint64, float16, float32 or float64")
            .hint(hint)
    };
    let (order, kind) = match descr.split_at_checked(1) {
        Some((order @ ("<" | ">" | "|" | "="), kind)) => (order, kind),
        _ => ("|", descr),
    };
    let dtype = match kind {
        "b1" | "?" => DType::Bool,
        "i1" => DType::Int(1),
        "i2" => DType::Int(2),
        "i4" => DType::Int(4),
        "i8" => DType::Int(8),
        "u1" => DType::Uint(1),
        "u2" => DType::Uint(2),
        "u4" => DType::Uint(4),
        "u8" => DType::Uint(8),
        "f2" => DType::Float(2),
        "f4" => DType::Float(4),
        "f8" => DType::Float(8),
        "O" => {
            return Err(unsupported(
                "object arrays hold pickled code, which is never run; save `array.astype(\"int32\")`",
            ));
        }
        _ => return Err(unsupported("save the array as one of these, for instance with `array.astype(\"int32\")`")),
    };
    if order == "|" && dtype.bytes() > 1 {
        return Err(unsupported("the byte order is missing; save the array again"));
    }
    Ok((dtype, order == ">" || (order == "=" && cfg!(target_endian = "big"))))
}

/// A parser for the one Python literal that an NPY header is.
struct Parser<'a> {
    text: &'a str,
    position: usize,
    /// Where the text starts in the file, for messages.
    start: usize,
}

impl Parser<'_> {
    fn dictionary(&mut self) -> Result<(String, bool, Vec<u64>)> {
        let (mut descr, mut order, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.accept('}') {
            let key = self.string()?;
            self.expect(':')?;
            match key.as_str() {
                "descr" if descr.is_none() => descr = Some(self.descr()?),
                "fortran_order" if order.is_none() => order = Some(self.boolean()?),
                "shape" if shape.is_none() => shape = Some(self.tuple()?),
                other => return Err(self.bad(format!("the key '{other}'"))),
            }
            if !self.accept(',') {
                self.expect('}')?;
                break;
            }
        }
        self.skip_space();
        if self.position != self.text.len() {
            return Err(self.bad("more text after the dictionary"));
        }
        match (descr, order, shape) {
            (Some(descr), Some(order), Some(shape)) => Ok((descr, order, shape)),
            _ => Err(self.bad("a dictionary without one of its keys")),
        }
    }

    fn descr(&mut self) -> Result<String> {
        self.skip_space();
        if self.text[self.position..].starts_with('[') {
            return Err(Error::unsupported("structured arrays are no label maps")
                .at(At::Byte((self.start + self.position) as u64))
                .hint("save the one field that holds the class IDs"));
        }
        self.string()
    }

    fn string(&mut self) -> Result<String> {
        self.skip_space();
        let rest = &self.text[self.position..];
        let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
        let end = quote.and_then(|quote| rest[1..].find(quote));
        match end {
            Some(end) => {
                self.position += end + 2;
                Ok(rest[1..=end].to_owned())
            }
            None => Err(self.bad("no quoted text")),
        }
    }

    fn boolean(&mut self) -> Result<bool> {
        self.skip_space();
        for (word, value) in [("True", true), ("False", false)] {
            if self.text[self.position..].starts_with(word) {
                self.position += word.len();
                return Ok(value);
            }
        }
        Err(self.bad("neither True nor False"))
    }

    fn tuple(&mut self) -> Result<Vec<u64>> {
        self.expect('(')?;
        let mut lengths = Vec::new();
        while !self.accept(')') {
            self.skip_space();
            let rest = &self.text[self.position..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let length = rest[..digits].parse().map_err(|_| self.bad("no length of an axis"))?;
            self.position += digits;
            // Written by NumPy under Python 2.
            self.accept('L');
            lengths.push(length);
            if lengths.len() > 32 {
                return Err(self.bad("more than 32 axes"));
            }
            if !self.accept(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(lengths)
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.position..];
        self.position += rest.len() - rest.trim_start().len();
    }

    fn accept(&mut self, wanted: char) -> bool {
        self.skip_space();
        let found = self.text[self.position..].starts_with(wanted);
        self.position += if found { wanted.len_utf8() } else { 0 };
        found
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        match self.accept(wanted) {
            true => Ok(()),
            false => Err(self.bad(format!("something else than `{wanted}`"))),
        }
    }

    fn bad(&self, found: impl Into<String>) -> Error {
        bad(self.start + self.position, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn file(version: u8, dictionary: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((dictionary.len() as u16).to_le_bytes()),
            _ => bytes.extend((dictionary.len() as u32).to_le_bytes()),
        }
        bytes.extend(dictionary.as_bytes());
        bytes
    }

    #[test]
    fn reads_what_numpy_writes() {
        for version in 1..=3 {
            let bytes = file(version, "{'descr': '<i8', 'fortran_order': False, 'shape': (513, 513), }      \n");
            let header = header(&bytes, &Limits::default()).unwrap();
            assert_eq!((header.dtype, header.big_endian, header.fortran_order), (DType::Int(8), false, false));
            assert_eq!((header.shape.as_slice(), header.data_offset), ([513, 513].as_slice(), bytes.len()));
        }
        let bytes = file(1, "{'shape':(3L,),\"descr\":'>f4','fortran_order':True}");
        let header = header(&bytes, &Limits::default()).unwrap();
        assert_eq!((header.dtype, header.big_endian, header.fortran_order), (DType::Float(4), true, true));
        assert_eq!(header.shape_text(), "(3,)");
    }

    #[test]
    fn refuses_what_it_must() {
        let claims = [MAGIC.as_slice(), &[2, 0], &(1u32 << 30).to_le_bytes()].concat();
        assert_eq!(header(&claims, &Limits::default()).unwrap_err().kind(), ErrorKind::Limit);
        for dictionary in [
            "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<U8', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<i4', 'fortran_order': 0, 'shape': (1,)}",
            "{'descr': '<i4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<i4', 'fortran_order': False, 'shape': (1,)} + 1",
            "{'descr': '<i4', 'descr': '<i4', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<i4', 'fortran_order': False}",
            "",
        ] {
            assert!(header(&file(1, dictionary), &Limits::default()).is_err(), "{dictionary}");
        }
    }

    #[test]
    fn products_are_checked_and_lengths_compared() {
        let bytes = file(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1099511627776, 1073741824)}");
        let huge = header(&bytes, &Limits::default()).unwrap();
        assert!(huge.elements().is_none() && huge.data(&bytes).is_err());
        let mut bytes = file(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2)}");
        let small = header(&bytes, &Limits::default()).unwrap();
        for (length, message) in [(3, "cut short"), (4, ""), (5, "goes on")] {
            bytes.resize(small.data_offset + length, 0);
            let result = small.data(&bytes).map(<[u8]>::len);
            match result {
                Ok(found) => assert_eq!((found, message), (4, "")),
                Err(error) => assert!(error.to_string().contains(message) && !message.is_empty()),
            }
        }
    }
}
