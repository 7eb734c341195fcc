use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A colour of a legend: red, green, blue, 8 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

/// A pixel of a mask: red, green, blue, alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rgba(pub [u8; 4]);

impl Color {
    /// Never a legend colour: it would equal an unlabelled pixel.
    pub const BLACK: Color = Color::new(0, 0, 0);

    /// A colour from its channels.
    pub const fn new(r: u8, g: u8, b: u8) -> Self {
        Color { r, g, b }
    }

    /// The colour as 0xRRGGBB.
    pub const fn packed(self) -> u32 {
        (self.r as u32) << 16 | (self.g as u32) << 8 | self.b as u32
    }

    /// A labelled pixel of this colour: alpha 255.
    pub const fn opaque(self) -> Rgba {
        Rgba([self.r, self.g, self.b, 255])
    }

    /// Distance for saying which entry is "nearest": squared difference of the channels.
    pub fn distance(self, other: Color) -> u32 {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(self.r, other.r) + square(self.g, other.g) + square(self.b, other.b)
    }
}

impl Rgba {
    /// An unlabelled pixel: each channel 0.
    pub const UNLABELLED: Rgba = Rgba([0, 0, 0, 0]);

    /// The colour without alpha.
    pub const fn color(self) -> Color {
        Color::new(self.0[0], self.0[1], self.0[2])
    }

    /// Alpha.
    pub const fn alpha(self) -> u8 {
        self.0[3]
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
}

impl fmt::Display for Rgba {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b, a] = self.0;
        write!(f, "({r}, {g}, {b}, {a})")
    }
}

/// Reads `#rrggbb` in either case and `rgb(r, g, b)`, the two spellings that the platform uses.
///
/// # Errors
/// Anything else; the error says how many digits were found, because a seventh digit is the mistake
/// that stands in the platform's own example.
impl FromStr for Color {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let expected = "`#` and 6 hex digits, such as `#f23334`";
        let error = |found: String| Error::invalid("this is not a colour").found(found).expected(expected);
        let text = text.trim();
        if let Some(digits) = text.strip_prefix('#') {
            if let Some(wrong) = digits.chars().find(|digit| !digit.is_ascii_hexdigit()) {
                return Err(error(format!("`{wrong}` in `{text}`")));
            }
            if digits.len() != 6 {
                return Err(error(format!("{} digits in `{text}`", digits.len())));
            }
            let packed = u32::from_str_radix(digits, 16).map_err(|_| error(format!("`{text}`")))?;
            let [_, r, g, b] = packed.to_be_bytes();
            return Ok(Color::new(r, g, b));
        }
        let channels = text
            .strip_prefix("rgb(")
            .and_then(|rest| rest.strip_suffix(')'))
            .map(|inner| inner.split(',').map(|channel| channel.trim().parse::<u8>()).collect::<Vec<_>>());
        match channels.as_deref() {
            Some([Ok(r), Ok(g), Ok(b)]) => Ok(Color::new(*r, *g, *b)),
            Some(_) => Err(error(format!("`{text}`")).expected("`rgb(r, g, b)` with channels from 0 to 255")),
            None => Err(error(format!("`{text}`"))),
        }
    }
}

impl serde::Serialize for Color {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_spellings_of_the_platform() {
        let color = Color::new(0xf4, 0x23, 0xf2);
        for text in ["#f423f2", "#F423F2", "rgb(244, 35, 242)", "rgb(244,35,242)", " #f423f2 "] {
            assert_eq!(text.parse::<Color>().ok(), Some(color), "{text}");
        }
        assert_eq!(color.to_string(), "#f423f2");
    }

    #[test]
    fn says_how_many_digits_were_found() {
        let error = "#fdffd34".parse::<Color>().unwrap_err();
        assert!(error.to_string().contains("7 digits"), "{error}");
        for text in ["", "#", "#12345g", "f23334", "rgb(1,2)", "rgb(1,2,256)", "red", "#ффф"] {
            assert!(text.parse::<Color>().is_err(), "{text}");
        }
    }
}
