//! What each format keeps: everything is written and read back, and what is missing then must have been told.
//!
//! The table in `docs/losses.md` is made here: `PRELABEL_UPDATE=1 cargo test -p prelabel --test losses`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use prelabel::convert::{self, Adapter, Objects, Options};
use prelabel::formats::{FORMATS, Format, ReadOptions, Reader, WriteOptions};
use prelabel::geometry::rasterize;
use prelabel::model::{
    Cells, Class, ClassId, ClassKind, ClassList, Content, Grid, Instance, InstanceSet, Key, LabelMap, PixelRule, Rle,
    Sample, Segment, SegmentMap, Shape,
};
use prelabel::report::Report;
use prelabel::tree::{MemorySink, MemorySource};
use prelabel::{Result, classes};

const WIDTH: u32 = 8;
const HEIGHT: u32 = 6;

/// One thing that a source may say.
struct Feature {
    name: &'static str,
    source: fn() -> Source,
    kept: fn(&Seen, &Seen) -> bool,
}

/// A class list and one sample.
struct Source {
    classes: ClassList,
    content: Content,
}

impl Reader for Source {
    fn classes(&self) -> Option<&ClassList> {
        Some(&self.classes)
    }
    fn len(&self) -> usize {
        1
    }
    fn key(&self, _: usize) -> Result<Key> {
        Key::new("one")
    }
    fn file(&self, _: usize) -> String {
        "one".to_owned()
    }
    fn memory(&self, _: usize) -> u64 {
        0
    }
    fn read(&self, _: usize, _: &Report) -> Result<Sample> {
        Ok(Sample { key: Key::new("one")?, content: self.content.clone() })
    }
}

/// What can be compared, whatever the content.
struct Seen {
    classes: BTreeMap<String, (ClassId, Option<String>)>,
    /// What a pixel means: the name of a class, `void`, or nothing.
    pixels: Vec<String>,
    objects: Vec<Object>,
}

struct Object {
    class: String,
    number: Option<u32>,
    mask: Vec<bool>,
    score: Option<f64>,
    crowd: bool,
    id: Option<i64>,
}

impl Seen {
    fn of(content: &Content, classes: &ClassList) -> Seen {
        let name = |id: ClassId| classes.get(id).filter(|class| classes.is_labelled(class)).map(|c| c.name.clone());
        let mut objects = Vec::new();
        let meaning = |id: ClassId| match classes.get(id) {
            Some(class) if class.is_void() => "void".to_owned(),
            Some(class) if classes.is_labelled(class) => class.name.clone(),
            _ => String::new(),
        };
        let painted;
        let labels = match content {
            Content::LabelMap(map) => map,
            Content::Segments(map) => {
                for (code, segment) in (0u32..).zip(map.segments()) {
                    let mask: Vec<bool> = places().map(|(x, y)| map.grid().get(x, y) == Some(code)).collect();
                    if let (Some(class), true) = (name(segment.class), mask.contains(&true)) {
                        let number = segment.instance;
                        objects.push(Object { class, number, mask, score: None, crowd: false, id: None });
                    }
                }
                painted = map.clone().into_label_map().unwrap().0;
                &painted
            }
            Content::Instances(set) => {
                for instance in set.as_slice() {
                    let mask = match &instance.shape {
                        Shape::Rle(rle) => rle.clone(),
                        Shape::Polygons(polygons) => {
                            rasterize(polygons, WIDTH, HEIGHT, set.rule()).unwrap().to_rle().unwrap()
                        }
                    };
                    let mut pixels = vec![false; (WIDTH * HEIGHT) as usize];
                    for at in mask.runs().flat_map(|(start, length)| start..start + length) {
                        pixels[(at % HEIGHT * WIDTH + at / HEIGHT) as usize] = true;
                    }
                    let class = name(instance.class).unwrap_or_default();
                    let (score, crowd, id) = (instance.score, instance.crowd, instance.id);
                    objects.push(Object { class, number: None, mask: pixels, score, crowd, id });
                }
                let adapter = Adapter { classes: Some(classes.clone().with_unlabelled()), ..Adapter::default() };
                let sample = Sample { key: Key::new("one").unwrap(), content: content.clone() };
                let accepts = [prelabel::model::ContentKind::LabelMap];
                let Content::LabelMap(map) = adapter.adapt(sample, &accepts, &Report::new(true)).unwrap().content
                else {
                    panic!("a map was asked for")
                };
                painted = map;
                &painted
            }
            Content::Scores(_) => panic!("no format writes scores"),
        };
        let pixels = labels.ids().into_iter().map(meaning).collect();
        let color = |class: &Class| class.color.map(|color| color.to_string());
        let classes = classes
            .classes()
            .iter()
            .filter(|class| classes.is_labelled(class))
            .map(|class| (class.name.clone(), (class.id, color(class))));
        Seen { classes: classes.collect(), pixels, objects }
    }

    /// The masks of objects, in any order.
    fn masks(&self) -> Vec<(&str, &[bool])> {
        let mut masks: Vec<_> = self.objects.iter().map(|object| (object.class.as_str(), &object.mask[..])).collect();
        masks.sort_unstable();
        masks
    }

    /// Something of each object, by its mask.
    fn each<T: PartialEq + Clone>(&self, of: fn(&Object) -> T) -> Vec<(Vec<bool>, T)> {
        let mut found: Vec<_> = self.objects.iter().map(|object| (object.mask.clone(), of(object))).collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    }
}

fn places() -> impl Iterator<Item = (u32, u32)> {
    (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)))
}

/// Background, cat and dog.
fn animals(cat: ClassId, dog: ClassId) -> ClassList {
    let class = |id, name: &str, color: &str| Class { color: Some(color.parse().unwrap()), ..Class::new(id, name) };
    ClassList::new(vec![class(0, "background", "#000000"), class(cat, "cat", "#fa3232"), class(dog, "dog", "#1280c8")])
        .unwrap()
}

/// A drawing: a letter a pixel, `.` for none.
fn drawn(rows: [&str; 6]) -> Vec<u8> {
    assert!(rows.iter().all(|row| row.len() == WIDTH as usize));
    rows.concat().into_bytes()
}

fn label_map(rows: [&str; 6], id: impl Fn(u8) -> ClassId) -> Content {
    Content::LabelMap(LabelMap::from_ids(WIDTH, HEIGHT, drawn(rows).into_iter().map(id).collect::<Vec<_>>()).unwrap())
}

/// Letters are segments.
fn segments(rows: [&str; 6], of: &[(u8, ClassId, Option<u32>)]) -> Content {
    let code = |letter: &u8| of.iter().position(|(known, ..)| known == letter).map_or(0, |place| place as u8 + 1);
    let cells = Cells::U8(drawn(rows).iter().map(code).collect());
    let mut all = vec![Segment { class: 0, instance: None }];
    all.extend(of.iter().map(|&(_, class, instance)| Segment { class, instance }));
    Content::Segments(SegmentMap::new(Grid::new(WIDTH, HEIGHT, cells).unwrap(), all).unwrap())
}

/// An object of the pixels `#`.
fn object(class: ClassId, rows: [&str; 6]) -> Instance {
    let pixels = drawn(rows);
    let (mut counts, mut last) = (vec![0u32], b'.');
    for (x, y) in (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| (x, y))) {
        let pixel = pixels[(y * WIDTH + x) as usize];
        if pixel != last {
            counts.push(0);
            last = pixel;
        }
        *counts.last_mut().unwrap() += 1;
    }
    let shape = Shape::Rle(Rle::new(HEIGHT, WIDTH, counts).unwrap());
    Instance { name: format!("object of class {class}"), id: None, class, shape, score: None, crowd: false }
}

fn objects(instances: Vec<Instance>) -> Source {
    let set = InstanceSet::new(WIDTH, HEIGHT, PixelRule::Center, instances).unwrap();
    Source { classes: animals(1, 2), content: Content::Instances(set) }
}

const APART: [&str; 6] = ["........", ".##.....", ".##.....", "........", "........", "........"];
const OTHER: [&str; 6] = ["........", "........", "........", ".....##.", ".....##.", "........"];

const FEATURES: &[Feature] = &[
    Feature {
        name: "the class of each pixel",
        source: || {
            let id = |letter| i64::from(letter == b'c') + 2 * i64::from(letter == b'd');
            let rows = ["........", ".cccc...", ".cddc...", ".cddc...", ".cccc..d", "........"];
            Source { classes: animals(1, 2), content: label_map(rows, id) }
        },
        kept: |one, other| one.pixels == other.pixels,
    },
    Feature {
        name: "class IDs",
        source: || {
            let id = |letter| if letter == b'c' { 7 } else { i64::from(letter == b'd') * 19 };
            let rows = ["........", ".cc.....", ".cc.....", ".....d..", ".....dd.", "........"];
            Source { classes: animals(7, 19), content: label_map(rows, id) }
        },
        kept: |one, other| ["cat", "dog"].iter().all(|name| one.classes[*name].0 == other.classes[*name].0),
    },
    Feature {
        name: "class IDs above 255",
        source: || {
            let id = |letter| if letter == b'c' { 300 } else { i64::from(letter == b'd') * 70_000 };
            let rows = ["........", ".cc.....", ".cc.....", ".....d..", ".....dd.", "........"];
            Source { classes: animals(300, 70_000), content: label_map(rows, id) }
        },
        kept: |one, other| ["cat", "dog"].iter().all(|name| one.classes[*name].0 == other.classes[*name].0),
    },
    Feature {
        name: "class colours",
        source: || {
            let id = |letter| i64::from(letter == b'c') + 2 * i64::from(letter == b'd');
            let rows = ["........", ".cc.....", ".cc.....", ".....d..", ".....dd.", "........"];
            Source { classes: animals(1, 2), content: label_map(rows, id) }
        },
        kept: |one, other| ["cat", "dog"].iter().all(|name| one.classes[*name].1 == other.classes[*name].1),
    },
    Feature {
        name: "void beside background",
        source: || {
            let mut all = animals(1, 2).classes().to_vec();
            all.push(Class { kind: Some(ClassKind::Void), ..Class::new(255, "void") });
            let id = |letter| if letter == b'v' { 255 } else { i64::from(letter == b'c') };
            let rows = ["........", ".vvvv...", ".vccv...", ".vccv...", ".vvvv...", "........"];
            Source { classes: ClassList::new(all).unwrap(), content: label_map(rows, id) }
        },
        kept: |one, other| one.pixels == other.pixels,
    },
    Feature {
        name: "objects of one class that touch",
        source: || {
            let rows = ["........", ".aabb...", ".aabb...", ".aabb...", "........", "........"];
            let content = segments(rows, &[(b'a', 1, Some(1)), (b'b', 1, Some(2))]);
            Source { classes: animals(1, 2), content }
        },
        kept: |one, other| one.masks() == other.masks(),
    },
    Feature {
        name: "numbers of objects: `car # 3`",
        source: || {
            let rows = ["........", ".aa..bb.", ".aa..bb.", "........", "........", "........"];
            let content = segments(rows, &[(b'a', 1, Some(3)), (b'b', 1, Some(7))]);
            Source { classes: animals(1, 2), content }
        },
        kept: |one, other| one.each(|object| object.number) == other.each(|object| object.number),
    },
    Feature {
        name: "objects of several parts",
        source: || {
            let rows = ["........", ".aa..aa.", ".aa..aa.", "........", ".bbb....", "........"];
            let content = segments(rows, &[(b'a', 1, Some(1)), (b'b', 1, Some(2))]);
            Source { classes: animals(1, 2), content }
        },
        kept: |one, other| one.masks() == other.masks(),
    },
    Feature {
        name: "holes",
        source: || {
            let rows = ["........", ".aaaaa..", ".a...a..", ".a.b.a..", ".a...a..", ".aaaaa.."];
            let content = segments(rows, &[(b'a', 1, Some(1)), (b'b', 1, Some(2))]);
            Source { classes: animals(1, 2), content }
        },
        kept: |one, other| one.masks() == other.masks(),
    },
    Feature {
        name: "single pixels and lines",
        source: || {
            let rows = ["a......b", "........", ".ccc....", ".......d", "......d.", "........"];
            let all: Vec<_> = (1..).zip(*b"abcd").map(|(number, letter)| (letter, 1, Some(number))).collect();
            Source { classes: animals(1, 2), content: segments(rows, &all) }
        },
        kept: |one, other| one.masks() == other.masks(),
    },
    Feature {
        name: "classes without objects (stuff) beside objects",
        source: || {
            let rows = ["ssssssss", "saassbbs", "saassbbs", "ssssssss", "........", "........"];
            let content = segments(rows, &[(b's', 2, None), (b'a', 1, Some(1)), (b'b', 1, Some(2))]);
            Source { classes: animals(1, 2), content }
        },
        kept: |one, other| one.masks() == other.masks() && one.pixels == other.pixels,
    },
    Feature {
        name: "pixels of objects under others",
        source: || {
            let large = ["........", ".#####..", ".#####..", ".#####..", "........", "........"];
            let small = ["........", "........", "..##....", "..##....", "..##....", "........"];
            objects(vec![object(1, large), object(2, small)])
        },
        kept: |one, other| one.masks() == other.masks(),
    },
    Feature {
        name: "objects wholly under others",
        source: || {
            let large = ["........", ".#####..", ".#####..", ".#####..", "........", "........"];
            let small = ["........", "........", "..##....", "........", "........", "........"];
            objects(vec![object(2, small), object(1, large)])
        },
        kept: |one, other| one.masks() == other.masks(),
    },
    Feature {
        name: "scores",
        source: || {
            let scored = |score, instance| Instance { score: Some(score), ..instance };
            objects(vec![scored(0.75, object(1, APART)), scored(0.5, object(2, OTHER))])
        },
        kept: |one, other| one.each(|object| object.score) == other.each(|object| object.score),
    },
    Feature {
        name: "groups of objects (crowds)",
        source: || objects(vec![object(1, APART), Instance { crowd: true, ..object(1, OTHER) }]),
        kept: |one, other| one.each(|object| object.crowd) == other.each(|object| object.crowd),
    },
    Feature {
        name: "numbers of annotations",
        source: || {
            let numbered = |id, instance| Instance { id: Some(id), ..instance };
            objects(vec![numbered(41, object(1, APART)), numbered(1768, object(2, OTHER))])
        },
        kept: |one, other| one.each(|object| object.id) == other.each(|object| object.id),
    },
];

/// What became of a feature in a format.
enum Fate {
    Kept,
    /// The codes of what was told.
    Told(Vec<String>),
    Refused,
    /// Not kept, and nobody said so.
    Silent,
}

fn fate(feature: &Feature, format: &dyn Format) -> Fate {
    let source = (feature.source)();
    let classes = classes::with_proposed_colors(source.classes.clone()).list;
    let sink = Arc::new(MemorySink::new(false));
    let options = WriteOptions { classes: Some(classes.clone()), verify: true, ..WriteOptions::default() };
    let writer = match format.writer(sink.clone(), options) {
        Ok(writer) => writer,
        Err(_) => return Fate::Refused,
    };
    let objects = Objects { numbered: true, ..Objects::default() };
    let adapter = Adapter { classes: Some(classes), objects, ..Adapter::default() };
    let told = Mutex::new(Vec::new());
    let run = Options { allow_lossy: true, ..Options::default() };
    let outcome = convert::convert(&source, &*writer, &adapter, &run, &AtomicBool::new(false), &|item| {
        let mut told = told.lock().unwrap();
        told.extend(item.remarks.losses.iter().map(|loss| format!("**{}**", loss.code)));
        told.extend(item.remarks.findings.iter().map(|finding| finding.code.to_owned()));
    })
    .unwrap();
    if outcome.summary.failures() > 0 {
        return Fate::Refused;
    }
    let mut files = sink.files();
    // YOLO's shares need the size of the image.
    if format.info().name == "yolo" {
        let photo = include_bytes!("photo.png");
        files.insert("images/one.png".to_owned(), photo.to_vec());
    }
    let back = format
        .reader(Arc::new(MemorySource::new("memory", files)), ReadOptions::default(), &Report::new(false))
        .unwrap_or_else(|error| panic!("{} in {}: {error}", feature.name, format.info().name));
    let sample = back.read(0, &Report::new(true)).unwrap();
    let list = back.classes().cloned().unwrap_or_else(|| source.classes.clone());
    let seen = Seen::of(&sample.content, &list);
    if (feature.kept)(&Seen::of(&source.content, &source.classes), &seen) {
        return Fate::Kept;
    }
    let mut told = told.into_inner().unwrap();
    told.sort();
    told.dedup();
    if told.is_empty() { Fate::Silent } else { Fate::Told(told) }
}

#[test]
fn what_formats_do_not_keep_is_told() {
    let writers: Vec<_> = FORMATS.iter().filter(|format| format.info().writes).collect();
    let mut table = String::from("| |");
    table.extend(writers.iter().map(|format| format!(" `{}` |", format.info().name)));
    table += "\n| --- |";
    table.extend(writers.iter().map(|_| " --- |"));
    table.push('\n');
    let mut silent = Vec::new();
    for feature in FEATURES {
        table += &format!("| {} |", feature.name);
        for format in &writers {
            table += &match fate(feature, **format) {
                Fate::Kept => " yes |".to_owned(),
                Fate::Told(codes) => format!(" {} |", codes.join(", ")),
                Fate::Refused => " refused |".to_owned(),
                Fate::Silent => {
                    silent.push(format!("{} in {}", feature.name, format.info().name));
                    " no |".to_owned()
                }
            };
        }
        table.push('\n');
    }
    let path = testkit::testdata().join("../docs/losses.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- made by tests/losses.rs -->\n", "<!-- end -->");
    let start = text.find(begin).unwrap() + begin.len();
    let stop = text.find(end).unwrap();
    let wanted = format!("{}{table}{}", &text[..start], &text[stop..]);
    if std::env::var_os("PRELABEL_UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    } else {
        assert!(
            text == wanted,
            "docs/losses.md is out of date: PRELABEL_UPDATE=1 makes it anew; it should have\n{table}"
        );
    }
    assert!(silent.is_empty(), "not kept, and not told: {silent:#?}\n{table}");
}
