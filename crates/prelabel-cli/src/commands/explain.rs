use prelabel::validate::{self, RULES};
use serde_json::json;

use super::End;
use crate::cli::Explain;
use crate::exit_code::Exit;
use crate::output::Output;

pub(super) fn run(args: &Explain, output: &Output) -> Result<Exit, End> {
    if let (Some(rule), false) = (&args.rule, output.is_json()) {
        output.data(validate::explain(rule)?.page().as_bytes())?;
        return Ok(Exit::Done);
    }
    let wanted = args.rule.as_deref().map(validate::explain).transpose()?;
    for rule in RULES {
        let info = rule.info();
        if wanted.is_some_and(|wanted| wanted.code != info.code) {
            continue;
        }
        match output.is_json() {
            true => output.object(&json!({
                "v": 1, "type": "rule", "code": info.code, "name": info.name, "severity": info.severity, "fixable": info.fixable,
                "lossy": info.lossy, "summary": info.summary, "cause": info.cause, "fix": info.fix, "example": info.example,
            }))?,
            false => {
                let mend = if info.lossy { "fix, lossy" } else if info.fixable { "fix" } else { "" };
                output.line(format!("{}  {:7}  {:22} {:11} {}", info.code, info.severity.name(), info.name, mend, info.summary).trim_end())?;
            }
        }
    }
    Ok(Exit::Done)
}
