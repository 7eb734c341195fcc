//! Polygons to pixels, under the rule of a named tool.

mod center;
mod opencv;
mod pillow;
mod pillow_draw;
mod pycocotools;

pub(crate) use pillow_draw::{disc, lines};

use super::{Span, Spans};
use crate::Result;
use crate::model::{PixelRule, Polygon};

/// The pixels that polygons cover together in an image of that size.
///
/// # Errors
/// A side of zero; more pixels than the rule's reference can count.
pub fn rasterize(polygons: &[Polygon], width: u32, height: u32, rule: PixelRule) -> Result<Spans> {
    match rule {
        PixelRule::Center => center::rasterize(polygons, width, height),
        PixelRule::Pycocotools => pycocotools::rasterize(polygons, width, height),
        PixelRule::Pillow => pillow::rasterize(polygons, width, height),
        PixelRule::OpencvRound => opencv::rasterize(polygons, width, height, f64::round_ties_even),
        PixelRule::OpencvTruncate => opencv::rasterize(polygons, width, height, f64::trunc),
    }
}

/// Spans without those of a mask; both ascend.
pub(super) fn without(spans: &[Span], taken: &[Span]) -> Vec<Span> {
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
