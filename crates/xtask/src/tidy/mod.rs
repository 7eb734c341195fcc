//! Invariants that no compiler checks. Each problem is one line: where, what, what to do.

mod crates;
mod files;
mod imports;
mod origins;

use std::fs;
use std::path::Path;

/// All problems of the workspace.
pub(crate) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let tracked = tracked(root)?;
    let mut problems = Vec::new();
    problems.extend(crates::check(root)?);
    problems.extend(files::check(root, &tracked));
    problems.extend(origins::check(root, &tracked));
    for path in tracked.iter().filter(|path| path.ends_with(".rs")) {
        let text = fs::read_to_string(root.join(path)).unwrap_or_default();
        problems.extend(imports::check(path, &text));
    }
    problems.sort();
    Ok(problems)
}

/// The files that git tracks or would track.
fn tracked(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = std::process::Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()?;
    anyhow::ensure!(output.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8_lossy(&output.stdout);
    Ok(paths.split('\0').filter(|path| !path.is_empty() && root.join(path).is_file()).map(ToOwned::to_owned).collect())
}
