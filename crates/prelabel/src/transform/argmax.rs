use crate::model::{Cells, Code, Grid, LabelMap, Layout, ScoreKind, ScoreMap, Scores};
use crate::{Error, Result};

/// The most probable class at each pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct Confident {
    /// Class indices, with `doubtful` where the class was not probable enough.
    pub map: LabelMap,
    /// How many pixels were not.
    pub doubtful: u64,
}

/// Takes the class of the greatest score at each pixel; of equal ones the first, as NumPy's `argmax` does.
///
/// With `min_confidence`, pixels whose greatest probability is below it become class `classes` (one past the
/// last). Logits go through a softmax for that, in double precision.
///
/// # Errors
/// A confidence outside 0–1, more than 65,535 classes.
pub fn argmax(scores: &ScoreMap, min_confidence: Option<f64>) -> Result<Confident> {
    if let Some(confidence) = min_confidence.filter(|confidence| !(0.0..=1.0).contains(confidence)) {
        return Err(Error::usage("a confidence is a probability")
            .found(confidence.to_string())
            .expected("a number from 0 to 1"));
    }
    let (cells, doubtful) = match scores.classes() {
        0..=255 => {
            let (cells, doubtful) = in_precision::<u8>(scores, min_confidence);
            (Cells::U8(cells), doubtful)
        }
        256..=65_535 => {
            let (cells, doubtful) = in_precision::<u16>(scores, min_confidence);
            (Cells::U16(cells), doubtful)
        }
        many => return Err(Error::unsupported("more classes than 65,535").found(many.to_string())),
    };
    let map = LabelMap::new(Grid::new(scores.width(), scores.height(), cells)?);
    Ok(Confident { map, doubtful })
}

fn in_precision<C: Code>(scores: &ScoreMap, min_confidence: Option<f64>) -> (Vec<C>, u64) {
    match scores.scores() {
        Scores::F32(values) => best::<f32, C>(scores, values, min_confidence),
        Scores::F64(values) => best::<f64, C>(scores, values, min_confidence),
    }
}

fn best<F: Copy + PartialOrd + Into<f64>, C: Code>(
    scores: &ScoreMap,
    values: &[F],
    min_confidence: Option<f64>,
) -> (Vec<C>, u64) {
    let (pixels, classes) = (scores.width() as usize * scores.height() as usize, scores.classes() as usize);
    let mut winners = match scores.layout() {
        Layout::Chw => by_planes(values, pixels),
        Layout::Hwc => values.chunks_exact(classes).map(first_greatest).collect(),
    };
    let Some(least) = min_confidence else { return (winners, 0) };
    let mut doubtful = 0;
    for (pixel, winner) in winners.iter_mut().enumerate() {
        let value = |class: usize| -> f64 {
            match scores.layout() {
                Layout::Chw => values[class * pixels + pixel].into(),
                Layout::Hwc => values[pixel * classes + class].into(),
            }
        };
        let greatest = value(winner.index());
        let confidence = match scores.kind() {
            ScoreKind::Probabilities => greatest,
            // The softmax of the greatest, shifted by itself so that nothing overflows.
            ScoreKind::Logits => 1.0 / (0..classes).map(|class| softmax_term(value(class), greatest)).sum::<f64>(),
        };
        if confidence < least {
            *winner = C::from_index(classes);
            doubtful += 1;
        }
    }
    (winners, doubtful)
}

/// `exp(value - greatest)`; two infinities are equally great.
fn softmax_term(value: f64, greatest: f64) -> f64 {
    if value == greatest { 1.0 } else { (value - greatest).exp() }
}

/// Class after class over blocks of pixels, so that the best so far stays in the cache.
fn by_planes<F: Copy + PartialOrd, C: Code>(values: &[F], pixels: usize) -> Vec<C> {
    const BLOCK: usize = 4096;
    let mut winners = Vec::with_capacity(pixels);
    for start in (0..pixels).step_by(BLOCK) {
        let length = BLOCK.min(pixels - start);
        let mut greatest = values[start..start + length].to_vec();
        let mut classes = vec![C::from_index(0); length];
        for (class, plane) in values.chunks_exact(pixels).enumerate().skip(1) {
            let code = C::from_index(class);
            for ((best, winner), &value) in greatest.iter_mut().zip(&mut classes).zip(&plane[start..start + length]) {
                let greater = value > *best;
                *best = if greater { value } else { *best };
                *winner = if greater { code } else { *winner };
            }
        }
        winners.extend_from_slice(&classes);
    }
    winners
}

fn first_greatest<F: Copy + PartialOrd, C: Code>(scores: &[F]) -> C {
    let mut best = 0;
    for (class, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = class;
        }
    }
    C::from_index(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(layout: Layout, kind: ScoreKind, values: &[f32]) -> ScoreMap {
        ScoreMap::new((2, 1), 3, layout, kind, Scores::F32(values.to_vec())).unwrap()
    }

    #[test]
    fn the_first_of_equals_wins_in_both_layouts() {
        let chw = map(Layout::Chw, ScoreKind::Logits, &[1.0, 0.0, 1.0, 2.0, 0.5, 2.0]);
        assert_eq!(argmax(&chw, None).unwrap().map.ids(), [0, 1]);
        let hwc = map(Layout::Hwc, ScoreKind::Logits, &[1.0, 1.0, 0.5, 0.0, 2.0, 2.0]);
        assert_eq!(argmax(&hwc, None).unwrap().map.ids(), [0, 1]);
        let infinite =
            map(Layout::Hwc, ScoreKind::Logits, &[f32::NEG_INFINITY, f32::INFINITY, f32::INFINITY, -0.0, 0.0, -1.0]);
        assert_eq!(argmax(&infinite, None).unwrap().map.ids(), [1, 0]);
    }

    #[test]
    fn doubtful_pixels_are_set_apart() {
        let probabilities = map(Layout::Hwc, ScoreKind::Probabilities, &[0.4, 0.35, 0.25, 0.1, 0.9, 0.0]);
        let found = argmax(&probabilities, Some(0.5)).unwrap();
        assert_eq!((found.map.ids(), found.doubtful), (vec![3, 1], 1));
        // Softmax of (0, ln 3, 0): 0.2, 0.6, 0.2.
        let logits = map(Layout::Hwc, ScoreKind::Logits, &[0.0, 3f32.ln(), 0.0, 500.0, -500.0, 0.0]);
        assert_eq!(argmax(&logits, Some(0.59)).unwrap().doubtful, 0);
        assert_eq!(argmax(&logits, Some(0.61)).unwrap().map.ids(), [3, 0]);
        assert!(argmax(&logits, Some(1.5)).is_err());
    }
}
