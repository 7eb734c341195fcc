use crate::report::{Finding, Severity};
use crate::validate::pair::PairLegend;
use crate::validate::{Pair, Rule, RuleInfo};

static INFO: RuleInfo = RuleInfo {
    code: "PL060",
    name: "legend-missing",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "A mask has no legend.",
    cause: "Without a legend nobody knows what the colours mean, and the platform takes no mask.",
    fix: "Put the legend where the finding says, `legend.json` if all masks share it; or name it with `--legend FILE`.",
    example: "masks/a.png       but neither legends/a.json nor legend.json",
};

/// PL060.
pub(in crate::validate) struct LegendMissing;

impl Rule for LegendMissing {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        if matches!(pair.legend, PairLegend::Missing) {
            let finding = INFO.finding("the mask has no legend");
            let detail = format!("expected `legends/{}.json` or `legend.json`", pair.key);
            found.push(finding.detail(detail).hint("put the legend there, or name it with `--legend FILE`"));
        }
    }
}
