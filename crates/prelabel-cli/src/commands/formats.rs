use prelabel::formats::{self, FORMATS, Info};
use serde_json::json;

use super::End;
use crate::cli::Formats;
use crate::exit_code::Exit;
use crate::output::Output;

pub(super) fn run(args: &Formats, output: &Output) -> Result<Exit, End> {
    if let Some(name) = &args.format {
        let info = formats::find(name)?.info();
        if output.is_json() {
            output.object(&object(info))?;
        } else {
            output.line(&format!("{} ({}): {}\n", info.name, direction(info), info.title))?;
            output.line(info.about)?;
            output.line(&format!("\nAlso called: {}\nExample: {}", info.aliases.join(", "), info.example))?;
        }
        return Ok(Exit::Done);
    }
    let width = FORMATS.iter().map(|format| format.info().name.len()).max().unwrap_or_default();
    for format in FORMATS {
        let info = format.info();
        match output.is_json() {
            true => output.object(&object(info))?,
            false => output.line(&format!("{:width$}  {:2}  {}", info.name, direction(info), info.title))?,
        }
    }
    if !output.is_json() {
        output.say("\nr = read, w = write; `prelabel formats NAME` shows one");
    }
    Ok(Exit::Done)
}

fn direction(info: &Info) -> String {
    format!("{}{}", if info.reads { "r" } else { "" }, if info.writes { "w" } else { "" })
}

fn object(info: &Info) -> serde_json::Value {
    json!({
        "v": 1, "type": "format", "name": info.name, "aliases": info.aliases, "title": info.title, "about": info.about,
        "reads": info.reads, "writes": info.writes, "example": info.example,
        "content": info.content.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
    })
}
