//! The entry points that are measured. Only this file names them.

use anyhow::Context;
use prelabel::Limits;
use prelabel::model::LabelMap;
use prelabel::pixels::mask_png::{self, Level};

use crate::engines::{Job, Rust};
use crate::maps::Map;

/// A line for each level of the encoder; targets know them by these names.
pub(crate) const ENCODERS: &[Rust] = &[
    Rust { name: "ours fast", run: |job| encode(job, Level::Fast) },
    Rust { name: DEFAULT, run: |job| encode(job, Level::Default) },
    Rust { name: "ours small", run: |job| encode(job, Level::Small) },
];

/// What conversions use.
pub(crate) const DEFAULT: &str = "ours default";

pub(crate) const DECODERS: &[Rust] = &[Rust { name: "ours", run: |job| decode(job.png(), job.map) }];

fn encode(job: &Job<'_>, level: Level) -> anyhow::Result<Vec<u8>> {
    Ok(mask_png::encode(&job.map.grid, &job.map.colors, level)?)
}

/// PNG to one class ID a pixel.
pub(crate) fn decode(png: &[u8], map: &Map) -> anyhow::Result<Vec<u8>> {
    let (_, mask) = mask_png::decode(png, &Limits::default())?;
    let (grid, colors) = mask.into_parts();
    let ids = colors.iter().map(|color| map.id_of(color.0).map(i64::from).context("a colour without a class"));
    let map = LabelMap::with_ids(grid, ids.collect::<anyhow::Result<_>>()?)?;
    Ok(map.as_u8().context("class IDs above 255")?.into_owned())
}
