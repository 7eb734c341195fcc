//! What formats of outlines say of those they write.

use crate::model::{Instance, PixelRule, Shape};
use crate::report::{Finding, Report, Severity, amount};
use crate::transform::{Drawn, Outline};

/// What became of the outlines of an image.
#[derive(Default)]
pub(super) struct Outlined {
    redrawn: u64,
    simplified: u64,
    differing: u64,
    /// The least IoU, and whose.
    worst: Option<(f64, String)>,
}

impl Outlined {
    /// Counts an object.
    pub(super) fn add(&mut self, instance: &Instance, drawn: &Outline) {
        match drawn.drawn {
            Drawn::AsGiven => {}
            Drawn::Traced => self.redrawn += u64::from(matches!(instance.shape, Shape::Polygons(_))),
            Drawn::Simplified => {
                self.simplified += 1;
                self.differing += drawn.differing;
                if self.worst.as_ref().is_none_or(|(worst, _)| drawn.iou < *worst) {
                    self.worst = Some((drawn.iou, instance.name.clone()));
                }
            }
        }
    }

    /// Says it; outlines are read by `rule`.
    pub(super) fn tell(self, rule: PixelRule, report: &Report) {
        if self.redrawn > 0 {
            let message = format!(
                "outlines were drawn anew along the pixels that they cover: the rule of {rule} reads them differently"
            );
            let finding = Finding::new("outlines-redrawn", Severity::Info, message);
            report.finding(finding.detail(amount(self.redrawn, "objects")));
        }
        if let Some((worst, name)) = self.worst {
            let detail = format!(
                "{}; {} differ; the least IoU is {worst:.4}, of {name}",
                amount(self.simplified, "objects"),
                amount(self.differing, "pixels")
            );
            report.finding(
                Finding::new("outlines-simplified", Severity::Info, "outlines were simplified").detail(detail),
            );
        }
    }
}
