//! A contact sheet of class models.
//!
//! `cargo run --example class_models -- --recipe robust --classes 1,76,130 --out sheet.png`
// Commands are native: for the web, where `wasm-pack test` builds them too, nothing is left of this.
#![cfg_attr(target_family = "wasm", no_main)]
#![cfg(not(target_family = "wasm"))]

use std::rc::Rc;
use std::time::Instant;

use burn::tensor::Device;
use clap::Parser;
use deep_inside::class_model::{ClassModelRun, ClassModelSettings, class_model_recipe};
use deep_inside::gradient::Target;
use deep_inside::networks::{NETWORKS, Network};
use image::{RgbaImage, imageops};

/// Grows the class models of some classes and lays them out on one picture, a row for each stage.
#[derive(Parser)]
struct Arguments {
    /// paper, robust, ...
    #[arg(long, default_value = "robust")]
    recipe: String,
    /// Class indices.
    #[arg(long, value_delimiter = ',', default_value = "1,76,130,340,963")]
    classes: Vec<usize>,
    /// Steps at which to add a row; the recipe's default number of steps where not given.
    #[arg(long, value_delimiter = ',')]
    steps: Vec<usize>,
    /// Rows and columns of each picture; the network's own where not given.
    #[arg(long)]
    side: Option<usize>,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The sheet, a PNG.
    #[arg(long)]
    out: std::path::PathBuf,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { recipe, classes, mut steps, side, seed, out } = Arguments::parse();
    let recipe = class_model_recipe(&recipe)?;
    if steps.is_empty() {
        steps.push(recipe.steps);
    }
    let weights = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/weights/squeezenet1_1.safetensors"))?;
    let network = Rc::new(Network::load(&NETWORKS[0], &weights, &Device::flex())?);

    let tile = side.unwrap_or(recipe.side) as u32;
    let mut sheet = RgbaImage::new(tile * classes.len() as u32, tile * steps.len() as u32);
    for (column, &class) in classes.iter().enumerate() {
        let settings = ClassModelSettings { target: Target::Class(class), recipe: recipe.id.to_owned(), seed, side };
        let mut run = ClassModelRun::new(network.clone(), &settings)?;
        let mut taken = 0;
        for (row, &until) in steps.iter().enumerate() {
            let start = Instant::now();
            let progress = pollster::block_on(run.step(until - taken))?;
            let pace = start.elapsed().as_secs_f64() * 1e3 / (until - taken).max(1) as f64;
            taken = until;
            println!(
                "class {class}, step {until}: score {:.1}, posterior {:.4}, {pace:.0} ms per step",
                progress.score,
                progress.probability.unwrap_or(f32::NAN)
            );
            let picture = pollster::block_on(run.pixels())?;
            if let Some(picture) = RgbaImage::from_raw(tile, tile, picture.rgba().to_vec()) {
                imageops::replace(&mut sheet, &picture, i64::from(tile) * column as i64, i64::from(tile) * row as i64);
            }
        }
    }
    sheet.save(out)?;
    Ok(())
}
