use std::ops::Range;

use crate::error::At;
use crate::report::{Finding, Severity};
use crate::validate::{Pair, Rule, RuleInfo, chunks};

pub(in crate::validate) static TRAILING: RuleInfo = RuleInfo {
    code: "PL026",
    name: "png-trailing-data",
    severity: Severity::Warning,
    fixable: true,
    lossy: false,
    summary: "There is data after the end of the PNG.",
    cause: "Two files were joined, a longer file was overwritten in place by a shorter one, or something was hidden \
            there. Strict readers refuse such files.",
    fix: "Write the mask again. `--fix` leaves the data out; no pixel changes.",
    example: "cat a.png b.png > masks/a.png",
};

pub(in crate::validate) static PROFILE: RuleInfo = RuleInfo {
    code: "PL027",
    name: "png-color-profile",
    severity: Severity::Info,
    fixable: true,
    lossy: false,
    summary: "The PNG tells viewers how to change its colours.",
    cause: "A gamma value or a colour profile (chunks gAMA, cHRM, iCCP, cICP) makes colour-managed readers, browsers \
            among them, show and hand out other values than those stored: #f23334 may become #f13233, which is in no \
            legend. Image editors add these chunks without asking.",
    fix: "Write the mask without a profile. `--fix` does it; no stored pixel changes.",
    example: "masks/a.png: chunks gAMA, iCCP",
};

static ANIMATED: RuleInfo = RuleInfo {
    code: "PL028",
    name: "png-animated",
    severity: Severity::Warning,
    fixable: false,
    lossy: false,
    summary: "The PNG is animated.",
    cause: "It holds several pictures. Readers that know nothing of animation see the first, others may see the last.",
    fix: "Write each picture as a mask of its own.",
    example: "masks/a.png: chunk acTL",
};

/// PL026.
pub(in crate::validate) struct Trailing;
/// PL027.
pub(in crate::validate) struct Profile;
/// PL028.
pub(in crate::validate) struct Animated;

/// Where data lies after the end of a PNG.
pub(in crate::validate) fn trailing(bytes: &[u8]) -> Option<Range<usize>> {
    let (kind, place) = chunks::chunks(bytes).last()?;
    (&kind == b"IEND" && place.end < bytes.len()).then_some(place.end..bytes.len())
}

/// The chunks of a PNG that change its colours.
pub(in crate::validate) fn profile(bytes: &[u8]) -> Option<String> {
    let changing: [&[u8; 4]; 4] = [b"gAMA", b"cHRM", b"iCCP", b"cICP"];
    let names = chunks::chunks(bytes).filter(|(kind, _)| changing.contains(&kind));
    let names: Vec<_> = names.map(|(kind, _)| String::from_utf8_lossy(&kind).into_owned()).collect();
    (!names.is_empty()).then(|| format!("chunk {}", names.join(", ")))
}

impl Rule for Trailing {
    fn info(&self) -> &'static RuleInfo {
        &TRAILING
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        if let Some(place) = pair.decoded().and_then(|_| trailing(&pair.bytes)) {
            let finding = TRAILING.finding("there is data after the end of the PNG");
            let finding = finding.at(At::Byte(place.start as u64)).detail(format!("{} bytes", place.len()));
            found.push(finding.hint("write the mask again; `--fix` does it"));
        }
    }
}

impl Rule for Profile {
    fn info(&self) -> &'static RuleInfo {
        &PROFILE
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        if let Some(names) = pair.decoded().and_then(|_| profile(&pair.bytes)) {
            let finding = PROFILE.finding("the PNG tells viewers how to change its colours").detail(names);
            found.push(finding.hint("write it without a profile; `--fix` does it"));
        }
    }
}

impl Rule for Animated {
    fn info(&self) -> &'static RuleInfo {
        &ANIMATED
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        if chunks::has(&pair.bytes, b"acTL") {
            let finding = ANIMATED.finding("the PNG is animated: it holds several pictures");
            found.push(finding.hint("write each picture as a mask of its own"));
        }
    }
}
