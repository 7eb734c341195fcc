//! `prelabel payload`: jobs of mask pairs, as lines.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::Path;

use serde_json::Value;
use testkit::program::{self, Run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_prelabel");
const IMAGE: &str = "https://img.example.com/{key}.jpg";
const MASK: &str = "https://masks.example.com/{sha256}.png";

fn prelabel(folder: &Path, args: &[&str]) -> Run {
    program::run(PROGRAM, folder, args, b"")
}

/// A folder with the demo's mask pairs in `pairs`.
fn pairs() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let demo = testkit::testdata().join("demo").display().to_string();
    let run = prelabel(dir.path(), &["convert", &demo, "-o", "pairs"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    dir
}

fn payload(folder: &Path, more: &[&str]) -> Run {
    let mut args = vec!["payload", "pairs", "--image-url", IMAGE, "--mask-url", MASK, "--project", "P"];
    args.extend(more);
    prelabel(folder, &args)
}

fn jobs(run: &Run) -> Vec<Value> {
    String::from_utf8(run.stdout.clone()).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_job_names_its_image_its_mask_and_the_whole_legend() {
    let dir = pairs();
    let run = payload(dir.path(), &["--workflow", "W", "--priority", "7"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, "3 jobs\n"));
    let jobs = jobs(&run);
    assert_eq!(jobs.len(), 3);
    let job = &jobs[1];
    assert_eq!(job["data"]["image_url"], "https://img.example.com/rider.jpg");
    assert_eq!((&job["work_flow_id"], &job["priority_weight"]), (&"W".into(), &7.into()));
    let raster = &job["data"]["maker_response"]["raster"]["data"];
    let legend: Value = serde_json::from_slice(&fs::read(dir.path().join("pairs/legend.json")).unwrap()).unwrap();
    assert_eq!(raster["legend"], legend);
    let url = raster["url"].as_str().unwrap();
    let sum = url.strip_prefix("https://masks.example.com/").unwrap().strip_suffix(".png").unwrap();
    assert!(sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()), "{url}");
    // The same job has the same name in each run; another batch makes another.
    assert_eq!(run.stdout, payload(dir.path(), &["--workflow", "W", "--priority", "7"]).stdout);
    let batch = "3f3e0c5a-0000-4000-8000-000000000000";
    let other = self::jobs(&payload(dir.path(), &["--workflow", "W", "--batch", batch]));
    assert_eq!(other[1]["batch_id"], batch);
    assert_ne!(other[1]["reference_id"], job["reference_id"]);
}

#[test]
fn version_0_has_a_tag_and_data_can_be_added() {
    let dir = pairs();
    fs::write(dir.path().join("data.json"), r#"{"sensor": {"id": 4}, "reference_data": {"raster": {"images": []}}}"#)
        .unwrap();
    let run = payload(dir.path(), &["--api", "v0", "--tag", "segmentation", "--data", "data.json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let job = &jobs(&run)[0];
    assert_eq!((&job["tag"], &job["data"]["sensor"]["id"]), (&"segmentation".into(), &4.into()));
    assert!(job.get("work_flow_id").is_none());
    assert!(job["data"]["reference_data"]["raster"]["images"].is_array());
}

#[test]
fn a_pair_without_a_legend_fails_alone() {
    let dir = pairs();
    let legend = dir.path().join("pairs/legend.json");
    fs::create_dir(dir.path().join("pairs/legends")).unwrap();
    for key in ["astronaut", "rider"] {
        fs::copy(&legend, dir.path().join(format!("pairs/legends/{key}.json"))).unwrap();
    }
    fs::remove_file(legend).unwrap();
    let run = payload(dir.path(), &["--workflow", "W"]);
    assert_eq!(jobs(&run).len(), 2);
    insta::assert_snapshot!("payload_without_legend", run.stderr);
    assert_eq!(run.code, 1);
}

#[test]
fn wrong_uses_say_what_to_do() {
    let dir = pairs();
    fs::write(dir.path().join("taken.json"), r#"{"image_url": "https://x/y.jpg"}"#).unwrap();
    fs::create_dir(dir.path().join("empty")).unwrap();
    let with = |image: &'static str, mask: &'static str| {
        vec!["payload", "pairs", "--image-url", image, "--mask-url", mask, "--project", "P", "--workflow", "W"]
    };
    let mut text = String::new();
    for args in [
        with("https://img.example.com/a.jpg", MASK),
        with("https://{key}/a.jpg", MASK),
        with("https://img.example.com/{name}.jpg", MASK),
        with("ftp://img.example.com/{key}.jpg", MASK),
        [with(IMAGE, MASK), vec!["--batch", "my batch"]].concat(),
        [with(IMAGE, MASK), vec!["--priority", "10"]].concat(),
        [with(IMAGE, MASK), vec!["--data", "taken.json"]].concat(),
        [with(IMAGE, MASK), vec!["--api", "v0"]].concat(),
        vec!["payload", "empty", "--image-url", IMAGE, "--mask-url", MASK, "--project", "P", "--workflow", "W"],
    ] {
        let run = prelabel(dir.path(), &args);
        assert!(run.code != 0, "{args:?}");
        text.push_str(&format!("$ prelabel {}\n{}\n", args.join(" "), run.snapshot(&[])));
    }
    insta::assert_snapshot!("payload_wrong_use", text);
}
