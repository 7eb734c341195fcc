//! What was asked for.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

const USAGE: &str = "\
cargo xtask bench [--quick] [--only NAME].. [--maps N] [--json FILE]

  --quick      fewer repetitions and maps: for a look, not for a claim
  --only NAME  only tasks whose name contains NAME: start-up, folder, encode scene, decode rider,
               fill, encode-rle, decode-rle, trace ..
  --maps N     maps in the folder task [default: 200; the target speaks of 2000]
  --json FILE  write every figure there";

pub(crate) struct Args {
    pub(crate) only: Vec<String>,
    pub(crate) quick: bool,
    /// Maps in the folder task.
    pub(crate) maps: usize,
    pub(crate) json: Option<PathBuf>,
    /// The built program.
    pub(crate) program: PathBuf,
    /// Interpreters with the peers.
    pub(crate) python: Option<PathBuf>,
    pub(crate) datumaro: Option<PathBuf>,
    /// The repository.
    pub(crate) root: PathBuf,
}

impl Args {
    /// Those of this process, or nothing if help was asked for and given.
    pub(crate) fn parse() -> anyhow::Result<Option<Args>> {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("benches/ lies in the repository")?.to_owned();
        let mut args = Args {
            only: Vec::new(),
            quick: false,
            maps: 0,
            json: None,
            program: root.join("target/release/prelabel"),
            python: None,
            datumaro: None,
            root,
        };
        let mut given = std::env::args().skip(1);
        while let Some(arg) = given.next() {
            let mut value = || given.next().with_context(|| format!("`{arg}` needs a value\n\n{USAGE}"));
            match arg.as_str() {
                "--quick" => args.quick = true,
                "--only" => args.only.push(value()?),
                "--maps" => args.maps = value()?.parse().context("--maps takes a number")?,
                "--json" => args.json = Some(value()?.into()),
                "--program" => args.program = value()?.into(),
                "--python" => args.python = Some(value()?.into()),
                "--datumaro" => args.datumaro = Some(value()?.into()),
                "--help" | "-h" => {
                    println!("{USAGE}");
                    return Ok(None);
                }
                other => bail!("there is no option `{other}`\n\n{USAGE}"),
            }
        }
        if args.maps == 0 {
            args.maps = if args.quick { 32 } else { 200 };
        }
        Ok(Some(args))
    }

    pub(crate) fn wants(&self, task: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| task.contains(part.as_str()))
    }
}
