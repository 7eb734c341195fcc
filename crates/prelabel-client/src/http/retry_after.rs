//! The header `Retry-After`: seconds, or a date.

use std::time::{Duration, SystemTime};

/// How long the server asks to wait; nothing if it cannot be read.
pub(super) fn parse(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit mean longer than anybody waits.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_dates_and_nonsense() {
        let now = httpdate::parse_http_date("Mon, 23 Nov 2026 12:00:00 GMT").unwrap();
        assert_eq!(parse(" 7 ", now), Some(Duration::from_secs(7)));
        assert_eq!(parse("Mon, 23 Nov 2026 12:01:30 GMT", now), Some(Duration::from_secs(90)));
        assert_eq!(parse("Mon, 23 Nov 2020 12:01:30 GMT", now), Some(Duration::ZERO));
        assert_eq!(parse("99999999999999999999999", now), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(parse("soon", now), None);
        assert_eq!(parse("-1", now), None);
        assert_eq!(parse("", now), None);
    }
}
