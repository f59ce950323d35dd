//! Tests that cover parts of a photo: what they cover, and what comes of it.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use deep_inside::device::DeviceChoice;
use deep_inside::engine::Engine;
use deep_inside::evaluation::{
    CellSettings, CoverTest, CoverTestSettings, cover_test, deletion_curves,
};
use deep_inside::gradient::Target;
use deep_inside::image_input::{Picture, decode_file};
use deep_inside::imaging::{Filter, resize};
use deep_inside::networks::softmax;
use deep_inside::preprocess::Crops;
use deep_inside::progress::NoProgress;
use deep_inside::saliency::{GRAD_CAM, SaliencyMap, SaliencySettings};
use pollster::block_on;

const RED_PANDA: Target = Target::Class(387);

fn engine(photo: &str) -> Engine {
    let mut engine = block_on(Engine::open(DeviceChoice::Cpu, None)).unwrap();
    let weights = std::fs::read("weights/squeezenet1_1.onnx").unwrap();
    engine.load_network("squeezenet1_1", &weights).unwrap();
    let file = std::fs::read(format!("www/samples/{photo}.jpg")).unwrap();
    engine.set_picture(decode_file(&file).unwrap());
    engine
}

/// A map that is bright in the left half.
fn left_half() -> SaliencyMap {
    SaliencyMap {
        values: vec![1.0, 0.0],
        rows: 1,
        columns: 2,
    }
}

fn covered(engine: &Engine, map: &SaliencyMap, settings: &CoverTestSettings) -> CoverTest {
    let (network, photo) = (engine.network().unwrap(), engine.picture().unwrap());
    block_on(cover_test(network, &photo, map, &RED_PANDA, settings, 1)).unwrap()
}

/// The photo with its pixels left of `column` in the network's mean colour.
fn painted(photo: &Picture, column: u32) -> Picture {
    let (width, height) = (photo.width(), photo.height());
    let rgba = photo.rgba();
    let pixels =
        rgba.chunks_exact(4)
            .enumerate()
            .flat_map(|(i, rgba)| match (i as u32 % width) < column {
                true => [124, 117, 104, 255],
                false => [rgba[0], rgba[1], rgba[2], 255],
            });
    Picture::from_rgba(pixels.collect(), width, height).unwrap()
}

#[test]
fn covering_the_brightest_cells_is_painting_them_in_the_mean_colour() {
    let mut engine = engine("red-panda");
    let photo = engine.picture().unwrap();
    let scores = block_on(engine.classify()).unwrap();
    // The 12 leftmost of the 29 cells of each row: the map falls from left to right.
    let settings = CoverTestSettings {
        share: 12.0 / 29.0,
        cells: CellSettings { side: Some(8) },
        ..CoverTestSettings::default()
    };
    let ramp = SaliencyMap {
        values: (0..227).rev().map(|value| value as f32).collect(),
        rows: 1,
        columns: 227,
    };
    let test = covered(&engine, &ramp, &settings);
    assert_eq!(test.before, softmax(&scores)[387]);
    assert_eq!(test.after, softmax(&test.scores_after)[387]);

    let resized = resize(&photo, 227, 227, Filter::Bilinear).unwrap();
    engine.set_picture(painted(&resized, 96));
    let painted = block_on(engine.classify()).unwrap();
    // The mean colour in 8 bits is up to half a level off.
    for (a, b) in painted.iter().zip(&test.scores_after) {
        assert!((a - b).abs() < 0.2, "{a} {b}");
    }
}

#[test]
fn the_cells_that_grad_cam_marks_matter_more_than_random_ones() {
    for photo in ["red-panda", "macaw"] {
        let engine = engine(photo);
        let scores = block_on(engine.classify()).unwrap();
        let class = (0..1000)
            .max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
            .unwrap();
        let saliency = SaliencySettings {
            method: &GRAD_CAM,
            crops: Crops::One,
            ..SaliencySettings::new(Target::Class(class))
        };
        let settings = CoverTestSettings::default();
        let test = block_on(engine.cover_test(&saliency, &settings, &NoProgress)).unwrap();
        assert!(test.after < 0.5 * test.before, "{photo}: {test:?}");
        assert!(test.after <= test.random, "{photo}: {test:?}");
        let again = block_on(engine.cover_test(&saliency, &settings, &NoProgress)).unwrap();
        assert_eq!(test, again);
    }
}

#[test]
fn a_neuron_has_values_instead_of_posteriors() {
    let engine = engine("red-panda");
    let network = engine.network().unwrap();
    let neuron = Target::Neuron {
        layer: network.layer("features.3.squeeze").unwrap(),
        channel: 1,
        position: None,
    };
    let photo = engine.picture().unwrap();
    let settings = CoverTestSettings::default();
    let test = block_on(cover_test(
        network,
        &photo,
        &left_half(),
        &neuron,
        &settings,
        3,
    ))
    .unwrap();
    assert!(test.scores_after.is_empty());
    assert!(test.before != test.after && test.before.is_finite());
}

#[test]
fn deletion_ends_where_insertion_starts() {
    let engine = engine("red-panda");
    let (network, photo) = (engine.network().unwrap(), engine.picture().unwrap());
    let saliency = SaliencySettings {
        method: &GRAD_CAM,
        crops: Crops::One,
        ..SaliencySettings::new(RED_PANDA)
    };
    let map = block_on(engine.saliency(&saliency, &NoProgress))
        .unwrap()
        .map;
    let curves = |map: &SaliencyMap, steps: usize| {
        let settings = (steps, CellSettings::default());
        let curves = deletion_curves(network, &photo, map, &RED_PANDA, settings, 4, &NoProgress);
        block_on(curves).unwrap()
    };
    let found = curves(&map, 8);
    assert_eq!([found.shares[0], found.shares[8]], [0.0, 1.0]);
    assert!(found.shares.is_sorted());
    assert_eq!(found.deletion[0], found.insertion[8]);
    assert_eq!(found.deletion[8], found.insertion[0]);
    assert_eq!(
        found.deletion[0],
        softmax(&block_on(engine.classify()).unwrap())[387]
    );

    // Of the reversed map the curves change places, but for steps that share a cell.
    let reversed = SaliencyMap {
        values: map.values.iter().map(|value| 1e6 - value).collect(),
        ..map.clone()
    };
    let [deletion, insertion] = found.areas();
    let [reversed_deletion, reversed_insertion] = curves(&reversed, 8).areas();
    assert!(deletion < insertion);
    assert!(reversed_deletion > reversed_insertion);

    let whole = curves(&map, 1);
    assert_eq!(whole.deletion.len(), 2);
    assert_eq!(whole.areas()[0], whole.areas()[1]);
}

#[test]
fn settings_out_of_range_are_refused() {
    let engine = engine("red-panda");
    let (network, photo) = (engine.network().unwrap(), engine.picture().unwrap());
    let map = left_half();
    let refused = |settings: CoverTestSettings, target: Target| {
        let test = cover_test(network, &photo, &map, &target, &settings, 1);
        block_on(test).unwrap_err().code()
    };
    let defaults = CoverTestSettings::default();
    for settings in [
        CoverTestSettings {
            share: 0.0,
            ..defaults
        },
        CoverTestSettings {
            share: 1.0,
            ..defaults
        },
        CoverTestSettings {
            share: f64::NAN,
            ..defaults
        },
        CoverTestSettings {
            draws: 0,
            ..defaults
        },
        CoverTestSettings {
            cells: CellSettings { side: Some(0) },
            ..defaults
        },
        CoverTestSettings {
            cells: CellSettings { side: Some(227) },
            ..defaults
        },
    ] {
        assert_eq!(
            refused(settings, RED_PANDA),
            "setting-out-of-range",
            "{settings:?}"
        );
    }
    assert_eq!(refused(defaults, Target::Class(1000)), "class-out-of-range");
    for steps in [0, 101] {
        let settings = (steps, CellSettings::default());
        let curves = deletion_curves(network, &photo, &map, &RED_PANDA, settings, 1, &NoProgress);
        assert_eq!(block_on(curves).unwrap_err().code(), "setting-out-of-range");
    }
}
