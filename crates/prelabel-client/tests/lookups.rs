//! Batches and results: requests that may be repeated, but must end and must not guess.

mod common;

use common::*;
use prelabel_client::ErrorKind;

fn data(json: &str) -> Act {
    reply(200, &format!(r#"{{"data":{json},"success":true}}"#))
}

#[tokio::test]
async fn a_batch_is_listed_to_its_last_page() {
    let server = Server::start([
        data(r#"{"jobs":[{"id":"1","reference_id":"a","status":"completed"}],"next_page_token":"t&1"}"#),
        reply(502, ""),
        data(r#"{"jobs":[{"id":"2","reference_id":"b"}],"next_page_token":null}"#),
    ])
    .await;
    let mut pages = server.client().batch_jobs(BATCH);
    assert_eq!(pages.next_page().await.unwrap().unwrap()[0].job_id, "1");
    assert_eq!(pages.next_page().await.unwrap_err().kind(), ErrorKind::Temporary);
    assert_eq!(pages.next_page().await.unwrap().unwrap()[0].reference_id, "b");
    assert!(pages.next_page().await.unwrap().is_none());
    let line = server.seen.lock().unwrap().requests[2].line.clone();
    assert_eq!(line, format!("GET /v1/projects/p/batch/{BATCH}?page_token=t%261 HTTP/1.1"));
}

#[tokio::test]
async fn a_listing_that_repeats_itself_ends() {
    let page = data(r#"{"jobs":[],"next_page_token":"same"}"#);
    let server = Server::start(std::iter::repeat_n(page, 9)).await;
    let mut pages = server.client().batch_jobs(BATCH);
    assert!(pages.next_page().await.is_ok());
    assert!(pages.next_page().await.unwrap_err().to_string().contains("repeats the same page"));
}

#[tokio::test]
async fn a_batch_is_created_refused_or_unknown() {
    let server = Server::start([
        data(r#"{"batch_id":"b-1"}"#),
        reply(400, &failure("BATCH_CREATION")),
        Act::Close,
        reply(200, "<html>"),
        reply(403, ""),
    ])
    .await;
    let client = server.client();
    assert_eq!(client.create_batch("n", Some("d")).await.unwrap(), "b-1");
    assert_eq!(server.seen.lock().unwrap().requests[0].body, r#"{"description":"d","name":"n"}"#);
    let exists = client.create_batch("n", None).await.unwrap_err();
    assert_eq!(exists.kind(), ErrorKind::Refused);
    assert!(exists.hint().contains("existing batch"));
    assert_eq!(client.create_batch("n", None).await.unwrap_err().kind(), ErrorKind::Unknown);
    assert_eq!(client.create_batch("n", None).await.unwrap_err().kind(), ErrorKind::Unknown);
    assert_eq!(client.create_batch("n", None).await.unwrap_err().kind(), ErrorKind::Auth);
}

#[tokio::test]
async fn a_job_is_done_only_when_it_says_so() {
    let job = |id: &str, status: &str, result: &str| {
        data(&format!(r#"{{"job_id":"{id}","reference_id":"a","status":"{status}","result":{result}}}"#))
    };
    let server = Server::start([
        job("j", "completed", r#""https://h/r.json?sig=CANARY""#),
        job("j", "in_progress", "null"),
        job("other", "completed", r#""https://h/r.json""#),
        reply(404, &failure("unauthorized")),
    ])
    .await;
    let client = server.client();
    let done = client.job_result("j").await.unwrap();
    assert!(done.is_completed() && !format!("{done:?}").contains("CANARY"));
    assert!(!client.job_result("j").await.unwrap().is_completed());
    assert_eq!(client.job_result("j").await.unwrap_err().kind(), ErrorKind::Temporary);
    assert_eq!(client.job_result("j").await.unwrap_err().kind(), ErrorKind::Auth);
}
