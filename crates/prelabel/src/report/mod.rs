//! What a run has to say beside its outputs.
//!
//! Three kinds of remark: a *failure* (one sample could not be done), a *finding* (a rule is broken or
//! something is odd) and a *loss* (the target cannot hold it; recorded where it happens). Every step takes
//! a [`Report`]; a [`Summary`] gathers the reports of a run in bounded memory and in an order that does
//! not depend on threads.

mod summary;

pub use summary::{Example, Group, GroupKind, Summary};

use std::sync::{Mutex, PoisonError};

use crate::error::At;
use crate::{Error, ErrorKind, Result};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably a mistake.
    Warning,
    /// The platform would refuse it, or pixels are wrong.
    Error,
}

impl Severity {
    /// Its name in text output.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A rule that is broken, or something odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's code, `PL001`; or a word for remarks that are no rule of validation.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: alike for alike findings, so that they can be grouped.
    pub message: String,
    /// The figures of this one.
    pub detail: Option<String>,
    /// The file that it is about.
    pub file: Option<String>,
    /// The place in that file.
    pub at: Option<At>,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    /// A finding without figures, place or hint.
    pub fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        let message = message.into();
        Finding { code, severity, message, detail: None, file: None, at: None, hint: None }
    }

    /// A warning that says what an error says: what it was met at is left out, and the rest goes on.
    pub fn of_error(code: &'static str, error: &Error) -> Self {
        let finding = Finding::new(code, Severity::Warning, error.message());
        let (detail, hint) = (error.found_text().map(str::to_owned), error.hint_text().map(str::to_owned));
        Finding { at: error.place().cloned(), detail, hint, ..finding }
    }

    /// Adds the figures of this one.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Names the file.
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Names the place.
    pub fn at(mut self, at: At) -> Self {
        self.at = Some(at);
        self
    }

    /// Says what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Something that the target cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Its kind, a stable word: `void-merged`, `instance-numbers`.
    pub code: &'static str,
    /// What is lost.
    pub message: String,
    /// How much of it.
    pub count: u64,
    /// What `count` counts: `pixels`, `instances`.
    pub unit: &'static str,
    /// What to do in order not to lose it.
    pub hint: String,
}

impl Loss {
    /// How much is lost, in words: `1 instance`, `7 pixels`.
    pub fn amount(&self) -> String {
        amount(self.count, self.unit)
    }
}

/// A count with its unit.
pub fn amount(count: u64, unit: &str) -> String {
    let unit = if count == 1 { unit.trim_end_matches('s') } else { unit };
    format!("{count} {unit}")
}

/// The remarks of one step on one sample. An argument of every step, so that it cannot be forgotten.
#[derive(Debug, Default)]
pub struct Report {
    allow_lossy: bool,
    remarks: Mutex<Remarks>,
}

/// What a report holds at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Findings, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// Losses, in the order in which they happened.
    pub losses: Vec<Loss>,
}

impl Report {
    /// An empty report. Without `allow_lossy`, the first loss is an error.
    pub fn new(allow_lossy: bool) -> Self {
        Report { allow_lossy, remarks: Mutex::default() }
    }

    /// Adds a finding.
    pub fn finding(&self, finding: Finding) {
        self.lock().findings.push(finding);
    }

    /// Adds a loss, or refuses it.
    ///
    /// # Errors
    /// The caller of the run did not allow losses.
    pub fn loss(&self, loss: Loss) -> Result<()> {
        if !self.allow_lossy {
            return Err(Error::new(ErrorKind::Lossy, format!("going on would lose something: {}", loss.message))
                .found(format!("{} that would be lost", loss.amount()))
                .hint(format!("{}; or accept the loss with `--allow-lossy`", loss.hint)));
        }
        self.lock().losses.push(loss);
        Ok(())
    }

    /// True if the caller of the run accepts losses: then they are counted.
    pub fn allows_losses(&self) -> bool {
        self.allow_lossy
    }

    /// The remarks so far; the report is empty then.
    pub fn take(&self) -> Remarks {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remarks> {
        // A panic elsewhere cannot leave a half-pushed remark behind.
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss() -> Loss {
        Loss {
            code: "void-merged",
            message: "void becomes background".into(),
            count: 7,
            unit: "pixels",
            hint: "do this".into(),
        }
    }

    #[test]
    fn a_loss_needs_consent() {
        let strict = Report::new(false);
        let error = strict.loss(loss()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Lossy);
        assert!(error.hint_text().is_some_and(|hint| hint.contains("--allow-lossy")));
        assert!(strict.take().losses.is_empty());

        let lenient = Report::new(true);
        assert!(lenient.loss(loss()).is_ok());
        assert_eq!(lenient.take().losses, [loss()]);
    }
}
