//! The labelling platform on your own machine.
//!
//! [`Sandbox::start`] serves the platform's API on a port of this machine: no account, no key of
//! yours, no network. It refuses what the platform refuses, with the platform's codes and error
//! bodies; it looks at every pixel of a pre-label mask; and it keeps its jobs in one SQLite file, so
//! that a reference ID used once stays used after a restart.
//!
//! It is a second opinion: it shares no type and no line of code with the program it checks. The
//! mask is decoded by the `png` crate and the legend is read here.
//!
//! | module | purpose |
//! | --- | --- |
//! | `options`, `error` | what a caller sets, what can go wrong |
//! | `server`, `shared`, `wire` | start and shutdown; what all requests share; the connection that can be cut |
//! | `gate`, `counts`, `faults` | what every request passes: count, scripted fault, key |
//! | `answer`, `body`, `path` | the platform's error shapes; reading a body, a path and a query strictly |
//! | `routes` | one file for each group of endpoints |
//! | `job_request`, `job_data` | what a job must say |
//! | `attachments`, `fetch`, `bucket` | getting at the files that a job names |
//! | `picture`, `legend`, `mask_check`, `mask_problems` | the pre-label against its image and its legend |
//! | `ledger`, `schema` | jobs and batches, durable |
//! | `grants`, `ids` | signed links to private files; UUIDs |

mod answer;
mod attachments;
mod body;
mod bucket;
mod counts;
mod error;
mod faults;
mod fetch;
mod gate;
mod grants;
mod ids;
mod job_data;
mod job_request;
mod ledger;
mod legend;
mod mask_check;
mod mask_problems;
mod options;
mod path;
mod picture;
mod routes;
mod schema;
mod server;
mod shared;
mod wire;

pub use counts::RequestCount;
pub use error::SandboxError;
pub use faults::Fault;
pub use ledger::{ApiVersion, JobRecord};
pub use options::{Bucket, SandboxOptions};
pub use server::Sandbox;
