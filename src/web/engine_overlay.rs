//! The exported class `Engine`: the photo with a saliency map over it.

use js_sys::{Promise, Uint8Array, Uint8ClampedArray};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::arguments::{Options, must_be};
use super::engine::Engine;
use super::js_error::EngineError;
use super::js_progress::{JsProgress, LONG_CALL};
use super::js_values::{pixels_object, promise};
use super::png_blob::PngBlob;
use crate::error::Error;
use crate::render::{ColourMap, Colours, Ground, Intensity, MapLayer, overlay_rows, write_overlay};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** Options of `overlay` and `overlayPng`. */
export interface OverlayOptions {
    /**
     * width * height levels of a map, 0 to 255, row-major, edge to edge over the photo;
     * interpolated in the photo's own size.
     */
    intensity: Uint8Array;
    width: number;
    height: number;
    /** Whether the levels are signed, 128 being 0, and drawn in orange (for) and blue (against). */
    signed?: boolean;
    /** Id of one of `Engine.colourMaps()`; the first when left out. Signed levels have none. */
    colourMap?: string;
    /**
     * `grey`, the dimmed photo in grey, when left out; `colour`, the dimmed photo; or `none`, the
     * map alone.
     */
    ground?: string;
    /** Opacity of the map, 0 to 1; 1 when left out. */
    opacity?: number;
}
"#;

/// The names of `OverlayOptions`.
const OVERLAY: &[&str] = &[
    "intensity",
    "width",
    "height",
    "signed",
    "colourMap",
    "ground",
    "opacity",
];

#[wasm_bindgen]
impl Engine {
    /// The photo in its own size with a saliency map over it, as the page shows it.
    #[wasm_bindgen(unchecked_return_type = "PicturePixels")]
    pub fn overlay(
        &self,
        #[wasm_bindgen(unchecked_param_type = "OverlayOptions")] options: JsValue,
    ) -> Result<JsValue, EngineError> {
        let layer = map_layer(&Options::of(options, &[OVERLAY])?)?;
        let photo = self.snapshot().picture()?;
        let rgba = Uint8ClampedArray::new_with_length(photo.width() * photo.height() * 4);
        let mut start = 0;
        for row in overlay_rows(&photo, &layer) {
            let end = start + row.len() as u32;
            rgba.subarray(start, end).copy_from(&row);
            start = end;
        }
        Ok(pixels_object(rgba, photo.width(), photo.height())?)
    }

    /// The [`overlay`](Engine::overlay) as a PNG file. It is written row by row, without a second
    /// copy of the photo.
    #[wasm_bindgen(js_name = overlayPng, unchecked_return_type = "Promise<Blob>")]
    pub fn overlay_png(
        &self,
        #[wasm_bindgen(unchecked_param_type = "OverlayOptions & LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[OVERLAY, LONG_CALL])?;
            let (layer, progress) = (map_layer(&options)?, JsProgress::of(&options)?);
            let photo = engine.picture()?;
            let file = PngBlob::default();
            write_overlay(&photo, &layer, file.clone(), &progress).await?;
            file.finish()
        })
    }
}

/// The map to draw, and how.
///
/// # Errors
/// `setting-out-of-range`, naming the option that is missing or has another type.
fn map_layer(options: &Options) -> Result<MapLayer, Error> {
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
    let colour_map = colour_map.map_or(Ok(ColourMap::default()), |id| id.parse())?;
    let colours = match options.flag("signed")? {
        Some(true) => Colours::Signs,
        Some(false) | None => Colours::Map(colour_map),
    };
    let ground = options.text("ground")?;
    Ok(MapLayer {
        intensity: Intensity {
            levels,
            rows,
            columns,
        },
        colours,
        ground: ground.map_or(Ok(Ground::default()), |id| id.parse())?,
        opacity: opacity as f32,
    })
}
