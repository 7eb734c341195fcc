//! The inputs: what is measured, as a table.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, ensure};
use prelabel::model::{Cells, Grid, Rgba};
use prelabel::synthetic::{self, Kind, VOID};
use prelabel::{Limits, pixels};

/// The classes of data that the targets tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Clean scenes of 2 megapixels.
    Scene,
    /// Clean scenes of 12 megapixels.
    Big,
    /// Small or ragged maps.
    Ragged,
    /// Ragged maps of 12 megapixels.
    BigRagged,
    /// Published ones.
    Real,
    /// Each pixel any class.
    Noise,
    /// Scenes of some twenty polygons,
    Few,
    /// hundreds,
    Hundreds,
    /// and thousands.
    Thousands,
    /// For run lengths and outlines: maps of less than a megapixel,
    Small,
    /// and of two and more.
    Large,
}

/// Where a map comes from.
#[derive(Clone, Copy, Debug)]
enum From {
    Made(Kind, u32, u32),
    File(&'static str),
}

/// One input.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    from: From,
    /// CRC-32 of its class IDs, a byte each: every machine measures the same pixels.
    checksum: u32,
}

const SEED: u64 = 1;

/// All inputs. Where the published ones come from and their licences stand in testdata/*/ORIGIN.md.
pub(crate) const INPUTS: &[Input] = &[
    made("scene", Group::Scene, Kind::Scene, 2048, 1024, 0x5edd_f8fe),
    made("ragged", Group::Ragged, Kind::Ragged, 2048, 1024, 0x4be4_a6ac),
    made("coco-scene", Group::Ragged, Kind::Scene, 640, 480, 0x3edd_671b),
    made("coco-ragged", Group::Ragged, Kind::Ragged, 640, 480, 0xd221_57c8),
    made("big-scene", Group::Big, Kind::Scene, 4096, 3072, 0x071b_b72e),
    made("big-ragged", Group::BigRagged, Kind::Ragged, 4096, 3072, 0x4bc1_b64c),
    made("noise", Group::Noise, Kind::Noise, 2048, 1024, 0x77b7_3040),
    file("astronaut", "demo/maps/astronaut.npy", 0x80b3_b7de),
    file("rider", "demo/maps/rider.npy", 0x876b_956f),
    file("rocket", "demo/maps/rocket.npy", 0x39eb_b141),
    file("landsat", "formats/label-map/valid/trailing-axis/landsat7.npy", 0xed92_3e99),
];

const fn made(name: &'static str, group: Group, kind: Kind, width: u32, height: u32, checksum: u32) -> Input {
    Input { name, group, from: From::Made(kind, width, height), checksum }
}

const fn file(name: &'static str, path: &'static str, checksum: u32) -> Input {
    Input { name, group: Group::Real, from: From::File(path), checksum }
}

/// A label map in memory, with a colour for each class.
#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// One class ID a pixel.
    pub(crate) labels: Vec<u8>,
    /// By class ID.
    pub(crate) palette: [[u8; 4]; 256],
    ids: HashMap<[u8; 4], u8>,
    /// The same as our own encoder takes it.
    pub(crate) grid: Grid,
    pub(crate) colors: Vec<Rgba>,
}

impl Input {
    /// Makes or reads it.
    pub(crate) fn map(&self, root: &Path) -> anyhow::Result<Map> {
        let (map, unlabelled) = match self.from {
            From::Made(kind, width, height) => (synthetic::label_map(kind, width, height, SEED)?, VOID),
            From::File(path) => {
                let path = root.join("testdata").join(path);
                let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
                (pixels::npy::decode_labels(bytes, &Limits::default())?, 0)
            }
        };
        let labels = map.as_u8().context("class IDs above 255")?.into_owned();
        let checksum = crc32fast::hash(&labels);
        ensure!(
            checksum == self.checksum,
            "{}: the input has the checksum {checksum:#010x}, not {:#010x}",
            self.name,
            self.checksum
        );
        Map::new(map.width(), map.height(), labels, unlabelled)
    }
}

impl Map {
    pub(crate) fn new(width: u32, height: u32, labels: Vec<u8>, unlabelled: u8) -> anyhow::Result<Map> {
        let palette = palette(unlabelled);
        let ids = palette.iter().zip(0..=255).map(|(color, id)| (*color, id)).collect();
        let highest = labels.iter().copied().max().unwrap_or_default();
        let colors = palette[..=usize::from(highest)].iter().map(|color| Rgba(*color)).collect();
        let grid = Grid::new(width, height, Cells::U8(labels.clone()))?;
        Ok(Map { width, height, labels, palette, ids, grid, colors })
    }

    /// The group for run lengths and outlines, whose targets go by size.
    pub(crate) fn size_group(&self, group: Group) -> Group {
        match group {
            Group::Noise => group,
            _ if self.labels.len() < 1_000_000 => Group::Small,
            _ => Group::Large,
        }
    }

    /// Whether there is anything but background.
    pub(crate) fn has_shapes(&self) -> bool {
        self.labels.iter().any(|label| *label != 0)
    }

    pub(crate) fn pixels(&self) -> f64 {
        self.labels.len() as f64
    }

    pub(crate) fn id_of(&self, color: [u8; 4]) -> Option<u8> {
        self.ids.get(&color).copied()
    }

    /// Its pixels as colours, into a buffer that is used again: what every peer needs first.
    pub(crate) fn rgba<'a>(&self, buffer: &'a mut Vec<u8>) -> &'a [u8] {
        buffer.resize(self.labels.len() * 4, 0);
        for (pixel, label) in buffer.as_chunks_mut::<4>().0.iter_mut().zip(&self.labels) {
            *pixel = self.palette[usize::from(*label)];
        }
        buffer
    }
}

/// A colour for every class ID, all different.
pub(crate) fn palette(unlabelled: u8) -> [[u8; 4]; 256] {
    let mut palette = [[0; 4]; 256];
    for (id, color) in (0u32..).zip(&mut palette) {
        let mixed = (id + 1).wrapping_mul(0x9e37_79b1);
        // The blue channel alone keeps them apart.
        *color = [(mixed >> 24) as u8, (mixed >> 16) as u8, (id as u8).wrapping_mul(167).wrapping_add(91), 255];
    }
    palette[usize::from(unlabelled)] = [0; 4];
    palette
}
