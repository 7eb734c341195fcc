//! Other people's tools, in the Python environment that `cargo xtask test` makes.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// The interpreter that has the peers, or nothing: then the skip is told and counted under `test`.
pub fn python(test: &str) -> Option<PathBuf> {
    let given = std::env::var_os("PRELABEL_PEERS_PYTHON").map(PathBuf::from);
    let found =
        given.or_else(|| Some(crate::workspace().join("target/peers/bin/python"))).filter(|path| path.is_file());
    if found.is_none() {
        skip(test, "no Python environment with the peers; `cargo xtask test` makes it");
    }
    found
}

/// Tells that a test is skipped, and has it counted.
pub fn skip(test: &str, why: &str) {
    eprintln!("skipped: {test}: {why}");
    if let Some(log) = std::env::var_os("PRELABEL_SKIP_LOG") {
        let log = OpenOptions::new().create(true).append(true).open(log);
        log.and_then(|mut log| writeln!(log, "{test}: {why}")).expect("the log of skips can be written");
    }
}

/// Runs a Python script with arguments and returns what it printed. Fails the test if the script fails.
pub fn run(python: &PathBuf, script: &str, args: &[&str]) -> String {
    let output = Command::new(python).arg("-c").arg(script).args(args).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("Python prints UTF-8")
}
