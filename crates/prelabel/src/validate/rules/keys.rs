use crate::model::Key;
use crate::report::{Finding, Severity};
use crate::validate::{Pair, Rule, RuleInfo};

static TWICE: RuleInfo = RuleInfo {
    code: "PL066",
    name: "key-twice",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "Two masks have the same key.",
    cause: "The key, a mask's path without extension, names its legend, its image and its job. Two masks of one key \
            would become one job.",
    fix: "Rename or remove one of them.",
    example: "masks/a.png and masks/a.PNG",
};

static INVALID: RuleInfo = RuleInfo {
    code: "PL067",
    name: "key-invalid",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "The name of a mask cannot be a key.",
    cause: "Keys become file names, parts of URLs and reference IDs. Control characters, colons, back-slashes, a dot \
            or space at the end, and parts of more than 200 bytes do not survive that on every system.",
    fix: "Rename the mask, its legend and its image.",
    example: "masks/12:30:05.png",
};

/// PL066.
pub(in crate::validate) struct Twice;
/// PL067.
pub(in crate::validate) struct Invalid;

impl Rule for Twice {
    fn info(&self) -> &'static RuleInfo {
        &TWICE
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        if let Some(other) = pair.pairs.twin(pair.index) {
            let other = pair.pairs.source().display(other);
            let finding = TWICE.finding("two masks have the same key").detail(format!("`{}`, as {other}", pair.key));
            found.push(finding.hint("rename or remove one of them"));
        }
    }
}

impl Rule for Invalid {
    fn info(&self) -> &'static RuleInfo {
        &INVALID
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let Err(error) = Key::new(&pair.key) else { return };
        let finding = INVALID.finding(error.message()).detail(error.found_text().unwrap_or_default());
        found.push(finding.hint("rename the mask, its legend and its image"));
    }
}
