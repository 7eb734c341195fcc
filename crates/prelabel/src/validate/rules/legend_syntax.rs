use crate::error::At;
use crate::model::Color;
use crate::report::{Finding, Severity};
use crate::validate::{LegendCheck, Rule, RuleInfo};

static KEY: RuleInfo = RuleInfo {
    code: "PL001",
    name: "legend-key",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "A key of the legend is not a colour.",
    cause: "The platform looks each pixel's colour up in the legend. A key with five or seven digits, or with a letter \
            that is no hex digit, is found by no pixel: its class arrives without a label. The platform's own \
            documentation shows such a key, `#fdffd34`.",
    fix: "Write `#` and six hex digits. If the masks hold exactly one colour without an entry that fits, the finding \
          proposes it; prelabel never guesses by itself.",
    example: "{\"#fdffd34\": \"sky\"}      seven digits\n{\"#fdffd3\": \"sky\"}       right",
};

static COLOR_TWICE: RuleInfo = RuleInfo {
    code: "PL002",
    name: "legend-color-twice",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "A colour stands twice in the legend.",
    cause: "Two labels share a colour, so nobody can tell what its pixels are. JSON readers keep one of two equal \
            keys, most of them the last, and say nothing.",
    fix: "Give each label a colour of its own, in the legend and in the masks; or remove the entry that is wrong.",
    example: "{\"#f23334\": \"car\", \"#F23334\": \"bus\"}",
};

static LABEL_TWICE: RuleInfo = RuleInfo {
    code: "PL003",
    name: "legend-label-twice",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "A label stands twice in the legend.",
    cause: "One class or one object has two colours. It comes back as two, or one of the colours is dropped.",
    fix: "Paint both in one colour and remove the other entry; if they are two objects, number them: `car # 1`, \
          `car # 2`.",
    example: "{\"#f23334\": \"car\", \"#fd2d34\": \"car\"}",
};

static LABEL_EMPTY: RuleInfo = RuleInfo {
    code: "PL004",
    name: "legend-label-empty",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "A label of the legend is empty.",
    cause: "A colour without a class cannot be annotated. An empty label often stands for background or void, whose \
            pixels belong unlabelled, without an entry.",
    fix: "Write the class's name; or make the pixels unlabelled (0, 0, 0, 0) and remove the entry.",
    example: "{\"#f23334\": \"\"}",
};

static BLACK: RuleInfo = RuleInfo {
    code: "PL005",
    name: "legend-black",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "`#000000` stands in the legend.",
    cause: "Unlabelled pixels are 0 in each channel, so black is the colour of \"no label\". A class in black cannot \
            be told from pixels without a class.",
    fix: "If it is the background, remove the entry: unlabelled is what background is. If it is a class, give it \
          another colour.",
    example: "{\"#000000\": \"background\", \"#f23334\": \"car\"}",
};

/// PL001.
pub(in crate::validate) struct Key;
/// PL002.
pub(in crate::validate) struct ColorTwice;
/// PL003.
pub(in crate::validate) struct LabelTwice;
/// PL004.
pub(in crate::validate) struct LabelEmpty;
/// PL005.
pub(in crate::validate) struct Black;

impl Rule for Key {
    fn info(&self) -> &'static RuleInfo {
        &KEY
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        let before = found.len();
        problems(&KEY, check, found);
        for finding in &mut found[before..] {
            let Some(At::Entry(key)) = &finding.at else { continue };
            if let Some(color) = candidate(key, check) {
                finding.hint = Some(format!("write `{color}`: no other colour of the masks without an entry fits"));
            }
        }
    }
}

impl Rule for ColorTwice {
    fn info(&self) -> &'static RuleInfo {
        &COLOR_TWICE
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        problems(&COLOR_TWICE, check, found);
    }
}

impl Rule for LabelTwice {
    fn info(&self) -> &'static RuleInfo {
        &LABEL_TWICE
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        problems(&LABEL_TWICE, check, found);
    }
}

impl Rule for LabelEmpty {
    fn info(&self) -> &'static RuleInfo {
        &LABEL_EMPTY
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        problems(&LABEL_EMPTY, check, found);
    }
}

impl Rule for Black {
    fn info(&self) -> &'static RuleInfo {
        &BLACK
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        problems(&BLACK, check, found);
    }
}

/// The legend's own problems that belong to this rule.
fn problems(rule: &'static RuleInfo, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
    let mine = check.legend.problems.iter().filter(|problem| problem.rule == Some(rule.code));
    found.extend(mine.map(|problem| Finding {
        hint: problem.hint.clone(),
        ..rule.finding(problem.message.clone()).at(At::Entry(problem.entry.clone()))
    }));
}

/// The only colour of the masks without an entry that a broken key can mean.
fn candidate(key: &str, check: &LegendCheck<'_>) -> Option<Color> {
    let usage = check.usage;
    if usage.more_strays {
        return None;
    }
    let broken = check.legend.problems.iter().filter(|problem| problem.rule == Some(KEY.code)).count();
    let mut fitting = usage.strays.iter().filter(|color| one_digit_off(key, **color));
    match (fitting.next(), fitting.next()) {
        (Some(color), None) => Some(*color),
        (None, _) if broken == 1 && usage.strays.len() == 1 => usage.strays.first().copied(),
        _ => None,
    }
}

/// True if the key becomes the colour by leaving out, adding or replacing one digit.
fn one_digit_off(key: &str, color: Color) -> bool {
    let (key, color) = (key.trim().to_ascii_lowercase().into_bytes(), color.to_string().into_bytes());
    let same = key.iter().zip(&color).take_while(|(one, other)| one == other).count();
    let (key, color) = (&key[same..], &color[same..]);
    match (key, color) {
        ([_, key @ ..], color) if key == color => true,
        (key, [_, color @ ..]) if key == color => true,
        ([_, key @ ..], [_, color @ ..]) => key == color,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_digit_too_many_too_few_or_wrong() {
        let color: Color = "#fdfd34".parse().unwrap();
        for key in ["#fdffd34", "#fdfd3", "#fdfd3g", "#FDFD344", "fdfd34"] {
            assert!(one_digit_off(key, color), "{key}");
        }
        for key in ["#fdffd344", "#ffffff", "", "sky"] {
            assert!(!one_digit_off(key, color), "{key}");
        }
    }
}
