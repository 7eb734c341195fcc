//! Fetching what a job names, as the platform would: over http(s) or from a bucket.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::sync::OnceCell;
use url::{Host, Url};

use crate::bucket::Buckets;

/// The largest file that is fetched.
const FILE_LIMIT: u64 = 256 << 20;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(300);

/// Gets at files; the error says why not, without the URL.
pub(crate) struct Fetcher {
    buckets: Arc<Buckets>,
    /// Made when first needed: it wants the system's certificates, which a job in a bucket does not.
    remote: OnceCell<Client>,
    local: OnceCell<Client>,
}

impl Fetcher {
    pub(crate) fn new(buckets: Buckets) -> Self {
        Fetcher { buckets: Arc::new(buckets), remote: OnceCell::new(), local: OnceCell::new() }
    }

    /// The file's bytes.
    pub(crate) async fn bytes(&self, url: &str) -> Result<Vec<u8>, String> {
        if let Some(object) = url.strip_prefix("s3://") {
            let (buckets, object) = (Arc::clone(&self.buckets), object.to_owned());
            return blocking(move || buckets.read(&object, FILE_LIMIT)).await;
        }
        let mut response = self.get(url).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(plain)? {
            if (bytes.len() + chunk.len()) as u64 > FILE_LIMIT {
                return Err(format!("it is larger than {FILE_LIMIT} bytes"));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Whether the file is there, without reading it.
    pub(crate) async fn reach(&self, url: &str) -> Result<(), String> {
        if let Some(object) = url.strip_prefix("s3://") {
            let (buckets, object) = (Arc::clone(&self.buckets), object.to_owned());
            return blocking(move || buckets.find(&object).map(drop)).await;
        }
        // A GET, not a HEAD: a presigned URL is signed for one method.
        self.get(url).await.map(drop)
    }

    async fn get(&self, url: &str) -> Result<Response, String> {
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("the sandbox cannot read {}:// URLs, only s3, http and https", url.scheme()));
        }
        let client = if is_loopback(&url) {
            self.local.get_or_try_init(|| async { build(true) }).await
        } else {
            self.remote.get_or_try_init(|| async { build(false) }).await
        };
        let response = client.map_err(plain)?.get(url).send().await.map_err(plain)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(format!("it answers {status}, and redirects are not followed"));
        }
        // 206 and 204 are successes too, but not of the whole file.
        if status.as_u16() != 200 {
            return Err(format!("it answers {status}"));
        }
        Ok(response)
    }
}

/// A loopback address is never behind a proxy.
fn build(loopback: bool) -> reqwest::Result<Client> {
    let builder = Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .pool_idle_timeout(Duration::from_secs(4));
    if loopback { builder.no_proxy() } else { builder }.build()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What went wrong, with its causes, but without the URL, whose query may hold a signature.
fn plain(error: impl std::borrow::Borrow<reqwest::Error>) -> String {
    let error: &dyn std::error::Error = error.borrow();
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    if text.is_empty() { "it could not be fetched".to_owned() } else { text }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}

/// A URL as it may be shown: without user, password, query and fragment.
pub(crate) fn shown(url: &str) -> String {
    let end = url.find(['?', '#']).filter(|_| !url.starts_with("s3://")).unwrap_or(url.len());
    let bare = &url[..end];
    let Some((scheme, rest)) = bare.split_once("://") else { return bare.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_url_are_not_shown() {
        assert_eq!(shown("https://u:p@host/a.png?X-Amz-Signature=1#f"), "https://host/a.png");
        assert_eq!(shown("s3://b/what?.png"), "s3://b/what?.png");
        assert_eq!(shown("nonsense?x"), "nonsense");
    }

    #[tokio::test]
    async fn other_schemes_are_said_to_be_out_of_reach() {
        let fetcher = Fetcher::new(Buckets::default());
        assert!(fetcher.bytes("gs://b/k").await.unwrap_err().contains("gs://"));
        assert!(fetcher.reach("file:///etc/hostname").await.is_err());
    }
}
