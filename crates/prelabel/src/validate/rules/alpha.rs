use crate::error::At;
use crate::model::{Color, Rgba};
use crate::report::{Finding, Severity};
use crate::validate::rule::count;
use crate::validate::{Pair, Rule, RuleInfo};

pub(in crate::validate) static PARTIAL: RuleInfo = RuleInfo {
    code: "PL041",
    name: "alpha-partial",
    severity: Severity::Warning,
    fixable: true,
    lossy: true,
    summary: "Alpha is neither 0 nor 255.",
    cause: "Half-transparent pixels come from anti-aliased drawing, or from an overlay that was saved in place of the \
            mask. A reader that applies alpha sees other colours than those of the legend.",
    fix: "Write labelled pixels with alpha 255. `--fix --allow-lossy` sets it and keeps the colour; the alpha values \
          are lost.",
    example: "(242, 51, 52, 128) in place of (242, 51, 52, 255)",
};

pub(in crate::validate) static HIDDEN: RuleInfo = RuleInfo {
    code: "PL042",
    name: "color-under-alpha",
    severity: Severity::Warning,
    fixable: true,
    lossy: false,
    summary: "Unlabelled pixels have a colour.",
    cause: "Unlabelled pixels are 0 in each channel. With a colour under alpha 0, a reader that ignores alpha takes \
            them for labelled; image editors leave such colours when something is erased.",
    fix: "Write (0, 0, 0, 0). `--fix` does it: alpha 0 is what unlabelled means.",
    example: "(242, 51, 52, 0) or (255, 255, 255, 0) in place of (0, 0, 0, 0)",
};

pub(in crate::validate) static BLACK: RuleInfo = RuleInfo {
    code: "PL043",
    name: "opaque-black",
    severity: Severity::Error,
    fixable: true,
    lossy: true,
    summary: "Pixels are black and opaque.",
    cause: "Unlabelled pixels have alpha 0. Black with alpha 255 claims to be labelled, but black can be no legend's \
            colour. Masks that were drawn on black, or saved without alpha, have it for their background.",
    fix: "Write (0, 0, 0, 0). `--fix --allow-lossy` does it; it needs your word that black is background, because it \
          could be a class.",
    example: "(0, 0, 0, 255) in place of (0, 0, 0, 0)",
};

/// PL041.
pub(in crate::validate) struct Partial;
/// PL042.
pub(in crate::validate) struct Hidden;
/// PL043.
pub(in crate::validate) struct Black;

pub(in crate::validate) fn is_partial(color: Rgba) -> bool {
    !matches!(color.alpha(), 0 | 255)
}

pub(in crate::validate) fn is_hidden(color: Rgba) -> bool {
    color.alpha() == 0 && color != Rgba::UNLABELLED
}

pub(in crate::validate) fn is_black(color: Rgba) -> bool {
    color == Color::BLACK.opaque()
}

impl Rule for Partial {
    fn info(&self) -> &'static RuleInfo {
        &PARTIAL
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let hint = "write labelled pixels with alpha 255; `--fix --allow-lossy` does it";
        found.extend(pixels(&PARTIAL, pair, is_partial, "alpha is neither 0 nor 255", hint));
    }
}

impl Rule for Hidden {
    fn info(&self) -> &'static RuleInfo {
        &HIDDEN
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let hint = "write (0, 0, 0, 0); `--fix` does it";
        found.extend(pixels(&HIDDEN, pair, is_hidden, "unlabelled pixels have a colour under alpha 0", hint));
    }
}

impl Rule for Black {
    fn info(&self) -> &'static RuleInfo {
        &BLACK
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        if !pair.is_label_map() {
            let hint = "write unlabelled pixels as (0, 0, 0, 0); `--fix --allow-lossy` does it";
            found.extend(pixels(&BLACK, pair, is_black, "pixels are black and opaque, which is no label", hint));
        }
    }
}

/// One finding for all pixels of a mask whose colour is at fault.
fn pixels(rule: &RuleInfo, pair: &Pair<'_>, at_fault: fn(Rgba) -> bool, message: &str, hint: &str) -> Option<Finding> {
    let colors = pair.decoded()?.colors.iter().filter(|(color, _)| at_fault(*color));
    let total: u64 = colors.clone().map(|(_, found)| found.pixels).sum();
    let (color, first) = colors.min_by_key(|(_, found)| (found.first.1, found.first.0))?;
    let detail = format!("{}, the first {color}", count(total, "pixel"));
    Some(rule.finding(message).at(At::Pixel(first.first.0, first.first.1)).detail(detail).hint(hint))
}
