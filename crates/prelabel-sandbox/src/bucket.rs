//! Folders that play buckets: `s3://name/key` → a file that lies inside the bucket's folder.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

use crate::{Bucket, SandboxError};

/// The buckets, each with its folder's true path.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Vec<(String, PathBuf)>);

impl Buckets {
    /// Finds the folders, following symbolic links once, here.
    pub(crate) fn open(buckets: &[Bucket]) -> Result<Self, SandboxError> {
        let open = |bucket: &Bucket| {
            let failed = |source| SandboxError::Bucket { name: bucket.name.clone(), path: bucket.dir.clone(), source };
            let dir = fs::canonicalize(&bucket.dir).map_err(failed)?;
            fs::read_dir(&dir).map_err(failed)?;
            Ok((bucket.name.clone(), dir))
        };
        buckets.iter().map(open).collect::<Result<_, _>>().map(Buckets)
    }

    /// The file behind `bucket/key`, the part of an `s3://` URL after the scheme; or why there is none.
    ///
    /// The URL is taken apart by hand: a URL parser would resolve `..` before it could be refused.
    pub(crate) fn find(&self, bucket_and_key: &str) -> Result<PathBuf, String> {
        let (name, key) = bucket_and_key.split_once('/').ok_or("no key after the bucket's name")?;
        let dir = self.0.iter().find(|bucket| bucket.0 == name).map(|bucket| &bucket.1);
        let dir = dir.ok_or_else(|| format!("access to bucket `{name}` was not given"))?;
        if key.contains(['\\', '\0']) || key.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(format!("the key `{key}` is not a plain path"));
        }
        let path = fs::canonicalize(dir.join(key)).map_err(|error| format!("`{key}` in bucket `{name}`: {error}"))?;
        // A symbolic link may still lead out of the folder.
        if !path.starts_with(dir) {
            return Err(format!("the key `{key}` leaves bucket `{name}`"));
        }
        // Opening a pipe would wait for ever.
        if !path.is_file() {
            return Err(format!("`{key}` in bucket `{name}` is not a file"));
        }
        Ok(path)
    }

    /// The bytes behind `bucket/key`, at most `limit`.
    pub(crate) fn read(&self, bucket_and_key: &str, limit: u64) -> Result<Vec<u8>, String> {
        let path = self.find(bucket_and_key)?;
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
        match read {
            Err(error) => Err(error.to_string()),
            Ok(read) if read as u64 > limit => Err(format!("it is larger than {limit} bytes")),
            Ok(_) => Ok(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets() -> (tempfile::TempDir, Buckets) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("masks/a b")).unwrap();
        fs::write(root.path().join("masks/a b/1.png"), b"12345").unwrap();
        fs::write(root.path().join("secret"), b"secret").unwrap();
        let bucket = Bucket { name: "masks".into(), dir: root.path().join("masks") };
        let buckets = Buckets::open(&[bucket]).unwrap();
        (root, buckets)
    }

    #[test]
    fn a_key_is_a_file_below_the_folder() {
        let (_root, buckets) = buckets();
        assert_eq!(buckets.read("masks/a b/1.png", 5).unwrap(), b"12345");
        assert!(buckets.read("masks/a b/1.png", 4).unwrap_err().contains("larger than 4 bytes"));
    }

    #[test]
    fn keys_that_leave_the_folder_are_refused() {
        let (_root, buckets) = buckets();
        for key in
            ["../secret", "a b/../../secret", "/etc/hostname", "./a b/1.png", "a b//1.png", "", "a\\b", "a\0b", "a b"]
        {
            assert!(buckets.find(&format!("masks/{key}")).is_err(), "{key}");
        }
        assert!(buckets.find("other/1.png").unwrap_err().contains("was not given"));
        assert!(buckets.find("masks").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_out_of_the_folder_is_refused() {
        let (root, buckets) = buckets();
        std::os::unix::fs::symlink(root.path().join("secret"), root.path().join("masks/link")).unwrap();
        assert!(buckets.find("masks/link").unwrap_err().contains("leaves bucket"));
    }

    #[test]
    fn a_missing_folder_is_found_at_the_start() {
        let bucket = Bucket { name: "x".into(), dir: "no/such/folder".into() };
        assert!(Buckets::open(&[bucket]).unwrap_err().to_string().contains("bucket `x`"));
    }
}
