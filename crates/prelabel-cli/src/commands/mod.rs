//! One command, one file.

mod bench;
mod completions;
mod convert;
mod diff;
mod explain;
mod formats;
mod inspect;
mod payload;
mod push;
mod validate;

use crate::cli::{Cli, Command};
use crate::exit_code::Exit;
use crate::output::{Broken, Output};

/// How a command ends: with an exit code, with an error that is still to be told, or without a reader.
pub(crate) enum End {
    Error(prelabel::Error),
    Client(prelabel_client::Error),
    Broken,
}

impl From<prelabel::Error> for End {
    fn from(error: prelabel::Error) -> Self {
        End::Error(error)
    }
}

impl From<prelabel_client::Error> for End {
    fn from(error: prelabel_client::Error) -> Self {
        End::Client(error)
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
    let pool = rayon::ThreadPoolBuilder::new().num_threads(cli.common.jobs.unwrap_or(0)).build();
    match pool {
        // Inside the pool, so that what listing frees is there for the work: allocators keep memory by thread.
        Ok(pool) => pool.install(|| run_in_pool(cli, &output)),
        Err(error) => {
            let error = prelabel::Error::new(prelabel::ErrorKind::Output, "no threads can be started").source(error);
            Ok(output.fail(&error))
        }
    }
}

fn run_in_pool(cli: Cli, output: &Output) -> Result<Exit, Broken> {
    let end = match cli.command {
        Command::Convert(args) => convert::run(&args, &cli.common, output),
        Command::Validate(args) => validate::run(&args, &cli.common, output),
        Command::Explain(args) => explain::run(&args, output),
        Command::Inspect(args) => inspect::run(&args, &cli.common, output),
        Command::Diff(args) => diff::run(&args, &cli.common, output),
        Command::Payload(args) => payload::run(&args, &cli.common, output),
        Command::Push(args) => push::run(&args, &cli.common, output),
        Command::Formats(args) => formats::run(&args, output),
        Command::Bench(args) => bench::run(&args, &cli.common, output),
        Command::Completions(args) => completions::run(&args, output),
    };
    let exit = match end {
        Ok(exit) => exit,
        Err(End::Error(error)) => output.fail(&error),
        Err(End::Client(error)) => output.fail_client(&error),
        Err(End::Broken) => return Err(Broken),
    };
    output.flush()?;
    Ok(exit)
}
