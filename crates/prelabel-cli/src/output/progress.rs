use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// A bar on a terminal, a line every 10 s elsewhere, nothing with `-q`.
pub(crate) struct Progress {
    bar: ProgressBar,
    plain: bool,
    what: &'static str,
    total: u64,
    done: AtomicU64,
    failed: AtomicU64,
    last: Mutex<Instant>,
    start: Instant,
}

impl Progress {
    pub(super) fn new(show: crate::cli::Progress, total: u64, what: &'static str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = match show {
            crate::cli::Progress::Auto if terminal => {
                ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10))
            }
            _ => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} {per_sec} {eta} left {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let plain = match show {
            crate::cli::Progress::Auto => !terminal,
            crate::cli::Progress::Plain => true,
            crate::cli::Progress::None => false,
        };
        let now = Instant::now();
        Progress {
            bar,
            plain,
            what,
            total,
            done: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            last: Mutex::new(now),
            start: now,
        }
    }

    /// Counts one item.
    pub(crate) fn step(&self, ok: bool) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let failed = self.failed.fetch_add(u64::from(!ok), Ordering::Relaxed) + u64::from(!ok);
        self.bar.inc(1);
        if failed > 0 {
            self.bar.set_message(format!("{failed} failed"));
        }
        // Who cannot have the lock leaves it to the one who has.
        let Some(mut last) = self.plain.then(|| self.last.try_lock().ok()).flatten() else { return };
        if last.elapsed() >= EVERY && done < self.total {
            *last = Instant::now();
            let rate = done as f64 / self.start.elapsed().as_secs_f64().max(0.001);
            let left = Duration::from_secs(((self.total - done) as f64 / rate) as u64);
            let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
            let line = format!("{} of {} {}{failed}, {rate:.0}/s, {left:?} left", done, self.total, self.what);
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
