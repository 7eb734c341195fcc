use std::collections::{BTreeMap, BTreeSet};

use palette::color_difference::Ciede2000;
use palette::{IntoColor, Lab, Oklab, Srgb};

use crate::model::{ClassId, ClassList, Color};

/// A class list whose labelled classes all have a colour.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The list.
    pub list: ClassList,
    /// IDs whose colour was proposed.
    pub proposed: Vec<ClassId>,
    /// The two classes whose colours are nearest, with their distance in CIEDE2000.
    pub nearest: Option<(String, String, f32)>,
}

/// How many colours are distinct enough to be handed out by ID.
const TABLE: usize = 256;

/// Coprime to [`TABLE`], so that stepping visits all of it.
const STEP: usize = 101;

/// Two colours nearer than this in Oklab are hard to tell apart.
const TOO_NEAR: f32 = 0.06;

/// Proposes a colour for each labelled class that has none.
///
/// A class's colour depends on its ID and on the colours that the list gives to others, so it stays the
/// same when classes without colours are added. The colours are far apart in Oklab.
pub fn with_proposed_colors(list: ClassList) -> Proposal {
    let given: Vec<Color> = list.labelled().filter_map(|class| class.color).collect();
    let given_lab: Vec<Oklab> = given.iter().map(|&color| oklab(color)).collect();
    let mut used: BTreeSet<Color> = given.iter().copied().collect();
    let mut colors = BTreeMap::new();
    let table = if list.labelled().any(|class| class.color.is_none()) { distinct() } else { Vec::new() };
    for class in list.labelled().filter(|class| class.color.is_none()) {
        let start = class.id.rem_euclid(TABLE as ClassId) as usize;
        // A long step: who has to move does not take the place of the next IDs.
        let turn = (0..TABLE).filter_map(|attempt| table.get((start + attempt * STEP) % TABLE).copied());
        let far = |color: &Color| given_lab.iter().all(|&other| distance(oklab(*color), other) >= TOO_NEAR);
        // Beyond the table, and where the given colours crowd it, any colour that is free.
        let color =
            turn.clone().filter(far).chain(turn).chain(all_colors(class.id)).find(|color| !used.contains(color));
        if let Some(color) = color {
            used.insert(color);
            colors.insert(class.id, color);
        }
    }
    let proposed = colors.keys().copied().collect();
    let list = list.with_colors(&colors);
    let nearest = nearest(&list);
    Proposal { list, proposed, nearest }
}

/// A colour for one object of a class: near the class's, not black, and not in `used`, which it joins.
pub fn instance_color(class: Color, number: u32, used: &mut BTreeSet<Color>) -> Color {
    // Low bits of a multiplicative hash wander over a cube around the class's colour that grows when it fills.
    for attempt in 0u32.. {
        let hash = (number.wrapping_add(attempt.wrapping_mul(7919))).wrapping_mul(0x9e37_79b1);
        let reach = 24 + (attempt / 64).min(231) as i32;
        let shift = |channel: u8, byte: u32| {
            let offset = (byte & 0xff) as i32 * (2 * reach + 1) / 256 - reach;
            (i32::from(channel) + offset).clamp(0, 255) as u8
        };
        let color = Color::new(shift(class.r, hash >> 24), shift(class.g, hash >> 16), shift(class.b, hash >> 8));
        if color != Color::BLACK && used.insert(color) {
            return color;
        }
    }
    class
}

/// Colours in an order in which each is as far as possible from all before it.
fn distinct() -> Vec<Color> {
    const STEPS: [u8; 12] = [0, 23, 46, 70, 93, 116, 139, 162, 186, 209, 232, 255];
    let mut candidates: Vec<(Color, Oklab, f32)> = Vec::new();
    for r in STEPS {
        for g in STEPS {
            for b in STEPS {
                let color = Color::new(r, g, b);
                let lab = oklab(color);
                // Neither near black, which is "unlabelled", nor near white, which vanishes on paper.
                if (0.3..=0.95).contains(&lab.l) {
                    candidates.push((color, lab, f32::INFINITY));
                }
            }
        }
    }
    let mut chosen = vec![Color::new(232, 23, 70)];
    while chosen.len() < TABLE {
        let last = oklab(chosen[chosen.len() - 1]);
        for (_, lab, nearest) in &mut candidates {
            *nearest = nearest.min(distance(*lab, last));
        }
        let best = candidates.iter().max_by(|one, other| one.2.total_cmp(&other.2).then(other.0.cmp(&one.0)));
        match best {
            Some((color, _, _)) => chosen.push(*color),
            None => break,
        }
    }
    chosen
}

fn all_colors(id: ClassId) -> impl Iterator<Item = Color> + Clone {
    let start = (id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    (0..1u64 << 24).filter_map(move |step| {
        let packed = ((start + step) & 0xff_ffff) as u32;
        let [_, r, g, b] = packed.to_be_bytes();
        Some(Color::new(r, g, b)).filter(|color| *color != Color::BLACK)
    })
}

fn nearest(list: &ClassList) -> Option<(String, String, f32)> {
    let classes: Vec<(&str, Lab)> =
        list.labelled().filter_map(|class| Some((class.name.as_str(), srgb(class.color?).into_color()))).collect();
    let mut best: Option<(&str, &str, f32)> = None;
    for (index, (one, color)) in classes.iter().enumerate() {
        for (other, other_color) in &classes[index + 1..] {
            let distance = color.difference(*other_color);
            if best.is_none_or(|(_, _, least)| distance < least) {
                best = Some((one, other, distance));
            }
        }
    }
    best.map(|(one, other, distance)| (one.to_owned(), other.to_owned(), distance))
}

fn srgb(color: Color) -> Srgb<f32> {
    Srgb::new(color.r, color.g, color.b).into_format()
}

fn oklab(color: Color) -> Oklab {
    srgb(color).into_linear().into_color()
}

fn distance(one: Oklab, other: Oklab) -> f32 {
    ((one.l - other.l).powi(2) + (one.a - other.a).powi(2) + (one.b - other.b).powi(2)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Class;

    fn list(ids: &[ClassId]) -> ClassList {
        ClassList::new(ids.iter().map(|&id| Class::new(id, format!("c{id}"))).collect()).unwrap()
    }

    #[test]
    fn colours_stay_when_classes_are_added() {
        let few = with_proposed_colors(list(&[3, 7, 20])).list;
        let many = with_proposed_colors(list(&(0..150).collect::<Vec<_>>())).list;
        for id in [3, 7, 20] {
            assert_eq!(few.get(id).unwrap().color, many.get(id).unwrap().color);
        }
    }

    #[test]
    fn twenty_classes_are_easy_to_tell_apart_and_a_thousand_are_unique() {
        let proposal = with_proposed_colors(list(&(0..20).collect::<Vec<_>>()));
        assert!(proposal.nearest.unwrap().2 > 12.0);
        let proposal = with_proposed_colors(list(&(-10..1000).collect::<Vec<_>>()));
        let colors: BTreeSet<_> = proposal.list.classes().iter().map(|class| class.color.unwrap()).collect();
        assert_eq!((colors.len(), proposal.proposed.len()), (1010, 1010));
        assert!(!colors.contains(&Color::BLACK));
    }

    #[test]
    fn given_colours_are_kept_clear_of() {
        let mut classes: Vec<_> = (0..10).map(|id| Class::new(id, format!("c{id}"))).collect();
        let free = with_proposed_colors(ClassList::new(classes.clone()).unwrap()).list;
        classes.push(Class { color: free.get(4).unwrap().color, ..Class::new(99, "given") });
        let crowded = with_proposed_colors(ClassList::new(classes).unwrap()).list;
        assert_ne!(crowded.get(4).unwrap().color, free.get(4).unwrap().color);
        assert_eq!(crowded.get(5).unwrap().color, free.get(5).unwrap().color);
    }

    #[test]
    fn objects_get_colours_of_their_own() {
        let mut used = BTreeSet::new();
        let base = Color::new(1, 1, 1);
        let colors: BTreeSet<_> = (1..=5000).map(|number| instance_color(base, number, &mut used)).collect();
        assert_eq!(colors.len(), 5000);
        assert!(!colors.contains(&Color::BLACK));
    }
}
