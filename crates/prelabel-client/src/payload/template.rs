//! URLs by rule: `https://host/images/{key}.jpg`.

use url::Url;

use crate::error::{Error, Result};
use crate::safe_url::scrub;

/// What can stand between braces, for messages.
const KNOWN: &str = "`{key}`, `{stem}` and `{sha256}`";

/// What a template is filled with.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The sample's key, segments parted by `/`, without a file extension.
    pub key: &'a str,
    /// SHA-256 of the mask file, where there is one.
    pub sha256: Option<&'a str>,
}

/// A URL with placeholders: `{key}` is the whole key, its `/` kept; `{stem}` its last segment; `{sha256}` the checksum of
/// the mask file.
///
/// In `http(s):` and `file:` URLs the values are percent-encoded, all but unreserved characters. In `s3:` and `gs:` URLs,
/// which are not decoded by anybody, they stand as they are. Placeholders may stand in path and query, never in the host.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    literal: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Key,
    Stem,
    Sha256,
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |message: String| Error::Template { template: shown(text), message };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            if rest[at..].starts_with('}') {
                return Err(wrong("a `}` without its `{`".into()));
            }
            let end = rest[at..].find('}').ok_or_else(|| wrong("a `{` without its `}`".into()))?;
            if at > 0 {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            parts.push(match &rest[at + 1..at + end] {
                "key" => Part::Key,
                "stem" => Part::Stem,
                "sha256" => Part::Sha256,
                other => return Err(wrong(format!("unknown placeholder `{{{other}}}`; known are {KNOWN}"))),
            });
            rest = &rest[at + end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        let template = Template { literal: is_literal(text), parts };
        template.check().map_err(wrong)?;
        Ok(template)
    }

    fn check(&self) -> Result<(), String> {
        let Some(Part::Text(first)) = self.parts.first() else {
            return Err("it must begin with a scheme and a host, `https://host/`".into());
        };
        let Some((scheme, after)) = first.split_once("://") else {
            return Err("it must begin with a scheme and a host, `https://host/`".into());
        };
        if !matches!(scheme, "http" | "https" | "s3" | "gs" | "file") {
            return Err(format!("the scheme is `{scheme}`, expected https, http, s3, gs or file"));
        }
        // A key must never choose the host that gets the request.
        if self.parts.len() > 1 && !after.contains('/') {
            return Err("a placeholder may not stand in the host".into());
        }
        let sample = self.fill(Values { key: "a", sha256: Some("a") })?;
        Url::parse(&sample).map(|_| ()).map_err(|error| format!("it does not make a URL: {error}"))
    }

    /// Whether every URL it makes is the same.
    pub fn is_constant(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// Whether it needs the mask's checksum.
    pub fn needs_sha256(&self) -> bool {
        self.parts.contains(&Part::Sha256)
    }

    /// The URL for one sample.
    pub fn expand(&self, values: Values<'_>) -> Result<String> {
        self.fill(values).map_err(|message| Error::Template { template: format!("{self:?}"), message })
    }

    fn fill(&self, values: Values<'_>) -> Result<String, String> {
        let mut url = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => url.push_str(text),
                Part::Key => self.push_path(&mut url, values.key)?,
                Part::Stem => {
                    self.push_path(&mut url, values.key.rsplit('/').next().unwrap_or(values.key))?;
                }
                Part::Sha256 => {
                    url.push_str(values.sha256.ok_or("there is no mask here whose `{sha256}` could be taken")?)
                }
            }
        }
        Ok(url)
    }

    fn push_path(&self, url: &mut String, path: &str) -> Result<(), String> {
        for (index, segment) in path.split('/').enumerate() {
            // Clients resolve these before they send: the URL would name something else.
            if matches!(segment, "" | "." | "..") {
                return Err(format!("the key {path:?} has a segment that a URL cannot hold"));
            }
            if index > 0 {
                url.push('/');
            }
            if !self.literal {
                percent_encode(url, segment);
            } else if segment.contains(|c: char| c.is_control() || matches!(c, '?' | '#' | '%')) {
                return Err(format!("the key {path:?} cannot stand in an s3: or gs: URL; use an https: one"));
            } else {
                url.push_str(segment);
            }
        }
        Ok(())
    }
}

fn is_literal(text: &str) -> bool {
    text.starts_with("s3:") || text.starts_with("gs:")
}

fn percent_encode(url: &mut String, segment: &str) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(match part {
                Part::Text(part) => part,
                Part::Key => "{key}",
                Part::Stem => "{stem}",
                Part::Sha256 => "{sha256}",
            });
        }
        f.write_str(&shown(&text))
    }
}

/// `text` without its query, which may hold a signature; `scrub` alone takes a brace for the end of the URL.
fn shown(text: &str) -> String {
    match text.split_once(['?', '#']) {
        Some((path, _)) => format!("{}?…", scrub(path)),
        None => scrub(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(template: &str, key: &str) -> String {
        Template::parse(template).unwrap().expand(Values { key, sha256: Some("ab12") }).unwrap()
    }

    fn refused(template: &str) -> String {
        Template::parse(template).unwrap_err().to_string()
    }

    #[test]
    fn segments_are_encoded_and_slashes_kept() {
        assert_eq!(expand("https://h/{key}.jpg", "a b/ü#1?"), "https://h/a%20b/%C3%BC%231%3F.jpg");
        assert_eq!(expand("https://h/{stem}.jpg?v={sha256}", "a/b%c"), "https://h/b%25c.jpg?v=ab12");
        assert_eq!(expand("s3://bucket/{key}.jpg", "a b/ü"), "s3://bucket/a b/ü.jpg");
        assert_eq!(expand("https://h/one.jpg", "x"), "https://h/one.jpg");
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            refused("https://h/{name}")
                .contains("unknown placeholder `{name}`; known are `{key}`, `{stem}` and `{sha256}`")
        );
        assert!(refused("https://{key}/a").contains("may not stand in the host"));
        assert!(refused("https://h{key}/a").contains("may not stand in the host"));
        assert!(refused("{key}").contains("must begin with"));
        assert!(refused("ftp://h/{key}").contains("`ftp`"));
        assert!(refused("https://h/{key").contains("without its `}`"));
        assert!(refused("https://h/key}").contains("without its `{`"));
        for secret in ["https://h/{name}?sig=CANARY", "https://u:CANARY@h/{name}", "https://{key}@h/?CANARY"] {
            assert!(!refused(secret).contains("CANARY"));
        }
    }

    #[test]
    fn keys_cannot_climb_and_ambiguous_ones_are_refused() {
        let template = Template::parse("https://h/a/{key}?sig=CANARY").unwrap();
        for key in ["../b", "a//b", "", ".", "/a"] {
            let error = template.expand(Values { key, sha256: None }).unwrap_err();
            assert!(!error.to_string().contains("CANARY"), "{error}");
        }
        let s3 = Template::parse("s3://b/{key}").unwrap();
        assert!(s3.expand(Values { key: "a?b", sha256: None }).is_err());
        let sha = Template::parse("https://h/{sha256}").unwrap();
        assert!(sha.needs_sha256() && !sha.is_constant());
        assert!(sha.expand(Values { key: "a", sha256: None }).is_err());
    }
}
