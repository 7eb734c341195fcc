use crate::report::{Finding, Severity};
use crate::validate::{Pair, Rule, RuleInfo};

static INFO: RuleInfo = RuleInfo {
    code: "PL044",
    name: "mask-empty",
    severity: Severity::Info,
    fixable: false,
    lossy: false,
    summary: "No pixel of the mask is labelled.",
    cause: "The image may hold nothing of the classes. Or the model failed, a threshold was too high, or a class was \
            taken for background.",
    fix: "If something should be labelled, look at the model's output; else submit the image without a pre-label.",
    example: "each pixel is (0, 0, 0, 0)",
};

/// PL044.
pub(in crate::validate) struct MaskEmpty;

impl Rule for MaskEmpty {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let Some(decoded) = pair.decoded() else { return };
        if decoded.colors.iter().all(|(color, _)| color.alpha() == 0) {
            let finding = INFO.finding("no pixel of the mask is labelled");
            found.push(finding.hint("if something should be, look at the model's output"));
        }
    }
}
