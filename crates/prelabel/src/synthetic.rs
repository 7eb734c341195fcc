//! Label maps made from a seed, for measuring: the kinds of map that annotation projects have, in any size.
//!
//! The same kind, size and seed give the same pixels on every machine: only whole numbers are used.

use crate::Result;
use crate::model::{Cells, Grid, LabelMap};

/// Class IDs 0 to 18, as the usual street scenes have.
pub const CLASSES: u8 = 19;

/// The void class ID of scenes.
pub const VOID: u8 = 255;

/// What a made map looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As people draw: layers and clean polygons.
    Scene,
    /// The same scene as a network returns it: argmax of noisy scores at a quarter of the size, upsampled.
    Ragged,
    /// The worst case: each pixel any class.
    Noise,
}

/// Makes a map.
///
/// # Errors
/// A side of zero.
pub fn label_map(kind: Kind, width: u32, height: u32, seed: u64) -> Result<LabelMap> {
    let (w, h) = (width as usize, height as usize);
    if width == 0 || height == 0 {
        // The grid says what is wrong with it.
        return Ok(LabelMap::new(Grid::new(width, height, Cells::U8(Vec::new()))?));
    }
    let cells = match kind {
        Kind::Scene => scene(w, h, seed),
        Kind::Ragged => ragged(&scene(w, h, seed), w, h, seed),
        Kind::Noise => {
            let mut random = Random(seed);
            (0..w * h).map(|_| random.below(CLASSES.into()) as u8).collect()
        }
    };
    Ok(LabelMap::new(Grid::new(width, height, Cells::U8(cells))?))
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is at least 1; the bias of the remainder is of no matter here.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}

/// Sky, buildings and road as layers with uneven borders, then polygons, large ones first.
fn scene(width: usize, height: usize, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut cells = vec![0u8; width * height];
    for (class, share) in [(10, 1), (2, 3), (8, 5), (0, 6)] {
        let mut top = height * share / 8;
        for x in 0..width {
            // Borders move in steps of several columns, as drawn ones do.
            if x % 9 == 0 {
                top = (top + random.below(5) as usize).saturating_sub(2).min(height);
            }
            (top..height).for_each(|y| cells[y * width + x] = class);
        }
    }
    let largest = (height / 4).max(2) as u64;
    let shapes = (width as u64 * height as u64 / 5_000).clamp(20, MOST_SHAPES);
    for step in 0..shapes {
        let size = (largest * (shapes - step) / shapes / (1 + random.below(6))).max(3) as i64;
        let class = match random.below(20) as u8 {
            CLASSES.. => VOID,
            class => class,
        };
        let center = (random.below(width as u64) as i64, random.below(height as u64) as i64);
        let shape = star(&mut random, center, size);
        fill(&mut cells, width, height, &shape, class);
    }
    cells
}

/// Larger maps have more polygons up to this many: from there on they show the same things larger.
const MOST_SHAPES: u64 = 160;

/// A star-shaped polygon: corners at even steps around its centre, at uneven distances.
fn star(random: &mut Random, (x, y): (i64, i64), size: i64) -> Vec<(i64, i64)> {
    // The unit circle in 1,024ths at every 22.5°.
    const CIRCLE: [(i64, i64); 16] = [
        (1024, 0),
        (946, 392),
        (724, 724),
        (392, 946),
        (0, 1024),
        (-392, 946),
        (-724, 724),
        (-946, 392),
        (-1024, 0),
        (-946, -392),
        (-724, -724),
        (-392, -946),
        (0, -1024),
        (392, -946),
        (724, -724),
        (946, -392),
    ];
    let corner = |&(dx, dy): &(i64, i64)| {
        let reach = size / 2 + random.below(size as u64 + 1) as i64;
        (x + dx * reach / 1024, y + dy * reach / 1024)
    };
    CIRCLE.iter().map(corner).collect()
}

/// Fills a polygon by the even-odd rule at pixel centres, about.
fn fill(cells: &mut [u8], width: usize, height: usize, shape: &[(i64, i64)], class: u8) {
    let edges = shape.iter().zip(shape.iter().cycle().skip(1));
    let rows = shape.iter().map(|corner| corner.1);
    let (low, high) = (rows.clone().min().unwrap_or(0).max(0), rows.max().unwrap_or(0).min(height as i64));
    let mut crossings: Vec<i64> = Vec::new();
    for y in low..high {
        crossings.clear();
        for (&(x0, y0), &(x1, y1)) in edges.clone() {
            if (y0 <= y) != (y1 <= y) {
                crossings.push(x0 + (y - y0) * (x1 - x0) / (y1 - y0));
            }
        }
        crossings.sort_unstable();
        for pair in crossings.chunks_exact(2) {
            let (from, to) = (pair[0].clamp(0, width as i64) as usize, pair[1].clamp(0, width as i64) as usize);
            let row = y as usize * width;
            cells[row + from..row + to].fill(class);
        }
    }
}

/// Each pixel takes the class that weighs most among the four nearest cells of a grid of a quarter of the size,
/// where each cell is sure of its class to a random degree, and now and then wrong.
fn ragged(scene: &[u8], width: usize, height: usize, seed: u64) -> Vec<u8> {
    const STRIDE: usize = 4;
    let mut random = Random(seed ^ 0x7261_6767_6564);
    let (columns, rows) = (width.div_ceil(STRIDE) + 1, height.div_ceil(STRIDE) + 1);
    let mut coarse = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = ((column * STRIDE).min(width - 1), (row * STRIDE).min(height - 1));
            let wrong = random.below(24) == 0;
            let class = if wrong { random.below(CLASSES.into()) as u8 } else { scene[y * width + x] };
            // A network never answers void.
            let class = if class == VOID { 0 } else { class };
            coarse.push((class, 40 + random.below(60) as u32));
        }
    }
    let mut cells = Vec::with_capacity(width * height);
    for y in 0..height {
        let (row, down) = (y / STRIDE, (y % STRIDE) as u32);
        let (above, below) = (&coarse[row * columns..][..columns], &coarse[(row + 1) * columns..][..columns]);
        for x in 0..width {
            let (column, right) = (x / STRIDE, (x % STRIDE) as u32);
            let near = [above[column], above[column + 1], below[column], below[column + 1]];
            if near.iter().all(|cell| cell.0 == near[0].0) {
                cells.push(near[0].0);
                continue;
            }
            let (left, up) = (STRIDE as u32 - right, STRIDE as u32 - down);
            let weights = [left * up, right * up, left * down, right * down];
            let weight = |class: u8| -> u32 {
                near.iter().zip(weights).filter(|(cell, _)| cell.0 == class).map(|(cell, weight)| cell.1 * weight).sum()
            };
            let best = near.iter().map(|cell| cell.0).max_by_key(|&class| (weight(class), class));
            cells.push(best.unwrap_or_default());
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a row, and the share of pixels that equal the one above in thousandths.
    fn statistics(kind: Kind, width: u32, height: u32) -> (usize, usize) {
        let map = label_map(kind, width, height, 1).unwrap();
        let Cells::U8(cells) = map.grid().cells() else { panic!("one byte a pixel") };
        let (w, h) = (width as usize, height as usize);
        let runs: usize = cells.chunks(w).map(|row| 1 + row.windows(2).filter(|pair| pair[0] != pair[1]).count()).sum();
        let same = cells.iter().zip(&cells[w..]).filter(|(one, below)| one == below).count();
        (runs / h, same * 1000 / (w * (h - 1)))
    }

    #[test]
    fn made_maps_change_as_often_as_real_ones() {
        // Real street scenes have some 20 to 30 runs a row, small ones 9 to 23; networks' answers two to four times that.
        let (runs, same) = statistics(Kind::Scene, 2048, 1024);
        assert!((20..40).contains(&runs) && same > 980, "{runs} {same}");
        let (runs, same) = statistics(Kind::Ragged, 2048, 1024);
        assert!((50..90).contains(&runs) && (950..985).contains(&same), "{runs} {same}");
        let (runs, same) = statistics(Kind::Scene, 640, 480);
        assert!((8..25).contains(&runs) && same > 960, "{runs} {same}");
        let (runs, same) = statistics(Kind::Noise, 640, 480);
        assert!(runs > 590 && same < 60, "{runs} {same}");
    }

    #[test]
    fn the_same_seed_gives_the_same_map_and_sizes_of_one_are_no_trouble() {
        for kind in [Kind::Scene, Kind::Ragged, Kind::Noise] {
            assert_eq!(label_map(kind, 70, 30, 5).unwrap(), label_map(kind, 70, 30, 5).unwrap());
            assert_ne!(label_map(kind, 70, 30, 5).unwrap(), label_map(kind, 70, 30, 6).unwrap());
            for (width, height) in [(1, 1), (1, 9), (9, 1), (5, 4)] {
                assert_eq!(label_map(kind, width, height, 1).unwrap().grid().size(), (width, height));
            }
            assert!(label_map(kind, 0, 3, 1).is_err() && label_map(kind, 3, 0, 1).is_err());
        }
    }

    #[test]
    fn pixels_are_those_that_the_benchmarks_expect() {
        // As in the table of inputs in benches/src/maps.rs: both change together, and figures start anew.
        for (kind, checksum) in [(Kind::Scene, 0x3edd_671b), (Kind::Ragged, 0xd221_57c8)] {
            let map = label_map(kind, 640, 480, 1).unwrap();
            assert_eq!(crc32fast::hash(&map.as_u8().unwrap()), checksum, "{kind:?}");
        }
    }
}
