//! From `-o` to a sink.

use std::path::Path;
use std::sync::Arc;

use prelabel::formats::Encoding;
use prelabel::tree::{FileSink, FolderSink, MemorySink, NowhereSink, Sink, ZipSink};
use prelabel::{Error, Result};

/// Where outputs go.
pub(crate) enum Target {
    Folder(Arc<FolderSink>),
    Zip(Arc<ZipSink>),
    File(Arc<FileSink>),
    Stdout(Arc<MemorySink>),
    Nowhere(Arc<NowhereSink>),
}

impl Target {
    /// Decides what `-o` means. `lone` says that the input is a single sample; `one_file` names the file of a format
    /// that puts all samples into one.
    pub(crate) fn open(
        output: &Path,
        lone: bool,
        one_file: Option<&str>,
        overwrite: bool,
        dry_run: bool,
    ) -> Result<Self> {
        let ending = |path: &Path| path.extension().map(|ending| ending.to_ascii_lowercase());
        let file = match one_file {
            Some(name) => ending(output).is_some() && ending(output) == ending(Path::new(name)),
            None => file_encoding(output).is_some(),
        };
        if (output == Path::new("-") || file) && !lone && one_file.is_none() {
            return Err(Error::usage("several samples do not fit into one file")
                .in_file(output.display().to_string())
                .hint("name a folder or a `.zip` as the output"));
        }
        if output == Path::new("-") {
            return Ok(Target::Stdout(Arc::new(MemorySink::new(true))));
        }
        if dry_run {
            return Ok(Target::Nowhere(Arc::new(NowhereSink)));
        }
        if file && !output.is_dir() {
            return Ok(Target::File(Arc::new(FileSink::new(output, overwrite))));
        }
        if output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) {
            return Ok(Target::Zip(Arc::new(ZipSink::create(output, overwrite)?)));
        }
        if output.is_file() {
            return Err(Error::usage("the output is a file, not a folder").in_file(output.display().to_string()).hint(
                "name a folder, a `.zip`, or for a single sample a `.png` or `.npy`, for all of COCO a `.json`",
            ));
        }
        Ok(Target::Folder(Arc::new(FolderSink::create(output, overwrite)?)))
    }

    pub(crate) fn sink(&self) -> Arc<dyn Sink> {
        match self {
            Target::Folder(sink) => sink.clone(),
            Target::Zip(sink) => sink.clone(),
            Target::File(sink) => sink.clone(),
            Target::Stdout(sink) => sink.clone(),
            Target::Nowhere(sink) => sink.clone(),
        }
    }

    /// True if only the sample's own file is wanted, without the tables beside it.
    pub(crate) fn is_lone(&self) -> bool {
        matches!(self, Target::File(_) | Target::Stdout(_))
    }
}

/// What the name of an output file says of its encoding; nothing for folders and archives.
pub(crate) fn file_encoding(output: &Path) -> Option<Encoding> {
    match output.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "png" => Some(Encoding::Png),
        "npy" => Some(Encoding::Npy),
        _ => None,
    }
}
