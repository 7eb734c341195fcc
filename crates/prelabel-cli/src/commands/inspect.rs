use prelabel::inspect::{self, Inspection};
use prelabel::report::amount;
use serde_json::json;

use super::End;
use crate::cli::{Common, Inspect};
use crate::exit_code::Exit;
use crate::input::{self, Opened};
use crate::output::Output;

pub(super) fn run(args: &Inspect, common: &Common, output: &Output) -> Result<Exit, End> {
    let limits = input::limits(common);
    let opened = input::open(&args.input, None, &limits)?;
    let progress = output.progress(opened.reader.len(), "samples");
    let seen = inspect::inspect(&*opened.reader, &|| progress.step(true))?;
    progress.end();
    match output.is_json() {
        true => output.object(&object(&opened, &seen))?,
        false => text(&opened, &seen, output)?,
    }
    output.summary(&seen.summary);
    Ok(if seen.summary.failures() > 0 { Exit::Partly } else { Exit::Done })
}

fn text(opened: &Opened, seen: &Inspection, output: &Output) -> Result<(), End> {
    let why = opened.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    output.line(&format!("{}: {}{why}", opened.source.name(), opened.format.info().name))?;
    let content: Vec<_> = seen.content.iter().map(|(name, count)| format!("{count} × {name}")).collect();
    output.line(&format!(
        "{}, {}: {}",
        amount(seen.samples, "samples"),
        amount(seen.pixels, "pixels"),
        content.join(", ")
    ))?;
    let mut sizes: Vec<_> = seen.sizes.iter().collect();
    sizes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let shown: Vec<_> =
        sizes.iter().take(5).map(|((width, height), count)| format!("{width} × {height} ({count})")).collect();
    let more = if sizes.len() > 5 { format!(" and {} more sizes", sizes.len() - 5) } else { String::new() };
    output.line(&format!("sizes: {}{more}", shown.join(", ")))?;
    if seen.objects > 0 {
        output.line(&format!("numbered objects: {}", seen.objects))?;
    }
    output.line("\n      ID         pixels   share  samples  class")?;
    for (id, count) in &seen.classes {
        let class = opened.reader.classes().and_then(|list| list.get(*id));
        let name = match (class, opened.reader.classes()) {
            (Some(class), _) if class.is_void() => format!("{} (void)", class.name),
            (Some(class), Some(list)) if list.background() == Some(*id) => format!("{} (background)", class.name),
            (Some(class), _) => class.name.clone(),
            (None, Some(_)) => "not in the class list".to_owned(),
            (None, None) => String::new(),
        };
        let share = count.pixels as f64 / seen.pixels.max(1) as f64 * 100.0;
        output.line(format!("{id:>8} {:>14} {share:>6.2}% {:>8}  {name}", count.pixels, count.samples).trim_end())?;
    }
    Ok(())
}

fn object(opened: &Opened, seen: &Inspection) -> serde_json::Value {
    let name = |id| opened.reader.classes().and_then(|list| list.get(id)).map(|class| class.name.clone());
    let classes: Vec<_> = seen
        .classes
        .iter()
        .map(|(id, count)| json!({ "id": id, "name": name(*id), "pixels": count.pixels, "samples": count.samples }))
        .collect();
    let sizes: Vec<_> = seen
        .sizes
        .iter()
        .map(|((width, height), count)| json!({ "width": width, "height": height, "samples": count }))
        .collect();
    json!({
        "v": 1, "type": "inspection", "format": opened.format.info().name, "samples": seen.samples, "pixels": seen.pixels,
        "content": seen.content, "sizes": sizes, "objects": seen.objects, "classes": classes, "failed": seen.summary.failures(),
    })
}
