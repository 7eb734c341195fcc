//! The Python environment with the tools that tests compare ours with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes `target/peers` if it is not there or the requirements have changed; says why where it cannot.
pub(crate) fn environment(root: &Path) -> anyhow::Result<Result<PathBuf, String>> {
    let requirements = root.join("testdata/peers-requirements.txt");
    let wanted = fs::read_to_string(&requirements)?;
    let folder = root.join("target/peers");
    let (python, stamp) = (folder.join("bin/python"), folder.join("requirements.txt"));
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) && python.is_file() {
        return Ok(Ok(python));
    }
    let _ = fs::remove_dir_all(&folder);
    let run = |command: &mut Command, what: &str| match command.output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(format!("{what} failed: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Some(format!("{what} does not start: {error}")),
    };
    println!("   making the Python environment of the peers");
    let venv = run(Command::new("python3").arg("-m").arg("venv").arg(&folder), "python3 -m venv");
    let failed = venv.or_else(|| {
        let mut pip = Command::new(&python);
        run(pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements), "pip install")
    });
    if let Some(why) = failed {
        return Ok(Err(why));
    }
    fs::write(&stamp, wanted)?;
    Ok(Ok(python))
}
