//! Results: private files, reached through links that are signed for some minutes.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::answer::{Code, Refusal};
use crate::ids::parse_uuid;
use crate::ledger::JobRecord;
use crate::path::query_value;
use crate::shared::{App, Shared};

/// Where a job's result lies, for `GET /v1/attachments`.
pub(super) fn result_url(app: &Shared, job: &JobRecord) -> String {
    format!("{}/storage/results/{}.json", app.url, job.job_id)
}

fn mask_url(app: &Shared, job: &JobRecord) -> String {
    format!("{}/storage/masks/{}.png", app.url, job.job_id)
}

/// `GET /v1/attachments?url=…`: leads to a signed link, which is followed without the key.
pub(super) async fn attachment(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<(StatusCode, [(header::HeaderName, String); 1]), Refusal> {
    let url =
        query_value(query.as_deref(), "url")?.ok_or_else(|| Refusal::new(Code::Malformed, "the query has no `url`"))?;
    let path = url.strip_prefix(&app.url).map(str::to_owned);
    let path = path.ok_or_else(|| Refusal::new(Code::Attachment, "url: not a file in this platform's storage"))?;
    find(&app, &path).await?;
    let link = format!("{}{path}?token={}", app.url, app.grants.give(&path)?);
    Ok((StatusCode::FOUND, [(header::LOCATION, link)]))
}

/// `GET /storage/…?token=…`: the private files themselves.
pub(super) async fn storage(State(app): State<App>, uri: Uri, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    let token = query_value(query.as_deref(), "token")?.unwrap_or_default();
    if !app.grants.opens(&token, uri.path()) {
        let message = "this file is private: ask GET /v1/attachments for a link to it; links live for minutes";
        return Err(Refusal::new(Code::Unauthorized, message).with_status(StatusCode::FORBIDDEN));
    }
    let (kind, job) = find(&app, uri.path()).await?;
    let Some((mask, legend)) = job.prelabel() else { return Err(missing()) };
    if kind == Kind::Result {
        return Ok(Json(json!({ "legend": legend, "url": mask_url(&app, &job) })).into_response());
    }
    let fetched = app.fetcher.bytes(mask).await;
    let bytes =
        fetched.map_err(|why| Refusal::new(Code::Attachment, format!("the mask cannot be fetched any more: {why}")))?;
    Ok(([(header::CONTENT_TYPE, "image/png")], bytes).into_response())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Result,
    Mask,
}

/// The completed job that a path in the storage is about.
async fn find(app: &App, path: &str) -> Result<(Kind, JobRecord), Refusal> {
    let file = |folder: &str, ending: &str| path.strip_prefix(folder)?.strip_suffix(ending).and_then(parse_uuid);
    let (kind, job_id) = file("/storage/results/", ".json")
        .map(|id| (Kind::Result, id))
        .or_else(|| file("/storage/masks/", ".png").map(|id| (Kind::Mask, id)))
        .ok_or_else(missing)?;
    let job = app.ask(move |ledger| ledger.job(&job_id)).await?.filter(JobRecord::is_completed).ok_or_else(missing)?;
    if app.projects.as_ref().is_some_and(|known| !known.contains(&job.project_id)) {
        return Err(Refusal::new(Code::Unauthorized, format!("no access to project {}", job.project_id)));
    }
    Ok((kind, job))
}

fn missing() -> Refusal {
    Refusal::new(Code::Attachment, "url: there is no such file in this platform's storage")
}
