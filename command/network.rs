//! Networks by name: those in the program, and ONNX files.

use std::path::Path;

use deep_inside::engine::Engine;
use deep_inside::networks::{OnnxOptions, manifest};
use deep_inside::onnx::ExternalFiles;

use crate::{Outcome, read};

/// The files of the bundled networks, by their ids.
const FILES: [(&str, &[u8]); 3] = [
    (
        "squeezenet1_1",
        include_bytes!("../weights/squeezenet1_1.onnx"),
    ),
    (
        "efficientnet_lite0",
        include_bytes!("../weights/efficientnet_lite0.onnx"),
    ),
    (
        "pp_lcnet_orientation",
        include_bytes!("../weights/pp_lcnet_orientation.onnx"),
    ),
];

/// Loads a bundled network into `engine` by its id, or an ONNX file by its path. A file NAME.data
/// beside NAME is its external data.
pub fn load(engine: &mut Engine, name: &str) -> Outcome {
    if let Some((id, bytes)) = FILES.iter().find(|(id, _)| *id == name) {
        return Ok(engine.load_network(id, bytes)?);
    }
    let model = read(Path::new(name))
        .map_err(|error| format!("no network is called \"{name}\", and no file: {error}"))?;
    let data_path = format!("{name}.data");
    let data = std::fs::read(&data_path).ok();
    let data_name = Path::new(&data_path).file_name().unwrap_or_default();
    let data_name = data_name.to_string_lossy();
    let files: ExternalFiles<'_> = data
        .as_deref()
        .map(|bytes| (&*data_name, bytes))
        .into_iter()
        .collect();
    engine.open_network(&model, &files, &OnnxOptions::default())?;
    Ok(())
}

/// The labels of the loaded network's classes.
pub fn labels(engine: &Engine) -> Outcome<Vec<String>> {
    Ok(engine.network()?.labels.clone())
}

/// The classes by descending score. Of equal ones, the first comes first.
pub fn ranked(scores: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order
}

/// The class that `name` means: an index, else the first label with this synonym, else the first
/// that contains it.
pub fn find_class(name: &str, labels: &[String]) -> Outcome<usize> {
    if let Ok(index) = name.parse::<usize>() {
        return match index < labels.len() {
            true => Ok(index),
            false => Err(format!("there is no class {index}").into()),
        };
    }
    let name = name.to_lowercase();
    let is_exact = |label: &String| {
        let mut synonyms = label.split(", ");
        synonyms.any(|synonym| synonym.to_lowercase() == name)
    };
    let contains = |label: &String| label.to_lowercase().contains(&name);
    let found = labels.iter().position(is_exact);
    found
        .or_else(|| labels.iter().position(contains))
        .ok_or_else(|| format!("no class is called \"{name}\"").into())
}

/// Prints the bundled networks.
pub fn list() -> Outcome {
    for row in manifest()? {
        println!(
            "{:<22}{:<34}{:>5} classes, input {} x {}, {:.1} MB, {}",
            row.id,
            row.title,
            row.labels().len(),
            row.input.rows,
            row.input.columns,
            row.bytes as f64 / 1e6,
            row.licence
        );
    }
    Ok(())
}
