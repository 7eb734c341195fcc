//! Who may use what inside a crate.

/// The layers of the core: a module uses its own and those before it.
const LAYERS: &[&[&str]] = &[
    &["error", "limits"],
    &["model"],
    &["report"],
    &["geometry"],
    &["transform", "synthetic"],
    &["pixels", "tree", "classes"],
    &["formats", "validate"],
    &["convert", "inspect", "compare"],
];

/// Files of `formats/` that all formats share.
const SHARED_FORMATS: &[&str] = &["mod", "coco_json", "files", "mask_pairs", "nearest", "outlined"];

/// What is used in one place only: the text, where it may stand, and why.
const DOORS: &[(&str, &str, &[&str], &str)] = &[
    ("crates/prelabel/src/", "std::fs", &["crates/prelabel/src/tree/"], "`tree` is the only door to files"),
    ("crates/prelabel/src/", "tempfile::", &["crates/prelabel/src/tree/"], "`tree` is the only door to files"),
    ("crates/prelabel/src/", "std::env", &[], "the core reads no environment"),
    ("crates/prelabel/src/", "SystemTime", &["crates/prelabel/src/tree/"], "the core has no clock"),
    ("crates/prelabel/src/", "Instant::now", &[], "the core has no clock"),
    ("crates/prelabel-cli/src/", "println!", &["crates/prelabel-cli/src/output/"], "only `output` prints"),
    ("crates/prelabel-cli/src/", "stderr()", &["crates/prelabel-cli/src/output/"], "only `output` prints"),
    ("crates/prelabel-cli/src/", "stdout()", &["crates/prelabel-cli/src/output/"], "only `output` prints"),
    ("crates/prelabel-client/src/", "println!", &[], "the client prints nothing"),
    ("crates/prelabel-client/src/", "std::env", &[], "the client reads no environment"),
    ("crates/prelabel-sandbox/src/", "println!", &[], "the sandbox prints nothing"),
];

pub(super) fn check(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    // Tests may do what they like.
    let code: Vec<(usize, &str)> =
        text.lines().enumerate().take_while(|(_, line)| !line.starts_with("#[cfg(test)]")).collect();
    for (number, line) in code {
        let line = line.split("//").next().unwrap_or(line);
        let place = format!("{path}:{}", number + 1);
        for (below, what, allowed, why) in DOORS {
            if path.starts_with(below) && line.contains(what) && !allowed.iter().any(|door| path.starts_with(door)) {
                problems.push(format!("{place}: `{what}`: {why}"));
            }
        }
        if let Some(module) = path.strip_prefix("crates/prelabel/src/") {
            problems.extend(layers(module, line).map(|problem| format!("{place}: {problem}")));
        }
    }
    problems
}

fn layers(module: &str, line: &str) -> Option<String> {
    let own = module.split(['/', '.']).next()?;
    let rank = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let used = line
        .split("crate::")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next());
    for name in used {
        if let (Some(mine), Some(other)) = (rank(own), rank(name))
            && other > mine
        {
            return Some(format!("`{own}` uses `{name}`, which is a later layer: move the code or the noun down"));
        }
    }
    let format = module.strip_prefix("formats/")?.trim_end_matches(".rs");
    if SHARED_FORMATS.contains(&format) {
        return None;
    }
    // Files of a folder name each other freely; what lies beside the folder is theirs as any format's.
    let siblings = if format.contains('/') { "super::super::" } else { "super::" };
    let sibling = line.split(siblings).nth(1)?.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
    let shared = sibling.is_empty() || sibling.starts_with(char::is_uppercase) || SHARED_FORMATS.contains(&sibling);
    (!shared).then(|| format!("format `{format}` names format `{sibling}`: what both need belongs into a shared file"))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn finds_each_kind_of_wrong_import() {
        let wrong = [
            ("crates/prelabel/src/model/color.rs", "use crate::formats::Reader;"),
            ("crates/prelabel/src/formats/voc.rs", "use super::coco::Thing;"),
            ("crates/prelabel/src/formats/voc/lists.rs", "use super::super::coco::Thing;"),
            ("crates/prelabel/src/convert/mod.rs", "let x = std::fs::read(path);"),
            ("crates/prelabel-cli/src/commands/convert.rs", "    println!(\"x\");"),
        ];
        for (path, line) in wrong {
            assert_eq!(check(path, line).len(), 1, "{path}: {line}");
        }
        let right = [
            ("crates/prelabel/src/formats/voc.rs", "use super::files::map_paths;"),
            ("crates/prelabel/src/formats/voc/lists.rs", "use super::entries::Entry;"),
            ("crates/prelabel/src/formats/voc.rs", "use crate::model::Color;"),
            ("crates/prelabel/src/tree/folder_sink.rs", "use std::fs;"),
            ("crates/prelabel/src/model/color.rs", "// not crate::formats"),
            ("crates/prelabel/src/convert/mod.rs", "#[cfg(test)]\nuse std::fs;"),
        ];
        for (path, line) in right {
            assert_eq!(check(path, line), Vec::<String>::new(), "{path}: {line}");
        }
    }
}
