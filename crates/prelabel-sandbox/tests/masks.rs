//! Masks: each problem is found, counted and placed, and what is right is accepted.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod common;

use common::*;
use image::ImageEncoder;
use png::{BitDepth, ColorType};
use serde_json::{Map, Value, json};

const CAR: [u8; 4] = [0xf2, 0x33, 0x34, 255];
const SKY: [u8; 4] = [0xfd, 0x2d, 0x34, 255];
const NONE: [u8; 4] = [0; 4];

fn legend() -> Value {
    json!({ "#f23334": "car # 1", "#fd2d34": "sky", "#123456": "not in the mask" })
}

/// Posts a job with this mask file.
async fn post(bench: &Bench, mask: &[u8], legend: &Value) -> Answer {
    let url = bench.put("mask.png", mask);
    bench.job(&labelled("1", &url, legend)).await
}

#[tokio::test]
async fn masks_that_are_right_are_accepted() {
    let bench = Bench::new().await;
    let right = bench.put("right.png", &mask(&[CAR, SKY, NONE, CAR, SKY, NONE]));
    let blank = bench.put("blank.png", &mask(&[NONE; 6]));
    bench.accepted(&labelled("labelled", &right, &legend())).await;
    bench.accepted(&labelled("unlabelled", &blank, &legend())).await;
    bench.accepted(&labelled("no label at all", &blank, &json!({}))).await;
}

#[tokio::test]
async fn each_problem_of_the_pixels_is_counted_and_placed() {
    let bench = Bench::new().await;
    let half = [0xf2, 0x33, 0x34, 128];
    let hidden = [0xf2, 0x33, 0x34, 0];
    let black = [0, 0, 0, 255];
    let stray = [0xaa, 0xbb, 0xcc, 255];
    for (pixels, words) in [
        ([CAR, SKY, stray, stray, SKY, stray], "the colour #aabbcc is not in the legend (3 pixels, first at x 2, y 0)"),
        ([CAR, SKY, NONE, half, SKY, NONE], "alpha is neither 0 nor 255 (1 pixel, first at x 0, y 1)"),
        ([CAR, SKY, NONE, CAR, hidden, hidden], "a colour stands under alpha 0 (2 pixels, first at x 1, y 1)"),
        ([CAR, SKY, NONE, CAR, SKY, black], "opaque black, which is neither a label nor unlabelled (1 pixel"),
    ] {
        let answer = post(&bench, &mask(&pixels), &legend()).await;
        assert_eq!((answer.code(), answer.field()), ("FS_0003", Some("maker_response.raster.data")));
        assert!(answer.message().contains(words), "{}", answer.message());
        assert!(!answer.message().contains(';'), "one problem only: {}", answer.message());
    }
    let all = post(&bench, &mask(&[stray, half, hidden, black, CAR, NONE]), &legend()).await;
    assert_eq!(all.message().matches("1 pixel, first at").count(), 4, "{}", all.message());
    let none = post(&bench, &mask(&[CAR; 6]), &json!({})).await;
    assert!(none.message().contains("#f23334 is not in the legend (6 pixels"), "{}", none.message());
    assert!(bench.sandbox.jobs().unwrap().is_empty());
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused() {
    let bench = Bench::new().await;
    let rgba = |width, height, size: usize| png((ColorType::Rgba, BitDepth::Eight), (width, height), &vec![0; size]);
    let jpeg = std::fs::read(testdata("demo/images/rider.jpg")).unwrap();
    let cut = mask(&[CAR; 6]);
    for (file, words) in [
        (rgba(2, 3, 24), "the mask is 2 x 3 pixels, its image 3 x 2"),
        (png((ColorType::Rgb, BitDepth::Eight), (3, 2), &[0; 18]), "Rgb with 8 bits"),
        (png((ColorType::Rgba, BitDepth::Sixteen), (3, 2), &[0; 48]), "Rgba with 16 bits"),
        (png((ColorType::Indexed, BitDepth::Eight), (3, 2), &[0; 6]), "Indexed with 8 bits"),
        (png((ColorType::Grayscale, BitDepth::Eight), (3, 2), &[0; 6]), "Grayscale with 8 bits"),
        (jpeg, "is not a PNG"),
        (Vec::new(), "is not a PNG"),
        (cut[..cut.len() - 12].to_vec(), "is damaged"),
    ] {
        let answer = post(&bench, &file, &legend()).await;
        assert_eq!((answer.code(), answer.field()), ("FS_0003", Some("maker_response.raster.data")));
        assert!(answer.message().contains(words), "{}", answer.message());
    }
}

#[tokio::test]
async fn legends_and_links_that_are_wrong_name_their_field() {
    let bench = Bench::new().await;
    let url = bench.put("mask.png", &mask(&[CAR; 6]));
    let field = "maker_response.raster.data.legend";
    for legend in [json!({ "#fdffd34": "a" }), json!({ "#000000": "a" }), json!({ "#f23334": "" }), json!([])] {
        let answer = bench.job(&labelled("1", &url, &legend)).await;
        assert_eq!((answer.code(), answer.field()), ("FS_0003", Some(field)), "{legend}");
    }
    let text = labelled("1", &url, &json!("LEGEND")).to_string();
    let twice = text.replace("\"LEGEND\"", r##"{"#f23334": "a", "#f23334": "b"}"##);
    let request = bench.client.post(bench.url(&jobs("v1"))).header("x-api-key", KEY);
    let twice = answer(request.header("content-type", "application/json").body(twice)).await;
    assert!(twice.message().contains("`#f23334` stands twice"), "{}", twice.message());
    assert_eq!(bench.job(&labelled("1", "s3://b/none.png", &legend_of_car())).await.code(), "FS_0007");
    // The image is fetched as well, and must be one.
    let mut job = labelled("1", &url, &legend_of_car());
    job["data"]["image_url"] = bench.put("image.txt", b"no image").into();
    let answer = bench.job(&job).await;
    assert_eq!((answer.code(), answer.field()), ("FS_0003", Some("image_url")));
}

fn legend_of_car() -> Value {
    json!({ "#f23334": "car" })
}

#[tokio::test]
async fn a_photograph_that_viewers_turn_explains_the_size() {
    let bench = Bench::new().await;
    // One entry: orientation (0x0112), a short, 1 of them, 6: turned by 90 degrees.
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let mut photograph = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut photograph);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    encoder.write_image(&[0; 18], 3, 2, image::ExtendedColorType::Rgb8).unwrap();
    let url = bench.put("mask.png", &png((ColorType::Rgba, BitDepth::Eight), (2, 3), &[0; 24]));
    let mut job = labelled("1", &url, &json!({}));
    job["data"]["image_url"] = bench.put("photograph.jpg", &photograph).into();
    let answer = bench.job(&job).await;
    assert_eq!(answer.code(), "FS_0003");
    assert!(answer.message().contains("EXIF orientation"), "{}", answer.message());
    bench.put("mask.png", &mask(&[NONE; 6]));
    bench.accepted(&job).await;
}

#[tokio::test]
async fn unless_masks_are_checked_they_need_only_be_there() {
    let bench = Bench::with(|options| options.check_masks = false).await;
    let url = bench.put("mask.png", b"no mask");
    bench.accepted(&labelled("1", &url, &legend())).await;
    assert_eq!(bench.job(&labelled("2", "s3://b/none.png", &legend())).await.code(), "FS_0007");
}

#[tokio::test]
async fn masks_are_fetched_over_http_too() {
    let (bench, host) = (Bench::new().await, Bench::new().await);
    // The storage of another sandbox is a web server like any other.
    let mask = host.put("mask.png", &mask(&[CAR; 6]));
    let id = host.accepted(&labelled("1", &mask, &legend())).await;
    host.sandbox.complete_job(&id).unwrap();
    let private = host.url(&format!("/storage/masks/{id}.png"));
    let response = host.get(&query("/v1/attachments", "url", &private)).send().await.unwrap();
    let signed = response.headers()["location"].to_str().unwrap();
    bench.accepted(&labelled("1", signed, &legend())).await;
    let wrong = bench.job(&labelled("2", signed, &json!({ "#000001": "x" }))).await;
    assert_eq!(wrong.code(), "FS_0003");
    let refused = bench.job(&labelled("2", &private, &legend())).await;
    assert_eq!(refused.code(), "FS_0007");
    assert!(refused.message().contains("it answers 403"), "{}", refused.message());
}

#[tokio::test]
async fn a_mask_of_a_real_photograph_passes_and_one_colour_less_does_not() {
    let bench = Bench::new().await;
    let rows: Value = serde_json::from_slice(&std::fs::read(testdata("masks/voc_legend.json")).unwrap()).unwrap();
    let mut legend = Map::new();
    for row in rows.as_array().unwrap().iter().filter(|row| row["hex"] != "#000000") {
        legend.insert(row["hex"].as_str().unwrap().to_owned(), row["name"].clone());
    }
    let mask = bench.put("mask.png", &std::fs::read(testdata("masks/astronaut_expected_rgba.png")).unwrap());
    let image = bench.put("image.jpg", &std::fs::read(testdata("demo/images/astronaut.jpg")).unwrap());
    let job = |reference: &str, legend: &Map<String, Value>| {
        let mut job = labelled(reference, &mask, &legend.clone().into());
        job["data"]["image_url"] = image.clone().into();
        job
    };
    bench.accepted(&job("1", &legend)).await;
    let person = legend.iter().find(|(_, name)| *name == "person").unwrap().0.clone();
    legend.remove(&person);
    let message = bench.job(&job("2", &legend)).await.message().to_owned();
    assert!(message.contains(&format!("the colour {} is not in the legend", person.to_lowercase())), "{message}");
}
