use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{Paths, PathsBuilder, Skipped, Source};
use crate::{Error, Limits, Result};

/// The files below a folder, or some files of it.
#[derive(Debug)]
pub struct FolderSource {
    name: String,
    root: PathBuf,
    paths: Paths,
    skipped: Vec<Skipped>,
}

impl FolderSource {
    /// All files below a folder, or one file, or several of both: then their common folder is the root,
    /// and paths start there.
    ///
    /// # Errors
    /// An input that is not there or cannot be listed.
    pub fn open(inputs: &[PathBuf]) -> Result<Self> {
        let mut found = Found::default();
        let root = common_root(inputs)?;
        for input in inputs {
            found.add(input, &root)?;
        }
        let name = match inputs {
            [only] => only.display().to_string(),
            _ => root.display().to_string(),
        };
        found.skipped.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(FolderSource { name, root, paths: found.paths.sorted(), skipped: found.skipped })
    }

    fn file(&self, path: &str) -> Result<(File, u64)> {
        let full = self.root.join(path);
        let unreadable = |error| Error::unreadable(self.display(path), error);
        // Asked before opening: opening a FIFO would wait for a writer.
        let metadata = fs::metadata(&full).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(Error::invalid("this is no regular file").in_file(self.display(path)));
        }
        Ok((File::open(&full).map_err(unreadable)?, metadata.len()))
    }
}

impl Source for FolderSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn paths(&self) -> &Paths {
        &self.paths
    }

    fn size(&self, path: &str) -> Result<u64> {
        let metadata = fs::metadata(self.root.join(path));
        metadata.map(|metadata| metadata.len()).map_err(|error| Error::unreadable(self.display(path), error))
    }

    fn read(&self, path: &str, limits: &Limits) -> Result<Vec<u8>> {
        let (file, length) = self.file(path)?;
        let limit = |bytes| limits.file(bytes).map_err(|error| error.in_file(self.display(path)));
        limit(length)?;
        let mut bytes = Vec::with_capacity(length as usize + 1);
        // A file that grows meanwhile must not grow past the limit.
        let mut bounded = file.take(limits.max_file_bytes.saturating_add(1));
        bounded.read_to_end(&mut bytes).map_err(|error| Error::unreadable(self.display(path), error))?;
        limit(bytes.len() as u64)?;
        Ok(bytes)
    }

    fn read_start(&self, path: &str, length: usize) -> Result<Vec<u8>> {
        let (file, _) = self.file(path)?;
        let mut bytes = Vec::new();
        let read = file.take(length as u64).read_to_end(&mut bytes);
        read.map_err(|error| Error::unreadable(self.display(path), error))?;
        Ok(bytes)
    }

    fn read_parts(&self, path: &str, parts: &[(u64, u64)], limits: &Limits) -> Result<Vec<Vec<u8>>> {
        let (mut file, length) = self.file(path)?;
        limits.file(length).map_err(|error| error.in_file(self.display(path)))?;
        let mut part = |&(first, length): &(u64, u64)| {
            file.seek(SeekFrom::Start(first))?;
            let mut bytes = Vec::new();
            Read::by_ref(&mut file).take(length).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let read: std::io::Result<_> = parts.iter().map(&mut part).collect();
        read.map_err(|error| Error::unreadable(self.display(path), error))
    }

    fn seeks(&self) -> bool {
        true
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn display(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }
}

#[derive(Default)]
struct Found {
    paths: PathsBuilder,
    skipped: Vec<Skipped>,
}

impl Found {
    fn add(&mut self, input: &Path, root: &Path) -> Result<()> {
        let walk = walkdir::WalkDir::new(input).follow_links(true).into_iter();
        let visible =
            |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
        for entry in walk.filter_entry(visible) {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => self.entry(entry.path(), entry.file_type().is_file(), root),
                Err(error) if error.depth() == 0 => {
                    let why = error.into_io_error().unwrap_or_else(|| std::io::Error::other("it is a loop of links"));
                    return Err(Error::unreadable(input.display().to_string(), why));
                }
                Err(error) => {
                    let path = error.path().unwrap_or(input).display().to_string();
                    let why = match error.loop_ancestor() {
                        Some(_) => "a link that leads back to a folder above it".to_owned(),
                        None => error.io_error().map_or_else(|| error.to_string(), ToString::to_string),
                    };
                    self.skipped.push(Skipped { path, why });
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, regular: bool, root: &Path) {
        let mut skip = |why: &str| {
            self.skipped.push(Skipped { path: path.to_string_lossy().into_owned(), why: why.to_owned() });
        };
        if !regular {
            return skip("no regular file");
        }
        let relative = path.strip_prefix(root).unwrap_or(path);
        let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
        match parts {
            Some(parts) => {
                self.paths.push(&parts.join("/"));
            }
            None => skip("its name is not UTF-8; rename it"),
        }
    }
}

/// The folder that paths start at: the only folder itself, else the deepest folder above all inputs.
fn common_root(inputs: &[PathBuf]) -> Result<PathBuf> {
    let mut root: Option<PathBuf> = None;
    for input in inputs {
        let is_dir = match fs::metadata(input) {
            Ok(metadata) => metadata.is_dir(),
            Err(error) => return Err(Error::unreadable(input.display().to_string(), error)),
        };
        let folder = if is_dir { input.as_path() } else { input.parent().unwrap_or(Path::new("")) };
        root = Some(match root {
            None => folder.to_owned(),
            Some(root) => {
                root.iter().zip(folder.iter()).take_while(|(one, other)| one == other).map(|(part, _)| part).collect()
            }
        });
    }
    root.ok_or_else(|| Error::usage("no input is given"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_byte_order_and_says_what_it_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("b/c")).unwrap();
        for name in ["z.npy", "b/a.npy", "b/c/1.npy", ".hidden"] {
            fs::write(root.join(name), name).unwrap();
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            std::os::unix::fs::symlink("..", root.join("b/loop")).unwrap();
            std::os::unix::fs::symlink("nowhere", root.join("b/broken")).unwrap();
            fs::write(root.join(std::ffi::OsStr::from_bytes(b"\xff.npy")), "").unwrap();
        }
        let source = FolderSource::open(&[root.to_owned()]).unwrap();
        assert_eq!(source.paths().iter().collect::<Vec<_>>(), ["b/a.npy", "b/c/1.npy", "z.npy"]);
        #[cfg(unix)]
        assert_eq!(source.skipped().len(), 3, "{:?}", source.skipped());
        assert_eq!(source.read("b/a.npy", &Limits::default()).unwrap(), b"b/a.npy");
        assert_eq!(source.read_start("b/a.npy", 3).unwrap(), b"b/a");
        let tight = Limits { max_file_bytes: 3, ..Limits::default() };
        assert!(source.read("b/a.npy", &tight).is_err());
    }

    #[test]
    fn several_inputs_share_their_common_folder() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("x/y")).unwrap();
        fs::write(dir.path().join("x/1.npy"), "").unwrap();
        fs::write(dir.path().join("x/y/2.npy"), "").unwrap();
        let source = FolderSource::open(&[dir.path().join("x/1.npy"), dir.path().join("x/y")]).unwrap();
        assert_eq!(source.paths().iter().collect::<Vec<_>>(), ["1.npy", "y/2.npy"]);
        let one = FolderSource::open(&[dir.path().join("x/1.npy")]).unwrap();
        assert_eq!(one.paths().iter().collect::<Vec<_>>(), ["1.npy"]);
        assert!(FolderSource::open(&[dir.path().join("none")]).is_err());
    }
}
