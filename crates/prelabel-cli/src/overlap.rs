//! `--overlap`: a name, or a file of classes.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use prelabel::Error;
use prelabel::transform::Overlap;

/// Which object is on top.
#[derive(Clone, Debug)]
pub(crate) enum OverlapOrFile {
    Named(Overlap),
    File(PathBuf),
}

impl FromStr for OverlapOrFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(overlap) => Ok(OverlapOrFile::Named(overlap)),
            Err(_) if Path::new(text).is_file() => Ok(OverlapOrFile::File(text.into())),
            Err(error) => {
                let names = error.expected_text().unwrap_or_default();
                let expected = format!("{names}, or a file that exists, with a class name a line");
                Err(Error::usage("there is no such order of overlap").found(format!("`{text}`")).expected(expected))
            }
        }
    }
}

impl OverlapOrFile {
    pub(crate) fn overlap(&self) -> Overlap {
        match self {
            OverlapOrFile::Named(overlap) => overlap.clone(),
            OverlapOrFile::File(_) => Overlap::default(),
        }
    }

    /// The classes of the file, if it is one.
    pub(crate) fn class_order(&self) -> prelabel::Result<Option<Arc<[String]>>> {
        let OverlapOrFile::File(path) = self else { return Ok(None) };
        let text = fs::read_to_string(path).map_err(|error| Error::unreadable(path.display().to_string(), error))?;
        let names = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(Some(names.map(str::to_owned).collect()))
    }
}
