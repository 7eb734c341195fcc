//! What the platform needs of a legend, checked as text: this crate knows no colours.

use std::collections::HashMap;

/// Every problem of a legend given as (colour, label); empty if it may be sent.
pub fn legend_problems(entries: &[(String, String)]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut colors: HashMap<&str, &str> = HashMap::new();
    let mut labels: HashMap<&str, &str> = HashMap::new();
    if entries.is_empty() {
        problems.push("the legend is empty; a mask without a label needs no pre-labels at all".into());
    }
    for (color, label) in entries {
        if let Some(problem) = color_problem(color) {
            problems.push(format!("`{color}` {problem}"));
        }
        if let Some(first) = colors.insert(color, label) {
            problems.push(format!("`{color}` stands twice, for `{first}` and for `{label}`"));
        }
        if label.trim().is_empty() {
            problems.push(format!("`{color}` has an empty label"));
        } else if label.trim() != label {
            problems.push(format!("the label of `{color}` begins or ends with white space: {label:?}"));
        } else if let Some(first) = labels.insert(label, color) {
            problems.push(format!("the label `{label}` stands twice, for `{first}` and for `{color}`"));
        }
    }
    problems
}

fn color_problem(color: &str) -> Option<String> {
    let Some(digits) = color.strip_prefix('#') else {
        return Some("is not a colour, expected `#` and six hex digits".into());
    };
    let count = digits.chars().count();
    if !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Some("is not a colour: it has characters that are not hex digits".into());
    }
    if count != 6 {
        return Some(format!("is not a colour: {count} digits, expected 6"));
    }
    if digits.chars().any(|c| c.is_ascii_uppercase()) {
        return Some(format!("must be lower case: `{}`", color.to_ascii_lowercase()));
    }
    (digits == "000000").then(|| "is black, which means unlabelled in a mask; give the class another colour".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(entries: &[(&str, &str)]) -> Vec<String> {
        let entries: Vec<_> = entries.iter().map(|(c, l)| ((*c).to_owned(), (*l).to_owned())).collect();
        legend_problems(&entries)
    }

    #[test]
    fn a_good_legend_has_none() {
        assert_eq!(problems(&[("#f23334", "car # 1"), ("#fd2d34", "sky")]), Vec::<String>::new());
    }

    #[test]
    fn all_problems_are_listed_at_once() {
        let found = problems(&[
            ("#fdffd34", "road"),
            ("#FF0000", "car"),
            ("#000000", "void"),
            ("red", "bus"),
            ("#00ff00", ""),
            ("#00ff01", "tree"),
            ("#00ff01", "bush"),
            ("#00ff02", "tree"),
            ("#00ff03", "pole "),
            ("#gg0000", "x"),
        ]);
        assert_eq!(
            found,
            [
                "`#fdffd34` is not a colour: 7 digits, expected 6",
                "`#FF0000` must be lower case: `#ff0000`",
                "`#000000` is black, which means unlabelled in a mask; give the class another colour",
                "`red` is not a colour, expected `#` and six hex digits",
                "`#00ff00` has an empty label",
                "`#00ff01` stands twice, for `tree` and for `bush`",
                "the label `tree` stands twice, for `#00ff01` and for `#00ff02`",
                "the label of `#00ff03` begins or ends with white space: \"pole \"",
                "`#gg0000` is not a colour: it has characters that are not hex digits",
            ]
        );
        assert_eq!(problems(&[]).len(), 1);
    }
}
