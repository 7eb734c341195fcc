//! Polygons to pixels, under the rule of a named tool.

mod center;
mod pycocotools;

use std::fmt;
use std::str::FromStr;

use super::{Span, Spans};
use crate::model::Polygon;
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
}

impl PixelRule {
    /// All rules.
    pub const ALL: &[PixelRule] = &[PixelRule::Center, PixelRule::Pycocotools];

    /// What users type.
    pub fn name(self) -> &'static str {
        match self {
            PixelRule::Center => "center",
            PixelRule::Pycocotools => "pycocotools",
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

/// The pixels that polygons cover together in an image of that size.
///
/// # Errors
/// A side of zero; more pixels than the rule's reference can count.
pub fn rasterize(polygons: &[Polygon], width: u32, height: u32, rule: PixelRule) -> Result<Spans> {
    match rule {
        PixelRule::Center => center::rasterize(polygons, width, height),
        PixelRule::Pycocotools => pycocotools::rasterize(polygons, width, height),
    }
}

/// Spans without those of a mask; both ascend.
fn without(spans: &[Span], taken: &[Span]) -> Vec<Span> {
    let mut left = Vec::with_capacity(spans.len());
    let mut first = 0;
    for &Span { y, mut start, end } in spans {
        while taken.get(first).is_some_and(|other| (other.y, other.end) <= (y, start)) {
            first += 1;
        }
        for other in taken[first..].iter().take_while(|other| (other.y, other.start) < (y, end)) {
            if other.start > start {
                left.push(Span { y, start, end: other.start });
            }
            start = start.max(other.end);
        }
        if start < end {
            left.push(Span { y, start, end });
        }
    }
    left
}
