//! Cuts against true masks.

use std::path::{Path, PathBuf};

use clap::Args;
use deep_inside::Error;
use deep_inside::engine::{Engine, LocateMaps, LocateMode};
use deep_inside::gradient::Target;
use deep_inside::image_input::decode_file;
use deep_inside::progress::NoProgress;
use deep_inside::segmentation::Prompt;
use pollster::block_on;
use serde_json::{Value, json};

use super::{RunArguments, Task, evaluate};
use crate::{Outcome, network, read};

#[derive(Args)]
pub struct Arguments {
    /// A folder with pictures NAME.jpg and true masks NAME.png of the same size: 0 background, other
    /// values object. The source of a picture is in index.json, `{"NAME": {"source": ...}}`, if
    /// there is one.
    folder: PathBuf,
    /// Adds the candidates of the cut with their features and overlaps, to which
    /// scripts/fit_mask_score.py fits the score.
    #[arg(long)]
    candidates: bool,
    #[command(flatten)]
    run: RunArguments,
}

/// A picture with its mask.
pub struct Masked {
    photo: PathBuf,
    /// Where the picture comes from.
    pub source: String,
}

impl Masked {
    /// Makes the picture the engine's, and returns whether each of its pixels is object.
    ///
    /// # Errors
    /// When one of the files cannot be read, or they differ in size.
    pub fn open(&self, engine: &mut Engine) -> Outcome<Vec<bool>> {
        let photo = decode_file(&read(&self.photo)?)?;
        let mask = decode_file(&read(&self.photo.with_extension("png"))?)?;
        if [mask.width(), mask.height()] != [photo.width(), photo.height()] {
            return Err("picture and mask differ in size".into());
        }
        engine.set_picture(photo);
        let pixels = mask.rgb().chunks_exact(3);
        Ok(pixels
            .map(|pixel| pixel.iter().any(|&value| value > 0))
            .collect())
    }
}

/// The pictures of a folder, by name.
pub fn masked(folder: &Path) -> Outcome<Vec<Task<Masked>>> {
    let index: Value = match std::fs::read(folder.join("index.json")) {
        Ok(text) => serde_json::from_slice(&text)?,
        Err(_) => Value::Null,
    };
    let mut tasks = Vec::new();
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let photo = entry?.path();
        if photo.extension().is_none_or(|extension| extension != "jpg") {
            continue;
        }
        let name = photo
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let source = index[&name]["source"].as_str().unwrap_or("all").to_owned();
        tasks.push(Task {
            name,
            details: Masked { photo, source },
        });
    }
    if tasks.is_empty() {
        return Err(format!("{} has no pictures NAME.jpg", folder.display()).into());
    }
    tasks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tasks)
}

pub fn run(arguments: Arguments) -> Outcome {
    let tasks = masked(&arguments.folder)?;
    evaluate("masks", &tasks, &arguments.run, |engine, task| {
        let truth = task.details.open(engine)?;
        let class = network::ranked(&block_on(engine.classify())?)[0];
        let objects = truth.iter().filter(|&&object| object).count();
        let mut record = json!({
            "source": task.details.source,
            "class": class,
            "share": objects as f64 / truth.len() as f64,
        });
        for (name, mode) in [("paper", LocateMode::Paper), ("best", LocateMode::Best)] {
            record[name] = match block_on(engine.locate(class, mode, &NoProgress)) {
                Ok(cut) => intersection_over_union(&cut.mask(), &truth).into(),
                Err(Error::NoObjectFound(_)) => 0.0.into(),
                Err(error) => return Err(error.into()),
            };
        }
        if arguments.candidates {
            record["candidates"] = candidates(engine, class, &truth)?;
        }
        Ok(record)
    })
}

/// The candidates of the best cut, and the overlap of each with the true mask at its own size; and
/// the cues of the photo.
fn candidates(engine: &Engine, class: usize, truth: &[bool]) -> Outcome<Value> {
    let (target, mode) = (Target::Class(class), LocateMode::Best);
    let settings = mode.cut_settings();
    let maps = block_on(LocateMaps::of(
        engine,
        &target,
        mode,
        &settings,
        &NoProgress,
    ))?;
    let Prompt::Object(maps) = maps.prompt() else {
        return Ok(Value::Null);
    };
    let photo = engine.picture()?;
    let [columns, rows] = [photo.width() as usize, photo.height() as usize];
    let candidates = block_on(maps.candidates(&photo, &settings, &NoProgress))?;
    let values = candidates.iter().map(|candidate| {
        let width = candidate.width;
        let height = candidate.labels.len() / width;
        let (mut both, mut either) = (0, 0);
        for (pixel, &is_true) in truth.iter().enumerate() {
            let (x, y) = (
                pixel % columns * width / columns,
                pixel / columns * height / rows,
            );
            let is_object = candidate.labels[y * width + x];
            both += usize::from(is_true && is_object);
            either += usize::from(is_true || is_object);
        }
        json!({ "features": candidate.features, "overlap": both as f64 / either.max(1) as f64 })
    });
    Ok(json!({ "cues": maps.cues(), "of": values.collect::<Vec<_>>() }))
}

fn intersection_over_union(mask: &[u8], truth: &[bool]) -> f64 {
    let count = |counts: fn(bool, bool) -> bool| {
        let pairs = mask.iter().zip(truth);
        pairs.filter(|&(&a, &b)| counts(a == 255, b)).count()
    };
    count(|a, b| a && b) as f64 / count(|a, b| a || b).max(1) as f64
}
