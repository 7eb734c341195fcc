//! The key and signed URLs: on the wire to the platform, and nowhere else.

mod common;

use common::*;
use prelabel_client::http::{Endpoint, HttpClient, HttpOptions};
use prelabel_client::submit::{Plan, submit, target};

#[tokio::test]
async fn the_key_is_sent_and_never_shown() {
    let echo = format!(
        "{{\"error\":{{\"code\":\"{KEY}\",\"message\":\"key {KEY}\",\"errors\":[{{\"meta_data\":{{\"fields\":[\"{KEY}\"]}}}}]}},\"success\":false}}"
    );
    let to_key = Act::Reply(307, "Location: https://h/CANARY-5ec2e7?sig=CANARY-5ec2e7\r\n", String::new());
    for act in [
        Act::Serve,
        Act::Close,
        to_key,
        reply(400, &failure("FS_0007")),
        reply(400, &echo),
        reply(401, &echo),
        reply(429, &echo),
        reply(500, &echo),
        reply(200, &echo),
        reply(200, KEY),
    ] {
        let server = Server::start(std::iter::repeat_n(act, 20)).await;
        let bench = Bench::new();
        let client = server.client();
        let journal = bench.journal();
        let plan = Plan::new(&journal, &target(&client), &payloads(2)).unwrap();
        let mut shown = format!("{client:?} {plan:?} {journal:?} {:?} {:?}", client.endpoint(), options());
        let summary = submit(&client, &journal, &payloads(2), &options(), |outcome| {
            shown += &format!("{outcome:?} {}", serde_json::to_string(outcome).unwrap());
        })
        .await
        .unwrap();
        shown += &format!("{summary:?} {}", serde_json::to_string(&summary).unwrap());
        for error in [
            client.create_batch("b", None).await.err(),
            client.job_result("j").await.err(),
            client.batch_jobs("b").next_page().await.err(),
        ]
        .into_iter()
        .flatten()
        {
            shown += &format!("{error} {error:?} {}", error.hint());
        }
        for row in journal.export() {
            shown += &serde_json::to_string(&row.unwrap()).unwrap();
        }
        drop(journal);
        assert!(!shown.contains("CANARY"), "{shown}");
        assert!(!String::from_utf8_lossy(&bench.bytes()).contains("CANARY"));
        let requests = server.seen.lock().unwrap().requests.clone();
        assert!(requests.iter().all(|request| request.head.contains("x-api-key: canary-5ec2e7")));
        assert!(requests.iter().all(|request| !request.line.contains("CANARY") && !request.head.contains("referer")));
    }
}

#[tokio::test]
async fn no_redirect_is_followed_and_the_key_goes_nowhere_else() {
    let sink = Server::start([]).await;
    for status in [301, 302, 303, 307, 308] {
        let location: &'static str = format!("Location: {}/v1\r\n", sink.address).leak();
        let server = Server::start(std::iter::repeat_n(Act::Reply(status, location, String::new()), 20)).await;
        Bench::new().run(&server.client(), &payloads(1), &options()).await;
        assert!(server.client().job_result("j").await.is_err());
    }
    assert_eq!(sink.requests(), 0);
}

#[test]
fn a_key_that_cannot_be_sent_is_not_shown_either() {
    for key in ["", " ", "CANARY\nCANARY"] {
        let endpoint = Endpoint::parse("https://h").unwrap();
        let error = HttpClient::new(endpoint, key.into(), &HttpOptions::default()).unwrap_err();
        assert!(!format!("{error} {error:?} {}", error.hint()).contains("CANARY"));
    }
}
