//! Results: there once a job is completed, private, and reached through signed links.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod common;

use common::*;
use serde_json::{Value, json};

const CAR: [u8; 4] = [0xf2, 0x33, 0x34, 255];

fn legend() -> Value {
    json!({ "#f23334": "car # 1" })
}

fn job(id: &str) -> String {
    format!("{}/{id}", jobs("v1"))
}

/// A job with a pre-label.
async fn submit(bench: &Bench, reference_id: &str) -> String {
    let url = bench.put(&format!("{reference_id}.png"), &mask(&[CAR; 6]));
    bench.accepted(&labelled(reference_id, &url, &legend())).await
}

async fn result_url(bench: &Bench, id: &str) -> String {
    answer(bench.get(&job(id))).await.data()["result"].as_str().unwrap().to_owned()
}

/// The signed link that the platform leads to.
async fn link(bench: &Bench, url: &str) -> String {
    let response = bench.get(&query("/v1/attachments", "url", url)).send().await.unwrap();
    assert_eq!(response.status(), 302);
    let link = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(!link.contains(KEY));
    link
}

async fn refused(bench: &Bench, url: &str) -> String {
    answer(bench.get(&query("/v1/attachments", "url", url))).await.code().to_owned()
}

#[tokio::test]
async fn a_job_is_pending_until_it_is_completed() {
    let bench = Bench::new().await;
    let id = submit(&bench, "1").await;
    let batch = bench.sandbox.jobs().unwrap()[0].batch_id.clone();
    let mut expected = json!({
        "project_id": PROJECT, "reference_id": "1", "job_id": id, "batch_id": batch, "status": "pending",
        "work_flow_id": WORKFLOW, "tag": WORKFLOW, "priority_weight": 5, "result": null,
    });
    assert_eq!(answer(bench.get(&job(&id))).await.data(), &expected);
    bench.sandbox.complete_job(&id).unwrap();
    expected["status"] = "completed".into();
    expected["result"] = bench.url(&format!("/storage/results/{id}.json")).into();
    for path in [job(&id), job(&id).replace("projects", "project")] {
        assert_eq!(answer(bench.get(&path)).await.data(), &expected);
    }
    // A restart keeps it, on another port.
    let bench = bench.restarted().await;
    assert_eq!(result_url(&bench, &id).await, bench.url(&format!("/storage/results/{id}.json")));
    assert_eq!(bench.sandbox.jobs().unwrap()[0].status, "completed");
}

#[tokio::test]
async fn a_result_is_the_legend_and_the_mask_that_were_sent() {
    let bench = Bench::new().await;
    let id = submit(&bench, "1").await;
    bench.sandbox.complete_job(&id).unwrap();
    let result = link(&bench, &result_url(&bench, &id).await).await;
    // Without the key.
    let result = read(bench.client.get(result).send().await.unwrap()).await.body;
    assert_eq!(result["legend"], legend());
    let url = result["url"].as_str().unwrap();
    assert!(url.ends_with(".png"));
    let file = bench.client.get(link(&bench, url).await).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/png");
    assert_eq!(file.bytes().await.unwrap(), mask(&[CAR; 6]));
    std::fs::remove_file(bench.folder.path().join("bucket/1.png")).unwrap();
    assert_eq!(answer(bench.client.get(link(&bench, url).await)).await.code(), "FS_0007");
}

#[tokio::test]
async fn private_files_are_reached_through_their_own_link_only() {
    let bench = Bench::new().await;
    let (one, two) = (submit(&bench, "1").await, submit(&bench, "2").await);
    bench.sandbox.complete_job(&one).unwrap();
    let url = result_url(&bench, &one).await;
    let signed = link(&bench, &url).await;
    let other = signed.replace(&one, &two);
    for wrong in [&url, &other, &signed.replace("results", "masks"), &signed[..signed.len() - 1].to_owned()] {
        // The key opens nothing here either.
        for request in [bench.client.get(wrong), bench.client.get(wrong).header("x-api-key", KEY)] {
            let answer = answer(request).await;
            assert_eq!((answer.status, &answer.body["error"]["code"]), (403, &json!("unauthorized")), "{wrong}");
        }
    }
    let keyless = bench.client.get(bench.url(&query("/v1/attachments", "url", &url)));
    assert_eq!(answer(keyless).await.code(), "auth-failure");
    assert_eq!(answer(bench.get("/v1/attachments")).await.code(), "GE_0001");
    for wrong in [
        "https://example.com/a.png".to_owned(),
        "/etc/hostname".to_owned(),
        bench.url("/storage/results/../results/x.json"),
        bench.url("/"),
        url.replace(&one, OTHER),
        // Not completed yet.
        url.replace(&one, &two),
        url.replace(".json", ".png"),
        format!("{url}?x"),
        url.replace("127.0.0.1", "127.0.0.1:80@127.0.0.1"),
    ] {
        assert_eq!(refused(&bench, &wrong).await, "FS_0007", "{wrong}");
    }
}

#[tokio::test]
async fn only_a_job_with_a_pre_label_can_be_completed_here() {
    let bench = Bench::new().await;
    let id = bench.accepted(&plain("1")).await;
    assert!(bench.sandbox.complete_job(&id).unwrap_err().to_string().contains("no pre-label"));
    assert!(bench.sandbox.complete_job(OTHER).unwrap_err().to_string().contains("no such job"));
    assert_eq!(answer(bench.get(&job(OTHER))).await.code(), "GE_0001");
    assert_eq!(answer(bench.get(&job("1"))).await.code(), "GE_0001");
    let elsewhere = job(&id).replace(PROJECT, OTHER);
    assert_eq!(answer(bench.get(&elsewhere)).await.code(), "GE_0001");
}

#[tokio::test]
async fn a_v0_job_shows_its_tag_and_priority() {
    let bench = Bench::new().await;
    let mut body = plain("1");
    body["tag"] = "segmentation".into();
    body["priority_weight"] = 10.into();
    let made = answer(bench.post(&jobs("v0"), &body)).await;
    let shown = answer(bench.get(&job(made.data()["job_id"].as_str().unwrap()))).await;
    let data = shown.data();
    assert_eq!((&data["tag"], &data["priority_weight"]), (&json!("segmentation"), &json!(10)));
    assert!(data.get("work_flow_id").is_none());
}
