//! Lines and discs as Pillow 13 draws them (`ImageDraw.line`, `ImageDraw.ellipse`), for formats whose reference tool
//! paints with it.

use super::pillow::{fill, half_down, half_up, span, whole};
use crate::Result;
use crate::geometry::Spans;
use crate::model::Point;

/// Lines through some points, as `ImageDraw.line` draws them: each by itself, without joints.
///
/// # Errors
/// A side of zero.
pub(crate) fn lines(points: &[Point], thickness: u32, width: u32, height: u32) -> Result<Spans> {
    let mut spans = Vec::new();
    for pair in points.windows(2) {
        let ((x, y), (to_x, to_y)) = (whole(pair[0]), whole(pair[1]));
        if (x, y) == (to_x, to_y) {
            spans.extend(span(y, x, x, width, height));
            continue;
        }
        let (across, down) = (f64::from(to_x) - f64::from(x), f64::from(to_y) - f64::from(y));
        let length = across.hypot(down);
        let half = f64::from(thickness.saturating_sub(1)) / 2.0;
        let ratios = (half_down(half) / length, half_up(half) / length);
        let least = (half_down(ratios.0 * down) as i32, half_down(ratios.0 * across) as i32);
        let most = (half_down(ratios.1 * down) as i32, half_down(ratios.1 * across) as i32);
        let corners = [
            (x - least.0, y + most.1),
            (to_x - least.0, to_y + most.1),
            (to_x + most.0, to_y - least.1),
            (x + most.0, y - least.1),
        ];
        let sides: Vec<_> = (0..4).map(|index| (corners[index], corners[(index + 1) % 4])).collect();
        spans.append(&mut fill(&sides, width, height));
    }
    Spans::new(width, height, spans)
}

/// A disc, as `ImageDraw.ellipse` fills the box around it.
///
/// # Errors
/// A side of zero.
pub(crate) fn disc(center: Point, radius: f64, width: u32, height: u32) -> Result<Spans> {
    let (left, top) = whole(Point { x: center.x - radius, y: center.y - radius });
    let (right, bottom) = whole(Point { x: center.x + radius, y: center.y + radius });
    let (across, down) = (i128::from(right - left), i128::from(bottom - top));
    let mut spans = Vec::new();
    if across + down < 1 {
        return Spans::new(width, height, spans);
    }
    // In steps of half a pixel, a quarter of the ellipse from its right end: the point nearest to the curve comes next.
    let off = |x: i128, y: i128| (across.pow(2) * y * y + down.pow(2) * x * x - across.pow(2) * down.pow(2)).abs();
    let (mut x, mut y) = (across, down % 2);
    let mut last = -1;
    loop {
        if y != last {
            last = y;
            let ends = (left + ((across - x) / 2) as i32, left + ((across + x) / 2) as i32);
            for row in [(down - y) / 2, (down + y) / 2] {
                spans.extend(span(top + row as i32, ends.0, ends.1, width, height));
            }
        }
        if (x, y) == (across % 2, down) || y > down {
            break;
        }
        let nexts: &[(i128, i128)] = if x > 1 { &[(x, y + 2), (x - 2, y + 2), (x - 2, y)] } else { &[(x, y + 2)] };
        (x, y) = nexts.iter().copied().min_by_key(|&(x, y)| off(x, y)).unwrap_or((x, y + 2));
    }
    Spans::new(width, height, spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_those_of_the_reference() {
        let point = |x, y| Point { x, y };
        assert_eq!(disc(point(10.0, 10.0), 5.0, 20, 20).unwrap().area(), 97);
        assert_eq!(disc(point(3.5, 7.25), 2.3, 20, 20).unwrap().area(), 26);
        assert_eq!(disc(point(3.0, 3.0), 0.0, 20, 20).unwrap().area(), 0);
        let strip = [point(2.0, 3.0), point(15.0, 8.0), point(15.0, 8.0), point(4.0, 30.0)];
        assert_eq!(lines(&strip, 10, 20, 20).unwrap().area(), 234);
        assert_eq!(lines(&strip, 3, 20, 20).unwrap().area(), 61);
    }

    #[test]
    fn points_far_off_cost_nothing() {
        let far = f64::from(1 << 24);
        assert!(lines(&[Point { x: -far, y: 3.0 }, Point { x: far, y: far }], 10, 20, 20).is_ok());
    }
}
