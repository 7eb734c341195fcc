//! Objects to a map: where they overlap, one of them is on top.

use super::Overlap;
use crate::Result;
use crate::geometry::{Buckets, Span, Spans, rasterize};
use crate::model::{Cells, Code, Grid, InstanceSet, PixelRule, Rle, Shape};

/// Objects on a grid.
#[derive(Clone, Debug)]
pub struct Painted {
    /// The code of the object on top, or that of no object.
    pub grid: Grid,
    /// For each object, the pixels that it covers.
    pub covers: Vec<u64>,
    /// For each object, how many of them others lie over.
    pub hidden: Vec<u64>,
}

/// The code of each object, and of pixels without one.
#[derive(Clone, Copy, Debug)]
pub struct Codes<'a> {
    /// Where no object is.
    pub nothing: u32,
    /// By object; several may share one.
    pub of: &'a [u32],
}

/// Paints objects one over the other: code 0 where none is, code k + 1 where object k is on top.
///
/// # Errors
/// An image that its rule cannot count.
pub fn paint(set: &InstanceSet, overlap: &Overlap, rule: PixelRule) -> Result<Painted> {
    let codes: Vec<u32> = (1..).take(set.as_slice().len()).collect();
    paint_as(set, overlap, rule, Codes { nothing: 0, of: &codes })
}

/// Paints objects one over the other, each with its code.
///
/// # Errors
/// An image that its rule cannot count.
///
/// # Panics
/// Fewer codes than objects.
pub fn paint_as(set: &InstanceSet, overlap: &Overlap, rule: PixelRule, codes: Codes<'_>) -> Result<Painted> {
    if let Some(painted) = paint_apart(set, codes)? {
        return Ok(painted);
    }
    let spans_of = |shape: &Shape| match shape {
        Shape::Polygons(polygons) => rasterize(polygons, set.width(), set.height(), rule),
        Shape::Rle(rle) => Spans::from_rle(rle),
    };
    let spans: Vec<Spans> = set.as_slice().iter().map(|instance| spans_of(&instance.shape)).collect::<Result<_>>()?;
    let covers: Vec<u64> = spans.iter().map(Spans::area).collect();
    let order = overlap.order(set, &covers);
    let (width, height) = (set.width(), set.height());
    let cells = match codes.limit() {
        count if count <= u8::LIMIT => Cells::U8(fill(&spans, &order, set, codes)),
        count if count <= u16::LIMIT => Cells::U16(fill(&spans, &order, set, codes)),
        _ => Cells::U32(fill(&spans, &order, set, codes)),
    };
    let grid = Grid::new(width, height, cells)?;
    let mut hidden = covers.clone();
    let mut taken = Taken::new(width, height);
    for &index in order.iter().rev() {
        hidden[index] -= spans[index].as_slice().iter().map(|span| taken.take(span)).sum::<u64>();
    }
    Ok(Painted { grid, covers, hidden })
}

impl Codes<'_> {
    /// One more than the greatest.
    fn limit(&self) -> u64 {
        u64::from(self.of.iter().copied().fold(self.nothing, u32::max)) + 1
    }
}

/// The pixels that are covered so far, a bit each.
struct Taken {
    /// Words of a row.
    stride: usize,
    words: Vec<u64>,
}

impl Taken {
    fn new(width: u32, height: u32) -> Self {
        let stride = (width as usize).div_ceil(64);
        Taken { stride, words: vec![0; stride * height as usize] }
    }

    /// Covers a span; how many of its pixels were free.
    fn take(&mut self, span: &Span) -> u64 {
        let (start, end) = (span.start as usize, span.end as usize - 1);
        let row = span.y as usize * self.stride;
        let words = &mut self.words[row + start / 64..=row + end / 64];
        let mut take = |place: usize, bits: u64| {
            let free = bits & !words[place];
            words[place] |= bits;
            u64::from(free.count_ones())
        };
        let (first, last) = (u64::MAX << (start % 64), u64::MAX >> (63 - end % 64));
        let end = end / 64 - start / 64;
        if end == 0 {
            return take(0, first & last);
        }
        take(0, first) + (1..end).map(|place| take(place, u64::MAX)).sum::<u64>() + take(end, last)
    }
}

/// Paints run lengths that do not overlap: then no order matters, and each row is the one above with a few changes.
/// Nothing if there is anything else.
fn paint_apart(set: &InstanceSet, codes: Codes<'_>) -> Result<Option<Painted>> {
    let masks = set.as_slice().iter().map(|instance| match &instance.shape {
        Shape::Rle(rle) => Some(rle),
        Shape::Polygons(_) => None,
    });
    let Some(masks) = masks.collect::<Option<Vec<&Rle>>>() else { return Ok(None) };
    // That code tells which pixels are free.
    if codes.of.contains(&codes.nothing) {
        return Ok(None);
    }
    let (width, height) = (set.width(), set.height());
    let cells = match codes.limit() {
        count if count <= u8::LIMIT => by_changes(&masks, width, height, codes).map(Cells::U8),
        count if count <= u16::LIMIT => by_changes(&masks, width, height, codes).map(Cells::U16),
        _ => by_changes(&masks, width, height, codes).map(Cells::U32),
    };
    let Some(cells) = cells else { return Ok(None) };
    let covers = masks.iter().map(|mask| mask.area()).collect();
    Ok(Some(Painted { grid: Grid::new(width, height, cells)?, covers, hidden: vec![0; masks.len()] }))
}

/// Nothing if two masks share a pixel.
fn by_changes<T: Code>(masks: &[&Rle], width: u32, height: u32, codes: Codes<'_>) -> Option<Vec<T>> {
    let (mut begins, mut ends) = (Vec::new(), Vec::new());
    for (&code, mask) in codes.of.iter().zip(masks) {
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
    let nothing = T::from_index(codes.nothing as usize);
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

fn fill<T: Code>(spans: &[Spans], order: &[usize], set: &InstanceSet, codes: Codes<'_>) -> Vec<T> {
    let width = set.width() as usize;
    let mut cells = vec![T::from_index(codes.nothing as usize); width * set.height() as usize];
    for &index in order {
        let code = T::from_index(codes.of[index] as usize);
        for span in spans[index].as_slice() {
            let row = span.y as usize * width;
            cells[row + span.start as usize..row + span.end as usize].fill(code);
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
            let painted = paint(&set, &overlap, set.rule()).unwrap();
            let row: Vec<u32> = (0..5).map(|x| painted.grid.get(x, 0).unwrap()).collect();
            (row, painted.covers, painted.hidden)
        };
        assert_eq!(row(Overlap::Last), (vec![1, 2, 2, 3, 0], vec![4, 9, 1], vec![2, 1, 0]));
        assert_eq!(row(Overlap::First), (vec![1, 1, 2, 2, 0], vec![4, 9, 1], vec![0, 2, 1]));
        assert_eq!(row(Overlap::Score), (vec![1, 1, 2, 3, 0], vec![4, 9, 1], vec![0, 3, 0]));
        assert_eq!(row(Overlap::SmallerOnTop), row(Overlap::Score));
    }

    #[test]
    fn classes_that_stand_first_are_on_top() {
        let mut instances = vec![square(0.0, 3.0, None), square(1.0, 3.0, None), square(2.0, 3.0, None)];
        for (instance, class) in instances.iter_mut().zip([7, 9, 8]) {
            instance.class = class;
        }
        let set = InstanceSet::new(5, 1, PixelRule::Center, instances).unwrap();
        let row = |classes: &[i64]| {
            let codes = Codes { nothing: 255, of: &[7, 9, 8] };
            let painted = paint_as(&set, &Overlap::Classes(classes.into()), set.rule(), codes).unwrap();
            assert!(matches!(painted.grid.cells(), Cells::U8(_)));
            ((0..5).map(|x| painted.grid.get(x, 0).unwrap()).collect::<Vec<_>>(), painted.hidden)
        };
        assert_eq!(row(&[7, 8, 9]), (vec![7, 7, 7, 8, 8], vec![0, 3, 1]));
        assert_eq!(row(&[9]), (vec![7, 9, 9, 9, 8], vec![2, 0, 2]));
    }

    #[test]
    fn pixels_are_taken_once() {
        let mut taken = Taken::new(200, 2);
        let mut take = |y, start, end| taken.take(&Span { y, start, end });
        assert_eq!(
            (take(0, 60, 190), take(0, 0, 200), take(1, 63, 64), take(1, 0, 128), take(1, 127, 129)),
            (130, 70, 1, 127, 1)
        );
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
            let painted = paint(&set, &Overlap::Last, set.rule()).unwrap();
            apart += usize::from(paint_apart(&set, Codes { nothing: 0, of: &[1, 2, 3] }).unwrap().is_some());
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
        let painted = paint(&set, &Overlap::Last, set.rule()).unwrap();
        assert_eq!(painted.grid.get(299, 0), Some(300));
        assert!(matches!(painted.grid.cells(), Cells::U16(_)));
    }
}
