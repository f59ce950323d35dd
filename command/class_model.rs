//! `deep-inside class-model`: class models as a contact sheet, and as single files for an
//! independent classifier.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use deep_inside::class_model::{ClassModelSettings, class_model_recipe};
use deep_inside::device::DeviceChoice;
use deep_inside::engine::Engine;
use deep_inside::gradient::Target;
use deep_inside::render::write_png;
use image::{DynamicImage, RgbaImage, imageops};

use crate::{Outcome, network};

#[derive(Args)]
pub struct Arguments {
    /// A bundled network, or an ONNX file.
    #[arg(long, default_value = "squeezenet1_1")]
    network: String,
    /// paper, robust, ...
    #[arg(long, default_value = "robust")]
    recipe: String,
    /// The number of classes, spread evenly over the list.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..))]
    count: u16,
    /// These classes instead, by their indices.
    #[arg(long, value_delimiter = ',')]
    classes: Vec<usize>,
    /// Rows and columns of each picture; the recipe's by default.
    #[arg(long)]
    side: Option<usize>,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The contact sheet, in rows of eight: a PNG or a JPEG file.
    #[arg(long)]
    sheet: Option<PathBuf>,
    /// The folder for CLASS.png, the same pixels that the page downloads.
    #[arg(long)]
    folder: Option<PathBuf>,
}

const COLUMNS: usize = 8;

pub fn run(arguments: Arguments) -> Outcome {
    let Arguments {
        network,
        recipe,
        count,
        mut classes,
        side,
        seed,
        sheet,
        folder,
    } = arguments;
    let recipe = class_model_recipe(&recipe)?;
    let mut engine = pollster::block_on(Engine::open(DeviceChoice::Cpu, None))?;
    network::load(&mut engine, &network)?;
    let labels = network::labels(&engine)?;
    if classes.is_empty() {
        let count = usize::from(count);
        classes = (0..count)
            .map(|i| (2 * i + 1) * labels.len() / (2 * count))
            .collect();
    }
    if let Some(folder) = &folder {
        std::fs::create_dir_all(folder)?;
    }

    let tile = match side {
        Some(side) => side,
        None => recipe.side_for(engine.network()?)?,
    } as u32;
    let mut tiles = RgbaImage::new(
        tile * classes.len().min(COLUMNS) as u32,
        tile * classes.len().div_ceil(COLUMNS) as u32,
    );
    let mut confident = 0;
    for (index, &class) in classes.iter().enumerate() {
        let settings = ClassModelSettings {
            recipe: recipe.clone(),
            seed,
            side,
            ..ClassModelSettings::new(Target::Class(class))
        };
        let mut run = engine.class_model(&settings)?;
        let start = Instant::now();
        let progress = pollster::block_on(run.step(recipe.steps))?;
        let ms_per_step = start.elapsed().as_secs_f64() * 1e3 / recipe.steps as f64;
        let probability = progress.probability.unwrap_or(f32::NAN);
        confident += usize::from(probability >= 0.9);
        println!(
            "{class:>4} score {:>7.1}  posterior {probability:.4}  {ms_per_step:.0} ms/step  {}",
            progress.score, labels[class]
        );
        let pixels = pollster::block_on(run.pixels())?;
        if let Some(folder) = &folder {
            std::fs::write(
                folder.join(format!("{class:03}.png")),
                write_png(&pixels.rgba(), tile, tile)?,
            )?;
        }
        let picture =
            RgbaImage::from_raw(tile, tile, pixels.rgba()).ok_or("not a square picture")?;
        let [column, row] =
            [index % COLUMNS, index / COLUMNS].map(|cell| i64::from(tile) * cell as i64);
        imageops::replace(&mut tiles, &picture, column, row);
    }
    println!(
        "{}: posterior at least 0.9 in {confident} of {}",
        recipe.id,
        classes.len()
    );
    if let Some(sheet) = sheet {
        DynamicImage::from(tiles).to_rgb8().save(sheet)?; // JPEG has no alpha
    }
    Ok(())
}
