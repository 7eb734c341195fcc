//! Time, as something that can be given: the journal's stamps and the waits of a submit come from here, so tests run
//! without waiting.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What [`Clock::sleep`] returns.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Tells the time and lets it pass.
pub trait Clock: Send + Sync {
    /// Seconds since 1970-01-01 00:00 UTC.
    fn unix_seconds(&self) -> u64;

    /// Waits.
    fn sleep(&self, duration: Duration) -> Sleep<'_>;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix_seconds(&self) -> u64 {
        // A clock before 1970 is set wrong; its stamps are wrong either way.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// `Mon, 23 Nov 2026 11:59:24 GMT`.
pub(crate) fn display(unix_seconds: u64) -> String {
    // httpdate panics beyond the year 9999, and the figure may come from a damaged file.
    const YEAR_10000: u64 = 253_402_300_800;
    if unix_seconds >= YEAR_10000 {
        return format!("second {unix_seconds} since 1970");
    }
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(unix_seconds))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_damaged_stamp_is_shown_and_does_no_harm() {
        assert_eq!(super::display(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(super::display(u64::MAX), "second 18446744073709551615 since 1970");
    }
}
