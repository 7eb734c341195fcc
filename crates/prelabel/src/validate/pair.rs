use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::components::{BlobCount, count_blobs};
use super::{LegendFile, Pairs};
use crate::model::{Mask, Occurrence, Rgba};
use crate::pixels::photo::{self, PhotoSize};
use crate::pixels::{mask_png, png};
use crate::tree::Source;
use crate::{Error, ErrorKind, Limits, Result};

/// So much of a photograph is read for its size; the whole only if that is not enough.
const PHOTO_START: usize = 64 << 10;

/// One mask with its legend and its image, each read once and decoded once.
pub struct Pair<'a> {
    pub(super) pairs: &'a Pairs,
    pub(super) index: usize,
    pub(super) key: String,
    /// The mask's name in messages.
    pub(super) file: String,
    pub(super) bytes: Vec<u8>,
    /// The header, as far as it can be read.
    pub(super) header: Option<png::Header>,
    pixels: Result<Decoded>,
    pub(super) legend: PairLegend,
    pub(super) image: Option<Image>,
    pub(super) speck_pixels: u64,
    blobs: OnceCell<BTreeMap<u32, BlobCount>>,
}

/// The pixels of a mask.
pub(super) struct Decoded {
    pub(super) header: png::Header,
    pub(super) mask: Mask,
    /// The colours that occur.
    pub(super) colors: Vec<(Rgba, Occurrence)>,
}

/// What there is of a mask's legend.
pub(super) enum PairLegend {
    Missing,
    /// It is there but cannot be read, which is told elsewhere.
    Unavailable,
    There(Arc<LegendFile>),
}

/// What there is of a mask's image.
pub(super) struct Image {
    /// Its name in messages.
    pub(super) file: String,
    pub(super) size: Result<PhotoSize>,
}

impl<'a> Pair<'a> {
    /// Reads and decodes a mask.
    ///
    /// # Errors
    /// The mask cannot be read or is above a limit; all else is a finding.
    pub(super) fn load(
        pairs: &'a Pairs,
        index: usize,
        legend: PairLegend,
        limits: &Limits,
        speck_pixels: u64,
    ) -> Result<Self> {
        let (path, source) = (pairs.mask(index), pairs.source());
        let file = source.display(path);
        let bytes = source.read(path, limits)?;
        let header = png::header(&bytes, limits);
        let pixels = mask_png::decode(&bytes, limits).map(|(header, mask)| {
            let colors = mask.occurrences();
            Decoded { header, mask, colors }
        });
        let pixels = match pixels {
            Err(error) if error.kind() == ErrorKind::Limit => return Err(error.in_file(file)),
            pixels => pixels,
        };
        let image = pairs.image(index).map(|(source, path)| Image::load(source, path, limits));
        let (key, header, blobs) = (pairs.key(index), header.ok(), OnceCell::new());
        Ok(Pair { pairs, index, key, file, bytes, header, pixels, legend, image, speck_pixels, blobs })
    }

    /// The pixels, if they can be decoded.
    pub(super) fn decoded(&self) -> Option<&Decoded> {
        self.pixels.as_ref().ok()
    }

    /// Why the pixels cannot be decoded.
    pub(super) fn damage(&self) -> Option<&Error> {
        self.pixels.as_ref().err()
    }

    /// The legend's file, whatever it holds.
    pub(super) fn legend_file(&self) -> Option<&LegendFile> {
        match &self.legend {
            PairLegend::There(legend) => Some(legend),
            _ => None,
        }
    }

    /// True for a grey PNG of which no colour is in the legend: a label map, whose pixels are class IDs.
    pub(super) fn is_label_map(&self) -> bool {
        let Some(decoded) = self.decoded() else { return false };
        let has_entry = |color: &Rgba| self.legend().is_some_and(|legend| legend.labels.contains_key(&color.color()));
        matches!(decoded.header.color, png::ColorKind::Grey | png::ColorKind::GreyAlpha)
            && !decoded.colors.iter().any(|(color, _)| has_entry(color))
    }

    /// The legend, if there is one that can be read as JSON.
    pub(super) fn legend(&self) -> Option<&LegendFile> {
        self.legend_file().filter(|legend| legend.raw.is_ok())
    }

    /// Connected areas of each colour that has a label, by code.
    pub(super) fn blobs(&self) -> &BTreeMap<u32, BlobCount> {
        self.blobs.get_or_init(|| {
            let (Some(decoded), Some(legend)) = (self.decoded(), self.legend()) else { return BTreeMap::new() };
            let labelled = |color: &Rgba| color.alpha() > 0 && legend.labels.contains_key(&color.color());
            let wanted: Vec<bool> = decoded.mask.colors().iter().map(labelled).collect();
            count_blobs(decoded.mask.grid(), &wanted, self.speck_pixels)
        })
    }
}

impl Image {
    fn load(source: &dyn Source, path: &str, limits: &Limits) -> Self {
        let size = source.read_start(path, PHOTO_START).and_then(|start| match photo::size(&start, limits) {
            Err(error) if start.len() == PHOTO_START && error.kind() != ErrorKind::Limit => {
                photo::size(&source.read(path, limits)?, limits)
            }
            size => size,
        });
        Image { file: source.display(path), size }
    }
}
