//! The exit codes, which scripts may rely on. Only this file chooses one.

use prelabel::ErrorKind;
use prelabel::report::{Severity, Summary};

use crate::cli::FailOn;
use crate::output::Broken;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything that was asked for is done, or was done before.
    Done,
    /// Finished, but some items failed, or findings reached `--fail-on`.
    Partly,
    /// The command line or a setting is wrong; nothing was started.
    Usage,
    /// Could not work: output not writable, disk full, state locked or damaged.
    CouldNotWork,
    /// The key or a permission is missing.
    Denied,
    /// Temporary trouble at the other end: the same command may be run again.
    Temporary,
    /// At least one job has an unknown outcome.
    Unknown,
    /// Interrupted by Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The exit code of what the platform's client did, given as its number.
    pub(crate) fn of_client(code: u8) -> Exit {
        match code {
            0 => Exit::Done,
            1 => Exit::Partly,
            2 => Exit::Usage,
            4 => Exit::Denied,
            5 => Exit::Temporary,
            6 => Exit::Unknown,
            _ => Exit::CouldNotWork,
        }
    }

    /// The exit code of a run over many samples or pairs: what stopped it wins over what was found.
    pub(crate) fn of_run(stopped: Option<&prelabel::Error>, summary: &Summary, fail_on: FailOn) -> Exit {
        if let Some(error) = stopped {
            return Exit::of_error(error.kind());
        }
        let findings = match fail_on {
            FailOn::Never => 0,
            FailOn::Info => summary.findings(Severity::Info),
            FailOn::Warning => summary.findings(Severity::Warning),
            FailOn::Error => summary.findings(Severity::Error),
        };
        if summary.failures() > 0 || findings > 0 { Exit::Partly } else { Exit::Done }
    }

    /// The exit code of a comparison: `good` says that what differs is little enough.
    pub(crate) fn of_comparison(stopped: Option<&prelabel::Error>, summary: &Summary, good: bool) -> Exit {
        match stopped {
            Some(error) => Exit::of_error(error.kind()),
            None if summary.failures() > 0 || !good => Exit::Partly,
            None => Exit::Done,
        }
    }

    /// The graver of two: what a command that did both ends with.
    pub(crate) fn and(self, other: Exit) -> Exit {
        let gravity = |exit: Exit| match exit {
            Exit::Done => 0,
            Exit::Partly => 1,
            Exit::Usage => 2,
            Exit::Temporary => 3,
            Exit::Denied => 4,
            Exit::CouldNotWork => 5,
            Exit::Interrupted => 6,
            Exit::Unknown => 7,
        };
        if gravity(other) > gravity(self) { other } else { self }
    }

    fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Partly => 1,
            Exit::Usage => 2,
            Exit::CouldNotWork => 3,
            Exit::Denied => 4,
            Exit::Temporary => 5,
            Exit::Unknown => 6,
            Exit::Interrupted => 130,
        }
    }

    /// The exit code of an error that ended a command.
    pub(crate) fn of_error(kind: ErrorKind) -> Exit {
        match kind {
            ErrorKind::Usage | ErrorKind::Exists | ErrorKind::Missing => Exit::Usage,
            ErrorKind::Output => Exit::CouldNotWork,
            ErrorKind::Interrupted => Exit::Interrupted,
            ErrorKind::Unreadable
            | ErrorKind::Invalid
            | ErrorKind::Unsupported
            | ErrorKind::Limit
            | ErrorKind::Lossy => Exit::Partly,
        }
    }
}

/// The process's exit code. A reader that closed its pipe, such as `head`, has what it wanted: success.
pub(crate) fn of(result: Result<Exit, Broken>) -> std::process::ExitCode {
    std::process::ExitCode::from(result.map_or(0, Exit::code))
}

/// The table for `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0 all done · 1 some items failed, or findings reached --fail-on · 2 wrong usage, nothing started
  3 could not work (disk, lock, output) · 4 key or permission · 5 temporary remote trouble, run again
  6 a job's outcome is unknown · 130 interrupted";
