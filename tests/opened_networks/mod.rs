//! Networks from ONNX files in a browser: their scores, and everything else that an engine computes.

use deep_inside::class_model::{ClassModelSettings, PAPER, ROBUST};
use deep_inside::device::read_back;
use deep_inside::engine::{Engine, LocateMode};
use deep_inside::gradient::{Target, score_gradient};
use deep_inside::graph::ReluRule;
use deep_inside::networks::OnnxOptions;
use deep_inside::onnx::{ExternalFiles, InputOptions};
use deep_inside::preprocess::{Crops, Fit};
use deep_inside::progress::NoProgress;
use deep_inside::saliency::{
    IntegratedGradientsSettings, SALIENCY_METHODS, SaliencySettings, SmoothGradSettings,
};
use deep_inside::segmentation::{BoundingBox, CutSettings, Prompt};

use crate::golden::{read_tensors, relative_l2};

/// A sibling of MobileNetV2 for pictures of 64 x 48 pixels, whose weights are in a second file.
const SIBLING: &[u8] = include_bytes!("../networks/siblings/mobilenet_v2.dynamo.onnx");
const SIBLING_DATA: &[u8] = include_bytes!("../networks/siblings/mobilenet_v2.dynamo.onnx.data");
const ORIENTATION: &[u8] = include_bytes!("../../weights/pp_lcnet_orientation.onnx");

/// The orientation network's scores of the input whose value i is `(37 i mod 251) / 100 - 1.25`, by
/// tests/networks/interpreter.py in float64.
const ORIENTATION_SCORES: [f32; 4] = [-0.568_793_1, 0.601_876_5, -0.691_389_2, 0.658_598_05];

/// Opens the sibling; the whole photo is squashed, so that every part of it counts.
fn open_sibling(engine: &mut Engine) {
    let files: ExternalFiles<'_> = [("mobilenet_v2.dynamo.onnx.data", SIBLING_DATA)]
        .into_iter()
        .collect();
    let options = OnnxOptions {
        input: InputOptions {
            fit: Some(Fit::Squash),
            ..InputOptions::default()
        },
        ..OnnxOptions::default()
    };
    engine.open_network(SIBLING, &files, &options).unwrap();
}

fn open_orientation(engine: &mut Engine) {
    let (files, options) = (ExternalFiles::default(), OnnxOptions::default());
    engine.open_network(ORIENTATION, &files, &options).unwrap();
}

fn assert_close(name: &str, found: &[f32], expected: &[f32], tolerance: f64) {
    let difference = relative_l2(found, expected);
    assert!(difference <= tolerance, "{name}: {difference:.1e} apart");
}

/// Compares scores, and the sibling's gradient, with those of the interpreter.
pub async fn assert_scores_agree(engine: &mut Engine, tolerance: f64) {
    open_sibling(engine);
    let goldens = include_bytes!("../networks/siblings/goldens.safetensors");
    let goldens = read_tensors(goldens);
    let golden = |key: &str| &goldens[&format!("mobilenet_v2.dynamo.{key}")];
    let network = engine.network().unwrap();
    let picture = network.upload(golden("picture").clone(), [1, 3, 64, 48]);
    let scores = read_back(network.scores(picture.clone()).unwrap()).await;
    assert_close("scores", &scores.unwrap(), golden("scores"), tolerance);
    let target = Target::Class(1); // as in siblings/index.json
    let gradients = score_gradient(network, picture, &target, ReluRule::Gradient);
    let gradients = read_back(gradients.unwrap().gradients).await.unwrap();
    assert_close("gradient", &gradients, golden("gradient"), tolerance);

    open_orientation(engine);
    let network = engine.network().unwrap();
    let planes = (0..3 * 224 * 224).map(|i| (i * 37 % 251) as f32 / 100.0 - 1.25);
    let scores = network.scores(network.upload(planes.collect(), [1, 3, 224, 224]));
    let scores = read_back(scores.unwrap()).await.unwrap();
    assert_close("orientation", &scores, &ORIENTATION_SCORES, tolerance);
}

fn few_passes() -> SaliencySettings {
    SaliencySettings {
        crops: Crops::One,
        smooth_grad: SmoothGradSettings {
            samples: 2,
            ..SmoothGradSettings::default()
        },
        integrated_gradients: IntegratedGradientsSettings { steps: 2 },
        ..SaliencySettings::new(Target::Class(1))
    }
}

/// Every analysis of a photo by both networks; returns their maps.
pub async fn assert_everything_works(engine: &mut Engine) -> Vec<(String, Vec<f32>)> {
    let mut maps = Vec::new();
    for (name, open) in [
        ("sibling", open_sibling as fn(&mut Engine)),
        ("orientation", open_orientation),
    ] {
        open(engine);
        let network = engine.network().unwrap();
        let [rows, columns] = [network.input.rows, network.input.columns];
        assert_eq!(engine.classify().await.unwrap().len(), network.classes());
        let gradient = engine.input_gradient(&Target::Class(1)).await.unwrap();
        assert_eq!(gradient.len(), 3 * rows * columns);

        for method in SALIENCY_METHODS {
            let settings = SaliencySettings {
                method,
                ..few_passes()
            };
            let saliency = engine.saliency(&settings, &NoProgress).await;
            if method.undefined_for(network).is_some() {
                assert_eq!(saliency.unwrap_err().code(), "setting-out-of-range");
                continue;
            }
            let saliency = saliency.unwrap();
            let map = saliency.map;
            assert!(map.values.iter().all(|value| value.is_finite()));
            if method.id == "gradient" {
                assert!(map.values.iter().any(|&value| value > 0.0), "{name}");
            }
            maps.push((format!("{name}, {}", method.id), map.values));
        }

        let layers = engine.compare_rules(&Target::Class(1), &NoProgress).await;
        assert!(layers.unwrap().last().unwrap().cosine > -1.1, "{name}");

        let mut check = engine
            .sanity_check(few_passes(), 0, &NoProgress)
            .await
            .unwrap();
        assert!(check.step(&NoProgress).await.unwrap().is_some(), "{name}");

        for recipe in [PAPER, ROBUST] {
            let settings = ClassModelSettings {
                recipe: recipe.clone(),
                side: Some(if rows == columns { rows } else { 64 }),
                ..ClassModelSettings::new(Target::Class(1))
            };
            let mut run = engine.class_model(&settings).unwrap();
            let first = run.step(0).await.unwrap();
            let later = run.step(3).await.unwrap();
            assert!(later.score.is_finite() && later.step == 3, "{name}");
            // The paper's steps are too small for 8 bits where a gradient is.
            if recipe.id == "robust" {
                assert_ne!(later.score, first.score, "{name}");
            }
            run.pixels().await.unwrap();
        }

        let rectangle = BoundingBox {
            x: 60,
            y: 30,
            width: 330,
            height: 240,
        };
        let settings = CutSettings {
            working_side: 64,
            ..CutSettings::rectangle()
        };
        let cut = engine.segment(Prompt::Rectangle(rectangle), &settings, &NoProgress);
        assert!(cut.await.unwrap().object_fraction() > 0.0, "{name}");
        // The sibling has random weights: there may be nothing to cut out, but no fault.
        match engine.locate(1, LocateMode::Paper, &NoProgress).await {
            Ok(cut) => assert_eq!(cut.width, 451, "{name}"),
            Err(error) => assert_eq!(error.code(), "no-object-found", "{name}"),
        }
    }
    maps
}

/// Compares the maps of two devices.
pub fn assert_maps_agree(maps: &[(String, Vec<f32>)], others: &[(String, Vec<f32>)]) {
    assert_eq!(maps.len(), others.len());
    for ((name, map), (_, other)) in maps.iter().zip(others) {
        if map.iter().any(|&value| value != 0.0) {
            assert_close(name, other, map, 1e-3);
        }
    }
}

/// Broken and hostile files have a code each, and the engine keeps its network.
pub async fn assert_hostile_files_are_refused(engine: &mut Engine) {
    open_orientation(engine);
    let truncated = &ORIENTATION[..ORIENTATION.len() / 2];
    // The version of its operators, 15, becomes 99.
    let mut future = ORIENTATION.to_vec();
    let opset = future
        .windows(6)
        .rposition(|field| field == b"B\x04\n\0\x10\x0f");
    future[opset.unwrap() + 5] = 99;
    for (name, file, code) in [
        ("nothing", &b""[..], "network-corrupt"),
        ("text", b"not a network", "network-corrupt"),
        ("half a file", truncated, "network-corrupt"),
        ("a file without its data", SIBLING, "network-corrupt"),
        ("the operators of tomorrow", &future, "network-unsupported"),
    ] {
        let (files, options) = (ExternalFiles::default(), OnnxOptions::default());
        let error = engine.open_network(file, &files, &options).unwrap_err();
        assert_eq!(error.code(), code, "{name}: {error}");
        assert_eq!(engine.network().unwrap().classes(), 4, "{name}");
    }
}
