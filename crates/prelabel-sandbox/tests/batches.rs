//! Batches: made once by name, listed page by page.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod common;

use common::*;
use serde_json::{Value, json};

fn batches() -> String {
    format!("/v1/projects/{PROJECT}/batch")
}

async fn new_batch(bench: &Bench, name: &str) -> String {
    let answer = answer(bench.post(&batches(), &json!({ "name": name, "description": "of a test" }))).await;
    answer.data()["batch_id"].as_str().unwrap().to_owned()
}

async fn fill(bench: &Bench, batch: &str, jobs: std::ops::Range<usize>) {
    for number in jobs {
        let mut job = plain(&format!("{batch}-{number}"));
        job["batch_id"] = batch.into();
        bench.accepted(&job).await;
    }
}

/// The numbers of a page's jobs, and the next page's token.
async fn page(bench: &Bench, batch: &str, token: Option<&str>) -> (Vec<usize>, Option<String>) {
    let path = format!("{}/{batch}", batches());
    let request = bench.get(&token.map_or(path.clone(), |token| query(&path, "page_token", token)));
    let answer = answer(request).await;
    let data = answer.data();
    assert_eq!((&data["id"], &data["project_id"]), (&json!(batch), &json!(PROJECT)));
    let number = |job: &Value| {
        assert_eq!(job["status"], "pending");
        job["reference_id"].as_str().unwrap().rsplit('-').next().unwrap().parse().unwrap()
    };
    let jobs = data["jobs"].as_array().unwrap().iter().map(number).collect();
    (jobs, data["next_page_token"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn both_spellings_make_a_batch_and_a_name_is_taken_once() {
    let bench = Bench::new().await;
    let first = new_batch(&bench, "first").await;
    let singular = format!("/v1/project/{PROJECT}/batch");
    let old = json!({ "project_id": PROJECT, "label": "l", "name": "second", "description": "d" });
    let second = answer(bench.post(&singular, &old)).await.data()["batch_id"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    for path in [batches(), singular.clone()] {
        let refused = answer(bench.post(&path, &json!({ "name": "first" }))).await;
        assert_eq!(refused.code(), "BATCH_CREATION");
        for body in [
            json!({}),
            json!({ "name": " " }),
            json!({ "name": 1 }),
            json!({ "name": "x", "description": 1 }),
            json!({ "name": "x", "project_id": OTHER }),
        ] {
            assert_eq!(answer(bench.post(&path, &body)).await.code(), "GE_0001", "{body}");
        }
    }
    // A name is taken in its project only, and a batch is its project's only.
    let elsewhere = format!("/v1/projects/{OTHER}/batch");
    answer(bench.post(&elsewhere, &json!({ "name": "first" }))).await.data();
    assert_eq!(answer(bench.get(&format!("{elsewhere}/{first}"))).await.code(), "GE_0001");
    let listed = answer(bench.get(&format!("{singular}/{second}"))).await;
    assert_eq!((&listed.data()["name"], &listed.data()["jobs"]), (&json!("second"), &json!([])));
}

#[tokio::test]
async fn a_batch_is_listed_whole_in_the_order_of_creation() {
    let bench = Bench::new().await;
    let (batch, other) = (new_batch(&bench, "one").await, new_batch(&bench, "other").await);
    fill(&bench, &other, 0..1).await;
    fill(&bench, &batch, 0..100).await;
    assert_eq!(page(&bench, &batch, None).await, ((0..100).collect(), None), "a full page may be the last");
    fill(&bench, &other, 1..2).await;
    fill(&bench, &batch, 100..201).await;
    let (mut listed, mut next) = page(&bench, &batch, None).await;
    // Tokens hold after a restart.
    let bench = bench.restarted().await;
    let mut pages = 1;
    while let Some(token) = next {
        let (jobs, following) = page(&bench, &batch, Some(&token)).await;
        listed.extend(jobs);
        next = following;
        pages += 1;
    }
    assert_eq!((listed, pages), ((0..201).collect(), 3));
    assert_eq!(page(&bench, &other, None).await.0, [0, 1]);
}

#[tokio::test]
async fn a_token_that_was_not_given_is_refused() {
    let bench = Bench::new().await;
    let (batch, other) = (new_batch(&bench, "one").await, new_batch(&bench, "other").await);
    fill(&bench, &other, 0..1).await;
    fill(&bench, &batch, 0..1).await;
    for token in ["", "x", "after-", "after-1", "after--1", "after-02", "after-+2", "after-ffffffffffffffffffff"] {
        let request = bench.get(&query(&format!("{}/{batch}", batches()), "page_token", token));
        assert_eq!(answer(request).await.code(), "invalid_request_error", "{token}");
    }
    let twice = bench.get(&format!("{}/{batch}?page_token=after-2&page_token=after-2", batches()));
    assert_eq!(answer(twice).await.code(), "GE_0001");
    assert_eq!(answer(bench.get(&format!("{}/{OTHER}", batches()))).await.code(), "GE_0001");
}

#[tokio::test]
async fn jobs_without_a_batch_are_in_the_default_one() {
    let bench = Bench::new().await;
    bench.accepted(&plain("x-1")).await;
    let mut empty = plain("x-2");
    empty["batch_id"] = "".into();
    bench.accepted(&empty).await;
    let batch = bench.sandbox.jobs().unwrap()[0].batch_id.clone();
    assert_eq!(page(&bench, &batch, None).await.0, [1, 2]);
}
