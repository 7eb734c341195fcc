//! Tables of ratios.

use crate::maps::{Input, Map};
use crate::measure::{Row, Table, ratio};

fn head(what: &str, map: &Map, ours: &[&Row]) {
    println!("\n{what}, {} x {}", map.width, map.height);
    for row in ours {
        let rate = map.pixels() / 1e6 / crate::measure::median(row.times.clone());
        println!("  {:22} {rate:9.0} MP/s here, {} bytes", row.name, row.bytes);
    }
}

fn tail(table: &Table) {
    for (name, why) in &table.disqualified {
        println!("  {name:22} DISQUALIFIED: {why}");
    }
}

/// How many times as fast each of our levels is as each peer, and its bytes in those of the peer.
pub(crate) fn encoded(input: &Input, map: &Map, table: &Table) {
    let (ours, peers): (Vec<&Row>, Vec<&Row>) = table.rows.iter().partition(|row| row.name.starts_with("ours"));
    head(&format!("encode {}", input.name), map, &ours);
    let titles: Vec<_> =
        ours.iter().map(|row| format!("{:>9} {:>6}", row.name.replace("ours ", ""), "bytes")).collect();
    println!("  {:22} {}", "ours / peer", titles.join("  "));
    for peer in peers {
        let cells: Vec<_> = ours
            .iter()
            .map(|row| format!("{:>8.2}x {:>6.3}", ratio(row, peer), row.bytes as f64 / peer.bytes as f64))
            .collect();
        println!("  {:22} {}", peer.name, cells.join("  "));
    }
    tail(table);
}

/// How many times as fast we are as each peer.
pub(crate) fn decoded(input: &Input, writer: &str, map: &Map, table: &Table) {
    let (ours, peers): (Vec<&Row>, Vec<&Row>) = table.rows.iter().partition(|row| row.name == "ours");
    head(&format!("decode {} written by {writer}", input.name), map, &ours);
    for peer in peers {
        for row in &ours {
            println!("  {:22} {:>8.2}x", peer.name, ratio(row, peer));
        }
    }
    tail(table);
}
