//! Uploads masks and photographs, and makes a job of each pair.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prelabel::formats::{MaskPairs, images_by_key};
use prelabel::report::Summary;
use prelabel::tree::{FolderSource, Source};
use prelabel::{Error, ErrorKind, Limits};
use prelabel_client::payload::{Job, Payload, reference_id};
use prelabel_client::sha256_hex;
use prelabel_client::store::{Store, Uploaded};
use tokio::task::JoinSet;

use super::folder::Folder;
use super::rehearsal::{BUCKET, PROJECT, WORKFLOW};
use crate::commands::End;
use crate::commands::payload::{as_core, legend_entries};
use crate::exit_code::Exit;
use crate::output::Output;

/// How many pairs are under way at once: each holds a mask and a photograph.
const AT_ONCE: usize = 4;

/// The jobs of all pairs that could be uploaded, in the order of their keys.
pub(super) struct Jobs {
    pub(super) payloads: Vec<Payload>,
    pub(super) exit: Exit,
}

/// A pair that is uploaded.
struct Done {
    payload: Payload,
    new_files: u64,
}

pub(super) async fn all(
    folder: &Folder,
    images: &dyn Source,
    good: Vec<String>,
    limits: &Limits,
    interrupted: &AtomicBool,
    output: &Output,
) -> Result<Jobs, End> {
    let source: Arc<dyn Source> = Arc::new(FolderSource::open(&[folder.pairs()])?);
    let pairs = MaskPairs::list(source, limits);
    let by_key = images_by_key(images);
    let index_of: BTreeMap<String, usize> =
        (0..pairs.len()).filter_map(|index| Some((pairs.key(index).ok()?.as_str().to_owned(), index))).collect();
    let store = Store::open(&folder.store().display().to_string())?;
    let progress = output.progress(good.len(), "uploads");
    let mut summary = Summary::default();
    let mut done = BTreeMap::new();
    let mut new_files = 0;
    let mut under_way: JoinSet<(usize, String, Result<Done, End>)> = JoinSet::new();
    let mut waiting = good.into_iter().enumerate();
    loop {
        while under_way.len() < AT_ONCE && !interrupted.load(Ordering::Relaxed) {
            let Some((order, key)) = waiting.next() else { break };
            let files = Files::read(&pairs, &index_of, images, &by_key, &key, limits);
            let store = store.clone();
            under_way.spawn(async move {
                let job = match files {
                    Ok(files) => files.upload(&store, &key).await,
                    Err(error) => Err(error.into()),
                };
                (order, key, job)
            });
        }
        let Some(ended) = under_way.join_next().await else { break };
        let (order, key, job) =
            ended.map_err(|error| Error::new(ErrorKind::Output, "an upload broke off").source(error))?;
        progress.step(job.is_ok());
        match job {
            Ok(job) => {
                new_files += job.new_files;
                done.insert(order, job.payload);
            }
            Err(End::Error(error)) => summary.fail(order, &key, &error),
            // A store that takes one file not will take none.
            Err(other) => return Err(other),
        }
    }
    progress.end();
    if interrupted.load(Ordering::Relaxed) {
        return Err(Error::new(ErrorKind::Interrupted, "interrupted")
            .hint("run the same command again: it goes on where it stopped")
            .into());
    }
    output.summary(&summary);
    let files = if new_files == 1 { "1 file".to_owned() } else { format!("{new_files} files") };
    let known = if new_files == 0 { ": all were there already" } else { "" };
    output.say(&format!("uploaded {files} to the sandbox's store{known}"));
    let exit = if summary.failures() > 0 { Exit::Partly } else { Exit::Done };
    Ok(Jobs { payloads: done.into_values().collect(), exit })
}

/// The files of one pair.
struct Files {
    mask: Vec<u8>,
    legend: prelabel::model::Legend,
    image: Vec<u8>,
    ending: String,
}

impl Files {
    fn read(
        pairs: &MaskPairs,
        index_of: &BTreeMap<String, usize>,
        images: &dyn Source,
        by_key: &BTreeMap<String, String>,
        key: &str,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let missing = |what: &str| Error::missing(format!("the {what} is gone since it was checked"));
        let index = *index_of.get(key).ok_or_else(|| missing("mask"))?;
        let path = by_key.get(key).ok_or_else(|| missing("photograph"))?;
        let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let (mask, legend) = (pairs.mask(index)?, pairs.legend(index)?);
        Ok(Files { mask, legend, image: images.read(path, limits)?, ending })
    }

    /// Uploads both under names made of their content: a changed file gets another name, and nothing is replaced.
    async fn upload(self, store: &Store, key: &str) -> Result<Done, End> {
        let mask = store.upload_mask(self.mask).await?;
        let sha256 = sha256_hex(&self.image);
        let folder = sha256.get(..2).unwrap_or_default();
        let image = store.upload(&format!("images/{folder}/{sha256}.{}", self.ending), self.image).await?;
        let url = |file: &Uploaded| format!("s3://{BUCKET}/{}", file.key);
        let job = Job::image(reference_id(PROJECT, None, key), WORKFLOW, url(&image))
            .with_prelabels(url(&mask), legend_entries(&self.legend));
        let new_files = [&mask, &image].iter().filter(|file| !file.already_there).count() as u64;
        Ok(Done { payload: Payload::new(job).map_err(as_core)?, new_files })
    }
}
