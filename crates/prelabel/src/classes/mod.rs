//! Class lists: read from the files in which the field keeps them, from presets, and with colours proposed.

mod off_by_one;
mod presets;
mod propose;
mod read;

pub use off_by_one::off_by_one;
pub use presets::{PRESETS, Preset, preset};
pub use propose::{Proposal, instance_color, with_proposed_colors};
pub(crate) use read::of_categories;
pub use read::{Parsed, parse};

use crate::model::{Class, ClassId, ClassList};
use crate::{Error, Result};

/// A class list that names classes by their ID: `class 7`.
///
/// # Errors
/// No IDs.
pub fn named_by_id(ids: impl IntoIterator<Item = ClassId>) -> Result<ClassList> {
    let class = |id: ClassId| {
        // Zero is the background by the field's custom.
        let color = (id == 0).then_some(crate::model::Color::BLACK);
        Class { color, ..Class::new(id, format!("class {id}")) }
    };
    ClassList::new(ids.into_iter().map(class).collect())
}

/// The class list as our own JSON: `classes.json` beside masks, one class a line.
///
/// # Errors
/// None in practice: names and numbers always serialise.
pub fn to_json(list: &ClassList) -> Result<Vec<u8>> {
    let mut text = String::from("{\"classes\": [");
    for (index, class) in list.classes().iter().enumerate() {
        let line =
            serde_json::to_string(class).map_err(|error| Error::invalid("a class cannot be written").source(error))?;
        text.push_str(if index == 0 { "\n  " } else { ",\n  " });
        text.push_str(&line);
    }
    text.push_str("\n]}\n");
    Ok(text.into_bytes())
}
