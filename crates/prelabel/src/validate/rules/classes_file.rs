use crate::report::{Finding, Severity};
use crate::validate::{Folder, Rule, RuleInfo};

static INFO: RuleInfo = RuleInfo {
    code: "PL068",
    name: "classes-unreadable",
    severity: Severity::Error,
    fixable: false,
    lossy: false,
    summary: "`classes.json` is no class list.",
    cause: "The class list beside the masks makes the way back to class IDs exact. It is no JSON, or an ID, a name or \
            a colour stands in it twice, or a name is empty.",
    fix: "Mend the entry that the finding names; or remove the file, if the IDs do not matter.",
    example: "{\"classes\": [{\"id\": 1, \"name\": \"car\"}, {\"id\": 1, \"name\": \"sky\"}]}",
};

/// PL068.
pub(in crate::validate) struct ClassesFile;

impl Rule for ClassesFile {
    fn info(&self) -> &'static RuleInfo {
        &INFO
    }

    fn folder(&self, folder: &Folder<'_>, found: &mut Vec<Finding>) {
        let Some(error) = folder.classes_error else { return };
        let words = [("found", error.found_text()), ("expected", error.expected_text())];
        let words: Vec<_> = words.iter().filter_map(|(word, text)| Some(format!("{word} {}", (*text)?))).collect();
        let finding = INFO.finding(error.message()).in_file(folder.pairs.source().display("classes.json"));
        let finding = finding.hint(error.hint_text().unwrap_or("mend the file, or remove it"));
        let finding = Finding { at: error.place().cloned(), ..finding };
        found.push(if words.is_empty() { finding } else { finding.detail(words.join(", ")) });
    }
}
