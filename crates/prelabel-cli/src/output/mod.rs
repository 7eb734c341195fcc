//! Everything that is printed. stdout is data, stderr is words.

mod github;
mod groups;
mod json;
mod progress;
mod sarif;

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use prelabel::Error;
use prelabel::report::{GroupKind, Severity, Summary};

use crate::cli::Common;
use crate::exit_code::Exit;

pub(crate) use github::annotation;
pub(crate) use json::{
    checked_json, client_error_json, error_json, item_json, outcome_json, outcome_of_job_json, remarks_json,
    submitted_json, summary_json,
};
pub(crate) use progress::Progress;
pub(crate) use sarif::Sarif;

/// The reader of our output went away, as `head` does.
#[derive(Debug)]
pub(crate) struct Broken;

impl From<std::io::Error> for Broken {
    fn from(_: std::io::Error) -> Self {
        Broken
    }
}

/// The two streams, and how much to say on them.
pub(crate) struct Output {
    quiet: bool,
    verbose: u8,
    json: bool,
    color: bool,
    plain_progress: crate::cli::Progress,
    stdout: Mutex<std::io::BufWriter<std::io::Stdout>>,
}

impl Output {
    pub(crate) fn new(common: &Common) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let color = match common.color {
            clap::ColorChoice::Always => true,
            clap::ColorChoice::Never => false,
            clap::ColorChoice::Auto => !set("NO_COLOR") && (set("CLICOLOR_FORCE") || terminal),
        };
        Output {
            quiet: common.quiet,
            verbose: common.verbose,
            json: common.json,
            color,
            plain_progress: common.progress,
            stdout: Mutex::new(std::io::BufWriter::new(std::io::stdout())),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Puts bytes on stdout.
    pub(crate) fn data(&self, bytes: &[u8]) -> Result<(), Broken> {
        let mut stdout = self.stdout.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(stdout.write_all(bytes)?)
    }

    /// Puts a line on stdout.
    pub(crate) fn line(&self, text: &str) -> Result<(), Broken> {
        self.data(format!("{text}\n").as_bytes())
    }

    /// Puts one JSON object on stdout, as a line.
    pub(crate) fn object(&self, value: &serde_json::Value) -> Result<(), Broken> {
        self.line(&value.to_string())
    }

    /// Hands everything on stdout over.
    pub(crate) fn flush(&self) -> Result<(), Broken> {
        let mut stdout = self.stdout.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(stdout.flush()?)
    }

    /// Says something on stderr, unless `-q`.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.words(text);
        }
    }

    /// Says something on stderr, only with `-v`.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.words(text);
        }
    }

    /// Reports the error that ended the command, and chooses the exit code.
    pub(crate) fn fail(&self, error: &Error) -> Exit {
        self.words(&format!("{} {error}", self.paint("error:", RED)));
        if let Some(hint) = error.hint_text() {
            self.words(&format!("  {} {hint}", self.paint("hint:", CYAN)));
        }
        if self.json {
            let _ = self.object(&error_json(error)).and_then(|()| self.flush());
        }
        Exit::of_error(error.kind())
    }

    /// Reports the error of the platform's client that ended the command, and chooses the exit code.
    pub(crate) fn fail_client(&self, error: &prelabel_client::Error) -> Exit {
        self.words(&format!("{} {error}", self.paint("error:", RED)));
        self.words(&format!("  {} {}", self.paint("hint:", CYAN), error.hint()));
        if self.json {
            let _ = self.object(&client_error_json(error)).and_then(|()| self.flush());
        }
        Exit::of_client(error.kind().exit_code())
    }

    /// Says what a summary holds: one line a group, its first places, what to do.
    pub(crate) fn summary(&self, summary: &Summary) {
        self.groups(summary, true);
    }

    /// Says what a summary holds but mere remarks, which take `-v`.
    pub(crate) fn concerns(&self, summary: &Summary) {
        self.groups(summary, self.verbose > 0);
    }

    fn groups(&self, summary: &Summary, remarks: bool) {
        for group in summary.groups() {
            let quiet = self.quiet && group.kind != GroupKind::Failure;
            if quiet || (!remarks && group.kind == GroupKind::Finding(Severity::Info)) {
                continue;
            }
            for line in groups::lines(group, self.verbose > 0, |text, color| self.paint(text, color)) {
                self.words(&line);
            }
        }
    }

    /// Puts what a summary holds on stdout, as text: for a command whose result it is.
    pub(crate) fn findings(&self, summary: &Summary) -> Result<(), Broken> {
        for group in summary.groups() {
            for line in groups::lines(group, self.verbose > 0, |text, _| text.to_owned()) {
                self.line(&harmless(&line))?;
            }
        }
        Ok(())
    }

    /// A progress display for `total` items.
    pub(crate) fn progress(&self, total: usize, what: &'static str) -> Progress {
        let show = if self.quiet { crate::cli::Progress::None } else { self.plain_progress };
        Progress::new(show, total as u64, what)
    }

    fn words(&self, text: &str) {
        // Nobody listens on a broken stderr; there is no one left to tell.
        let _ = writeln!(std::io::stderr().lock(), "{}", harmless(text));
    }

    fn paint(&self, text: &str, color: &str) -> String {
        if self.color { format!("\x1b[{color}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

pub(crate) const RED: &str = "1;31";
pub(crate) const YELLOW: &str = "1;33";
pub(crate) const CYAN: &str = "36";

/// Text from files cannot act on a terminal: control characters are shown, not sent. Our own colours pass.
fn harmless(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let ours = ["\x1b[1;31m", "\x1b[1;33m", "\x1b[36m", "\x1b[0m"].into_iter().find(|code| rest.starts_with(code));
        if let Some(code) = ours {
            clean.push_str(code);
            rest = &rest[code.len()..];
            continue;
        }
        let bidi = matches!(next, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (next.is_control() && next != '\n') || bidi {
            clean.extend(next.escape_default());
        } else {
            clean.push(next);
        }
        rest = &rest[next.len_utf8()..];
    }
    clean
}

/// Prints what clap has to say: help and version are data, mistakes are words.
pub(crate) fn usage(error: &clap::Error) -> Result<Exit, Broken> {
    error.print()?;
    Ok(if error.use_stderr() { Exit::Usage } else { Exit::Done })
}

pub(crate) fn say_finishing() {
    let _ = writeln!(std::io::stderr().lock(), "\nfinishing what is under way; press Ctrl-C again to stop at once");
}

/// Ends the process: only whole files are ever under their names, so nothing can be left half-written.
#[expect(clippy::exit, reason = "the second Ctrl-C asks for exactly this")]
pub(crate) fn stop_now() -> ! {
    std::process::exit(130)
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn escapes_of_files_are_shown_and_ours_pass() {
        assert_eq!(
            harmless("\x1b[1;31merror:\x1b[0m a\x1b[2Jb\u{7}\u{202e}"),
            "\x1b[1;31merror:\x1b[0m a\\u{1b}[2Jb\\u{7}\\u{202e}"
        );
    }
}
