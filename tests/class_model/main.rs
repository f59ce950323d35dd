//! Properties that class models promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod gradients;
mod inputs;
mod parametrisations;
mod runs;

use std::rc::Rc;

use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::Picture;
use deep_inside::class_model::{
    ClassModelProgress, ClassModelRecipe, ClassModelRun, ClassModelSettings,
};
use deep_inside::gradient::Target;
use deep_inside::networks::Network;
use deep_inside::rng::Rng;
use pollster::block_on;

fn network() -> Rc<Network> {
    let weights = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/weights/squeezenet1_1.onnx"
    ))
    .unwrap();
    Rc::new(Network::load("squeezenet1_1", &weights, &Device::flex()).unwrap())
}

/// Small and quick: a flamingo of 96 x 96 pixels.
fn settings(recipe: &ClassModelRecipe) -> ClassModelSettings {
    ClassModelSettings {
        recipe: recipe.clone(),
        seed: 7,
        side: Some(96),
        ..ClassModelSettings::new(Target::Class(130))
    }
}

fn run_steps(
    network: &Rc<Network>,
    settings: &ClassModelSettings,
    calls: &[usize],
) -> (Picture, ClassModelProgress) {
    let mut run = ClassModelRun::new(network.clone(), settings).unwrap();
    let progress = calls
        .iter()
        .map(|&n| block_on(run.step(n)).unwrap())
        .last()
        .unwrap();
    (block_on(run.pixels()).unwrap(), progress)
}

fn noise(shape: [usize; 4], seed: u64) -> Tensor<4> {
    let mut rng = Rng::new(seed);
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|_| rng.standard_normal())
        .collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

fn dot(a: Tensor<4>, b: Tensor<4>) -> f64 {
    let [a, b] = [a, b].map(|tensor| tensor.into_data().try_into_vec::<f32>().unwrap());
    a.iter()
        .zip(&b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum()
}
