use std::collections::BTreeSet;

use crate::error::At;
use crate::formats::nearest;
use crate::model::{ClassList, Label};
use crate::report::{Finding, Severity};
use crate::validate::{LegendCheck, Rule, RuleInfo};

static UNKNOWN: RuleInfo = RuleInfo {
    code: "PL011",
    name: "class-unknown",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "The class of a label is not in the class list.",
    cause: "Labels must be the Build Names of the project's classes. A label that is none of them is refused, or \
            becomes a class that no annotator can choose. The rule needs a class list: `classes.json` beside the \
            masks, or `--classes`.",
    fix: "Write the class's name as the class list has it; or add the class to the list and to the project.",
    example: "classes.json: car, sky\nlegend.json:  {\"#f23334\": \"automobile\"}",
};

static CASE: RuleInfo = RuleInfo {
    code: "PL012",
    name: "class-case",
    severity: Severity::Warning,
    fixable: false,
    lossy: false,
    summary: "The class of a label differs from the class list in upper and lower case.",
    cause: "Labels must equal the Build Names of the project's classes; `Car` is not `car`. Which of the two spellings \
            is the project's, prelabel cannot know.",
    fix: "Write both as the project does.",
    example: "classes.json: car\nlegend.json:  {\"#f23334\": \"Car # 1\"}",
};

/// PL011.
pub(in crate::validate) struct Unknown;
/// PL012.
pub(in crate::validate) struct Case;

impl Rule for Unknown {
    fn info(&self) -> &'static RuleInfo {
        &UNKNOWN
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        let Some(classes) = check.classes else { return };
        for (key, label) in differing(check, classes) {
            if classes.by_name(&label.class).is_some() {
                continue;
            }
            let names = classes.classes().iter().map(|class| class.name.as_str());
            let near: Vec<_> = nearest(&label.class, names, 3).into_iter().map(|name| format!("`{name}`")).collect();
            let finding = UNKNOWN.finding(format!("the class list lacks `{}`, a label of the legend", label.class));
            found.push(finding.at(At::Entry(key.to_owned())).hint(format!("the list has {}", near.join(", "))));
        }
    }
}

impl Rule for Case {
    fn info(&self) -> &'static RuleInfo {
        &CASE
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        let Some(classes) = check.classes else { return };
        for (key, label) in differing(check, classes) {
            let Some(class) = classes.by_name(&label.class) else { continue };
            let finding = CASE.finding("the class of a label differs from the class list in case");
            let detail = format!("`{}`, in the list `{}`", label.class, class.name);
            let finding = finding.at(At::Entry(key.to_owned())).detail(detail);
            found.push(finding.hint("write both as the project's Build Name"));
        }
    }
}

/// The labels whose class is not in the list as it is written, the first of each class.
fn differing<'a>(check: &'a LegendCheck<'_>, classes: &ClassList) -> Vec<(&'a str, Label)> {
    let known: BTreeSet<&str> = classes.classes().iter().map(|class| class.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    let labels = check.legend.entries().iter().map(|(key, text)| (key.as_str(), Label::parse(text)));
    labels
        .filter(|(_, label)| !label.class.is_empty() && !known.contains(label.class.as_str()))
        .filter(|(_, label)| seen.insert(label.class.clone()))
        .collect()
}
