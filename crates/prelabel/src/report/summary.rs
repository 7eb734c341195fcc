use std::collections::BTreeMap;

use super::{Finding, Loss, Remarks, Severity};
use crate::{Error, ErrorKind};

/// How many places of one group are kept: enough to name them, few enough for 100,000 alike.
const KEPT: usize = 200;

/// What a group gathers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKind {
    /// Samples that could not be done.
    Failure,
    /// Findings of one severity.
    Finding(Severity),
    /// Losses that were allowed.
    Loss,
}

/// Remarks that say the same, over all samples of a run.
#[derive(Clone, Debug)]
pub struct Group {
    /// What it gathers.
    pub kind: GroupKind,
    /// The code of its finding or loss; for a failure, the kind of error.
    pub code: &'static str,
    /// What all have in common.
    pub message: String,
    /// What to do, from the first of them.
    pub hint: Option<String>,
    /// How many there are.
    pub count: u64,
    /// For losses: the total of what was lost, and its unit.
    pub total: Option<(u64, &'static str)>,
    examples: BTreeMap<(usize, usize), Example>,
}

/// One of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The file, or the key where there is no file.
    pub file: String,
    /// Place and figures.
    pub detail: String,
}

impl Group {
    /// The first of the group in the order of samples; at most 200 are kept.
    pub fn examples(&self) -> impl ExactSizeIterator<Item = &Example> {
        self.examples.values()
    }
}

/// The remarks of a run. Adding in any order gives the same summary.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    groups: BTreeMap<(std::cmp::Reverse<GroupKind>, &'static str, String), Group>,
}

impl Summary {
    /// Adds the remarks on sample `index`.
    pub fn add(&mut self, index: usize, name: &str, remarks: &Remarks) {
        for (order, finding) in remarks.findings.iter().enumerate() {
            self.finding(index, order, name, finding);
        }
        for (order, loss) in remarks.losses.iter().enumerate() {
            self.loss(index, order, name, loss);
        }
    }

    /// Adds the failure of sample `index`.
    pub fn fail(&mut self, index: usize, name: &str, error: &Error) {
        let detail = match (error.place(), error.found_text(), error.expected_text()) {
            (None, None, None) => std::error::Error::source(error).map(ToString::to_string).unwrap_or_default(),
            (place, found, expected) => {
                let place = place.map(ToString::to_string);
                let found = found.map(|found| format!("found {found}"));
                let expected = expected.map(|expected| format!("expected {expected}"));
                [place, found, expected].into_iter().flatten().collect::<Vec<_>>().join(", ")
            }
        };
        let file = error.file().unwrap_or(name).to_owned();
        let group = self.group(GroupKind::Failure, kind_code(error.kind()), error.message(), error.hint_text());
        group.insert((index, 0), Example { file, detail });
    }

    fn finding(&mut self, index: usize, order: usize, name: &str, finding: &Finding) {
        let kind = GroupKind::Finding(finding.severity);
        let place = finding.at.as_ref().map(ToString::to_string);
        let detail = [place, finding.detail.clone()].into_iter().flatten().collect::<Vec<_>>().join(": ");
        let file = finding.file.clone().unwrap_or_else(|| name.to_owned());
        let group = self.group(kind, finding.code, &finding.message, finding.hint.as_deref());
        group.insert((index, order), Example { file, detail });
    }

    fn loss(&mut self, index: usize, order: usize, name: &str, loss: &Loss) {
        let detail = loss.amount();
        let group = self.group(GroupKind::Loss, loss.code, &loss.message, Some(&loss.hint));
        group.total = Some((group.total.map_or(0, |(total, _)| total) + loss.count, loss.unit));
        group.insert((index, order), Example { file: name.to_owned(), detail });
    }

    fn group(&mut self, kind: GroupKind, code: &'static str, message: &str, hint: Option<&str>) -> &mut Group {
        let group = || Group {
            kind,
            code,
            message: message.to_owned(),
            hint: hint.map(ToOwned::to_owned),
            count: 0,
            total: None,
            examples: BTreeMap::new(),
        };
        self.groups.entry((std::cmp::Reverse(kind), code, message.to_owned())).or_insert_with(group)
    }

    /// Takes another run's remarks in; its sample indices must be of the same numbering.
    pub fn merge(&mut self, other: Summary) {
        for (key, group) in other.groups {
            let mine = self.groups.entry(key).or_insert_with(|| Group {
                count: 0,
                total: None,
                examples: BTreeMap::new(),
                ..group.clone()
            });
            mine.count += group.count;
            if let Some((total, unit)) = group.total {
                mine.total = Some((mine.total.map_or(0, |(mine, _)| mine) + total, unit));
            }
            mine.examples.extend(group.examples);
            while mine.examples.len() > KEPT {
                mine.examples.pop_last();
            }
        }
    }

    /// The groups, the worst first: losses, findings from errors down, failures.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// How many samples failed.
    pub fn failures(&self) -> u64 {
        self.count(|kind| kind == GroupKind::Failure)
    }

    /// How many findings there are of this severity or worse.
    pub fn findings(&self, at_least: Severity) -> u64 {
        self.count(|kind| matches!(kind, GroupKind::Finding(severity) if severity >= at_least))
    }

    /// How many losses were allowed.
    pub fn losses(&self) -> u64 {
        self.count(|kind| kind == GroupKind::Loss)
    }

    fn count(&self, wanted: impl Fn(GroupKind) -> bool) -> u64 {
        self.groups.values().filter(|group| wanted(group.kind)).map(|group| group.count).sum()
    }
}

impl Group {
    fn insert(&mut self, order: (usize, usize), example: Example) {
        self.count += 1;
        self.examples.insert(order, example);
        if self.examples.len() > KEPT {
            self.examples.pop_last();
        }
    }
}

/// The stable word of a kind of error.
fn kind_code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Usage => "usage",
        ErrorKind::Missing => "missing",
        ErrorKind::Unreadable => "unreadable",
        ErrorKind::Invalid => "invalid",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Limit => "limit",
        ErrorKind::Lossy => "lossy",
        ErrorKind::Exists => "exists",
        ErrorKind::Output => "output",
        ErrorKind::Interrupted => "interrupted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::At;

    #[test]
    fn alike_ones_are_one_group_whatever_the_order() {
        let error =
            |index: u64| Error::invalid("the data is cut short").in_file(format!("{index}.npy")).at(At::Byte(index));
        let mut forward = Summary::default();
        let mut backward = Summary::default();
        for index in 0..1000 {
            forward.fail(index, "", &error(index as u64));
            backward.fail(999 - index, "", &error(999 - index as u64));
        }
        let (one, other) = (forward.groups().next().unwrap(), backward.groups().next().unwrap());
        assert_eq!((one.count, one.examples().len()), (1000, KEPT));
        assert_eq!(one.examples().collect::<Vec<_>>(), other.examples().collect::<Vec<_>>());
        assert_eq!(one.examples().next().unwrap().file, "0.npy");
    }

    #[test]
    fn merging_equals_adding() {
        let finding = Finding::new("PL010", Severity::Warning, "odd").detail("3 pixels");
        let remarks = Remarks { findings: vec![finding], losses: vec![] };
        let (mut whole, mut left, mut right) = (Summary::default(), Summary::default(), Summary::default());
        for index in 0..10 {
            whole.add(index, "k", &remarks);
            if index % 2 == 0 { left.add(index, "k", &remarks) } else { right.add(index, "k", &remarks) }
        }
        right.merge(left);
        assert_eq!(format!("{right:?}"), format!("{whole:?}"));
        assert_eq!(whole.findings(Severity::Warning), 10);
        assert_eq!(whole.findings(Severity::Error), 0);
    }
}
