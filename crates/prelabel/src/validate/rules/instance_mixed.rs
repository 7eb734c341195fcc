use std::collections::BTreeMap;

use crate::error::At;
use crate::report::{Finding, Severity};
use crate::validate::{LegendCheck, Rule, RuleInfo};

static INFO: RuleInfo = RuleInfo {
    code: "PL082",
    name: "instance-mixed",
    severity: Severity::Info,
    fixable: false,
    lossy: false,
    summary: "A class has labels with and without a number.",
    cause: "`car` stands for all pixels of the class, `car # 1` for one object of it. Both in one legend leave open what \
            the pixels of `car` are: a crowd, an object that got no number, or a rest.",
    fix: "Number all objects of the class, or none.",
    example: "{\"#f23334\": \"car\", \"#fd2d34\": \"car # 1\"}",
};

/// PL082.
pub(in crate::validate) struct InstanceMixed;

impl Rule for InstanceMixed {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        let labels = check.legend.labels.iter();
        let mut whole: BTreeMap<&str, _> = BTreeMap::new();
        for (color, label) in labels.clone().filter(|(_, label)| label.instance.is_none()) {
            whole.insert(&label.class, color);
        }
        for (_, label) in labels.filter(|(_, label)| label.instance.is_some()) {
            // Taken out: each class is told once.
            if let Some(color) = whole.remove(label.class.as_str()) {
                let finding = INFO.finding("a class has labels with and without a number");
                let detail = format!("`{}` and `{label}`", label.class);
                let finding = finding.at(At::Entry(color.to_string())).detail(detail);
                found.push(finding.hint("number all objects of the class, or none"));
            }
        }
    }
}
