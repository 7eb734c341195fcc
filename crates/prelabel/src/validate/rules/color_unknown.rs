use std::collections::BTreeMap;

use crate::error::At;
use crate::model::Color;
use crate::report::{Finding, Severity};
use crate::validate::edges::on_edges;
use crate::validate::rule::count;
use crate::validate::{Pair, Rule, RuleInfo};

/// So many colours of a mask have a finding of their own.
const NAMED: usize = 5;

/// Nobody forgets so many classes: something mixed the colours.
const MANY: usize = 100;

/// A mask of a thousand objects that JPEG went through has fewer.
const TOO_MANY: usize = 20_000;

/// A colour that differs by so much in all channels together was meant to be the entry's: squares, summed.
const NEAR: u32 = 3 * 4 * 4;

const SMOOTHED: &str = "smoothing, smooth scaling or JPEG made these colours: make the mask without anti-aliasing, \
                        scale it by nearest neighbour, keep it as PNG";
const PHOTOGRAPH: &str = "so many colours are a photograph or an overlay, not a mask: check which file it is";
const MISSING: &str = "add the colour to the legend, or paint its pixels in a colour of the legend";

static INFO: RuleInfo = RuleInfo {
    code: "PL040",
    name: "color-unknown",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "A colour of the mask is not in the legend.",
    cause: "The platform looks each pixel's colour up in the legend; these pixels have no label. Either the legend \
            lacks an entry, or something mixed the colours: anti-aliased drawing, smooth scaling, JPEG. Mixed colours \
            lie on edges between others, or next to a colour of the legend; the finding says how many and which.",
    fix: "Add the missing entry; or draw without anti-aliasing, scale by nearest neighbour and keep masks as PNG. \
          prelabel never guesses which class such a pixel was.",
    example: "masks/a.png: pixel (12, 7): the colour #793419 is not in the legend: 3 pixels, 3 of them on edges \
              between other colours; the nearest entry is #f23334, `car`",
};

/// PL040.
pub(in crate::validate) struct ColorUnknown;

/// The pixels of one colour that has no entry.
struct Stray {
    color: Color,
    pixels: u64,
    edge: u64,
    first: (u32, u32),
}

impl Rule for ColorUnknown {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let strays = strays(pair);
        let Some(legend) = pair.legend().filter(|_| !strays.is_empty()) else { return };
        let total = |strays: &[Stray]| strays.iter().map(|stray| stray.pixels).sum::<u64>();
        let edges = |strays: &[Stray]| strays.iter().map(|stray| stray.edge).sum::<u64>();
        let near = |color: Color| {
            let entry = legend.nearest(color).is_some_and(|(entry, _)| entry.distance(color) <= NEAR);
            entry || color.distance(Color::BLACK) <= NEAR
        };
        let mixed = |stray: &Stray| if near(stray.color) { stray.pixels } else { stray.edge };
        let mixed = || strays.iter().map(mixed).sum::<u64>();
        let nearest = |color: Color| match legend.nearest(color) {
            Some((color, label)) => format!("the nearest entry is {color}, `{label}`"),
            None => "the legend has no entry".to_owned(),
        };
        // Some mixed pixels lie in corners; a class that was forgotten is an area of its own.
        if strays.len() >= MANY || mixed() * 10 >= total(&strays) * 8 {
            // Told as one: their names differ from mask to mask and say nothing.
            let hint = if strays.len() >= TOO_MANY { PHOTOGRAPH } else { SMOOTHED };
            let finding = INFO.finding("colours between those of the legend are not in it");
            let colors = count(strays.len() as u64, "colour");
            let most = strays.first().map(|stray| format!("; most often {}, {}", stray.color, nearest(stray.color)));
            let figures = figures(total(&strays), edges(&strays));
            let place = strays.iter().map(|stray| stray.first).min_by_key(|&(x, y)| (y, x)).unwrap_or_default();
            let detail = format!("{colors}, {figures}{}", most.unwrap_or_default());
            found.push(finding.at(At::Pixel(place.0, place.1)).detail(detail).hint(hint));
            return;
        }
        for stray in strays.iter().take(NAMED) {
            let detail = format!("{}; {}", figures(stray.pixels, stray.edge), nearest(stray.color));
            let finding = INFO.finding(format!("the colour {} is not in the legend", stray.color));
            found.push(finding.at(At::Pixel(stray.first.0, stray.first.1)).detail(detail).hint(MISSING));
        }
        let more = strays.get(NAMED..).unwrap_or_default();
        if !more.is_empty() {
            let finding = INFO.finding("more colours of the mask are not in the legend");
            let detail = format!("{}, {}", count(more.len() as u64, "more colour"), figures(total(more), edges(more)));
            found.push(finding.detail(detail).hint(MISSING));
        }
    }
}

fn figures(pixels: u64, edge: u64) -> String {
    let pixels = count(pixels, "pixel");
    if edge == 0 { pixels } else { format!("{pixels}, {edge} of them on edges between other colours") }
}

/// The colours without an entry, those with most pixels first.
fn strays(pair: &Pair<'_>) -> Vec<Stray> {
    let (Some(decoded), Some(legend)) = (pair.decoded(), pair.legend()) else { return Vec::new() };
    if pair.is_label_map() {
        return Vec::new();
    }
    let is_stray = |color: Color| color != Color::BLACK && !legend.labels.contains_key(&color);
    let stray: Vec<bool> =
        decoded.mask.colors().iter().map(|color| color.alpha() > 0 && is_stray(color.color())).collect();
    if !stray.contains(&true) {
        return Vec::new();
    }
    let edges = on_edges(decoded.mask.grid(), &stray);
    // One colour may occur with several alphas.
    let mut by_color: BTreeMap<Color, Stray> = BTreeMap::new();
    for (color, found) in decoded.colors.iter().filter(|(_, found)| stray[found.code as usize]) {
        let (color, first) = (color.color(), found.first);
        let one = by_color.entry(color).or_insert(Stray { color, pixels: 0, edge: 0, first });
        one.pixels += found.pixels;
        one.edge += edges[found.code as usize];
        if (first.1, first.0) < (one.first.1, one.first.0) {
            one.first = first;
        }
    }
    let mut strays: Vec<Stray> = by_color.into_values().collect();
    strays.sort_by_key(|stray| std::cmp::Reverse(stray.pixels));
    strays
}
