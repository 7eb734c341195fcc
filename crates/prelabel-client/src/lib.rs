//! The way to the platform: payloads, storage, the platform's API, the journal, and submitting exactly once.
//!
//! | noun | what it is | verbs |
//! | --- | --- | --- |
//! | [`Job`](payload::Job) | a job as somebody composes it | [`Payload::new`](payload::Payload::new) checks it |
//! | [`Payload`](payload::Payload) | a checked job, the bytes that are sent, and their SHA-256 | parse, display |
//! | [`Template`](payload::Template) | `https://host/{key}.jpg` | parse, expand |
//! | [`Store`](store::Store) | where masks lie | open, upload |
//! | [`Endpoint`](http::Endpoint), [`HttpClient`](http::HttpClient) | the platform's address, the only thing that talks to it | send |
//! | [`Client`](api::Client) | the platform's calls | create a job or a batch, look up jobs |
//! | [`Outcome`](api::Outcome) | what an answer to a create proves | |
//! | [`Journal`](journal::Journal) | what was meant, sent and answered, on disk | begin, finish, export |
//! | [`Plan`](submit::Plan) | what a run would do | [`Plan::new`](submit::Plan::new) |
//! | [`SubmitSummary`](submit::SubmitSummary) | what a run did | [`submit`](submit::submit()) |
//!
//! Modules point down only: `submit` → `journal`, `api` → `http` → `safe_url`, `error`; `store` and `payload` stand beside
//! them. Nothing here knows a pixel, prints, or reads the environment; time comes in through [`clock::Clock`].
//!
//! Everything asynchronous runs on the caller's tokio runtime.

pub mod api;
pub mod clock;
pub mod error;
mod hash;
pub mod http;
pub mod journal;
pub mod payload;
pub mod safe_url;
pub mod store;
pub mod submit;

pub use error::{Error, ErrorKind, Result};
pub use hash::sha256_hex;
