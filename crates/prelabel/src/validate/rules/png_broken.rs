use crate::report::{Finding, Severity};
use crate::validate::{Pair, Rule, RuleInfo};

static NO_PNG: RuleInfo = RuleInfo {
    code: "PL020",
    name: "no-png",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "The mask is no PNG file.",
    cause: "The file has the name of a PNG but other bytes: an empty file, a renamed JPEG, an error page that was \
            saved. A JPEG cannot be mended by converting it: its colours have changed already.",
    fix: "Write the mask as PNG where it is made.",
    example: "mv mask.jpg mask.png",
};

static DAMAGED: RuleInfo = RuleInfo {
    code: "PL021",
    name: "png-damaged",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "The PNG is damaged.",
    cause: "A checksum does not fit, or the compressed data cannot be read: bytes changed on the way, as by a transfer \
            in text mode or a failing disk. The finding names the chunk and its place in the file.",
    fix: "Copy the file again from where it was made, or make it again.",
    example: "masks/a.png: byte 33: the PNG is damaged: the checksum of its chunk IDAT does not fit",
};

static CUT_SHORT: RuleInfo = RuleInfo {
    code: "PL022",
    name: "png-cut-short",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "The PNG is cut short.",
    cause: "The end of the file is missing: a copy was interrupted, a disk was full, or the program that wrote it was \
            killed.",
    fix: "Copy the file again, or make it again.",
    example: "masks/a.png: byte 33: the PNG is cut short; found 812 bytes left, chunk IDAT needs 8192 bytes",
};

/// PL020.
pub(in crate::validate) struct NoPng;
/// PL021.
pub(in crate::validate) struct Damaged;
/// PL022.
pub(in crate::validate) struct CutShort;

impl Rule for NoPng {
    fn info(&self) -> &'static RuleInfo {
        &NO_PNG
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        broken(&NO_PNG, pair, found);
    }
}

impl Rule for Damaged {
    fn info(&self) -> &'static RuleInfo {
        &DAMAGED
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        broken(&DAMAGED, pair, found);
    }
}

impl Rule for CutShort {
    fn info(&self) -> &'static RuleInfo {
        &CUT_SHORT
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        broken(&CUT_SHORT, pair, found);
    }
}

/// Why the mask cannot be decoded, if it is for this rule to say.
fn broken(rule: &'static RuleInfo, pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let Some(damage) = pair.damage() else { return };
    let mine = match damage.message() {
        "this is no PNG file" => &NO_PNG,
        "the PNG is cut short" => &CUT_SHORT,
        // A whole PNG of 16 bits is another rule's.
        _ if pair.header.as_ref().is_some_and(|header| header.bits == 16) => return,
        _ => &DAMAGED,
    };
    if mine.code != rule.code {
        return;
    }
    let words = [("found", damage.found_text()), ("expected", damage.expected_text())];
    let words: Vec<_> = words.iter().filter_map(|(word, text)| Some(format!("{word} {}", (*text)?))).collect();
    let finding = rule.finding(damage.message()).hint(damage.hint_text().unwrap_or("copy or make the file again"));
    let finding = Finding { at: damage.place().cloned(), ..finding };
    found.push(if words.is_empty() { finding } else { finding.detail(words.join(", ")) });
}
