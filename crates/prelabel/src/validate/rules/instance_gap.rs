use std::collections::{BTreeMap, BTreeSet};

use crate::report::{Finding, Severity};
use crate::validate::{LegendCheck, Rule, RuleInfo};

/// So many missing numbers are named.
const NAMED: usize = 5;

static INFO: RuleInfo = RuleInfo {
    code: "PL080",
    name: "instance-gap",
    severity: Severity::Info,
    fixable: false,
    lossy: false,
    summary: "The instance numbers of a class have gaps.",
    cause: "Objects are numbered from 1. A missing number may be an object that was lost on the way, hidden by another, \
            or removed on purpose; numbers that go through a video have gaps in single frames.",
    fix: "Check whether an object is missing; else leave it. prelabel does not renumber: a number may be an identity.",
    example: "{\"#f23334\": \"car # 1\", \"#fd2d34\": \"car # 3\"}       no `car # 2`",
};

/// PL080.
pub(in crate::validate) struct InstanceGap;

impl Rule for InstanceGap {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn legend(&self, check: &LegendCheck<'_>, found: &mut Vec<Finding>) {
        let mut numbers: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for label in check.legend.labels.values() {
            if let Some(number) = label.instance {
                numbers.entry(&label.class).or_default().insert(number);
            }
        }
        for (class, numbers) in numbers {
            let highest = numbers.last().copied().unwrap_or_default();
            let missing = u64::from(highest) - numbers.len() as u64;
            if missing == 0 {
                continue;
            }
            // At most so many are looked at as are there and as are named.
            let gaps = (1..highest).filter(|number| !numbers.contains(number)).take(NAMED);
            let mut gaps: Vec<_> = gaps.map(|number| number.to_string()).collect();
            if missing > NAMED as u64 {
                gaps.push("…".to_owned());
            }
            let finding = INFO.finding("the instance numbers of a class have gaps");
            let detail = format!("`{class}` goes up to {highest}, {missing} missing: {}", gaps.join(", "));
            found.push(finding.detail(detail).hint("check whether an object was lost"));
        }
    }
}
