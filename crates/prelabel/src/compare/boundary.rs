//! How well the boundaries of classes agree: the F-score of DAVIS.
//!
//! Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation" (CVPR 2016), as
//! davis2017-evaluation counts it: a pixel is on the boundary of a class if it, its right, lower and lower right
//! neighbour are not all inside or all outside; it is found if the other mask has a boundary pixel of that class
//! within the bound. Precision is the share of B's boundary that is found in A, recall that of A's found in B.

use std::collections::{BTreeMap, VecDeque};

use super::{Classes, Slot, Sum, VoidRule};
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
    let mut slots = Slots::default();
    let kinds_a = Kinds::new(a, |id| slots.number(classes.of_a(id), rule));
    let kinds_b = Kinds::new(b, |id| slots.number(classes.of_b(id), rule));
    let row = |y: u32| {
        let mut rows = [kinds_a.row(a, y), kinds_b.row(b, y)];
        let [one, other] = &mut rows;
        for (one, other) in one.iter_mut().zip(other) {
            let counts = match rule {
                VoidRule::Reference => *one != VOID,
                VoidRule::Either => *one != VOID && *other != VOID,
                VoidRule::Class => true,
            };
            if !counts {
                (*one, *other) = (VOID, VOID);
            }
        }
        rows
    };
    let mut window = Window::new(bound.pixels(width, height), width, slots.slots.len());
    let mut here = row(0);
    for y in 0..height {
        let below = if y + 1 < height { row(y + 1) } else { here.clone() };
        window.push([0, 1].map(|side| edges(&here[side], &below[side])));
        // A class that does not begin a row has a boundary where it begins.
        here.iter().for_each(|kinds| window.meet(kinds[0]));
        here = below;
    }
    window.finish();
    let occurs = slots.slots.iter().zip(&window.totals).filter(|(_, total)| total.occurs || total.pixels != [0, 0]);
    occurs.map(|(&slot, total)| (slot, total.f_score())).collect()
}

/// The number of pixels that belong to no class.
const VOID: u32 = u32::MAX;

/// Pixels that are looked at together.
const BLOCK: usize = 32;

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

/// Neighbouring boundary pixels of a class in a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    kind: u32,
    start: u32,
    end: u32,
}

/// What a class has so far: pixels of its boundary in A and in B, and how many of each were found in the other.
#[derive(Clone, Copy, Default)]
struct Total {
    pixels: [u64; 2],
    found: [u64; 2],
    /// It begins a row.
    occurs: bool,
}

impl Total {
    fn f_score(&self) -> f64 {
        let (recall, precision) = match self.pixels {
            [0, 0] => (1.0, 1.0),
            [0, _] | [_, 0] => return 0.0,
            [a, b] => (self.found[0] as f64 / a as f64, self.found[1] as f64 / b as f64),
        };
        if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }
}

/// The boundaries of both maps in the rows that a row can reach: no more of them is ever held.
struct Window {
    radius: u32,
    /// How far a pixel reaches to either side, by the distance in rows.
    reach: Vec<u32>,
    width: u32,
    /// Of A and of B, by class, then column.
    rows: VecDeque<[Vec<Edge>; 2]>,
    /// The place in `rows` of the row that is looked at next.
    next: usize,
    totals: Vec<Total>,
    /// A row of pixels.
    bits: Vec<u64>,
}

impl Window {
    fn new(radius: u32, width: u32, classes: usize) -> Self {
        let square = u64::from(radius) * u64::from(radius);
        Window {
            radius,
            reach: (0..=u64::from(radius)).map(|rows| (square - rows * rows).isqrt() as u32).collect(),
            width,
            rows: VecDeque::new(),
            next: 0,
            totals: vec![Total::default(); classes],
            bits: vec![0; (width as usize).div_ceil(64)],
        }
    }

    /// A class begins a row.
    fn meet(&mut self, kind: u32) {
        if let Some(total) = self.totals.get_mut(kind as usize) {
            total.occurs = true;
        }
    }

    /// Takes the next row in, and looks at the one that it completes.
    fn push(&mut self, row: [Vec<Edge>; 2]) {
        self.rows.push_back(row);
        if self.rows.len() - self.next > self.radius as usize {
            self.look();
        }
    }

    /// Looks at the rows that are left.
    fn finish(&mut self) {
        while self.next < self.rows.len() {
            self.look();
        }
    }

    /// Counts the next row's boundaries, and lets those go that no later row reaches.
    fn look(&mut self) {
        for side in 0..2 {
            let edges = std::mem::take(&mut self.rows[self.next][side]);
            for own in edges.chunk_by(|one, other| one.kind == other.kind) {
                let (kind, pixels) =
                    (own[0].kind, own.iter().map(|edge| u64::from(edge.end - edge.start)).sum::<u64>());
                let found = self.found(own, 1 - side);
                let total = &mut self.totals[kind as usize];
                total.pixels[side] += pixels;
                total.found[side] += found;
            }
            self.rows[self.next][side] = edges;
        }
        self.next += 1;
        if self.next > self.radius as usize {
            self.rows.pop_front();
            self.next -= 1;
        }
    }

    /// How many pixels of some edges of one class in the next row lie within the bound of that class's on that side.
    fn found(&mut self, own: &[Edge], side: usize) -> u64 {
        self.bits.fill(0);
        for (place, row) in self.rows.iter().enumerate() {
            let Some(&reach) = self.reach.get(place.abs_diff(self.next)) else { continue };
            let first = row[side].partition_point(|edge| edge.kind < own[0].kind);
            for edge in row[side][first..].iter().take_while(|edge| edge.kind == own[0].kind) {
                set(&mut self.bits, edge.start.saturating_sub(reach), (edge.end + reach).min(self.width));
            }
        }
        own.iter().map(|edge| ones(&self.bits, edge.start, edge.end)).sum()
    }
}

/// The boundaries in a row.
fn edges(row: &[u32], below: &[u32]) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    let last = row.len() - 1;
    for start in (0..row.len()).step_by(BLOCK) {
        let end = start + BLOCK;
        if end <= last {
            // Most blocks are of one class, and so is the column after them.
            let alike = |cells: &[u32]| cells[start..=end].iter().fold(0, |all, kind| all | kind ^ row[start]) == 0;
            if alike(row) && alike(below) {
                continue;
            }
        }
        for x in start..end.min(row.len()) {
            let right = (x + 1).min(last);
            let block = [row[x], row[right], below[x], below[right]];
            if block != [block[0]; 4] {
                add(&mut edges, block, x as u32);
            }
        }
    }
    edges.sort_unstable();
    edges
}

/// Adds a pixel to the boundaries of the classes that meet there.
fn add(edges: &mut Vec<Edge>, block: [u32; 4], x: u32) {
    for (place, &kind) in block.iter().enumerate() {
        if kind == VOID || block[..place].contains(&kind) {
            continue;
        }
        // What touches is one of the last few; where it is not, two edges are as good as one.
        let near = edges.len().saturating_sub(8);
        match edges[near..].iter_mut().rev().find(|edge| edge.kind == kind && edge.end == x) {
            Some(edge) => edge.end += 1,
            None => edges.push(Edge { kind, start: x, end: x + 1 }),
        }
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
