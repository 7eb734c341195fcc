use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{RULES, Rule};
use crate::formats::nearest;
use crate::model::ClassList;
use crate::{Error, Limits, Result};

/// How to validate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only these rules, each by its code, its name or the beginning of a code (`PL00`); all if empty.
    pub select: Vec<String>,
    /// None of these rules, named likewise.
    pub ignore: Vec<String>,
    /// Bounds on untrusted input.
    pub limits: Limits,
    /// The class list that the user gave; without it, `classes.json` beside the masks counts.
    pub classes: Option<ClassList>,
    /// A connected area of fewer pixels is a speck.
    pub speck_pixels: u64,
    /// Set from elsewhere to end the run after the pairs under way.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Default for Options {
    fn default() -> Self {
        let (select, ignore) = (Vec::new(), Vec::new());
        Options { select, ignore, limits: Limits::default(), classes: None, speck_pixels: 4, stop: None }
    }
}

impl Options {
    /// The rules that are asked for, in the order of their codes.
    ///
    /// # Errors
    /// A code or name that fits no rule; the error proposes the nearest three.
    pub fn rules(&self) -> Result<Vec<&'static dyn Rule>> {
        for (option, patterns) in [("--select", &self.select), ("--ignore-rule", &self.ignore)] {
            for pattern in patterns {
                if !RULES.iter().any(|rule| fits(*rule, pattern)) {
                    return Err(unknown(&format!("`{option}` names no rule"), pattern));
                }
            }
        }
        let any = |patterns: &[String], rule| patterns.iter().any(|pattern| fits(rule, pattern));
        let wanted = |rule: &&'static dyn Rule| {
            (self.select.is_empty() || any(&self.select, *rule)) && !any(&self.ignore, *rule)
        };
        Ok(RULES.iter().copied().filter(wanted).collect())
    }

    pub(super) fn stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

fn fits(rule: &dyn Rule, pattern: &str) -> bool {
    let info = rule.info();
    let pattern = pattern.trim();
    info.name.eq_ignore_ascii_case(pattern)
        || (pattern.len() >= 2 && info.code.starts_with(&pattern.to_ascii_uppercase()))
}

/// An error for a name of a rule that is none.
pub(super) fn unknown(message: &str, typed: &str) -> Error {
    // Codes and names are told apart by their form: a mistyped code is near to many names, too.
    let is_code = typed.to_ascii_uppercase().starts_with("PL");
    let wanted = if is_code { typed.to_ascii_uppercase() } else { typed.to_ascii_lowercase() };
    let names = RULES.iter().map(|rule| if is_code { rule.info().code } else { rule.info().name });
    let near: Vec<_> = nearest(&wanted, names, 3).into_iter().map(|name| format!("`{name}`")).collect();
    Error::usage(message)
        .found(format!("`{typed}`"))
        .expected(format!("one like {}", near.join(", ")))
        .hint("`prelabel explain` lists all rules")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let owned = |patterns: &[&str]| patterns.iter().map(ToString::to_string).collect();
        let options = Options { select: owned(select), ignore: owned(ignore), ..Options::default() };
        options.rules().unwrap().into_iter().map(|rule| rule.info().code).collect()
    }

    #[test]
    fn rules_are_chosen_by_code_prefix_and_name() {
        assert_eq!(codes(&[], &[]).len(), RULES.len());
        assert_eq!(codes(&["PL001", "specks"], &[]), ["PL001", "PL045"]);
        assert_eq!(codes(&["pl00"], &["PL001", "PL002"])[0], "PL003");
        let wrong = Options { ignore: vec!["PL999".into()], ..Options::default() };
        let error = wrong.rules().err().unwrap();
        assert!(error.to_string().contains("one like `PL0"), "{error}");
    }
}
