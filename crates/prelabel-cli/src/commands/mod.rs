//! One command, one file.

mod completions;
mod convert;
mod explain;
mod formats;
mod inspect;
mod validate;

use crate::cli::{Cli, Command};
use crate::exit_code::Exit;
use crate::output::{Broken, Output};

/// How a command ends: with an exit code, with an error that is still to be told, or without a reader.
pub(crate) enum End {
    Error(prelabel::Error),
    Broken,
}

impl From<prelabel::Error> for End {
    fn from(error: prelabel::Error) -> Self {
        End::Error(error)
    }
}

impl From<Broken> for End {
    fn from(_: Broken) -> Self {
        End::Broken
    }
}

/// Runs a command.
pub(crate) fn run(cli: Cli) -> Result<Exit, Broken> {
    let output = Output::new(&cli.common);
    if let Some(jobs) = cli.common.jobs {
        // Fails only if a pool was made before, and none was.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global();
    }
    let end = match cli.command {
        Command::Convert(args) => convert::run(&args, &cli.common, &output),
        Command::Validate(args) => validate::run(&args, &cli.common, &output),
        Command::Explain(args) => explain::run(&args, &output),
        Command::Inspect(args) => inspect::run(&args, &cli.common, &output),
        Command::Formats(args) => formats::run(&args, &output),
        Command::Completions(args) => completions::run(&args, &output),
    };
    let exit = match end {
        Ok(exit) => exit,
        Err(End::Error(error)) => output.fail(&error),
        Err(End::Broken) => return Err(Broken),
    };
    output.flush()?;
    Ok(exit)
}
