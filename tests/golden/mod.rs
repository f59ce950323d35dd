//! What PyTorch says, and how far an engine is from it. Native and web tests share it, so that every backend is held to the same.

use deep_inside::device::{Adapter, DeviceChoice, read_back};
use deep_inside::engine::Engine;
use deep_inside::gradient::{Target, score_gradient};
use deep_inside::image_input::decode_file;
use deep_inside::networks::ReluRule;
use deep_inside::weights::{StoredTensors, read_safetensors};

/// Pictures of the network's own side: nothing is resampled on the way in.
pub const PICTURES: [(&str, &[u8]); 4] = [
    ("chelsea", include_bytes!("chelsea.png")),
    ("coffee", include_bytes!("coffee.png")),
    ("motorcycle", include_bytes!("motorcycle.png")),
    ("rocket", include_bytes!("rocket.png")),
];

/// The bundled weights' file.
pub const WEIGHTS: &[u8] = include_bytes!("../../weights/squeezenet1_1.safetensors");

/// Gradients are kept at every 37th of their values.
const STRIDE: usize = 37;

/// Relative L2 distance to which every backend has to agree with PyTorch.
const TOLERANCE: f64 = 1e-4;

/// An engine on `device` with the bundled network.
pub async fn engine(choice: DeviceChoice, adapter: Option<Adapter>) -> Engine {
    let mut engine = Engine::open(choice, adapter).await.unwrap();
    engine.load_network("squeezenet1_1", WEIGHTS).unwrap();
    engine
}

/// The golden tensors; `README.md` beside this file explains the keys.
pub fn goldens() -> StoredTensors {
    read_safetensors(include_bytes!("squeezenet1_1.safetensors"), "f32").unwrap()
}

/// `|ours - theirs| / |theirs|` in the 2-norm.
pub fn relative_l2(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let distance = norm(&mut ours.iter().zip(theirs).map(|(a, b)| f64::from(a - b)));
    distance / norm(&mut theirs.iter().map(|&b| f64::from(b)))
}

/// Holds an engine's scores of every picture against PyTorch's.
pub async fn assert_scores_agree(engine: &mut Engine) {
    let goldens = goldens();
    for (name, png) in PICTURES {
        engine.set_picture(decode_file(png).unwrap());
        let apart = relative_l2(&engine.classify().await.unwrap(), &goldens[&format!("{name}.logits")].values);
        assert!(apart <= TOLERANCE, "{name}: scores are {apart:.1e} apart");
    }
}

/// Holds an engine's input gradients of every picture and golden class against PyTorch's.
pub async fn assert_gradients_agree(engine: &mut Engine) {
    let goldens = goldens();
    for (name, png) in PICTURES {
        engine.set_picture(decode_file(png).unwrap());
        let prefix = format!("{name}.gradient.");
        let classes: Vec<usize> =
            goldens.keys().filter_map(|key| key.strip_prefix(&prefix)).map(|class| class.parse().unwrap()).collect();
        assert_eq!(classes.len(), 3);
        for class in classes {
            let gradient = engine.input_gradient(&Target::Class(class)).await.unwrap();
            let sample: Vec<f32> = gradient.iter().copied().step_by(STRIDE).collect();
            let apart = relative_l2(&sample, &goldens[&format!("{prefix}{class}")].values);
            assert!(apart <= TOLERANCE, "{name}, class {class}: gradients are {apart:.1e} apart");
            let norm = gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
            let expected = f64::from(goldens[&format!("{name}.gradient_norm.{class}")].values[0]);
            assert!((norm / expected - 1.0).abs() <= TOLERANCE, "{name}, class {class}: norm {norm}, not {expected}");
        }
    }
}

/// Holds an engine's network against PyTorch where every pool window is a tie: at the constant picture, the first maximum takes the
/// gradient.
pub async fn assert_constant_picture_agrees(engine: &Engine) {
    let goldens = goldens();
    let network = engine.network().unwrap();
    for class in goldens.keys().filter_map(|key| key.strip_prefix("constant.gradient.")) {
        let side = network.input.side;
        let picture = network.upload(vec![0.0; 3 * side * side], [1, 3, side, side]);
        let gradients =
            score_gradient(network, picture, &Target::Class(class.parse().unwrap()), ReluRule::Gradient).unwrap().gradients;
        let rgb = network.input.gradient_per_pixel_value(&read_back(gradients).await.unwrap());
        let sample: Vec<f32> = rgb.into_iter().step_by(STRIDE).collect();
        let apart = relative_l2(&sample, &goldens[&format!("constant.gradient.{class}")].values);
        assert!(apart <= TOLERANCE, "class {class} on {}: {apart:.1e} apart", engine.device.kind);
    }
}
