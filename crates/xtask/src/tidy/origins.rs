//! Every test file has an origin and a licence that we may pass on.

use std::fs;
use std::path::Path;

const LICENCES: &[&str] = &["MIT", "BSD", "Apache-2.0", "CC0", "public domain"];

pub(super) fn check(root: &Path, tracked: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    for path in tracked.iter().filter(|path| path.starts_with("testdata/") && !path.ends_with("ORIGIN.md")) {
        match row(root, path) {
            None => problems.push(format!("{path}: no ORIGIN.md above it names it: say where it comes from")),
            Some(row) if !LICENCES.iter().any(|licence| row.contains(licence)) => {
                problems.push(format!("{path}: its origin names no licence of {}", LICENCES.join(", ")));
            }
            Some(_) => {}
        }
    }
    problems
}

/// The row of the nearest ORIGIN.md that names the file: by its path from there, or by `folder/*`.
fn row(root: &Path, path: &str) -> Option<String> {
    let parents = Path::new(path).ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty());
    for folder in parents {
        let Ok(text) = fs::read_to_string(root.join(folder).join("ORIGIN.md")) else { continue };
        let relative = Path::new(path).strip_prefix(folder).ok()?.to_string_lossy().into_owned();
        return text.lines().find(|line| names(line, &relative)).map(ToOwned::to_owned);
    }
    None
}

/// True if a back-quoted word of the row is the path, or a pattern `…/*` above it.
fn names(row: &str, path: &str) -> bool {
    row.split('`').skip(1).step_by(2).any(|word| match word.strip_suffix('*') {
        Some(folder) => path.starts_with(folder),
        None => word == path,
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn by_path_or_by_folder() {
        assert!(names("| `a/b.png`, `c.npy` | x |", "c.npy"));
        assert!(names("| `valid/*` | x |", "valid/x/y.npy"));
        assert!(!names("| `valid/*` | x |", "invalid/y.npy"));
        assert!(!names("| a/b.png | x |", "a/b.png"));
    }
}
