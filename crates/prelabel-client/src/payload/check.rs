//! Everything that must hold before a job is sent, all of it listed at once.

use std::collections::HashSet;
use std::fmt;

use url::Url;

use super::job::{Api, Job};
use super::legend_check::legend_problems;
use crate::safe_url::scrub;

/// How many problems a message shows; the rest is counted.
const SHOWN: usize = 20;

/// Something in a payload that must be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line of the job file, counted from 1.
    pub line: Option<usize>,
    /// The job, where its name could be read.
    pub reference_id: Option<String>,
    /// The field, `data.image_url`; empty for the job as a whole.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

/// A list of problems. [`Display`](fmt::Display) shows the first 20, one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problem {
    pub(super) fn new(field: &str, message: impl Into<String>) -> Self {
        Problem { line: None, reference_id: None, field: field.into(), message: message.into() }
    }

    pub(super) fn of_job(mut self, reference_id: &str) -> Self {
        if !reference_id.is_empty() {
            self.reference_id = Some(scrub(reference_id));
        }
        self
    }

    pub(super) fn in_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(reference_id) = &self.reference_id {
            write!(f, "job `{reference_id}`: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "`{}`: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().take(SHOWN).enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more problems"),
        }
    }
}

/// Every problem of `job`.
pub(super) fn problems(job: &Job) -> Vec<Problem> {
    let mut found = Vec::new();
    check_names(job, &mut found);
    check_data(job, &mut found);
    found
}

fn check_names(job: &Job, found: &mut Vec<Problem>) {
    let id = &job.reference_id;
    if id.is_empty() {
        found.push(Problem::new("reference_id", "missing"));
    } else if id.trim() != id || id.chars().any(char::is_control) {
        found.push(Problem::new("reference_id", "has control characters, or white space at an end"));
    } else if id.chars().count() > 255 {
        found.push(Problem::new("reference_id", "longer than 255 characters"));
    }
    match (&job.work_flow_id, &job.tag) {
        (Some(_), Some(_)) => {
            found.push(Problem::new("", "has `work_flow_id` (v1) and `tag` (v0); only one can be meant"))
        }
        (None, None) => found.push(Problem::new("work_flow_id", "missing; the workflow that the job runs through")),
        (Some(id), None) if id.trim().is_empty() => found.push(Problem::new("work_flow_id", "empty")),
        (None, Some(tag)) if tag.trim().is_empty() => found.push(Problem::new("tag", "empty")),
        _ => {}
    }
    if let Some(batch) = job.batch_id.as_deref().filter(|id| !id.is_empty() && !is_uuid(id)) {
        let message =
            format!("{:?} is not a UUID like `3f3e0c5a-…`; the batch's ID is meant, not its name", scrub(batch));
        found.push(Problem::new("batch_id", message));
    }
    let highest = match job.api() {
        Api::V0 => 10,
        Api::V1 => 9,
    };
    if let Some(weight) = job.priority_weight.filter(|weight| !(1..=highest).contains(weight)) {
        found.push(Problem::new("priority_weight", format!("{weight}, expected 1 to {highest}")));
    }
}

fn check_data(job: &Job, found: &mut Vec<Problem>) {
    let data = &job.data;
    if data.image_url.is_none() && data.video_data.is_none() && data.extra.is_empty() {
        found.push(Problem::new("data.image_url", "missing; the image to be labelled"));
    }
    if let Some(video) = &data.video_data {
        let mut ids = HashSet::new();
        if video.frames.is_empty() {
            found.push(Problem::new("data.video_data.frames", "empty"));
        }
        for frame in &video.frames {
            if frame.frame_id.is_empty() || !ids.insert(&frame.frame_id) {
                let message = format!("{:?} is empty or stands twice", frame.frame_id);
                found.push(Problem::new("data.video_data.frames.frame_id", message));
            }
        }
    }
    for (field, url) in urls(job) {
        if let Some(problem) = url_problem(url) {
            found.push(Problem::new(field, problem));
        }
    }
    if let Some(raster) = data.maker_response.as_ref().and_then(|response| response.raster.as_ref()) {
        let field = "data.maker_response.raster.data.legend";
        found.extend(legend_problems(&raster.data.legend.0).into_iter().map(|problem| Problem::new(field, problem)));
    }
}

fn urls(job: &Job) -> Vec<(&'static str, &str)> {
    let data = &job.data;
    let mut urls = Vec::new();
    urls.extend(data.image_url.iter().map(|url| ("data.image_url", url.as_str())));
    for frame in data.video_data.iter().flat_map(|video| &video.frames) {
        urls.push(("data.video_data.frames.src", frame.src.as_str()));
    }
    let raster = data.maker_response.as_ref().and_then(|response| response.raster.as_ref());
    urls.extend(raster.map(|raster| ("data.maker_response.raster.data.url", raster.data.url.as_str())));
    let images = data.reference_data.as_ref().and_then(|value| value.pointer("/raster/images")?.as_array());
    for image in images.into_iter().flatten() {
        urls.extend(image.get("image_url").and_then(|url| url.as_str()).map(|url| ("data.reference_data", url)));
    }
    urls
}

fn url_problem(text: &str) -> Option<String> {
    if text.trim() != text || text.chars().any(char::is_control) {
        return Some(format!("`{}` has control characters, or white space at an end", scrub(text)));
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return Some(format!("`{}` is not a URL: {error}", scrub(text))),
    };
    match url.scheme() {
        "http" | "https" | "s3" | "gs" if url.host_str().is_some_and(|host| !host.is_empty()) => None,
        "file" => None,
        "http" | "https" | "s3" | "gs" => Some(format!("`{}` has no host", scrub(text))),
        other => {
            Some(format!("`{}` has the scheme `{other}`; the platform fetches https, http, s3 and gs", scrub(text)))
        }
    }
}

/// The URLs of `job` that only this machine can read.
pub(super) fn local_urls(job: &Job) -> Vec<String> {
    let mut local = Vec::new();
    for (field, text) in urls(job) {
        if Url::parse(text).is_ok_and(|url| url.scheme() == "file" || crate::http::is_loopback(&url)) {
            local.push(format!("`{field}`: {}", scrub(text)));
        }
    }
    local
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::super::Payload;
    use super::*;
    use crate::error::Error;

    const BATCH: &str = "3f3e0c5a-1111-2222-3333-444455556666";

    fn good() -> Job {
        Job::image("001", "flow", "https://h/a.jpg?sig=CANARY")
            .with_prelabels("s3://bucket/m.png", [("#f23334".to_owned(), "car # 1".to_owned())])
            .in_batch(BATCH)
    }

    fn listed(job: Job) -> Vec<String> {
        match Payload::new(job) {
            Err(Error::Payload(problems)) => problems.0.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_bytes_are_canonical_and_the_hash_does_not_depend_on_order() {
        let payload = Payload::new(good()).unwrap();
        assert_eq!(
            payload.body(),
            concat!(
                r##"{"batch_id":"3f3e0c5a-1111-2222-3333-444455556666","data":{"image_url":"https://h/a.jpg?sig=CANARY","##,
                r##""maker_response":{"raster":{"data":{"legend":{"#f23334":"car # 1"},"url":"s3://bucket/m.png"}}}},"##,
                r##""reference_id":"001","work_flow_id":"flow"}"##
            )
        );
        let mut other = good();
        let legend = |colors: [&str; 2]| colors.map(|color| (color.to_owned(), format!("class {color}")));
        other = other.with_prelabels("s3://bucket/m.png", legend(["#000001", "#000002"]));
        let turned = good().with_prelabels("s3://bucket/m.png", legend(["#000002", "#000001"]));
        assert_eq!(Payload::new(other).unwrap().sha256(), Payload::new(turned).unwrap().sha256());
        assert!(!format!("{payload:?} {:?}", payload.job()).contains("CANARY"));
    }

    #[test]
    fn every_problem_is_listed() {
        let job = Job {
            priority_weight: Some(10),
            batch_id: Some("my batch".into()),
            ..Job::image("", " ", "photos/a.jpg?sig=x").with_prelabels("ftp://h/m.png", [("#000000".into(), "".into())])
        };
        let found = listed(job);
        for expected in [
            "`reference_id`: missing",
            "`work_flow_id`: empty",
            "`batch_id`: \"my batch\" is not a UUID",
            "`priority_weight`: 10, expected 1 to 9",
            "`data.image_url`: `photos/a.jpg",
            "`data.maker_response.raster.data.url`: `ftp://h/m.png` has the scheme `ftp`",
            "`data.maker_response.raster.data.legend`: `#000000` is black",
            "`data.maker_response.raster.data.legend`: `#000000` has an empty label",
        ] {
            assert!(found.iter().any(|line| line.starts_with(expected)), "{expected} in {found:#?}");
        }
        assert_eq!(found.len(), 8, "{found:#?}");
    }

    #[test]
    fn v0_takes_ten_and_both_forms_at_once_are_refused() {
        assert_eq!(Payload::new(good().with_tag("image_segmentation").with_priority(10)).unwrap().api(), Api::V0);
        let both = Job { tag: Some("t".into()), ..good() };
        assert!(listed(both)[0].contains("only one can be meant"));
        let video: Job = serde_json::from_str(
            r#"{"reference_id":"v","work_flow_id":"f","data":{"video_data":{"frames":[{"frame_id":"1","src":"https://h/1"},{"frame_id":"1","src":"x"}]}}}"#,
        )
        .unwrap();
        assert_eq!(listed(video).len(), 2);
    }

    #[test]
    fn urls_of_this_machine_are_found() {
        let mut job = good();
        job.data.image_url = Some("file:///data/a.jpg".into());
        let job = job.with_prelabels("http://127.0.0.1:9/m.png?sig=CANARY", [("#f23334".into(), "car".into())]);
        let local = Payload::new(job).unwrap().local_urls();
        assert_eq!(local.len(), 2);
        assert!(!local.concat().contains("CANARY"));
        assert!(Payload::new(good()).unwrap().local_urls().is_empty());
    }
}
