use std::ops::{Add, AddAssign};

/// 2⁶⁴, as which 1 is counted.
const ONE: f64 = 18_446_744_073_709_551_616.0;

/// A sum of numbers from 0 to 1 that does not depend on their order: floating point would, in its last digits, and
/// threads have no order.
///
/// Exact for numbers from 2⁻¹¹, so for every IoU of matched segments; smaller ones are cut at 2⁻⁶⁴.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum(u128);

impl Sum {
    /// A sum of `count` ones.
    pub(super) fn whole(count: u64) -> Sum {
        Sum(u128::from(count) << 64)
    }

    /// The sum as a floating point number.
    pub fn get(self) -> f64 {
        self.0 as f64 / ONE
    }
}

impl AddAssign<f64> for Sum {
    fn add_assign(&mut self, number: f64) {
        self.0 += (number.clamp(0.0, 1.0) * ONE) as u128;
    }
}

impl Add for Sum {
    type Output = Sum;

    fn add(self, other: Sum) -> Sum {
        Sum(self.0 + other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter() {
        let numbers: Vec<f64> = (1..1000).map(|number| 1.0 / f64::from(number)).collect();
        let (mut forward, mut backward) = (Sum::default(), Sum::default());
        numbers.iter().for_each(|&number| forward += number);
        numbers.iter().rev().for_each(|&number| backward += number);
        assert_eq!(forward, backward);
        assert!((forward.get() - numbers.iter().sum::<f64>()).abs() < 1e-12);
        assert_eq!((forward + backward).get(), 2.0 * forward.get());
    }
}
