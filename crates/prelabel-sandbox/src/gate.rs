//! What every request passes: it is counted, meets its fault, and shows its key.

use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::answer::{Code, Refusal};
use crate::body::read_bytes;
use crate::faults::Play;
use crate::shared::{App, Shared};
use crate::wire::Cut;

/// Lets a request through to its endpoint, or not.
pub(crate) async fn gate(
    State(app): State<App>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    matched: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    app.counts.add(request.method().as_str(), matched.as_ref().map_or("unknown", MatchedPath::as_str));
    let play = app.faults.take(request.method(), request.uri().path());
    if let Some(Play::Cut) = play {
        cut.throw();
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    // Whatever the answer is, the body is read first: a connection that closes with something unread
    // is reset, and its sender may never see the answer.
    let (parts, body) = request.into_parts();
    let body = read_bytes(body).await;
    let request = body.map(|body| Request::from_parts(parts, Body::from(body)));
    match play {
        Some(Play::Answer(response)) => response,
        Some(Play::WorkThenCut) => {
            let response = work(&app, request, next).await;
            cut.throw();
            response
        }
        Some(Play::Cut) | None => work(&app, request, next).await,
    }
}

async fn work(app: &Shared, request: Result<Request, Refusal>, next: Next) -> Response {
    let checked = request.and_then(|request| {
        let path = request.uri().path();
        // Signed links carry their own right.
        let open = path == "/" || path.starts_with("/storage/");
        if open || key_fits(request.headers(), &app.api_key) {
            Ok(request)
        } else {
            Err(Refusal::new(Code::AuthFailure, "the header x-api-key is missing or holds another key"))
        }
    });
    match checked {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// One header, and the right one.
fn key_fits(headers: &HeaderMap, key: &str) -> bool {
    let mut keys = headers.get_all("x-api-key").iter();
    keys.next().is_some_and(|found| found.as_bytes() == key.as_bytes()) && keys.next().is_none()
}
