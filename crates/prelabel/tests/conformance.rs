//! What every format must do, run over the format table and `testdata/formats/NAME/`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use prelabel::convert::{self, Adapter, Options, Outcome};
use prelabel::formats::{self, FORMATS, Format, ReadOptions, Reader, WriteOptions};
use prelabel::model::{ClassList, Content, ContentKind, LabelMap, Sample};
use prelabel::report::Report;
use prelabel::tree::{FolderSink, FolderSource, MemorySink, MemorySource, Sink, Source, Written, ZipSink, ZipSource};
use prelabel::{Error, ErrorKind, Limits, Result, classes};

/// The cases of a format in a folder of its test data: files and folders.
fn cases(format: &dyn Format, kind: &str) -> Vec<PathBuf> {
    let folder = testkit::testdata().join("formats").join(format.info().name).join(kind);
    let cases = testkit::entries(&folder);
    assert!(!cases.is_empty(), "{} has no test data", folder.display());
    cases
}

fn folder(path: &Path) -> Arc<dyn Source> {
    Arc::new(FolderSource::open(&[path.to_owned()]).expect("the case is there"))
}

fn open(format: &dyn Format, source: Arc<dyn Source>) -> Result<Box<dyn Reader>> {
    format.reader(source, ReadOptions::default(), &Report::new(false))
}

/// All samples by their keys.
fn samples(reader: &dyn Reader) -> Vec<Sample> {
    let read = |index| reader.read(index, &Report::new(false));
    let mut samples: Vec<Sample> =
        (0..reader.len()).map(|index| read(index).unwrap_or_else(|error| panic!("{error}"))).collect();
    samples.sort_by(|one, other| one.key.cmp(&other.key));
    samples
}

/// The reader's class list, or one that names the IDs found, with a colour for each.
fn class_list(reader: &dyn Reader) -> ClassList {
    let list = match reader.classes() {
        Some(list) => list.clone(),
        None => {
            let flag = AtomicBool::new(false);
            let found = convert::find_ids(reader, &Adapter::default(), &Options::default(), &flag);
            found.expect("IDs are found").with_unlabelled()
        }
    };
    classes::with_proposed_colors(list).list
}

fn convert_into(reader: &dyn Reader, to: &dyn Format, sink: Arc<dyn Sink>, jobs: usize) -> Result<Outcome> {
    let classes = class_list(reader);
    let options = WriteOptions { classes: Some(classes.clone()), verify: true, ..WriteOptions::default() };
    let writer = to.writer(Arc::clone(&sink), options)?;
    let adapter = Adapter { classes: Some(classes), ..Adapter::default() };
    let run = Options { allow_lossy: true, ..Options::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().expect("threads");
    let outcome =
        pool.install(|| convert::convert(reader, &*writer, &adapter, &run, &AtomicBool::new(false), &|_| {}))?;
    sink.finish()?;
    Ok(outcome)
}

/// The class IDs of any content; the argmax of scores, objects painted as the list says.
fn class_ids(sample: &Sample, classes: &ClassList) -> LabelMap {
    match &sample.content {
        Content::Instances(_) => {
            let adapter = Adapter { classes: Some(classes.clone().with_unlabelled()), ..Adapter::default() };
            let painted = adapter.adapt(sample.clone(), &[ContentKind::LabelMap], &Report::new(true)).expect("a map");
            class_ids(&painted, classes)
        }
        Content::LabelMap(map) => map.clone(),
        Content::Segments(map) => map.clone().into_label_map().expect("classes").0,
        Content::Scores(scores) => prelabel::transform::argmax(scores, None).expect("a greatest").map,
    }
}

#[test]
fn valid_files_are_detected_and_read() {
    for format in FORMATS {
        for case in cases(*format, "valid") {
            let source = folder(&case);
            let (found, _) = formats::detect(&*source, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(found.info().name, format.info().name, "{}", case.display());
            let reader = open(*format, source).unwrap_or_else(|error| panic!("{error}"));
            assert!(!samples(&*reader).is_empty(), "{}", case.display());
        }
    }
}

#[test]
fn what_is_written_is_read_back() {
    for from in FORMATS {
        for case in cases(*from, "valid") {
            let reader = open(*from, folder(&case)).expect("it opens");
            let read = samples(&*reader);
            let list = class_list(&*reader);
            for to in FORMATS.iter().filter(|to| to.info().writes) {
                let sink = Arc::new(MemorySink::new(false));
                let outcome = convert_into(&*reader, *to, sink.clone(), 1).unwrap_or_else(|error| panic!("{error}"));
                let outside = |labelled: bool| {
                    let ids = read.iter().flat_map(|sample| class_ids(sample, &list).occurrences());
                    let counts = |id| !labelled || list.get(id).is_some_and(|class| list.is_labelled(class));
                    ids.into_iter().any(|(id, _)| counts(id) && !to.class_ids().contains(&id))
                };
                // A format of 8 bits refuses what it cannot hold.
                assert!(!outside(true) || outcome.summary.failures() > 0, "{} to {}", case.display(), to.info().name);
                if outside(false) && outcome.summary.failures() > 0 {
                    continue;
                }
                assert_eq!(outcome.summary.failures(), 0, "{}: {:?}", case.display(), outcome.summary);
                let back = open(*to, Arc::new(MemorySource::new("memory", sink.files()))).expect("it opens");
                let again = samples(&*back);
                assert_eq!(again.len(), read.len());
                // Lines that join parts of an object may show, pixel by counted pixel.
                let joined = outcome.summary.groups().filter(|group| group.code == "parts-joined");
                let shown: u64 = joined.filter_map(|group| group.total).map(|(pixels, _)| pixels).sum();
                let mut differing = 0;
                // Objects may lose their numbers where that was reported; classes never change.
                for (one, other) in read.iter().zip(&again) {
                    assert_eq!(one.key, other.key, "{} to {}", case.display(), to.info().name);
                    // Void classes may become one where that was reported.
                    let labelled = |id| list.get(id).is_some_and(|class| list.is_labelled(class));
                    let merged = |sample: &Sample| match outcome.summary.losses() {
                        0 => class_ids(sample, &list),
                        _ => class_ids(sample, &list).map_ids(|id| if labelled(id) { id } else { -9 }),
                    };
                    let (before, after) = (merged(one), merged(other));
                    assert_eq!((before.width(), before.height()), (after.width(), after.height()));
                    let unlike = before.ids().into_iter().zip(after.ids()).filter(|(one, other)| one != other);
                    differing += unlike.count() as u64;
                    assert!(differing <= shown, "{} to {}: {differing}", case.display(), to.info().name);
                    let numbered = |sample: &Sample| match &sample.content {
                        Content::Segments(map) => map.segments().iter().any(|segment| segment.instance.is_some()),
                        _ => false,
                    };
                    let apart = numbered(other) || matches!(other.content, Content::Instances(_));
                    assert!(!numbered(one) || apart || outcome.summary.losses() > 0);
                }
            }
        }
    }
}

#[test]
fn numbered_objects_come_back_with_their_numbers() {
    let format = formats::find("gt-studio").unwrap();
    let reader = open(format, folder(&testkit::testdata().join("formats/gt-studio/valid/instances"))).unwrap();
    let sink = Arc::new(MemorySink::new(false));
    convert_into(&*reader, format, sink.clone(), 1).unwrap();
    let back = open(format, Arc::new(MemorySource::new("memory", sink.files()))).unwrap();
    assert!(samples(&*reader) == samples(&*back));
    assert!(matches!(samples(&*back)[0].content, Content::Segments(_)));
}

#[test]
fn threads_folders_archives_and_memory_agree() {
    let to = formats::find("gt-studio").unwrap();
    for from in FORMATS {
        for case in cases(*from, "valid") {
            let reader = open(*from, folder(&case)).unwrap();
            let memory = Arc::new(MemorySink::new(false));
            convert_into(&*reader, to, memory.clone(), 1).unwrap();
            let threads = Arc::new(MemorySink::new(false));
            convert_into(&*reader, to, threads.clone(), 4).unwrap();
            assert!(memory.files() == threads.files(), "{}: 1 and 4 threads differ", case.display());

            let dir = tempfile::tempdir().unwrap();
            let out = dir.path().join("out");
            convert_into(&*reader, to, Arc::new(FolderSink::create(&out, false).unwrap()), 2).unwrap();
            assert!(memory.files() == testkit::tree(&out), "{}: the folder differs", case.display());

            let archive = dir.path().join("out.zip");
            convert_into(&*reader, to, Arc::new(ZipSink::create(&archive, false).unwrap()), 2).unwrap();
            let first = std::fs::read(&archive).unwrap();
            let zip = ZipSource::open(&archive).unwrap();
            let read = |path: String| (path.clone(), zip.read(&path, &Limits::default()).unwrap());
            let inside: BTreeMap<String, Vec<u8>> = zip.paths().iter().map(read).collect();
            assert!(memory.files() == inside, "{}: the archive differs", case.display());
            std::fs::remove_file(&archive).unwrap();
            convert_into(&*reader, to, Arc::new(ZipSink::create(&archive, false).unwrap()), 4).unwrap();
            assert!(first == std::fs::read(&archive).unwrap(), "{}: archives of two runs differ", case.display());

            // The same samples whether the input is a folder, an archive or memory.
            let from_zip = open(to, Arc::new(zip)).unwrap();
            let from_memory = open(to, Arc::new(MemorySource::new("memory", memory.files()))).unwrap();
            let from_folder = open(to, folder(&out)).unwrap();
            assert!(samples(&*from_zip) == samples(&*from_memory) && samples(&*from_folder) == samples(&*from_memory));
        }
    }
}

#[test]
fn cut_files_give_an_error_or_a_sample() {
    for format in FORMATS {
        for case in cases(*format, "valid") {
            let source = folder(&case);
            let read = |path: String| (path.clone(), source.read(&path, &Limits::default()).unwrap());
            let whole: BTreeMap<String, Vec<u8>> = source.paths().iter().map(read).collect();
            for (path, bytes) in &whole {
                for length in cuts(bytes.len()) {
                    let mut files = whole.clone();
                    files.insert(path.clone(), bytes[..length].to_vec());
                    let source: Arc<dyn Source> = Arc::new(MemorySource::new("cut", files));
                    let _ = formats::detect(&*source, &Limits::default());
                    let Ok(reader) = open(*format, source) else { continue };
                    for index in 0..reader.len() {
                        let result = reader.read(index, &Report::new(true));
                        let is_it = whole.len() == 1 || reader.file(index).ends_with(path.as_str());
                        let passed = path.ends_with(".png") && is_it && result.is_ok();
                        assert!(!passed, "{path} cut at {length} passed: a PNG tells every cut");
                    }
                }
            }
        }
    }
}

/// Every length near both ends, and some in between.
fn cuts(length: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> = (0..length.min(160)).chain(length.saturating_sub(24)..length).collect();
    cuts.extend((1..16).map(|part| length * part / 16));
    cuts.sort_unstable();
    cuts.dedup();
    cuts.retain(|&cut| cut < length);
    cuts
}

#[test]
fn invalid_files_say_what_is_wrong() {
    for format in FORMATS {
        let mut messages = String::new();
        for case in cases(*format, "invalid") {
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            let errors: Vec<Error> = match open(*format, folder(&case)) {
                Ok(reader) => {
                    (0..reader.len()).filter_map(|index| reader.read(index, &Report::new(false)).err()).collect()
                }
                Err(error) => vec![error],
            };
            assert!(!errors.is_empty(), "{} passed", case.display());
            for error in errors {
                assert_ne!(error.kind(), ErrorKind::Usage, "{}: {error}", case.display());
                let line = error.to_string().replace(&format!("{}/", case.parent().unwrap().display()), "");
                messages.push_str(&format!("{name}\n    {line}\n"));
                if let Some(hint) = error.hint_text() {
                    messages.push_str(&format!("    hint: {hint}\n"));
                }
            }
        }
        insta::assert_snapshot!(format!("invalid-{}", format.info().name), messages);
    }
}

/// A sink that fails from its n-th write on.
struct Failing {
    inner: FolderSink,
    left: AtomicUsize,
}

impl Sink for Failing {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<Written> {
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => self.inner.write(path, bytes),
            Err(_) => Err(Error::output(path, std::io::Error::from(std::io::ErrorKind::StorageFull))),
        }
    }

    fn finish(&self) -> Result<()> {
        self.inner.finish()
    }
}

#[test]
fn a_failing_sink_stops_the_run_and_leaves_only_whole_files() {
    let from = formats::find("gt-studio").unwrap();
    let case = testkit::testdata().join("formats/gt-studio/valid/semantic");
    for to in FORMATS.iter().filter(|to| to.info().writes) {
        let reader = open(from, folder(&case)).unwrap();
        let good = Arc::new(MemorySink::new(false));
        convert_into(&*reader, *to, good.clone(), 1).unwrap();
        for left in 0..=good.files().len() {
            let out = tempfile::tempdir().unwrap();
            let inner = FolderSink::create(out.path(), false).unwrap();
            let sink = Arc::new(Failing { inner, left: AtomicUsize::new(left) });
            let stopped = match convert_into(&*reader, *to, sink.clone(), 1) {
                Ok(outcome) => outcome.stopped.as_ref().map(Error::kind),
                Err(error) => Some(error.kind()),
            };
            drop(sink);
            let there = testkit::tree(out.path());
            assert!(
                there.iter().all(|(path, bytes)| good.files().get(path) == Some(bytes)),
                "{left}: {:?}",
                there.keys()
            );
            assert_eq!(there.len(), left);
            assert_eq!(stopped, (left < good.files().len()).then_some(ErrorKind::Output), "{left}");
        }
    }
}
