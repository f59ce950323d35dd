//! What only a browser can break: both backends in wasm, in a dedicated worker. A missing WebGPU
//! adapter fails these tests.
#![cfg(target_family = "wasm")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod golden;
mod kernel_cases;
mod opened_networks;

use deep_inside::class_model::{ClassModelSettings, PAPER};
use deep_inside::device::{Adapter, DeviceChoice, read_back};
use deep_inside::engine::{Engine, LocateMode};
use deep_inside::gradient::{Target, gradient};
use deep_inside::graph::ReluRule;
use deep_inside::image_input::{Picture, decode_file};
use deep_inside::preprocess::Crops;
use deep_inside::progress::NoProgress;
use deep_inside::rng::Rng;
use deep_inside::saliency::{SALIENCY_METHODS, SaliencySettings};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

async fn on_cpu() -> Engine {
    golden::engine(DeviceChoice::Cpu, None).await
}

/// Opening fails, and the test with it, where the browser has no adapter.
async fn on_webgpu() -> Engine {
    let adapter = Adapter {
        name: "the test's".to_owned(),
        software: true,
    };
    let engine = golden::engine(DeviceChoice::WebGpu, Some(adapter)).await;
    assert_eq!(engine.device.kind, "webgpu");
    engine
}

fn sample() -> Picture {
    decode_file(include_bytes!("../www/samples/chelsea.jpg")).unwrap()
}

async fn assert_kernels_agree(engine: &Engine) {
    let device = &engine.device.tensors;
    kernel_cases::assert_convolutions_agree(device, 48).await;
    kernel_cases::assert_pools_agree(device, 32).await;
    kernel_cases::assert_relus_agree(device).await;
    kernel_cases::assert_pointwise_agree(device).await;
    kernel_cases::assert_nan_stays(device).await;
    // Each is several pipelines, which browsers take long to build: `make test-gpu` has the rest.
    kernel_cases::general::assert_convolutions_agree(device, 24).await;
    kernel_cases::general::assert_max_pools_agree(device, 16).await;
    kernel_cases::general::assert_average_pools_agree(device, 16).await;
    kernel_cases::general::assert_clips_agree(device).await;
}

#[wasm_bindgen_test]
async fn kernels_on_webgpu_are_burns_operations_on_the_cpu() {
    assert_kernels_agree(&on_webgpu().await).await;
}

#[wasm_bindgen_test]
async fn kernels_on_the_cpu_are_burns_operations() {
    assert_kernels_agree(&on_cpu().await).await;
}

#[wasm_bindgen_test]
async fn scores_on_the_cpu_are_those_of_pytorch() {
    golden::assert_scores_agree(&mut on_cpu().await).await;
}

#[wasm_bindgen_test]
async fn input_gradients_on_the_cpu_are_those_of_pytorch() {
    golden::assert_gradients_agree(&mut on_cpu().await).await;
}

#[wasm_bindgen_test]
async fn scores_on_webgpu_are_those_of_pytorch() {
    golden::assert_scores_agree(&mut on_webgpu().await).await;
}

#[wasm_bindgen_test]
async fn input_gradients_on_webgpu_are_those_of_pytorch() {
    golden::assert_gradients_agree(&mut on_webgpu().await).await;
}

#[wasm_bindgen_test]
async fn scores_and_gradients_on_the_cpu_are_those_of_the_burn_module() {
    golden::assert_burn_module_agrees(on_cpu().await.network().unwrap(), 1e-5).await;
}

#[wasm_bindgen_test]
async fn scores_and_gradients_on_webgpu_are_those_of_the_burn_module() {
    golden::assert_burn_module_agrees(on_webgpu().await.network().unwrap(), 1e-5).await;
}

#[wasm_bindgen_test]
async fn every_method_and_hidden_neurons_on_the_cpu_are_those_of_captum() {
    let engine = on_cpu().await;
    golden::assert_attributions_agree(engine.network().unwrap(), 1e-4).await;
    golden::assert_neurons_agree(engine.network().unwrap(), 1e-4).await;
}

#[wasm_bindgen_test]
async fn every_method_on_webgpu_is_that_of_captum() {
    golden::assert_attributions_agree(on_webgpu().await.network().unwrap(), 1e-3).await;
}

#[wasm_bindgen_test]
async fn hidden_neurons_on_webgpu_are_those_of_pytorch() {
    golden::assert_neurons_agree(on_webgpu().await.network().unwrap(), 1e-3).await;
}

#[wasm_bindgen_test]
async fn ties_in_pools_take_the_first_maximum_on_both_devices() {
    golden::assert_constant_picture_agrees(&on_cpu().await).await;
    golden::assert_constant_picture_agrees(&on_webgpu().await).await;
}

#[wasm_bindgen_test]
async fn a_photo_is_cut_on_the_cpu() {
    let mut engine = on_cpu().await;
    engine.set_picture(sample());
    let cut = engine
        .locate(285, LocateMode::Best, &NoProgress)
        .await
        .unwrap();
    let mask = cut.mask();
    assert_eq!(mask.len(), (cut.width * cut.height) as usize);
    let object = mask.iter().filter(|&&value| value == 255).count() as f64 / mask.len() as f64;
    assert!(
        (0.05..0.95).contains(&object),
        "the object covers {object} of the photo"
    );
}

#[wasm_bindgen_test]
async fn one_view_of_a_photo_is_alike_on_both_devices() {
    let (mut cpu, mut gpu) = (on_cpu().await, on_webgpu().await);
    let mut maps = Vec::new();
    for engine in [&mut cpu, &mut gpu] {
        engine.set_picture(sample());
        let settings = SaliencySettings {
            crops: Crops::One,
            ..SaliencySettings::new(Target::Class(285))
        };
        maps.push(
            engine
                .saliency(&settings, &NoProgress)
                .await
                .unwrap()
                .map
                .values,
        );
    }
    let apart = golden::relative_l2(&maps[1], &maps[0]);
    assert!(apart <= 1e-3, "{apart:.1e} apart");
}

#[wasm_bindgen_test]
async fn every_method_is_alike_on_both_devices() {
    let (cpu, gpu) = (on_cpu().await, on_webgpu().await);
    for method in SALIENCY_METHODS {
        let mut maps = Vec::new();
        for engine in [&cpu, &gpu] {
            maps.push(golden::small_attribution(engine.network().unwrap(), method).await);
        }
        let apart = golden::relative_l2(&maps[1], &maps[0]);
        assert!(apart <= 1e-3, "{}: {apart:.1e} apart", method.id);
    }
}

#[wasm_bindgen_test]
async fn a_class_model_grows_on_both_devices() {
    for engine in [on_cpu().await, on_webgpu().await] {
        let settings = ClassModelSettings {
            recipe: PAPER,
            side: Some(64),
            ..ClassModelSettings::new(Target::Class(130))
        };
        let mut run = engine.class_model(&settings).unwrap();
        let first = run.step(1).await.unwrap();
        let later = run.step(5).await.unwrap();
        assert_eq!(later.step, 6);
        assert!(
            later.score > first.score,
            "from {} to {} on {}",
            first.score,
            later.score,
            engine.device.kind
        );
    }
}

#[wasm_bindgen_test]
async fn opened_networks_on_the_cpu_have_the_scores_of_the_interpreter() {
    opened_networks::assert_scores_agree(&mut on_cpu().await, 1e-4).await;
}

#[wasm_bindgen_test]
async fn opened_networks_on_webgpu_have_the_scores_of_the_interpreter() {
    opened_networks::assert_scores_agree(&mut on_webgpu().await, 1e-3).await;
}

#[wasm_bindgen_test]
async fn everything_works_on_opened_networks_alike_on_both_devices() {
    let (mut cpu, mut gpu) = (on_cpu().await, on_webgpu().await);
    let mut maps = Vec::new();
    for engine in [&mut cpu, &mut gpu] {
        engine.set_picture(sample());
        maps.push(opened_networks::assert_everything_works(engine).await);
    }
    opened_networks::assert_maps_agree(&maps[0], &maps[1]);
}

#[wasm_bindgen_test]
async fn broken_networks_are_refused_and_the_earlier_one_stays() {
    opened_networks::assert_hostile_files_are_refused(&mut on_cpu().await).await;
}

/// Not a test: prints how long a gradient takes by the number of pictures that go through as one.
#[wasm_bindgen_test]
#[ignore = "a bench: make bench-batches"]
async fn gradients_by_batch() {
    for engine in [on_cpu().await, on_webgpu().await] {
        let network = engine.network().unwrap();
        for batch in [1, 2, 4, 8, 16] {
            let mut times = Vec::new();
            for round in 0..8 {
                let dims = network.input.dims(batch);
                let planes = Rng::new(round).normal_values(dims.iter().product(), 60.0);
                let pictures = network.upload(planes, dims);
                let start = js_sys::Date::now();
                read_back(
                    gradient(network, pictures, &Target::Class(285), ReluRule::Gradient).unwrap(),
                )
                .await
                .unwrap();
                times.push((js_sys::Date::now() - start) / batch as f64);
            }
            // Of the last five.
            times.drain(..3);
            times.sort_by(f64::total_cmp);
            console_log!(
                "{}, batch {batch}: {:.1} ms a picture ({:.1} to {:.1})",
                engine.device.kind,
                times[2],
                times[0],
                times[4]
            );
        }
    }
}
