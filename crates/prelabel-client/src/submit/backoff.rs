//! How long to wait before a request is sent again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Exponential waits with full jitter: after the n-th try, anything from nothing to `first` × 2ⁿ⁻¹, at most `longest`. Spread
/// over the whole range, so that a thousand clients that failed together do not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first try.
    pub first: Duration,
    /// The longest wait at all.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) }
    }
}

impl Backoff {
    /// The longest wait after try `tries`, counted from 1.
    pub fn ceiling(&self, tries: u32) -> Duration {
        let factor = 2_u32.saturating_pow(tries.saturating_sub(1));
        self.first.saturating_mul(factor).min(self.longest)
    }

    /// A wait after try `tries`; not before the platform wants us back, if it said.
    pub fn wait(&self, tries: u32, retry_after: Option<Duration>) -> Duration {
        let jitter = self.ceiling(tries).mul_f64(random());
        match retry_after {
            None => jitter,
            // On top of it: it was told to everybody.
            Some(asked) => asked.saturating_add(jitter.min(self.first)),
        }
    }
}

/// A number in 0..1, good enough to part clients: the standard library seeds its hash tables with it.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread() {
        let backoff = Backoff::default();
        let ceilings: Vec<_> = (1..=9).map(|tries| backoff.ceiling(tries).as_millis()).collect();
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
        assert_eq!(backoff.ceiling(u32::MAX), backoff.longest);
        let waits: Vec<_> = (0..200).map(|_| backoff.wait(3, None)).collect();
        assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(2)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_millis(500)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_millis(1500)));
        assert!(backoff.wait(1, Some(Duration::from_secs(7))) >= Duration::from_secs(7));
        assert_eq!(backoff.wait(1, Some(Duration::MAX)), Duration::MAX);
    }
}
