//! What a call asks about: a class, or a neuron.

use wasm_bindgen::prelude::*;

use super::arguments::{Options, count, must_be, numbers};
use crate::engine;
use crate::error::Error;
use crate::gradient::Target;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** What a call asks about: a class, or a neuron of a layer. */
export interface TargetOptions {
    /** The class, as an index into `NetworkInfo.classes`. */
    classIndex?: number;
    /** Instead of a class: the name of a layer, `LayerInfo.name`. */
    layer?: string;
    /** Index of the layer's channel. */
    channel?: number;
    /** Row and column in the layer's grid; the mean over all positions when left out. */
    position?: [number, number];
}
"#;

/// The names of `TargetOptions`.
pub const TARGET: &[&str] = &["classIndex", "layer", "channel", "position"];

/// The target of a call: its `classIndex`, or its `layer`, `channel` and `position`.
///
/// # Errors
/// `class-out-of-range` without either; `setting-out-of-range` with both, or for an unknown layer
/// or an invalid index; `no-network` for a layer before a network is loaded.
pub fn target(options: &Options, engine: &engine::Engine) -> Result<Target, Error> {
    let layer = match (options.get("classIndex"), options.text("layer")?) {
        (None, Some(layer)) => layer,
        (_, None) => return Ok(Target::Class(options.class("classIndex")?)),
        (Some(_), Some(_)) => {
            return Err(Error::SettingOutOfRange(
                "a classIndex and a layer exclude each other".to_owned(),
            ));
        }
    };
    let channel = count("channel", options.number("channel")?.unwrap_or(f64::NAN))?;
    let position = match options.get("position") {
        None => None,
        Some(position) => match numbers("position", &position)?[..] {
            [row, column] => Some([count("position", row)?, count("position", column)?]),
            _ => return Err(must_be("position", "a row and a column", &position)),
        },
    };
    Ok(Target::Neuron {
        layer: engine.network()?.layer(&layer)?,
        channel,
        position,
    })
}
