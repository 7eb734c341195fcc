//! URLs and foreign text, made fit to be shown: a query string may hold a signature, a server's message may hold a URL,
//! a terminal escape or a megabyte.

use std::fmt;

use url::Url;

/// The most characters of a foreign message that are shown or stored.
const MAX_SHOWN: usize = 500;

/// A URL whose [`Display`](fmt::Display) and [`Debug`](fmt::Debug) hide user, password, query and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct SafeUrl(Url);

impl SafeUrl {
    /// Wraps `url`.
    pub fn new(url: Url) -> Self {
        SafeUrl(url)
    }

    /// The whole URL, for sending, never for showing.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// The whole URL, by value.
    pub fn into_inner(self) -> Url {
        self.0
    }
}

impl fmt::Display for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&scrub(self.0.as_str()))
    }
}

impl fmt::Debug for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeUrl({self})")
    }
}

/// `text` with every URL in it stripped of user, password, query and fragment, with control characters escaped, and cut
/// after 500 characters.
pub fn scrub(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MAX_SHOWN));
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let after = at + 3;
        shown.push_str(&rest[..after]);
        let end = rest[after..].find(ends_url).map_or(rest.len(), |offset| after + offset);
        push_without_secrets(&mut shown, &rest[after..end]);
        rest = &rest[end..];
    }
    shown.push_str(rest);
    escape_and_cut(&shown)
}

/// Whether a URL in running text ends before `c`.
fn ends_url(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '`' | '|' | '\\' | '^' | '{' | '}')
}

fn push_without_secrets(shown: &mut String, after_scheme: &str) {
    let cut = after_scheme.find(['?', '#']);
    let visible = &after_scheme[..cut.unwrap_or(after_scheme.len())];
    let authority_end = visible.find('/').unwrap_or(visible.len());
    // A password may hold an `@` of its own: everything up to the last one goes.
    let host = visible[..authority_end].rfind('@').map_or(0, |at| at + 1);
    shown.push_str(&visible[host..]);
    if cut.is_some() {
        shown.push_str("?…");
    }
}

fn escape_and_cut(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MAX_SHOWN));
    for (count, c) in text.chars().enumerate() {
        if count == MAX_SHOWN {
            shown.push('…');
            break;
        }
        if c.is_control() || is_bidi_control(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Characters that reorder what follows them on the screen.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_and_passwords_are_never_shown() {
        for (secret, shown) in [
            ("https://b.s3.amazonaws.com/a.png?X-Amz-Signature=CANARY", "https://b.s3.amazonaws.com/a.png?…"),
            ("https://x.blob.core.windows.net/c/a.png?sv=1&sig=CANARY", "https://x.blob.core.windows.net/c/a.png?…"),
            ("https://user:CANARY@host/a", "https://host/a"),
            ("https://user:CAN@ARY@host/a", "https://host/a"),
            ("https://host/a#access_token=CANARY", "https://host/a?…"),
        ] {
            assert_eq!(scrub(secret), shown);
            if let Ok(url) = Url::parse(secret) {
                let url = SafeUrl::new(url);
                assert!(!format!("{url} {url:?}").contains("CANARY"));
            }
        }
    }

    #[test]
    fn urls_in_running_text_are_found() {
        let text = r#"cannot copy {"a": "https://h/a?sig=CANARY", "b": "https://u:CANARY@h/b"} twice"#;
        assert_eq!(scrub(text), r#"cannot copy {"a": "https://h/a?…", "b": "https://h/b"} twice"#);
    }

    #[test]
    fn foreign_text_cannot_act_on_a_terminal_and_is_bounded() {
        assert_eq!(scrub("a\u{1b}[2Jb\u{202e}"), "a\\u{1b}[2Jb\\u{202e}");
        assert_eq!(scrub(&"x".repeat(9000)).chars().count(), 501);
    }
}
