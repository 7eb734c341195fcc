use crate::error::At;
use crate::report::{Finding, Severity};
use crate::validate::{Pair, Rule, RuleInfo};

static INFO: RuleInfo = RuleInfo {
    code: "PL081",
    name: "instance-split",
    severity: Severity::Info,
    fixable: false,
    lossy: false,
    summary: "One instance has separate areas.",
    cause: "A pole in front of a car parts it rightly. But two objects may have got one number, or stray pixels of the \
            model lie elsewhere. Areas are what hangs together over sides and corners (8-connected).",
    fix: "If they are two objects, number them apart; if one is a speck, remove it from the model's output.",
    example: "masks/a.png: pixel (301, 77): `car # 1` has 2 areas (8-connected), the largest of 812 and 40 pixels",
};

/// PL081.
pub(in crate::validate) struct InstanceSplit;

impl Rule for InstanceSplit {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let (Some(decoded), Some(legend)) = (pair.decoded(), pair.legend()) else { return };
        if legend.labels.values().all(|label| label.instance.is_none()) {
            return;
        }
        for (code, counts) in pair.blobs() {
            let color = decoded.mask.colors().get(*code as usize);
            let label = color.and_then(|color| legend.labels.get(&color.color()));
            let Some(label) = label.filter(|label| label.instance.is_some()) else { continue };
            let [Some(first), Some(second)] = counts.largest else { continue };
            let (x, y) = second.place();
            let finding = INFO.finding("one instance has separate areas (8-connected)").at(At::Pixel(x, y));
            let (areas, first, second) = (counts.blobs, first.pixels, second.pixels);
            let detail = format!("`{label}` has {areas} areas, the largest of {first} and {second} pixels");
            found.push(finding.detail(detail).hint("number two objects apart; remove specks"));
        }
    }
}
