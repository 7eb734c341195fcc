//! What becomes of pixels that stand for nothing.

use crate::Result;
use crate::model::{Class, ClassId, ClassList, Unlabelled};
use crate::report::{Loss, Report};

/// Counts pixels that become unlabelled but will come back as another ID: void pixels where there is a background too.
///
/// # Errors
/// There are some, and losses are not allowed.
pub fn count_merged(classes: &ClassList, pixels: impl Iterator<Item = (ClassId, u64)>, report: &Report) -> Result<()> {
    let unlabelled = |id: ClassId| classes.background() == Some(id) || classes.get(id).is_some_and(Class::is_void);
    let (home, name) = match classes.unlabelled() {
        Unlabelled::Background(id) => (id, "the background"),
        Unlabelled::Void(id) => (id, "another void class"),
        Unlabelled::Nothing => return Ok(()),
    };
    let merged: u64 = pixels.filter(|(id, _)| unlabelled(*id) && *id != home).map(|(_, pixels)| pixels).sum();
    if merged == 0 {
        return Ok(());
    }
    report.loss(Loss {
        code: "void-merged",
        message: format!("void pixels become unlabelled, and so the same as {name} (ID {home})"),
        count: merged,
        unit: "pixels",
        hint: "give the background a colour of its own with `--label-background`".to_owned(),
    })
}
