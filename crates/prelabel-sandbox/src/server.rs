//! Start and end of a sandbox.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::bucket::Buckets;
use crate::fetch::Fetcher;
use crate::ids::parse_uuid;
use crate::ledger::Ledger;
use crate::routes;
use crate::shared::{App, Shared};
use crate::wire::{Cut, WireListener};
use crate::{Fault, JobRecord, RequestCount, SandboxError, SandboxOptions};

/// How long requests under way may still take at the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running sandbox. It ends when it is dropped; [`Sandbox::shutdown`] also waits for requests under way.
///
/// ```no_run
/// use prelabel_sandbox::{Bucket, Sandbox, SandboxOptions};
///
/// # async fn example() -> Result<(), prelabel_sandbox::SandboxError> {
/// let mut options = SandboxOptions::new("state", "any key");
/// options.buckets = vec![Bucket { name: "masks".into(), dir: "masks".into() }];
/// let sandbox = Sandbox::start(options).await?;
/// // … requests to `sandbox.url()`, with `s3://masks/…` in them …
/// for job in sandbox.jobs()? {
///     sandbox.complete_job(&job.job_id)?;
/// }
/// sandbox.shutdown().await
/// # }
/// ```
pub struct Sandbox {
    app: App,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Sandbox {
    /// Starts a sandbox on the caller's runtime; when this returns, it accepts requests.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        check(&options)?;
        let folder = options.state_dir.clone();
        let given = options.buckets.clone();
        let opened = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&folder)
                .map_err(|source| SandboxError::StateDir { path: folder.clone(), source })?;
            Ok::<_, SandboxError>((Ledger::open(&folder)?, Buckets::open(&given)?))
        });
        let (ledger, buckets) = opened.await.map_err(|error| SandboxError::Server(error.to_string()))??;
        let failed = |source| SandboxError::Listen { port: options.port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let app = Arc::new(Shared::new(url, &options, ledger, Fetcher::new(buckets)));
        let service = routes::router(Arc::clone(&app)).into_make_service_with_connect_info::<Cut>();
        let (stop, stopped) = oneshot::channel();
        let server = axum::serve(WireListener(listener), service).with_graceful_shutdown(async {
            // A sandbox that is dropped stops too.
            let _ = stopped.await;
        });
        let task = tokio::spawn(server.into_future());
        Ok(Sandbox { app, stop: Some(stop), task })
    }

    /// Where it is, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.app.url
    }

    /// All jobs of the ledger, also those of earlier runs, in the order of creation.
    pub fn jobs(&self) -> Result<Vec<JobRecord>, SandboxError> {
        self.app.ledger.jobs()
    }

    /// Plays the annotator who agrees: the job is completed, and its result is the pre-label that it came with.
    pub fn complete_job(&self, job_id: &str) -> Result<(), SandboxError> {
        self.app.ledger.complete(job_id)
    }

    /// Lets something go wrong at the next request of `method` whose path starts with `path_prefix`.
    pub fn push_fault(&self, method: &str, path_prefix: &str, fault: Fault) -> Result<(), SandboxError> {
        self.app.faults.push(method, path_prefix, fault)
    }

    /// How many faults did not happen yet.
    pub fn faults_left(&self) -> usize {
        self.app.faults.left()
    }

    /// How often each endpoint was asked since the start.
    pub fn requests(&self) -> Vec<RequestCount> {
        self.app.counts.list()
    }

    /// What all jobs of the ledger cost, if jobs have a price: those that were there at the start, and those made since.
    /// What another sandbox on the same folder adds meanwhile is not in it.
    pub fn spent(&self) -> Option<u64> {
        self.app.price_per_job.map(|price| price.saturating_mul(self.app.ledger.count()))
    }

    /// Takes no new requests, and waits a while for those under way.
    pub async fn shutdown(mut self) -> Result<(), SandboxError> {
        self.stop.take();
        match tokio::time::timeout(PATIENCE, &mut self.task).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(SandboxError::Server(error.to_string())),
            Ok(Err(error)) => Err(SandboxError::Server(error.to_string())),
            Err(_) => {
                self.task.abort();
                Err(SandboxError::Server("a request was still under way".to_owned()))
            }
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.app.url).finish_non_exhaustive()
    }
}

/// Options that no request could ever satisfy are refused here, where they are noticed.
fn check(options: &SandboxOptions) -> Result<(), SandboxError> {
    let refuse = |message: String| Err(SandboxError::Option(message));
    // A header's value comes trimmed.
    let key = &options.api_key;
    if key.is_empty() || key.trim() != key || HeaderValue::from_str(key).is_err() {
        return refuse(
            "the API key cannot be sent in a header: it is empty, or has spaces or control characters".into(),
        );
    }
    let projects = options.projects.iter().flatten().map(|id| ("project", id));
    let workflows = options.workflows.iter().flatten().map(|id| ("workflow", id));
    if let Some((kind, id)) = projects.chain(workflows).find(|(_, id)| parse_uuid(id).is_none()) {
        return refuse(format!("the {kind} `{id}` is not a UUID"));
    }
    for (index, bucket) in options.buckets.iter().enumerate() {
        if bucket.name.is_empty() || bucket.name.contains('/') {
            return refuse(format!("`{}` cannot be the name of a bucket", bucket.name));
        }
        if options.buckets[..index].iter().any(|other| other.name == bucket.name) {
            return refuse(format!("there are two buckets `{}`", bucket.name));
        }
    }
    Ok(())
}
