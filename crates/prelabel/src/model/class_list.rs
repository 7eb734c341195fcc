use std::collections::{BTreeMap, BTreeSet};

use super::{Color, Label, Problem};
use crate::{Error, Result};

/// A class ID, as the source wrote it: −1 occurs, and 24 bits.
pub type ClassId = i64;

/// What pixels of a class mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassKind {
    /// Countable objects.
    Thing,
    /// Regions without number.
    Stuff,
    /// Pixels that must not count (255, −1): written as unlabelled.
    Void,
}

/// One class.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Class {
    /// The class ID in label maps.
    pub id: ClassId,
    /// The name, which becomes the label's text.
    pub name: String,
    /// The colour; `#000000` marks the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// What its pixels mean, where the source says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ClassKind>,
}

impl Class {
    /// A class without colour or kind.
    pub fn new(id: ClassId, name: impl Into<String>) -> Self {
        Class { id, name: name.into(), color: None, kind: None }
    }

    /// True if its pixels must not count. Where no kind is given, the names `void`, `ignore` and
    /// `__ignore__` (labelme's) say so.
    pub fn is_void(&self) -> bool {
        match self.kind {
            Some(kind) => kind == ClassKind::Void,
            None => matches!(self.name.as_str(), "__ignore__" | "ignore" | "void"),
        }
    }
}

/// What the unlabelled pixels of a mask stand for in a label map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlabelled {
    /// The background's ID: the class whose colour is `#000000`.
    Background(ClassId),
    /// There is no background; the ID of a void class.
    Void(ClassId),
    /// No class of the list can stand for them.
    Nothing,
}

/// Class IDs with their names, colours and kinds, ascending by ID.
///
/// # Guarantees
/// IDs and names are unique; no name is empty, holds control characters or looks like an instance
/// (`car # 1`); colours are unique among classes that get pixels of their own; at most one class that
/// is not void is the background (`#000000`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassList {
    classes: Vec<Class>,
    background: Option<ClassId>,
}

impl ClassList {
    /// A class list of these classes.
    ///
    /// # Errors
    /// The first of [`ClassList::problems`].
    pub fn new(mut classes: Vec<Class>) -> Result<Self> {
        let mut problems = ClassList::problems(&classes);
        if !problems.is_empty() {
            let first = problems.remove(0);
            return Err(first.into_error(problems.len()));
        }
        classes.sort_by_key(|class| class.id);
        let black = classes.iter().find(|class| class.color == Some(Color::BLACK) && !class.is_void());
        let background = black.map(|class| class.id);
        Ok(ClassList { classes, background })
    }

    /// Everything that is wrong with these classes.
    pub fn problems(classes: &[Class]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut ids = BTreeSet::new();
        let mut names = BTreeSet::new();
        let mut colors: BTreeMap<Color, &str> = BTreeMap::new();
        if classes.is_empty() {
            problems.push(Problem::new("classes", "the class list is empty"));
        }
        for class in classes {
            let entry = format!("{} {}", class.id, class.name);
            if !ids.insert(class.id) {
                let problem = Problem::new(&entry, "the class ID stands twice in the class list");
                problems.push(problem.hint("give each class an ID of its own"));
            }
            if class.name.trim().is_empty() || class.name.trim() != class.name {
                problems.push(Problem::new(&entry, "the class name is empty or has spaces around it"));
            } else if class.name.chars().any(char::is_control) {
                problems.push(Problem::new(&entry, "the class name holds control characters"));
            } else if Label::parse(&class.name).instance.is_some() {
                let problem = Problem::new(&entry, "the class name looks like a numbered object");
                problems.push(
                    problem.hint("labels of objects are `class # number`; leave the number out of the class list"),
                );
            } else if !names.insert(class.name.as_str()) {
                problems.push(Problem::new(&entry, "the class name stands twice in the class list"));
            }
            let Some(color) = class.color.filter(|_| !class.is_void()) else { continue };
            if let Some(other) = colors.insert(color, &class.name) {
                let message = if color == Color::BLACK {
                    format!("two classes are the background (`#000000`); the other is `{other}`")
                } else {
                    format!("the colour {color} stands twice in the class list; the other class is `{other}`")
                };
                problems.push(
                    Problem::new(&entry, message)
                        .hint("give one of them another colour, or none: it then gets one proposed"),
                );
            }
        }
        problems
    }

    /// The same list with `id` as the background, whatever its colour; a former one gets a colour proposed.
    ///
    /// # Errors
    /// The list lacks that ID.
    pub fn with_background(mut self, id: ClassId) -> Result<Self> {
        self.known(id, "--background")?;
        for class in &mut self.classes {
            if class.id == id {
                class.color = Some(Color::BLACK);
                class.kind = class.kind.filter(|kind| *kind != ClassKind::Void);
            } else if class.color == Some(Color::BLACK) && !class.is_void() {
                class.color = None;
            }
        }
        self.background = Some(id);
        Ok(self)
    }

    /// The same list where the background is a class like the others: it gets a colour proposed.
    pub fn with_labelled_background(mut self) -> Self {
        if let Some(id) = self.background.take() {
            for class in self.classes.iter_mut().filter(|class| class.id == id) {
                class.color = None;
            }
        }
        self
    }

    /// The same list with these IDs void; an ID that it lacks is added as `void ID`.
    pub fn with_void(mut self, ids: &[ClassId]) -> Self {
        for &id in ids {
            match self.classes.binary_search_by_key(&id, |class| class.id) {
                Ok(index) => self.classes[index].kind = Some(ClassKind::Void),
                Err(index) => {
                    let class = Class { kind: Some(ClassKind::Void), ..Class::new(id, format!("void {id}")) };
                    self.classes.insert(index, class);
                }
            }
            if self.background == Some(id) {
                self.background = None;
            }
        }
        self
    }

    /// The same list with these colours, by ID. Used by what proposes colours; not for users.
    pub(crate) fn with_colors(mut self, colors: &BTreeMap<ClassId, Color>) -> Self {
        for class in &mut self.classes {
            if let Some(&color) = colors.get(&class.id) {
                class.color = Some(color);
            }
        }
        self
    }

    /// The same list with these kinds, thing or stuff, by ID, where it says none itself.
    pub(crate) fn with_kinds(mut self, kinds: &BTreeMap<ClassId, ClassKind>) -> Self {
        for class in self.classes.iter_mut().filter(|class| class.kind.is_none() && !class.is_void()) {
            class.kind = kinds.get(&class.id).copied();
        }
        self
    }

    fn known(&self, id: ClassId, option: &str) -> Result<&Class> {
        self.get(id).ok_or_else(|| {
            Error::usage(format!("`{option}` names an ID that the class list lacks"))
                .found(id.to_string())
                .expected(format!("one of {}", self.ids_text()))
        })
    }

    fn ids_text(&self) -> String {
        let ids: Vec<_> = self.classes.iter().map(|class| class.id.to_string()).collect();
        match ids.as_slice() {
            [first, .., last] if ids.len() > 8 => format!("{first} … {last} ({} IDs)", ids.len()),
            _ => ids.join(", "),
        }
    }

    /// The same list with a class for unlabelled pixels where it has none: `background`, `#000000`, with ID 0 or the
    /// least free one above all.
    pub fn with_unlabelled(mut self) -> Self {
        if self.unlabelled() != Unlabelled::Nothing {
            return self;
        }
        let above = self.classes.last().and_then(|class| class.id.checked_add(1));
        let free = |id: &ClassId| self.get(*id).is_none();
        let id = Some(0).filter(free).or(above).or_else(|| (0..).find(free)).unwrap_or(0);
        let names = ["background", "unlabelled", "no object"];
        let free = names.into_iter().find(|name| self.by_name(name).is_none());
        let name = free.map_or_else(|| format!("no object ({id})"), str::to_owned);
        let class = Class { id, name, color: Some(Color::BLACK), kind: None };
        let place = self.classes.partition_point(|class| class.id < id);
        self.classes.insert(place, class);
        self.background = Some(id);
        self
    }

    /// The classes, ascending by ID.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The class of an ID.
    pub fn get(&self, id: ClassId) -> Option<&Class> {
        let index = self.classes.binary_search_by_key(&id, |class| class.id).ok()?;
        self.classes.get(index)
    }

    /// The class of a name: as written, else without regard to case if that is unambiguous.
    pub fn by_name(&self, name: &str) -> Option<&Class> {
        if let Some(class) = self.classes.iter().find(|class| class.name == name) {
            return Some(class);
        }
        let mut alike = self.classes.iter().filter(|class| class.name.eq_ignore_ascii_case(name));
        alike.next().filter(|_| alike.next().is_none())
    }

    /// The background's ID.
    pub fn background(&self) -> Option<ClassId> {
        self.background
    }

    /// What unlabelled pixels stand for: the background if there is one, else a void class: 255,
    /// 0 or −1 by custom, else the first.
    pub fn unlabelled(&self) -> Unlabelled {
        if let Some(id) = self.background {
            return Unlabelled::Background(id);
        }
        let void = |wanted: ClassId| self.get(wanted).filter(|class| class.is_void());
        let class = void(255).or_else(|| void(0)).or_else(|| void(-1));
        match class.or_else(|| self.classes.iter().find(|class| class.is_void())) {
            Some(class) => Unlabelled::Void(class.id),
            None => Unlabelled::Nothing,
        }
    }

    /// Classes whose pixels are labelled in a mask: all but void ones and the background.
    pub fn labelled(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter().filter(|class| self.is_labelled(class))
    }

    /// True if pixels of a class of this list are labelled in a mask.
    pub fn is_labelled(&self, class: &Class) -> bool {
        !class.is_void() && Some(class.id) != self.background
    }

    /// An error for an ID that occurs in a map but not in this list.
    pub fn unknown_id(&self, id: ClassId, pixels: u64, first: (u32, u32)) -> Error {
        let error = Error::invalid(format!("the class list lacks class ID {id}"))
            .at(crate::error::At::Pixel(first.0, first.1))
            .found(format!("{pixels} pixels of ID {id}, the first here"))
            .expected(format!("one of {}", self.ids_text()));
        error.hint(format!("add the class to the list, or leave its pixels unlabelled with `--ignore {id}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(id: ClassId, name: &str, color: &str) -> Class {
        Class { color: color.parse().ok(), ..Class::new(id, name) }
    }

    #[test]
    fn lists_every_problem_at_once() {
        let classes = [
            class(0, "background", "#000000"),
            class(0, "sky", "#000000"),
            class(1, "sky", "#112233"),
            class(2, "car # 1", "#112233"),
            class(3, "", ""),
        ];
        let messages: Vec<_> = ClassList::problems(&classes).into_iter().map(|p| p.message).collect();
        assert_eq!(messages.len(), 6, "{messages:#?}");
        let error = ClassList::new(classes.to_vec()).unwrap_err();
        assert!(error.to_string().contains("and 5 more"), "{error}");
    }

    #[test]
    fn black_is_the_background_and_void_may_share_colours() {
        let mut void = class(255, "edge", "#000000");
        void.kind = Some(ClassKind::Void);
        let list = ClassList::new(vec![class(1, "car", "#112233"), void, class(0, "other", "#000000")]).unwrap();
        assert_eq!(list.unlabelled(), Unlabelled::Background(0));
        assert_eq!(list.labelled().map(|class| class.id).collect::<Vec<_>>(), [1]);
        let list = list.with_labelled_background();
        assert_eq!(list.unlabelled(), Unlabelled::Void(255));
        assert_eq!(list.labelled().count(), 2);
    }

    #[test]
    fn void_ids_may_be_added() {
        let list = ClassList::new(vec![class(0, "a", "#010203")]).unwrap().with_void(&[-1, 0]);
        assert_eq!(list.labelled().count(), 0);
        assert_eq!(list.unlabelled(), Unlabelled::Void(0));
        assert!(list.with_background(7).is_err());
    }
}
