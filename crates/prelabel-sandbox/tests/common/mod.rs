//! A sandbox with a bucket, and a plain HTTP client before it.

#![allow(dead_code, unreachable_pub, reason = "each test file is a crate of its own and uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use prelabel_sandbox::{Bucket, Sandbox, SandboxOptions};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

pub const KEY: &str = "CANARY-5ec2e7";
pub const PROJECT: &str = "3f3e0c5a-1111-4222-8333-444455556666";
pub const WORKFLOW: &str = "2aae0c5a-1111-4222-8333-444455556666";
pub const OTHER: &str = "9bbb0c5a-1111-4222-8333-444455556666";

/// A platform with the bucket `b`, in which an image of 3 x 2 pixels lies as `image.png`.
pub struct Bench {
    pub folder: tempfile::TempDir,
    pub sandbox: Sandbox,
    pub client: Client,
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut SandboxOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bucket")).unwrap();
        std::fs::write(folder.path().join("bucket/image.png"), image_png(3, 2)).unwrap();
        let mut options = options(folder.path());
        change(&mut options);
        let sandbox = Sandbox::start(options).await.unwrap();
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Bench { folder, sandbox, client }
    }

    /// Ends the sandbox and starts another one on its folder.
    pub async fn restarted(self) -> Self {
        self.sandbox.shutdown().await.unwrap();
        let sandbox = Sandbox::start(options(self.folder.path())).await.unwrap();
        Bench { sandbox, ..self }
    }

    /// Another sandbox on the same folder.
    pub async fn second(&self) -> Sandbox {
        Sandbox::start(options(self.folder.path())).await.unwrap()
    }

    /// Puts a file into the bucket and gives its URL.
    pub fn put(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.folder.path().join("bucket").join(name), bytes).unwrap();
        format!("s3://b/{name}")
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path)).header("x-api-key", KEY)
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.url(path)).header("x-api-key", KEY).json(body)
    }

    /// Posts a job over v1.
    pub async fn job(&self, body: &Value) -> Answer {
        answer(self.post(&jobs("v1"), body)).await
    }

    /// Posts a job that is accepted, and gives its ID.
    pub async fn accepted(&self, body: &Value) -> String {
        self.job(body).await.data()["job_id"].as_str().unwrap().to_owned()
    }
}

fn options(folder: &Path) -> SandboxOptions {
    let mut options = SandboxOptions::new(folder.join("state"), KEY);
    options.buckets = vec![Bucket { name: "b".into(), dir: folder.join("bucket") }];
    options
}

pub fn jobs(version: &str) -> String {
    format!("/{version}/projects/{PROJECT}/jobs")
}

/// A job over v1 without a pre-label.
pub fn plain(reference_id: &str) -> Value {
    json!({ "reference_id": reference_id, "work_flow_id": WORKFLOW, "data": { "image_url": "s3://b/image.png" } })
}

/// A job over v1 with a pre-label.
pub fn labelled(reference_id: &str, mask_url: &str, legend: &Value) -> Value {
    let mut job = plain(reference_id);
    job["data"]["maker_response"] = json!({ "raster": { "data": { "url": mask_url, "legend": legend } } });
    job
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The data of a success.
    pub fn data(&self) -> &Value {
        assert_eq!((self.status, &self.body["success"]), (200, &json!(true)), "{}", self.body);
        &self.body["data"]
    }

    /// The code of a refusal in the platform's shape, with its 400.
    pub fn code(&self) -> &str {
        assert_eq!((self.status, &self.body["success"]), (400, &json!(false)), "{}", self.body);
        assert!(!self.message().is_empty());
        self.body["error"]["code"].as_str().unwrap()
    }

    pub fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap()
    }

    /// The field of the first of `errors`, if there is one.
    pub fn field(&self) -> Option<&str> {
        self.body.pointer("/error/errors/0/meta_data/fields/0")?.as_str()
    }
}

pub async fn answer(request: RequestBuilder) -> Answer {
    read(request.send().await.unwrap()).await
}

pub async fn read(response: Response) -> Answer {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert!(!text.contains(KEY), "an answer must not hold the key");
    Answer { status, body: serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}")) }
}

/// A path with a query of one value.
pub fn query(path: &str, name: &str, value: &str) -> String {
    format!("{path}?{}", url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish())
}

pub fn image_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = image::RgbImage::new(width, height);
    picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

/// A PNG of some kind.
pub fn png(kind: (png::ColorType, png::BitDepth), size: (u32, u32), data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.0, size.1);
    encoder.set_color(kind.0);
    encoder.set_depth(kind.1);
    if kind.0 == png::ColorType::Indexed {
        encoder.set_palette(vec![0, 0, 0, 242, 51, 52]);
    }
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    bytes
}

/// A mask as it should be, of 3 x 2 pixels unless there are others.
pub fn mask(pixels: &[[u8; 4]]) -> Vec<u8> {
    assert_eq!(pixels.len(), 6);
    png((png::ColorType::Rgba, png::BitDepth::Eight), (3, 2), pixels.as_flattened())
}

pub fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}
