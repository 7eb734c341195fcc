use crate::report::{Finding, Severity};
use crate::validate::{Pair, Rule, RuleInfo};

static DIFFERS: RuleInfo = RuleInfo {
    code: "PL064",
    name: "size-differs",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "The mask's size differs from its image's.",
    cause: "A mask must have the image's own width and height. The model may have worked on a scaled image; or on one \
            that was turned by its EXIF orientation, while the file holds it unturned; or rows and columns were \
            swapped. The finding says which of them explains the sizes.",
    fix: "Make the mask at the image's size: scale class IDs by nearest neighbour, never the colours smoothly; turn \
          the image before or the mask after the model.",
    example: "masks/a.png: 3024 × 4032, the image 4032 × 3024 is shown turned (EXIF orientation)",
};

static TURNED: RuleInfo = RuleInfo {
    code: "PL070",
    name: "image-turned",
    severity: Severity::Info,
    fixable: false,
    lossy: false,
    summary: "The image is shown turned, and the mask is not.",
    cause: "The image carries an EXIF orientation that makes viewers swap its sides. The mask has the size of the stored \
            pixels, so the two fit only where the orientation is ignored.",
    fix: "Store the image as it is shown (`jpegtran`, `exiftran -a`, `ImageOps.exif_transpose`) and make the mask from \
          that.",
    example: "images/a.jpg: 4032 × 3024 with EXIF orientation 6; masks/a.png: 4032 × 3024",
};

/// PL064.
pub(in crate::validate) struct Differs;
/// PL070.
pub(in crate::validate) struct Turned;

/// Width and height.
type Size = (u32, u32);

/// The sizes of mask and image, and whether viewers turn the image.
fn sizes(pair: &Pair<'_>) -> Option<(Size, Size, bool)> {
    let (header, image) = (pair.header.as_ref()?, pair.image.as_ref()?);
    let photo = image.size.as_ref().ok()?;
    Some(((header.width, header.height), (photo.width, photo.height), photo.turned))
}

impl Rule for Differs {
    fn info(&self) -> &'static RuleInfo {
        &DIFFERS
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let Some((mask, image, turned)) = sizes(pair) else { return };
        if mask == image {
            return;
        }
        let (message, hint) = if mask == (image.1, image.0) && turned {
            (
                "the mask's size is that of the image turned by its EXIF orientation",
                "store the image as it is shown, or turn the mask back to the stored pixels",
            )
        } else if mask == (image.1, image.0) {
            ("the mask's width and height are swapped against its image's", "transpose the mask where it is made")
        } else if same_shape(mask, image) {
            (
                "the mask is scaled against its image",
                "scale the class IDs to the image's size by nearest neighbour, then make the mask",
            )
        } else {
            ("the mask's size differs from its image's", "make the mask from this very image, at its own size")
        };
        let detail = format!("{} × {}, the image {} × {}", mask.0, mask.1, image.0, image.1);
        found.push(DIFFERS.finding(message).detail(detail).hint(hint));
    }
}

impl Rule for Turned {
    fn info(&self) -> &'static RuleInfo {
        &TURNED
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let Some((mask, image, true)) = sizes(pair) else { return };
        if mask == image {
            let finding = TURNED.finding("viewers show the image turned (EXIF orientation), and the mask is not");
            let detail = pair.image.as_ref().map(|image| image.file.clone());
            let finding = finding.hint("store the image as it is shown, and make the mask from that");
            found.push(Finding { detail, ..finding });
        }
    }
}

/// True if one is the other scaled, to within rounding.
fn same_shape(one: Size, other: Size) -> bool {
    let cross = |a: u32, b: u32| u64::from(a) * u64::from(b);
    let slack = u64::from(one.0.max(one.1).max(other.0).max(other.1));
    cross(one.0, other.1).abs_diff(cross(one.1, other.0)) <= slack
}

#[cfg(test)]
mod tests {
    use super::same_shape;

    #[test]
    fn scaled_is_told_from_other() {
        assert!(same_shape((513, 385), (640, 480)) && same_shape((320, 240), (640, 480)));
        assert!(!same_shape((512, 512), (640, 480)));
    }
}
