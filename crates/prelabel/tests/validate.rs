//! Every rule of validation finds its planted fault and no other rule does; what can be mended is mended,
//! and a second look at the copy finds nothing but the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::sync::{Arc, Mutex};

use prelabel::model::{Cells, Grid, Rgba};
use prelabel::pixels::mask_png;
use prelabel::report::{Remarks, Severity};
use prelabel::tree::{MemorySink, MemorySource};
use prelabel::validate::{Checked, Options, Outcome, Pairs, RULES, fix, validate};

type Files = BTreeMap<String, Vec<u8>>;

const WIDTH: u32 = 12;
const HEIGHT: u32 = 10;
const NOTHING: Rgba = Rgba::UNLABELLED;
const CAR: Rgba = Rgba([0xf2, 0x33, 0x34, 255]);
const SKY: Rgba = Rgba([0xfd, 0x2d, 0x34, 255]);

/// A folder of pairs and its images.
#[derive(Clone)]
struct Tree {
    files: Files,
    images: Files,
}

impl Tree {
    /// Three masks without a fault: two share a legend, the third has its own with instances.
    fn clean() -> Self {
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

    fn put(&mut self, path: &str, bytes: &[u8]) {
        self.files.insert(path.to_owned(), bytes.to_vec());
    }

    fn with(mut self, path: &str, bytes: &[u8]) -> Self {
        self.put(path, bytes);
        self
    }

    fn without(mut self, path: &str) -> Self {
        assert!(self.files.remove(path).or_else(|| self.images.remove(path)).is_some(), "{path}");
        self
    }

    fn with_image(mut self, path: &str, bytes: Vec<u8>) -> Self {
        self.images.insert(path.to_owned(), bytes);
        self
    }

    /// The shared legend with another text.
    fn legend(self, text: &str) -> Self {
        self.with("legend.json", text.as_bytes())
    }

    /// Mask `a` with some of its pixels changed.
    fn pixels(self, change: impl Fn(&mut Vec<Rgba>)) -> Self {
        let mut pixels = picture();
        change(&mut pixels);
        self.with("masks/a.png", &png(&pixels))
    }

    fn pairs(&self) -> Pairs {
        let files = MemorySource::new("pairs", self.files.clone());
        let images = MemorySource::new("images", self.images.clone());
        Pairs::new(Arc::new(files), Some(Arc::new(images))).unwrap()
    }
}

const CLASSES: &[u8] = br##"{"classes": [{"id": 0, "name": "background", "color": "#000000"},
    {"id": 1, "name": "car", "color": "#f23334"}, {"id": 2, "name": "sky", "color": "#fd2d34"}]}"##;

/// Sky above, a car below, nothing around.
fn picture() -> Vec<Rgba> {
    let at = |index: u32| match (index % WIDTH, index / WIDTH) {
        (_, 0..3) => SKY,
        (2..8, 5..9) => CAR,
        _ => NOTHING,
    };
    (0..WIDTH * HEIGHT).map(at).collect()
}

fn at(x: u32, y: u32) -> usize {
    (y * WIDTH + x) as usize
}

fn png(pixels: &[Rgba]) -> Vec<u8> {
    let colors: Vec<Rgba> = pixels.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let codes = pixels.iter().map(|pixel| colors.iter().position(|color| color == pixel).unwrap() as u8);
    mask_png::encode(&Grid::new(WIDTH, HEIGHT, Cells::U8(codes.collect())).unwrap(), &colors).unwrap()
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

fn palette_png() -> Vec<u8> {
    let codes = picture().into_iter().map(|pixel| match pixel {
        CAR => 1,
        SKY => 2,
        _ => 0,
    });
    other_png(png::ColorType::Indexed, png::BitDepth::Eight, &codes.collect::<Vec<u8>>())
}

/// The picture in seven passes, which no encoder at hand writes.
fn interlaced_png() -> Vec<u8> {
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

fn photo(width: u32, height: u32, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(width, height, image::Rgb([9, 90, 200])).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG that viewers turn by a quarter.
fn turned_photo(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = photo(width, height, image::ImageFormat::Jpeg);
    let tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let length = (tiff.len() as u16 + 2).to_be_bytes();
    bytes.splice(2..2, [b"\xff\xe1".as_slice(), &length, tiff].concat());
    bytes
}

/// A fault for each rule, with the rules that cannot but fire with it.
fn planted() -> Vec<(&'static str, &'static [&'static str], Tree)> {
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

const LEGEND: &[u8] = br##"{"#f23334": "car", "#fd2d34": "sky"}"##;

/// Everything that a run says, in order.
fn run(tree: &Tree, options: &Options) -> (Vec<(usize, Option<String>, Remarks)>, Outcome) {
    let said = Mutex::new(Vec::new());
    let outcome = validate(&tree.pairs(), options, &|checked| said.lock().unwrap().push(copy(checked))).unwrap();
    (said.into_inner().unwrap(), outcome)
}

fn copy(checked: &Checked) -> (usize, Option<String>, Remarks) {
    assert!(checked.failures.is_empty(), "{:?}", checked.failures);
    (checked.index, checked.key.clone(), checked.remarks.clone())
}

fn codes(tree: &Tree) -> BTreeSet<&'static str> {
    let (said, _) = run(tree, &Options::default());
    said.iter().flat_map(|(_, _, remarks)| &remarks.findings).map(|finding| finding.code).collect()
}

fn mended(tree: &Tree, allow_lossy: bool) -> (Tree, Outcome) {
    let sink = MemorySink::new(false);
    let outcome = fix(&tree.pairs(), &sink, &Options::default(), allow_lossy, &|_| ()).unwrap();
    (Tree { files: sink.files(), images: tree.images.clone() }, outcome)
}

#[test]
fn a_folder_without_fault_has_no_finding_and_is_copied_byte_for_byte() {
    let tree = Tree::clean();
    let (said, outcome) = run(&tree, &Options::default());
    assert_eq!(said.iter().map(|(_, key, _)| key.as_deref()).collect::<Vec<_>>(), [Some("a"), Some("b"), Some("c")]);
    assert_eq!(outcome.summary.groups().count(), 0, "{:#?}", outcome.summary);
    let (again, outcome) = mended(&tree, true);
    assert_eq!((again.files, outcome.mended), (tree.files, 0));
}

#[test]
fn each_rule_finds_its_fault_and_no_other_does() {
    let planted = planted();
    for rule in RULES {
        let code = rule.info().code;
        assert!(planted.iter().any(|(planted, _, _)| *planted == code), "no fault is planted for {code}");
    }
    for (code, companions, tree) in planted {
        let expected: BTreeSet<_> = companions.iter().copied().chain([code]).collect();
        assert_eq!(codes(&tree), expected, "{code}: {:#?}", run(&tree, &Options::default()).0);
    }
}

#[test]
fn what_can_be_mended_is_gone_afterwards_and_the_rest_stays() {
    for (code, companions, tree) in planted() {
        let info = RULES.iter().map(|rule| rule.info()).find(|info| info.code == code).unwrap();
        for allow_lossy in [false, true] {
            let (copy, outcome) = mended(&tree, allow_lossy);
            if code == "PL067" {
                // No tree takes such a name: the mask is a failure by name, and the rest is written.
                assert_eq!((outcome.summary.failures(), outcome.summary.findings(Severity::Error)), (1, 1));
                assert_eq!(copy.files.len(), tree.files.len() - 1);
                continue;
            }
            let gone = info.fixable && (allow_lossy || !info.lossy);
            let mut expected: BTreeSet<_> = companions.iter().copied().collect();
            expected.extend((!gone).then_some(code));
            assert_eq!(codes(&copy), expected, "{code}, lossy {allow_lossy}");
            if gone {
                assert_eq!(outcome.mended, 1, "{code}");
                let says = |group: &prelabel::report::Group| group.code == code && group.message.starts_with("mended:");
                assert!(outcome.summary.groups().any(says), "{code}: {:#?}", outcome.summary);
                assert_eq!(outcome.summary.findings(Severity::Warning), 0, "{code}");
            } else {
                assert_eq!(copy.files, tree.files, "{code}: what cannot be mended is copied as it is");
            }
            assert_eq!(outcome.summary.losses() > 0, gone && info.lossy, "{code}");
            let (twice, outcome) = mended(&copy, allow_lossy);
            assert_eq!((twice.files, outcome.mended), (copy.files, 0), "{code}: mending twice changes nothing");
        }
    }
}

#[test]
fn mending_keeps_every_pixel() {
    for bytes in [palette_png(), interlaced_png()] {
        let (copy, _) = mended(&Tree::clean().with("masks/a.png", &bytes), false);
        let limits = prelabel::Limits::default();
        let pixels = |bytes: &[u8]| {
            let (_, mask) = mask_png::decode(bytes, &limits).unwrap();
            let (width, height) = mask.size();
            let places = (0..height).flat_map(move |y| (0..width).map(move |x| (x, y)));
            places.map(|(x, y)| mask.colors()[mask.grid().get(x, y).unwrap() as usize]).collect::<Vec<_>>()
        };
        assert_eq!(pixels(&copy.files["masks/a.png"]), picture());
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    // All faults of pairs in one folder, each pair under the name of its rule.
    let mut all = Tree::clean();
    for (code, _, tree) in planted() {
        for key in ["a", "c"] {
            all.put(&format!("masks/{code}{key}.png"), &tree.files[&format!("masks/{key}.png")]);
            let legend = tree.files.get(&format!("legends/{key}.json")).or(tree.files.get("legend.json"));
            if let Some(legend) = legend {
                all.put(&format!("legends/{code}{key}.json"), legend);
            }
        }
    }
    let said = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (said, outcome) = run(&all, &Options::default());
            let (copy, mended) = mended(&all, true);
            (said, format!("{:?}", outcome.summary), copy.files, format!("{:?}", mended.summary))
        })
    };
    let one = said(1);
    assert!(one.0.len() > 80);
    for _ in 0..3 {
        assert_eq!(said(4), one);
    }
}

fn finding(tree: &Tree, code: &str) -> prelabel::report::Finding {
    let (said, _) = run(tree, &Options::default());
    said.into_iter().flat_map(|(_, _, remarks)| remarks.findings).find(|finding| finding.code == code).unwrap()
}

#[test]
fn a_seven_digit_key_gets_the_only_colour_that_fits() {
    let (_, _, tree) = planted().swap_remove(0);
    let hint = finding(&tree, "PL001").hint.unwrap();
    assert!(hint.starts_with("write `#fdffd3`"), "{hint}");
    // Two that fit: nothing is proposed.
    let both = [Rgba([0xfd, 0xff, 0xd3, 255]), Rgba([0xfd, 0xff, 0xd4, 255])];
    let tree = tree.pixels(|pixels| pixels[at(3, 6)..at(5, 6)].copy_from_slice(&both));
    let hint = finding(&tree, "PL001").hint.unwrap();
    assert!(hint.contains("6 hex digits"), "{hint}");
}

#[test]
fn mixed_colours_on_edges_are_told_from_a_forgotten_class() {
    let forgotten = &planted().into_iter().find(|(code, _, _)| *code == "PL040").unwrap().2;
    let found = finding(forgotten, "PL040");
    assert!(found.hint.as_ref().unwrap().contains("add the colour"), "{found:?}");
    assert_eq!(found.detail.as_deref(), Some("3 pixels; the nearest entry is #f23334, `car`"));
    // The car's upper edge, half mixed with nothing.
    let smooth = Tree::clean().pixels(|pixels| pixels[at(2, 5)..at(8, 5)].fill(Rgba([0x79, 0x19, 0x1a, 255])));
    let found = finding(&smooth, "PL040");
    assert!(found.hint.as_ref().unwrap().contains("anti-aliasing"), "{found:?}");
    assert!(found.detail.unwrap().starts_with("1 colour, 6 pixels, 6 of them on edges"));
}

#[test]
fn a_turned_image_explains_swapped_sides() {
    let turned = Tree::clean().with_image("a.png", turned_photo(HEIGHT, WIDTH));
    assert!(finding(&turned, "PL064").message.contains("EXIF"));
    let swapped = Tree::clean().with_image("a.png", photo(HEIGHT, WIDTH, image::ImageFormat::Png));
    assert!(finding(&swapped, "PL064").message.contains("swapped"));
    let scaled = Tree::clean().with_image("a.png", photo(WIDTH * 3, HEIGHT * 3, image::ImageFormat::Png));
    assert!(finding(&scaled, "PL064").message.contains("scaled"));
}

#[test]
fn damage_names_chunk_and_place() {
    let find = |code: &str| planted().into_iter().find(|(planted, _, _)| *planted == code).unwrap().2;
    let damaged = finding(&find("PL021"), "PL021");
    assert!(damaged.message.contains("chunk IDAT"), "{damaged:?}");
    assert_eq!(damaged.at.unwrap().to_string(), "byte 33");
    let cut = finding(&find("PL022"), "PL022");
    assert!(cut.detail.unwrap().contains("chunk IDAT"));
    assert!(finding(&find("PL020"), "PL020").detail.unwrap().contains("JPEG"));
}

#[test]
fn masks_cut_at_any_length_are_findings_not_panics() {
    let whole = png(&picture());
    for length in 0..whole.len() {
        let tree = Tree::clean().with("masks/a.png", &whole[..length]);
        let found = codes(&tree);
        assert_eq!(found.len(), 1, "{length}: {found:?}");
    }
}

#[test]
fn rules_can_be_chosen_and_what_is_not_asked_about_is_not_mended() {
    let tree = Tree::clean()
        .legend(r##"{"#F23334": "car", "#fd2d34": "sky"}"##)
        .pixels(|pixels| pixels[at(0, 9)] = Rgba([255, 255, 255, 0]));
    let options = Options { select: vec!["PL00".into(), "specks".into()], ..Options::default() };
    let (_, outcome) = run(&tree, &options);
    assert_eq!(outcome.summary.groups().map(|group| group.code).collect::<Vec<_>>(), ["PL006"]);
    let sink = MemorySink::new(false);
    fix(&tree.pairs(), &sink, &options, true, &|_| ()).unwrap();
    assert_eq!(sink.files()["masks/a.png"], tree.files["masks/a.png"]);
    assert_ne!(sink.files()["legend.json"], tree.files["legend.json"]);
    let wrong = Options { select: vec!["spekcs".into()], ..Options::default() };
    let error = validate(&tree.pairs(), &wrong, &|_| ()).unwrap_err();
    assert!(error.to_string().contains("one like `specks`"), "{error}");
}

#[test]
fn a_legend_for_all_counts_before_those_of_the_tree() {
    let tree = Tree::clean().without("legend.json").without("legends/c.json");
    assert_eq!(codes(&tree), BTreeSet::from(["PL060"]));
    let pairs = tree.pairs().with_legend("given.json", LEGEND.to_vec());
    let outcome = validate(&pairs, &Options::default(), &|_| ()).unwrap();
    assert_eq!(outcome.summary.groups().count(), 0, "{:#?}", outcome.summary);
    let pairs = tree.pairs().with_legend("given.json", b"{".to_vec());
    let outcome = validate(&pairs, &Options::default(), &|_| ()).unwrap();
    let group = outcome.summary.groups().next().unwrap();
    assert_eq!((group.code, group.count, group.examples().next().unwrap().file.as_str()), ("PL009", 1, "given.json"));
}

#[test]
fn a_run_can_be_stopped_and_a_limit_is_a_failure() {
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let options = Options { stop: Some(stop), ..Options::default() };
    let outcome = validate(&Tree::clean().pairs(), &options, &|_| ()).unwrap();
    assert_eq!((outcome.pairs, outcome.not_tried, outcome.stopped.is_some()), (3, 3, true));
    let limits = prelabel::Limits { max_pixels: 10, ..prelabel::Limits::default() };
    let options = Options { limits, ..Options::default() };
    let outcome = validate(&Tree::clean().pairs(), &options, &|_| ()).unwrap();
    assert_eq!(outcome.summary.failures(), 3);
}
