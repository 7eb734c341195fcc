//! Python environments with the tools that tests and benchmarks compare ours with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What differential tests compare with.
pub(crate) const TESTS: Peers = Peers { requirements: "testdata/peers-requirements.txt", folder: "target/peers" };

/// What `cargo xtask bench` measures beside ours.
pub(crate) const BENCHES: Peers =
    Peers { requirements: "benches/peers/requirements.txt", folder: "target/bench-peers" };

/// Datumaro wants older companions than the others are measured with.
pub(crate) const DATUMARO: Peers =
    Peers { requirements: "benches/peers/datumaro.txt", folder: "target/bench-datumaro" };

/// An environment: what is in it, and where it is made.
pub(crate) struct Peers {
    requirements: &'static str,
    folder: &'static str,
}

/// Makes it if it is not there or the requirements have changed; says why where it cannot.
pub(crate) fn environment(root: &Path, peers: &Peers) -> anyhow::Result<Result<PathBuf, String>> {
    let requirements = root.join(peers.requirements);
    let wanted = fs::read_to_string(&requirements)?;
    let folder = root.join(peers.folder);
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
    println!("   making the Python environment of {}", peers.requirements);
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
