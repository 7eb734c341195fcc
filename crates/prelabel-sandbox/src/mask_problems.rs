//! What is wrong with the pixels of a mask, counted.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::legend::{Legend, hex};

/// How many stray colours are counted one by one; a photograph would fill the memory.
const MAX_COLORS: usize = 4096;

/// How many of them are named.
const SHOWN_COLORS: usize = 5;

/// A kind of wrong pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tally {
    count: u64,
    first: (u32, u32),
}

impl Tally {
    fn add(&mut self, place: (u32, u32)) {
        self.count += 1;
        // Interlaced rows do not come from top to bottom.
        if (place.1, place.0) < (self.first.1, self.first.0) {
            self.first = place;
        }
    }

    fn and(self, other: Tally) -> Tally {
        let first =
            if (other.first.1, other.first.0) < (self.first.1, self.first.0) { other.first } else { self.first };
        Tally { count: self.count + other.count, first }
    }

    fn text(&self) -> String {
        let (x, y) = self.first;
        let pixels = if self.count == 1 { "pixel" } else { "pixels" };
        format!("{} {pixels}, first at x {x}, y {y}", self.count)
    }
}

fn tally(slot: &mut Option<Tally>, place: (u32, u32)) {
    slot.get_or_insert(Tally { count: 0, first: place }).add(place);
}

/// Wrong pixels by kind.
pub(crate) struct Problems<'a> {
    legend: &'a Legend,
    stray: HashMap<[u8; 3], Tally>,
    /// Colours beyond those that are counted one by one.
    more: Option<Tally>,
    partly: Option<Tally>,
    hidden: Option<Tally>,
    black: Option<Tally>,
    /// The last pixel that was right: masks are areas, so the next one is mostly the same.
    right: [u8; 4],
}

impl<'a> Problems<'a> {
    /// None yet.
    pub(crate) fn new(legend: &'a Legend) -> Self {
        let stray = HashMap::new();
        Problems { legend, stray, more: None, partly: None, hidden: None, black: None, right: [0; 4] }
    }

    /// Looks at the pixels of a row; `columns` is the first one's column and the step to the next.
    pub(crate) fn look_at(&mut self, row: &[u8], columns: (u32, u32), y: u32) {
        let mut x = columns.0;
        for pixel in row.as_chunks().0 {
            if *pixel != self.right {
                self.pixel(*pixel, (x, y));
            }
            // The step after the last pixel may leave the image, never the integer: widths are bounded.
            x += columns.1;
        }
    }

    fn pixel(&mut self, pixel: [u8; 4], place: (u32, u32)) {
        let [red, green, blue, alpha] = pixel;
        let color = [red, green, blue];
        match (color, alpha) {
            ([0, 0, 0], 0) => self.right = pixel,
            (_, 0) => tally(&mut self.hidden, place),
            ([0, 0, 0], 255) => tally(&mut self.black, place),
            (_, 255) if self.legend.has(color) => self.right = pixel,
            (_, 255) => self.stray(color, place),
            _ => tally(&mut self.partly, place),
        }
    }

    fn stray(&mut self, color: [u8; 3], place: (u32, u32)) {
        let room = self.stray.len() < MAX_COLORS;
        match self.stray.entry(color) {
            Entry::Occupied(mut known) => known.get_mut().add(place),
            Entry::Vacant(new) if room => {
                new.insert(Tally { count: 1, first: place });
            }
            Entry::Vacant(_) => tally(&mut self.more, place),
        }
    }

    /// All of them in one text; nothing if there are none.
    pub(crate) fn summary(&self) -> Option<String> {
        let mut parts = Vec::new();
        let mut stray: Vec<_> = self.stray.iter().collect();
        // Many pixels first; equal ones in reading order, so that the text is the same each time.
        stray.sort_by_key(|(color, tally)| (std::cmp::Reverse(tally.count), tally.first.1, tally.first.0, **color));
        for (color, tally) in stray.iter().take(SHOWN_COLORS) {
            parts.push(format!("the colour {} is not in the legend ({})", hex(**color), tally.text()));
        }
        let rest = stray.iter().skip(SHOWN_COLORS).map(|(_, tally)| **tally).chain(self.more);
        if let Some(rest) = rest.reduce(Tally::and) {
            let colors = stray.len() - SHOWN_COLORS;
            let least = if self.more.is_some() { "at least " } else { "" };
            parts.push(format!("{least}{colors} more colours are not in the legend ({})", rest.text()));
        }
        let kinds = [
            (self.partly, "alpha is neither 0 nor 255"),
            (self.hidden, "a colour stands under alpha 0"),
            (self.black, "opaque black, which is neither a label nor unlabelled"),
        ];
        parts
            .extend(kinds.iter().filter_map(|(tally, words)| tally.map(|tally| format!("{words} ({})", tally.text()))));
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_photograph_is_summed_up_in_few_words() {
        let legend = Legend::read(json!({"#0a0b0c": "sky"}).as_object().unwrap()).unwrap();
        let mut problems = Problems::new(&legend);
        for y in 0..100 {
            let row: Vec<u8> = (0..100u32).flat_map(|x| [1, y as u8, x as u8, 255]).collect();
            problems.look_at(&row, (0, 1), y);
        }
        let summary = problems.summary().unwrap();
        assert!(
            summary.contains("at least 4091 more colours are not in the legend (9995 pixels, first at x 5, y 0)"),
            "{summary}"
        );
        assert!(summary.len() < 600, "{summary}");
    }
}
