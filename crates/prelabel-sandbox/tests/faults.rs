//! Scripted faults: each happens once, to the request it was meant for, and leaves what it should.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod common;

use common::*;
use prelabel_sandbox::Fault;
use serde_json::json;

fn status(code: u16, body: &str, retry_after: Option<&str>) -> Fault {
    Fault::Status { code, body: body.into(), retry_after: retry_after.map(str::to_owned) }
}

#[tokio::test]
async fn an_answer_in_place_of_the_work_is_given_as_it_stands() {
    let bench = Bench::new().await;
    bench.sandbox.push_fault("POST", "/v1/", status(429, r#"{"slow": true}"#, Some("2"))).unwrap();
    bench.sandbox.push_fault("POST", "/v1/", status(502, "<html>", None)).unwrap();
    assert_eq!(bench.sandbox.faults_left(), 2);
    let first = bench.post(&jobs("v1"), &plain("1")).send().await.unwrap();
    assert_eq!((first.status().as_u16(), first.headers()["retry-after"].to_str().unwrap()), (429, "2"));
    assert_eq!(first.headers()["content-type"], "application/json");
    assert_eq!(first.text().await.unwrap(), r#"{"slow": true}"#);
    // A body that nobody wants is read all the same: the sender would meet a reset instead of the answer.
    let mut large = plain("1");
    large["filler"] = "x".repeat(20 << 20).into();
    let second = bench.post(&jobs("v1"), &large).send().await.unwrap();
    assert_eq!((second.status().as_u16(), second.text().await.unwrap().as_str()), (502, "<html>"));
    assert!(bench.sandbox.jobs().unwrap().is_empty());
    bench.accepted(&plain("1")).await;
    assert_eq!((bench.sandbox.faults_left(), bench.sandbox.requests()[0].count), (0, 3));
}

#[tokio::test]
async fn an_answer_lost_after_the_work_leaves_a_job() {
    let bench = Bench::new().await;
    bench.sandbox.push_fault("POST", &jobs("v1"), Fault::DropAfterAccept).unwrap();
    assert!(bench.post(&jobs("v1"), &plain("1")).send().await.unwrap_err().is_request());
    assert_eq!(bench.sandbox.jobs().unwrap().len(), 1);
    assert_eq!(bench.job(&plain("1")).await.code(), "FS_0001");
}

#[tokio::test]
async fn a_connection_lost_before_the_work_leaves_nothing() {
    let bench = Bench::new().await;
    // On a connection that was used before, too.
    bench.accepted(&plain("0")).await;
    bench.sandbox.push_fault("POST", &jobs("v1"), Fault::DropBeforeBody).unwrap();
    assert!(bench.post(&jobs("v1"), &plain("1")).send().await.unwrap_err().is_request());
    assert_eq!(bench.sandbox.jobs().unwrap().len(), 1);
    bench.accepted(&plain("1")).await;
}

#[tokio::test]
async fn a_fault_waits_for_its_method_and_path() {
    let bench = Bench::new().await;
    bench.sandbox.push_fault("GET", "/v1/", status(500, "", None)).unwrap();
    bench.sandbox.push_fault("POST", "/v0/", Fault::DropBeforeBody).unwrap();
    bench.accepted(&plain("1")).await;
    let batch = json!({ "name": "b" });
    answer(bench.post(&format!("/v1/projects/{PROJECT}/batch"), &batch)).await.data();
    assert_eq!(bench.sandbox.faults_left(), 2);
    assert_eq!(bench.get("/v1/attachments").send().await.unwrap().status(), 500);
    assert!(bench.post(&jobs("v0"), &plain("2")).send().await.is_err());
    assert_eq!(bench.sandbox.faults_left(), 0);
    assert!(bench.sandbox.push_fault("POST", "/", status(99, "", None)).is_err());
}

#[tokio::test]
async fn a_refusal_may_be_lost_as_well() {
    let bench = Bench::new().await;
    bench.sandbox.push_fault("POST", "/v1/", Fault::DropAfterAccept).unwrap();
    assert!(bench.post(&jobs("v1"), &plain("")).send().await.is_err());
    assert!(bench.sandbox.jobs().unwrap().is_empty());
}
