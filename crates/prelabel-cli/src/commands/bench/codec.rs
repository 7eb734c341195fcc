//! The entry points that are measured. Only this file names them.

use prelabel::Result;
use prelabel::model::{Grid, Mask, Rgba};
use prelabel::pixels::mask_png;

/// How hard the encoder tries, by the names of its levels.
pub(super) const LEVELS: &[&str] = &["default"];

/// The level that conversions use.
pub(super) const DEFAULT: &str = "default";

/// Label map to PNG.
pub(super) fn encode(_level: &str, grid: &Grid, colors: &[Rgba]) -> Result<Vec<u8>> {
    mask_png::encode(grid, colors)
}

/// PNG to codes and their colours.
pub(super) fn decode(png: &[u8]) -> Result<Mask> {
    Ok(mask_png::decode(png, &super::sets::no_limits())?.1)
}
