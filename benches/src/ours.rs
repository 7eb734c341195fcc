//! The entry points that are measured. Only this file names them.

use anyhow::Context;
use prelabel::Limits;
use prelabel::model::LabelMap;
use prelabel::pixels::mask_png;

use crate::maps::Map;

/// The encoder's levels.
pub(crate) const LEVELS: &[&str] = &["fast", "default", "small"];

/// Label map to PNG.
pub(crate) fn encode(_level: &str, map: &Map) -> anyhow::Result<Vec<u8>> {
    Ok(mask_png::encode(&map.grid, &map.colors)?)
}

/// PNG to one class ID a pixel.
pub(crate) fn decode(png: &[u8], map: &Map) -> anyhow::Result<Vec<u8>> {
    let (_, mask) = mask_png::decode(png, &Limits::default())?;
    let (grid, colors) = mask.into_parts();
    let ids = colors.iter().map(|color| map.id_of(color.0).map(i64::from).context("a colour without a class"));
    let map = LabelMap::with_ids(grid, ids.collect::<anyhow::Result<_>>()?)?;
    Ok(map.as_u8().context("class IDs above 255")?.into_owned())
}
