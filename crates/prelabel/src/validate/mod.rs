//! Checks mask pairs before they cost money, and mends what can be mended safely.
//!
//! One file in `rules/`, one `mod` line there and one line in [`RULES`] make a rule; its page in
//! `prelabel explain`, the documentation and the choice by `--select` are derived from its [`RuleInfo`].
//! Codes are stable and in groups: PL001–PL019 the legend, PL020–PL039 the PNG file, PL040–PL059 its
//! pixels, PL060–PL079 pairs and their folder, PL080–PL089 instances.

mod chunks;
mod components;
mod edges;
mod legend_file;
mod mend;
mod options;
mod ordered;
mod pair;
mod pairs;
mod rule;
mod rules;
mod run;

pub use legend_file::{Folder, LegendCheck, LegendFile};
pub use options::Options;
pub use pair::Pair;
pub use pairs::Pairs;
pub use rule::{Rule, RuleInfo};
pub use run::{Checked, Outcome, fix, validate};

use crate::Result;

/// All rules, in the order of their codes.
pub static RULES: &[&dyn Rule] = &[
    &rules::legend_syntax::Key,
    &rules::legend_syntax::ColorTwice,
    &rules::legend_syntax::LabelTwice,
    &rules::legend_syntax::LabelEmpty,
    &rules::legend_syntax::Black,
    &rules::legend_spelling::Key,
    &rules::legend_spelling::Label,
    &rules::legend_spelling::List,
    &rules::legend_unreadable::LegendUnreadable,
    &rules::legend_unused::LegendUnused,
    &rules::class_names::Unknown,
    &rules::class_names::Case,
    &rules::label_number::LabelNumber,
    &rules::png_broken::NoPng,
    &rules::png_broken::Damaged,
    &rules::png_broken::CutShort,
    &rules::png_kind::Kind,
    &rules::png_kind::Depth,
    &rules::png_kind::Interlaced,
    &rules::png_extras::Trailing,
    &rules::png_extras::Profile,
    &rules::png_extras::Animated,
    &rules::color_unknown::ColorUnknown,
    &rules::alpha::Partial,
    &rules::alpha::Hidden,
    &rules::alpha::Black,
    &rules::mask_empty::MaskEmpty,
    &rules::specks::Specks,
    &rules::legend_missing::LegendMissing,
    &rules::mask_missing::MaskMissing,
    &rules::images::WithoutImage,
    &rules::images::WithoutMask,
    &rules::image_size::Differs,
    &rules::images::Unreadable,
    &rules::keys::Twice,
    &rules::keys::Invalid,
    &rules::classes_file::ClassesFile,
    &rules::images::Twice,
    &rules::image_size::Turned,
    &rules::instance_gap::InstanceGap,
    &rules::instance_split::InstanceSplit,
    &rules::instance_mixed::InstanceMixed,
    &rules::instance_number::InstanceNumber,
];

/// The rule of a code or a name, in either case.
///
/// # Errors
/// No such rule; the error proposes the nearest three.
pub fn explain(code: &str) -> Result<&'static RuleInfo> {
    let mut infos = RULES.iter().map(|rule| rule.info());
    let wanted = code.trim();
    infos
        .find(|info| info.code.eq_ignore_ascii_case(wanted) || info.name.eq_ignore_ascii_case(wanted))
        .ok_or_else(|| options::unknown("there is no such rule", wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend_names_are_unique_and_every_text_says_something() {
        let infos: Vec<_> = RULES.iter().map(|rule| rule.info()).collect();
        assert!(infos.windows(2).all(|two| two[0].code < two[1].code), "codes are sorted and unique");
        let mut names: Vec<_> = infos.iter().map(|info| info.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), infos.len());
        for info in infos {
            let digits = info.code.strip_prefix("PL").unwrap_or_default();
            assert!(digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", info.code);
            assert!(info.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", info.name);
            for text in [info.name, info.summary, info.cause, info.fix, info.example] {
                assert!(text.len() > 4 && text.trim() == text, "{}: {text:?}", info.code);
            }
            assert!(info.fixable || !info.lossy, "{}", info.code);
            assert!(info.page().starts_with(&format!("# {} {}\n", info.code, info.name)));
        }
    }

    #[test]
    fn a_mistyped_rule_gets_the_nearest() {
        assert_eq!(explain("pl045").unwrap().name, "specks");
        assert_eq!(explain("Specks").unwrap().code, "PL045");
        assert!(explain("speks").unwrap_err().to_string().contains("one like `specks`"));
        assert!(explain("PL0045").unwrap_err().to_string().contains("`PL045`"));
    }
}
