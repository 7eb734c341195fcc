//! Which request goes where.

mod batches;
mod jobs;
mod results;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::answer::{Code, Refusal};
use crate::gate::gate;
use crate::shared::App;

/// All endpoints, behind the gate.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new()
        .route("/", get(home))
        .route("/v1/attachments", get(results::attachment))
        .route("/storage/{kind}/{file}", get(results::storage));
    // The platform's own pages spell it both ways.
    for projects in ["projects", "project"] {
        let path = |version: &str, rest: &str| format!("/{version}/{projects}/{{project_id}}/{rest}");
        router = router
            .route(&path("v0", "jobs"), post(jobs::create_v0))
            .route(&path("v1", "jobs"), post(jobs::create_v1))
            .route(&path("v1", "jobs/{job_id}"), get(jobs::show))
            .route(&path("v1", "batch"), post(batches::create))
            .route(&path("v1", "batch/{batch_id}"), get(batches::list));
    }
    router
        .fallback(async || Refusal::new(Code::Malformed, "no such endpoint").with_status(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || {
            Refusal::new(Code::Malformed, "this endpoint has another method")
                .with_status(StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(from_fn_with_state(app.clone(), gate))
        .with_state(app)
}

async fn home(State(app): State<App>) -> String {
    format!("prelabel sandbox: {} jobs, {} faults to come\n", app.ledger.count(), app.faults.left())
}
