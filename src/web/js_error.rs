//! Errors as JavaScript `Error` objects.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::error::Error;

/// `Error { name: "EngineError", code, message, detail }`.
pub fn js_error(error: Error) -> JsValue {
    let object = js_sys::Error::new(&error.to_string());
    object.set_name("EngineError");
    for (key, value) in [("code", error.code()), ("detail", error.detail())] {
        // A plain new object takes any property.
        let _ = Reflect::set(&object, &key.into(), &value.into());
    }
    object.into()
}

/// A number that arrives from JavaScript, which may be missing, negative, fractional or NaN, as a
/// class index.
///
/// # Errors
/// `class-out-of-range` when it is not a whole number >= 0; whether there is such a class is for
/// the network to say.
pub fn class_index(value: f64) -> Result<usize, Error> {
    whole_number(value)
        .ok_or_else(|| Error::ClassOutOfRange(format!("{value} is not a class index")))
}

/// A count from JavaScript.
///
/// # Errors
/// `setting-out-of-range`, naming the setting, when it is not a whole number >= 0.
pub fn count(name: &str, value: f64) -> Result<usize, Error> {
    whole_number(value).ok_or_else(|| {
        Error::SettingOutOfRange(format!("`{name}` must be a whole number, not {value}"))
    })
}

fn whole_number(value: f64) -> Option<usize> {
    (value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value)).then_some(value as usize)
}
