//! Ctrl-C: the first finishes what is under way, the second stops at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that the first Ctrl-C (or SIGTERM, SIGHUP) sets.
pub(crate) fn interrupted() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&flag);
    // Fails only if a handler is set already; then Ctrl-C simply stops the process.
    let _ = ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            crate::output::stop_now();
        }
        crate::output::say_finishing();
    });
    flag
}
