//! The exported class `SanityCheck`.

use std::rc::Rc;

use futures_util::lock::Mutex;
use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::arguments::Options;
use super::js_progress::{JsProgress, LONG_CALL};
use super::js_values::{plain_object, promise};
use super::saliency_map::saliency_grid;
use crate::saliency;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/**
 * A saliency map after one more layer of the network has been given random weights. Its signs and
 * its magnitudes can change independently: a map passes the check only if both correlations fall to
 * about 0.
 */
export interface RandomisedLayer {
    /** Name of the layer that was randomised last. */
    layer: string;
    /** Number of layers that still have their trained weights. */
    left: number;
    /**
     * Spearman's rank correlation, -1 to 1, of the signed values, `map.signed`, with the trained
     * network's; undefined if all values of one map are equal. It says nothing about the map as it
     * is usually drawn, which has no signs.
     */
    correlation: number | undefined;
    /**
     * The same correlation of the magnitudes, `map.values`. For the gradient it is 0.4 to 0.7 after
     * one layer and 0.3 to 0.45 with all layers random, when the correlation of the signed values
     * is about 0.
     */
    magnitudeCorrelation: number | undefined;
    map: SaliencyGrid;
}
"#;

/// A network whose layers lose their trained weights one by one, at each call of `step`. `free`
/// ends it.
#[wasm_bindgen]
pub struct SanityCheck {
    check: Rc<Mutex<saliency::SanityCheck>>,
    layers: usize,
}

impl SanityCheck {
    pub(super) fn new(check: saliency::SanityCheck) -> Self {
        Self {
            layers: check.left(),
            check: Rc::new(Mutex::new(check)),
        }
    }
}

#[wasm_bindgen]
impl SanityCheck {
    /// The number of layers that `step` can randomise.
    #[wasm_bindgen(getter)]
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// The trained network's map.
    #[wasm_bindgen(unchecked_return_type = "Promise<SaliencyGrid>")]
    pub fn original(&self) -> Promise {
        let check = self.check.clone();
        promise(async move {
            let check = check.lock().await;
            let original = check.original();
            saliency_grid(&original.map, &original.signed)
        })
    }

    /// Randomises the next layer, from the classifier down to the first convolution, and computes
    /// the map again; undefined if no trained layer is left. A cancelled step has randomised its
    /// layer all the same.
    #[wasm_bindgen(unchecked_return_type = "Promise<RandomisedLayer | undefined>")]
    pub fn step(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "LongCall")] options: JsValue,
    ) -> Promise {
        let check = self.check.clone();
        promise(async move {
            let progress = JsProgress::of(&Options::optional(options, &[LONG_CALL])?)?;
            let Some(randomised) = check.lock().await.step(&progress).await? else {
                return Ok(JsValue::UNDEFINED);
            };
            let map = saliency_grid(&randomised.map, &randomised.signed)?;
            let magnitude_correlation = randomised.magnitude_correlation;
            plain_object([
                ("layer", randomised.layer.into()),
                ("left", randomised.left.into()),
                ("correlation", randomised.correlation.into()),
                ("magnitudeCorrelation", magnitude_correlation.into()),
                ("map", map),
            ])
        })
    }
}
