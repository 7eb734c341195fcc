use prelabel::compare::{ClassScore, Compared, Item, Matches, Options, Qualities, Slot};
use prelabel::model::ClassKind;
use serde_json::{Value, json};

use super::Comparison;
use crate::output::{Broken, Output, error_json, remarks_json};

/// One pair of samples.
pub(super) fn item(item: &Item<'_>, options: &Options) -> Value {
    let mut object = json!({ "v": 1, "type": "item", "key": item.name, "a": item.a, "b": item.b });
    let more = match item.result {
        Ok(compared) => figures(compared, options),
        Err(error) => json!({ "status": "failed", "error": error_json(error) }),
    };
    extend(&mut object, more);
    extend(&mut object, remarks_json(item.remarks));
    object
}

fn extend(object: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
}

fn figures(compared: &Compared, options: &Options) -> Value {
    let scores = compared.confusion.scores(options.void);
    let mut object = json!({
        "status": if compared.differs() { "differs" } else { "same" },
        "pixels": compared.confusion.pixels(),
        "changed": compared.confusion.changed(),
        "counted": scores.pixels,
        "pixel_accuracy": scores.pixel_accuracy(),
        "mean_iou": scores.mean_iou(),
    });
    if let Some(panoptic) = &compared.panoptic {
        let count = |of: fn(&Matches) -> u64| panoptic.classes.values().map(of).sum::<u64>();
        object["segments"] = json!({
            "matched": count(|class| class.matched),
            "only_a": count(|class| class.only_a),
            "only_b": count(|class| class.only_b),
        });
    }
    object
}

/// The samples of one side only, the classes, the confusion, the summary.
pub(super) fn all(result: &Comparison<'_>, output: &Output) -> Result<(), Broken> {
    let (a, b) = result.sides;
    for (opened, only, side) in [(a, &result.pairing.only_a, "a"), (b, &result.pairing.only_b, "b")] {
        for &index in only {
            let key = opened.reader.key(index).ok().map(|key| key.to_string());
            let file = opened.reader.file(index);
            output.object(&json!({ "v": 1, "type": "only", "in": side, "key": key, "file": file }))?;
        }
    }
    for slot in result.slots() {
        output.object(&class(result, slot))?;
    }
    for (a, b, pixels) in result.outcome.confusion.cells() {
        let name = |slot| result.matching.name(slot);
        output.object(&json!({ "v": 1, "type": "confusion", "a": name(a), "b": name(b), "pixels": pixels }))?;
    }
    output.object(&summary(result))
}

fn class(result: &Comparison<'_>, slot: Slot) -> Value {
    let listed = result.matching.get(slot);
    let id = |listed: Option<i64>| match slot {
        Slot::Id(id) => Some(id),
        _ => listed,
    };
    let score = result.scores.classes.get(&slot).copied().unwrap_or_default();
    let mut object = json!({
        "v": 1,
        "type": "class",
        "name": result.matching.name(slot),
        "id_a": id(listed.and_then(|class| class.a)),
        "id_b": id(listed.and_then(|class| class.b)),
        "kind": result.matching.kind(slot),
        "pixels_a": score.a,
        "pixels_b": score.b,
        "pixels_both": score.both,
        "iou": score.iou(),
        "accuracy": score.accuracy(),
        "precision": score.precision(),
        "dice": score.dice(),
    });
    if result.options.bound.is_some() {
        let boundary = result.outcome.boundary.get(&slot).copied().unwrap_or_default();
        extend(&mut object, json!({ "boundary_f": boundary.mean(), "boundary_images": boundary.images }));
    }
    if let Some(panoptic) = &result.outcome.panoptic {
        let found = panoptic.classes.get(&slot).copied().unwrap_or_default();
        extend(
            &mut object,
            json!({
                "pq": found.pq(), "sq": found.sq(), "rq": found.rq(),
                "matched": found.matched, "only_a": found.only_a, "only_b": found.only_b,
            }),
        );
    }
    object
}

fn summary(result: &Comparison<'_>) -> Value {
    let outcome = result.outcome;
    let scores = &result.scores;
    let worst = outcome.worst.iter().map(|one| {
        json!({
            "key": one.key, "mean_iou": one.mean_iou, "pixel_accuracy": one.pixel_accuracy, "changed": one.changed,
        })
    });
    let mut object = json!({
        "v": 1,
        "type": "summary",
        "format_a": result.sides.0.format.info().name,
        "format_b": result.sides.1.format.info().name,
        "compared": outcome.compared,
        "differing": outcome.differing,
        "failed": outcome.summary.failures(),
        "only_a": result.pairing.only_a.len(),
        "only_b": result.pairing.only_b.len(),
        "not_tried": outcome.not_tried,
        "void": result.options.void.name(),
        "pixels": outcome.confusion.pixels(),
        "changed": outcome.confusion.changed(),
        "counted": scores.pixels,
        "pixel_accuracy": scores.pixel_accuracy(),
        "mean_iou": scores.mean_iou(),
        "mean_accuracy": scores.mean(ClassScore::accuracy),
        "mean_precision": scores.mean(ClassScore::precision),
        "mean_dice": scores.mean(ClassScore::dice),
        "worst": worst.collect::<Vec<_>>(),
        "stopped": outcome.stopped.as_ref().map(error_json),
    });
    if let Some(bound) = result.options.bound {
        extend(&mut object, json!({ "boundary": bound.to_string(), "mean_boundary_f": outcome.mean_boundary() }));
    }
    if let Some(panoptic) = &outcome.panoptic {
        let of_kind = |wanted| panoptic.means(|slot| result.matching.kind(slot) == Some(wanted));
        let all = qualities(panoptic.means(|_| true));
        let (things, stuff) = (qualities(of_kind(ClassKind::Thing)), qualities(of_kind(ClassKind::Stuff)));
        extend(&mut object, json!({ "panoptic": { "all": all, "things": things, "stuff": stuff } }));
    }
    object
}

fn qualities(means: Qualities) -> Value {
    json!({ "classes": means.classes, "pq": means.pq, "sq": means.sq, "rq": means.rq })
}
