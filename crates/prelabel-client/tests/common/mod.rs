//! A platform on a socket, with faults in the order given, a ledger of the jobs it took, and a clock that never waits.

#![allow(dead_code, unreachable_pub, reason = "each test file is a crate of its own and uses a part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prelabel_client::api::Client;
use prelabel_client::clock::{Clock, Sleep};
use prelabel_client::http::{Endpoint, HttpClient, HttpOptions};
use prelabel_client::journal::{Entry, Journal};
use prelabel_client::payload::{Job, Payload};
use prelabel_client::submit::{SubmitOptions, SubmitSummary, submit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const KEY: &str = "CANARY-5ec2e7";
pub const BATCH: &str = "3f3e0c5a-1111-2222-3333-444455556666";

/// What the server does with a request.
#[derive(Clone)]
pub enum Act {
    /// What the platform would do.
    Serve,
    /// Takes the job, then this instead of its answer.
    TakeThen(Box<Act>),
    /// Status, headers, body.
    Reply(u16, &'static str, String),
    /// Closes without an answer.
    Close,
    /// The first half of the right answer, then closes.
    Half,
    /// Never answers.
    Hang,
}

pub fn take_then(act: Act) -> Act {
    Act::TakeThen(Box::new(act))
}

pub fn reply(status: u16, body: &str) -> Act {
    Act::Reply(status, "", body.into())
}

pub fn failure(code: &str) -> String {
    format!(r#"{{"error":{{"code":"{code}","message":"no, {KEY}, https://h/m.png?sig={KEY}"}},"success":false}}"#)
}

#[derive(Clone, Debug)]
pub struct Request {
    pub line: String,
    pub head: String,
    pub body: String,
}

#[derive(Default)]
pub struct Seen {
    pub requests: Vec<Request>,
    /// Reference ID → job ID.
    pub ledger: BTreeMap<String, String>,
    script: VecDeque<Act>,
}

#[derive(Clone)]
pub struct Server {
    pub address: String,
    pub seen: Arc<Mutex<Seen>>,
}

impl Server {
    pub async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen { script: script.into_iter().collect(), ..Seen::default() }));
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&shared)));
            }
        });
        Server { address, seen }
    }

    pub fn then(&self, script: impl IntoIterator<Item = Act>) {
        self.seen.lock().unwrap().script = script.into_iter().collect();
    }

    pub fn requests(&self) -> usize {
        self.seen.lock().unwrap().requests.len()
    }

    pub fn jobs(&self) -> Vec<String> {
        self.seen.lock().unwrap().ledger.keys().cloned().collect()
    }

    pub fn client(&self) -> Client {
        client_of(&self.address)
    }
}

pub fn client_of(address: &str) -> Client {
    let options = HttpOptions { total_timeout: Duration::from_millis(700), ..HttpOptions::default() };
    let http = HttpClient::new(Endpoint::parse(address).unwrap(), KEY.into(), &options).unwrap();
    Client::new(http, "p").unwrap()
}

async fn answer(mut stream: TcpStream, seen: Arc<Mutex<Seen>>) {
    let Some(request) = read(&mut stream).await else { return };
    let (act, right) = {
        let mut seen = seen.lock().unwrap();
        seen.requests.push(request.clone());
        let mut act = seen.script.pop_front().unwrap_or(Act::Serve);
        let mut right = String::new();
        if let Act::TakeThen(inner) = act {
            serve(&mut seen, &request);
            act = *inner;
        } else if matches!(act, Act::Serve | Act::Half) {
            right = serve(&mut seen, &request);
        }
        (act, right)
    };
    let text = match act {
        Act::Serve => right,
        Act::Half => right[..right.len() - 20].to_owned(),
        Act::Reply(status, headers, body) => http(status, headers, &body),
        Act::Close | Act::TakeThen(_) => return,
        Act::Hang => return std::future::pending().await,
    };
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn serve(seen: &mut Seen, request: &Request) -> String {
    if request.line.starts_with("GET") {
        let jobs: Vec<_> = seen
            .ledger
            .iter()
            .map(|(id, job)| serde_json::json!({"id": job, "reference_id": id, "status": "created"}))
            .collect();
        return http(200, "", &serde_json::json!({"data": {"jobs": jobs}, "success": true}).to_string());
    }
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    let Some(id) = body["reference_id"].as_str().map(str::to_owned) else {
        return http(400, "", &failure("FS_0002"));
    };
    if id.starts_with("bad") {
        return http(400, "", &failure("FS_0003"));
    }
    if seen.ledger.contains_key(&id) {
        return http(400, "", &failure("FS_0001"));
    }
    let job = format!("job-of-{id}");
    seen.ledger.insert(id.clone(), job.clone());
    http(200, "", &serde_json::json!({"data": {"job_id": job, "reference_id": id}, "success": true}).to_string())
}

fn http(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length =
            head.split("content-length: ").nth(1).map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
        if body.len() >= length {
            let line = text.lines().next().unwrap().to_owned();
            return Some(Request { line, head, body: body.to_owned() });
        }
    }
}

/// A clock on which every wait is over at once.
#[derive(Default)]
pub struct FastClock {
    pub slept_ms: AtomicU64,
}

impl Clock for FastClock {
    fn unix_seconds(&self) -> u64 {
        1_795_000_000
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        self.slept_ms.fetch_add(duration.as_millis() as u64, Ordering::Relaxed);
        Box::pin(tokio::task::yield_now())
    }
}

pub fn options() -> SubmitOptions {
    SubmitOptions { clock: Arc::new(FastClock::default()), ..SubmitOptions::default() }
}

pub fn payload(id: &str) -> Payload {
    Payload::new(Job::image(id, "flow", format!("https://h/{id}.jpg")).in_batch(BATCH)).unwrap()
}

pub fn payloads(count: usize) -> Vec<Payload> {
    (0..count).map(|index| payload(&format!("{index:05}"))).collect()
}

/// A journal in a folder of its own, opened anew for each run as a new process would.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Bench { folder: tempfile::tempdir().unwrap() }
    }

    pub fn journal(&self) -> Journal {
        Journal::open(self.folder.path().join("journal.sqlite"), 1).unwrap()
    }

    pub async fn run(&self, client: &Client, payloads: &[Payload], options: &SubmitOptions) -> SubmitSummary {
        submit(client, &self.journal(), payloads, options, |_| {}).await.unwrap()
    }

    pub fn rows(&self) -> Vec<Entry> {
        self.journal().export().map(|row| row.unwrap()).collect()
    }

    /// Every byte of every file of the journal.
    pub fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }
}
