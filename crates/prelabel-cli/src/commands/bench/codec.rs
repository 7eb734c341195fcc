//! The entry points that are measured. Only this file names them.

use prelabel::model::{Grid, Mask, Rgba};
use prelabel::pixels::mask_png;
use prelabel::{Limits, Result};

/// A way to encode.
pub(super) struct Level {
    /// The level's name; the one called [`DEFAULT`] is what conversions use.
    pub(super) name: &'static str,
    pub(super) encode: fn(&Grid, &[Rgba]) -> Result<Vec<u8>>,
}

pub(super) const DEFAULT: &str = "default";

/// A row for each level.
pub(super) const LEVELS: &[Level] = &[
    Level { name: "fast", encode: |grid, colors| mask_png::encode(grid, colors, mask_png::Level::Fast) },
    Level { name: DEFAULT, encode: |grid, colors| mask_png::encode(grid, colors, mask_png::Level::Default) },
    Level { name: "small", encode: |grid, colors| mask_png::encode(grid, colors, mask_png::Level::Small) },
];

/// PNG to codes and their colours.
pub(super) fn decode(png: &[u8]) -> Result<Mask> {
    // Everything decoded here was encoded here.
    let limits = Limits { max_pixels: u64::MAX, ..Limits::default() };
    Ok(mask_png::decode(png, &limits)?.1)
}
