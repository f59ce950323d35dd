//! Results as JavaScript values: promises, typed objects, pixels.

use std::future::Future;

use js_sys::{Object, Promise, Reflect, Uint8ClampedArray};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use super::js_error::EngineError;
use crate::error::Error;
use crate::image_input::Picture;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** The photo's pixels: width * height RGBA values, opaque, row-major from the top left. */
export interface PicturePixels { rgba: Uint8ClampedArray; width: number; height: number; }
/** A class model's pixels: width * height RGBA values, opaque, row-major from the top left. */
export interface ClassModelPixels { rgba: Uint8ClampedArray; width: number; height: number; }
"#;

/// Bytes of RGBA that are copied to JavaScript at a time.
const STRIP_BYTES: u32 = 2 << 20;

/// A promise of what `work` gives; rejected with its error.
pub fn promise<T: Into<JsValue>>(
    work: impl Future<Output = Result<T, Error>> + 'static,
) -> Promise {
    future_to_promise(async move { Ok(work.await.map_err(EngineError::from)?.into()) })
}

/// A plain object, or an array of them.
///
/// # Errors
/// `internal` when a value has no counterpart in JavaScript.
pub fn js_object(value: &impl Serialize) -> Result<JsValue, Error> {
    serde_wasm_bindgen::to_value(value).map_err(|error| Error::Internal(error.to_string()))
}

/// An object with these properties. Their values are not copied.
///
/// # Errors
/// `internal` when JavaScript refuses a property.
pub fn plain_object<const N: usize>(properties: [(&str, JsValue); N]) -> Result<JsValue, Error> {
    let object = Object::new();
    for (key, value) in properties {
        Reflect::set(&object, &key.into(), &value)
            .map_err(|_| Error::Internal("a property was refused".to_owned()))?;
    }
    Ok(object.into())
}

/// A picture's pixels: `PicturePixels` or `ClassModelPixels`.
///
/// # Errors
/// As [`plain_object`].
pub fn picture_object(picture: &Picture) -> Result<JsValue, Error> {
    let row = picture.width() * 4;
    let rgba = Uint8ClampedArray::new_with_length(row * picture.height());
    let rows = (STRIP_BYTES / row).max(1);
    for first in (0..picture.height()).step_by(rows as usize) {
        let end = picture.height().min(first + rows);
        rgba.subarray(first * row, end * row)
            .copy_from(&picture.rgba_rows(first, rows));
    }
    pixels_object(rgba, picture.width(), picture.height())
}

/// `width * height` RGBA pixels and their size.
///
/// # Errors
/// As [`plain_object`].
pub fn pixels_object(rgba: Uint8ClampedArray, width: u32, height: u32) -> Result<JsValue, Error> {
    plain_object([
        ("rgba", rgba.into()),
        ("width", width.into()),
        ("height", height.into()),
    ])
}
