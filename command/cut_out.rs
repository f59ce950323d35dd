//! `deep-inside cut-out`: the objects of many photos on one sheet.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use deep_inside::Error;
use deep_inside::device::DeviceChoice;
use deep_inside::engine::{Engine, LocateMode};
use deep_inside::image_input::{Picture, decode_file};
use deep_inside::imaging::{Filter, fit_within};
use deep_inside::progress::NoProgress;
use deep_inside::segmentation::Segmentation;
use image::{Rgb, RgbImage};
use pollster::block_on;

use crate::{Outcome, network, read};

#[derive(Args)]
pub struct Arguments {
    /// The photos.
    #[arg(required = true)]
    photos: Vec<PathBuf>,
    /// The sheet: each photo above the object of its likeliest class, in rows of six. A PNG or a
    /// JPEG file.
    #[arg(long)]
    sheet: PathBuf,
    /// How objects are cut out: paper or best.
    #[arg(long, default_value = "best")]
    mode: LocateMode,
    /// A bundled network, or an ONNX file.
    #[arg(long, default_value = "squeezenet1_1")]
    network: String,
}

const COLUMNS: usize = 6;
/// The cell of a photo on the sheet, with a margin around it.
const CELL: [u32; 2] = [240, 180];
const MARGIN: u32 = 4;

pub fn run(arguments: Arguments) -> Outcome {
    let Arguments {
        photos,
        sheet,
        mode,
        network,
    } = arguments;
    let mut engine = block_on(Engine::open(DeviceChoice::Cpu, None))?;
    network::load(&mut engine, &network)?;
    let labels = network::labels(&engine)?;
    let [columns, rows] = [photos.len().min(COLUMNS), photos.len().div_ceil(COLUMNS)];
    let mut tiles = RgbImage::from_pixel(
        columns as u32 * CELL[0],
        2 * rows as u32 * CELL[1],
        Rgb([255; 3]),
    );
    for (index, path) in photos.iter().enumerate() {
        let photo = decode_file(&read(path)?)?;
        engine.set_picture(photo.clone());
        let class = network::ranked(&block_on(engine.classify())?)[0];
        let start = Instant::now();
        let object = match block_on(engine.locate(class, mode, &NoProgress)) {
            Ok(object) => Some(object),
            Err(Error::NoObjectFound(_)) => None,
            Err(error) => return Err(error.into()),
        };
        println!(
            "{:5.1} % of {}, {} x {}, in {:.2} s: {}",
            100.0 * object.as_ref().map_or(0.0, Segmentation::object_fraction),
            path.display(),
            photo.width(),
            photo.height(),
            start.elapsed().as_secs_f64(),
            labels[class]
        );
        let [column, row] = [index % COLUMNS, index / COLUMNS].map(|cell| cell as u32);
        draw(&mut tiles, [column, 2 * row], &photo, object.as_ref())?;
    }
    tiles.save(sheet)?;
    Ok(())
}

/// The photo in one cell, and in the cell below its object on white.
fn draw(
    sheet: &mut RgbImage,
    [column, row]: [u32; 2],
    photo: &Picture,
    object: Option<&Segmentation>,
) -> Outcome {
    let [width, height] = CELL.map(|side| side - 2 * MARGIN);
    let longest = f64::from(photo.width().max(photo.height()));
    let scale = (f64::from(width) / f64::from(photo.width()))
        .min(f64::from(height) / f64::from(photo.height()));
    let small = fit_within(photo, (longest * scale) as u32, Filter::Box)?;
    let alpha = match object {
        Some(object) => object.cover(small.width(), small.height())?,
        None => vec![0; (small.width() * small.height()) as usize],
    };
    let left = column * CELL[0] + (CELL[0] - small.width()) / 2;
    let top = row * CELL[1] + (CELL[1] - small.height()) / 2;
    let pixels = small.rgb().as_chunks::<3>().0.iter().zip(alpha);
    for (pixel, (&colour, alpha)) in (0..).zip(pixels) {
        let [x, y] = [left + pixel % small.width(), top + pixel / small.width()];
        sheet.put_pixel(x, y, Rgb(colour));
        let on_white = colour.map(|value| {
            let [value, alpha] = [value, alpha].map(u32::from);
            ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        });
        sheet.put_pixel(x, y + CELL[1], Rgb(on_white));
    }
    Ok(())
}
