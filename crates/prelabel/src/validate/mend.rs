//! What `--fix` does: mends each fault that can be mended, and copies the rest.

use std::collections::BTreeSet;

use super::rules::{alpha, legend_spelling, png_extras, png_kind};
use super::{LegendFile, Pair, Pairs, RuleInfo, chunks};
use crate::formats::mask_pairs;
use crate::model::{Color, Mask, Rgba};
use crate::pixels::{mask_png, png};
use crate::report::{Finding, Loss, Report, Severity};
use crate::tree::Sink;
use crate::{Error, Limits, Result};

/// Where the mended copy goes.
pub(super) struct Output<'a> {
    pub(super) sink: &'a dyn Sink,
    pub(super) allow_lossy: bool,
}

/// True if a rule is asked for: what nobody asked about is not mended.
type Enabled<'a> = &'a dyn Fn(&str) -> bool;

fn mended(rule: &RuleInfo, message: &str, detail: String) -> Finding {
    Finding::new(rule.code, Severity::Info, format!("mended: {message}")).detail(detail)
}

/// Writes a mask and its own legend; returns what was mended.
pub(super) fn write_pair(
    output: &Output<'_>,
    pair: &Pair<'_>,
    own_legend: Option<(&LegendFile, &str)>,
    enabled: Enabled<'_>,
    report: &Report,
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    // The legend first: a mask that is there is complete.
    if let Some((legend, path)) = own_legend {
        findings = write_legend(output, path, legend, enabled)?;
    }
    let path = pair.pairs.mask(pair.index);
    match mask(pair, enabled, output.allow_lossy, report)? {
        Some((bytes, done)) => {
            output.sink.write(path, &bytes)?;
            findings.extend(done.into_iter().map(|finding| finding.in_file(pair.file.clone())));
        }
        None => {
            output.sink.write(path, &pair.bytes)?;
        }
    }
    Ok(findings)
}

/// Writes a legend; returns what was mended.
pub(super) fn write_legend(
    output: &Output<'_>,
    path: &str,
    legend: &LegendFile,
    enabled: Enabled<'_>,
) -> Result<Vec<Finding>> {
    let (bytes, findings) = mended_legend(legend, enabled).unwrap_or_else(|| (legend.bytes.clone(), Vec::new()));
    output.sink.write(path, &bytes)?;
    Ok(findings.into_iter().map(|finding| finding.in_file(legend.file.clone())).collect())
}

/// The legend with its spellings mended, entry by entry: what else is wrong with it stays as it is.
fn mended_legend(legend: &LegendFile, enabled: Enabled<'_>) -> Option<(Vec<u8>, Vec<Finding>)> {
    let (mut keys, mut labels) = (0u64, 0u64);
    let mut text = String::from("{");
    for (index, (key, label)) in legend.entries().iter().enumerate() {
        let mut key = key.clone();
        if let Some(written) = legend_spelling::written_key(&key).filter(|_| enabled(legend_spelling::KEY.code)) {
            (key, keys) = (written, keys + 1);
        }
        let mut label = label.clone();
        if let Some(written) = legend_spelling::written_label(&label).filter(|_| enabled(legend_spelling::LABEL.code)) {
            (label, labels) = (written, labels + 1);
        }
        let comma = if index == 0 { "" } else { "," };
        let (key, label) = (serde_json::Value::String(key), serde_json::Value::String(label));
        text.push_str(&format!("{comma}\n  {key}: {label}"));
    }
    text.push_str(if legend.entries().is_empty() { "}\n" } else { "\n}\n" });
    let mut findings = Vec::new();
    let mut done = |rule: &RuleInfo, count: u64, message: &str, unit: &str| {
        if count > 0 {
            findings.push(mended(rule, message, super::rule::count(count, unit)));
        }
    };
    done(&legend_spelling::KEY, keys, "legend keys are written as lower-case `#rrggbb`", "key");
    done(&legend_spelling::LABEL, labels, "labels are written as `class` or `class # number`", "label");
    let list = u64::from(legend.is_list() && enabled(legend_spelling::LIST.code));
    done(&legend_spelling::LIST, list, "the legend is written as an object", "legend");
    (!findings.is_empty()).then(|| (text.into_bytes(), findings))
}

/// The mask with its faults mended; nothing if there is none that can be.
fn mask(
    pair: &Pair<'_>,
    enabled: Enabled<'_>,
    allow_lossy: bool,
    report: &Report,
) -> Result<Option<(Vec<u8>, Vec<Finding>)>> {
    let Some(decoded) = pair.decoded() else { return Ok(None) };
    let plain = matches!(decoded.header.color, png::ColorKind::Rgb | png::ColorKind::Grey);
    // What cannot be said in RGBA exactly: further frames, a colour that stands for transparency, class IDs.
    if chunks::has(&pair.bytes, b"acTL") || (plain && chunks::has(&pair.bytes, b"tRNS")) || pair.is_label_map() {
        return Ok(None);
    }
    let (colors, mut findings) = mended_colors(pair, enabled, allow_lossy, report)?;
    let mut files = |rule: &'static RuleInfo, fault: Option<String>, message: &str| {
        if let Some(fault) = fault.filter(|_| enabled(rule.code)) {
            findings.push(mended(rule, message, fault));
        }
    };
    files(&png_kind::KIND, png_kind::other_kind(&decoded.header), "the PNG is written as 8-bit RGBA");
    let interlaced = decoded.header.interlaced.then(|| "seven passes".to_owned());
    files(&png_kind::INTERLACED, interlaced, "the PNG is written without interlacing");
    let trailing = png_extras::trailing(&pair.bytes).map(|place| format!("{} bytes", place.len()));
    files(&png_extras::TRAILING, trailing, "data after the end of the PNG is left out");
    files(&png_extras::PROFILE, png_extras::profile(&pair.bytes), "what would change the PNG's colours is left out");
    if findings.is_empty() {
        return Ok(None);
    }
    let bytes = mask_png::encode(decoded.mask.grid(), &colors, mask_png::Level::default())?;
    compare(&bytes, &decoded.mask, &colors)?;
    findings.sort_by_key(|finding| finding.code);
    Ok(Some((bytes, findings)))
}

/// The colours of a mask's codes, mended.
fn mended_colors(
    pair: &Pair<'_>,
    enabled: Enabled<'_>,
    allow_lossy: bool,
    report: &Report,
) -> Result<(Vec<Rgba>, Vec<Finding>)> {
    let Some(decoded) = pair.decoded() else { return Ok((Vec::new(), Vec::new())) };
    let mut colors = decoded.mask.colors().to_vec();
    // Black with a label is a fault of the legend, whose pixels must not be lost.
    let black = pair.legend_file().is_some_and(|legend| legend.labels.contains_key(&Color::BLACK));
    let (mut hidden, mut partial, mut opaque_black) = (0, 0, 0);
    for (color, found) in &decoded.colors {
        let Some(entry) = colors.get_mut(found.code as usize) else { continue };
        if alpha::is_hidden(*color) && enabled(alpha::HIDDEN.code) {
            *entry = Rgba::UNLABELLED;
            hidden += found.pixels;
        } else if alpha::is_partial(*color) && allow_lossy && enabled(alpha::PARTIAL.code) {
            *entry = if color.color() == Color::BLACK { Rgba::UNLABELLED } else { color.color().opaque() };
            partial += found.pixels;
        } else if alpha::is_black(*color) && allow_lossy && !black && enabled(alpha::BLACK.code) {
            *entry = Rgba::UNLABELLED;
            opaque_black += found.pixels;
        }
    }
    let mut findings = Vec::new();
    let mut done = |rule: &RuleInfo, pixels: u64, message: &str| {
        findings.extend((pixels > 0).then(|| mended(rule, message, super::rule::count(pixels, "pixel"))));
    };
    done(&alpha::HIDDEN, hidden, "the colour of unlabelled pixels is cleared");
    done(&alpha::PARTIAL, partial, "alpha between 0 and 255 becomes 255");
    done(&alpha::BLACK, opaque_black, "opaque black becomes unlabelled");
    for (code, message, count) in [
        ("partial-alpha", "alpha between 0 and 255 becomes 255", partial),
        ("opaque-black", "opaque black becomes unlabelled", opaque_black),
    ] {
        if count > 0 {
            let hint = "mend these masks where they are made".to_owned();
            report.loss(Loss { code, message: message.to_owned(), count, unit: "pixels", hint })?;
        }
    }
    Ok((colors, findings))
}

/// Decodes what was encoded, and compares it with what was meant.
fn compare(bytes: &[u8], meant: &Mask, colors: &[Rgba]) -> Result<()> {
    let limits = Limits { max_pixels: u64::MAX, ..Limits::default() };
    let (_, written) = mask_png::decode(bytes, &limits)?;
    let found = written.colors();
    let same = written.size() == meant.size()
        && written.grid().equal_through(meant.grid(), |one, other| found.get(one) == colors.get(other));
    if same { Ok(()) } else { Err(Error::invalid("the mended mask does not decode to what was meant")) }
}

/// The files of the tree that are neither masks nor their legends nor one of `shared`.
pub(super) fn rest(pairs: &Pairs, shared: &[&str]) -> Vec<String> {
    let source = pairs.source();
    let masks: BTreeSet<&str> = pairs.masks().iter().map(String::as_str).collect();
    let written = |path: &str| shared.contains(&path) || masks.contains(path);
    let mut legends: BTreeSet<String> = BTreeSet::new();
    if pairs.given_legend().is_none() {
        let own = pairs.masks().iter();
        legends.extend(own.filter_map(|mask| mask_pairs::legend_path(source, mask, &mask_pairs::key_of(mask))));
    }
    source.paths().iter().filter(|path| !written(path) && !legends.contains(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_spellings_of_a_legend_are_touched() {
        let text = br##"{"#F23334": "car #1", "#fdffd34": "sky", "rgb(1, 2, 3)": " ", "#010203": "b"}"##;
        let legend = LegendFile::new("legend.json".into(), text.to_vec(), true);
        let (bytes, findings) = mended_legend(&legend, &|_| true).unwrap();
        let wanted = "{\n  \"#f23334\": \"car # 1\",\n  \"#fdffd34\": \"sky\",\n  \"#010203\": \" \",\n  \"#010203\": \"b\"\n}\n";
        assert_eq!(String::from_utf8_lossy(&bytes), wanted);
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["PL006", "PL007"]);
        assert!(mended_legend(&legend, &|_| false).is_none());
        let again = LegendFile::new("legend.json".into(), bytes, true);
        assert!(mended_legend(&again, &|_| true).is_none());
        assert_eq!(again.problems.len(), legend.problems.len());
    }
}
