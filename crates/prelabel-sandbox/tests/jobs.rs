//! Jobs: what is accepted, each refusal with its code, and one job for each reference ID.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod common;

use std::collections::BTreeMap;

use common::*;
use prelabel_sandbox::{ApiVersion, Bucket, Sandbox, SandboxError, SandboxOptions};
use serde_json::{Value, json};

#[tokio::test]
async fn both_versions_and_both_spellings_take_a_job() {
    let bench = Bench::new().await;
    for (number, (version, spelling)) in
        [("v1", "projects"), ("v1", "project"), ("v0", "projects"), ("v0", "project")].into_iter().enumerate()
    {
        let mut body = plain(&number.to_string());
        let (key, value) = if version == "v0" { ("tag", "segmentation") } else { ("work_flow_id", WORKFLOW) };
        body.as_object_mut().unwrap().remove("work_flow_id");
        body[key] = value.into();
        body["data"]["of_ours"] = json!({ "kept": [1, null] });
        let answer = answer(bench.post(&format!("/{version}/{spelling}/{PROJECT}/jobs"), &body)).await;
        let job = bench.sandbox.jobs().unwrap().pop().unwrap();
        assert_eq!(answer.data(), &json!({ "job_id": job.job_id, "reference_id": number.to_string(), key: value }));
        assert_eq!((job.number, job.payload, job.workflow.as_str()), (number as u64 + 1, body, value));
        assert_eq!((job.project_id.as_str(), job.status.as_str(), job.api.as_str()), (PROJECT, "pending", version));
    }
    let jobs = bench.sandbox.jobs().unwrap();
    assert_eq!((jobs[0].api, jobs[2].api), (ApiVersion::V1, ApiVersion::V0));
    assert!(jobs.iter().all(|job| job.batch_id == jobs[0].batch_id), "one default batch");
}

#[tokio::test]
async fn each_refusal_has_the_platform_s_code() {
    let bench = Bench::with(|options| options.workflows = Some(vec![WORKFLOW.to_uppercase()])).await;
    bench.accepted(&plain("used")).await;
    let change = |pointer: &str, value: Value| {
        let mut body = plain("new");
        let (object, key) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(object).unwrap()[key] = value;
        body
    };
    let video =
        json!({ "frames": [{ "frame_id": 1, "src": "s3://b/image.png" }, { "frame_id": 2, "src": "s3://b/no" }] });
    for (body, code, field) in [
        (plain("used"), "FS_0001", None),
        (plain(""), "FS_0002", None),
        (change("/reference_id", Value::Null), "FS_0002", None),
        (change("/reference_id", json!(7)), "GE_0001", None),
        (change("/data/image_url", json!(["s3://b/image.png"])), "FS_0003", Some("image_url")),
        (change("/data/image_url", json!("")), "FS_0003", Some("image_url")),
        (change("/data/maker_response", json!({})), "FS_0003", Some("maker_response")),
        (change("/data", json!("text")), "FS_0003", Some("data")),
        (change("/data", json!({ "x": 1 })), "FS_0003", Some("image_url")),
        (change("/data", json!({})), "FS_0004", None),
        (change("/data", Value::Null), "FS_0004", None),
        (change("/work_flow_id", json!("")), "FS_0005", None),
        (change("/work_flow_id", json!("segmentation")), "GE_0001", None),
        (change("/work_flow_id", json!(OTHER)), "GE_0001", None),
        (change("/data/image_url", json!("s3://b/no.png")), "FS_0007", None),
        (change("/data/image_url", json!("s3://other/image.png")), "FS_0007", None),
        (change("/data/image_url", json!("s3://b/../state/sandbox.sqlite")), "FS_0007", None),
        (change("/data/image_url", json!("gs://b/image.png")), "FS_0007", None),
        (change("/data/image_url", json!("image.png")), "FS_0007", None),
        (change("/data/image_url", json!(bench.url("/nothing?X-Signature=s3cr3t"))), "FS_0007", None),
        (change("/data", json!({ "video_data": video })), "FS_0007", None),
        (change("/priority_weight", json!(10)), "FS_00012", None),
        (change("/priority_weight", json!(0.5)), "FS_00012", None),
        (change("/priority_weight", json!("5")), "FS_00012", None),
        (change("/batch_id", json!("mine")), "GE_0001", None),
        (change("/batch_id", json!(OTHER)), "GE_0001", None),
        (json!([1]), "GE_0001", None),
    ] {
        let answer = bench.job(&body).await;
        assert_eq!((answer.code(), answer.field()), (code, field), "{body}: {}", answer.body);
        assert!(!answer.message().contains("s3cr3t"), "{}", answer.message());
    }
    assert_eq!(bench.sandbox.jobs().unwrap().len(), 1);
}

#[tokio::test]
async fn v0_wants_a_tag_and_has_ten_priorities() {
    let bench = Bench::new().await;
    let mut body = plain("1");
    assert_eq!(answer(bench.post(&jobs("v0"), &body)).await.code(), "FS_0005");
    body["tag"] = "segmentation".into();
    body["priority_weight"] = 11.into();
    assert_eq!(answer(bench.post(&jobs("v0"), &body)).await.code(), "FS_00012");
    body["priority_weight"] = 10.into();
    answer(bench.post(&jobs("v0"), &body)).await.data();
    // Both versions share the reference IDs of a project.
    assert_eq!(bench.job(&plain("1")).await.code(), "FS_0001");
}

#[tokio::test]
async fn keys_and_projects_are_checked_first() {
    let bench = Bench::with(|options| options.projects = Some(vec![PROJECT.to_owned()])).await;
    let path = jobs("v1");
    let body = plain("1");
    let request = || bench.client.post(bench.url(&path)).json(&body);
    assert_eq!(answer(request()).await.code(), "auth-failure");
    assert_eq!(answer(request().header("x-api-key", "other")).await.code(), "auth-failure");
    assert_eq!(answer(request().header("x-api-key", KEY).header("x-api-key", "other")).await.code(), "auth-failure");
    let other = format!("/v1/projects/{OTHER}/jobs");
    assert_eq!(answer(bench.post(&other, &body)).await.code(), "unauthorized");
    assert_eq!(answer(bench.post("/v1/projects/mine/jobs", &body)).await.code(), "GE_0001");
    // The case of a UUID's digits means nothing.
    answer(bench.post(&path.to_uppercase().replace("/V1/PROJECTS", "/v1/projects").replace("JOBS", "jobs"), &body))
        .await
        .data();
    assert_eq!(answer(bench.post(&path, &body)).await.code(), "FS_0001");
    assert!(!format!("{:?}", bench.sandbox).contains(KEY));
}

#[tokio::test]
async fn a_body_must_be_json_once_and_of_some_size() {
    let bench = Bench::new().await;
    let send = |kind: &str, body: String| {
        let request = bench.client.post(bench.url(&jobs("v1"))).header("x-api-key", KEY);
        answer(request.header("content-type", kind).body(body))
    };
    let body = plain("1").to_string();
    assert_eq!(send("text/plain", body.clone()).await.code(), "GE_0001");
    assert_eq!(send("application/json", body[1..].to_owned()).await.code(), "GE_0001");
    let twice = body.replacen('{', r#"{"reference_id": "2", "#, 1);
    assert!(send("application/json", twice).await.message().contains("`reference_id` stands twice"));
    let large = send("application/json", body.replacen('{', &format!("{{{}", " ".repeat(17 << 20)), 1)).await;
    assert_eq!(large.code(), "GE_0001");
    assert!(large.message().contains("larger than"));
    send("application/json; charset=utf-8", body).await.data();
}

#[tokio::test]
async fn paths_that_lead_nowhere_are_told_so() {
    let bench = Bench::new().await;
    for (path, status) in [("/v2/projects", 404), ("/v1/projects", 404), (jobs("v1").as_str(), 405)] {
        let answer = answer(bench.get(path)).await;
        assert_eq!((answer.status, &answer.body["success"]), (status, &json!(false)), "{path}");
    }
    let home = bench.client.get(bench.url("/")).send().await.unwrap();
    assert_eq!(home.status(), 200);
    assert!(home.text().await.unwrap().contains("0 jobs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_posts_at_once_one_makes_a_job() {
    let bench = Bench::with(|options| options.price_per_job = Some(25)).await;
    let requests = (0..50).map(|_| tokio::spawn(answer(bench.post(&jobs("v1"), &plain("1")))));
    let mut outcomes = BTreeMap::new();
    for request in requests.collect::<Vec<_>>() {
        let answer = request.await.unwrap();
        let outcome = if answer.status == 200 { "made".to_owned() } else { answer.code().to_owned() };
        *outcomes.entry(outcome).or_insert(0) += 1;
    }
    assert_eq!(outcomes, BTreeMap::from([("FS_0001".to_owned(), 49), ("made".to_owned(), 1)]));
    assert_eq!((bench.sandbox.jobs().unwrap().len(), bench.sandbox.spent()), (1, Some(25)));
    let counts = bench.sandbox.requests();
    assert_eq!(counts.len(), 1);
    assert_eq!((counts[0].endpoint.as_str(), counts[0].count), ("/v1/projects/{project_id}/jobs", 50));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sandboxes_on_one_folder_keep_the_promise_together() {
    let bench = Bench::new().await;
    let other = bench.second().await;
    let posts = (0..40).map(|number| {
        let (path, body) = (jobs("v1"), plain(&(number / 4).to_string()));
        let request = bench.client.post(format!("{}{path}", [&bench.sandbox, &other][number % 2].url()));
        tokio::spawn(answer(request.header("x-api-key", KEY).json(&body)))
    });
    let mut made = 0;
    for post in posts.collect::<Vec<_>>() {
        let answer = post.await.unwrap();
        made += usize::from(answer.status == 200);
        assert!(answer.status == 200 || answer.code() == "FS_0001");
    }
    assert_eq!((made, bench.sandbox.jobs().unwrap().len(), other.jobs().unwrap().len()), (10, 10, 10));
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let bench = Bench::new().await;
    bench.accepted(&plain("1")).await;
    let before = bench.sandbox.jobs().unwrap();
    let bench = bench.restarted().await;
    assert_eq!(bench.sandbox.jobs().unwrap(), before);
    assert_eq!(bench.job(&plain("1")).await.code(), "FS_0001");
    bench.accepted(&plain("2")).await;
    let after = bench.sandbox.jobs().unwrap();
    assert_eq!((after[1].number, &after[1].batch_id), (2, &before[0].batch_id));
}

#[tokio::test]
async fn options_that_cannot_work_are_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |change: &dyn Fn(&mut SandboxOptions)| {
        let mut options = SandboxOptions::new(folder.path(), KEY);
        change(&mut options);
        Sandbox::start(options).await
    };
    let bucket = |name: &str| Bucket { name: name.into(), dir: folder.path().to_owned() };
    for change in [
        (&|options: &mut SandboxOptions| options.api_key = String::new()) as &dyn Fn(&mut SandboxOptions),
        &|options| options.api_key = format!("{KEY}\n"),
        &|options| options.projects = Some(vec!["mine".into()]),
        &|options| options.workflows = Some(vec!["mine".into()]),
        &|options| options.buckets = vec![bucket("b"), bucket("b")],
        &|options| options.buckets = vec![bucket("a/b")],
    ] {
        let error = start(change).await.unwrap_err();
        assert!(matches!(error, SandboxError::Option(_)), "{error}");
        assert!(!format!("{error} {error:?}").contains(KEY));
    }
    let first = start(&|_| ()).await.unwrap();
    let port = first.url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(matches!(start(&|options| options.port = port).await, Err(SandboxError::Listen { .. })));
}
