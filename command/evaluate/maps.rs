//! Saliency maps against true masks, and against the network itself.

use std::path::PathBuf;

use clap::Args;
use deep_inside::evaluation::{CellSettings, deletion_curves};
use deep_inside::gradient::Target;
use deep_inside::preprocess::Crops;
use deep_inside::progress::NoProgress;
use deep_inside::saliency::{SALIENCY_METHODS, SaliencySettings};
use deep_inside::segmentation::BoundingBox;
use pollster::block_on;
use serde_json::json;

use super::masks::masked;
use super::{RunArguments, evaluate};
use crate::{Outcome, network};

#[derive(Args)]
pub struct Arguments {
    /// A folder as that of `evaluate masks`.
    folder: PathBuf,
    /// Crops of the photo over which a map is averaged: 1 or 10.
    #[arg(long, default_value_t = 1)]
    views: usize,
    /// Steps of the deletion and insertion curves.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    steps: u16,
    /// How far from the object a map's maximum may lie, in pixels of the photo.
    #[arg(long, default_value_t = 15.0)]
    tolerance: f64,
    #[command(flatten)]
    run: RunArguments,
}

pub fn run(arguments: Arguments) -> Outcome {
    let tasks = masked(&arguments.folder)?;
    let crops = Crops::try_from(arguments.views)?;
    let curve = (usize::from(arguments.steps), CellSettings::default());
    evaluate("maps", &tasks, &arguments.run, |engine, task| {
        let truth = task.details.open(engine)?;
        let (width, height) = engine.picture_size()?;
        let [width, height] = [width, height].map(|side| side as usize);
        let class = network::ranked(&block_on(engine.classify())?)[0];
        let mut methods = json!({});
        for method in SALIENCY_METHODS {
            if method.undefined_for(engine.network()?).is_some() {
                continue;
            }
            let settings = SaliencySettings {
                method,
                crops,
                ..SaliencySettings::new(Target::Class(class))
            };
            let map = block_on(engine.saliency(&settings, &NoProgress))?.map;
            let (network, photo, target) = (engine.network()?, engine.picture()?, &settings.target);
            let curves = deletion_curves(network, &photo, &map, target, curve, 1, &NoProgress);
            let [deletion, insertion] = block_on(curves)?.areas();
            let map = map.sampled(width, height);
            methods[method.id] = json!({
                "deletion": deletion,
                "insertion": insertion,
                "pointing": hits(&map, &truth, width, arguments.tolerance),
                "energy": energy_in_box(&map, &truth, width),
            });
        }
        Ok(json!({ "class": class, "source": task.details.source, "methods": methods }))
    })
}

/// The pointing game (Zhang et al. 2016, arXiv 1608.00507): whether the map's maximum, the first if
/// there are several, lies in the object or at most `tolerance` pixels from it.
fn hits(map: &[f32], truth: &[bool], width: usize, tolerance: f64) -> bool {
    let Some(peak) = (0..map.len())
        .rev()
        .max_by(|&a, &b| map[a].total_cmp(&map[b]))
    else {
        return false;
    };
    let place = |pixel: usize| [(pixel % width) as f64, (pixel / width) as f64];
    let [x, y] = place(peak);
    (0..truth.len()).filter(|&pixel| truth[pixel]).any(|pixel| {
        let [a, b] = place(pixel);
        (a - x).hypot(b - y) <= tolerance
    })
}

/// The share of the map's sum inside the smallest box around the object (Wang et al. 2020,
/// Score-CAM, arXiv 1910.01279).
fn energy_in_box(map: &[f32], truth: &[bool], width: usize) -> f64 {
    let object: Vec<_> = (0..truth.len())
        .filter(|&pixel| truth[pixel])
        .map(|pixel| pixel..pixel + 1)
        .collect();
    let Some(found) = BoundingBox::around(&object, width) else {
        return 0.0;
    };
    let [x, y, across, down] =
        [found.x, found.y, found.width, found.height].map(|side| side as usize);
    let is_inside = |pixel: usize| {
        (x..x + across).contains(&(pixel % width)) && (y..y + down).contains(&(pixel / width))
    };
    let sum = |keeps: &dyn Fn(usize) -> bool| -> f64 {
        (0..map.len())
            .filter(|&pixel| keeps(pixel))
            .map(|pixel| f64::from(map[pixel]))
            .sum()
    };
    let whole = sum(&|_| true);
    if whole > 0.0 {
        sum(&is_inside) / whole
    } else {
        0.0
    }
}
