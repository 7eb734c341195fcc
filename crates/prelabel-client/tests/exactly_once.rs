//! Whatever happens to a request, each reference ID has one job in the end, or none and a reason.

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use common::*;
use prelabel_client::submit::{StopReason, SubmitOptions};

/// Every fault after which the job must exist once, and the run must know it.
#[tokio::test]
async fn one_job_after_each_passing_fault() {
    let wrong_id = r#"{"data":{"job_id":"x","reference_id":"other"},"success":true}"#;
    let faults: Vec<(&str, Vec<Act>)> = vec![
        ("none", vec![]),
        ("closed before it was taken", vec![Act::Close]),
        ("answer lost after it was taken", vec![take_then(Act::Close)]),
        ("lost twice", vec![take_then(Act::Close), Act::Close]),
        ("half of the answer", vec![Act::Half]),
        ("half JSON", vec![take_then(reply(200, r#"{"data":{"job_id""#))]),
        ("HTML with 200, not taken", vec![reply(200, "<html>hello</html>")]),
        ("HTML with 200, taken", vec![take_then(reply(200, "<html>hello</html>"))]),
        ("wrong reference ID", vec![take_then(reply(200, wrong_id))]),
        ("no answer in time", vec![take_then(Act::Hang)]),
        ("500, taken", vec![take_then(reply(500, &failure("FS_0000")))]),
        ("502 of a gateway, not taken", vec![reply(502, "<html>")]),
        ("503 of a gateway, taken", vec![take_then(reply(503, ""))]),
        ("429 of the platform", vec![Act::Reply(429, "Retry-After: 2\r\n", failure("slow_down"))]),
        ("429 of a gateway, taken", vec![take_then(Act::Reply(429, "Retry-After: 2\r\n", "<html>".into()))]),
        ("408, taken", vec![take_then(reply(408, ""))]),
        ("302 after a success", vec![take_then(Act::Reply(302, "Location: /elsewhere\r\n", String::new()))]),
        ("2 MiB of answer, taken", vec![take_then(reply(200, &" ".repeat(2 << 20)))]),
        ("limited after a loss", vec![take_then(Act::Close), Act::Reply(429, "", failure("slow_down"))]),
    ];
    for (name, script) in faults {
        let server = Server::start(script).await;
        let bench = Bench::new();
        let summary = bench.run(&server.client(), &payloads(1), &options()).await;
        assert_eq!((summary.created + summary.already_there, summary.exit_code()), (1, 0), "{name}: {summary:?}");
        assert_eq!(server.jobs(), ["00000"], "{name}");
        let row = bench.rows().remove(0);
        assert_eq!(row.job_id.as_deref(), Some("job-of-00000"), "{name}");
        let requests = server.requests();
        let again = bench.run(&server.client(), &payloads(1), &options()).await;
        assert_eq!((again.already_there, server.requests()), (1, requests), "{name}: a second run sends nothing");
    }
}

/// Every fault after which the run must say what happened, and send nothing more.
#[tokio::test]
async fn a_refusal_is_final_and_named() {
    for (name, act, expected) in [
        ("in use by somebody else", reply(400, &failure("FS_0001")), "conflict"),
        ("invalid", reply(400, &failure("FS_0003")), "failed"),
        ("no such project", reply(404, ""), "failed"),
        ("redirect", Act::Reply(307, "Location: http://127.0.0.1:1/\r\n", String::new()), "failed"),
        ("redirect", Act::Reply(308, "Location: http://127.0.0.1:1/\r\n", String::new()), "failed"),
    ] {
        let server = Server::start([act]).await;
        let bench = Bench::new();
        let summary = bench.run(&server.client(), &payloads(1), &options()).await;
        assert_eq!(summary.exit_code(), 1, "{name}: {summary:?}");
        assert_eq!(bench.rows()[0].state.as_str(), expected, "{name}");
        assert_eq!((server.requests(), server.jobs().len()), (1, 0), "{name}");
    }
}

#[tokio::test]
async fn nobody_there_is_temporary_and_stops_the_run() {
    let address = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", free.local_addr().unwrap())
    };
    let bench = Bench::new();
    let clock = Arc::new(FastClock::default());
    let options = SubmitOptions { concurrency: 1, clock: clock.clone(), ..options() };
    let summary = bench.run(&client_of(&address), &payloads(20), &options).await;
    assert_eq!((summary.not_sent, summary.not_tried, summary.exit_code()), (1, 19, 5), "{summary:?}");
    assert_eq!(bench.rows()[0].attempt, 8);
    assert!(clock.slept_ms.load(Ordering::Relaxed) <= 61_500);
}

#[tokio::test]
async fn a_wrong_key_stops_at_once_and_the_right_one_goes_on() {
    let server = Server::start([reply(401, &failure("auth-failure"))]).await;
    let bench = Bench::new();
    let one = SubmitOptions { concurrency: 1, ..options() };
    let summary = bench.run(&server.client(), &payloads(9), &one).await;
    assert_eq!((summary.exit_code(), server.requests()), (4, 1), "{summary:?}");
    let summary = bench.run(&server.client(), &payloads(9), &one).await;
    assert_eq!((summary.created, summary.exit_code()), (9, 0), "{summary:?}");
}

#[tokio::test]
async fn the_platforms_wait_is_obeyed_and_a_very_long_one_ends_the_run() {
    let clock = Arc::new(FastClock::default());
    let with_clock = SubmitOptions { clock: clock.clone(), ..options() };
    let server = Server::start([Act::Reply(429, "Retry-After: 120\r\n", failure("slow_down"))]).await;
    assert_eq!(Bench::new().run(&server.client(), &payloads(1), &with_clock).await.created, 1);
    let slept = clock.slept_ms.load(Ordering::Relaxed);
    assert!((120_000..=120_500).contains(&slept), "{slept}");

    let server = Server::start([Act::Reply(429, "Retry-After: 86400\r\n", failure("slow_down"))]).await;
    let summary = Bench::new().run(&server.client(), &payloads(1), &with_clock).await;
    assert_eq!((summary.not_sent, summary.exit_code(), server.requests()), (1, 5, 1), "{summary:?}");
    assert!(matches!(summary.stopped, Some(StopReason::Temporary { .. })));
}

#[tokio::test]
async fn what_stays_unknown_is_said_and_the_next_run_settles_it() {
    let lost = std::iter::repeat_n(take_then(Act::Close), 1).chain(std::iter::repeat_n(reply(500, ""), 7));
    let server = Server::start(lost).await;
    let bench = Bench::new();
    let summary = bench.run(&server.client(), &payloads(1), &options()).await;
    assert_eq!((summary.unknown, summary.exit_code()), (1, 6), "{summary:?}");
    // A wrong key meanwhile must not turn "may exist" into "does not exist".
    server.then([reply(403, "")]);
    let summary = bench.run(&server.client(), &payloads(1), &options()).await;
    assert_eq!((summary.unknown, summary.exit_code()), (1, 6), "{summary:?}");
    // Nor an attachment that has expired since.
    server.then([reply(400, &failure("FS_0007"))]);
    let summary = bench.run(&server.client(), &payloads(1), &options()).await;
    assert_eq!((summary.unknown, summary.exit_code()), (1, 6), "{summary:?}");
    let summary = bench.run(&server.client(), &payloads(1), &options()).await;
    assert_eq!((summary.already_there, summary.without_job_id, summary.exit_code()), (1, 0, 0), "{summary:?}");
    assert_eq!(bench.rows()[0].job_id.as_deref(), Some("job-of-00000"));
}

#[tokio::test]
async fn many_jobs_under_mixed_faults() {
    let kinds = [
        Act::Close,
        take_then(Act::Close),
        Act::Half,
        reply(500, ""),
        take_then(reply(502, "<html>")),
        Act::Reply(429, "Retry-After: 1\r\n", failure("slow_down")),
        take_then(reply(200, "{")),
    ];
    // Three of ten, in an order that is mixed and always the same.
    let script = (0..2000_usize).map(|index| match index * 7919 % 10 {
        0..3 => kinds[index * 31 % kinds.len()].clone(),
        _ => Act::Serve,
    });
    let server = Server::start(script).await;
    let bench = Bench::new();
    let options = SubmitOptions { give_up_after: 1000, ..options() };
    let jobs = payloads(600);
    for _ in 0..3 {
        bench.run(&server.client(), &jobs, &options).await;
    }
    assert_eq!(server.jobs().len(), 600);
    let rows = bench.rows();
    assert!(rows.iter().all(|row| row.job_id == Some(format!("job-of-{}", row.reference_id))));
    assert_eq!(rows.len(), 600);
}
