use std::cmp::Reverse;

use prelabel::compare::{MatchedBy, Matches, Qualities, Slot, VoidRule};
use prelabel::model::ClassKind;
use prelabel::report::amount;

use super::{Comparison, means};
use crate::output::{Broken, Output};

/// The tables for people.
pub(super) fn all(result: &Comparison<'_>, output: &Output) -> Result<(), Broken> {
    head(result, output)?;
    pixels(result, output)?;
    segments(result, output)?;
    confused(result, output)?;
    worst(result, output)
}

fn head(result: &Comparison<'_>, output: &Output) -> Result<(), Broken> {
    for (name, side) in [("A", result.sides.0), ("B", result.sides.1)] {
        let samples = amount(side.reader.len() as u64, "samples");
        output.line(&format!("{name}: {}, {}, {samples}", side.source.name(), side.format.info().name))?;
    }
    let outcome = result.outcome;
    let (changed, all) = (outcome.confusion.changed(), outcome.confusion.pixels());
    let mut parts = vec![match outcome.differing {
        0 if outcome.compared == 0 => "nothing could be compared".to_owned(),
        0 => format!("{} compared: no difference", amount(outcome.compared, "samples")),
        some => format!(
            "{} compared: {some} {}, in {changed} of {all} pixels ({})",
            amount(outcome.compared, "samples"),
            if some == 1 { "differs" } else { "differ" },
            share(changed, all)
        ),
    }];
    for (count, words) in [
        (result.pairing.only_a.len() as u64, "only in A"),
        (result.pairing.only_b.len() as u64, "only in B"),
        (outcome.summary.failures(), "failed"),
        (outcome.not_tried, "not tried"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    output.line(&parts.join("; "))
}

fn pixels(result: &Comparison<'_>, output: &Output) -> Result<(), Broken> {
    let bounded = result.options.bound.is_some();
    let f_head = if bounded { "  boundary F" } else { "" };
    output.line(&format!("\n    pixels A     pixels B      IoU  accuracy  precision     Dice{f_head}  class"))?;
    let row = |pixels: String, figures: [Option<f64>; 4], boundary: Option<f64>, name: &str| {
        let [iou, accuracy, precision, dice] = figures.map(percent);
        let boundary = if bounded { format!("  {:>10}", percent(boundary)) } else { String::new() };
        output.line(&format!("{pixels} {iou:>8} {accuracy:>9} {precision:>10} {dice:>8}{boundary}  {name}"))
    };
    for slot in result.slots() {
        let Some(score) = result.scores.classes.get(&slot) else { continue };
        let figures = [score.iou(), score.accuracy(), score.precision(), score.dice()];
        let boundary = result.outcome.boundary.get(&slot).and_then(|boundary| boundary.mean());
        row(format!("{:>12} {:>12}", score.a, score.b), figures, boundary, &name(result, slot))?;
    }
    let count = classes_text(result.scores.classes.len() as u64);
    row(" ".repeat(25), means(&result.scores), result.outcome.mean_boundary(), &format!("mean of {count}"))?;
    let void = match result.options.void {
        VoidRule::Reference => "void in A does not count",
        VoidRule::Either => "void in A or B does not count",
        VoidRule::Class => "void counts as a class",
    };
    let accuracy = percent(result.scores.pixel_accuracy());
    let left = result.scores.pixels;
    let by = match result.matching.by() {
        MatchedBy::Name => "classes matched by name",
        MatchedBy::Id => "classes matched by ID",
    };
    output.line(&format!("pixel accuracy {accuracy} of {left} pixels; {void}; {by}"))
}

fn segments(result: &Comparison<'_>, output: &Output) -> Result<(), Broken> {
    let Some(panoptic) = &result.outcome.panoptic else { return Ok(()) };
    output.line("\n matched  only in A  only in B       PQ       SQ       RQ  class")?;
    let figures = |figures: [Option<f64>; 3]| figures.map(|figure| format!("{:>8}", percent(figure))).join(" ");
    for slot in result.slots() {
        let Some(found) = panoptic.classes.get(&slot).filter(|found| found.pq().is_some()) else { continue };
        let Matches { matched, only_a, only_b, .. } = found;
        let figures = figures([found.pq(), found.sq(), found.rq()]);
        output.line(&format!("{matched:>8} {only_a:>10} {only_b:>10} {figures}  {}", name(result, slot)))?;
    }
    let of_kind = |kind: ClassKind| panoptic.means(|slot| result.matching.kind(slot) == Some(kind));
    let (things, stuff) = (of_kind(ClassKind::Thing), of_kind(ClassKind::Stuff));
    for (Qualities { classes, pq, sq, rq }, kind) in
        [(panoptic.means(|_| true), ""), (things, " of things"), (stuff, " of stuff")]
    {
        if classes > 0 || kind.is_empty() {
            let count = classes_text(classes);
            output.line(&format!("{} {}  mean of {count}{kind}", " ".repeat(30), figures([pq, sq, rq])))?;
        }
    }
    Ok(())
}

fn confused(result: &Comparison<'_>, output: &Output) -> Result<(), Broken> {
    let mut cells: Vec<_> = result.outcome.confusion.cells().filter(|(a, b, _)| a != b).collect();
    cells.sort_by_key(|(_, _, pixels)| Reverse(*pixels));
    let shown = result.options.worst.min(cells.len());
    if shown == 0 {
        return Ok(());
    }
    output.line("\n      pixels  most confused: in A → in B")?;
    for (a, b, pixels) in &cells[..shown] {
        output.line(&format!("{pixels:>12}  {} → {}", name(result, *a), name(result, *b)))?;
    }
    more(cells.len() - shown, "pairs of classes", output)
}

fn worst(result: &Comparison<'_>, output: &Output) -> Result<(), Broken> {
    let worst = &result.outcome.worst;
    if worst.is_empty() {
        return Ok(());
    }
    output.line("\nmean IoU  accuracy       changed  samples that differ most")?;
    for one in worst {
        let (iou, accuracy) = (percent(one.mean_iou), percent(one.pixel_accuracy));
        output.line(&format!("{iou:>8} {accuracy:>9} {:>13}  {}", one.changed, one.key))?;
    }
    more(result.outcome.differing as usize - worst.len(), "samples", output)
}

fn more(count: usize, what: &str, output: &Output) -> Result<(), Broken> {
    match count {
        0 => Ok(()),
        _ => output.line(&format!("              and {count} more {what}; `--worst N` names more of them")),
    }
}

fn name(result: &Comparison<'_>, slot: Slot) -> String {
    let odd = matches!(slot, Slot::Id(_)) && result.matching.list_a().is_some();
    format!("{}{}", result.matching.name(slot), if odd { " (not in the class list)" } else { "" })
}

fn classes_text(count: u64) -> String {
    if count == 1 { "1 class".to_owned() } else { format!("{count} classes") }
}

fn percent(figure: Option<f64>) -> String {
    figure.map_or("-".to_owned(), |figure| format!("{:.2}%", figure * 100.0))
}

fn share(part: u64, whole: u64) -> String {
    percent((whole > 0).then(|| part as f64 / whole as f64))
}
