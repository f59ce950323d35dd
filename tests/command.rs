//! The command, as a user runs it.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::{GrayImage, Luma, RgbImage};
use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_deep-inside"))
        .args(arguments)
        .output();
    command.unwrap()
}

/// What a run prints that ends well.
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {message}");
    String::from_utf8(output.stdout).unwrap()
}

/// An empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Three samples, each with a mask of its left half; and a picture without a mask.
fn masked_samples(name: &str) -> PathBuf {
    let folder = folder(name);
    for sample in ["macaw", "red-panda", "bison"] {
        let photo = image::open(format!("www/samples/{sample}.jpg"))
            .unwrap()
            .thumbnail(120, 120);
        let (width, height) = (photo.width(), photo.height());
        photo
            .to_rgb8()
            .save(folder.join(format!("{sample}.jpg")))
            .unwrap();
        let mask = GrayImage::from_fn(width, height, |x, _| Luma([255 * u8::from(2 * x < width)]));
        mask.save(folder.join(format!("{sample}.png"))).unwrap();
    }
    RgbImage::new(20, 20)
        .save(folder.join("without.jpg"))
        .unwrap();
    std::fs::write(
        folder.join("index.json"),
        r#"{"macaw": {"source": "birds"}, "bison": {"source": "beasts"}}"#,
    )
    .unwrap();
    folder
}

fn records(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut records: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    records.sort_by_key(|record| record["picture"].to_string());
    records
}

#[test]
fn shards_add_up_to_the_whole_and_a_stopped_run_goes_on() {
    let pictures = masked_samples("shards");
    let out = |name: &str| pictures.join(name);
    let evaluate =
        |more: &[&str]| printed(&[&["evaluate", "masks", text(&pictures)], more].concat());
    let whole = out("whole.jsonl");
    let table = evaluate(&["--out", text(&whole), "--jobs", "2"]);
    assert!(
        table.starts_with("masks: 3 pictures, 1 errors\n"),
        "{table}"
    );
    for source in ["all", "birds", "beasts"] {
        assert!(
            table.lines().any(|line| line.starts_with(source)),
            "{table}"
        );
    }
    let found = records(&whole);
    assert_eq!(found.len(), 4);
    for record in &found[..3] {
        assert!(
            (record["share"].as_f64().unwrap() - 0.5).abs() < 0.01,
            "{record}"
        );
        assert!(
            (0.0..=1.0).contains(&record["best"].as_f64().unwrap()),
            "{record}"
        );
    }
    assert!(found[3]["error"].is_string());

    let shards = ["1/3", "2/3", "3/3"].map(|shard| {
        let path = out(&format!("{}.jsonl", &shard[..1]));
        evaluate(&["--out", text(&path), "--shard", shard]);
        path
    });
    let merged = printed(
        &[
            &["evaluate", "merge"],
            &shards.each_ref().map(|path| text(path))[..],
        ]
        .concat(),
    );
    assert_eq!(merged, table);

    // One whole line, and a part of the next.
    let lines = std::fs::read_to_string(&whole).unwrap();
    let end = lines.find('\n').unwrap();
    let stopped = out("stopped.jsonl");
    std::fs::write(&stopped, &lines[..end + 20]).unwrap();
    assert_eq!(evaluate(&["--out", text(&stopped), "--resume"]), table);
    assert_eq!(records(&stopped), found);
    let again = run(&[
        "evaluate",
        "masks",
        text(&pictures),
        "--out",
        text(&stopped),
    ]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists"));
    assert_eq!(records(&stopped), found);
}

#[test]
fn boxes_are_judged_by_the_papers_protocol() {
    let pictures = folder("boxes");
    let photo = image::open("www/samples/macaw.jpg").unwrap();
    let (width, height) = (photo.width(), photo.height());
    for name in ["a.jpg", "b.jpg", "c.jpg"] {
        std::fs::copy("www/samples/macaw.jpg", pictures.join(name)).unwrap();
    }
    // A box that is the whole photo, one in its corner, and a class that the network does not name.
    let labels = "a.jpg,88\nb.jpg,88\nc.jpg,3\n";
    let whole = format!("0,0,{},{}", width - 1, height - 1);
    std::fs::write(pictures.join("class_labels.txt"), labels).unwrap();
    let list = pictures.join("localization.txt");
    std::fs::write(
        &list,
        format!("a.jpg,{whole}\nb.jpg,0,0,9,9\nc.jpg,{whole}\n"),
    )
    .unwrap();
    let out = pictures.join("boxes.jsonl");
    let table = printed(&[
        "evaluate",
        "boxes",
        text(&list),
        "--pictures",
        text(&pictures),
        "--out",
        text(&out),
    ]);
    assert!(
        table.starts_with("boxes: 3 pictures, 0 errors\n"),
        "{table}"
    );
    let found = records(&out);
    let flags = |key: &str| {
        found
            .iter()
            .map(|record| record[key].as_bool().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(flags("top5"), [true, true, false]);
    assert_eq!(flags("top1"), [true, true, false]);
    assert!(!flags("known")[1] && !flags("top5_located")[1] && !flags("top5_located")[2]);
    // The guess of the true class, with the same photo in both.
    assert_eq!(found[0]["boxes"][0], found[1]["boxes"][0]);
    let corners: Vec<f64> = serde_json::from_value(found[0]["boxes"][0].clone()).unwrap();
    let share = (corners[2] - corners[0]) * (corners[3] - corners[1]) / f64::from(width * height);
    assert_eq!(flags("known")[0], share >= 0.5);
    assert_eq!(found[0]["thresholds"].as_str().unwrap().len(), 100);
    assert!(!found[1]["thresholds"].as_str().unwrap().contains('1'));
}

#[test]
fn maps_have_figures_for_every_method() {
    let pictures = masked_samples("maps");
    let out = pictures.join("maps.jsonl");
    let table = printed(&[
        "evaluate",
        "maps",
        text(&pictures),
        "--out",
        text(&out),
        "--steps",
        "2",
        "--shard",
        "1/4",
    ]);
    assert!(table.starts_with("maps: 1 pictures, 0 errors\n"), "{table}");
    let methods = &records(&out)[0]["methods"];
    assert_eq!(methods.as_object().unwrap().len(), 8);
    for method in methods.as_object().unwrap().values() {
        for key in ["deletion", "insertion", "energy"] {
            assert!(
                (0.0..=1.0).contains(&method[key].as_f64().unwrap()),
                "{method}"
            );
        }
        assert!(method["pointing"].is_boolean());
    }
}

#[test]
fn class_models_and_explanations_are_files() {
    let out = folder("files");
    let sheet = out.join("sheet.png");
    printed(&[
        "class-model",
        "--recipe",
        "paper",
        "--classes",
        "130",
        "--side",
        "64",
        "--sheet",
        text(&sheet),
        "--folder",
        text(&out),
    ]);
    for file in ["sheet.png", "130.png"] {
        let picture = image::open(out.join(file)).unwrap();
        assert_eq!([picture.width(), picture.height()], [64, 64]);
    }
    assert!(printed(&["networks"]).lines().count() == 3);
}

#[test]
fn mistakes_end_with_a_message() {
    for (arguments, message) in [
        (&["explain", "nothing.jpg"][..], "nothing.jpg: No such file"),
        (
            &["explain", "www/samples/macaw.jpg", "--class", "unicorn"],
            "no class is called",
        ),
        (
            &["explain", "www/samples/macaw.jpg", "--network", "nothing"],
            "no network is called",
        ),
        (&["evaluate", "masks", "src", "--out", "x"], "no pictures"),
        (
            &["evaluate", "masks", "src", "--out", "x", "--shard", "3/2"],
            "a shard is K/N",
        ),
        (&["evaluate", "merge", "nothing.jsonl"], "nothing.jsonl"),
    ] {
        let output = run(arguments);
        let found = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(found.contains(message), "{arguments:?}: {found}");
    }
}
