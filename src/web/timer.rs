//! Waiting, by JavaScript's `setTimeout`.

use std::time::Duration;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // The global function, which windows, workers and Node.js have.
    #[wasm_bindgen(js_name = setTimeout, catch)]
    fn set_timeout(call: &Function, milliseconds: u32) -> Result<JsValue, JsValue>;
}

/// Resolves to `undefined` after `wait`, in a task of its own, so that the messages that wait for
/// the worker are handled first. (A resolved promise would run before them.)
pub fn after(wait: Duration) -> Promise {
    Promise::new(&mut |resolve, _| {
        // Everything that runs wasm has setTimeout; without it, going on at once is right.
        if set_timeout(&resolve, wait.as_millis() as u32).is_err() {
            let _ = resolve.call0(&JsValue::NULL);
        }
    })
}
