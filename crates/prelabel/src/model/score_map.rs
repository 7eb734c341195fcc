use crate::{Error, Result};

/// What scores are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreKind {
    /// Unbounded; a softmax makes probabilities of them.
    Logits,
    /// Between 0 and 1, adding up to 1 at each pixel.
    Probabilities,
}

/// The order of axes in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Classes × height × width.
    Chw,
    /// Height × width × classes.
    Hwc,
}

/// The values, in the precision of the source. Half precision is held as single: exactly.
#[derive(Clone, Debug, PartialEq)]
pub enum Scores {
    /// Half or single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

/// Classes × height × width scores.
///
/// # Guarantees
/// The number of values is classes × height × width, each at least 1, and none is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreMap {
    width: u32,
    height: u32,
    classes: u32,
    layout: Layout,
    kind: ScoreKind,
    scores: Scores,
}

impl ScoreMap {
    /// A score map of these values.
    ///
    /// # Errors
    /// A number of values that does not fit, or a NaN: no class is the greatest where one is not a number.
    pub fn new(
        (width, height): (u32, u32),
        classes: u32,
        layout: Layout,
        kind: ScoreKind,
        scores: Scores,
    ) -> Result<Self> {
        let (length, nan) = match &scores {
            Scores::F32(values) => (values.len(), values.iter().position(|value| value.is_nan())),
            Scores::F64(values) => (values.len(), values.iter().position(|value| value.is_nan())),
        };
        let pixels = u64::from(width) * u64::from(height);
        if pixels.checked_mul(classes.into()) != Some(length as u64) || length == 0 {
            return Err(Error::invalid("the number of scores does not fit the size")
                .found(format!("{length} scores"))
                .expected(format!("{classes} classes × {height} rows × {width} columns")));
        }
        if let Some(index) = nan {
            let (pixel, class) = match layout {
                Layout::Chw => (index as u64 % pixels, index as u64 / pixels),
                Layout::Hwc => (index as u64 / u64::from(classes), index as u64 % u64::from(classes)),
            };
            let (x, y) = ((pixel % u64::from(width)) as u32, (pixel / u64::from(width)) as u32);
            return Err(Error::invalid(format!("the score of class {class} is not a number"))
                .at(crate::error::At::Pixel(x, y))
                .found("NaN")
                .hint("the model overflowed or divided by zero there; run it again in single precision"));
        }
        Ok(ScoreMap { width, height, classes, layout, kind, scores })
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Classes; class k is class ID k.
    pub fn classes(&self) -> u32 {
        self.classes
    }

    /// The order of axes.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// What the scores are.
    pub fn kind(&self) -> ScoreKind {
        self.kind
    }

    /// The values.
    pub fn scores(&self) -> &Scores {
        &self.scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_refused_by_pixel_and_class() {
        let mut values = vec![0.0; 12];
        values[7] = f32::NAN;
        let chw = ScoreMap::new((2, 2), 3, Layout::Chw, ScoreKind::Logits, Scores::F32(values.clone()));
        assert!(chw.unwrap_err().to_string().starts_with("pixel (1, 1): the score of class 1"));
        let hwc = ScoreMap::new((2, 2), 3, Layout::Hwc, ScoreKind::Logits, Scores::F32(values));
        assert!(hwc.unwrap_err().to_string().starts_with("pixel (0, 1): the score of class 1"));
        let short = ScoreMap::new((2, 2), 3, Layout::Hwc, ScoreKind::Logits, Scores::F64(vec![0.0; 11]));
        assert!(short.is_err());
    }
}
