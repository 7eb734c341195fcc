//! Every rule of validation finds its planted fault and no other rule does; what can be mended is mended,
//! and a second look at the copy finds nothing but the rest.

// Only a test module may unwrap.
#[cfg(test)]
#[path = "validate/planted.rs"]
mod planted;

use std::collections::BTreeSet;
use std::sync::Arc;

use planted::*;
use prelabel::model::Rgba;
use prelabel::pixels::mask_png;
use prelabel::report::Severity;
use prelabel::tree::MemorySink;
use prelabel::validate::{Options, RULES, fix, validate};

#[test]
fn a_folder_without_fault_has_no_finding_and_is_copied_byte_for_byte() {
    let tree = Tree::clean();
    let (said, outcome) = run(&tree, &Options::default());
    assert_eq!(said.iter().map(|(_, key, _)| key.as_deref()).collect::<Vec<_>>(), [Some("a"), Some("b"), Some("c")]);
    assert_eq!(outcome.summary.groups().count(), 0, "{:#?}", outcome.summary);
    let (again, outcome) = mended(&tree, true);
    assert_eq!((again.files, outcome.mended), (tree.files, 0));
}

#[test]
fn each_rule_finds_its_fault_and_no_other_does() {
    let planted = planted();
    for rule in RULES {
        let code = rule.info().code;
        assert!(planted.iter().any(|(planted, _, _)| *planted == code), "no fault is planted for {code}");
    }
    for (code, companions, tree) in planted {
        let expected: BTreeSet<_> = companions.iter().copied().chain([code]).collect();
        assert_eq!(codes(&tree), expected, "{code}: {:#?}", run(&tree, &Options::default()).0);
    }
}

#[test]
fn what_can_be_mended_is_gone_afterwards_and_the_rest_stays() {
    for (code, companions, tree) in planted() {
        let info = RULES.iter().map(|rule| rule.info()).find(|info| info.code == code).unwrap();
        for allow_lossy in [false, true] {
            let (copy, outcome) = mended(&tree, allow_lossy);
            if code == "PL067" {
                // No tree takes such a name: the mask is a failure by name, and the rest is written.
                assert_eq!((outcome.summary.failures(), outcome.summary.findings(Severity::Error)), (1, 1));
                assert_eq!(copy.files.len(), tree.files.len() - 1);
                continue;
            }
            let gone = info.fixable && (allow_lossy || !info.lossy);
            let mut expected: BTreeSet<_> = companions.iter().copied().collect();
            expected.extend((!gone).then_some(code));
            assert_eq!(codes(&copy), expected, "{code}, lossy {allow_lossy}");
            if gone {
                assert_eq!(outcome.mended, 1, "{code}");
                let says = |group: &prelabel::report::Group| group.code == code && group.message.starts_with("mended:");
                assert!(outcome.summary.groups().any(says), "{code}: {:#?}", outcome.summary);
                assert_eq!(outcome.summary.findings(Severity::Warning), 0, "{code}");
            } else {
                assert_eq!(copy.files, tree.files, "{code}: what cannot be mended is copied as it is");
            }
            assert_eq!(outcome.summary.losses() > 0, gone && info.lossy, "{code}");
            let (twice, outcome) = mended(&copy, allow_lossy);
            assert_eq!((twice.files, outcome.mended), (copy.files, 0), "{code}: mending twice changes nothing");
        }
    }
}

#[test]
fn mending_keeps_every_pixel() {
    for bytes in [palette_png(), interlaced_png()] {
        let (copy, _) = mended(&Tree::clean().with("masks/a.png", &bytes), false);
        let limits = prelabel::Limits::default();
        let pixels = |bytes: &[u8]| {
            let (_, mask) = mask_png::decode(bytes, &limits).unwrap();
            let (width, height) = mask.size();
            let places = (0..height).flat_map(move |y| (0..width).map(move |x| (x, y)));
            places.map(|(x, y)| mask.colors()[mask.grid().get(x, y).unwrap() as usize]).collect::<Vec<_>>()
        };
        assert_eq!(pixels(&copy.files["masks/a.png"]), picture());
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    // All faults of pairs in one folder, each pair under the name of its rule.
    let mut all = Tree::clean();
    for (code, _, tree) in planted() {
        for key in ["a", "c"] {
            all.put(&format!("masks/{code}{key}.png"), &tree.files[&format!("masks/{key}.png")]);
            let legend = tree.files.get(&format!("legends/{key}.json")).or(tree.files.get("legend.json"));
            if let Some(legend) = legend {
                all.put(&format!("legends/{code}{key}.json"), legend);
            }
        }
    }
    let said = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (said, outcome) = run(&all, &Options::default());
            let (copy, mended) = mended(&all, true);
            (said, format!("{:?}", outcome.summary), copy.files, format!("{:?}", mended.summary))
        })
    };
    let one = said(1);
    assert!(one.0.len() > 80);
    for _ in 0..3 {
        assert_eq!(said(4), one);
    }
}

#[test]
fn a_seven_digit_key_gets_the_only_colour_that_fits() {
    let (_, _, tree) = planted().swap_remove(0);
    let hint = finding(&tree, "PL001").hint.unwrap();
    assert!(hint.starts_with("write `#fdffd3`"), "{hint}");
    // Two that fit: nothing is proposed.
    let both = [Rgba([0xfd, 0xff, 0xd3, 255]), Rgba([0xfd, 0xff, 0xd4, 255])];
    let tree = tree.pixels(|pixels| pixels[at(3, 6)..at(5, 6)].copy_from_slice(&both));
    let hint = finding(&tree, "PL001").hint.unwrap();
    assert!(hint.contains("6 hex digits"), "{hint}");
}

#[test]
fn mixed_colours_on_edges_are_told_from_a_forgotten_class() {
    let forgotten = &planted().into_iter().find(|(code, _, _)| *code == "PL040").unwrap().2;
    let found = finding(forgotten, "PL040");
    assert!(found.hint.as_ref().unwrap().contains("add the colour"), "{found:?}");
    assert_eq!(found.detail.as_deref(), Some("3 pixels; the nearest entry is #f23334, `car`"));
    // The car's upper edge, half mixed with nothing.
    let smooth = Tree::clean().pixels(|pixels| pixels[at(2, 5)..at(8, 5)].fill(Rgba([0x79, 0x19, 0x1a, 255])));
    let found = finding(&smooth, "PL040");
    assert!(found.hint.as_ref().unwrap().contains("anti-aliasing"), "{found:?}");
    assert!(found.detail.unwrap().starts_with("1 colour, 6 pixels, 6 of them on edges"));
}

#[test]
fn a_turned_image_explains_swapped_sides() {
    let turned = Tree::clean().with_image("a.png", turned_photo(HEIGHT, WIDTH));
    assert!(finding(&turned, "PL064").message.contains("EXIF"));
    let swapped = Tree::clean().with_image("a.png", photo(HEIGHT, WIDTH, image::ImageFormat::Png));
    assert!(finding(&swapped, "PL064").message.contains("swapped"));
    let scaled = Tree::clean().with_image("a.png", photo(WIDTH * 3, HEIGHT * 3, image::ImageFormat::Png));
    assert!(finding(&scaled, "PL064").message.contains("scaled"));
}

#[test]
fn damage_names_chunk_and_place() {
    let find = |code: &str| planted().into_iter().find(|(planted, _, _)| *planted == code).unwrap().2;
    let damaged = finding(&find("PL021"), "PL021");
    assert!(damaged.message.contains("chunk IDAT"), "{damaged:?}");
    assert_eq!(damaged.at.unwrap().to_string(), "byte 33");
    let cut = finding(&find("PL022"), "PL022");
    assert!(cut.detail.unwrap().contains("chunk IDAT"));
    assert!(finding(&find("PL020"), "PL020").detail.unwrap().contains("JPEG"));
}

#[test]
fn masks_cut_at_any_length_are_findings_not_panics() {
    let whole = png(&picture());
    for length in 0..whole.len() {
        let tree = Tree::clean().with("masks/a.png", &whole[..length]);
        let found = codes(&tree);
        assert_eq!(found.len(), 1, "{length}: {found:?}");
    }
}

#[test]
fn rules_can_be_chosen_and_what_is_not_asked_about_is_not_mended() {
    let tree = Tree::clean()
        .legend(r##"{"#F23334": "car", "#fd2d34": "sky"}"##)
        .pixels(|pixels| pixels[at(0, 9)] = Rgba([255, 255, 255, 0]));
    let options = Options { select: vec!["PL00".into(), "specks".into()], ..Options::default() };
    let (_, outcome) = run(&tree, &options);
    assert_eq!(outcome.summary.groups().map(|group| group.code).collect::<Vec<_>>(), ["PL006"]);
    let sink = MemorySink::new(false);
    fix(&tree.pairs(), &sink, &options, true, &|_| ()).unwrap();
    assert_eq!(sink.files()["masks/a.png"], tree.files["masks/a.png"]);
    assert_ne!(sink.files()["legend.json"], tree.files["legend.json"]);
    let wrong = Options { select: vec!["spekcs".into()], ..Options::default() };
    let error = validate(&tree.pairs(), &wrong, &|_| ()).unwrap_err();
    assert!(error.to_string().contains("one like `specks`"), "{error}");
}

#[test]
fn a_legend_for_all_counts_before_those_of_the_tree() {
    let tree = Tree::clean().without("legend.json").without("legends/c.json");
    assert_eq!(codes(&tree), BTreeSet::from(["PL060"]));
    let pairs = tree.pairs().with_legend("given.json", LEGEND.to_vec());
    let outcome = validate(&pairs, &Options::default(), &|_| ()).unwrap();
    assert_eq!(outcome.summary.groups().count(), 0, "{:#?}", outcome.summary);
    let pairs = tree.pairs().with_legend("given.json", b"{".to_vec());
    let outcome = validate(&pairs, &Options::default(), &|_| ()).unwrap();
    let group = outcome.summary.groups().next().unwrap();
    assert_eq!((group.code, group.count, group.examples().next().unwrap().file.as_str()), ("PL009", 1, "given.json"));
}

#[test]
fn a_run_can_be_stopped_and_a_limit_is_a_failure() {
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let options = Options { stop: Some(stop), ..Options::default() };
    let outcome = validate(&Tree::clean().pairs(), &options, &|_| ()).unwrap();
    assert_eq!((outcome.pairs, outcome.not_tried, outcome.stopped.is_some()), (3, 3, true));
    let limits = prelabel::Limits { max_pixels: 10, ..prelabel::Limits::default() };
    let options = Options { limits, ..Options::default() };
    let outcome = validate(&Tree::clean().pairs(), &options, &|_| ()).unwrap();
    assert_eq!(outcome.summary.failures(), 3);
}
