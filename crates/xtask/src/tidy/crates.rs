//! Arrows between crates point down, and the core stays without network, clock and database.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

/// What each crate may use of this workspace, outside of tests.
const ARROWS: &[(&str, &[&str])] = &[
    ("prelabel", &[]),
    ("prelabel-client", &[]),
    ("prelabel-sandbox", &["prelabel"]),
    ("prelabel-cli", &["prelabel", "prelabel-client", "prelabel-sandbox"]),
    ("testkit", &[]),
    ("xtask", &[]),
];

/// What the core never depends on.
const NOT_IN_CORE: &[&str] = &["axum", "hyper", "object_store", "reqwest", "rusqlite", "tokio", "ureq"];

pub(super) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata prints JSON")?;
    let architecture = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap_or_default();
    let mut problems = Vec::new();
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    let members: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let manifest = format!("crates/{name}/Cargo.toml");
        let allowed = ARROWS.iter().find(|(from, _)| *from == name).map(|(_, to)| *to);
        if allowed.is_none() {
            problems.push(format!("{manifest}: the crate has no row in xtask's table of arrows: add it"));
        }
        let text = std::fs::read_to_string(root.join(&manifest)).unwrap_or_default();
        if !text.contains("[lints]\nworkspace = true") {
            problems.push(format!("{manifest}: lacks `[lints] workspace = true`"));
        }
        let normal = package["dependencies"].as_array().into_iter().flatten().filter(|one| one["kind"].is_null());
        for dependency in normal.filter_map(|one| one["name"].as_str()) {
            if members.contains(&dependency) && !allowed.unwrap_or_default().contains(&dependency) {
                problems.push(format!("{manifest}: `{name}` must not use `{dependency}`: arrows point down only"));
            }
            if name == "prelabel" && NOT_IN_CORE.contains(&dependency) {
                problems
                    .push(format!("{manifest}: the core must not use `{dependency}`: no network, clock or database"));
            }
            if !members.contains(&dependency) && !architecture.contains(&format!("`{dependency}`")) {
                problems.push(format!("{manifest}: ARCHITECTURE.md does not say why `{dependency}` is there"));
            }
        }
    }
    Ok(problems)
}
