//! The exported class `Engine`: what can be chosen, and the functions that need no device.

use js_sys::{Array, Float32Array, Uint8ClampedArray};
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use super::arguments::finite_floats;
use super::engine::Engine;
use super::js_error::EngineError;
use super::js_values::{js_object, plain_object};
use super::watched_memory::memory_was_refused;
use crate::class_model::CLASS_MODEL_RECIPES;
use crate::error::Error;
use crate::gradient::Target;
use crate::networks::{ManifestRow, manifest, softmax};
use crate::render::{COLOUR_MAPS, DIMMED_WHITE, signed_table, signed_table_over_photo, table};
use crate::saliency::{SALIENCY_METHODS, SaliencySettings};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** A colour map for values of 0 to 1. */
export interface ColourMapInfo {
    id: string;
    /**
     * R, G, B and A for each of 256 values from 0 to 1: the colour, and the weight with which it is
     * added to a dimmed photo. Blended over the photo by the mode `screen`, a higher value is never
     * darker than a lower one.
     */
    table: Uint8ClampedArray;
}
"#;

/// A network that can be loaded.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInfo {
    /// Identifies the network in `loadNetwork`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Each class's label and synonyms, comma-separated, by class index.
    pub classes: Vec<String>,
    /// Rows of the network's input, and columns but for `OpenedNetwork.input`.
    pub input_side: usize,
    /// The network's file.
    pub weights: WeightsInfo,
}

/// A network's file below `weights/`: its weights, or all of it as ONNX.
#[derive(Serialize, Tsify)]
pub struct WeightsInfo {
    /// File name.
    pub file: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Licence.
    pub licence: String,
}

/// A saliency method.
#[derive(Serialize, Tsify)]
pub struct MethodInfo {
    /// Identifies the method in `saliency`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Backward passes for one crop, with the method's default settings.
    pub cost: usize,
    /// The formula of a pixel's value.
    pub formula: String,
    /// What a map shows, and what it does not.
    pub reading: String,
    /// The publication.
    pub reference: String,
}

/// A recipe for class models.
#[derive(Serialize, Tsify)]
pub struct RecipeInfo {
    /// Identifies the recipe in `classModel`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// The settings that apply when they are left out.
    pub defaults: RecipeDefaults,
    /// Two sentences: how the recipe works, and what its pictures show.
    pub reading: String,
    /// The publication.
    pub reference: String,
}

/// A recipe's default settings.
#[derive(Serialize, Tsify)]
pub struct RecipeDefaults {
    /// Steps to a finished picture.
    pub steps: usize,
    /// Rows and columns of the picture.
    pub side: usize,
}

#[wasm_bindgen]
impl Engine {
    /// The networks that can be loaded.
    #[wasm_bindgen(unchecked_return_type = "NetworkInfo[]")]
    pub fn networks() -> Result<JsValue, EngineError> {
        let infos = manifest()?.into_iter().map(network_info);
        Ok(js_object(&infos.collect::<Vec<_>>())?)
    }

    /// The saliency methods; the first is the paper's.
    #[wasm_bindgen(js_name = saliencyMethods, unchecked_return_type = "MethodInfo[]")]
    pub fn saliency_methods() -> Result<JsValue, EngineError> {
        let defaults = SaliencySettings::new(Target::Class(0));
        let infos: Vec<MethodInfo> = SALIENCY_METHODS
            .iter()
            .map(|method| MethodInfo {
                id: method.id.to_owned(),
                title: method.title.to_owned(),
                cost: (method.passes)(&defaults),
                formula: method.formula.to_owned(),
                reading: method.reading.to_owned(),
                reference: method.reference.to_owned(),
            })
            .collect();
        Ok(js_object(&infos)?)
    }

    /// The recipes for class models.
    #[wasm_bindgen(js_name = classModelRecipes, unchecked_return_type = "RecipeInfo[]")]
    pub fn class_model_recipes() -> Result<JsValue, EngineError> {
        let infos: Vec<RecipeInfo> = CLASS_MODEL_RECIPES
            .iter()
            .map(|recipe| RecipeInfo {
                id: recipe.id.to_owned(),
                title: recipe.title.to_owned(),
                defaults: RecipeDefaults {
                    steps: recipe.steps,
                    side: recipe.side,
                },
                reading: recipe.reading.to_owned(),
                reference: recipe.reference.to_owned(),
            })
            .collect();
        Ok(js_object(&infos)?)
    }

    /// The colour maps for saliency maps; the first is the default.
    #[wasm_bindgen(js_name = colourMaps, unchecked_return_type = "ColourMapInfo[]")]
    pub fn colour_maps() -> Result<Array, EngineError> {
        let infos = COLOUR_MAPS.iter().map(|&(id, map)| {
            let table = Uint8ClampedArray::from(&table(map)[..]);
            plain_object([("id", id.into()), ("table", table.into())])
        });
        Ok(infos.collect::<Result<_, Error>>()?)
    }

    /// R, G, B and A for each of the 256 levels of a signed map: blue below 128, white at 128, red
    /// above.
    #[wasm_bindgen(js_name = signedColours)]
    pub fn signed_colours() -> Uint8ClampedArray {
        Uint8ClampedArray::from(&signed_table()[..])
    }

    /// The same for a dimmed photo below, by the blend mode "screen": blue below 128, nothing at
    /// 128, orange above.
    #[wasm_bindgen(js_name = signedColoursOverPhoto)]
    pub fn signed_colours_over_photo() -> Uint8ClampedArray {
        Uint8ClampedArray::from(&signed_table_over_photo()[..])
    }

    /// The level, 0 to 255, of a white photo under a map of zeros: maps are drawn over the photo
    /// dimmed in this ratio.
    #[wasm_bindgen(getter, js_name = dimmedWhite)]
    pub fn dimmed_white() -> u8 {
        DIMMED_WHITE
    }

    /// The probability of each class, 0 to 1, from the scores that `classify` gives: their softmax,
    /// computed without overflow for scores of any size. Throws `setting-out-of-range` when
    /// `scores` is no array of finite numbers.
    pub fn probabilities(
        #[wasm_bindgen(unchecked_param_type = "ArrayLike<number>")] scores: JsValue,
    ) -> Result<Float32Array, EngineError> {
        let scores = finite_floats("scores", &scores)?;
        Ok(Float32Array::from(&softmax(&scores)[..]))
    }

    /// Whether this program stopped, with a `WebAssembly.RuntimeError`, because the browser refused
    /// it memory. A program that has stopped answers only this question.
    #[wasm_bindgen(js_name = ranOutOfMemory)]
    pub fn ran_out_of_memory() -> bool {
        memory_was_refused()
    }
}

fn network_info(row: ManifestRow) -> NetworkInfo {
    NetworkInfo {
        classes: row.labels(),
        id: row.id,
        title: row.title,
        input_side: row.input.rows,
        weights: WeightsInfo {
            file: row.file,
            bytes: row.bytes,
            sha256: row.sha256,
            licence: row.licence,
        },
    }
}
