//! Batches: made, and listed page by page.

use axum::extract::{RawQuery, Request, State};
use serde_json::json;

use crate::answer::{Answer, Code, Refusal, success};
use crate::body::{filled_text, read_object, text};
use crate::path::{Ids, query_value};
use crate::shared::App;

/// `POST /v1/projects/:project_id/batch`; in the older, singular form the body also has `project_id` and `label`.
pub(super) async fn create(State(app): State<App>, ids: Ids, request: Request) -> Answer {
    let project = ids.project();
    let body = read_object(request).await?;
    let name = filled_text(&body, "name")?;
    let name = name.ok_or_else(|| Refusal::new(Code::Malformed, "name is missing or empty"))?;
    let description = text(&body, "description")?;
    text(&body, "label")?;
    if let Some(other) = text(&body, "project_id")?.filter(|other| !other.eq_ignore_ascii_case(&project)) {
        let message = format!("project_id: the body says `{other}`, the path {project}");
        return Err(Refusal::new(Code::Malformed, message));
    }
    let shown = name.clone();
    match app.ask(move |ledger| ledger.new_batch(&project, &name, description.as_deref())).await? {
        Some(batch_id) => success(json!({ "batch_id": batch_id })),
        None => Err(Refusal::new(Code::BatchExists, format!("the project has a batch `{shown}` already"))),
    }
}

/// `GET /v1/projects/:project_id/batch/:batch_id?page_token=…`
pub(super) async fn list(State(app): State<App>, ids: Ids, RawQuery(query): RawQuery) -> Answer {
    let (project, batch) = ids.pair()?;
    let after = match query_value(query.as_deref(), "page_token")? {
        None => 0,
        Some(token) => {
            let wrong = || Refusal::new(Code::PageToken, "page_token is not one that this batch's listing gave");
            let number = parse_token(&token).ok_or_else(wrong)?;
            let asked = batch.clone();
            if !app.ask(move |ledger| ledger.holds(&asked, number)).await? {
                return Err(wrong());
            }
            number
        }
    };
    let (asked, owner) = (batch.clone(), project.clone());
    let page = app.ask(move |ledger| ledger.page(&owner, &asked, after)).await?;
    let page = page.ok_or_else(|| Refusal::new(Code::Malformed, "batch_id: the project has no such batch"))?;
    let job = |[id, reference_id, status]: &[String; 3]| json!({ "id": id, "reference_id": reference_id, "status": status, "frames": [], "annotations": [] });
    success(json!({
        "id": batch,
        "project_id": project,
        "name": page.name,
        "jobs": page.jobs.iter().map(job).collect::<Vec<_>>(),
        "next_page_token": page.next.map(token),
    }))
}

/// A token that holds after a restart. It is no number to a caller, so that nobody counts with it.
fn token(number: i64) -> String {
    format!("after-{number:x}")
}

fn parse_token(text: &str) -> Option<i64> {
    let number = i64::from_str_radix(text.strip_prefix("after-")?, 16).ok()?;
    (token(number) == text).then_some(number)
}
