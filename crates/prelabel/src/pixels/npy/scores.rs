use super::header::{DType, Header, header};
use crate::error::At;
use crate::model::{Layout, ScoreKind, ScoreMap, Scores};
use crate::{Error, Limits, Result};

/// How to understand an array of scores.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScoreOptions {
    /// The order of axes; guessed where it is clear.
    pub layout: Option<Layout>,
    /// How many classes there are, from the class list: settles most guesses.
    pub classes: Option<u64>,
    /// Logits or probabilities; looked at where it is not said.
    pub kind: Option<ScoreKind>,
}

/// The axes of an array of scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axes {
    /// Maps in the array: the batch axis, 1 where there is none.
    pub maps: u64,
    /// Classes.
    pub classes: u64,
    /// Rows.
    pub height: u64,
    /// Columns.
    pub width: u64,
    /// The order of the last three.
    pub layout: Layout,
}

/// Says which axis of an array is which.
///
/// Three axes, or four with a batch axis in front. The axis of classes is the first or the last of the three:
/// the one as long as the class list, else the one shorter than both others.
///
/// # Errors
/// No floating point, another number of axes, axes that could be either.
pub fn axes(header: &Header, options: &ScoreOptions) -> Result<Axes> {
    let wrong = |message: &str| {
        Error::invalid(message)
            .at(At::Entry("shape".into()))
            .found(format!("{} of shape {}", header.dtype.name(), header.shape_text()))
            .expected("(classes, height, width) or (height, width, classes), a batch axis in front at most")
    };
    if header.dtype.is_integer() {
        return Err(
            wrong("scores are floating point").hint("if these are class IDs, read them with `--from label-map`")
        );
    }
    if header.shape.contains(&0) {
        return Err(wrong("the array is empty"));
    }
    let (maps, [first, second, third]) = match *header.shape.as_slice() {
        [a, b, c] => (1, [a, b, c]),
        [maps, a, b, c] => (maps, [a, b, c]),
        [_, _] => {
            return Err(wrong("scores have an axis of classes").hint(
                "a single probability map: threshold it (`(p > 0.5).astype(\"uint8\")`) and read that as a label map",
            ));
        }
        _ => return Err(wrong("scores have three axes")),
    };
    let layout = match (options.layout, options.classes) {
        (Some(layout), _) => layout,
        (None, Some(classes)) if first == classes && third != classes => Layout::Chw,
        (None, Some(classes)) if third == classes && first != classes => Layout::Hwc,
        (None, Some(classes)) if first != classes && third != classes => {
            return Err(wrong("no axis is as long as the class list")
                .expected(format!("an axis of {classes} classes, first or last"))
                .hint("give the class list that the model was trained with (`--classes`)"));
        }
        (None, None) if first < second && first < third => Layout::Chw,
        (None, None) if third < first && third < second => Layout::Hwc,
        (None, _) => {
            return Err(
                wrong("which axis holds the classes is not clear").hint("say so with `--layout chw` or `--layout hwc`")
            );
        }
    };
    let (classes, height, width) = match layout {
        Layout::Chw => (first, second, third),
        Layout::Hwc => (third, first, second),
    };
    if let Some(wanted) = options.classes.filter(|&wanted| wanted != classes) {
        return Err(wrong("the scores have another number of classes than the class list")
            .expected(format!("{wanted} classes"))
            .hint("give the class list that the model was trained with (`--classes`)"));
    }
    Ok(Axes { maps, classes, height, width, layout })
}

/// Decodes map number `index` of an NPY file of scores: float16, float32 or float64, either byte order,
/// either memory order.
///
/// # Errors
/// What [`header`] and [`axes`] refuse; sizes above the limits; a NaN.
pub fn decode_scores(bytes: &[u8], index: u64, options: &ScoreOptions, limits: &Limits) -> Result<ScoreMap> {
    let header = header(bytes, limits)?;
    let axes = axes(&header, options)?;
    let size = limits.size(axes.width, axes.height)?;
    let classes = u32::try_from(axes.classes).map_err(|_| Error::invalid("too many classes"))?;
    let data = header.data(bytes)?;
    let one = data.len() / axes.maps.max(1) as usize;
    if axes.maps == 0 || index >= axes.maps || one == 0 {
        return Err(Error::missing("the array has no such map").found(format!("{} maps", axes.maps)));
    }
    let strides = strides(&header);
    let offset = index as usize;
    let scores = match header.dtype {
        DType::Float(2) => {
            Scores::F32(gather(data, &header, &strides, offset, |bytes| half::f16::from_bits(u16_of(bytes)).to_f32()))
        }
        DType::Float(4) => Scores::F32(gather(data, &header, &strides, offset, |bytes| f32::from_bits(u32_of(bytes)))),
        _ => Scores::F64(gather(data, &header, &strides, offset, |bytes| f64::from_bits(u64_of(bytes)))),
    };
    let kind = options.kind.unwrap_or_else(|| look(&scores, &axes));
    ScoreMap::new(size, classes, axes.layout, kind, scores)
}

/// How far apart neighbours lie in elements: of the batch axis, then of the last three.
fn strides(header: &Header) -> [usize; 4] {
    let lengths: Vec<usize> = header.shape.iter().map(|&length| length as usize).collect();
    let [maps, x, y, z] = match *lengths.as_slice() {
        [maps, x, y, z] => [maps, x, y, z],
        [x, y, z] => [1, x, y, z],
        _ => [1; 4],
    };
    match header.fortran_order {
        true => [1, maps, maps * x, maps * x * y],
        false => [x * y * z, y * z, z, 1],
    }
}

/// The elements of one map in C order.
fn gather<T>(data: &[u8], header: &Header, strides: &[usize; 4], map: usize, convert: impl Fn(&[u8]) -> T) -> Vec<T> {
    let size = header.dtype.bytes();
    let lengths = &header.shape[header.shape.len() - 3..];
    let [x, y, z] = [lengths[0] as usize, lengths[1] as usize, lengths[2] as usize];
    let read = |element: usize| {
        let mut bytes = [0u8; 8];
        let raw = &data[element * size..(element + 1) * size];
        bytes[..size].copy_from_slice(raw);
        if header.big_endian {
            bytes[..size].reverse();
        }
        convert(&bytes[..size])
    };
    let start = map * strides[0];
    if !header.fortran_order {
        return (start..start + x * y * z).map(read).collect();
    }
    let mut values = Vec::with_capacity(x * y * z);
    for i in 0..x {
        for j in 0..y {
            values.extend((0..z).map(|k| read(start + i * strides[1] + j * strides[2] + k * strides[3])));
        }
    }
    values
}

fn u16_of(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

fn u32_of(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn u64_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// Probabilities are between 0 and 1 and add up to 1; a sample of pixels tells.
fn look(scores: &Scores, axes: &Axes) -> ScoreKind {
    let at = |index: usize| match scores {
        Scores::F32(values) => values.get(index).copied().map_or(0.0, f64::from),
        Scores::F64(values) => values.get(index).copied().unwrap_or_default(),
    };
    let (pixels, classes) = ((axes.height * axes.width) as usize, axes.classes as usize);
    let step = (pixels / 1000).max(1);
    let probable = (0..pixels).step_by(step).all(|pixel| {
        let mut sum = 0.0;
        let within = (0..classes).all(|class| {
            let value = match axes.layout {
                Layout::Chw => at(class * pixels + pixel),
                Layout::Hwc => at(pixel * classes + class),
            };
            sum += value;
            (0.0..=1.0).contains(&value)
        });
        // Half precision adds up to 1 within a hundredth only.
        within && (sum - 1.0).abs() < 0.02
    });
    if probable { ScoreKind::Probabilities } else { ScoreKind::Logits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_of(shape: &[u64]) -> Header {
        Header {
            dtype: DType::Float(4),
            big_endian: false,
            fortran_order: false,
            shape: shape.to_vec(),
            data_offset: 0,
        }
    }

    #[test]
    fn the_axis_of_classes_is_found_or_asked_for() {
        let layout = |shape: &[u64], classes| {
            axes(&header_of(shape), &ScoreOptions { classes, ..Default::default() })
                .ok()
                .map(|axes| (axes.layout, axes.maps))
        };
        assert_eq!(layout(&[21, 513, 513], None), Some((Layout::Chw, 1)));
        assert_eq!(layout(&[513, 513, 21], None), Some((Layout::Hwc, 1)));
        assert_eq!(layout(&[4, 21, 64, 64], Some(21)), Some((Layout::Chw, 4)));
        assert_eq!(layout(&[64, 32, 64], Some(64)), None);
        assert_eq!(layout(&[64, 64, 64], None), None);
        assert_eq!(layout(&[21, 64, 64], Some(20)), None);
        assert_eq!(layout(&[64, 64], None), None);
    }

    #[test]
    fn memory_orders_and_byte_orders_agree() {
        // Shape (2 maps, 2 classes, 1 row, 3 columns), values 0..12.
        let element = |n: usize, c: usize, x: usize| (n * 6 + c * 3 + x) as f32;
        let build = |fortran: bool, big: bool| {
            let mut values = [0f32; 12];
            for n in 0..2 {
                for c in 0..2 {
                    for x in 0..3 {
                        let index = if fortran { n + 2 * c + 4 * x } else { n * 6 + c * 3 + x };
                        values[index] = element(n, c, x);
                    }
                }
            }
            let (order, sign) = (if fortran { "True" } else { "False" }, if big { '>' } else { '<' });
            let dictionary = format!("{{'descr': '{sign}f4', 'fortran_order': {order}, 'shape': (2, 2, 1, 3)}}");
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend((dictionary.len() as u16).to_le_bytes());
            bytes.extend(dictionary.as_bytes());
            bytes.extend(values.iter().flat_map(|value| if big { value.to_be_bytes() } else { value.to_le_bytes() }));
            bytes
        };
        let options = ScoreOptions { layout: Some(Layout::Chw), ..Default::default() };
        for (fortran, big) in [(false, false), (true, false), (false, true), (true, true)] {
            let scores = decode_scores(&build(fortran, big), 1, &options, &Limits::default()).unwrap();
            assert_eq!(scores.scores(), &Scores::F32(vec![6.0, 7.0, 8.0, 9.0, 10.0, 11.0]), "{fortran} {big}");
        }
    }
}
