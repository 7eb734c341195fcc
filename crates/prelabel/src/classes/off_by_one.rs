use std::collections::BTreeMap;

use super::Parsed;
use crate::model::ClassId;
use crate::report::{Finding, Severity};

/// A warning when the lines of a list without IDs and the IDs found look shifted by one against each other:
/// a leading `background` or `unlabeled` line too many or too few.
pub fn off_by_one(parsed: &Parsed, found: &BTreeMap<ClassId, u64>) -> Option<Finding> {
    if !parsed.counted {
        return None;
    }
    let warning = |detail: String, hint: String| {
        let finding =
            Finding::new("off-by-one", Severity::Warning, "the class list looks shifted by one against the class IDs");
        Some(finding.detail(detail).hint(hint))
    };
    let lines = parsed.list.classes().iter().filter(|class| class.id >= 0 && class.id != 255).count() as ClassId;
    let first = parsed.list.get(0)?;
    let highest = *found.keys().rfind(|&&id| id != 255)?;
    let background = is_background(&first.name);
    if highest == lines && !background {
        return warning(
            format!(
                "{lines} lines give the IDs 0 to {}, but ID {highest} occurs; line 1 is `{}`",
                lines - 1,
                first.name
            ),
            "IDs seem to start at 1: put a line `background` before the first".to_owned(),
        );
    }
    // A list with a background whose last class never occurs, while ID 0 is not the commonest: labels of a
    // model that was trained without the background class.
    let most = found.iter().max_by_key(|(_, pixels)| **pixels).map(|(id, _)| *id);
    if background && lines > 2 && highest + 2 == lines && most != Some(0) && found.contains_key(&0) {
        return warning(
            format!("line 1 is `{}`, but ID 0 is not the commonest and ID {} never occurs", first.name, lines - 1),
            format!("if the model has no class for it, remove the line `{}` from the list", first.name),
        );
    }
    None
}

fn is_background(name: &str) -> bool {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    matches!(
        name.as_str(),
        "background" | "bg" | "unlabeled" | "unlabelled" | "other" | "none" | "void" | "ignore" | "nothing"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classes::parse;

    fn check(lines: &str, ids: &[(ClassId, u64)]) -> bool {
        let parsed = parse(lines.as_bytes(), "classes.txt").unwrap();
        off_by_one(&parsed, &ids.iter().copied().collect()).is_some()
    }

    #[test]
    fn a_missing_and_a_spare_first_line_are_told() {
        assert!(check("road\nsky\ncar\n", &[(0, 50), (1, 10), (3, 5)]));
        assert!(!check("background\nroad\nsky\n", &[(0, 50), (1, 10), (2, 5)]));
        assert!(check("background\nroad\nsky\ncar\n", &[(0, 5), (1, 50), (2, 5)]));
        assert!(!check("background\nroad\nsky\ncar\n", &[(0, 500), (1, 50), (2, 5)]));
        assert!(!check("road\nsky\ncar\n", &[(0, 50), (255, 10)]));
        assert!(!check("[{\"id\": 0, \"name\": \"road\"}]", &[(1, 1)]));
    }
}
