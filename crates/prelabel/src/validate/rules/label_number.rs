use crate::error::At;
use crate::model::Label;
use crate::report::{Finding, Severity};
use crate::validate::{LegendCheck, Rule, RuleInfo};

static INFO: RuleInfo = RuleInfo {
    code: "PL013",
    name: "label-number",
    severity: Severity::Info,
    fixable: false,
    lossy: false,
    summary: "A label ends in a number without `#`.",
    cause: "`Car 1` stands in the platform's own example, but its other pages write objects as `car # 1`. Without the \
            `#` the whole text is the name of a class. A class list that has that very class settles it.",
    fix: "If it is an object, write `Car # 1`; if it is a class, leave it.",
    example: "{\"#f23334\": \"Car 1\"}",
};

/// PL013.
pub(in crate::validate) struct LabelNumber;

impl Rule for LabelNumber {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        for (key, text) in check.legend.entries() {
            let label = Label::parse(text);
            let known = check.classes.is_some_and(|classes| classes.by_name(&label.class).is_some());
            if label.instance.is_some() || known {
                continue;
            }
            let Some((class, number)) = label.class.rsplit_once(' ') else { continue };
            if class.trim().is_empty() || class.contains('#') || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            let finding = INFO.finding("a label ends in a number without `#`");
            let detail = format!("`{}` is read as the name of a class", label.class);
            let hint = "if these are objects, write `class # number`";
            found.push(finding.at(At::Entry(key.clone())).detail(detail).hint(hint));
        }
    }
}
