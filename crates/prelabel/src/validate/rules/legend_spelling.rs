use crate::error::At;
use crate::model::{Color, Label as Parsed};
use crate::report::{Finding, Severity};
use crate::validate::{LegendCheck, Rule, RuleInfo};

pub(in crate::validate) static KEY: RuleInfo = RuleInfo {
    code: "PL006",
    name: "legend-key-spelling",
    severity: Severity::Warning,
    fixable: true,
    lossy: false,
    summary: "A key of the legend is not written as lower-case `#rrggbb`.",
    cause: "All examples of the platform that work are lower-case hex. Whether `#F23334` or `rgb(242, 51, 52)` is \
            found for a pixel of that colour is documented nowhere; a comparison of texts would not find it.",
    fix: "Write `#` and six hex digits in lower case. `--fix` does it.",
    example: "{\"#F23334\": \"car\", \"rgb(253, 45, 52)\": \"sky\"}\n{\"#f23334\": \"car\", \"#fd2d34\": \"sky\"}       right",
};

pub(in crate::validate) static LABEL: RuleInfo = RuleInfo {
    code: "PL007",
    name: "label-spelling",
    severity: Severity::Warning,
    fixable: true,
    lossy: false,
    summary: "A label has other spaces than the platform writes.",
    cause: "Labels of objects are the class, ` # `, and the number: `car # 4`. `car #4` or ` car` may be taken for a \
            class of that very name, which the project does not have.",
    fix: "Write `class # number`, without spaces around it. `--fix` does it.",
    example: "{\"#f23334\": \"car #1\"}\n{\"#f23334\": \"car # 1\"}       right",
};

pub(in crate::validate) static LIST: RuleInfo = RuleInfo {
    code: "PL008",
    name: "legend-list",
    severity: Severity::Warning,
    fixable: true,
    lossy: false,
    summary: "The legend has the list form of the platform's results.",
    cause: "The platform gives some legends as a list of `color` and `text`, but takes an object from colour to label.",
    fix: "Write an object. `--fix` does it.",
    example: "[{\"color\": \"rgb(242, 51, 52)\", \"text\": \"car\"}]\n{\"#f23334\": \"car\"}       right",
};

/// PL006.
pub(in crate::validate) struct Key;
/// PL007.
pub(in crate::validate) struct Label;
/// PL008.
pub(in crate::validate) struct List;

/// How a key that is a colour should be written, if it is not.
pub(in crate::validate) fn written_key(key: &str) -> Option<String> {
    let written = key.parse::<Color>().ok()?.to_string();
    (written != key).then_some(written)
}

/// How a label should be written, if it is not.
pub(in crate::validate) fn written_label(text: &str) -> Option<String> {
    let written = Parsed::parse(text).to_string();
    (written != text && !written.is_empty()).then_some(written)
}

impl Rule for Key {
    fn info(&self) -> &'static RuleInfo {
        &KEY
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        // The list form has its own spelling of colours, and goes as a whole.
        for (key, _) in check.legend.entries().iter().filter(|_| !check.legend.is_list()) {
            if let Some(written) = written_key(key) {
                let finding = KEY.finding("a legend key is not written as lower-case `#rrggbb`");
                let hint = "write it so; `--fix` does it";
                found.push(finding.at(At::Entry(key.clone())).detail(format!("it means {written}")).hint(hint));
            }
        }
    }
}

impl Rule for Label {
    fn info(&self) -> &'static RuleInfo {
        &LABEL
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        for (key, text) in check.legend.entries() {
            if let Some(written) = written_label(text) {
                let finding = LABEL.finding("a label has other spaces than the platform writes");
                let detail = format!("`{text}` means `{written}`");
                found.push(finding.at(At::Entry(key.clone())).detail(detail).hint("write it so; `--fix` does it"));
            }
        }
    }
}

impl Rule for List {
    fn info(&self) -> &'static RuleInfo {
        &LIST
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        if check.legend.is_list() {
            let finding = LIST.finding("the legend is a list, but the platform takes an object");
            found.push(finding.hint("write `{\"#rrggbb\": \"label\"}`; `--fix` does it"));
        }
    }
}
