//! Python environments with the tools that tests and benchmarks compare ours with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What differential tests compare with.
pub(crate) const TESTS: Peers = Peers {
    requirements: "testdata/peers-requirements.txt",
    alone: Some("testdata/peers-alone.txt"),
    folder: "target/peers",
};

/// What `cargo xtask bench` measures beside ours.
pub(crate) const BENCHES: Peers =
    Peers { requirements: "benches/peers/requirements.txt", alone: None, folder: "target/bench-peers" };

/// Datumaro wants older companions than the others are measured with.
pub(crate) const DATUMARO: Peers =
    Peers { requirements: "benches/peers/datumaro.txt", alone: None, folder: "target/bench-datumaro" };

/// An environment: what is in it, and where it is made.
pub(crate) struct Peers {
    requirements: &'static str,
    /// Packages without what they depend on: one module of a heavy package is used.
    alone: Option<&'static str>,
    folder: &'static str,
}

/// Makes it if it is not there or the requirements have changed; says why where it cannot.
pub(crate) fn environment(root: &Path, peers: &Peers) -> anyhow::Result<Result<PathBuf, String>> {
    let requirements = root.join(peers.requirements);
    let alone = peers.alone.map(|alone| root.join(alone));
    let mut wanted = fs::read_to_string(&requirements)?;
    if let Some(alone) = &alone {
        wanted.push_str(&fs::read_to_string(alone)?);
    }
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
    let install = |list: &Path, options: &[&str]| {
        let mut pip = Command::new(&python);
        let pip = pip.args(["-m", "pip", "install", "--quiet"]).args(options);
        run(pip.arg("--requirement").arg(list), "pip install")
    };
    let failed = venv.or_else(|| install(&requirements, &[]));
    let failed = failed.or_else(|| install(alone.as_deref()?, &["--no-deps"]));
    if let Some(why) = failed {
        return Ok(Err(why));
    }
    fs::write(&stamp, wanted)?;
    Ok(Ok(python))
}
