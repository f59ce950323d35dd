//! The options of each call, as types of the crate.

use js_sys::{Array, ArrayBuffer, Float32Array, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::js_error::count;
use super::options::{Options, must_be, number};
use crate::class_model::{ClassModelSettings, Initialisation, class_model_recipe};
use crate::engine::{self, LocateMode};
use crate::error::Error;
use crate::gradient::Target;
use crate::preprocess::Crops;
use crate::render::{ColourMap, Ground, Intensity, MapLayer};
use crate::saliency::{
    GradCamSettings, IntegratedGradientsSettings, SaliencyMap, SaliencySettings,
    SmoothGradSettings, saliency_method,
};
use crate::segmentation::{BoundingBox, CutSettings, Prompt, Stroke};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** What every long call takes beside its own options. */
export interface LongCall {
    /** Told after each piece of the work. */
    onProgress?: (done: number, total: number) => void;
    /** Aborting it ends the call with the error `cancelled`. */
    signal?: AbortSignal;
}
/** What is asked about: a class, or a neuron in its place. */
export interface TargetOptions {
    /** The class. */
    classIndex?: number;
    /** In place of a class: the name of a layer. */
    layer?: string;
    /** Which of the layer's channels. */
    channel?: number;
    /** Row and column in the layer's grid; the mean over all positions when left out. */
    position?: [number, number];
}
/** Options of `saliency` and `sanityCheck`, beside what they are about. */
export interface SaliencyOptions {
    /** `gradient` when left out. */
    method?: string;
    /** 1, or 10 when left out. */
    views?: number;
    /** `smooth_grad`: noisy copies of each view, 1 to 1000; 16 when left out. */
    n?: number;
    /** `smooth_grad`: deviation of the noise as a part of the range of pixel values, above 0, at most 1; 0.15 when left out. */
    sigma?: number;
    /** `smooth_grad`: what the noise is drawn from; 0 when left out. `sanityCheck` draws its weights from it. */
    seed?: number;
    /** `integrated_gradients`: points on the way from the mean picture, 1 to 1000; 32 when left out. */
    steps?: number;
    /** `grad_cam`: the layer whose channels are weighed; when left out the one that the target reads, for a class the last before them. */
    camLayer?: string;
}
/** A saliency map in the photo's frame: width * height values, row-major, >= 0. */
export interface SaliencyValues { width: number; height: number; values: ArrayLike<number>; }
/**
 * What a cut starts from: a saliency map, or a box around the object in photo pixels. The box counts as all pixels that it touches; what
 * of it lies outside the photo does not count.
 */
export type CutGuide = { saliency: SaliencyValues; rectangle?: undefined } | { rectangle: BoundingBox; saliency?: undefined };
/** Options of `segment` and `objectCut`, beside what they start from. */
export interface SegmentOptions {
    /**
     * For a saliency map, whose settings hold where nothing else is asked for: `paper`, which `segment` takes when it is left out, or
     * `best`, which `objectCut` takes. For a rectangle they are GrabCut's.
     */
    mode?: string;
    /** The object's colours are those above this quantile of the map; the mode's own when left out (0.95 in `paper`, 0.9 in `best`). */
    foregroundQuantile?: number;
    /** The background's colours are those below this quantile of the map; the mode's own when left out (0.3 in `paper`, 0.7 in `best`). */
    backgroundQuantile?: number;
    /** The photo is cut at a size at which its long side has at most so many pixels; 512 when left out. Less is quicker and coarser. */
    workingSide?: number;
    /** Cuts, 1 to 100, each from the colours that the last one found; 1 when left out, 5 for a rectangle. One that changes nothing is the last. */
    iterations?: number;
}
/** One line of a round brush. */
export interface StrokeOptions {
    /** x0, y0, x1, y1, ... in photo pixels, joined by straight lines; a single point is a dab. Points outside the photo are allowed. */
    points: ArrayLike<number>;
    /** In photo pixels, above 0. */
    radius: number;
    /** Whether what it covers is object, or else background. */
    object: boolean;
}
/** Options of `overlay`. */
export interface OverlayOptions {
    /** width * height levels of a map, row-major, edge to edge over the photo; interpolated in the photo's own size. */
    intensity: Uint8Array;
    width: number;
    height: number;
    /** An id of `Engine.colourMaps`; the first when left out. */
    colourMap?: string;
    /** `grey`, which is the photo in grey, dimmed, when left out; `colour`; or `none` for the map alone. */
    ground?: string;
    /** Of the map, 0 to 1; 1 when left out. */
    opacity?: number;
}
/** Options of `locate`. */
export interface LocateOptions {
    /** The class. */
    classIndex: number;
    /** `paper`, or `best` when left out. */
    mode?: string;
}
/** Options of `classModel`, beside what it is about. */
export interface ClassModelOptions {
    /** `robust` when left out. */
    recipe?: string;
    /** 0 when left out. */
    seed?: number;
    /** Rows and columns; the recipe's own when left out. */
    side?: number;
    /** `zero`, `noise` or `photo`; the recipe's own when left out. */
    start?: string;
}
"#;

/// The names of `LongCall`.
pub const LONG_CALL: &[&str] = &["onProgress", "signal"];
/// The names of `TargetOptions`.
pub const TARGET: &[&str] = &["classIndex", "layer", "channel", "position"];
/// The names of `SaliencyOptions`.
pub const SALIENCY: &[&str] = &["method", "views", "n", "sigma", "seed", "steps", "camLayer"];
/// The names of `CutGuide` and `SegmentOptions`.
pub const CUT: &[&str] = &[
    "saliency",
    "rectangle",
    "mode",
    "foregroundQuantile",
    "backgroundQuantile",
    "workingSide",
    "iterations",
];
/// The names of `StrokeOptions`.
pub const STROKE: &[&str] = &["points", "radius", "object"];
/// The names of `OverlayOptions`.
pub const OVERLAY: &[&str] = &[
    "intensity",
    "width",
    "height",
    "colourMap",
    "ground",
    "opacity",
];
/// The names of `LocateOptions`.
pub const LOCATE: &[&str] = &["classIndex", "mode"];
/// The names of `ClassModelOptions`.
pub const CLASS_MODEL: &[&str] = &["recipe", "seed", "side", "start"];

/// What a call is about: its `classIndex`, or its `layer`, `channel` and `position`.
///
/// # Errors
/// `class-out-of-range` without either; `setting-out-of-range` with both, or with what is no
/// neuron; `no-network` for a layer before there is a network.
pub fn target(options: &Options, engine: &engine::Engine) -> Result<Target, Error> {
    match (options.get("classIndex"), options.text("layer")?) {
        (Some(_), Some(_)) => Err(Error::SettingOutOfRange(
            "a classIndex and a layer exclude each other".to_owned(),
        )),
        (_, None) => Ok(Target::Class(options.class("classIndex")?)),
        (None, Some(layer)) => {
            let channel = count("channel", options.number("channel")?.unwrap_or(f64::NAN))?;
            let position =
                options
                    .get("position")
                    .map(|position| match numbers("position", &position)?[..] {
                        [row, column] => Ok([count("position", row)?, count("position", column)?]),
                        _ => Err(must_be("position", "a row and a column", &position)),
                    });
            Ok(Target::Neuron {
                layer: engine.network()?.layer(&layer)?,
                channel,
                position: position.transpose()?,
            })
        }
    }
}

/// What a saliency map is of, and how it is made.
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

/// A class model's settings; it may start from the engine's picture.
///
/// # Errors
/// As [`target`], `setting-out-of-range`, and `no-picture` where it is to start from one.
pub fn class_model_settings(
    options: &Options,
    engine: &engine::Engine,
) -> Result<ClassModelSettings, Error> {
    let defaults = ClassModelSettings::new(target(options, engine)?);
    Ok(ClassModelSettings {
        recipe: match options.text("recipe")? {
            None => defaults.recipe,
            Some(id) => class_model_recipe(&id)?.clone(),
        },
        seed: options
            .count("seed")?
            .map_or(defaults.seed, |seed| seed as u64),
        side: options.count("side")?,
        initialisation: match options.text("start")?.as_deref() {
            None => defaults.initialisation,
            Some("zero") => Initialisation::Zero,
            Some("noise") => Initialisation::Noise,
            Some("photo") => Initialisation::Picture(engine.picture()?),
            Some(other) => {
                return Err(Error::SettingOutOfRange(format!(
                    "start must be zero, noise or photo, not \"{other}\""
                )));
            }
        },
        target: defaults.target,
    })
}

/// The mode that a cut or `locate` asks for.
///
/// # Errors
/// `setting-out-of-range` for one that is none.
pub fn mode(options: &Options, default: LocateMode) -> Result<LocateMode, Error> {
    options
        .text("mode")?
        .map_or(Ok(default), |mode| mode.parse())
}

/// What a cut starts from, kept for the time of the call.
pub enum CutGuide {
    /// A saliency map.
    Saliency(SaliencyMap),
    /// A box around the object.
    Rectangle(BoundingBox),
}

impl CutGuide {
    /// As the cut takes it.
    pub fn as_guide(&self) -> Prompt<'_> {
        match self {
            CutGuide::Saliency(map) => Prompt::Saliency(map),
            CutGuide::Rectangle(rectangle) => Prompt::Rectangle(*rectangle),
        }
    }
}

/// The `saliency` or the `rectangle` of a call's options on a photo of these columns and rows, and
/// its settings: where nothing else is asked for, those of the mode or GrabCut's.
///
/// # Errors
/// `setting-out-of-range`.
pub fn cut_guide(
    options: &Options,
    default: LocateMode,
    photo: (u32, u32),
) -> Result<(CutGuide, CutSettings), Error> {
    let mode = mode(options, default)?;
    let (guide, defaults) = match (options.get("saliency"), options.get("rectangle")) {
        (Some(map), None) => (CutGuide::Saliency(saliency_map(&map)?), mode.cut_settings()),
        (None, Some(area)) => (
            CutGuide::Rectangle(rectangle(&area, photo)?),
            CutSettings::rectangle(),
        ),
        _ => {
            return Err(Error::SettingOutOfRange(
                "a cut starts from either a saliency map or a rectangle".to_owned(),
            ));
        }
    };
    let whole = |name, default| {
        options
            .count(name)
            .map(|count| count.map_or(default, |count| count as u32))
    };
    let settings = CutSettings {
        foreground_quantile: options
            .number("foregroundQuantile")?
            .unwrap_or(defaults.foreground_quantile),
        background_quantile: options
            .number("backgroundQuantile")?
            .unwrap_or(defaults.background_quantile),
        working_side: whole("workingSide", defaults.working_side)?,
        iterations: whole("iterations", defaults.iterations)?,
        ..defaults
    };
    Ok((guide, settings))
}

/// The map that `overlay` and `overlayPng` draw, and how.
///
/// # Errors
/// `setting-out-of-range`, naming what is missing or is not what it has to be.
pub fn map_layer(options: &Options) -> Result<MapLayer, Error> {
    let levels = options.get("intensity").unwrap_or(JsValue::UNDEFINED);
    let levels = levels
        .dyn_into::<Uint8Array>()
        .map_err(|levels| must_be("intensity", "a Uint8Array", &levels))?
        .to_vec();
    let columns = options.count("width")?.unwrap_or(0);
    let rows = options.count("height")?.unwrap_or(0);
    if levels.is_empty() || columns.checked_mul(rows) != Some(levels.len()) {
        return Err(Error::SettingOutOfRange(format!(
            "`intensity` must have width x height levels: {columns} x {rows} are not {}",
            levels.len()
        )));
    }
    let opacity = options.number("opacity")?.unwrap_or(1.0);
    if !(0.0..=1.0).contains(&opacity) {
        return Err(Error::SettingOutOfRange(format!(
            "opacity must be 0 to 1, not {opacity}"
        )));
    }
    let colour_map = options.text("colourMap")?;
    let ground = options.text("ground")?;
    Ok(MapLayer {
        intensity: Intensity {
            levels,
            rows,
            columns,
        },
        colour_map: colour_map.map_or(Ok(ColourMap::default()), |id| id.parse())?,
        ground: ground.map_or(Ok(Ground::default()), |id| id.parse())?,
        opacity: opacity as f32,
    })
}

/// A stroke.
///
/// # Errors
/// `setting-out-of-range`, naming what is missing or is not what it has to be.
pub fn stroke(options: &Options) -> Result<Stroke, Error> {
    let get = |name: &str| options.get(name).unwrap_or(JsValue::UNDEFINED);
    let (points, object) = (get("points"), get("object"));
    let places = numbers("points", &points)?;
    let (pairs, []) = places.as_chunks() else {
        return Err(Error::SettingOutOfRange(format!(
            "`points` must be pairs of numbers, and {} are none",
            places.len()
        )));
    };
    Ok(Stroke {
        points: pairs.iter().map(|&[x, y]| [x as f32, y as f32]).collect(),
        radius: number("radius", &get("radius"))? as f32,
        object: object
            .as_bool()
            .ok_or_else(|| must_be("object", "true or false", &object))?,
    })
}

fn rectangle(area: &JsValue, (columns, rows): (u32, u32)) -> Result<BoundingBox, Error> {
    let side = |key: &str| {
        let value =
            Reflect::get(area, &key.into()).map_err(|_| must_be("rectangle", "a box", area))?;
        number(&format!("rectangle.{key}"), &value)
    };
    BoundingBox::touched_by(
        [side("x")?, side("y")?, side("width")?, side("height")?],
        [columns, rows],
    )
}

/// A `SaliencyMap`, of which the grid alone is read, or any object with its three properties.
fn saliency_map(map: &JsValue) -> Result<SaliencyMap, Error> {
    let grid = Reflect::get(map, &"grid".into())
        .ok()
        .filter(JsValue::is_object);
    let map = grid.as_ref().unwrap_or(map);
    let get = |key: &str| {
        Reflect::get(map, &key.into()).map_err(|_| {
            Error::SettingOutOfRange(format!("`saliency` has no {key}, or has been freed"))
        })
    };
    let side = |key: &str| {
        let name = format!("saliency.{key}");
        number(&name, &get(key)?).and_then(|value| count(&name, value))
    };
    let (columns, rows, values) = (side("width")?, side("height")?, get("values")?);
    Ok(SaliencyMap {
        values: single_precision("saliency.values", &values)?,
        rows,
        columns,
    })
}

/// The numbers of an array, each finite.
///
/// # Errors
/// `setting-out-of-range`, naming `name`, for anything else.
pub fn finite_numbers(name: &str, values: &JsValue) -> Result<Vec<f32>, Error> {
    let numbers = single_precision(name, values)?;
    match numbers.iter().position(|number| !number.is_finite()) {
        None => Ok(numbers),
        Some(index) => Err(Error::SettingOutOfRange(format!(
            "`{name}[{index}]` must be finite, not {}",
            numbers[index]
        ))),
    }
}

/// The numbers of an array, rounded to single precision; those of a `Float32Array` in one copy.
fn single_precision(name: &str, values: &JsValue) -> Result<Vec<f32>, Error> {
    if let Some(values) = values.dyn_ref::<Float32Array>() {
        return Ok(values.to_vec());
    }
    let numbers = numbers(name, values)?;
    Ok(numbers.into_iter().map(|number| number as f32).collect())
}

/// The numbers of an array, or of a typed array of any kind.
fn numbers(name: &str, values: &JsValue) -> Result<Vec<f64>, Error> {
    let is_typed =
        ArrayBuffer::is_view(values) && Reflect::has(values, &"length".into()).unwrap_or(false); // a DataView has none
    if !is_typed && !Array::is_array(values) {
        return Err(must_be(name, "an array of numbers", values));
    }
    Array::from(values)
        .iter()
        .enumerate()
        .map(|(i, value)| number(&format!("{name}[{i}]"), &value))
        .collect()
}
