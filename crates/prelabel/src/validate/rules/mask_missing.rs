use std::collections::BTreeSet;

use crate::formats::mask_pairs;
use crate::model::RawLegend;
use crate::report::{Finding, Severity};
use crate::validate::{Folder, Rule, RuleInfo};

/// A larger JSON file outside `legends/` is not opened to see whether it is a legend.
const LARGEST: u64 = 1 << 20;

static INFO: RuleInfo = RuleInfo {
    code: "PL061",
    name: "mask-missing",
    severity: Severity::Warning,
    fixable: false,
    lossy: false,
    summary: "A legend belongs to no mask.",
    cause: "The mask was not written, was moved, or has another name. Or a mask has two legends, of which \
            `legends/KEY.json` counts.",
    fix: "Make the mask again, or remove the legend.",
    example: "legends/b.json       but no masks/b.png",
};

/// PL061.
pub(in crate::validate) struct MaskMissing;

impl Rule for MaskMissing {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn folder(&self, folder: &Folder<'_>, found: &mut Vec<Finding>) {
        // With a legend for all, those of the tree do not count.
        if folder.pairs.given_legend().is_some() {
            return;
        }
        let source = folder.pairs.source();
        let masks = folder.pairs.masks().iter();
        let used: BTreeSet<String> =
            masks.filter_map(|mask| mask_pairs::legend_path(source, mask, &mask_pairs::key_of(mask))).collect();
        let shared = |path: &str| matches!(path, "legend.json" | "masks/legend.json" | "classes.json");
        for path in source.paths().iter().filter(|path| path.to_ascii_lowercase().ends_with(".json")) {
            if shared(&path) || used.contains(&path) || !(path.starts_with("legends/") || looks_like_one(folder, &path))
            {
                continue;
            }
            let finding = INFO.finding("the legend belongs to no mask").in_file(source.display(&path));
            found.push(finding.hint("make the mask again, or remove the legend"));
        }
    }
}

/// True for a small JSON object with a key that is a colour.
fn looks_like_one(folder: &Folder<'_>, path: &str) -> bool {
    let source = folder.pairs.source();
    if source.size(path).unwrap_or(u64::MAX) > LARGEST {
        return false;
    }
    let legend = source.read(path, folder.limits).and_then(|bytes| RawLegend::from_json(&bytes));
    legend.is_ok_and(|legend| legend.entries.iter().any(|(key, _)| key.starts_with('#') || key.starts_with("rgb(")))
}
