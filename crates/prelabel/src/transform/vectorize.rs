//! A map to objects: each segment that counts becomes one.

use std::collections::BTreeSet;

use crate::Result;
use crate::geometry::masks;
use crate::model::{Instance, InstanceSet, PixelRule, Segment, SegmentMap, Shape};

/// One object for each segment that `name` has a name for, in the order of class and number. Shapes are run lengths.
///
/// # Errors
/// A map of more pixels than run lengths can count.
pub fn vectorize(map: &SegmentMap, name: impl Fn(Segment) -> Option<String>) -> Result<InstanceSet> {
    let (width, height) = map.grid().size();
    // Two codes may share a segment.
    let segments: BTreeSet<Segment> = map.segments().iter().copied().collect();
    let named: Vec<(Segment, String)> =
        segments.into_iter().filter_map(|segment| Some((segment, name(segment)?))).collect();
    let place = |segment: &Segment| named.binary_search_by_key(segment, |(segment, _)| *segment).ok();
    let kinds: Vec<Option<usize>> = map.segments().iter().map(place).collect();
    let masks = masks(map.grid(), named.len(), |code| kinds[code as usize])?;
    let instances = named.into_iter().zip(masks).filter_map(|((segment, name), mask)| {
        let shape = Shape::Rle(mask?);
        Some(Instance { name, id: None, class: segment.class, shape, score: None, crowd: false })
    });
    InstanceSet::new(width, height, PixelRule::Center, instances.collect())
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
        let painted = paint(&set, &Overlap::Last, set.rule()).unwrap();
        let found: Vec<u32> = (0..12).map(|place| painted.grid.get(place % 4, place / 4).unwrap()).collect();
        let wanted: Vec<u32> = cells.iter().map(|code| [0, 1, 2, 1][usize::from(*code)]).collect();
        assert_eq!(found, wanted);
    }
}
