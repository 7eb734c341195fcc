//! The platform's address.

use std::fmt;

use url::{Host, Url};

use crate::error::{Error, Result};
use crate::safe_url::{SafeUrl, scrub};

/// Where the platform is: `https://api.playment.io`, or a sandbox on this machine. Only loopback hosts may go without TLS.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// The platform itself.
    pub const PLATFORM: &'static str = "https://api.playment.io";

    /// Reads an address. A path in it goes before every call's own.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            Error::usage(
                format!("the endpoint `{}` cannot be used: {why}", scrub(text)),
                format!("write it like `{}`", Self::PLATFORM),
            )
        };
        let mut url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
        if let Some(problem) = transport_problem(&url) {
            return Err(wrong(problem));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds a user name or a password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it has a query or a fragment"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Endpoint(url))
    }

    /// The URL of a call; each segment is percent-encoded.
    pub(crate) fn join(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// The address as a URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The form in which the journal names it.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", SafeUrl::new(self.0.clone()).to_string().trim_end_matches('/'))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// Why `url` may not be asked: the key and signed URLs would travel in the clear.
pub(super) fn transport_problem(url: &Url) -> Option<&'static str> {
    match url.scheme() {
        "https" => None,
        "http" if is_loopback(url) => None,
        "http" => Some("http is only for this machine (loopback); use https"),
        _ => Some("expected https"),
    }
}

/// Whether the host of `url` is this machine, whatever a name server says.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_required_except_on_this_machine() {
        for good in ["https://api.playment.io", "http://127.0.0.1:8080/", "http://localhost:1/x/", "http://[::1]:9"] {
            assert!(Endpoint::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.playment.io",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "ftp://h",
            "api.playment.io",
            "https://user:CANARY@h",
            "https://h/?key=CANARY",
        ] {
            let error = Endpoint::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("CANARY"), "{error}");
        }
    }

    #[test]
    fn segments_are_encoded_and_a_path_is_kept() {
        let endpoint = Endpoint::parse("https://h/proxy/").unwrap();
        assert_eq!(
            endpoint.join(&["v1", "projects", "a/../b?c"]).as_str(),
            "https://h/proxy/v1/projects/a%2F..%2Fb%3Fc"
        );
        let endpoint = Endpoint::parse("https://h").unwrap();
        assert_eq!(endpoint.join(&["v1"]).as_str(), "https://h/v1");
        assert_eq!(endpoint.to_string(), "https://h");
        assert_eq!(endpoint.as_str(), "https://h");
    }
}
