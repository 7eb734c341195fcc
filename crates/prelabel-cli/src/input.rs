//! From what was typed to a reader with its class list.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use prelabel::classes::{self, PRESETS, Parsed};
use prelabel::convert::{self, Adapter};
use prelabel::formats::{self, Format, ReadOptions, Reader, nearest};
use prelabel::model::{ClassList, ContentKind, Layout, RawLegend, ScoreKind};
use prelabel::report::Report;
use prelabel::tree::{FolderSource, MemorySource, Source, ZipSource};
use prelabel::{Error, Limits, Result};

use crate::cli::{Classes, Common, Input, LayoutArg, ScoresArg};

/// An opened input.
pub(crate) struct Opened {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) format: &'static dyn Format,
    /// Why that format, where nobody said it.
    pub(crate) why: Option<String>,
    pub(crate) reader: Box<dyn Reader>,
    /// The class list that the user gave, as read: tells whether its IDs were counted.
    pub(crate) parsed: Option<Parsed>,
    /// Findings made on opening.
    pub(crate) report: Report,
}

pub(crate) fn limits(common: &Common) -> Limits {
    let built_in = Limits::default();
    Limits {
        max_pixels: common.max_pixels.unwrap_or(built_in.max_pixels),
        max_file_bytes: common.max_file_size.unwrap_or(built_in.max_file_bytes),
        memory_bytes: common.memory.unwrap_or(built_in.memory_bytes),
        ..built_in
    }
}

/// Opens the inputs and finds their format.
pub(crate) fn open(input: &Input, options: Option<&Classes>, limits: &Limits) -> Result<Opened> {
    let source = source(&input.inputs, limits)?;
    let parsed = match input.classes.as_deref() {
        None | Some("auto") => None,
        Some(name) => Some(class_list(name, limits)?),
    };
    let legend = match &input.legend {
        None => None,
        Some(path) => {
            let file = path.display().to_string();
            Some(RawLegend::from_json(&read_file(path, limits)?).map_err(|error| error.in_file(file))?)
        }
    };
    let (format, why) = match input.from.as_str() {
        "auto" => formats::detect(&*source, limits).map(|(format, found)| (format, Some(found.why)))?,
        name => (formats::find(name)?, None),
    };
    let read_options = ReadOptions {
        classes: parsed.as_ref().map(|parsed| parsed.list.clone()),
        legend,
        limits: limits.clone(),
        layout: input.layout.map(|layout| match layout {
            LayoutArg::Chw => Layout::Chw,
            LayoutArg::Hwc => Layout::Hwc,
        }),
        score_kind: input.scores.map(|kind| match kind {
            ScoresArg::Logits => ScoreKind::Logits,
            ScoresArg::Probabilities => ScoreKind::Probabilities,
        }),
        unlabelled: options.and_then(|options| options.background),
    };
    let report = Report::new(true);
    let reader = format.reader(Arc::clone(&source), read_options, &report)?;
    if reader.is_empty() {
        return Err(Error::usage(format!("the input has nothing of the format `{}`", format.info().name))
            .in_file(source.name())
            .hint(format!("`prelabel formats {}` shows what it looks like", format.info().name)));
    }
    Ok(Opened { source, format, why, reader, parsed, report })
}

pub(crate) fn source(inputs: &[std::path::PathBuf], limits: &Limits) -> Result<Arc<dyn Source>> {
    match inputs {
        [only] if only == Path::new("-") => {
            let mut bytes = Vec::new();
            let stdin = std::io::stdin();
            if stdin.is_terminal() {
                return Err(Error::usage("standard input is a terminal")
                    .hint("pipe a file into it: `prelabel convert - … < map.npy`"));
            }
            let read = stdin.lock().take(limits.max_file_bytes.saturating_add(1)).read_to_end(&mut bytes);
            read.map_err(|error| Error::unreadable("standard input", error))?;
            limits.file(bytes.len() as u64).map_err(|error| error.in_file("standard input"))?;
            Ok(Arc::new(MemorySource::new("standard input", BTreeMap::from([("stdin".to_owned(), bytes)]))))
        }
        [only] if only.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) && only.is_file() => {
            Ok(Arc::new(ZipSource::open(only)?))
        }
        many if many.iter().any(|input| input == Path::new("-")) => {
            Err(Error::usage("`-` stands for the only input").hint("give either `-` or files and folders"))
        }
        many => Ok(Arc::new(FolderSource::open(many)?)),
    }
}

/// A class list by file or preset.
pub(crate) fn class_list(name: &str, limits: &Limits) -> Result<Parsed> {
    let path = Path::new(name);
    if let (false, Some(preset)) = (path.is_file(), classes::preset(name)) {
        return Ok(Parsed { list: preset.classes()?, counted: false });
    }
    if !path.exists() {
        let near = nearest(name, PRESETS.iter().map(|preset| preset.name), 3);
        let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
        return Err(Error::usage("there is no such class list")
            .found(format!("`{name}`, which is neither a file nor a preset"))
            .expected(format!("a file, or a preset like {}", near.join(", ")))
            .hint(format!(
                "all presets: {}",
                PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ")
            )));
    }
    classes::parse(&read_file(path, limits)?, name)
}

pub(crate) fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let source = FolderSource::open(&[path.to_owned()])?;
    let file = source.paths().get(0).unwrap_or_default().to_owned();
    if source.paths().len() != 1 || path.is_dir() {
        return Err(Error::usage("this is a folder, not a file").in_file(path.display().to_string()));
    }
    source.read(&file, limits)
}

impl Opened {
    /// The class list of the output: the user's, or the one beside the input, with the user's words on
    /// background and void; or one that names classes by their ID.
    pub(crate) fn classes(
        &self,
        input: &Input,
        options: &Classes,
        run: &convert::Options,
        interrupted: &AtomicBool,
    ) -> Result<ClassList> {
        let list = match (input.classes.as_deref(), self.reader.classes()) {
            (Some("auto"), _) => {
                let adapter = Adapter::default();
                let found = convert::find_ids(&*self.reader, &adapter, run, interrupted)?;
                match self.format.info().content.contains(&ContentKind::Instances) {
                    true => found.with_unlabelled(),
                    false => found,
                }
            }
            (_, Some(list)) => list.clone(),
            (_, None) => {
                let presets: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
                return Err(Error::usage("nothing says what the class IDs mean")
                    .in_file(self.source.name())
                    .expected("a class list: `--classes FILE` or `--classes PRESET`")
                    .hint(format!("presets: {}; `--classes auto` names classes by their ID", presets.join(", "))));
            }
        };
        let list = list.with_void(&options.ignore);
        Ok(match (options.background, options.label_background) {
            (Some(id), _) => list.with_background(id)?,
            (None, true) => list.with_labelled_background(),
            (None, false) => list,
        })
    }
}
