//! SARIF 2.1.0, which code hosts and editors show.

use prelabel::report::{Finding, Severity};
use prelabel::validate::RULES;
use serde_json::{Value, json};

/// Results on their way into one document.
#[derive(Debug, Default)]
pub(crate) struct Sarif {
    results: Vec<Value>,
}

impl Sarif {
    /// Adds a finding.
    pub(crate) fn add(&mut self, finding: &Finding, mask: &str) {
        let place = finding.at.as_ref().map(|at| format!("{at}: ")).unwrap_or_default();
        let detail = finding.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
        let hint = finding.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        self.results.push(json!({
            "ruleId": finding.code,
            "level": level(finding.severity),
            "message": { "text": format!("{place}{}{detail}{hint}", finding.message) },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": finding.file.as_deref().unwrap_or(mask) } } }],
        }));
    }

    /// The document.
    pub(crate) fn document(self) -> Value {
        let rules: Vec<_> = RULES
            .iter()
            .map(|rule| {
                let info = rule.info();
                json!({
                    "id": info.code,
                    "name": info.name,
                    "shortDescription": { "text": info.summary },
                    "fullDescription": { "text": info.cause },
                    "help": { "text": info.fix },
                    "defaultConfiguration": { "level": level(info.severity) },
                })
            })
            .collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": { "name": "prelabel", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
                "results": self.results,
            }],
        })
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
