//! Whether a result is right.

use anyhow::{Context, ensure};

use crate::engines::{Job, Task};
use crate::rust_decoders;

/// Accepts what a job is to give; class IDs may differ in a share of pixels.
pub(crate) fn check(job: &Job<'_>, result: &[u8], leeway: f64) -> anyhow::Result<()> {
    match job.task {
        Task::Encode => {
            let (pixels, size) = rust_decoders::png_with_size(result)?;
            let wanted = (job.map.width, job.map.height);
            ensure!(size == wanted, "the size is {size:?}, not {wanted:?}");
            let wrong = pixels.as_chunks::<4>().0.iter().zip(&job.map.labels);
            let wrong = wrong.filter(|(pixel, label)| **pixel != job.map.palette[usize::from(**label)]).count();
            ensure!(wrong == 0, "{wrong} pixels are wrong");
        }
        Task::EncodeRle => labels(job, &decode_strings(job, result)?, 0.0)?,
        Task::Decode(_) | Task::Fill(_) | Task::DecodeRle(_) | Task::Trace => labels(job, result, leeway)?,
    }
    Ok(())
}

fn labels(job: &Job<'_>, result: &[u8], leeway: f64) -> anyhow::Result<()> {
    let wanted = &job.map.labels;
    ensure!(result.len() == wanted.len(), "it gives {} pixels", result.len());
    let wrong = result.iter().zip(wanted).filter(|(one, other)| one != other).count();
    ensure!(wrong as f64 <= leeway * wanted.len() as f64, "{wrong} pixels have other class IDs");
    Ok(())
}

/// A plain reading of COCO's strings, apart from ours: `5 bits a character, the sixth if more follow; from the third
/// number on, less the one before the last`.
fn decode_strings(job: &Job<'_>, result: &[u8]) -> anyhow::Result<Vec<u8>> {
    let masks: Vec<(u8, String)> = serde_json::from_slice(result)?;
    let (width, height) = (job.map.width as usize, job.map.height as usize);
    let mut labels = vec![0u8; width * height];
    for (class, text) in masks {
        let (mut counts, mut value, mut shift): (Vec<i64>, i64, u32) = (Vec::new(), 0, 0);
        for byte in text.bytes() {
            let five = i64::from(byte) - 48;
            value |= (five & 31) << shift;
            shift += 5;
            if five & 32 == 0 {
                if five & 16 != 0 {
                    value |= -1 << shift;
                }
                if counts.len() > 2 {
                    value += counts[counts.len() - 2];
                }
                counts.push(value);
                (value, shift) = (0, 0);
            }
        }
        let mut at = 0;
        for (index, count) in counts.iter().enumerate() {
            let end = at + usize::try_from(*count)?;
            for place in at..end {
                let label = labels.get_mut(place % height * width + place / height).context("a count too much")?;
                if index % 2 == 1 {
                    ensure!(*label == 0, "two masks share a pixel");
                    *label = class;
                }
            }
            at = end;
        }
    }
    Ok(labels)
}
