//! Errors as JavaScript `Error` objects.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::error::Error;

/// An error on its way to JavaScript.
pub struct EngineError(Error);

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<EngineError> for JsValue {
    /// `Error { name: "EngineError", code, message, detail }`.
    fn from(EngineError(error): EngineError) -> Self {
        let object = js_sys::Error::new(&error.to_string());
        object.set_name("EngineError");
        for (key, value) in [("code", error.code()), ("detail", error.detail())] {
            // A new object accepts any property.
            let _ = Reflect::set(&object, &key.into(), &value.into());
        }
        object.into()
    }
}
