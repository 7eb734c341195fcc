//! Jobs: made, and looked up.

use axum::extract::{Request, State};
use serde_json::json;

use crate::answer::{Answer, Code, Refusal, success};
use crate::attachments;
use crate::body::read_object;
use crate::job_request::JobRequest;
use crate::ledger::{ApiVersion, Kept};
use crate::path::Ids;
use crate::shared::App;

use super::results;

const DEFAULT_PRIORITY: u8 = 5;

/// `POST /v0/projects/:project_id/jobs`
pub(super) async fn create_v0(State(app): State<App>, ids: Ids, request: Request) -> Answer {
    create(app, ids, request, ApiVersion::V0).await
}

/// `POST /v1/projects/:project_id/jobs`
pub(super) async fn create_v1(State(app): State<App>, ids: Ids, request: Request) -> Answer {
    create(app, ids, request, ApiVersion::V1).await
}

async fn create(app: App, ids: Ids, request: Request, api: ApiVersion) -> Answer {
    let project = ids.project();
    let job = JobRequest::read(api, read_object(request).await?, app.workflows.as_ref())?;
    // Asked first, so that a job that is known is said to be so even when its files are gone.
    let (asked, reference, batch) = (project.clone(), job.reference_id.clone(), job.batch_id.clone());
    if let Some(kept) = app.ask(move |ledger| ledger.refuses(&asked, &reference, batch.as_deref())).await? {
        return answer(&job, kept);
    }
    attachments::check(&app, &job.data).await?;
    let (kept, job) = app.ask(move |ledger| Ok((ledger.keep(&project, &job)?, job))).await?;
    answer(&job, kept)
}

fn answer(job: &JobRequest, kept: Kept) -> Answer {
    match kept {
        Kept::ReferenceUsed => {
            let message = format!("reference_id `{}` is already in use", job.reference_id);
            Err(Refusal::new(Code::ReferenceUsed, message))
        }
        Kept::NoBatch => Err(Refusal::new(Code::Malformed, "batch_id: the project has no such batch")),
        Kept::Job(job_id) => {
            let workflow = match job.api {
                ApiVersion::V0 => "tag",
                ApiVersion::V1 => "work_flow_id",
            };
            success(json!({ "job_id": job_id, "reference_id": job.reference_id, workflow: job.workflow }))
        }
    }
}

/// `GET /v1/projects/:project_id/jobs/:job_id`
pub(super) async fn show(State(app): State<App>, ids: Ids) -> Answer {
    let (project, job_id) = ids.pair()?;
    let job = app.ask(move |ledger| ledger.job(&job_id)).await?;
    let job = job
        .filter(|job| job.project_id == project)
        .ok_or_else(|| Refusal::new(Code::Malformed, "job_id: the project has no such job"))?;
    let mut data = json!({
        "project_id": job.project_id,
        "reference_id": job.reference_id,
        "job_id": job.job_id,
        "batch_id": job.batch_id,
        "status": job.status,
        "tag": job.workflow,
        "priority_weight": job.payload.get("priority_weight").filter(|weight| !weight.is_null()).cloned()
            .unwrap_or_else(|| DEFAULT_PRIORITY.into()),
        "result": job.is_completed().then(|| results::result_url(&app, &job)),
    });
    if job.api == ApiVersion::V1 {
        data["work_flow_id"] = job.workflow.into();
    }
    success(data)
}
