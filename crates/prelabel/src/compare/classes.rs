//! Which class of one tree is which of the other.

use std::collections::BTreeMap;

use crate::model::{ClassId, ClassKind, ClassList};
use crate::report::{Finding, Severity};

/// What a pixel of either tree counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// A class of [`Classes::listed`], by its place.
    Listed(u32),
    /// An ID that no class list has: the same ID in both trees is the same class.
    Id(ClassId),
    /// Pixels that must not count.
    Void,
}

/// A class of either tree, or of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Its name: A's where both have it.
    pub name: String,
    /// Its ID in A.
    pub a: Option<ClassId>,
    /// Its ID in B.
    pub b: Option<ClassId>,
    /// Whether it has countable objects, where either tree says so.
    pub kind: Option<ClassKind>,
    /// True if it is the background of either tree: pixels that no object covers.
    pub background: bool,
}

/// How classes were matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// Both trees have a class list.
    Name,
    /// A tree has none.
    Id,
}

/// The classes of two trees, matched: by name where both have a class list (as written, else without regard to case,
/// and backgrounds with each other whatever their names), else by ID.
#[derive(Clone, Debug)]
pub struct Classes {
    a: Half,
    b: Half,
    listed: Vec<Matched>,
    by: MatchedBy,
}

#[derive(Clone, Debug, Default)]
struct Half {
    list: Option<ClassList>,
    slots: BTreeMap<ClassId, Slot>,
}

impl Half {
    fn slot(&self, id: ClassId) -> Slot {
        self.slots.get(&id).copied().unwrap_or(Slot::Id(id))
    }
}

impl Classes {
    /// Matches the class lists of two trees; `ignore` are IDs of A that are void too.
    pub fn new(a: Option<ClassList>, b: Option<ClassList>, ignore: &[ClassId]) -> Self {
        let by = if a.is_some() && b.is_some() { MatchedBy::Name } else { MatchedBy::Id };
        let (a, b) = match (a, b) {
            (Some(list), None) | (None, Some(list)) => (Some(list.clone()), Some(list)),
            both => both,
        };
        let (Some(a), Some(b)) = (a, b) else {
            let slots: BTreeMap<ClassId, Slot> = ignore.iter().map(|&id| (id, Slot::Void)).collect();
            let half = Half { list: None, slots };
            return Classes { a: half.clone(), b: half, listed: Vec::new(), by };
        };
        let a = a.with_void(ignore);
        let listed = matched(&a, &b, by);
        let void = |one: &Matched| one.kind == Some(ClassKind::Void);
        let (mut slots_a, mut slots_b) = (BTreeMap::new(), BTreeMap::new());
        let (mut kinds_a, mut kinds_b) = (BTreeMap::new(), BTreeMap::new());
        let mut counted = Vec::new();
        for one in listed {
            let slot = if void(&one) { Slot::Void } else { Slot::Listed(counted.len() as u32) };
            for (id, slots, kinds) in [(one.a, &mut slots_a, &mut kinds_a), (one.b, &mut slots_b, &mut kinds_b)] {
                let Some(id) = id else { continue };
                slots.insert(id, slot);
                kinds.extend(one.kind.filter(|_| slot != Slot::Void).map(|kind| (id, kind)));
            }
            if slot != Slot::Void {
                counted.push(one);
            }
        }
        Classes {
            a: Half { list: Some(a.with_kinds(&kinds_a)), slots: slots_a },
            b: Half { list: Some(b.with_kinds(&kinds_b)), slots: slots_b },
            listed: counted,
            by,
        }
    }

    /// The classes that count, in the order of A's list, then of B's.
    pub fn listed(&self) -> &[Matched] {
        &self.listed
    }

    /// How they were matched.
    pub fn by(&self) -> MatchedBy {
        self.by
    }

    /// A's class list, or B's where A has none.
    pub fn list_a(&self) -> Option<&ClassList> {
        self.a.list.as_ref()
    }

    /// B's class list, or A's where B has none.
    pub fn list_b(&self) -> Option<&ClassList> {
        self.b.list.as_ref()
    }

    /// What an ID of A counts as.
    pub fn of_a(&self, id: ClassId) -> Slot {
        self.a.slot(id)
    }

    /// What an ID of B counts as.
    pub fn of_b(&self, id: ClassId) -> Slot {
        self.b.slot(id)
    }

    /// The class of a slot, where a list has it.
    pub fn get(&self, slot: Slot) -> Option<&Matched> {
        match slot {
            Slot::Listed(place) => self.listed.get(place as usize),
            Slot::Id(_) | Slot::Void => None,
        }
    }

    /// What a slot is called.
    pub fn name(&self, slot: Slot) -> String {
        match (slot, self.get(slot)) {
            (_, Some(class)) => class.name.clone(),
            (Slot::Id(id), _) => format!("ID {id}"),
            _ => "void".to_owned(),
        }
    }

    /// Whether a slot's class has countable objects.
    pub fn kind(&self, slot: Slot) -> Option<ClassKind> {
        self.get(slot).and_then(|class| class.kind)
    }

    /// What is odd about the match.
    pub fn findings(&self) -> Vec<Finding> {
        let names = |wanted: &dyn Fn(&&Matched) -> bool| -> Vec<&str> {
            self.listed.iter().filter(wanted).map(|class| class.name.as_str()).collect()
        };
        let mut findings = Vec::new();
        for (only, message, code) in [
            (names(&|class| class.b.is_none()), "classes are only in the list of A", "class-only-in-a"),
            (names(&|class| class.a.is_none()), "classes are only in the list of B", "class-only-in-b"),
        ] {
            if !only.is_empty() && self.by == MatchedBy::Name {
                let shown = only.iter().take(8).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                let more = if only.len() > 8 { format!(" and {} more", only.len() - 8) } else { String::new() };
                findings.push(Finding::new(code, Severity::Info, message).detail(format!("{shown}{more}")));
            }
        }
        if self.by == MatchedBy::Id && !self.listed.is_empty() {
            findings.push(
                Finding::new(
                    "classes-by-id",
                    Severity::Info,
                    "only one of the two has a class list: classes were matched by ID",
                )
                .hint("`--classes FILE` names the list of both, `--classes-b FILE` that of B"),
            );
        }
        findings
    }
}

/// All classes of two lists; of kind void if either says so.
fn matched(a: &ClassList, b: &ClassList, by: MatchedBy) -> Vec<Matched> {
    let kind = |list: &ClassList, id: ClassId| {
        list.get(id).and_then(|class| if class.is_void() { Some(ClassKind::Void) } else { class.kind })
    };
    let mut all: Vec<Matched> = a
        .classes()
        .iter()
        .map(|class| Matched {
            name: class.name.clone(),
            a: Some(class.id),
            b: None,
            kind: kind(a, class.id),
            background: false,
        })
        .collect();
    let mut take = |partner: Option<ClassId>, id: ClassId| {
        let free = all.iter_mut().find(|one| partner.is_some() && one.a == partner && one.b.is_none());
        free.map(|one| one.b = Some(id)).is_some()
    };
    let mut rest: Vec<&crate::model::Class> = b.classes().iter().collect();
    match by {
        MatchedBy::Id => rest.retain(|class| !take(a.get(class.id).map(|class| class.id), class.id)),
        MatchedBy::Name => {
            // Exact names first, so that none of them is taken by a name in another case.
            let exact = |name: &str| a.classes().iter().find(|class| class.name == name).map(|class| class.id);
            rest.retain(|class| !take(exact(&class.name), class.id));
            rest.retain(|class| !take(a.by_name(&class.name).map(|class| class.id), class.id));
            rest.retain(|class| b.background() != Some(class.id) || !take(a.background(), class.id));
        }
    }
    all.extend(rest.into_iter().map(|class| Matched {
        name: class.name.clone(),
        a: None,
        b: Some(class.id),
        kind: None,
        background: false,
    }));
    for one in &mut all {
        let is = |id: Option<ClassId>, list: &ClassList| id.is_some() && id == list.background();
        one.background = is(one.a, a) || is(one.b, b);
        let other = one.b.and_then(|id| kind(b, id));
        let void = other == Some(ClassKind::Void);
        one.kind = if void { other } else { one.kind.or(other) };
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Class, Color};

    fn class(id: ClassId, name: &str, kind: Option<ClassKind>) -> Class {
        Class { kind, ..Class::new(id, name) }
    }

    fn list(classes: Vec<Class>) -> Option<ClassList> {
        Some(ClassList::new(classes).unwrap())
    }

    #[test]
    fn names_match_as_written_before_their_case_does() {
        let thing = Some(ClassKind::Thing);
        let black = |id, name| Class { color: Some(Color::BLACK), ..Class::new(id, name) };
        let a =
            list(vec![black(0, "background"), class(1, "Car", thing), class(2, "car", None), class(7, "sky", None)]);
        let b =
            list(vec![black(9, "unlabelled"), class(4, "car", thing), class(5, "SKY", None), class(6, "new", None)]);
        let classes = Classes::new(a, b, &[]);
        let names: Vec<(&str, Option<ClassId>, Option<ClassId>)> =
            classes.listed().iter().map(|one| (one.name.as_str(), one.a, one.b)).collect();
        assert_eq!(
            names,
            [
                ("background", Some(0), Some(9)),
                ("Car", Some(1), None),
                ("car", Some(2), Some(4)),
                ("sky", Some(7), Some(5)),
                ("new", None, Some(6))
            ]
        );
        assert_eq!(classes.by(), MatchedBy::Name);
        assert_eq!(classes.of_a(2), classes.of_b(4));
        assert_eq!(classes.kind(classes.of_a(2)), thing, "B says what A does not");
        assert_eq!(classes.list_a().unwrap().get(2).unwrap().kind, thing);
        assert_eq!(classes.of_a(77), classes.of_b(77), "an ID that no list has");
        let codes: Vec<&str> = classes.findings().iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["class-only-in-a", "class-only-in-b"]);
    }

    #[test]
    fn what_is_void_in_one_is_void_in_both() {
        let a = list(vec![class(1, "car", None), class(255, "void", None), class(3, "road", None)]);
        let b = list(vec![class(1, "car", None), class(2, "road", Some(ClassKind::Void)), class(9, "bus", None)]);
        let classes = Classes::new(a, b, &[1]);
        for void in [classes.of_a(1), classes.of_a(255), classes.of_a(3), classes.of_b(1), classes.of_b(2)] {
            assert_eq!(void, Slot::Void);
        }
        assert_eq!(classes.listed().len(), 1);
        assert_eq!(classes.name(classes.of_b(9)), "bus");
    }

    #[test]
    fn without_a_list_ids_match() {
        let classes = Classes::new(None, list(vec![class(1, "car", None)]), &[]);
        assert_eq!((classes.by(), classes.of_a(1)), (MatchedBy::Id, classes.of_b(1)));
        assert_eq!(classes.name(classes.of_a(1)), "car");
        assert_eq!(classes.findings()[0].code, "classes-by-id");
        let none = Classes::new(None, None, &[255]);
        assert_eq!((none.of_a(255), none.of_b(255)), (Slot::Void, Slot::Void));
        assert_eq!((none.name(none.of_a(3)), none.of_b(3)), ("ID 3".to_owned(), Slot::Id(3)));
    }
}
