//! Quality of the masks: for a folder of NAME.jpg with the true masks NAME.png (0 background, other
//! values object), prints the mean intersection over union (IoU) and the fraction of photos with an
//! IoU above 0.5, for each mode of `locate` and for a centred box. The class is the network's
//! top-1.
//!
//! `cargo run --release --example mask_quality -- FOLDER [--out DIR]`; DIR gets each photo's
//! cut-out in mode `best`.
// Commands are native: for the web, where `wasm-pack test` builds them too, nothing is left of
// this.
#![cfg_attr(target_family = "wasm", no_main)]
#![cfg(not(target_family = "wasm"))]

use std::error::Error as StdError;
use std::fs::File;
use std::path::PathBuf;

use clap::Parser;
use deep_inside::Error;
use deep_inside::device::DeviceChoice;
use deep_inside::engine::{Engine, LocateMode};
use deep_inside::image_input::decode_file;
use deep_inside::networks::imagenet_labels;
use deep_inside::progress::NoProgress;
use deep_inside::render::write_cutout;
use pollster::block_on;

#[derive(Parser)]
struct Arguments {
    /// The folder with NAME.jpg and NAME.png.
    folder: PathBuf,
    /// The folder for the cut-outs of mode `best`.
    #[arg(long)]
    out: Option<PathBuf>,
}

const MODES: [(&str, LocateMode); 2] = [("paper", LocateMode::Paper), ("best", LocateMode::Best)];

fn main() -> Result<(), Box<dyn StdError>> {
    let arguments = Arguments::parse();
    let mut engine = block_on(Engine::open(DeviceChoice::Cpu, None))?;
    engine.load_network(
        "squeezenet1_1",
        &std::fs::read(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/weights/squeezenet1_1.safetensors"
        ))?,
    )?;
    let labels: Vec<&str> = imagenet_labels().collect();
    let entries = std::fs::read_dir(&arguments.folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jpg"));
    files.sort();

    println!("{:<24}{:>8}{:>8}{:>8}  class", "", "box", "paper", "best");
    let mut columns: [Vec<f64>; 3] = Default::default();
    for file in files {
        let photo = decode_file(&std::fs::read(&file)?)?;
        let truth: Vec<bool> = image::open(file.with_extension("png"))?
            .to_luma8()
            .pixels()
            .map(|pixel| pixel.0[0] > 0)
            .collect();
        engine.set_picture(photo.clone());
        let scores = block_on(engine.classify())?;
        let class = (0..scores.len())
            .max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
            .ok_or("no classes")?;
        let mut overlaps = vec![overlap(
            &centred_box(photo.width() as usize, photo.height() as usize),
            &truth,
        )];
        for (name, mode) in MODES {
            let cut = match block_on(engine.locate(class, mode, &NoProgress)) {
                Err(Error::NoObjectFound(_)) => {
                    overlaps.push(0.0);
                    continue;
                }
                cut => cut?,
            };
            overlaps.push(overlap(
                &cut.mask()
                    .iter()
                    .map(|&value| value == 255)
                    .collect::<Vec<_>>(),
                &truth,
            ));
            if let (Some(out), "best") = (&arguments.out, name) {
                std::fs::create_dir_all(out)?;
                let path = out
                    .join(file.file_name().ok_or("no name")?)
                    .with_extension("png");
                block_on(write_cutout(&photo, &cut, File::create(path)?, &NoProgress))?;
            }
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        println!(
            "{name:<24}{:>8.2}{:>8.2}{:>8.2}  {}",
            overlaps[0], overlaps[1], overlaps[2], labels[class]
        );
        for (column, value) in columns.iter_mut().zip(overlaps) {
            column.push(value);
        }
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let fraction_above_half = |values: &[f64]| {
        values.iter().filter(|&&value| value > 0.5).count() as f64 / values.len() as f64
    };
    for (name, figure) in [
        ("mean IoU", &mean as &dyn Fn(&[f64]) -> f64),
        ("fraction above 0.5", &fraction_above_half),
    ] {
        println!(
            "{name:<24}{:>8.3}{:>8.3}{:>8.3}",
            figure(&columns[0]),
            figure(&columns[1]),
            figure(&columns[2])
        );
    }
    Ok(())
}

/// Intersection over union.
fn overlap(mask: &[bool], truth: &[bool]) -> f64 {
    let both = mask.iter().zip(truth).filter(|&(&a, &b)| a && b).count();
    let either = mask.iter().zip(truth).filter(|&(&a, &b)| a || b).count();
    both as f64 / either.max(1) as f64
}

/// A baseline: the centred box with 75 % of the picture's sides.
fn centred_box(width: usize, height: usize) -> Vec<bool> {
    let inside = |index: usize, side: usize| index >= side / 8 && index < side - side / 8;
    (0..width * height)
        .map(|pixel| inside(pixel % width, width) && inside(pixel / width, height))
        .collect()
}
