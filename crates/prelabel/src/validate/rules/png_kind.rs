use crate::pixels::png::{ColorKind, Header};
use crate::report::{Finding, Severity};
use crate::validate::{Pair, Rule, RuleInfo};

pub(in crate::validate) static KIND: RuleInfo = RuleInfo {
    code: "PL023",
    name: "png-kind",
    severity: Severity::Error,
    fixable: true,
    lossy: false,
    summary: "The PNG is not RGBA.",
    cause: "The platform takes four 8-bit channels. Optimisers turn masks into palette PNGs, image libraries drop \
            alpha; and a grey PNG is mostly a map of class IDs, which is not a mask yet.",
    fix: "Write RGBA. `--fix` does it where the colours are exact. A map of class IDs becomes a mask with \
          `prelabel convert`.",
    example: "masks/a.png: the PNG is not RGBA: 4-bit palette",
};

static DEPTH: RuleInfo = RuleInfo {
    code: "PL024",
    name: "png-depth",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "The PNG has 16 bits a channel.",
    cause: "The platform takes 8 bits a channel, and a legend's colours have no more. A 16-bit grey PNG is mostly a map \
            of class IDs.",
    fix: "Write 8 bits a channel where the mask is made. A map of class IDs becomes a mask with `prelabel convert`.",
    example: "masks/a.png: the PNG has 16 bits a channel: 16-bit RGBA",
};

pub(in crate::validate) static INTERLACED: RuleInfo = RuleInfo {
    code: "PL025",
    name: "png-interlaced",
    severity: Severity::Warning,
    fixable: true,
    lossy: false,
    summary: "The PNG is interlaced.",
    cause: "Its rows come in seven passes, which makes masks larger and slower to read, and which not every reader can.",
    fix: "Write it without interlacing. `--fix` does it; no pixel changes.",
    example: "magick mask.png -interlace PNG interlaced.png",
};

/// PL023.
pub(in crate::validate) struct Kind;
/// PL024.
pub(in crate::validate) struct Depth;
/// PL025.
pub(in crate::validate) struct Interlaced;

/// What the PNG is, if it is not RGBA.
pub(in crate::validate) fn other_kind(header: &Header) -> Option<String> {
    (header.color != ColorKind::Rgba).then(|| format!("{}-bit {}", header.bits, header.color.name()))
}

impl Rule for Kind {
    fn info(&self) -> &'static RuleInfo {
        &KIND
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let Some(header) = pair.header.as_ref().filter(|header| header.bits != 16) else { return };
        if let Some(kind) = other_kind(header) {
            let hint = if pair.is_label_map() {
                "no colour of it is in the legend: if it is a map of class IDs, use `prelabel convert`"
            } else {
                "write it as 8-bit RGBA; `--fix` does it"
            };
            found.push(KIND.finding("the PNG is not RGBA").detail(kind).hint(hint));
        }
    }
}

impl Rule for Depth {
    fn info(&self) -> &'static RuleInfo {
        &DEPTH
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let Some(header) = pair.header.as_ref().filter(|header| header.bits == 16) else { return };
        let finding = DEPTH.finding("the PNG has 16 bits a channel, a mask has 8");
        let hint = "write 8 bits a channel; a map of class IDs becomes a mask with `prelabel convert`";
        found.push(finding.detail(format!("16-bit {}", header.color.name())).hint(hint));
    }
}

impl Rule for Interlaced {
    fn info(&self) -> &'static RuleInfo {
        &INTERLACED
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        if pair.header.as_ref().is_some_and(|header| header.interlaced) {
            found.push(INTERLACED.finding("the PNG is interlaced").hint("write it without; `--fix` does it"));
        }
    }
}
