//! A folder of pairs without a fault, and one with a fault for each rule.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::sync::{Arc, Mutex};

use prelabel::model::{Cells, Grid, Rgba};
use prelabel::pixels::mask_png;
use prelabel::report::{Finding, Remarks};
use prelabel::tree::{MemorySink, MemorySource};
use prelabel::validate::{Checked, Options, Outcome, Pairs, fix, validate};

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) const WIDTH: u32 = 12;
pub(crate) const HEIGHT: u32 = 10;
pub(crate) const NOTHING: Rgba = Rgba::UNLABELLED;
pub(crate) const CAR: Rgba = Rgba([0xf2, 0x33, 0x34, 255]);
pub(crate) const SKY: Rgba = Rgba([0xfd, 0x2d, 0x34, 255]);

/// A folder of pairs and its images.
#[derive(Clone)]
pub(crate) struct Tree {
    pub(crate) files: Files,
    pub(crate) images: Files,
}

impl Tree {
    /// Three masks without a fault: two share a legend, the third has its own with instances.
    pub(crate) fn clean() -> Self {
        let mut tree = Tree { files: Files::new(), images: Files::new() };
        tree.put("classes.json", CLASSES);
        tree.put("legend.json", br##"{"#f23334": "car", "#fd2d34": "sky"}"##);
        tree.put("legends/c.json", br##"{"#f23334": "car # 1", "#fd2d34": "car # 2"}"##);
        for key in ["a", "b", "c"] {
            tree.put(&format!("masks/{key}.png"), &png(&picture()));
            tree.images.insert(format!("{key}.png"), photo(WIDTH, HEIGHT, image::ImageFormat::Png));
        }
        tree
    }

    pub(crate) fn put(&mut self, path: &str, bytes: &[u8]) {
        self.files.insert(path.to_owned(), bytes.to_vec());
    }

    pub(crate) fn with(mut self, path: &str, bytes: &[u8]) -> Self {
        self.put(path, bytes);
        self
    }

    pub(crate) fn without(mut self, path: &str) -> Self {
        assert!(self.files.remove(path).or_else(|| self.images.remove(path)).is_some(), "{path}");
        self
    }

    pub(crate) fn with_image(mut self, path: &str, bytes: Vec<u8>) -> Self {
        self.images.insert(path.to_owned(), bytes);
        self
    }

    /// The shared legend with another text.
    pub(crate) fn legend(self, text: &str) -> Self {
        self.with("legend.json", text.as_bytes())
    }

    /// Mask `a` with some of its pixels changed.
    pub(crate) fn pixels(self, change: impl Fn(&mut Vec<Rgba>)) -> Self {
        let mut pixels = picture();
        change(&mut pixels);
        self.with("masks/a.png", &png(&pixels))
    }

    pub(crate) fn pairs(&self) -> Pairs {
        let files = MemorySource::new("pairs", self.files.clone());
        let images = MemorySource::new("images", self.images.clone());
        Pairs::new(Arc::new(files), Some(Arc::new(images))).unwrap()
    }
}

pub(crate) const CLASSES: &[u8] = br##"{"classes": [{"id": 0, "name": "background", "color": "#000000"},
    {"id": 1, "name": "car", "color": "#f23334"}, {"id": 2, "name": "sky", "color": "#fd2d34"}]}"##;

/// Sky above, a car below, nothing around.
pub(crate) fn picture() -> Vec<Rgba> {
    let at = |index: u32| match (index % WIDTH, index / WIDTH) {
        (_, 0..3) => SKY,
        (2..8, 5..9) => CAR,
        _ => NOTHING,
    };
    (0..WIDTH * HEIGHT).map(at).collect()
}

pub(crate) fn at(x: u32, y: u32) -> usize {
    (y * WIDTH + x) as usize
}

pub(crate) fn png(pixels: &[Rgba]) -> Vec<u8> {
    let colors: Vec<Rgba> = pixels.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let codes = pixels.iter().map(|pixel| colors.iter().position(|color| color == pixel).unwrap() as u8);
    mask_png::encode(
        &Grid::new(WIDTH, HEIGHT, Cells::U8(codes.collect())).unwrap(),
        &colors,
        mask_png::Level::default(),
    )
    .unwrap()
}

/// The picture as a PNG of another kind.
fn other_png(color: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH, HEIGHT);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette([NOTHING, CAR, SKY].iter().flat_map(|color| color.0[..3].to_vec()).collect::<Vec<_>>());
        encoder.set_trns(vec![0, 255, 255]);
    }
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    bytes
}

pub(crate) fn palette_png() -> Vec<u8> {
    let codes = picture().into_iter().map(|pixel| match pixel {
        CAR => 1,
        SKY => 2,
        _ => 0,
    });
    other_png(png::ColorType::Indexed, png::BitDepth::Eight, &codes.collect::<Vec<u8>>())
}

/// The picture in seven passes, which no encoder at hand writes.
pub(crate) fn interlaced_png() -> Vec<u8> {
    let (pixels, mut data) = (picture(), Vec::new());
    for (x0, y0, dx, dy) in
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    {
        for y in (y0..HEIGHT).step_by(dy) {
            data.push(0);
            data.extend((x0..WIDTH).step_by(dx).flat_map(|x| pixels[at(x, y)].0));
        }
    }
    // One stored block: zlib without compression.
    let length = data.len() as u16;
    let (one, two) = data.iter().fold((1u32, 0u32), |(one, two), &byte| {
        let one = (one + u32::from(byte)) % 65_521;
        (one, (two + one) % 65_521)
    });
    let block = [&[0x78, 0x01, 0x01], length.to_le_bytes().as_slice(), &(!length).to_le_bytes(), &data].concat();
    let stream = [block, (two << 16 | one).to_be_bytes().to_vec()].concat();
    let header = [WIDTH.to_be_bytes().as_slice(), &HEIGHT.to_be_bytes(), &[8, 6, 0, 0, 1]].concat();
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &stream), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let checked = [kind.as_slice(), body].concat();
    [(body.len() as u32).to_be_bytes().as_slice(), &checked, &crc32fast::hash(&checked).to_be_bytes()].concat()
}

/// The picture with one more chunk after the header.
fn png_with(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = png(&picture());
    bytes.splice(33..33, chunk(kind, body));
    bytes
}

pub(crate) fn photo(width: u32, height: u32, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(width, height, image::Rgb([9, 90, 200])).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG that viewers turn by a quarter.
pub(crate) fn turned_photo(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = photo(width, height, image::ImageFormat::Jpeg);
    let tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let length = (tiff.len() as u16 + 2).to_be_bytes();
    bytes.splice(2..2, [b"\xff\xe1".as_slice(), &length, tiff].concat());
    bytes
}

/// A fault for each rule, with the rules that cannot but fire with it.
pub(crate) fn planted() -> Vec<(&'static str, &'static [&'static str], Tree)> {
    let clean = Tree::clean;
    let stray = Rgba([0xfd, 0xff, 0xd3, 255]);
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 20].to_vec();
    let mut flipped = png(&picture());
    flipped[50] ^= 1;
    let own = |text: &str| clean().with("legends/c.json", text.as_bytes());
    let rgba: Vec<u8> = picture().iter().flat_map(|pixel| pixel.0).collect();
    let deep: Vec<u8> = rgba.iter().flat_map(|&value| [value, value]).collect();
    let animation = png_with(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]);
    vec![
        // The colour that has no entry for it is the companion of a broken key.
        (
            "PL001",
            &["PL040"],
            clean()
                .legend(r##"{"#f23334": "car", "#fd2d34": "sky", "#fdffd34": "background"}"##)
                .pixels(|pixels| pixels[at(3, 6)..at(6, 6)].fill(stray)),
        ),
        ("PL002", &[], clean().legend(r##"{"#f23334": "car", "#fd2d34": "sky", "#f23334": "background"}"##)),
        // The second colour has no pixel.
        ("PL003", &["PL010"], clean().legend(r##"{"#f23334": "car", "#fd2d34": "sky", "#010203": "car"}"##)),
        ("PL004", &[], clean().legend(r##"{"#f23334": "car", "#fd2d34": " "}"##)),
        ("PL005", &[], clean().legend(r##"{"#f23334": "car", "#fd2d34": "sky", "#000000": "background"}"##)),
        ("PL006", &[], clean().legend(r##"{"#F23334": "car", "rgb(253, 45, 52)": "sky"}"##)),
        ("PL007", &[], own(r##"{"#f23334": "car #1", "#fd2d34": "car # 2"}"##)),
        (
            "PL008",
            &[],
            clean().legend(r##"[{"color": "rgb(242, 51, 52)", "text": "car"}, {"color": "#fd2d34", "value": "sky"}]"##),
        ),
        ("PL009", &[], clean().legend(r##"{"#f23334": "car",}"##)),
        ("PL010", &[], own(r##"{"#f23334": "car # 1", "#fd2d34": "car # 2", "#010203": "sky"}"##)),
        ("PL011", &[], clean().legend(r##"{"#f23334": "automobile", "#fd2d34": "sky"}"##)),
        ("PL012", &[], clean().legend(r##"{"#f23334": "Car", "#fd2d34": "sky"}"##)),
        // With a class list, it is a class that the list lacks, too.
        ("PL013", &[], clean().legend(r##"{"#f23334": "car 1", "#fd2d34": "sky"}"##).without("classes.json")),
        ("PL020", &[], clean().with("masks/a.png", &photo(WIDTH, HEIGHT, image::ImageFormat::Jpeg))),
        ("PL021", &[], clean().with("masks/a.png", &flipped)),
        ("PL022", &[], clean().with("masks/a.png", &cut(png(&picture())))),
        ("PL023", &[], clean().with("masks/a.png", &palette_png())),
        ("PL024", &[], clean().with("masks/a.png", &other_png(png::ColorType::Rgba, png::BitDepth::Sixteen, &deep))),
        ("PL025", &[], clean().with("masks/a.png", &interlaced_png())),
        ("PL026", &[], clean().with("masks/a.png", &[png(&picture()), b"more".to_vec()].concat())),
        ("PL027", &[], clean().with("masks/a.png", &png_with(b"gAMA", &45_455u32.to_be_bytes()))),
        ("PL028", &[], clean().with("masks/a.png", &animation)),
        ("PL040", &[], clean().pixels(|pixels| pixels[at(3, 6)..at(6, 6)].fill(stray))),
        ("PL041", &[], clean().pixels(|pixels| pixels[at(2, 5)..at(8, 5)].fill(Rgba([0xf2, 0x33, 0x34, 128])))),
        ("PL042", &[], clean().pixels(|pixels| pixels[at(0, 9)] = Rgba([255, 255, 255, 0]))),
        ("PL043", &[], clean().pixels(|pixels| pixels[at(0, 9)] = Rgba([0, 0, 0, 255]))),
        ("PL044", &[], clean().pixels(|pixels| pixels.fill(NOTHING))),
        ("PL045", &[], clean().pixels(|pixels| pixels[at(11, 9)] = CAR)),
        ("PL060", &[], clean().without("legend.json").with("legends/a.json", LEGEND)),
        ("PL061", &[], clean().with("legends/d.json", LEGEND)),
        ("PL062", &[], clean().without("a.png")),
        ("PL063", &[], clean().with_image("d.png", photo(4, 4, image::ImageFormat::Png))),
        ("PL064", &[], clean().with_image("a.png", turned_photo(HEIGHT, WIDTH))),
        ("PL065", &[], clean().with_image("a.png", b"<html>not found</html>".to_vec())),
        ("PL066", &[], clean().with("masks/a.PNG", &png(&picture()))),
        (
            "PL067",
            &[],
            clean()
                .with("masks/d:e.png", &png(&picture()))
                .with_image("d:e.png", photo(WIDTH, HEIGHT, image::ImageFormat::Png)),
        ),
        ("PL068", &[], clean().with("classes.json", br#"{"classes": [{"id": 1, "name": "car"}, {"id": 1}]}"#)),
        ("PL069", &[], clean().with_image("a.webp", photo(WIDTH, HEIGHT, image::ImageFormat::WebP))),
        ("PL070", &[], clean().with_image("a.png", turned_photo(WIDTH, HEIGHT))),
        ("PL080", &[], own(r##"{"#f23334": "car # 1", "#fd2d34": "car # 3"}"##)),
        (
            "PL081",
            &[],
            clean().with("legends/a.json", br##"{"#f23334": "car # 1", "#fd2d34": "car # 2"}"##).pixels(|pixels| {
                pixels[at(10, 8)..=at(11, 8)].fill(CAR);
                pixels[at(10, 9)..=at(11, 9)].fill(CAR);
            }),
        ),
        ("PL082", &[], own(r##"{"#f23334": "car # 1", "#fd2d34": "car"}"##)),
        ("PL083", &[], own(r##"{"#f23334": "car # 0", "#fd2d34": "car # 1"}"##).without("classes.json")),
    ]
}

pub(crate) const LEGEND: &[u8] = br##"{"#f23334": "car", "#fd2d34": "sky"}"##;

/// Everything that a run says, in order.
pub(crate) fn run(tree: &Tree, options: &Options) -> (Vec<(usize, Option<String>, Remarks)>, Outcome) {
    let said = Mutex::new(Vec::new());
    let outcome = validate(&tree.pairs(), options, &|checked| said.lock().unwrap().push(copy(checked))).unwrap();
    (said.into_inner().unwrap(), outcome)
}

fn copy(checked: &Checked) -> (usize, Option<String>, Remarks) {
    assert!(checked.failures.is_empty(), "{:?}", checked.failures);
    (checked.index, checked.key.clone(), checked.remarks.clone())
}

pub(crate) fn codes(tree: &Tree) -> BTreeSet<&'static str> {
    let (said, _) = run(tree, &Options::default());
    said.iter().flat_map(|(_, _, remarks)| &remarks.findings).map(|finding| finding.code).collect()
}

pub(crate) fn mended(tree: &Tree, allow_lossy: bool) -> (Tree, Outcome) {
    let sink = MemorySink::new(false);
    let outcome = fix(&tree.pairs(), &sink, &Options::default(), allow_lossy, &|_| ()).unwrap();
    (Tree { files: sink.files(), images: tree.images.clone() }, outcome)
}

pub(crate) fn finding(tree: &Tree, code: &str) -> Finding {
    let (said, _) = run(tree, &Options::default());
    said.into_iter().flat_map(|(_, _, remarks)| remarks.findings).find(|finding| finding.code == code).unwrap()
}
