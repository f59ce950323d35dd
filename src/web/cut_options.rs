//! The prompt and the settings of a cut.

use js_sys::Reflect;
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use super::arguments::{Options, count, floats, must_be, number};
use super::target::{TARGET, target};
use crate::engine::{self, LocateMode};
use crate::error::Error;
use crate::gradient::Target;
use crate::progress::Progress;
use crate::saliency::SaliencyMap;
use crate::segmentation::{self, CutSettings, ObjectCut, ObjectMaps, Prompt};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** A saliency map over the whole photo: width * height values >= 0, row-major. */
export interface SaliencyValues { width: number; height: number; values: ArrayLike<number>; }
/**
 * The prompt of a cut: a class or another target, whose maps are then computed; a saliency map; or a
 * box around the object in photo pixels. The box stands for all pixels that it touches; the part of
 * it outside the photo is ignored.
 */
export type CutGuide =
    | (TargetOptions & { saliency?: undefined; rectangle?: undefined })
    | { saliency: SaliencyValues; rectangle?: undefined }
    | { rectangle: BoundingBox; saliency?: undefined };
/** Options of `segment` and `objectCut`, besides the prompt. */
export interface SegmentOptions {
    /**
     * For a target or a saliency map: `paper` or `best`, whose settings apply to each option that is
     * left out. `best` finds the object's size: it cuts with seeds of several quantiles, and takes
     * the mask that is most like an object. `segment` uses `paper` when the mode is left out,
     * `objectCut` uses `best`. A rectangle uses GrabCut's settings.
     */
    mode?: string;
    /**
     * The object's seeds are the pixels above this quantile of the map, 0 to 1; when left out 0.95
     * in `paper`. With either quantile, `best` does not look for the object's size: the one that is
     * left out is then 0.9 or 0.7.
     */
    foregroundQuantile?: number;
    /**
     * The background's seeds are the pixels below this quantile of the map, 0 to 1; when left out
     * 0.3 in `paper`.
     */
    backgroundQuantile?: number;
    /**
     * The long side, in pixels, of the reduced photo on which the cut is made; 512 when left out. A
     * smaller one is faster and coarser.
     */
    workingSide?: number;
    /**
     * Number of cuts, 1 to 100, each with the colour models of the last result; 1 when left out, 5
     * for a rectangle. A cut that changes nothing is the last.
     */
    iterations?: number;
}
/** Options of `locate`. */
export interface LocateOptions {
    /** The class, as an index into `NetworkInfo.classes`. */
    classIndex: number;
    /** `paper` or `best`; `best` when left out. */
    mode?: string;
}
"#;

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
/// The names of `LocateOptions`.
pub const LOCATE: &[&str] = &["classIndex", "mode"];

/// A rectangle in photo pixels.
#[derive(Serialize, Tsify)]
pub struct BoundingBox {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// The prompt of a cut, owned for the duration of the call.
pub enum CutPrompt {
    /// A class or another target, whose object is cut by a mode.
    Target(Target, LocateMode),
    /// A saliency map, and whether the object's size is to be found.
    Saliency(SaliencyMap, bool),
    /// A box around the object.
    Rectangle(segmentation::BoundingBox),
}

impl CutPrompt {
    /// The mode in which a target's object is cut; `None` for a map or a box that is given.
    pub fn target_mode(&self) -> Option<LocateMode> {
        match self {
            CutPrompt::Target(_, mode) => Some(*mode),
            CutPrompt::Saliency(..) | CutPrompt::Rectangle(_) => None,
        }
    }

    /// The cut of the engine's photo.
    ///
    /// # Errors
    /// As [`engine::Engine::target_cut`] and [`engine::Engine::object_cut`].
    pub async fn cut(
        &self,
        engine: &engine::Engine,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<ObjectCut, Error> {
        let prompt = match self {
            CutPrompt::Target(target, mode) => {
                return engine.target_cut(target, *mode, settings, progress).await;
            }
            CutPrompt::Saliency(map, true) => Prompt::Object(ObjectMaps {
                map,
                gradient: None,
                entropy: None,
            }),
            CutPrompt::Saliency(map, false) => Prompt::Saliency(map),
            CutPrompt::Rectangle(rectangle) => Prompt::Rectangle(*rectangle),
        };
        engine.object_cut(prompt, settings, progress).await
    }
}

/// The mode of a cut or of `locate`.
///
/// # Errors
/// `setting-out-of-range` for an unknown one.
pub fn mode(options: &Options, default: LocateMode) -> Result<LocateMode, Error> {
    options
        .text("mode")?
        .map_or(Ok(default), |mode| mode.parse())
}

/// The prompt, `saliency`, `rectangle` or the names of a target, on the engine's photo, and the
/// settings of the cut. Settings that are left out are the mode's, or GrabCut's for a rectangle.
///
/// # Errors
/// `no-picture`; for a target as [`target`]; else `setting-out-of-range`.
pub fn cut_options(
    options: &Options,
    default: LocateMode,
    engine: &engine::Engine,
) -> Result<(CutPrompt, CutSettings), Error> {
    let photo = engine.picture_size()?;
    let mode = mode(options, default)?;
    let is_given = |name: &&str| options.get(name).is_some();
    let has_quantile = ["foregroundQuantile", "backgroundQuantile"]
        .iter()
        .any(&is_given);
    let has_target = TARGET.iter().any(is_given);
    let (prompt, defaults) = match (options.get("saliency"), options.get("rectangle")) {
        (None, None) if has_target && has_quantile => {
            return Err(Error::SettingOutOfRange(
                "quantiles are of a saliency map that is given".to_owned(),
            ));
        }
        (None, None) if has_target => (
            CutPrompt::Target(target(options, engine)?, mode),
            mode.cut_settings(),
        ),
        (Some(map), None) if !has_target => (
            CutPrompt::Saliency(
                saliency_map(&map)?,
                mode == LocateMode::Best && !has_quantile,
            ),
            mode.cut_settings(),
        ),
        (None, Some(area)) if !has_target => (
            CutPrompt::Rectangle(rectangle(&area, photo)?),
            CutSettings::rectangle(),
        ),
        _ => {
            return Err(Error::SettingOutOfRange(
                "a cut starts from one of a target, a saliency map and a rectangle".to_owned(),
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
    Ok((prompt, settings))
}

fn rectangle(
    area: &JsValue,
    (columns, rows): (u32, u32),
) -> Result<segmentation::BoundingBox, Error> {
    let side = |key: &str| {
        let value =
            Reflect::get(area, &key.into()).map_err(|_| must_be("rectangle", "a box", area))?;
        number(&format!("rectangle.{key}"), &value)
    };
    segmentation::BoundingBox::touched_by(
        [side("x")?, side("y")?, side("width")?, side("height")?],
        [columns, rows],
    )
}

/// A `SaliencyMap`, of which only the grid is read, or any object with the grid's three properties.
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
    Ok(SaliencyMap {
        columns: side("width")?,
        rows: side("height")?,
        values: floats("saliency.values", &get("values")?)?,
    })
}
