//! Objects to a map: where they overlap, one of them is on top.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use crate::geometry::{Buckets, Spans, rasterize};
use crate::model::{Cells, Code, Grid, InstanceSet, PixelRule, Rle, Shape};
use crate::{Error, Result};

/// Which of two objects gets the pixels that both cover.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overlap {
    /// The one that its source names later.
    #[default]
    Last,
    /// The one that its source names first.
    First,
    /// The one with the higher score; of equal ones the first. An object without a score lies below all with one.
    Score,
    /// The one with fewer pixels; of equal ones the later.
    SmallerOnTop,
}

impl Overlap {
    /// All of them.
    pub const ALL: &[Overlap] = &[Overlap::Last, Overlap::First, Overlap::Score, Overlap::SmallerOnTop];

    /// What users type.
    pub fn name(self) -> &'static str {
        match self {
            Overlap::Last => "last",
            Overlap::First => "first",
            Overlap::Score => "score",
            Overlap::SmallerOnTop => "smaller-on-top",
        }
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Overlap {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Overlap::ALL.iter().copied().find(|overlap| overlap.name() == text).ok_or_else(|| {
            let names: Vec<_> = Overlap::ALL.iter().map(|overlap| overlap.name()).collect();
            Error::usage("there is no such order of overlap").found(format!("`{text}`")).expected(names.join(", "))
        })
    }
}

/// Objects on a grid.
#[derive(Clone, Debug)]
pub struct Painted {
    /// Code 0 where no object is, code k + 1 where object k is on top.
    pub grid: Grid,
    /// For each object, the pixels that it covers.
    pub covers: Vec<u64>,
    /// For each object, how many of them others lie over.
    pub hidden: Vec<u64>,
}

/// Paints objects one over the other.
///
/// # Errors
/// An image that its rule cannot count.
pub fn paint(set: &InstanceSet, overlap: Overlap, rule: PixelRule) -> Result<Painted> {
    if let Some(painted) = paint_apart(set)? {
        return Ok(painted);
    }
    let spans_of = |shape: &Shape| match shape {
        Shape::Polygons(polygons) => rasterize(polygons, set.width(), set.height(), rule),
        Shape::Rle(rle) => Spans::from_rle(rle),
    };
    let instances = set.as_slice();
    let spans: Vec<Spans> = instances.iter().map(|instance| spans_of(&instance.shape)).collect::<Result<_>>()?;
    let covers: Vec<u64> = spans.iter().map(Spans::area).collect();
    let mut order: Vec<usize> = (0..spans.len()).collect();
    match overlap {
        Overlap::Last => {}
        Overlap::First => order.reverse(),
        Overlap::Score => order.sort_by(|&one, &other| {
            let score = |index: usize| instances[index].score.unwrap_or(f64::NEG_INFINITY);
            score(one).total_cmp(&score(other)).then(other.cmp(&one))
        }),
        Overlap::SmallerOnTop => order.sort_by_key(|&index| Reverse(covers[index])),
    }
    let (width, height) = (set.width(), set.height());
    let pixels = width as usize * height as usize;
    let cells = match spans.len() as u64 {
        count if count < u8::LIMIT => Cells::U8(fill(pixels, width, &spans, &order)),
        count if count < u16::LIMIT => Cells::U16(fill(pixels, width, &spans, &order)),
        _ => Cells::U32(fill(pixels, width, &spans, &order)),
    };
    let grid = Grid::new(width, height, cells)?;
    let mut hidden = covers.clone();
    for found in grid.occurrences() {
        if let Some(index) = (found.code as usize).checked_sub(1) {
            hidden[index] -= found.pixels;
        }
    }
    Ok(Painted { grid, covers, hidden })
}

/// Paints run lengths that do not overlap: then no order matters, and each row is the one above with a few changes.
/// Nothing if there is anything else.
fn paint_apart(set: &InstanceSet) -> Result<Option<Painted>> {
    let masks = set.as_slice().iter().map(|instance| match &instance.shape {
        Shape::Rle(rle) => Some(rle),
        Shape::Polygons(_) => None,
    });
    let Some(masks) = masks.collect::<Option<Vec<&Rle>>>() else { return Ok(None) };
    let (width, height) = (set.width(), set.height());
    let cells = match masks.len() as u64 {
        count if count < u8::LIMIT => by_changes(&masks, width, height).map(Cells::U8),
        count if count < u16::LIMIT => by_changes(&masks, width, height).map(Cells::U16),
        _ => by_changes(&masks, width, height).map(Cells::U32),
    };
    let Some(cells) = cells else { return Ok(None) };
    let covers = masks.iter().map(|mask| mask.area()).collect();
    Ok(Some(Painted { grid: Grid::new(width, height, cells)?, covers, hidden: vec![0; masks.len()] }))
}

/// Nothing if two masks share a pixel.
fn by_changes<T: Code>(masks: &[&Rle], width: u32, height: u32) -> Option<Vec<T>> {
    let (mut begins, mut ends) = (Vec::new(), Vec::new());
    for (code, mask) in (1u32..).zip(masks) {
        for (start, length) in mask.runs() {
            let (mut x, mut y, mut left) = (start / height, start % height, length);
            while left > 0 {
                let here = left.min(height - y);
                begins.push((y, (x, code)));
                if y + here < height {
                    ends.push((y + here, x));
                }
                (x, y, left) = (x + 1, 0, left - here);
            }
        }
    }
    let (begins, ends) = (Buckets::new(&begins), Buckets::new(&ends));
    let row = width as usize;
    let nothing = T::from_index(0);
    let mut cells = vec![nothing; row * height as usize];
    for y in 0..height {
        let first = y as usize * row;
        if y > 0 {
            cells.copy_within(first - row..first, first);
        }
        let here = &mut cells[first..first + row];
        for x in ends.get(y) {
            here[*x as usize] = nothing;
        }
        for (x, code) in begins.get(y) {
            let cell = &mut here[*x as usize];
            if *cell != nothing {
                return None;
            }
            *cell = T::from_index(*code as usize);
        }
    }
    Some(cells)
}

fn fill<T: Code>(pixels: usize, width: u32, spans: &[Spans], order: &[usize]) -> Vec<T> {
    let mut cells = vec![T::from_index(0); pixels];
    for &index in order {
        for span in spans[index].as_slice() {
            let row = span.y as usize * width as usize;
            cells[row + span.start as usize..row + span.end as usize].fill(T::from_index(index + 1));
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Instance, Polygon, Ring};

    fn square(x: f64, side: f64, score: Option<f64>) -> Instance {
        let ring = Ring::from_flat(&[x, 0.0, x + side, 0.0, x + side, side, x, side]).unwrap();
        let shape = Shape::Polygons(vec![Polygon::new(ring)]);
        Instance { name: String::new(), id: None, class: 1, shape, score, crowd: false }
    }

    #[test]
    fn the_order_decides_who_is_on_top() {
        let instances = vec![square(0.0, 2.0, Some(0.9)), square(1.0, 3.0, None), square(3.0, 1.0, Some(0.2))];
        let set = InstanceSet::new(5, 3, PixelRule::Center, instances).unwrap();
        let row = |overlap| {
            let painted = paint(&set, overlap, set.rule()).unwrap();
            let row: Vec<u32> = (0..5).map(|x| painted.grid.get(x, 0).unwrap()).collect();
            (row, painted.covers, painted.hidden)
        };
        assert_eq!(row(Overlap::Last), (vec![1, 2, 2, 3, 0], vec![4, 9, 1], vec![2, 1, 0]));
        assert_eq!(row(Overlap::First), (vec![1, 1, 2, 2, 0], vec![4, 9, 1], vec![0, 2, 1]));
        assert_eq!(row(Overlap::Score), (vec![1, 1, 2, 3, 0], vec![4, 9, 1], vec![0, 3, 0]));
        assert_eq!(row(Overlap::SmallerOnTop), row(Overlap::Score));
    }

    /// Painted by rows and by changes, masks give the same; where they overlap, the order decides.
    #[test]
    fn run_lengths_are_painted_as_their_spans() {
        let mut state = 3u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        let mut apart = 0;
        for _ in 0..2000 {
            let (width, height) = (random(6) + 1, random(6) + 1);
            let overlapping = random(2) == 0;
            let owner: Vec<u32> = (0..width * height).map(|_| random(4)).collect();
            let mask = |object: u32, random: &mut dyn FnMut(u32) -> u32| {
                let inside = |place: usize| owner[place] == object || (overlapping && random(5) == 0);
                let inside: Vec<bool> = (0..owner.len()).map(inside).collect();
                let ends = (0..=inside.len()).filter(|&at| {
                    let state = |at: usize| at > 0 && at <= inside.len() && inside[at - 1];
                    state(at) != (at < inside.len() && inside[at])
                });
                Rle::from_ascending_ends(height, width, ends.map(|at| at as u32)).unwrap()
            };
            let masks: Vec<Rle> = (1..4).map(|object| mask(object, &mut random)).collect();
            let instance = |rle: &Rle| Instance {
                name: String::new(),
                id: None,
                class: 1,
                shape: Shape::Rle(rle.clone()),
                score: None,
                crowd: false,
            };
            let set = InstanceSet::new(width, height, PixelRule::Center, masks.iter().map(instance).collect()).unwrap();
            let painted = paint(&set, Overlap::Last, set.rule()).unwrap();
            apart += usize::from(paint_apart(&set).unwrap().is_some());
            for (x, y) in (0..width).flat_map(|x| (0..height).map(move |y| (x, y))) {
                let covers = |rle: &Rle| {
                    let at = x * height + y;
                    rle.runs().any(|(start, length)| (start..start + length).contains(&at))
                };
                let top = (1..).zip(&masks).filter(|(_, mask)| covers(mask)).map(|(code, _)| code).last().unwrap_or(0);
                assert_eq!(painted.grid.get(x, y), Some(top));
            }
            let hidden: u64 = painted.hidden.iter().sum();
            let found = painted.grid.occurrences();
            let seen: u64 = found.iter().filter(|found| found.code > 0).map(|found| found.pixels).sum();
            assert_eq!(painted.covers.iter().sum::<u64>() - hidden, seen);
        }
        assert!((500..1900).contains(&apart), "{apart}");
    }

    #[test]
    fn many_objects_get_wider_codes() {
        let instances = (0..300).map(|index| square(f64::from(index), 1.0, None)).collect();
        let set = InstanceSet::new(300, 1, PixelRule::Center, instances).unwrap();
        let painted = paint(&set, Overlap::Last, set.rule()).unwrap();
        assert_eq!(painted.grid.get(299, 0), Some(300));
        assert!(matches!(painted.grid.cells(), Cells::U16(_)));
    }
}
