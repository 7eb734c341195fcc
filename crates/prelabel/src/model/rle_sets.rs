//! Masks put together and compared, run by run: nothing is expanded.

use super::Rle;
use crate::{Error, Result};

impl Rle {
    /// Pixels of either mask.
    ///
    /// # Errors
    /// Masks of different sizes.
    pub fn union(&self, other: &Rle) -> Result<Rle> {
        self.merge(other, |one, two| one || two)
    }

    /// Pixels of both masks.
    ///
    /// # Errors
    /// Masks of different sizes.
    pub fn intersection(&self, other: &Rle) -> Result<Rle> {
        self.merge(other, |one, two| one && two)
    }

    /// Pixels that both masks have.
    ///
    /// # Errors
    /// Masks of different sizes.
    pub fn shared(&self, other: &Rle) -> Result<u64> {
        self.same_size(other)?;
        let (mut one, mut two) = (self.runs(), other.runs());
        let (mut a, mut b) = (one.next(), two.next());
        let mut shared = 0;
        while let (Some((start, length)), Some((other, other_length))) = (a, b) {
            // Positions are below 2³², their ends at most that.
            let (end, other_end) = (u64::from(start) + u64::from(length), u64::from(other) + u64::from(other_length));
            shared += end.min(other_end).saturating_sub(u64::from(start.max(other)));
            if end <= other_end { a = one.next() } else { b = two.next() }
        }
        Ok(shared)
    }

    /// Shared pixels by those of either mask; 0 if both are empty. Of a crowd any part may be found, so for a `truth` that
    /// is one it is shared pixels by those of this mask, as `pycocotools.mask.iou` has it.
    ///
    /// # Errors
    /// Masks of different sizes.
    pub fn iou(&self, truth: &Rle, crowd: bool) -> Result<f64> {
        let shared = self.shared(truth)?;
        let all = if crowd { self.area() } else { self.area() + truth.area() - shared };
        Ok(if all == 0 { 0.0 } else { shared as f64 / all as f64 })
    }

    fn same_size(&self, other: &Rle) -> Result<()> {
        if (self.width(), self.height()) == (other.width(), other.height()) {
            return Ok(());
        }
        Err(Error::invalid("masks of different sizes cannot be compared")
            .found(format!("{} × {}", other.width(), other.height()))
            .expected(format!("{} × {} (width × height)", self.width(), self.height())))
    }

    fn merge(&self, other: &Rle, inside: impl Fn(bool, bool) -> bool) -> Result<Rle> {
        self.same_size(other)?;
        let mut ends = Vec::new();
        let (mut one, mut two) = (Ends::new(self), Ends::new(other));
        let mut last = false;
        while let Some(at) = [one.next, two.next].into_iter().flatten().min() {
            one.pass(at);
            two.pass(at);
            let now = inside(one.inside, two.inside);
            if now != last {
                ends.push(at);
                last = now;
            }
        }
        Rle::from_ascending_ends(self.height(), self.width(), ends)
    }
}

/// The positions at which a mask begins or ends.
struct Ends<'a> {
    counts: std::slice::Iter<'a, u32>,
    next: Option<u32>,
    inside: bool,
}

impl<'a> Ends<'a> {
    fn new(rle: &'a Rle) -> Self {
        let mut counts = rle.counts().iter();
        let next = counts.next().copied();
        Ends { counts, next, inside: false }
    }

    fn pass(&mut self, at: u32) {
        // Runs of nothing end where they begin.
        while self.next == Some(at) {
            self.inside = !self.inside;
            self.next = self.counts.next().map(|count| at + count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(counts: &[u32]) -> Rle {
        Rle::new(3, 4, counts.to_vec()).unwrap()
    }

    #[test]
    fn sets_are_those_of_their_pixels() {
        let mut state = 9u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        for _ in 0..3000 {
            let mut some = || {
                let (mut counts, mut left) = (Vec::new(), 12);
                while left > 0 {
                    let count = random(6).min(left);
                    counts.push(count);
                    left -= count;
                }
                mask(&counts)
            };
            let (one, two) = (some(), some());
            let pixels = |rle: &Rle| -> Vec<bool> {
                (0..12).map(|at| rle.runs().any(|(start, length)| (start..start + length).contains(&at))).collect()
            };
            let wanted = |inside: fn(bool, bool) -> bool| -> Vec<bool> {
                pixels(&one).into_iter().zip(pixels(&two)).map(|(one, two)| inside(one, two)).collect()
            };
            assert_eq!(pixels(&one.union(&two).unwrap()), wanted(|one, two| one || two));
            assert_eq!(pixels(&one.intersection(&two).unwrap()), wanted(|one, two| one && two));
            let shared = wanted(|one, two| one && two).iter().filter(|both| **both).count() as u64;
            assert_eq!(one.shared(&two).unwrap(), shared);
            let either = wanted(|one, two| one || two).iter().filter(|either| **either).count();
            let iou = if either == 0 { 0.0 } else { shared as f64 / either as f64 };
            assert_eq!(one.iou(&two, false).unwrap(), iou);
        }
    }

    #[test]
    fn a_crowd_is_found_in_part() {
        let (found, crowd) = (mask(&[0, 3, 9]), mask(&[0, 12]));
        assert_eq!(found.iou(&crowd, true).unwrap(), 1.0);
        assert_eq!(found.iou(&crowd, false).unwrap(), 0.25);
        assert_eq!(mask(&[12]).iou(&crowd, true).unwrap(), 0.0);
        assert!(found.union(&Rle::new(4, 3, vec![12]).unwrap()).is_err());
    }
}
