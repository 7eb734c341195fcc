use super::*;
use crate::payload::Job;

fn target() -> Target {
    Target { endpoint: "https://h".into(), project: "p".into() }
}

fn payload(id: &str, image: &str) -> Payload {
    Payload::new(Job::image(id, "flow", format!("https://h/{image}"))).unwrap()
}

fn journal() -> (tempfile::TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path().join("deep/journal.sqlite"), 100).unwrap();
    (folder, journal)
}

/// Ends the latest try of the job `a`.
fn finish(journal: &Journal, state: State, job_id: Option<&str>, reason: Option<&str>) -> Result<Option<Entry>> {
    let attempt = journal.look_up(&target(), &payload("a", "1"))?.map_or(1, |row| row.attempt);
    journal.finish(&target(), "a", attempt, Ending { state, job_id, reason }, 9)
}

#[test]
fn an_intent_found_later_may_exist_and_a_failure_cannot() {
    let (_folder, journal) = journal();
    let (target, a) = (target(), payload("a", "1"));
    assert_eq!(journal.begin(&target, &a, 1).unwrap(), Claim::Send { may_exist: false, attempt: 1 });
    assert_eq!(journal.begin(&target, &a, 2).unwrap(), Claim::Send { may_exist: true, attempt: 2 });
    for (state, may_exist, attempt) in
        [(State::Unknown, true, 3), (State::Failed, false, 4), (State::NotSent, false, 5)]
    {
        finish(&journal, state, None, Some("why")).unwrap();
        assert_eq!(journal.begin(&target, &a, 4).unwrap(), Claim::Send { may_exist, attempt });
    }
    finish(&journal, State::Done, Some("j"), None).unwrap();
    assert_eq!(journal.begin(&target, &a, 6).unwrap(), Claim::Done { job_id: Some("j".into()) });
    // Other projects and endpoints have names of their own.
    let elsewhere = Target { endpoint: "http://127.0.0.1:1".into(), ..target };
    assert_eq!(journal.begin(&elsewhere, &a, 6).unwrap(), Claim::Send { may_exist: false, attempt: 1 });
}

#[test]
fn another_payload_takes_a_name_only_where_nothing_exists() {
    let (_folder, journal) = journal();
    let (target, old, new) = (target(), payload("a", "1"), payload("a", "2"));
    journal.begin(&target, &old, 1).unwrap();
    for state in [State::Intent, State::Unknown] {
        finish(&journal, state, None, None).unwrap();
        let changed = Claim::Changed { state, payload_sha256: old.sha256().into() };
        assert_eq!(journal.begin(&target, &new, 2).unwrap(), changed);
    }
    finish(&journal, State::Conflict, None, Some("theirs")).unwrap();
    assert_eq!(journal.begin(&target, &new, 2).unwrap(), Claim::Conflict { reason: "theirs".into() });
    finish(&journal, State::Failed, None, None).unwrap();
    assert_eq!(journal.begin(&target, &new, 2).unwrap(), Claim::Send { may_exist: false, attempt: 2 });
    assert_eq!(journal.look_up(&target, &new).unwrap().unwrap().payload_sha256, new.sha256());
}

#[test]
fn a_job_that_is_done_stays_done_and_an_overtaken_try_changes_nothing() {
    let (_folder, journal) = journal();
    let (target, a) = (target(), payload("a", "1"));
    let ending = |state| Ending { state, job_id: None, reason: None };
    journal.begin(&target, &a, 1).unwrap();
    journal.begin(&target, &a, 1).unwrap();
    let row = journal.finish(&target, "a", 1, ending(State::Conflict), 2).unwrap().unwrap();
    assert_eq!((row.state, row.attempt), (State::Intent, 2));
    assert_eq!(journal.finish(&target, "a", 1, ending(State::Done), 2).unwrap(), None);
    let row = journal.finish(&target, "a", 2, ending(State::Unknown), 3).unwrap().unwrap();
    assert_eq!(row.state, State::Done);
    let changed = Claim::Changed { state: State::Done, payload_sha256: a.sha256().into() };
    assert_eq!(journal.begin(&target, &payload("a", "2"), 4).unwrap(), changed);
}

#[test]
fn only_what_cannot_exist_is_forgotten() {
    let (_folder, journal) = journal();
    let target = target();
    journal.begin(&target, &payload("a", "1"), 1).unwrap();
    assert!(!journal.forget(&target, "a").unwrap());
    finish(&journal, State::Conflict, None, None).unwrap();
    assert!(journal.forget(&target, "a").unwrap());
    assert!(finish(&journal, State::Done, None, None).is_err());
}

#[test]
fn the_second_run_is_told_who_holds_it_and_a_reader_is_not_stopped() {
    let (folder, journal) = journal();
    journal.begin(&target(), &payload("a", "1"), 1).unwrap();
    let error = Journal::open(journal.path(), 200).unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains(&format!("by process {}", std::process::id())), "{shown}");
    assert!(shown.ends_with("since Thu, 01 Jan 1970 00:01:40 GMT"), "{shown}");
    let reader = Journal::open_read_only(journal.path()).unwrap();
    assert_eq!(reader.export().count(), 1);
    assert!(reader.begin(&target(), &payload("b", "1"), 1).is_err());
    let path = journal.path().to_owned();
    drop(journal);
    assert_eq!(Journal::open(&path, 300).unwrap().export().count(), 1);
    assert!(Journal::open_read_only(folder.path().join("none")).is_err());
}

#[test]
fn an_export_pages_through_all_rows_in_order() {
    let (_folder, journal) = journal();
    for index in 0..1203 {
        journal.begin(&target(), &payload(&format!("{index:05}"), "1"), 7).unwrap();
    }
    let rows: Vec<_> = journal.export().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 1203);
    assert!(rows.is_sorted_by_key(|row| row.reference_id.clone()));
    let json = serde_json::to_value(&rows[0]).unwrap();
    assert_eq!(json["state"], "intent");
    assert_eq!(json["created_at"], 7);
}

#[test]
fn files_of_other_kinds_are_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, but long enough to be looked at by SQLite as one").unwrap();
    assert!(Journal::open(&text, 1).unwrap_err().to_string().contains("notes.txt"));

    let later = folder.path().join("later.sqlite");
    drop(Journal::open(&later, 1).unwrap());
    Connection::open(&later).unwrap().execute("UPDATE meta SET value = '2'", []).unwrap();
    let error = Journal::open(&later, 1).unwrap_err().to_string();
    assert!(error.contains("found version 2, expected version 1"), "{error}");
}
