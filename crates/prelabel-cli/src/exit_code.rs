//! The exit codes, which scripts may rely on. Only this file chooses one.

use prelabel::ErrorKind;

use crate::output::Broken;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "the codes of commands that talk to a platform")]
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
