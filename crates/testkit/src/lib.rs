//! Test helpers: real data, whole folders as maps, Python peers, counted skips.

#![allow(clippy::expect_used, clippy::print_stderr, reason = "used by tests only: a failure here is a failed test")]

pub mod peers;
pub mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The workspace's `testdata/`.
pub fn testdata() -> PathBuf {
    workspace().join("testdata")
}

/// The workspace's root.
pub fn workspace() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("testkit lies two folders below the root").to_owned()
}

/// Every file below a folder with its bytes, by path; for comparisons byte for byte.
pub fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a directory entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("below the folder").to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
            }
        }
    }
    files
}

/// The files and folders directly in a folder, sorted by name.
pub fn entries(dir: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut entries: Vec<PathBuf> = read.map(|entry| entry.expect("a directory entry").path()).collect();
    entries.sort();
    entries
}
