//! Workflow commands of GitHub Actions: findings appear as annotations of files.

use prelabel::report::{Finding, Severity};

/// One finding as a workflow command.
pub(crate) fn annotation(finding: &Finding, mask: &str) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let file = finding.file.as_deref().unwrap_or(mask);
    let place = finding.at.as_ref().map(|at| format!("{at}: ")).unwrap_or_default();
    let detail = finding.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
    let hint = finding.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
    let text = format!("{place}{}{detail}{hint}", finding.message);
    format!("::{command} file={},title={}::{}", property(file), property(finding.code), message(&text))
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_files_cannot_end_the_command() {
        let finding = Finding::new("PL001", Severity::Error, "a\nb 100%").hint("c");
        assert_eq!(annotation(&finding, "x:y,z.png"), "::error file=x%3Ay%2Cz.png,title=PL001::a%0Ab 100%25%0Ac");
    }
}
