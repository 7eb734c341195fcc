use std::io::Read;

use super::header::{DType, Header};
use super::{broken, npz_header, open_npz};
use crate::error::At;
use crate::geometry::{Span, Spans};
use crate::{Error, Limits, Result};

/// A stack of masks, one an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Masks {
    /// Columns and rows.
    pub size: (u32, u32),
    /// The masks.
    pub masks: Vec<Spans>,
    /// Pixels whose value is neither 0 nor 1, but a probability.
    pub soft: u64,
}

/// The axes of a stack of masks: objects, height, width, and whether objects come last.
///
/// Objects come first, with an axis of one behind them at most. If `objects` says how many there are, and only the last
/// axis is as long, they come last.
///
/// # Errors
/// Another number of axes or of objects.
pub fn mask_axes(header: &Header, objects: Option<u64>) -> Result<([u64; 3], bool)> {
    let wrong = |message: &str| {
        Error::invalid(message)
            .at(At::Entry("shape".into()))
            .found(format!("{} of shape {}", header.dtype.name(), header.shape_text()))
            .expected("(objects, height, width) or (objects, 1, height, width)")
    };
    let axes = match *header.shape.as_slice() {
        [a, b, c] | [a, 1, b, c] => [a, b, c],
        _ => return Err(wrong("this is no stack of masks")),
    };
    match objects {
        None => Ok((axes, false)),
        Some(objects) if axes[0] == objects => Ok((axes, false)),
        Some(objects) if axes[2] == objects && header.shape.len() == 3 => Ok(([axes[2], axes[0], axes[1]], true)),
        Some(objects) => Err(wrong("there are more or fewer masks than classes").expected(format!("{objects} masks"))),
    }
}

/// Decodes the stack of masks in an array of an NPZ archive, a mask at a time where the memory order allows it.
///
/// In whole numbers, 0 is outside and one other value inside. Floating point is a probability: inside is above 0.5.
///
/// # Errors
/// What [`mask_axes`] refuses; sizes above the limits; a damaged archive; other values.
pub fn decode_masks(bytes: &[u8], name: &str, objects: Option<u64>, limits: &Limits) -> Result<Masks> {
    let header = npz_header(bytes, name, limits)?;
    let (axes, last) = mask_axes(&header, objects)?;
    if axes[1] == 0 || axes[2] == 0 {
        return Err(Error::invalid("the masks have no pixels, so nothing tells the size of the image")
            .at(At::Entry("shape".into()))
            .found(header.shape_text())
            .hint("save masks of no object as an array of shape (0, height, width)"));
    }
    let (width, height) = limits.size(axes[2], axes[1])?;
    let length = header.elements().and_then(|elements| elements.checked_mul(header.dtype.bytes() as u64));
    limits.file(length.unwrap_or(u64::MAX))?;
    let mut archive = open_npz(bytes)?;
    let mut member = archive.by_name(&format!("{name}.npy")).map_err(|error| broken(&error))?;
    let cut = |error: std::io::Error| Error::invalid("the data of the array is cut short").source(error);
    std::io::copy(&mut member.by_ref().take(header.data_offset as u64), &mut std::io::sink()).map_err(cut)?;
    let mut found = Masks { size: (width, height), masks: Vec::new(), soft: 0 };
    let pixels = width as usize * height as usize;
    let bytes_of = header.dtype.bytes();
    let mut inside = None;
    if last || header.fortran_order {
        let mut data = Vec::new();
        member.read_to_end(&mut data).map_err(cut)?;
        if Some(data.len() as u64) != length {
            return Err(Error::invalid("the data of the array is cut short").found(format!("{} bytes", data.len())));
        }
        let [objects, rows, columns] = axes.map(|length| length as usize);
        // How far apart neighbours lie: masks, rows, columns.
        let steps = match (last, header.fortran_order) {
            (true, false) => [1, columns * objects, objects],
            (true, true) => [rows * columns, 1, rows],
            (false, _) => [1, objects, objects * rows],
        };
        let mut plane = Vec::with_capacity(pixels * bytes_of);
        for mask in 0..objects {
            plane.clear();
            for place in 0..pixels {
                let at = (mask * steps[0] + place / columns * steps[1] + place % columns * steps[2]) * bytes_of;
                plane.extend_from_slice(&data[at..at + bytes_of]);
            }
            found.add(&plane, &header, &mut inside)?;
        }
        return Ok(found);
    }
    let mut plane = Vec::new();
    for _ in 0..axes[0] {
        plane.clear();
        let read = member.by_ref().take((pixels * bytes_of) as u64).read_to_end(&mut plane).map_err(cut)?;
        if read != pixels * bytes_of {
            return Err(Error::invalid("the data of the array is cut short")
                .at(At::Entry(format!("mask {}", found.masks.len())))
                .found(format!("{read} bytes"))
                .expected(format!("{} bytes", pixels * bytes_of)));
        }
        found.add(&plane, &header, &mut inside)?;
    }
    // Reading to the end is what compares the checksum.
    match member.read(&mut [0]).map_err(cut)? {
        0 => Ok(found),
        _ => Err(Error::invalid("the array goes on after its data")),
    }
}

impl Masks {
    /// Adds a mask. `inside` is the value that stands for inside in whole numbers, once one was met.
    fn add(&mut self, plane: &[u8], header: &Header, inside: &mut Option<u64>) -> Result<()> {
        let (width, height) = self.size;
        let size = header.dtype.bytes();
        let mut spans: Vec<Span> = Vec::new();
        let mut values = plane.chunks_exact(size);
        for y in 0..height {
            let mut open = None;
            for (x, raw) in (0..width).zip(values.by_ref()) {
                let is_in = self
                    .is_inside(raw, header, inside)
                    .map_err(|error| error.at(At::Entry(format!("mask {}, column {x}, row {y}", self.masks.len()))))?;
                match (is_in, open) {
                    (true, None) => open = Some(x),
                    (false, Some(start)) => {
                        spans.push(Span { y, start, end: x });
                        open = None;
                    }
                    _ => {}
                }
            }
            if let Some(start) = open {
                spans.push(Span { y, start, end: width });
            }
        }
        self.masks.push(Spans::new(width, height, spans)?);
        Ok(())
    }

    #[inline]
    fn is_inside(&mut self, raw: &[u8], header: &Header, inside: &mut Option<u64>) -> Result<bool> {
        if raw.iter().all(|&byte| byte == 0) {
            return Ok(false);
        }
        let mut bytes = [0u8; 8];
        bytes[..raw.len()].copy_from_slice(raw);
        if header.big_endian {
            bytes[..raw.len()].reverse();
        }
        let bits = u64::from_le_bytes(bytes);
        let probability = match header.dtype {
            DType::Float(2) => half::f16::from_bits(bits as u16).to_f64(),
            DType::Float(4) => f64::from(f32::from_bits(bits as u32)),
            DType::Float(_) => f64::from_bits(bits),
            _ => {
                let known = *inside.get_or_insert(bits);
                if bits == known {
                    return Ok(true);
                }
                return Err(Error::invalid("the masks hold more than two values")
                    .found(format!("{known} and {bits}"))
                    .expected("0 and one other, such as 1 or 255")
                    .hint("a map of object numbers is no stack of masks; save `masks > 0`"));
            }
        };
        if !(0.0..=1.0).contains(&probability) {
            return Err(Error::invalid("the masks hold no probabilities")
                .found(probability.to_string())
                .expected("numbers between 0 and 1, or bool")
                .hint("logits: save `masks > 0` instead"));
        }
        self.soft += u64::from(probability != 0.0 && probability != 1.0);
        Ok(probability > 0.5)
    }
}
