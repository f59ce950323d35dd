//! Waiting, by JavaScript's `setTimeout`.

use std::time::Duration;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// Resolves to `undefined` after `wait`, in a task of its own: messages that wait for the worker
/// come first. (A resolved promise would not let them.)
pub fn after(wait: Duration) -> Promise {
    Promise::new(&mut |resolve, _| {
        let timer = Reflect::get(&js_sys::global(), &"setTimeout".into())
            .map(JsCast::unchecked_into::<Function>);
        // Everything that runs wasm has setTimeout; were it missing, going on at once is right.
        if timer
            .and_then(|timer| {
                timer.call2(&JsValue::NULL, &resolve, &(wait.as_millis() as u32).into())
            })
            .is_err()
        {
            let _ = resolve.call0(&JsValue::NULL);
        }
    })
}
