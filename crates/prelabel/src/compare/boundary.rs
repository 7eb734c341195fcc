//! How well the boundaries of classes agree: the F-score of DAVIS.
//!
//! Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation" (CVPR 2016), as
//! davis2017-evaluation counts it: a pixel is on the boundary of a class if it, its right, lower and lower right
//! neighbour are not all inside or all outside; it is found if the other mask has a boundary pixel of that class
//! within the bound. Precision is the share of B's boundary that is found in A, recall that of A's found in B.

use std::collections::BTreeMap;

use super::{Classes, Slot, Sum, VoidRule};
use crate::geometry::Span;
use crate::model::{Cells, ClassId, Code, LabelMap, with_cells};
use crate::{Error, Result};

/// How far boundaries may lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A share of the image's diagonal, rounded up to whole pixels.
    Diagonal(f64),
    /// So many pixels.
    Pixels(u32),
}

impl Default for Bound {
    /// That of DAVIS.
    fn default() -> Self {
        Bound::Diagonal(0.008)
    }
}

impl std::str::FromStr for Bound {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.parse::<f64>() {
            Ok(share) if (0.0..1.0).contains(&share) => Ok(Bound::Diagonal(share)),
            Ok(pixels) if (1.0..=10_000.0).contains(&pixels) && pixels.fract() == 0.0 => {
                Ok(Bound::Pixels(pixels as u32))
            }
            _ => Err(Error::usage("this is no bound for boundaries")
                .found(format!("`{text}`"))
                .expected("a share of the diagonal below 1, such as 0.008, or a whole number of pixels")),
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Bound::Diagonal(share) => write!(f, "{share}"),
            Bound::Pixels(pixels) => write!(f, "{pixels}"),
        }
    }
}

impl Bound {
    /// The bound in pixels for an image of that size.
    pub fn pixels(self, width: u32, height: u32) -> u32 {
        match self {
            Bound::Diagonal(share) => {
                let (width, height) = (f64::from(width), f64::from(height));
                (share * (width * width + height * height).sqrt()).ceil() as u32
            }
            Bound::Pixels(pixels) => pixels,
        }
    }
}

/// The F-scores of the images in which a class occurs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Boundary {
    /// Their sum.
    pub sum: Sum,
    /// Images.
    pub images: u64,
}

impl Boundary {
    /// The mean over the images.
    pub fn mean(&self) -> Option<f64> {
        (self.images > 0).then(|| self.sum.get() / self.images as f64)
    }

    /// Adds another's images.
    pub fn merge(&mut self, other: &Boundary) {
        self.sum = self.sum + other.sum;
        self.images += other.images;
    }
}

/// The boundary F-score of each class that occurs in either map of one image.
pub(super) fn scores(
    (a, b): (&LabelMap, &LabelMap),
    classes: &Classes,
    rule: VoidRule,
    bound: Bound,
) -> BTreeMap<Slot, f64> {
    let (width, height) = a.grid().size();
    let (mut slots, mut found) = (Slots::default(), Found::default());
    let kinds_a = Kinds::new(a, |id| slots.number(classes.of_a(id), rule));
    let kinds_b = Kinds::new(b, |id| slots.number(classes.of_b(id), rule));
    found.classes.resize_with(slots.slots.len(), Lines::default);
    let row = |y: u32| {
        let (mut one, mut other) = (kinds_a.row(a, y), kinds_b.row(b, y));
        for (one, other) in one.iter_mut().zip(&mut other) {
            let counts = match rule {
                VoidRule::Reference => *one != VOID,
                VoidRule::Either => *one != VOID && *other != VOID,
                VoidRule::Class => true,
            };
            if !counts {
                (*one, *other) = (VOID, VOID);
            }
        }
        (one, other)
    };
    let mut here = row(0);
    for y in 0..height {
        let below = if y + 1 < height { row(y + 1) } else { here.clone() };
        found.row(y, &here.0, &below.0, |lines| &mut lines.a);
        found.row(y, &here.1, &below.1, |lines| &mut lines.b);
        here = below;
    }
    let disk = Disk::new(bound.pixels(width, height), width, height);
    let occurs = slots.slots.iter().zip(&found.classes).filter(|(_, lines)| lines.occurs);
    occurs.map(|(&slot, lines)| (slot, lines.f_score(&disk))).collect()
}

/// The number of pixels that belong to no class.
const VOID: u32 = u32::MAX;

/// Slots, numbered as they are met.
#[derive(Default)]
struct Slots {
    slots: Vec<Slot>,
    numbers: BTreeMap<Slot, u32>,
}

impl Slots {
    fn number(&mut self, slot: Slot, rule: VoidRule) -> u32 {
        if slot == Slot::Void && rule != VoidRule::Class {
            return VOID;
        }
        let next = self.slots.len() as u32;
        *self.numbers.entry(slot).or_insert_with(|| {
            self.slots.push(slot);
            next
        })
    }
}

/// The number of each code's class.
struct Kinds {
    /// Ascending by code.
    codes: Vec<(u32, u32)>,
    /// By code, where codes are small.
    table: Vec<u32>,
}

impl Kinds {
    fn new(map: &LabelMap, mut number: impl FnMut(ClassId) -> u32) -> Self {
        let found = map.grid().occurrences().into_iter().map(|found| (found.code, number(map.id_of(found.code))));
        let codes: Vec<(u32, u32)> = found.collect();
        let mut table = Vec::new();
        if let (false, Some((last, _))) = (matches!(map.grid().cells(), Cells::U32(_)), codes.last()) {
            table = vec![VOID; *last as usize + 1];
            codes.iter().for_each(|&(code, kind)| table[code as usize] = kind);
        }
        Kinds { codes, table }
    }

    fn row(&self, map: &LabelMap, y: u32) -> Vec<u32> {
        let width = map.width() as usize;
        let start = y as usize * width;
        with_cells!(map.grid(), cells => cells[start..start + width].iter().map(|code| self.get(code.index())).collect())
    }

    fn get(&self, code: usize) -> u32 {
        match self.table.get(code) {
            Some(&kind) => kind,
            None => {
                let place = self.codes.partition_point(|&(other, _)| (other as usize) < code);
                self.codes.get(place).map_or(VOID, |found| found.1)
            }
        }
    }
}

/// The boundaries of one class in both maps.
#[derive(Default)]
struct Lines {
    a: Vec<Span>,
    b: Vec<Span>,
    occurs: bool,
}

/// The boundaries of all classes, by number.
#[derive(Default)]
struct Found {
    classes: Vec<Lines>,
}

impl Found {
    /// Adds the boundary pixels of a row.
    fn row(&mut self, y: u32, row: &[u32], below: &[u32], side: fn(&mut Lines) -> &mut Vec<Span>) {
        let last = row.len() - 1;
        let mut before = VOID;
        for (x, (&kind, &under)) in row.iter().zip(below).enumerate() {
            let next = (x + 1).min(last);
            let (right, across) = (row[next], below[next]);
            if kind != before {
                before = kind;
                if let Some(lines) = self.classes.get_mut(kind as usize) {
                    lines.occurs = true;
                }
            }
            if kind == under && kind == right && kind == across {
                continue;
            }
            let block = [kind, right, under, across];
            for (place, &one) in block.iter().enumerate() {
                if one != VOID && !block[..place].contains(&one) {
                    push(side(&mut self.classes[one as usize]), x as u32, y);
                }
            }
        }
    }
}

fn push(spans: &mut Vec<Span>, x: u32, y: u32) {
    match spans.last_mut() {
        Some(last) if last.y == y && last.end == x => last.end += 1,
        _ => spans.push(Span { y, start: x, end: x + 1 }),
    }
}

impl Lines {
    fn f_score(&self, disk: &Disk) -> f64 {
        let length = |spans: &[Span]| spans.iter().map(|span| u64::from(span.end - span.start)).sum::<u64>();
        let (recall, precision) = match (length(&self.a), length(&self.b)) {
            (0, 0) => (1.0, 1.0),
            (0, _) | (_, 0) => return 0.0,
            (a, b) => (disk.near(&self.a, &self.b) as f64 / a as f64, disk.near(&self.b, &self.a) as f64 / b as f64),
        };
        if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }
}

/// The pixels within the bound of one.
struct Disk {
    radius: u32,
    /// How far it reaches to either side, by the distance in rows.
    reach: Vec<u32>,
    width: u32,
    height: u32,
}

impl Disk {
    fn new(radius: u32, width: u32, height: u32) -> Self {
        let square = u64::from(radius) * u64::from(radius);
        let reach = (0..=u64::from(radius)).map(|rows| (square - rows * rows).isqrt() as u32).collect();
        Disk { radius, reach, width, height }
    }

    /// How many pixels of `spans` lie within the bound of one of `others`. Both ascend.
    fn near(&self, spans: &[Span], others: &[Span]) -> u64 {
        let words = (self.width as usize).div_ceil(64);
        let mut bits = vec![0u64; words];
        let (mut first, mut count, mut at) = (0, 0, 0);
        while let Some(&Span { y, .. }) = spans.get(at) {
            let row = spans[at..].iter().take_while(|span| span.y == y).count();
            let (top, bottom) = (y.saturating_sub(self.radius), (y + self.radius).min(self.height - 1));
            first += others[first..].iter().take_while(|span| span.y < top).count();
            bits.fill(0);
            for other in others[first..].iter().take_while(|span| span.y <= bottom) {
                let reach = self.reach[y.abs_diff(other.y) as usize];
                set(&mut bits, other.start.saturating_sub(reach), (other.end + reach).min(self.width));
            }
            count += spans[at..at + row].iter().map(|span| ones(&bits, span.start, span.end)).sum::<u64>();
            at += row;
        }
        count
    }
}

/// The bits of word `index` that lie from `start` to before `end`.
fn bits_of(index: usize, start: u32, end: u32) -> u64 {
    let base = index as u64 * 64;
    let (from, to) = (u64::from(start).saturating_sub(base).min(64), u64::from(end).saturating_sub(base).min(64));
    let below = |bit: u64| if bit == 64 { u64::MAX } else { (1 << bit) - 1 };
    below(to) & !below(from)
}

fn words(start: u32, end: u32) -> std::ops::Range<usize> {
    start as usize / 64..(end as usize).div_ceil(64)
}

fn set(bits: &mut [u64], start: u32, end: u32) {
    words(start, end).for_each(|index| bits[index] |= bits_of(index, start, end));
}

fn ones(bits: &[u64], start: u32, end: u32) -> u64 {
    words(start, end).map(|index| u64::from((bits[index] & bits_of(index, start, end)).count_ones())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(width: u32, ids: &[ClassId]) -> LabelMap {
        LabelMap::from_ids(width, ids.len() as u32 / width, ids.iter().copied()).unwrap()
    }

    fn f_score(a: &LabelMap, b: &LabelMap, bound: Bound) -> BTreeMap<Slot, f64> {
        scores((a, b), &Classes::new(None, None, &[255]), VoidRule::Reference, bound)
    }

    /// By the definition, pixel by pixel.
    fn slowly(a: &LabelMap, b: &LabelMap, id: ClassId, radius: i64) -> f64 {
        let (width, height) = (i64::from(a.width()), i64::from(a.height()));
        let edge = |map: &LabelMap| -> Vec<(i64, i64)> {
            let inside = |x: i64, y: i64| {
                let (x, y) = (x.min(width - 1) as u32, y.min(height - 1) as u32);
                a.get(x, y) != Some(255) && map.get(x, y) == Some(id)
            };
            let on = |x, y| {
                let own = inside(x, y);
                own != inside(x + 1, y) || own != inside(x, y + 1) || own != inside(x + 1, y + 1)
            };
            (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|&(x, y)| on(x, y)).collect()
        };
        let (ours, theirs) = (edge(a), edge(b));
        let near = |from: &[(i64, i64)], to: &[(i64, i64)]| {
            let close = |(x, y): (i64, i64), (u, v): (i64, i64)| (x - u).pow(2) + (y - v).pow(2) <= radius * radius;
            from.iter().filter(|one| to.iter().any(|other| close(**one, *other))).count() as f64 / from.len() as f64
        };
        match (ours.len(), theirs.len()) {
            (0, 0) => 1.0,
            (0, _) | (_, 0) => 0.0,
            _ => {
                let (recall, precision) = (near(&ours, &theirs), near(&theirs, &ours));
                if recall + precision > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
            }
        }
    }

    #[test]
    fn scores_are_those_of_the_definition() {
        let mut state = 11u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        for round in 0..60 {
            let (width, height) = (1 + random(90), 1 + random(20));
            let (codes, run) = (2 + random(3), 1 + random(40) as usize);
            let mut some = || -> LabelMap {
                let mut ids: Vec<ClassId> = Vec::new();
                while ids.len() < (width * height) as usize {
                    let id = match random(codes + 1) {
                        void if void == codes => 255,
                        id => ClassId::from(id) * if round % 2 == 0 { 1 } else { -1000 },
                    };
                    ids.extend(std::iter::repeat_n(id, 1 + random(run as u32) as usize));
                }
                ids.truncate((width * height) as usize);
                map(width, &ids)
            };
            let (a, b) = (some(), some());
            let radius = random(4);
            let found = f_score(&a, &b, Bound::Pixels(radius));
            for (slot, score) in found {
                let Slot::Id(id) = slot else { panic!("{slot:?}") };
                assert_eq!(score, slowly(&a, &b, id, radius.into()), "{width} × {height}, {id}, {radius}");
            }
        }
    }

    #[test]
    fn without_any_boundary_there_is_nothing_to_miss() {
        let (whole, part, other) = (map(2, &[1, 1, 1, 1]), map(2, &[1, 2, 1, 2]), map(2, &[2, 2, 2, 2]));
        assert_eq!(f_score(&whole, &whole, Bound::default()), BTreeMap::from([(Slot::Id(1), 1.0)]));
        assert_eq!(f_score(&whole, &part, Bound::default())[&Slot::Id(1)], 0.0);
        let disjoint = f_score(&whole, &other, Bound::default());
        assert_eq!(disjoint, BTreeMap::from([(Slot::Id(1), 1.0), (Slot::Id(2), 1.0)]));
    }

    #[test]
    fn bounds_are_shares_or_pixels() {
        assert_eq!("0.008".parse::<Bound>().unwrap().pixels(2048, 1024), 19);
        assert_eq!("3".parse::<Bound>().unwrap(), Bound::Pixels(3));
        assert_eq!("0".parse::<Bound>().unwrap().pixels(5, 5), 0);
        for text in ["-1", "1.5", "x", "nan", "1e9"] {
            assert!(text.parse::<Bound>().is_err(), "{text}");
        }
    }
}
