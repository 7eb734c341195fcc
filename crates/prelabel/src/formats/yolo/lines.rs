//! The lines of a label file.

use crate::error::At;
use crate::model::{ClassId, Instance, Point, Polygon, Ring, Shape};
use crate::{Error, Result};

/// Reads a line as an object of an image of that size; `class_of` gives the class of its number.
pub(super) fn read(
    line: &str,
    number: usize,
    size: (u32, u32),
    class_of: &dyn Fn(ClassId) -> Result<ClassId>,
) -> Result<Instance> {
    let at = |token: &str| {
        let before = (token.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
        At::Line(number, line.get(..before).map_or(1, |before| before.chars().count() + 1))
    };
    let mut tokens = line.split_ascii_whitespace();
    let first = tokens.next().unwrap_or_default();
    let class = first.parse::<f64>().ok().filter(|class| class.fract() == 0.0 && (0.0..1e9).contains(class));
    let class = class.ok_or_else(|| {
        let error = Error::invalid("the line does not begin with a class").at(at(first));
        error.found(format!("`{}`", first.chars().take(40).collect::<String>())).expected("a whole number from 0")
    })?;
    let class = class_of(class as ClassId).map_err(|error| error.at(at(first)))?;
    let mut shares: Vec<f32> = Vec::new();
    let mut last = first;
    for token in tokens {
        let share = token.parse::<f32>().ok().filter(|share| share.is_finite()).ok_or_else(|| {
            let error = Error::invalid("this is no coordinate").at(at(token));
            error.found(format!("`{}`", token.chars().take(40).collect::<String>())).expected("a number from 0 to 1")
        })?;
        shares.push(share);
        last = token;
    }
    if matches!(shares.len(), 4 | 5) {
        return Err(Error::invalid("the line is a box, not an outline")
            .at(At::Line(number, 1))
            .found(format!("{} numbers", shares.len() + 1))
            .expected("a class and at least 3 vertices")
            .hint("a box alone is not the outline of anything; train or export for segmentation"));
    }
    let score = match shares.len() % 2 {
        1 => shares.pop().map(|score| (f64::from(score), last)),
        _ => None,
    };
    if let Some((score, token)) = score
        && !(0.0..=1.0).contains(&score)
    {
        let error = Error::invalid("a vertex has an x without a y").at(at(token));
        return Err(error
            .found(token.to_owned())
            .expected("pairs of x and y, and at most a score from 0 to 1 after them"));
    }
    if let Some(place) = shares.iter().position(|share| !(-1.0..=2.0).contains(share)) {
        let token = line.split_ascii_whitespace().nth(place + 1).unwrap_or_default();
        return Err(Error::invalid("the coordinate is no share of the image")
            .at(at(token))
            .found(token.to_owned())
            .expected("a number from 0 to 1")
            .hint("divide x by the image's width and y by its height"));
    }
    // In single precision, as the reference counts: whole pixels are decided by it.
    let pixel = |share: f32, side: u32| f64::from(share * side as f32);
    let points = shares.as_chunks::<2>().0.iter();
    let points = points.map(|&[x, y]| Point { x: pixel(x, size.0), y: pixel(y, size.1) }).collect();
    let ring = Ring::new(points).map_err(|error| error.at(At::Line(number, 1)))?;
    let shape = Shape::Polygons(vec![Polygon::new(ring)]);
    let name = format!("line {number}");
    Ok(Instance { name, id: None, class, shape, score: score.map(|(score, _)| score), crowd: false })
}

/// A ring as it is written: shares of the sides.
pub(super) fn write(class: usize, ring: &Ring, (width, height): (u32, u32)) -> String {
    let mut line = class.to_string();
    for point in ring.points() {
        for (place, side) in [(point.x, width), (point.y, height)] {
            line.push(' ');
            line.push_str(&share(place, side));
        }
    }
    line
}

/// A place as a share of a side that is read as the same pixel.
fn share(place: f64, side: u32) -> String {
    let same =
        |share: &str| share.parse::<f32>().is_ok_and(|share| f64::from(share * side as f32).trunc() == place.trunc());
    // A quarter into the pixel both those who truncate and those who round get it.
    let within = if place.fract() == 0.0 && place < f64::from(side) { place + 0.25 } else { place };
    let share = within / f64::from(side);
    let rounded = format!("{share:.6}");
    if same(&rounded) {
        return rounded;
    }
    let share = share as f32;
    let nearest = [share, share.next_up(), share.next_down()].map(|share| share.to_string());
    nearest.iter().find(|share| same(share)).unwrap_or(&nearest[0]).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_is_read_as_it_was_written() {
        for side in [1, 2, 3, 7, 640, 1023, 30_000, 65_535] {
            for pixel in (0..side).step_by(1 + side as usize / 4000).chain([side - 1]) {
                for place in [0.0, 0.001, 0.5, 0.999].map(|within| f64::from(pixel) + within) {
                    let text = share(place, side);
                    let read: f32 = text.parse().unwrap();
                    assert_eq!((read * side as f32) as u32, pixel, "{place} of {side}: {text}");
                    assert!((0.0..=1.0).contains(&read));
                }
            }
            assert_eq!(share(f64::from(side), side).parse::<f32>().unwrap(), 1.0);
        }
    }
}
