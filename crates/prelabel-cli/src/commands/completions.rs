use clap::CommandFactory;

use super::End;
use crate::cli::{Cli, Completions};
use crate::exit_code::Exit;
use crate::output::Output;

pub(super) fn run(args: &Completions, output: &Output) -> Result<Exit, End> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "prelabel", &mut script);
    output.data(&script)?;
    Ok(Exit::Done)
}
