//! From category IDs to class IDs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::classes;
use crate::model::{ClassId, ClassList};
use crate::{Error, Result};

/// The categories of some files, and the class list that they become.
pub(super) struct Categories {
    pub(super) list: Option<ClassList>,
    /// Name by category ID; nothing if no file names its categories.
    names: Option<BTreeMap<i64, String>>,
    /// The entries themselves, with what else they say.
    pub(super) entries: Option<Value>,
    /// The list is the user's: categories are found in it by their name.
    given: bool,
}

impl Categories {
    /// Those of all files together; `given` is the user's list.
    pub(super) fn new(files: &[Option<&Vec<Value>>], given: Option<ClassList>) -> Result<Self> {
        let mut entries: Vec<Value> = Vec::new();
        for entry in files.iter().copied().flatten().flatten() {
            let same = |other: &&Value| ["id", "name"].iter().all(|field| other.get(field) == entry.get(field));
            if files.len() == 1 || !entries.iter().any(|other| same(&other)) {
                entries.push(entry.clone());
            }
        }
        if entries.is_empty() {
            let is_given = given.is_some();
            return Ok(Categories {
                list: given.map(ClassList::with_unlabelled),
                names: None,
                entries: None,
                given: is_given,
            });
        }
        let entries = Value::Array(entries);
        let own = classes::of_categories(&entries)?;
        let names = own.classes().iter().map(|class| (class.id, class.name.clone())).collect();
        let is_given = given.is_some();
        let list = Some(given.unwrap_or(own).with_unlabelled());
        Ok(Categories { list, names: Some(names), entries: Some(entries), given: is_given })
    }

    /// The class of a category.
    pub(super) fn class_of(&self, category: i64) -> Result<ClassId> {
        let unknown = |message: &str, expected: String| {
            Err(Error::invalid(message.to_owned()).found(category.to_string()).expected(expected))
        };
        match (&self.names, &self.list) {
            (Some(names), list) => match (names.get(&category), list) {
                (None, _) => unknown("the category is not in `categories`", ids(names.keys())),
                (Some(name), Some(list)) if self.given => match list.by_name(name) {
                    Some(class) => Ok(class.id),
                    None => Err(Error::invalid("the class list lacks a category of the file")
                        .found(format!("category {category}, `{name}`"))
                        .expected("a class of that name")
                        .hint("add it to the class list, or convert without `--classes`")),
                },
                _ => Ok(category),
            },
            (None, Some(list)) if list.get(category).is_none() => {
                unknown("the category is not in the class list", ids(list.classes().iter().map(|class| &class.id)))
            }
            _ => Ok(category),
        }
    }
}

/// A list of IDs for messages.
pub(in crate::formats) fn ids<'a>(ids: impl Iterator<Item = &'a i64>) -> String {
    let ids: Vec<String> = ids.map(i64::to_string).collect();
    match ids.as_slice() {
        [first, .., last] if ids.len() > 8 => format!("one of {} IDs from {first} to {last}", ids.len()),
        [only] => only.clone(),
        _ => format!("one of {}", ids.join(", ")),
    }
}
