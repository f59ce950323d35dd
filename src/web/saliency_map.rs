//! The exported class `SaliencyMap`.

use js_sys::{Float32Array, Uint8Array};
use wasm_bindgen::prelude::*;

use super::arguments::{Options, frame_size};
use super::js_error::EngineError;
use super::js_values::plain_object;
use super::kept_array::KeptArray;
use super::target::target;
use crate::engine;
use crate::error::Error;
use crate::preprocess::Crops;
use crate::render::{Intensity, intensity, signed_intensity};
use crate::saliency::{
    self, GradCamSettings, IntegratedGradientsSettings, SaliencySettings, SmoothGradSettings,
    saliency_method,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** Options of `saliency` and `sanityCheck`, besides the target. */
export interface SaliencyOptions {
    /** Id of one of `Engine.saliencyMethods()`; `gradient` when left out. */
    method?: string;
    /** Number of crops of the photo over which the map is averaged: 1 or 10; 10 when left out. */
    views?: number;
    /** `smooth_grad`: number of noisy copies of each crop, 1 to 1000; 16 when left out. */
    n?: number;
    /**
     * `smooth_grad`: standard deviation of the noise relative to the range of pixel values, above 0
     * and at most 1; 0.15 when left out.
     */
    sigma?: number;
    /**
     * `smooth_grad`: seed of the noise; 0 when left out. `sanityCheck` also draws the random
     * weights from it.
     */
    seed?: number;
    /**
     * `integrated_gradients`: number of points on the path from the mean picture, 1 to 1000; 32
     * when left out.
     */
    steps?: number;
    /**
     * `grad_cam`: the layer whose channels are weighted; when left out the one that the target
     * reads, for a class the last before the classifier.
     */
    camLayer?: string;
}
/**
 * A saliency map on the network's own grid, which covers the photo edge to edge: width * height
 * values, row-major. `values` are >= 0, the magnitudes; `signed` are above 0 where a cell is
 * evidence for the target, below 0 where it is evidence against it.
 */
export interface SaliencyGrid {
    width: number;
    height: number;
    values: Float32Array;
    signed: Float32Array;
    /** `values` as levels to draw: 0 to 255, for the tables of `Engine.colourMaps`. */
    intensity: Uint8Array;
    /** `signed` as levels to draw: 128 is 0, for `Engine.signedColours`. */
    signedIntensity: Uint8Array;
}
"#;

/// The names of `SaliencyOptions`.
pub const SALIENCY: &[&str] = &["method", "views", "n", "sigma", "seed", "steps", "camLayer"];

/// A saliency map in the photo's frame.
#[wasm_bindgen]
pub struct SaliencyMap {
    saliency: saliency::Saliency,
    width: u32,
    height: u32,
    values: KeptArray<Float32Array>,
    signed: KeptArray<Float32Array>,
}

impl SaliencyMap {
    /// The map of a photo of these columns and rows.
    pub(super) fn new(saliency: saliency::Saliency, (width, height): (u32, u32)) -> Self {
        Self {
            saliency,
            width,
            height,
            values: KeptArray::default(),
            signed: KeptArray::default(),
        }
    }
}

#[wasm_bindgen]
impl SaliencyMap {
    /// The photo's columns.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The photo's rows.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The magnitudes: width * height values >= 0, row-major. For `gradient` and the methods
    /// derived from it their unit is score per unit of a 0..255 pixel value. The same array at
    /// every access.
    #[wasm_bindgen(getter)]
    pub fn values(&self) -> Float32Array {
        self.values.get(|| self.sampled_at(self.width, self.height))
    }

    /// The map on the network's own grid, as it was computed.
    #[wasm_bindgen(getter, unchecked_return_type = "SaliencyGrid")]
    pub fn grid(&self) -> Result<JsValue, EngineError> {
        Ok(saliency_grid(&self.saliency.map, &self.saliency.signed)?)
    }

    /// The magnitudes in a frame of another size, such as a display's: width * height values,
    /// row-major, interpolated linearly.
    pub fn sampled(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_param_type = "number")] height: JsValue,
    ) -> Result<Float32Array, EngineError> {
        let (width, height) = frame_size(&width, &height)?;
        Ok(self.sampled_at(width, height))
    }

    /// The map as levels to draw, 0 to 255, in a frame of width x height pixels, row-major:
    /// interpolated, slightly blurred, 255 at its 99.5th percentile and above. `Engine.colourMaps`
    /// gives their colours.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array")]
    pub fn intensity(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_param_type = "number")] height: JsValue,
    ) -> Result<Uint8Array, EngineError> {
        let (width, height) = frame_size(&width, &height)?;
        let intensity = Intensity::new(&self.saliency.map, width as usize, height as usize);
        Ok(Uint8Array::from(&intensity.levels[..]))
    }

    /// The levels of the signed attribution to draw, 128 being 0, at another size, row-major: for
    /// `Engine.signedColours` and `OverlayOptions.signed`.
    ///
    /// # Errors
    /// As [`sampled`](SaliencyMap::sampled).
    #[wasm_bindgen(js_name = signedIntensity)]
    pub fn signed_intensity(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_param_type = "number")] height: JsValue,
    ) -> Result<Uint8Array, EngineError> {
        let (width, height) = frame_size(&width, &height)?;
        let signed = self
            .saliency
            .signed_sampled(width as usize, height as usize);
        Ok(Uint8Array::from(
            &signed_intensity(&signed, width as usize)[..],
        ))
    }

    /// The signed attribution, summed over the colours: width * height values, row-major, above 0
    /// where a pixel is evidence for the target, below 0 where it is evidence against it. The same
    /// array at every access.
    #[wasm_bindgen(getter)]
    pub fn signed(&self) -> Float32Array {
        let (columns, rows) = (self.width as usize, self.height as usize);
        self.signed
            .get(|| Float32Array::from(&self.saliency.signed_sampled(columns, rows)[..]))
    }

    /// For `integrated_gradients`: the difference between the attribution's sum and the score's
    /// increase from the mean picture, relative to that increase. Undefined for other methods.
    #[wasm_bindgen(getter, js_name = completenessGap)]
    pub fn completeness_gap(&self) -> Option<f64> {
        self.saliency.completeness_gap
    }
}

impl SaliencyMap {
    fn sampled_at(&self, columns: u32, rows: u32) -> Float32Array {
        let values = self.saliency.map.sampled(columns as usize, rows as usize);
        Float32Array::from(&values[..])
    }
}

/// A map on the network's own grid: `SaliencyGrid`.
///
/// # Errors
/// As [`plain_object`].
pub fn saliency_grid(map: &saliency::SaliencyMap, signed: &[f32]) -> Result<JsValue, Error> {
    let levels = intensity(&map.values, map.columns);
    let signed_levels = signed_intensity(signed, map.columns);
    plain_object([
        ("width", map.columns.into()),
        ("height", map.rows.into()),
        ("values", Float32Array::from(&map.values[..]).into()),
        ("signed", Float32Array::from(signed).into()),
        ("intensity", Uint8Array::from(&levels[..]).into()),
        (
            "signedIntensity",
            Uint8Array::from(&signed_levels[..]).into(),
        ),
    ])
}

/// The target and the settings of a saliency map.
///
/// # Errors
/// As [`target`], and `setting-out-of-range`.
pub fn saliency_settings(
    options: &Options,
    engine: &engine::Engine,
) -> Result<SaliencySettings, Error> {
    let defaults = SaliencySettings::new(target(options, engine)?);
    let smooth_grad = SmoothGradSettings {
        samples: options.count("n")?.unwrap_or(defaults.smooth_grad.samples),
        sigma: options
            .number("sigma")?
            .map_or(defaults.smooth_grad.sigma, |sigma| sigma as f32),
        seed: options
            .count("seed")?
            .map_or(defaults.smooth_grad.seed, |seed| seed as u64),
    };
    let steps = options.count("steps")?;
    Ok(SaliencySettings {
        method: options
            .text("method")?
            .map_or(Ok(defaults.method), |id| saliency_method(&id))?,
        crops: options
            .count("views")?
            .map_or(Ok(defaults.crops), Crops::try_from)?,
        smooth_grad,
        integrated_gradients: IntegratedGradientsSettings {
            steps: steps.unwrap_or(defaults.integrated_gradients.steps),
        },
        grad_cam: GradCamSettings {
            layer: options.text("camLayer")?,
        },
        target: defaults.target,
    })
}
