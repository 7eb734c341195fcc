//! The program `prelabel`: segmentation model outputs to checked, submitted pre-labels and back.

mod cli;
mod commands;
mod exit_code;
mod input;
mod output;
mod overlap;
mod signals;
mod target;

use clap::Parser;

fn main() -> std::process::ExitCode {
    exit_code::of(match cli::Cli::try_parse() {
        Ok(cli) => commands::run(cli),
        Err(error) => output::usage(&error),
    })
}
