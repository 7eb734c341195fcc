//! Job files: one payload a line, as canonical JSON, exactly what is sent.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use super::check::{Problem, Problems};
use super::{Job, Payload, strict};
use crate::error::{Error, Result};

/// The most bytes of a line; the platform would not take more either.
const MAX_LINE: u64 = 4 << 20;

/// A line of a job file. [`Payload`]'s `Display` writes it, [`read_jobs`] reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct JobLine {
    /// Its number, counted from 1.
    pub line: usize,
    /// The job.
    pub payload: Payload,
}

impl JobLine {
    /// Reads one line.
    pub fn parse(line: usize, text: &str) -> Result<Self> {
        let wrong = |message: String| Error::Payload(Problems(vec![Problem::new("", message).in_line(line)]));
        let value = strict::from_str(text).map_err(|error| wrong(json_message(&error)))?;
        if !value.is_object() {
            return Err(wrong("not a JSON object; one job a line is expected".into()));
        }
        let job: Job = serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
        match Payload::new(job) {
            Ok(payload) => Ok(JobLine { line, payload }),
            Err(Error::Payload(Problems(problems))) => {
                Err(Error::Payload(Problems(problems.into_iter().map(|problem| problem.in_line(line)).collect())))
            }
            Err(other) => Err(other),
        }
    }
}

/// `serde_json` counts lines from the start of what it was given, which is one line: only the column says something.
fn json_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    format!("not valid JSON at column {}: {message}", error.column())
}

/// Reads a job file; empty lines are skipped. Either every line is good, or the error lists all problems of all lines. A
/// reference ID that stands twice is one, naming both lines.
pub fn read_jobs(mut input: impl BufRead) -> Result<Vec<JobLine>> {
    let mut jobs: Vec<JobLine> = Vec::new();
    let mut first_line: HashMap<String, usize> = HashMap::new();
    let mut problems = Vec::new();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let unreadable = |error: std::io::Error| {
            Error::usage(format!("cannot read line {line} of the jobs: {error}"), "check the file")
        };
        let length = input.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes).map_err(unreadable)?;
        if length == 0 {
            break;
        }
        if length as u64 > MAX_LINE {
            problems.push(Problem::new("", "longer than 4 MiB; is it a file of one job a line?").in_line(line));
            break;
        }
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').trim(),
            Err(_) => {
                problems.push(Problem::new("", "not UTF-8").in_line(line));
                continue;
            }
        };
        if text.is_empty() {
            continue;
        }
        match JobLine::parse(line, text) {
            Ok(job) => match first_line.insert(job.payload.reference_id().to_owned(), line) {
                None => jobs.push(job),
                Some(first) => problems.push(
                    Problem::new("reference_id", format!("stands in line {first} already"))
                        .of_job(job.payload.reference_id())
                        .in_line(line),
                ),
            },
            Err(Error::Payload(Problems(more))) => problems.extend(more),
            Err(other) => return Err(other),
        }
    }
    if problems.is_empty() { Ok(jobs) } else { Err(Error::Payload(Problems(problems))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str) -> String {
        Payload::new(Job::image(id, "flow", "https://h/a.jpg")).unwrap().to_string()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let with_extra = r#"{"reference_id":"x","work_flow_id":"f","data":{"image_url":"https://h/a","speed":{"b":1,"a":[2.5]}},"sla":3}"#;
        let file = format!("\u{feff}{}\r\n\n{with_extra}\n{}", line("a"), line("b"));
        let jobs = read_jobs(file.as_bytes()).unwrap();
        assert_eq!(jobs.iter().map(|job| job.line).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!(jobs[0].payload.to_string(), line("a"));
        assert!(jobs[1].payload.body().contains(r#""speed":{"a":[2.5],"b":1}"#));
        assert!(jobs[1].payload.body().contains(r#""sla":3"#));
    }

    #[test]
    fn all_lines_with_problems_are_named() {
        let file = [
            line("a"),
            "{\"reference_id\": }".into(),
            line("a"),
            "[]".into(),
            r##"{"reference_id":"l","work_flow_id":"f","data":{"maker_response":{"raster":{"data":{"url":"https://h/m","legend":{"#ff0000":"a","#ff0000":"b"}}}}}}"##.into(),
            r#"{"reference_id":"m","work_flow_id":"f","data":{"image_url":["https://h/m"]}}"#.into(),
            "{}".into(),
        ]
        .join("\n");
        let shown = read_jobs(file.as_bytes()).unwrap_err().to_string();
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[0], "line 2: not valid JSON at column 18: expected value");
        assert_eq!(lines[1], "line 3: job `a`: `reference_id`: stands in line 1 already");
        assert_eq!(lines[2], "line 4: not a JSON object; one job a line is expected");
        assert!(lines[3].contains("line 5: ") && lines[3].contains("`#ff0000` stands twice"), "{}", lines[3]);
        assert!(lines[4].contains("line 6: ") && lines[4].contains("expected a string"), "{}", lines[4]);
        assert_eq!(lines[5], "line 7: missing field `reference_id`");
        assert!(read_jobs(&b"\xff\n"[..]).unwrap_err().to_string().contains("line 1: not UTF-8"));
    }
}
