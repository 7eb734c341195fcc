//! Stopping anywhere and running again ends in the same state.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::*;
use prelabel_client::payload::{Job, Payload};
use prelabel_client::submit::{Plan, StopReason, SubmitOptions, submit, target};
use prelabel_client::{Error, ErrorKind};

#[tokio::test]
async fn a_run_killed_while_waiting_for_an_answer_is_continued() {
    let server = Server::start([take_then(Act::Hang)]).await;
    let bench = Bench::new();
    let journal = bench.journal();
    {
        let (client, jobs, options) = (server.client(), payloads(3), SubmitOptions { concurrency: 1, ..options() });
        let run = submit(&client, &journal, &jobs, &options, |_| {});
        let taken = async {
            while server.jobs().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        // Dropping a run does to the journal what SIGKILL does: nothing more is written.
        tokio::select! { _ = run => panic!("it hangs"), () = taken => {} }
    }
    while server.requests() == 0 {
        tokio::task::yield_now().await;
    }
    let plan = Plan::new(&journal, &target(&server.client()), &payloads(3)).unwrap();
    assert_eq!((plan.new, plan.to_reconcile, plan.may_create()), (2, 1, 3));
    let summary = submit(&server.client(), &journal, &payloads(3), &options(), |_| {}).await.unwrap();
    assert_eq!((summary.created, summary.already_there, summary.without_job_id), (2, 1, 0), "{summary:?}");
    assert_eq!(server.jobs().len(), 3);
}

#[tokio::test]
async fn the_budget_is_met_exactly_also_under_faults() {
    let script = (0..200).map(|index| match index % 3 {
        0 => take_then(Act::Close),
        _ => Act::Serve,
    });
    let server = Server::start(script).await;
    let bench = Bench::new();
    let jobs: Vec<_> = (0..200).map(|index| payload(&format!("{}-{index}", ["bad", "good"][index % 2]))).collect();
    let with_budget = SubmitOptions { budget: Some(37), ..options() };
    let summary = bench.run(&server.client(), &jobs, &with_budget).await;
    assert_eq!(server.jobs().len(), 37, "{summary:?}");
    assert_eq!(summary.stopped, Some(StopReason::Budget));
    assert_eq!(summary.created + summary.already_there + summary.failed + summary.not_tried, 200);
}

#[tokio::test]
async fn cancelling_finishes_what_is_under_way_and_starts_nothing() {
    let server = Server::start([]).await;
    let bench = Bench::new();
    let cancel = Arc::new(AtomicBool::new(false));
    let with_cancel = SubmitOptions { concurrency: 2, cancel: cancel.clone(), ..options() };
    let mut told = 0;
    let summary = submit(&server.client(), &bench.journal(), &payloads(50), &with_cancel, |_| {
        told += 1;
        cancel.store(told >= 5, Ordering::Relaxed);
    })
    .await
    .unwrap();
    assert_eq!(summary.stopped, Some(StopReason::Cancelled), "{summary:?}");
    assert_eq!((summary.created, told), (server.jobs().len() as u64, server.jobs().len()));
    assert_eq!(summary.created + summary.not_tried, 50);
    cancel.store(false, Ordering::Relaxed);
    let rest = bench.run(&server.client(), &payloads(50), &with_cancel).await;
    assert_eq!((rest.created + summary.created, server.requests()), (50, 50));
}

/// The journal shared as if the lock did not hold.
#[tokio::test]
async fn two_runs_at_once_make_one_job_each_and_agree() {
    let script = (0..300).map(|index| if index % 5 == 0 { take_then(Act::Close) } else { Act::Serve });
    let server = Server::start(script).await;
    let bench = Bench::new();
    let (client, journal, jobs, options) = (server.client(), bench.journal(), payloads(100), options());
    let (one, other) = tokio::join!(
        submit(&client, &journal, &jobs, &options, |_| {}),
        submit(&client, &journal, &jobs, &options, |_| {}),
    );
    for summary in [one.unwrap(), other.unwrap()] {
        assert_eq!((summary.created + summary.already_there, summary.exit_code()), (100, 0), "{summary:?}");
    }
    drop(journal);
    assert_eq!(server.jobs().len(), 100);
    assert!(bench.rows().iter().all(|row| row.job_id.is_some() && row.state.as_str() == "done"));
}

#[tokio::test]
async fn a_sandbox_that_moved_is_known_by_its_name() {
    let (bench, before, after) = (Bench::new(), Server::start([]).await, Server::start([]).await);
    bench.run(&before.client().known_as("sandbox"), &payloads(2), &options()).await;
    let summary = bench.run(&after.client().known_as("sandbox"), &payloads(2), &options()).await;
    assert_eq!((summary.already_there, after.requests()), (2, 0), "{summary:?}");
    let summary = bench.run(&after.client(), &payloads(2), &options()).await;
    assert_eq!(summary.created, 2, "another address is another platform");
}

#[tokio::test]
async fn a_changed_payload_is_never_sent_under_the_old_name() {
    let server = Server::start([]).await;
    let bench = Bench::new();
    bench.run(&server.client(), &payloads(1), &options()).await;
    let changed = [Payload::new(Job::image("00000", "flow", "https://h/other.jpg")).unwrap()];
    let plan = Plan::new(&bench.journal(), &target(&server.client()), &changed).unwrap();
    assert_eq!((plan.collisions.len(), plan.may_create()), (1, 0));
    assert!(plan.collisions[0].reason.contains("with another payload"));
    let summary = bench.run(&server.client(), &changed, &options()).await;
    assert_eq!((summary.conflict, summary.exit_code(), server.requests()), (1, 1, 1));
}

#[tokio::test]
async fn a_conflict_is_remembered_and_not_mistaken_for_ours_later() {
    let server = Server::start([]).await;
    server.seen.lock().unwrap().ledger.insert("00000".into(), "theirs".into());
    let bench = Bench::new();
    for _ in 0..2 {
        let summary = bench.run(&server.client(), &payloads(1), &options()).await;
        assert_eq!((summary.conflict, summary.exit_code()), (1, 1), "{summary:?}");
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_anything_is_sent() {
    let bench = Bench::new();
    let client = client_of("https://platform.example");
    let local = [Payload::new(Job::image("a", "flow", "file:///data/a.jpg")).unwrap()];
    let error = submit(&client, &bench.journal(), &local, &options(), |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    let twice = [payload("a"), payload("a")];
    let error = submit(&client, &bench.journal(), &twice, &options(), |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Payload(_)), "{error}");
    assert!(bench.rows().is_empty());
}
