//! A map to objects: each segment that counts becomes one.

use std::collections::BTreeMap;

use crate::Result;
use crate::geometry::{Span, Spans};
use crate::model::{Code, Instance, InstanceSet, PixelRule, Segment, SegmentMap, Shape, run_length, with_cells};

/// One object for each segment that `name` has a name for, in the order of class and number. Shapes are run lengths.
///
/// # Errors
/// A map of more pixels than run lengths can count.
pub fn vectorize(map: &SegmentMap, name: impl Fn(Segment) -> Option<String>) -> Result<InstanceSet> {
    let (width, height) = map.grid().size();
    let mut spans: BTreeMap<Segment, Vec<Span>> = BTreeMap::new();
    let names: Vec<Option<String>> = map.segments().iter().map(|segment| name(*segment)).collect();
    let mut of_code: Vec<Vec<Span>> = vec![Vec::new(); names.len()];
    with_cells!(map.grid(), cells => collect(cells, width, &names, &mut of_code));
    for (segment, found) in map.segments().iter().zip(of_code) {
        // Two codes may share a segment.
        if !found.is_empty() {
            spans.entry(*segment).or_default().extend(found);
        }
    }
    let mut instances = Vec::with_capacity(spans.len());
    for (segment, spans) in spans {
        let shape = Shape::Rle(Spans::new(width, height, spans)?.to_rle()?);
        let name = name(segment).unwrap_or_default();
        instances.push(Instance { name, id: None, class: segment.class, shape, score: None, crowd: false });
    }
    InstanceSet::new(width, height, PixelRule::Center, instances)
}

fn collect<T: Code>(cells: &[T], width: u32, wanted: &[Option<String>], of_code: &mut [Vec<Span>]) {
    for (y, row) in (0..).zip(cells.chunks_exact(width as usize)) {
        let mut x = 0;
        while let Some(&code) = row.get(x) {
            let end = x + run_length(&row[x..], code);
            if wanted[code.index()].is_some() {
                of_code[code.index()].push(Span { y, start: x as u32, end: end as u32 });
            }
            x = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cells, Grid};
    use crate::transform::{Overlap, paint};

    #[test]
    fn what_is_painted_again_is_the_same() {
        let cells = vec![0u8, 1, 1, 3, 2, 2, 1, 3, 3, 0, 0, 1];
        let grid = Grid::new(4, 3, Cells::U8(cells.clone())).unwrap();
        let segment = |class, instance| Segment { class, instance };
        // Code 3 spells the same object as code 1.
        let segments = vec![segment(0, None), segment(7, Some(1)), segment(7, Some(2)), segment(7, Some(1))];
        let map = SegmentMap::new(grid, segments).unwrap();
        let set = vectorize(&map, |segment| (segment.class != 0).then(|| format!("{segment:?}"))).unwrap();
        assert_eq!(set.as_slice().len(), 2);
        let painted = paint(&set, Overlap::Last, set.rule()).unwrap();
        let found: Vec<u32> = (0..12).map(|place| painted.grid.get(place % 4, place / 4).unwrap()).collect();
        let wanted: Vec<u32> = cells.iter().map(|code| [0, 1, 2, 1][usize::from(*code)]).collect();
        assert_eq!(found, wanted);
    }
}
