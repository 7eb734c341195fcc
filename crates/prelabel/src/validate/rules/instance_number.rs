use crate::error::At;
use crate::model::Label;
use crate::report::{Finding, Severity};
use crate::validate::{LegendCheck, Rule, RuleInfo};

static INFO: RuleInfo = RuleInfo {
    code: "PL083",
    name: "instance-number",
    severity: Severity::Warning,
    fixable: false,
    lossy: false,
    summary: "What follows `#` in a label is no instance number.",
    cause: "Objects are `class # number` with a number from 1. With 0, a sign or a word, the whole text is taken for the \
            name of a class.",
    fix: "Number objects from 1.",
    example: "{\"#f23334\": \"car # 0\", \"#fd2d34\": \"car # left\"}",
};

/// PL083.
pub(in crate::validate) struct InstanceNumber;

impl Rule for InstanceNumber {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        for (key, text) in check.legend.entries() {
            let label = Label::parse(text);
            let known = check.classes.is_some_and(|classes| classes.by_name(&label.class).is_some());
            // `C#` is a name.
            let after = text.rsplit_once('#').map(|(_, after)| after.trim()).unwrap_or_default();
            if label.instance.is_some() || known || after.is_empty() {
                continue;
            }
            let finding = INFO.finding("what follows `#` in a label is no instance number");
            let finding = finding.at(At::Entry(key.clone())).detail(format!("`{text}`"));
            found.push(finding.hint("write `class # number` with a number from 1"));
        }
    }
}
