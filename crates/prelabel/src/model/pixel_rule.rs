use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// Which pixels a polygon covers. Tools differ, so each format has the rule of its reference tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PixelRule {
    /// Pixels whose centre lies inside, by the even-odd rule; a centre on a side belongs to the pixel left of it.
    /// As GDAL and rasterio.
    #[default]
    Center,
    /// Bit-identical to `pycocotools.mask.frPyObjects` and `decode`: sides are walked on a grid five times as fine.
    Pycocotools,
    /// As Pillow's `ImageDraw.polygon`, with or without an outline of the same value: vertices are truncated, and the outline
    /// belongs to the area. As labelme and Cityscapes' scripts.
    Pillow,
    /// As OpenCV's `fillPoly` with vertices rounded, halves to even; the outline belongs to the area. As supervision.
    OpencvRound,
    /// As OpenCV's `fillPoly` with vertices truncated; the outline belongs to the area. As Ultralytics.
    OpencvTruncate,
}

impl PixelRule {
    /// All rules.
    pub const ALL: &[PixelRule] = &[
        PixelRule::Center,
        PixelRule::Pycocotools,
        PixelRule::Pillow,
        PixelRule::OpencvRound,
        PixelRule::OpencvTruncate,
    ];

    /// What users type.
    pub fn name(self) -> &'static str {
        match self {
            PixelRule::Center => "center",
            PixelRule::Pycocotools => "pycocotools",
            PixelRule::Pillow => "pillow",
            PixelRule::OpencvRound => "opencv-round",
            PixelRule::OpencvTruncate => "opencv-truncate",
        }
    }
}

impl fmt::Display for PixelRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PixelRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        PixelRule::ALL.iter().copied().find(|rule| rule.name() == text).ok_or_else(|| {
            let names: Vec<_> = PixelRule::ALL.iter().map(|rule| rule.name()).collect();
            Error::usage("there is no such pixel rule").found(format!("`{text}`")).expected(names.join(", "))
        })
    }
}
