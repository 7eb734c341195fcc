//! The mask codec under random input, for as long as `PRELABEL_FUZZ_SECONDS` says (20 unless set). A failure prints the
//! seed that repeats it: set `PRELABEL_FUZZ_SEED` to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a failure here is a failed test")]

use std::time::{Duration, Instant};

use prelabel::Limits;
use prelabel::model::{Cells, Grid, Mask, Rgba};
use prelabel::pixels::mask_png::{self, Level};
use prelabel::pixels::png::ColorKind;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit.max(1)
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}

/// Runs cases until the time is over, each from a seed of its own.
fn fuzz(name: &str, case: impl Fn(&mut Random)) {
    let set = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let time = Duration::from_secs(set("PRELABEL_FUZZ_SECONDS").unwrap_or(20));
    if let Some(seed) = set("PRELABEL_FUZZ_SEED") {
        return case(&mut Random(seed));
    }
    let (start, mut cases) = (Instant::now(), 0u64);
    // Another place each day would be luck; the same each time finds what a change breaks.
    while start.elapsed() < time {
        let seed = cases.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(&mut Random(seed))));
        assert!(run.is_ok(), "{name}: repeat it with PRELABEL_FUZZ_SEED={seed}");
        cases += 1;
    }
    eprintln!("{name}: {cases} cases");
    assert!(cases > 0);
}

/// Regions, specks, rows that repeat, noise; widths around the blocks that the codec works in.
fn map(random: &mut Random) -> (Grid, Vec<Rgba>) {
    let width = match random.below(8) {
        0 => 1 + random.below(4),
        1 => 60 + random.below(10),
        2 => 8188 + random.below(8),
        3 => 1 + random.below(40_000),
        _ => 1 + random.below(300),
    };
    let height = 1 + random.below((60_000 / width).clamp(1, 80));
    let colors = 1 + match random.below(6) {
        0 => random.below(2),
        1 => random.below(70_000),
        2 => random.below(600),
        _ => random.below(25),
    };
    let (keep, repeat, change) = (random.below(101), random.below(101), 1 + random.below(colors));
    let mut cells: Vec<u32> = Vec::with_capacity((width * height) as usize);
    for index in 0..(width * height) as usize {
        let (x, above) = (index % width as usize, index.checked_sub(width as usize));
        let cell = match above {
            Some(above) if random.chance(repeat) => cells[above],
            _ if x > 0 && random.chance(keep) => cells[index - 1],
            _ => random.below(change),
        };
        cells.push(cell);
    }
    let mut table: Vec<Rgba> = vec![Rgba::UNLABELLED];
    // Alike in some channels, or in none.
    let step = if random.chance(50) { 1 } else { 0x0001_0307 };
    table.extend((1..colors).map(|code| {
        let [r, g, b, _] = code.wrapping_mul(step).to_le_bytes();
        Rgba([r, g, b, 255])
    }));
    let cells = match colors {
        0..=256 => Cells::U8(cells.iter().map(|&cell| cell as u8).collect()),
        257..=65_536 => Cells::U16(cells.iter().map(|&cell| cell as u16).collect()),
        _ => Cells::U32(cells),
    };
    (Grid::new(width, height, cells).unwrap(), table)
}

fn rgba(mask: &Mask) -> Vec<u8> {
    let (width, height) = mask.size();
    let code = |x, y| mask.grid().get(x, y).unwrap() as usize;
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| mask.colors()[code(x, y)].0).collect()
}

/// The pixels as the `png` crate decodes them; with `strict`, it checks the sum of their bytes too.
fn peer(png: &[u8], strict: bool) -> Option<Vec<u8>> {
    let mut options = png::DecodeOptions::default();
    options.set_ignore_adler32(!strict);
    let mut decoder = png::Decoder::new_with_options(std::io::Cursor::new(png), options);
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size().filter(|size| *size < 1 << 26)?];
    reader.next_frame(&mut pixels).ok()?;
    reader.finish().ok()?;
    Some(pixels)
}

#[test]
fn mask_roundtrip() {
    fuzz("mask_roundtrip", |random| {
        let (grid, colors) = map(random);
        let meant: Vec<u8> = {
            let (width, height) = grid.size();
            let cell = |index: u32| grid.get(index % width, index / width).unwrap() as usize;
            (0..width * height).flat_map(|index| colors[cell(index)].0).collect()
        };
        let level = Level::ALL[random.below(3) as usize];
        let png = mask_png::encode(&grid, &colors, level).unwrap();
        let (_, mask) = mask_png::decode(&png, &Limits::default()).unwrap();
        assert!(rgba(&mask) == meant, "{level:?}");
        assert!(peer(&png, true).is_some_and(|pixels| pixels == meant), "{level:?}");
    });
}

#[test]
fn mask_decode() {
    let limits = Limits { max_pixels: 1 << 22, ..Limits::default() };
    fuzz("mask_decode", |random| {
        let (grid, colors) = map(random);
        let mut png = match random.below(3) {
            0 => mask_png::encode(&grid, &colors, Level::ALL[random.below(3) as usize]).unwrap(),
            _ => other(&grid, &colors, random),
        };
        for _ in 0..random.below(4) {
            let place = random.below(png.len() as u32) as usize;
            match random.below(4) {
                0 => png.truncate(place),
                1 => png.insert(place, random.next() as u8),
                _ => png[place] ^= 1 << random.below(8),
            }
            if png.is_empty() {
                break;
            }
        }
        // Damage behind the checksums reaches the inflater.
        if random.chance(70) {
            mend_checksums(&mut png);
        }
        if let Ok((header, mask)) = mask_png::decode(&png, &limits)
            && header.color == ColorKind::Rgba
            && header.bits == 8
        {
            // What is decoded at all is decoded as the peer decodes it.
            assert!(peer(&png, false).is_some_and(|pixels| pixels == rgba(&mask)));
        }
    });
}

/// The mask as other encoders write it: any filter, any effort.
fn other(grid: &Grid, colors: &[Rgba], random: &mut Random) -> Vec<u8> {
    let (width, height) = grid.size();
    let cell = |index: u32| grid.get(index % width, index / width).unwrap() as usize;
    let pixels: Vec<u8> = (0..width * height).flat_map(|index| colors[cell(index)].0).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(match random.below(3) {
        0 => png::Compression::Fastest,
        1 => png::Compression::Balanced,
        _ => png::Compression::NoCompression,
    });
    let filters = [
        png::Filter::NoFilter,
        png::Filter::Sub,
        png::Filter::Up,
        png::Filter::Avg,
        png::Filter::Paeth,
        png::Filter::Adaptive,
    ];
    encoder.set_filter(filters[random.below(6) as usize]);
    encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels)).unwrap();
    bytes
}

/// Makes the checksum of every chunk fit again.
fn mend_checksums(png: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = png.get(at..at + 4).map(|four| u32::from_be_bytes(four.try_into().unwrap()) as usize) {
        let (body, end) = (at + 4, at.saturating_add(length).saturating_add(8));
        if end.saturating_add(4) > png.len() {
            return;
        }
        let crc = crc32fast::hash(&png[body..end]).to_be_bytes();
        png[end..end + 4].copy_from_slice(&crc);
        at = end + 4;
    }
}
