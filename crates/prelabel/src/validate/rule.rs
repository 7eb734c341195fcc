use super::{Folder, LegendCheck, Pair};
use crate::report::{Finding, Severity};

/// What everybody may know about a rule; `prelabel explain` prints it.
#[derive(Debug)]
pub struct RuleInfo {
    /// Its stable code: `PL001`.
    pub code: &'static str,
    /// Its name: `legend-key`.
    pub name: &'static str,
    /// How bad it is if the rule is broken.
    pub severity: Severity,
    /// True if `--fix` can mend it.
    pub fixable: bool,
    /// True if mending it loses something, so that `--fix` needs `--allow-lossy` too.
    pub lossy: bool,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// Why it matters, and how it comes about.
    pub cause: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// What it looks like.
    pub example: &'static str,
}

impl RuleInfo {
    /// A finding of this rule; `message` must be alike for alike findings, so that they can be grouped.
    pub(super) fn finding(&self, message: impl Into<String>) -> Finding {
        Finding::new(self.code, self.severity, message)
    }

    /// The page of `prelabel explain`, in Markdown.
    pub fn page(&self) -> String {
        let mend = match (self.fixable, self.lossy) {
            (false, _) => "by hand",
            (true, false) => "`--fix` mends it",
            (true, true) => "`--fix --allow-lossy` mends it",
        };
        let (code, name, severity) = (self.code, self.name, self.severity.name());
        format!(
            "# {code} {name}\n\n{}\n\nSeverity: {severity}. To mend: {mend}.\n\n## Cause\n\n{}\n\n## Fix\n\n{}\n\n\
             ## Example\n\n```\n{}\n```\n",
            self.summary, self.cause, self.fix, self.example
        )
    }
}

/// A rule of validation. It implements the hook whose input holds all that it needs; hooks only look, and
/// what they find depends on nothing but that input.
pub trait Rule: Sync {
    /// What everybody may know about it.
    fn info(&self) -> &'static RuleInfo;

    /// Looks at one pair: its PNG, its pixels, its image.
    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let _ = (pair, found);
    }

    /// Looks at one legend: with its pair if it belongs to one, once at the end if masks share it.
    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        let _ = (check, found);
    }

    /// Looks at the folder as a whole, once, at the end.
    fn folder(&self, folder: &Folder<'_>, found: &mut Vec<Finding>) {
        let _ = (folder, found);
    }
}

/// `1 pixel`, `2 pixels`: figures in findings.
pub(super) fn count(number: u64, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}
