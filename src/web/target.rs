//! What a call asks about: a class, or a neuron.

use wasm_bindgen::prelude::*;

use super::arguments::{Options, count, must_be, numbers};
use crate::engine;
use crate::error::Error;
use crate::gradient::Target;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/**
 * What a call asks about: a class, a class against another, a neuron of a layer, or a value of the
 * output.
 */
export interface TargetOptions {
    /** The class, as an index into `NetworkInfo.classes`. */
    classIndex?: number;
    /** Another class: the target is then how far the class's score is ahead of this one's. */
    against?: number;
    /** Instead of a class: the name of a layer, `LayerInfo.name`. */
    layer?: string;
    /** Index of the layer's channel. */
    channel?: number;
    /** Row and column in the layer's grid; the mean over all positions when left out. */
    position?: [number, number];
    /** Instead of both: the name of the network's output, `OpenedNetwork.output`. */
    output?: string;
    /**
     * Index of one of the output's values, all positions of a class before those of the next. Of an
     * output that is one number, 0 is the number and 1 its negative.
     */
    index?: number;
}
"#;

/// The names of `TargetOptions`.
pub const TARGET: &[&str] = &[
    "classIndex",
    "against",
    "layer",
    "channel",
    "position",
    "output",
    "index",
];

/// The target of a call: its `classIndex`, also `against` another, or its `layer`, `channel` and
/// `position`, or its `output` and `index`.
///
/// # Errors
/// `class-out-of-range` without any; `setting-out-of-range` with several, or for an unknown layer or
/// output or an invalid index; `no-network` for a layer or an output before a network is loaded.
pub fn target(options: &Options, engine: &engine::Engine) -> Result<Target, Error> {
    if let Some(output) = options.text("output")? {
        if ["classIndex", "against", "layer"]
            .into_iter()
            .any(|name| options.get(name).is_some())
        {
            return Err(Error::SettingOutOfRange(
                "an output excludes a classIndex, against and a layer".to_owned(),
            ));
        }
        let index = count("index", options.number("index")?.unwrap_or(f64::NAN))?;
        return Target::of_output(engine.network()?, &output, index);
    }
    let has_class = ["classIndex", "against"]
        .into_iter()
        .any(|name| options.get(name).is_some());
    let Some(layer) = options.text("layer")? else {
        let class = options.class("classIndex")?;
        return Ok(match options.get("against") {
            None => Target::Class(class),
            Some(_) => Target::Difference {
                class,
                against: options.class("against")?,
            },
        });
    };
    if has_class {
        return Err(Error::SettingOutOfRange(
            "a classIndex and a layer exclude each other".to_owned(),
        ));
    }
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
