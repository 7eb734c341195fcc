//! The one HTTP client. Every rule that keeps a job single and a key secret is set here, once: no redirects, no repeats of
//! its own, no referer, short idle connections, and the key only to the platform's own origin.

mod endpoint;
mod retry_after;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::error::{Error, Result};
use crate::safe_url::{SafeUrl, scrub};

pub use endpoint::Endpoint;
pub(crate) use endpoint::is_loopback;

/// The header that carries the key.
const KEY_HEADER: &str = "x-api-key";

/// The most bytes of an answer that are read.
const MAX_BODY: usize = 1 << 20;

/// How the client behaves on the network.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// For name, connection and TLS.
    pub connect_timeout: Duration,
    /// Between two pieces of an answer.
    pub read_timeout: Duration,
    /// For a request and its whole answer.
    pub total_timeout: Duration,
    /// What the client calls itself.
    pub user_agent: String,
    /// A proxy for requests that leave this machine. None is taken from the environment.
    pub proxy: Option<SafeUrl>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        HttpOptions {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(60),
            user_agent: concat!("prelabel/", env!("CARGO_PKG_VERSION")).into(),
            proxy: None,
        }
    }
}

/// Talks to the platform. Cheap to clone.
#[derive(Clone)]
pub struct HttpClient(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    endpoint: Endpoint,
    key: SecretString,
    header: HeaderValue,
}

/// An answer that arrived whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// Where a redirect points, never followed.
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// No byte of the request left: nothing can have happened.
    NotSent(String),
    /// The request may have been read and acted upon.
    Lost(String),
}

impl HttpClient {
    /// A client for `endpoint` that shows `key` to it.
    pub fn new(endpoint: Endpoint, key: SecretString, options: &HttpOptions) -> Result<Self> {
        let mut header = HeaderValue::from_str(key.expose_secret().trim())
            .ok()
            .filter(|header| !header.is_empty())
            // Without the value: the message must not show it.
            .ok_or_else(|| {
                Error::usage("the API key is empty or has line breaks in it", "check where it is read from")
            })?;
        header.set_sensitive(true);
        let wrong = |error: reqwest::Error| {
            Error::usage(format!("cannot set up HTTP: {}", describe(error)), "check the proxy and the certificates")
        };
        let mut builder = reqwest::Client::builder()
            // A redirected POST becomes a GET that looks like success, and takes the key along.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // A create may act twice: only the journal knows when it may be sent again.
            .retry(reqwest::retry::never())
            // Below every server's own idle time, or requests meet connections that are being closed.
            .pool_idle_timeout(Duration::from_secs(4))
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.read_timeout)
            .timeout(options.total_timeout)
            .user_agent(&options.user_agent)
            .no_proxy();
        if let Some(proxy) = options.proxy.as_ref().filter(|_| !endpoint.is_loopback()) {
            builder = builder.proxy(reqwest::Proxy::all(proxy.expose().as_str()).map_err(wrong)?);
        }
        let client = builder.build().map_err(wrong)?;
        Ok(HttpClient(Arc::new(Inner { client, endpoint, key, header })))
    }

    /// The platform's address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// A server's text, fit to be shown and stored: should it repeat the key, the key is taken out.
    pub(crate) fn shown(&self, text: &str) -> String {
        let key = self.0.key.expose_secret().trim();
        let text = text.replace(key, "[the API key]");
        scrub(&text)
    }

    /// Sends once, and reads at most 1 MiB of the answer.
    pub(crate) async fn send(&self, method: Method, url: Url, body: Option<String>) -> Result<Answer, NoAnswer> {
        if let Some(problem) = endpoint::transport_problem(&url) {
            return Err(NoAnswer::NotSent(problem.into()));
        }
        let with_key = url.origin() == self.0.endpoint.url().origin();
        let mut request = self.0.client.request(method, url).header(ACCEPT, "application/json");
        if with_key {
            request = request.header(KEY_HEADER, self.0.header.clone());
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = request.send().await.map_err(|error| self.no_answer(error))?;
        let status = response.status().as_u16();
        let headers = response.headers();
        let retry_after = retry_after(headers);
        let location = text_of(headers, LOCATION).map(str::to_owned);
        let body = self.read_body(response).await?;
        Ok(Answer { status, retry_after, location, body })
    }

    async fn read_body(&self, mut response: reqwest::Response) -> Result<Vec<u8>, NoAnswer> {
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| self.no_answer(error))? {
            if body.len() + piece.len() > MAX_BODY {
                return Err(NoAnswer::Lost("the answer is longer than 1 MiB".into()));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    fn no_answer(&self, error: reqwest::Error) -> NoAnswer {
        let not_sent = error.is_connect() || error.is_builder();
        let why = self.shown(&describe(error));
        if not_sent { NoAnswer::NotSent(why) } else { NoAnswer::Lost(why) }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpClient({})", self.0.endpoint)
    }
}

/// The error and its causes without the URL; reqwest's own line says only that it failed.
fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

fn text_of(headers: &HeaderMap, name: reqwest::header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = text_of(headers, RETRY_AFTER)?;
    // The server's own clock, so that a wrong one here does not matter.
    let now = text_of(headers, DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    retry_after::parse(text, now.unwrap_or_else(SystemTime::now))
}
