//! The exported class `Engine`: whether what a saliency map marks matters.

use js_sys::Promise;
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use super::arguments::Options;
use super::engine::Engine;
use super::js_progress::{JsProgress, LONG_CALL};
use super::js_values::{js_object, promise};
use super::saliency_map::{SALIENCY, saliency_settings};
use super::target::TARGET;
use crate::error::Error;
use crate::evaluation::{CellSettings, CoverTestSettings};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** Options of `coverTest`, besides those of `saliency`. */
export interface CoverTestOptions {
    /** The share of the cells that is covered, above 0 and below 1; 0.1 when left out. */
    share?: number;
    /**
     * Side of the square cells in pixels of the network's input; a 32nd of its longer side when
     * left out.
     */
    cell?: number;
}
/** Options of `deletionCurves`, besides those of `saliency`. */
export interface DeletionOptions {
    /** The number of steps from nothing to all, 1 to 100; 20 when left out. */
    count?: number;
    /** As in `CoverTestOptions`. */
    cell?: number;
}
"#;

/// A cover test: the posteriors of the class, or the values of the neuron.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct CoverTest {
    /// For the photo as it is.
    pub before: f32,
    /// With the map's brightest cells covered with the mean colour.
    pub after: f32,
    /// With as many cells at random covered: the mean of five draws.
    pub random: f32,
    /// All class scores behind `after`, as `classify` gives them; empty for a neuron.
    pub scores_after: Vec<f32>,
}

/// The posteriors of the class, or the values of the neuron, by the share of the cells that is
/// covered (deletion) or uncovered (insertion), the map's brightest cells first.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct DeletionCurves {
    /// Shares from 0 to 1.
    pub shares: Vec<f64>,
    /// The values with these shares covered.
    pub deletion: Vec<f32>,
    /// The values with these shares uncovered, and all else covered.
    pub insertion: Vec<f32>,
    /// The area under `deletion`; small for a faithful map.
    pub deletion_area: f64,
    /// The area under `insertion`; large for a faithful map.
    pub insertion_area: f64,
}

#[wasm_bindgen]
impl Engine {
    /// Covers the brightest cells of the target's saliency map, and as many at random, with the mean
    /// colour. What the map marks matters if the first lowers the target's value more.
    #[wasm_bindgen(js_name = coverTest, unchecked_return_type = "Promise<CoverTest>")]
    pub fn cover_test(
        &self,
        #[wasm_bindgen(
            unchecked_param_type = "TargetOptions & SaliencyOptions & CoverTestOptions & LongCall"
        )]
        options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[TARGET, SALIENCY, &["share", "cell"], LONG_CALL])?;
            let saliency = saliency_settings(&options, &engine)?;
            let defaults = CoverTestSettings::default();
            let settings = CoverTestSettings {
                share: options.number("share")?.unwrap_or(defaults.share),
                cells: cells(&options)?,
                seed: saliency.smooth_grad.seed,
                ..defaults
            };
            let progress = JsProgress::of(&options)?;
            let test = engine.cover_test(&saliency, &settings, &progress).await?;
            js_object(&CoverTest {
                before: test.before,
                after: test.after,
                random: test.random,
                scores_after: test.scores_after,
            })
        })
    }

    /// Covers the photo step by step in the order of the target's saliency map, the brightest cells
    /// first, and uncovers it in the same order.
    #[wasm_bindgen(js_name = deletionCurves, unchecked_return_type = "Promise<DeletionCurves>")]
    pub fn deletion_curves(
        &self,
        #[wasm_bindgen(
            unchecked_param_type = "TargetOptions & SaliencyOptions & DeletionOptions & LongCall"
        )]
        options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[TARGET, SALIENCY, &["count", "cell"], LONG_CALL])?;
            let saliency = saliency_settings(&options, &engine)?;
            let settings = (options.count("count")?.unwrap_or(20), cells(&options)?);
            let progress = JsProgress::of(&options)?;
            let curves = engine
                .deletion_curves(&saliency, settings, &progress)
                .await?;
            let [deletion_area, insertion_area] = curves.areas();
            js_object(&DeletionCurves {
                shares: curves.shares,
                deletion: curves.deletion,
                insertion: curves.insertion,
                deletion_area,
                insertion_area,
            })
        })
    }
}

fn cells(options: &Options) -> Result<CellSettings, Error> {
    Ok(CellSettings {
        side: options.count("cell")?,
    })
}
