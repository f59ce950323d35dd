//! Times the native build: medians and ranges over warm runs, one table row for each operation.
//!
//! `cargo run --release --example bench`
// Commands are native: for the web, where `wasm-pack test` builds them too, nothing is left of
// this.
#![cfg_attr(target_family = "wasm", no_main)]
#![cfg(not(target_family = "wasm"))]

use std::error::Error as StdError;
use std::time::Instant;

use deep_inside::Error;
use deep_inside::class_model::{ClassModelSettings, PAPER, ROBUST};
use deep_inside::device::DeviceChoice;
use deep_inside::engine::{Engine, LocateMode};
use deep_inside::gradient::Target;
use deep_inside::image_input::decode_file;
use deep_inside::imaging::{Filter, resize};
use deep_inside::preprocess::Crops;
use deep_inside::progress::NoProgress;
use deep_inside::saliency::{SALIENCY_METHODS, SaliencySettings, saliency_map};
use pollster::block_on;

const RUNS: usize = 9;
const WARM_UP: usize = 3;

fn main() -> Result<(), Box<dyn StdError>> {
    let here = env!("CARGO_MANIFEST_DIR");
    let photo = decode_file(&std::fs::read(format!("{here}/www/samples/chelsea.jpg"))?)?;
    let mut engine = block_on(Engine::open(DeviceChoice::Cpu, None))?;
    engine.load_network(
        "squeezenet1_1",
        &std::fs::read(format!("{here}/weights/squeezenet1_1.onnx"))?,
    )?;
    engine.set_picture(photo.clone());
    let class = 285;

    println!(
        "{} {}, {} cores, CPU backend",
        std::env::consts::OS,
        std::env::consts::ARCH,
        std::thread::available_parallelism()?
    );
    println!(
        "{:<34}{:>10}{:>10}{:>10}{:>10}",
        "ms", "median", "least", "most", "x scores"
    );
    let mut forward = None;
    let mut measure =
        |name: &str, run: &mut dyn FnMut() -> Result<(), Error>| measure(name, &mut forward, run);
    measure("scores", &mut || block_on(engine.classify()).map(drop))?;
    for method in SALIENCY_METHODS {
        let settings = SaliencySettings {
            method,
            crops: Crops::One,
            ..SaliencySettings::new(Target::Class(class))
        };
        let name = format!("{}, {}", method.id, counted((method.passes)(&settings)));
        measure(&name, &mut || {
            block_on(engine.saliency(&settings, &NoProgress)).map(drop)
        })?;
    }
    let settings = SaliencySettings::new(Target::Class(class));
    // What one pass at a time is worth here: ComputeDevice::batch says 1 for the CPU.
    let network = engine.network()?;
    for batch in [1, 2, 5, 10] {
        measure(
            &format!("gradient, ten views, {batch} at once"),
            &mut || {
                block_on(saliency_map(network, &photo, &settings, batch, &NoProgress)).map(drop)
            },
        )?;
    }
    measure("relation, layer by layer", &mut || {
        block_on(engine.compare_rules(&settings.target, &NoProgress)).map(drop)
    })?;
    for recipe in [&PAPER, &ROBUST] {
        let settings = ClassModelSettings {
            recipe: recipe.clone(),
            ..ClassModelSettings::new(Target::Class(class))
        };
        let mut run = engine.class_model(&settings)?;
        measure(
            &format!("class model, {}, 10 steps", recipe.id),
            &mut || block_on(run.step(10)).map(drop),
        )?;
    }
    for (width, height) in [(451, 300), (1024, 681)] {
        engine.set_picture(resize(&photo, width, height, Filter::Bilinear)?);
        for (name, mode) in [("paper", LocateMode::Paper), ("best", LocateMode::Best)] {
            measure(&format!("locate, {name}, {width} x {height}"), &mut || {
                block_on(engine.locate(class, mode, &NoProgress)).map(drop)
            })?;
        }
    }
    Ok(())
}

fn counted(passes: usize) -> String {
    if passes == 1 {
        "1 pass".to_owned()
    } else {
        format!("{passes} passes")
    }
}

/// Prints one row. The first one's median goes to `forward`: the others are given as multiples of
/// it.
fn measure(
    name: &str,
    forward: &mut Option<f64>,
    run: &mut dyn FnMut() -> Result<(), Error>,
) -> Result<(), Error> {
    let mut times = Vec::with_capacity(RUNS);
    for round in 0..WARM_UP + RUNS {
        let start = Instant::now();
        run()?;
        if round >= WARM_UP {
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    let median = times[RUNS / 2];
    let ratio = median / *forward.get_or_insert(median);
    println!(
        "{name:<34}{median:>10.1}{:>10.1}{:>10.1}{ratio:>10.1}",
        times[0],
        times[RUNS - 1]
    );
    Ok(())
}
