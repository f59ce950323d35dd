//! Localisation against true boxes.

use std::path::PathBuf;

use clap::Args;
use deep_inside::Error;
use deep_inside::engine::{Engine, LocateMaps, LocateMode};
use deep_inside::gradient::Target;
use deep_inside::image_input::decode_file;
use deep_inside::imaging::keep_components;
use deep_inside::progress::NoProgress;
use deep_inside::saliency::SaliencyMap;
use deep_inside::segmentation::BoundingBox;
use pollster::block_on;
use serde_json::json;

use super::lists::{Corners, read_list};
use super::{RunArguments, evaluate};
use crate::{Outcome, network, read};

#[derive(Args)]
pub struct Arguments {
    /// wsolevaluation's localization.txt, with class_labels.txt beside it; or a folder of ILSVRC's
    /// XML files.
    list: PathBuf,
    /// The folder of the pictures.
    #[arg(long)]
    pictures: PathBuf,
    /// The wnids in the order of the classes, for XML files: ILSVRC's LOC_synset_mapping.txt.
    #[arg(long)]
    synsets: Option<PathBuf>,
    /// How objects are cut out: paper or best.
    #[arg(long, default_value = "best")]
    mode: LocateMode,
    #[command(flatten)]
    run: RunArguments,
}

/// Thresholds of MaxBoxAcc, as shares of a map's range.
pub const THRESHOLDS: usize = 100;

pub fn run(arguments: Arguments) -> Outcome {
    let Arguments {
        list,
        pictures,
        synsets,
        mode,
        run,
    } = arguments;
    let tasks = read_list(&list, &pictures, synsets.as_deref())?;
    evaluate("boxes", &tasks, &run, |engine, task| {
        let truth = &task.details;
        engine.set_picture(decode_file(&read(&truth.photo)?)?);
        let scores = block_on(engine.classify())?;
        let order = network::ranked(&scores);
        let five = &order[..order.len().min(5)];
        let maps = maps(engine, truth.class, mode)?;
        let known = located(engine, &maps, mode)?;
        let is_right = known.is_some_and(|found| matches(found, &truth.boxes));
        let guesses = five.iter().map(|&class| match class == truth.class {
            true => Ok((class, known)),
            false => {
                let maps = self::maps(engine, class, mode)?;
                Ok((class, located(engine, &maps, mode)?))
            }
        });
        let guesses = guesses.collect::<Outcome<Vec<_>>>()?;
        let (width, height) = engine.picture_size()?;
        let photo = [f64::from(width), f64::from(height)];
        let hits: String = (0..THRESHOLDS)
            .map(|step| {
                let found = box_above(&maps.map, step as f64 / THRESHOLDS as f64, photo);
                match found.is_some_and(|found| matches(found, &truth.boxes)) {
                    true => '1',
                    false => '0',
                }
            })
            .collect();
        Ok(json!({
            "class": truth.class,
            "classes": five,
            "boxes": guesses.iter().map(|(_, found)| found).collect::<Vec<_>>(),
            "known": is_right,
            "top1": five.first() == Some(&truth.class),
            "top5": five.contains(&truth.class),
            "top5_located": five.contains(&truth.class) && is_right,
            "thresholds": hits,
        }))
    })
}

/// The maps from which [`Engine::locate`] cuts the class's object.
fn maps(engine: &Engine, class: usize, mode: LocateMode) -> Outcome<LocateMaps> {
    let (target, settings) = (Target::Class(class), mode.cut_settings());
    let maps = LocateMaps::of(engine, &target, mode, &settings, &NoProgress);
    Ok(block_on(maps)?)
}

/// The box of the object that maps mark; `None` if the cut has none.
fn located(engine: &Engine, maps: &LocateMaps, mode: LocateMode) -> Outcome<Option<Corners>> {
    match block_on(engine.segment(maps.prompt(), &mode.cut_settings(), &NoProgress)) {
        Ok(cut) => Ok(Some(corners(cut.bounding_box))),
        Err(Error::NoObjectFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The box around the largest component of the map above a share of its range (MaxBoxAcc, Choe et
/// al. 2020, arXiv 2001.07437).
fn box_above(map: &SaliencyMap, share: f64, [width, height]: [f64; 2]) -> Option<Corners> {
    let values = map.values.iter().map(|&value| f64::from(value));
    let (low, high) = values
        .clone()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    let threshold = low + share * (high - low);
    let mut mask: Vec<bool> = values.map(|value| value > threshold).collect();
    keep_components(&mut mask, map.columns, |_| false);
    let pixels: Vec<_> = (0..mask.len())
        .filter(|&pixel| mask[pixel])
        .map(|pixel| pixel..pixel + 1)
        .collect();
    let [left, top, right, bottom] = corners(BoundingBox::around(&pixels, map.columns)?);
    let [across, down] = [width / map.columns as f64, height / map.rows as f64];
    Some([left * across, top * down, right * across, bottom * down])
}

fn corners(found: BoundingBox) -> Corners {
    let [x, y, width, height] = [found.x, found.y, found.width, found.height].map(f64::from);
    [x, y, x + width, y + height]
}

/// Whether a box overlaps one of the true boxes by at least a half (intersection over union).
fn matches(found: Corners, truth: &[Corners]) -> bool {
    let area =
        |[left, top, right, bottom]: Corners| (right - left).max(0.0) * (bottom - top).max(0.0);
    truth.iter().any(|&truth| {
        let both = area([
            found[0].max(truth[0]),
            found[1].max(truth[1]),
            found[2].min(truth[2]),
            found[3].min(truth[3]),
        ]);
        both >= 0.5 * (area(found) + area(truth) - both)
    })
}
