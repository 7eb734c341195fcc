//! Where masks lie. One upload is: create, or compare with what is there; then read it back and compare again.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use serde::Serialize;
use url::Url;

use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::safe_url::{SafeUrl, scrub};

/// A store of files. Cheap to clone; how many uploads run at once is the caller's choice.
#[derive(Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    base: Url,
}

/// A file that lies in the store, compared with what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Uploaded {
    /// Its name in the store.
    pub key: String,
    /// Its checksum.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
    /// It lay there before, with the same content.
    pub already_there: bool,
}

/// The content-addressed name of a mask: an upload repeated is harmless, one overwritten is impossible.
pub fn mask_key(sha256: &str) -> String {
    let folder = sha256.get(..2).unwrap_or(sha256);
    format!("masks/{folder}/{sha256}.png")
}

impl Store {
    /// Opens a store by its URL, `file:///dir`, or by a folder's path. The folder is made if it is missing.
    pub fn open(place: &str) -> Result<Self> {
        let folder = folder_of(place)?;
        // Canonical, so that the URL is the same however the folder was written.
        let folder = std::fs::create_dir_all(&folder).and_then(|()| folder.canonicalize()).map_err(|error| {
            Error::usage(
                format!("cannot open the store {}: {error}", folder.display()),
                "name a folder that you may write to",
            )
        })?;
        let wrong = |why: String| {
            Error::usage(format!("cannot open the store {}: {why}", folder.display()), "name another folder")
        };
        let base = Url::from_directory_path(&folder).map_err(|()| wrong("the path makes no URL".into()))?;
        let local = LocalFileSystem::new_with_prefix(&folder).map_err(|error| wrong(scrub(&error.to_string())))?;
        // A job that names a mask costs money; the mask must outlive a power cut.
        Ok(Store { inner: Arc::new(local.with_fsync(true)), base })
    }

    /// Any other object store; `base` is the URL under which its keys lie.
    pub fn new(inner: Arc<dyn ObjectStore>, mut base: Url) -> Self {
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Store { inner, base }
    }

    /// Its address.
    pub fn base(&self) -> SafeUrl {
        SafeUrl::new(self.base.clone())
    }

    /// The URL of `key` in the store itself.
    pub fn url_of(&self, key: &str) -> SafeUrl {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(key.split('/'));
        }
        SafeUrl::new(url)
    }

    /// Puts a mask under its content-addressed name.
    pub async fn upload_mask(&self, bytes: Vec<u8>) -> Result<Uploaded> {
        let key = mask_key(&sha256_hex(&bytes));
        self.upload(&key, bytes).await
    }

    /// Puts `bytes` at `key`. The same content there already is success, other content is an error and stays untouched.
    pub async fn upload(&self, key: &str, bytes: Vec<u8>) -> Result<Uploaded> {
        let path = Path::parse(key).map_err(|error| self.failed("name", key, &error))?;
        let sha256 = sha256_hex(&bytes);
        let size = bytes.len() as u64;
        let options = PutOptions::from(PutMode::Create);
        let already_there = match self.inner.put_opts(&path, PutPayload::from(bytes), options).await {
            Ok(_) => false,
            // Also what a store says to its own retry after an answer was lost: only the content tells.
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => true,
            Err(error) => return Err(self.failed("write", key, &error)),
        };
        let found_size = self.inner.head(&path).await.map_err(|error| self.failed("read back", key, &error))?.size;
        // A wrong size is known without fetching what may be a huge file.
        let found = if found_size == size { Some(self.checksum(key, &path).await?) } else { None };
        if found.as_ref() != Some(&sha256) {
            let found = found.map_or_else(String::new, |sum| format!(", SHA-256 {sum}"));
            let found = format!("{found_size} bytes{found}");
            let expected = format!("{size} bytes, SHA-256 {sha256}");
            let (key, store) = (key.to_owned(), self.base().to_string());
            if !already_there {
                let why = format!("written, but it reads back as {found}, expected {expected}");
                return Err(Error::Store { action: "write", key, store, why });
            }
            return Err(Error::Exists { key, store, found, expected });
        }
        Ok(Uploaded { key: key.to_owned(), sha256, size, already_there })
    }

    async fn checksum(&self, key: &str, path: &Path) -> Result<String> {
        let failed = |error: object_store::Error| self.failed("read back", key, &error);
        let bytes = self.inner.get(path).await.map_err(failed)?.bytes().await.map_err(failed)?;
        Ok(sha256_hex(&bytes))
    }

    fn failed(&self, action: &'static str, key: &str, error: &dyn std::error::Error) -> Error {
        Error::Store { action, key: key.to_owned(), store: self.base().to_string(), why: scrub(&error.to_string()) }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.base())
    }
}

fn folder_of(place: &str) -> Result<PathBuf> {
    let Some((scheme, _)) = place.split_once("://") else {
        return Ok(PathBuf::from(place));
    };
    if scheme != "file" {
        return Err(Error::usage(
            format!("the store `{}` cannot be opened: this build knows no `{scheme}:` stores", scrub(place)),
            "name a folder, or a `file:///` URL",
        ));
    }
    Url::parse(place).ok().and_then(|url| url.to_file_path().ok()).ok_or_else(|| {
        Error::usage(format!("`{}` is not the URL of a folder", scrub(place)), "write it like `file:///data/masks`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_same_content_is_done_and_other_content_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("deep/er");
        let store = Store::open(place.to_str().unwrap()).unwrap();
        let first = store.upload_mask(b"mask".to_vec()).await.unwrap();
        assert!(!first.already_there);
        assert_eq!(first.key, mask_key(&sha256_hex(b"mask")));
        assert_eq!(std::fs::read(place.join(&first.key)).unwrap(), b"mask");
        assert!(store.upload_mask(b"mask".to_vec()).await.unwrap().already_there);

        let same_size = store.upload(&first.key, b"MASK".to_vec()).await.unwrap_err();
        assert!(matches!(same_size, Error::Exists { .. }), "{same_size}");
        let shorter = store.upload(&first.key, b"x".to_vec()).await.unwrap_err().to_string();
        assert!(shorter.contains("with other content: 4 bytes, expected 1 bytes"), "{shorter}");
        assert_eq!(std::fs::read(place.join(&first.key)).unwrap(), b"mask");
    }

    #[tokio::test]
    async fn names_stay_inside_and_urls_are_the_stores_own() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::from_directory_path(folder.path().canonicalize().unwrap()).unwrap();
        let store = Store::open(url.as_str()).unwrap();
        assert!(store.upload("../x", vec![1]).await.is_err());
        assert_eq!(store.url_of("a/b c.png").expose().as_str(), format!("{url}a/b%20c.png"));
        assert!(Store::open("s3://bucket/x?sig=CANARY").unwrap_err().to_string().contains("`s3:`"));
    }
}
