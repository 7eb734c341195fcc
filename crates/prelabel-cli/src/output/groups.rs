use prelabel::report::{Group, GroupKind, Severity, amount};

use super::{CYAN, RED, YELLOW};

/// How many of a group are told with their figures.
const TOLD: usize = 3;

/// The lines that tell a group: 812 alike are one line with a count and the first three; of failures, losses and
/// errors the others are named without figures. With `-v` each has its line.
pub(super) fn lines(group: &Group, verbose: bool, paint: impl Fn(&str, &str) -> String) -> Vec<String> {
    let word = match group.kind {
        GroupKind::Failure => paint("failed:", RED),
        GroupKind::Finding(Severity::Error) => paint(&format!("error {}:", group.code), RED),
        GroupKind::Finding(Severity::Warning) => paint(&format!("warning {}:", group.code), YELLOW),
        GroupKind::Finding(Severity::Info) => paint(&format!("info {}:", group.code), CYAN),
        GroupKind::Loss => paint("lost:", YELLOW),
    };
    let examples: Vec<_> = group.examples().collect();
    let told = |file: &str, detail: &str| if detail.is_empty() { file.to_owned() } else { format!("{file}: {detail}") };
    let total = group.total.map(|(total, unit)| format!(", {}", amount(total, unit))).unwrap_or_default();
    let mut lines = Vec::new();
    match examples.as_slice() {
        [only] if group.count == 1 && only.file.is_empty() => {
            lines.push(format!(
                "{word} {}{}",
                group.message,
                if only.detail.is_empty() { String::new() } else { format!(": {}", only.detail) }
            ));
        }
        [only] if group.count == 1 => {
            lines.push(format!("{word} {}\n  {}", group.message, told(&only.file, &only.detail)))
        }
        _ => {
            lines.push(format!("{word} {} ({} times{total})", group.message, group.count));
            let shown = if verbose { examples.len() } else { TOLD };
            lines.extend(
                examples.iter().take(shown).map(|example| format!("  {}", told(&example.file, &example.detail))),
            );
            // What is only worth knowing need not be named a hundred times.
            let named = !matches!(group.kind, GroupKind::Finding(Severity::Info | Severity::Warning));
            let mut named = if named { examples.get(shown..).unwrap_or_default().to_vec() } else { Vec::new() };
            named.dedup_by_key(|example| &example.file);
            if !named.is_empty() {
                let files: Vec<&str> = named.iter().map(|example| example.file.as_str()).collect();
                lines.push(format!("  also {}", files.join(", ")));
            }
            let unnamed = group.count - (shown.min(examples.len()) + named.len()) as u64;
            if unnamed > 0 {
                lines.push(format!("  and {unnamed} more; `--json` names each"));
            }
        }
    }
    if let Some(hint) = &group.hint {
        lines.push(format!("  {} {hint}", paint("hint:", CYAN)));
    }
    lines
}
