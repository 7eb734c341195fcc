//! Tables of ratios for people, and everything as JSON.

use serde_json::{Value, json};

use crate::maps::Map;
use crate::measure::{Row, Table, median, ratio};

/// How many times as fast each of ours is as each peer, and its bytes in those of the peer.
pub(crate) fn print(task: &str, input: &str, map: &Map, table: &Table) {
    let (ours, peers): (Vec<&Row>, Vec<&Row>) = table.rows.iter().partition(|row| is_ours(row));
    println!("\n{task}: {input}, {} x {}", map.width, map.height);
    let encodes = task == "encode";
    for row in &ours {
        let size = if encodes { format!(", {} bytes", row.bytes) } else { String::new() };
        println!("  {:22} {:9.0} MP/s here{size}", row.name, rate(map, row).unwrap_or_default());
    }
    let bytes = |text: &str| if encodes { format!(" {text:>7}") } else { String::new() };
    let titles: Vec<_> =
        ours.iter().map(|row| format!("{:>9}{}", row.name.replace("ours ", ""), bytes("bytes"))).collect();
    println!("  {:22} {}", "ours / peer", titles.join("  "));
    for peer in peers {
        let cells: Vec<_> = ours
            .iter()
            .map(|row| {
                let size = format!("{:.3}", row.bytes as f64 / peer.bytes as f64);
                format!("{:>8.2}x{}", ratio(row, peer), bytes(&size))
            })
            .collect();
        println!("  {:22} {}", peer.name, cells.join("  "));
    }
    for (name, why) in &table.disqualified {
        println!("  {name:22} DISQUALIFIED: {why}");
    }
}

/// One object an engine.
pub(crate) fn json(task: &str, input: &str, map: &Map, table: &Table) -> Vec<Value> {
    let ours: Vec<&Row> = table.rows.iter().filter(|row| is_ours(row)).collect();
    let measured = table.rows.iter().map(|row| {
        let ratios: serde_json::Map<String, Value> =
            ours.iter().map(|ours| (ours.name.clone(), json!(ratio(ours, row)))).collect();
        json!({
            "task": task, "input": input, "engine": row.name, "bytes": row.bytes, "mp_per_s": rate(map, row),
            "repetitions": row.times.len(), "times_as_fast": ratios,
        })
    });
    let wrong = table.disqualified.iter();
    let wrong = wrong.map(|(name, why)| json!({ "task": task, "input": input, "engine": name, "disqualified": why }));
    measured.chain(wrong).collect()
}

fn is_ours(row: &Row) -> bool {
    row.name.starts_with("ours")
}

/// Megapixels a second, for this machine and hour only.
fn rate(map: &Map, row: &Row) -> Option<f64> {
    Some(map.pixels() / 1e6 / median(row.times.clone())).filter(|rate| rate.is_finite())
}
