use crate::error::At;
use crate::report::{Finding, Severity};
use crate::validate::rule::count;
use crate::validate::{Pair, Rule, RuleInfo};

static INFO: RuleInfo = RuleInfo {
    code: "PL045",
    name: "specks",
    severity: Severity::Info,
    fixable: false,
    lossy: false,
    summary: "Labelled areas are smaller than a few pixels.",
    cause: "Model outputs have specks: areas of one, two or three pixels that nobody would draw. Annotators must find \
            and remove each. An area is what hangs together over sides and corners (8-connected).",
    fix: "Smooth the model's output before converting it, with a median or majority filter. What counts as a speck is set \
          by `--speck PIXELS`; it is fewer than 4 pixels otherwise.",
    example: "masks/a.png: pixel (97, 3): 17 areas (8-connected) of fewer than 4 pixels, 30 pixels in all",
};

/// PL045.
pub(in crate::validate) struct Specks;

impl Rule for Specks {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let counts = pair.blobs().values();
        let specks: u64 = counts.clone().map(|count| count.specks).sum();
        let pixels: u64 = counts.clone().map(|count| count.speck_pixels).sum();
        let places = counts.filter_map(|count| count.speck).map(|blob| blob.place());
        let Some((x, y)) = places.min_by_key(|&(x, y)| (y, x)) else { return };
        let limit = pair.speck_pixels;
        let finding = INFO.finding(format!("labelled areas (8-connected) have fewer than {limit} pixels"));
        let detail = format!("{}, {} in all", count(specks, "area"), count(pixels, "pixel"));
        found.push(
            finding
                .at(At::Pixel(x, y))
                .detail(detail)
                .hint("annotators must remove each: a majority filter over the model's output does it before"),
        );
    }
}
