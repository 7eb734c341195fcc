use crate::report::{Finding, Severity};
use crate::validate::{Folder, Pair, Rule, RuleInfo};

/// So many images have a finding of their own: a folder of masks may be a small part of one of images.
const NAMED: usize = 1000;

static WITHOUT_IMAGE: RuleInfo = RuleInfo {
    code: "PL062",
    name: "image-missing",
    severity: Severity::Warning,
    fixable: false,
    lossy: false,
    summary: "A mask has no image.",
    cause: "A job needs both. Masks and images are matched by their path without extension, else by their name. The \
            rule needs the images: `--images DIR`, or a folder `images/` beside the masks.",
    fix: "Check the folder; rename one of the two; or remove the mask.",
    example: "masks/a.png       but no images/a.jpg, a.png, a.webp or a.bmp",
};

static WITHOUT_MASK: RuleInfo = RuleInfo {
    code: "PL063",
    name: "image-without-mask",
    severity: Severity::Warning,
    fixable: false,
    lossy: false,
    summary: "An image has no mask.",
    cause: "The model failed on it, it was added later, or the names differ. It would be submitted without a pre-label, \
            or not at all.",
    fix: "Make the mask; or leave the image out of the folder.",
    example: "images/b.jpg       but no masks/b.png",
};

static UNREADABLE: RuleInfo = RuleInfo {
    code: "PL065",
    name: "image-unreadable",
    severity: Severity::Warning,
    fixable: false,
    lossy: false,
    summary: "The size of an image cannot be read.",
    cause: "The file is empty, damaged, or of a kind that prelabel does not read (it reads JPEG, PNG, WebP and BMP). \
            Whether the mask fits it cannot be checked, and annotators may not see it either.",
    fix: "Open the image; copy it again if it is damaged.",
    example: "images/a.jpg: the size of the image cannot be read",
};

static TWICE: RuleInfo = RuleInfo {
    code: "PL069",
    name: "image-twice",
    severity: Severity::Info,
    fixable: false,
    lossy: false,
    summary: "Two images have the same key.",
    cause: "They differ in their extension only, so that the mask could belong to either. The first in the order of \
            names counts.",
    fix: "Remove or rename one of them.",
    example: "images/a.jpg and images/a.png",
};

/// PL062.
pub(in crate::validate) struct WithoutImage;
/// PL063.
pub(in crate::validate) struct WithoutMask;
/// PL065.
pub(in crate::validate) struct Unreadable;
/// PL069.
pub(in crate::validate) struct Twice;

impl Rule for WithoutImage {
    fn info(&self) -> &'static RuleInfo {
        &WITHOUT_IMAGE
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        if pair.pairs.has_images() && pair.image.is_none() {
            let finding = WITHOUT_IMAGE.finding("the mask has no image");
            let detail = format!("no image is called `{}`", pair.key);
            found.push(finding.detail(detail).hint("check the folder of the images, and the names"));
        }
    }
}

impl Rule for WithoutMask {
    fn info(&self) -> &'static RuleInfo {
        &WITHOUT_MASK
    }

    fn folder(&self, folder: &Folder<'_>, found: &mut Vec<Finding>) {
        let finding = || WITHOUT_MASK.finding("the image has no mask").hint("make the mask, or leave the image out");
        let mut images = folder.pairs.images_without_mask();
        found.extend(images.by_ref().take(NAMED).map(|image| finding().in_file(image)));
        let more = images.count();
        if more > 0 {
            found.push(finding().detail(format!("{more} more images")));
        }
    }
}

impl Rule for Unreadable {
    fn info(&self) -> &'static RuleInfo {
        &UNREADABLE
    }

    fn pair(&self, pair: &Pair<'_>, found: &mut Vec<Finding>) {
        let Some(image) = &pair.image else { return };
        let Err(error) = &image.size else { return };
        let source = std::error::Error::source(error).map(ToString::to_string);
        let why = error.found_text().map(ToOwned::to_owned).or(source);
        let finding = UNREADABLE.finding("the size of the image cannot be read").in_file(image.file.clone());
        let finding = finding.detail(why.unwrap_or_else(|| error.message().to_owned()));
        found.push(finding.hint(error.hint_text().unwrap_or("copy the image again")));
    }
}

impl Rule for Twice {
    fn info(&self) -> &'static RuleInfo {
        &TWICE
    }

    fn folder(&self, folder: &Folder<'_>, found: &mut Vec<Finding>) {
        for (left_out, counts) in folder.pairs.twin_images().take(NAMED) {
            let finding = TWICE.finding("two images have the same key").in_file(left_out);
            found.push(finding.detail(format!("{counts} counts")).hint("remove or rename one of them"));
        }
    }
}
