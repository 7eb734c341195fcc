use crate::error::At;
use crate::model::Color;
use crate::report::{Finding, Severity};
use crate::validate::{LegendCheck, Rule, RuleInfo};

/// So many labels are named.
const NAMED: usize = 8;

static INFO: RuleInfo = RuleInfo {
    code: "PL010",
    name: "legend-entry-unused",
    severity: Severity::Info,
    fixable: false,
    lossy: false,
    summary: "Entries of the legend have no pixel.",
    cause: "A class that occurs in no mask is normal where all masks share one legend. In the legend of a single mask \
            it is odd: an object was lost, or a colour changed on the way. All masks that share a legend are counted \
            together.",
    fix: "If the class should occur, look at the masks; else leave it.",
    example: "{\"#f23334\": \"car\", \"#fd2d34\": \"sky\"}      and no pixel of (253, 45, 52, 255)",
};

/// PL010.
pub(in crate::validate) struct LegendUnused;

impl Rule for LegendUnused {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        let (legend, usage) = (check.legend, check.usage);
        // A mask that could not be seen may use them all; a legend that no mask has is no one's fault.
        if usage.unseen > 0 || usage.masks == 0 {
            return;
        }
        let unused: Vec<_> = legend
            .labels
            .iter()
            .filter(|(color, _)| **color != Color::BLACK && !usage.used.contains(color))
            .map(|(color, label)| (color, format!("`{label}`")))
            .collect();
        let Some((first, _)) = unused.first() else { return };
        let mut names: Vec<_> = unused.iter().take(NAMED).map(|(_, label)| label.as_str()).collect();
        if unused.len() > NAMED {
            names.push("…");
        }
        let whole = if legend.shared { "any mask of this legend" } else { "the mask" };
        let finding = INFO.finding(format!("entries of the legend have no pixel in {whole}"));
        let detail = format!("{} of {}: {}", unused.len(), legend.labels.len(), names.join(", "));
        found.push(finding.at(At::Entry(first.to_string())).detail(detail).hint("if they should, look at the masks"));
    }
}
