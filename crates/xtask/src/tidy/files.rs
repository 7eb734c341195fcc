//! Files stay small, and nothing is left half-done in them.

use std::fs;
use std::path::Path;

const MOST_LINES: usize = 600;
const MOST_BYTES: u64 = 3 << 20;

pub(super) fn check(root: &Path, tracked: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    for path in tracked {
        let bytes = fs::metadata(root.join(path)).map_or(0, |metadata| metadata.len());
        if bytes > MOST_BYTES {
            problems.push(format!("{path}: {bytes} bytes; make it smaller, or derive it in a test"));
        }
        if !path.ends_with(".rs") {
            continue;
        }
        let text = fs::read_to_string(root.join(path)).unwrap_or_default();
        if text.lines().count() > MOST_LINES {
            problems.push(format!("{path}: {} lines; more than one room in one: part it", text.lines().count()));
        }
        for (number, line) in text.lines().enumerate() {
            // Put together here, so that this file passes itself.
            for left in [
                concat!("TO", "DO"),
                concat!("FIX", "ME"),
                concat!("db", "g!("),
                concat!("to", "do!("),
                concat!("unimple", "mented!("),
            ] {
                if line.contains(left) {
                    problems.push(format!("{path}:{}: `{left}`: do it, or file an issue", number + 1));
                }
            }
        }
    }
    problems
}
