//! Signed links: results and masks are private, and reached through a link that lives for minutes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::ids::new_uuid;

const LIFE: Duration = Duration::from_secs(300);

/// The links given out, by their token.
#[derive(Default)]
pub(crate) struct Grants(Mutex<HashMap<String, (String, Instant)>>);

impl Grants {
    /// A token that opens `path` for the next minutes.
    pub(crate) fn give(&self, path: &str) -> Result<String, getrandom::Error> {
        let token = new_uuid()?;
        let now = Instant::now();
        let mut grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        grants.retain(|_, (_, given)| now.duration_since(*given) < LIFE);
        grants.insert(token.clone(), (path.to_owned(), now));
        Ok(token)
    }

    /// Whether `token` opens `path` now.
    pub(crate) fn opens(&self, token: &str, path: &str) -> bool {
        let grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        grants.get(token).is_some_and(|(granted, given)| granted == path && given.elapsed() < LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_own_path_only() {
        let grants = Grants::default();
        let token = grants.give("/storage/a").unwrap();
        assert!(grants.opens(&token, "/storage/a"));
        assert!(!grants.opens(&token, "/storage/b"));
        assert!(!grants.opens("", "/storage/a"));
    }
}
