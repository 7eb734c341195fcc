//! The project's targets, and whether this run met them.

use crate::maps::{Group, Input};
use crate::measure::{Row, Table, ratio};

/// Met or not, by target.
#[derive(Default)]
pub(crate) struct Verdicts {
    lines: Vec<(bool, String)>,
}

impl Verdicts {
    /// At least so many times as fast.
    pub(crate) fn at_least(&mut self, what: &str, found: f64, wanted: f64) {
        if found.is_finite() {
            self.lines.push((found >= wanted, format!("{what}: {found:.2} x, wanted >= {wanted} x")));
        }
    }

    /// At most so many times as much.
    pub(crate) fn at_most(&mut self, what: &str, found: f64, wanted: f64) {
        if found.is_finite() {
            self.lines.push((found <= wanted, format!("{what}: {found:.2} x, wanted <= {wanted} x")));
        }
    }

    pub(crate) fn print(&self) {
        println!("\nTargets");
        for (met, line) in &self.lines {
            println!("  {:8} {line}", if *met { "met" } else { "NOT MET" });
        }
        let met = self.lines.iter().filter(|(met, _)| *met).count();
        println!("{met} of {} met", self.lines.len());
    }
}

/// How many times as fast as `png` Fastest: `default`, `fast`.
fn factors(group: Group) -> (f64, f64) {
    match group {
        Group::Scene => (2.5, 3.0),
        Group::Big => (5.0, 5.5),
        Group::Ragged | Group::Real | Group::Noise => (1.2, 1.6),
    }
}

pub(crate) fn encoded(input: &Input, table: &Table, verdicts: &mut Verdicts) {
    let name = |text: &str| format!("encode {} {text}", input.name);
    let speed = |verdicts: &mut Verdicts, ours: &str, peer: &str, wanted: f64| {
        if let (Some(one), Some(other)) = (table.row(ours), table.row(peer)) {
            verdicts.at_least(&name(&format!("{ours} against {peer}, speed")), ratio(one, other), wanted);
        }
    };
    let size = |verdicts: &mut Verdicts, ours: &str, peer: &str, wanted: f64| {
        if let (Some(one), Some(other)) = (table.row(ours), table.row(peer)) {
            let found = one.bytes as f64 / other.bytes as f64;
            verdicts.at_most(&name(&format!("{ours} against {peer}, bytes")), found, wanted);
        }
    };
    if input.group == Group::Noise {
        for ours in ["ours default", "ours fast"] {
            speed(verdicts, ours, "png Fast", 1.0);
            size(verdicts, ours, "Pillow default", 1.25);
        }
        return;
    }
    let (default, fast) = factors(input.group);
    size(verdicts, "ours default", "Pillow default", 0.90);
    speed(verdicts, "ours default", "png Fastest", default);
    speed(verdicts, "ours default", "OpenCV default", 8.0);
    speed(verdicts, "ours default", "Pillow default", 30.0);
    size(verdicts, "ours fast", "Pillow default", 1.05);
    speed(verdicts, "ours fast", "png Fastest", fast);
    let best = ["libdeflate 12 None", "libdeflate 12 Up"].into_iter().filter_map(|name| table.row(name));
    if let Some(best) = best.min_by_key(|row| row.bytes) {
        size(verdicts, "ours small", &best.name, 1.05);
        speed(verdicts, "ours small", &best.name, 20.0);
    }
}

pub(crate) fn decoded(input: &Input, writer: &str, table: &Table, verdicts: &mut Verdicts) {
    let wanted = match (writer, input.group) {
        (_, Group::Noise) => 1.0,
        ("ours default", Group::Big) => 5.0,
        ("ours default", _) => 1.9,
        ("Pillow default", Group::Scene | Group::Big) => 3.0,
        ("Pillow default", _) => 2.5,
        _ => 1.5,
    };
    let Some(ours) = table.row("ours") else { return };
    let mut compare = |peer: &Row, wanted: f64| {
        let what = format!("decode {} written by {writer}, against {}", input.name, peer.name);
        verdicts.at_least(&what, ratio(ours, peer), wanted);
    };
    if let Some(png) = table.row("png + run cache") {
        compare(png, wanted);
    }
    let python = ["Pillow + table", "OpenCV + table"].into_iter().filter_map(|name| table.row(name));
    if let Some(best) = python.min_by(|one, other| ratio(ours, one).total_cmp(&ratio(ours, other))) {
        compare(best, 7.0);
    }
}
