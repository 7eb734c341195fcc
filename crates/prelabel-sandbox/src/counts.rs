//! How often each endpoint was asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// How many requests reached an endpoint since the sandbox started; those that met a fault count too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestCount {
    /// The request's method.
    pub method: String,
    /// The endpoint, such as `/v1/projects/{project_id}/jobs`; `unknown` for paths that lead nowhere.
    pub endpoint: String,
    /// How often.
    pub count: u64,
}

/// The counters.
#[derive(Default)]
pub(crate) struct Counts(Mutex<BTreeMap<(String, String), u64>>);

impl Counts {
    /// One more.
    pub(crate) fn add(&self, method: &str, endpoint: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((endpoint.to_owned(), method.to_owned())).or_default() += 1;
    }

    /// All of them, by endpoint and method.
    pub(crate) fn list(&self) -> Vec<RequestCount> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = |((endpoint, method), count): (&(String, String), &u64)| RequestCount {
            method: method.clone(),
            endpoint: endpoint.clone(),
            count: *count,
        };
        counts.iter().map(row).collect()
    }
}
