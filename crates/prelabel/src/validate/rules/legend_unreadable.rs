use crate::report::{Finding, Severity};
use crate::validate::{LegendCheck, Rule, RuleInfo};

static INFO: RuleInfo = RuleInfo {
    code: "PL009",
    name: "legend-unreadable",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "The legend is no JSON object from colours to labels.",
    cause: "The file is cut short, has a comma too many, or is JSON of another kind. Nothing can be said about the \
            labels of its masks.",
    fix: "Mend the file at the line and column that the finding names; or convert the masks again.",
    example: "{\"#f23334\": \"car\",}        a comma too many\n{\"#f23334\": 7}              the label is no text",
};

/// PL009.
pub(in crate::validate) struct LegendUnreadable;

impl Rule for LegendUnreadable {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        let Err(error) = &check.legend.raw else { return };
        let expected = error.expected_text().unwrap_or_default();
        let finding = INFO.finding(error.message()).hint(format!("the legend must be {expected}"));
        found.push(Finding { at: error.place().cloned(), ..finding });
    }
}
