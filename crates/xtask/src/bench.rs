//! Builds the program and `benches/`, makes the peers' environments, and measures.

use std::path::Path;
use std::process::ExitCode;

use anyhow::ensure;

use crate::peers::{self, Peers};
use crate::test::cargo;

pub(crate) fn run(root: &Path, args: &[String]) -> anyhow::Result<ExitCode> {
    let help = args.iter().any(|arg| arg == "--help" || arg == "-h");
    // No shared folder for both: each workspace has its own lock file, and they would build each other anew.
    let (program, benches) = (root.join("target"), root.join("target/benches"));
    let mut command = cargo(root, &["run", "--release", "--quiet", "--manifest-path", "benches/Cargo.toml"]);
    command.arg("--target-dir").arg(&benches).arg("--").args(args);
    if !help {
        println!("   building the program and the benchmarks");
        let mut build = cargo(root, &["build", "--release", "--quiet", "--package", "prelabel-cli", "--target-dir"]);
        ensure!(build.arg(&program).status()?.success(), "the program cannot be built");
        command.arg("--program").arg(program.join("release").join(format!("prelabel{}", std::env::consts::EXE_SUFFIX)));
        let environments: [(&str, &Peers); 2] = [("--python", &peers::BENCHES), ("--datumaro", &peers::DATUMARO)];
        for (option, peers) in environments {
            match peers::environment(root, peers)? {
                Ok(python) => drop(command.arg(option).arg(python)),
                Err(why) => println!("   left out: {why}"),
            }
        }
    }
    Ok(if command.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
