use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::iter::{ParallelBridge, ParallelIterator};

/// Runs `work` on `0..count` on the threads of the current pool, and hands the results to `take` in order.
///
/// Threads take the lowest index that is left, so that few results wait for an earlier one. Both may say
/// that the run is over: no `work` is begun then.
pub(super) fn in_order<T: Send>(
    count: usize,
    stopped: impl Fn() -> bool + Sync,
    work: impl Fn(usize) -> T + Sync,
    take: impl FnMut(usize, T) -> bool + Send,
) {
    struct Line<T, F> {
        next: usize,
        waiting: BTreeMap<usize, T>,
        take: F,
    }
    let over = AtomicBool::new(false);
    let line = Mutex::new(Line { next: 0, waiting: BTreeMap::new(), take });
    (0..count).par_bridge().for_each(|index| {
        if over.load(Ordering::Relaxed) || stopped() {
            return;
        }
        let result = work(index);
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        let line = &mut *line;
        line.waiting.insert(index, result);
        while let Some(result) = line.waiting.remove(&line.next) {
            if !(line.take)(line.next, result) {
                over.store(true, Ordering::Relaxed);
            }
            line.next += 1;
        }
    });
    // What was done after an index that was left out because the run was stopped.
    let line = line.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut take = line.take;
    for (index, result) in line.waiting {
        take(index, result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_a_stop_is_heard() {
        let mut seen = Vec::new();
        let slow = |index: usize| {
            if index.is_multiple_of(7) {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            index * 2
        };
        in_order(
            100,
            || false,
            slow,
            |index, double| {
                seen.push((index, double));
                true
            },
        );
        assert_eq!(seen, (0..100).map(|index| (index, index * 2)).collect::<Vec<_>>());
        let mut taken = 0;
        in_order(
            100_000,
            || false,
            |index| index,
            |_, _| {
                taken += 1;
                taken < 10
            },
        );
        assert!((10..1000).contains(&taken), "{taken}");
    }
}
