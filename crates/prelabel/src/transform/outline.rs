//! Shapes to the polygons that a format holds.

use crate::Result;
use crate::geometry::{Connectivity, Spans, bridge, contours, rasterize, simplify_polygon, trace};
use crate::model::{PixelRule, Polygon, Rle, Shape};

/// How much outlines may lose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simplify {
    /// How far from the new outline a vertex that is left out may lie, in pixels.
    pub tolerance: f64,
    /// The least IoU of the new pixels with the old ones; smaller tolerances are tried until it is reached.
    pub min_iou: f64,
}

/// Where outlines come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// They are the shape's own.
    AsGiven,
    /// They go along the pixels that the shape covers, or through the outermost of these where the outline belongs to the
    /// area.
    Traced,
    /// They have fewer vertices than these.
    Simplified,
}

/// What becomes of holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holes {
    /// They are rings of their own.
    Kept,
    /// Seams join them with the ring around them, for formats that have no holes.
    Bridged,
}

/// How a reader of outlines sees them.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Which pixels its polygons cover.
    pub rule: PixelRule,
    /// What it makes of holes.
    pub holes: Holes,
}

/// The outlines of a shape.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The polygons.
    pub polygons: Vec<Polygon>,
    /// Where they come from.
    pub drawn: Drawn,
    /// Whether the shape has holes.
    pub holes: bool,
    /// The pixels that the polygons cover.
    pub pixels: Rle,
    /// How many pixels that is more or less than the shape covers.
    pub differing: u64,
    /// Pixels that both cover by those that either covers.
    pub iou: f64,
}

/// Draws a shape, whose own polygons cover pixels by `own`.
///
/// Polygons stay as they are if they cover the same pixels for the reader; where no outline gives the same pixels under
/// its rule, [`Outline::differing`] counts them.
///
/// # Errors
/// A shape of more pixels than run lengths can count.
pub fn outline(shape: &Shape, own: PixelRule, canvas: &Canvas, simplify: Option<Simplify>) -> Result<Outline> {
    let &Canvas { width, height, rule, holes } = canvas;
    let covered = match shape {
        Shape::Polygons(polygons) => rasterize(polygons, width, height, own)?,
        Shape::Rle(rle) => Spans::from_rle(rle)?,
    };
    let pixels = covered.to_rle()?;
    let draw = |polygons: &[Polygon], seams: bool, drawn: Drawn| -> Result<Outline> {
        let has_holes = polygons.iter().any(|polygon| !polygon.interiors.is_empty());
        // Tracing and its seams are exact under these rules, and a polygon under its own; that is tested, not computed.
        let exact = match drawn {
            Drawn::Traced => rule != PixelRule::Pillow || !seams,
            Drawn::AsGiven => own == rule && !(has_holes && holes == Holes::Bridged),
            Drawn::Simplified => false,
        };
        let polygons = match holes {
            Holes::Bridged if has_holes => {
                polygons.iter().map(|polygon| Ok(Polygon::new(bridge(polygon)?))).collect::<Result<_>>()?
            }
            _ => polygons.to_vec(),
        };
        if exact {
            let holes = has_holes || seams;
            return Ok(Outline { polygons, drawn, holes, pixels: pixels.clone(), differing: 0, iou: 1.0 });
        }
        let seen = rasterize(&polygons, width, height, rule)?.to_rle()?;
        let shared = pixels.shared(&seen)?;
        let either = pixels.area() + seen.area() - shared;
        let iou = if either == 0 { 1.0 } else { shared as f64 / either as f64 };
        let holes = has_holes || seams;
        Ok(Outline { polygons, drawn, holes, pixels: seen, differing: either - shared, iou })
    };

    let given = match shape {
        Shape::Polygons(polygons) => Some(draw(polygons, false, Drawn::AsGiven)?).filter(|given| given.differing == 0),
        Shape::Rle(_) => None,
    };
    let traced = || along(&covered, rule);
    if let Some(Simplify { mut tolerance, min_iou }) = simplify {
        // Below this no vertex of an outline along pixels is left out.
        const LEAST: f64 = 0.25;
        let (exact, seams) = match (&given, shape) {
            (Some(_), Shape::Polygons(polygons)) => (polygons.clone(), false),
            _ => traced()?,
        };
        while tolerance >= LEAST {
            let simple =
                exact.iter().map(|polygon| simplify_polygon(polygon, tolerance)).collect::<Result<Vec<_>>>()?;
            let outline = draw(&simple, seams, Drawn::Simplified)?;
            if outline.iou >= min_iou {
                return Ok(outline);
            }
            tolerance /= 2.0;
        }
    }
    match given {
        Some(given) => Ok(given),
        None => {
            let (polygons, seams) = traced()?;
            draw(&polygons, seams, Drawn::Traced)
        }
    }
}

/// The polygons that give a mask back under a rule, and whether seams lead to holes already: they have to where the outline
/// belongs to the area, as a hole's would.
fn along(mask: &Spans, rule: PixelRule) -> Result<(Vec<Polygon>, bool)> {
    match rule {
        PixelRule::Center | PixelRule::Pycocotools => Ok((trace(mask, Connectivity::Four)?, false)),
        PixelRule::Pillow | PixelRule::OpencvRound | PixelRule::OpencvTruncate => {
            let found = contours(mask)?;
            let holes = found.iter().any(|contour| contour.holes);
            Ok((found.into_iter().map(|contour| Polygon::new(contour.ring)).collect(), holes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Ring;

    fn canvas(side: u32, rule: PixelRule, holes: Holes) -> Canvas {
        Canvas { width: side, height: side, rule, holes }
    }

    fn disk(side: u32, radius: f64) -> Rle {
        let middle = f64::from(side) / 2.0;
        let inside = |x: u32, y: u32| {
            (f64::from(x) + 0.5 - middle).powi(2) + (f64::from(y) + 0.5 - middle).powi(2) < radius * radius
        };
        let mut counts = vec![0u32];
        let mut last = false;
        for (x, y) in (0..side).flat_map(|x| (0..side).map(move |y| (x, y))) {
            if inside(x, y) != last {
                counts.push(0);
                last = !last;
            }
            if let Some(count) = counts.last_mut() {
                *count += 1;
            }
        }
        Rle::new(side, side, counts).unwrap()
    }

    #[test]
    fn simpler_outlines_keep_to_the_least_iou() {
        let shape = Shape::Rle(disk(60, 25.0));
        let draw = |simplify| {
            outline(&shape, PixelRule::Center, &canvas(60, PixelRule::Center, Holes::Kept), simplify).unwrap()
        };
        let vertices = |outline: &Outline| outline.polygons[0].exterior.points().len();
        let exact = draw(None);
        assert_eq!((exact.drawn, exact.differing, exact.iou), (Drawn::Traced, 0, 1.0));
        let rough = draw(Some(Simplify { tolerance: 4.0, min_iou: 0.0 }));
        assert_eq!(rough.drawn, Drawn::Simplified);
        assert!(vertices(&rough) < vertices(&exact) / 3 && rough.differing > 0 && rough.iou < 0.99);
        let fine = draw(Some(Simplify { tolerance: 4.0, min_iou: 0.97 }));
        assert!(fine.iou >= 0.97 && vertices(&fine) > vertices(&rough), "{}", fine.iou);
        let none = draw(Some(Simplify { tolerance: 4.0, min_iou: 1.1 }));
        assert_eq!((none.drawn, none.differing), (Drawn::Traced, 0));
    }

    #[test]
    fn outlines_that_belong_to_the_area_go_through_its_pixels() {
        let mut polygon = Polygon::new(Ring::from_flat(&[0.4, 0.7, 38.2, 3.1, 30.9, 37.7, 2.2, 33.3]).unwrap());
        polygon.interiors.push(Ring::from_flat(&[9.6, 12.1, 22.3, 10.2, 15.1, 28.8]).unwrap());
        let shape = Shape::Polygons(vec![polygon]);
        for rule in [PixelRule::OpencvTruncate, PixelRule::OpencvRound] {
            let found = outline(&shape, PixelRule::Center, &canvas(40, rule, Holes::Bridged), None).unwrap();
            assert_eq!((found.drawn, found.differing, found.holes), (Drawn::Traced, 0, true));
            assert_eq!(rasterize(&found.polygons, 40, 40, rule).unwrap().to_rle().unwrap(), found.pixels);
        }
    }

    #[test]
    fn polygons_stay_where_both_rules_agree() {
        let square = Ring::from_flat(&[1.0, 1.0, 5.0, 1.0, 5.0, 5.0, 1.0, 5.0]).unwrap();
        let leaning = Ring::from_flat(&[1.3, 1.1, 7.9, 3.3, 4.6, 7.7]).unwrap();
        for (ring, drawn) in [(square, Drawn::AsGiven), (leaning, Drawn::Traced)] {
            let shape = Shape::Polygons(vec![Polygon::new(ring)]);
            let found =
                outline(&shape, PixelRule::Center, &canvas(9, PixelRule::Pycocotools, Holes::Kept), None).unwrap();
            assert_eq!((found.drawn, found.differing), (drawn, 0));
        }
    }

    #[test]
    fn what_is_counted_are_the_pixels_of_what_is_written() {
        let ring = |flat: &[f64]| Ring::from_flat(flat).unwrap();
        let mut polygon = Polygon::new(ring(&[0.4, 0.7, 38.2, 3.1, 30.9, 37.7, 2.2, 33.3]));
        polygon.interiors.push(ring(&[9.6, 12.1, 22.3, 10.2, 15.1, 28.8]));
        let shape = Shape::Polygons(vec![polygon]);
        for rule in [PixelRule::Center, PixelRule::Pycocotools] {
            for simplify in [None, Some(Simplify { tolerance: 9.0, min_iou: 0.0 })] {
                let found = outline(&shape, rule, &canvas(40, rule, Holes::Bridged), simplify).unwrap();
                assert!(found.holes && found.polygons.iter().all(|polygon| polygon.interiors.is_empty()));
                assert_eq!(rasterize(&found.polygons, 40, 40, rule).unwrap().to_rle().unwrap(), found.pixels);
                assert!(simplify.is_some() || found.differing == 0);
            }
        }
    }
}
