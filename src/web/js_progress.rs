//! Progress callbacks and `AbortSignal`s.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use js_sys::{Function, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::arguments::{Options, must_be};
use super::timer::after;
use crate::error::Error;
use crate::progress::Progress;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** Options of every long call, besides its own. */
export interface LongCall {
    /** Called after each part of the work, with the parts that are done and their total number. */
    onProgress?: (done: number, total: number) => void;
    /** Aborting it makes the call fail with `cancelled`. */
    signal?: AbortSignal;
}
"#;

/// The names of `LongCall`.
pub const LONG_CALL: &[&str] = &["onProgress", "signal"];

/// Calls `onProgress(done, total)`, lets the worker's event loop handle its messages, then checks
/// `signal.aborted`.
pub struct JsProgress {
    on_progress: Option<Function>,
    signal: Option<AbortSignal>,
}

impl JsProgress {
    /// Reads `onProgress` and `signal` from a call's options.
    ///
    /// # Errors
    /// `setting-out-of-range` when `onProgress` is no function or `signal` no `AbortSignal`.
    pub fn of(options: &Options) -> Result<Self, Error> {
        let on_progress = options.get("onProgress");
        let on_progress = on_progress.map(|value| {
            value
                .dyn_into()
                .map_err(|value| must_be("onProgress", "a function", &value))
        });
        let signal = options.get("signal").map(|value| {
            // A signal of another window is not an instance of this window's class.
            let aborted = Reflect::get(&value, &"aborted".into()).ok();
            match aborted.and_then(|aborted| aborted.as_bool()) {
                Some(_) => Ok(value.unchecked_into()),
                None => Err(must_be("signal", "an AbortSignal", &value)),
            }
        });
        Ok(Self {
            on_progress: on_progress.transpose()?,
            signal: signal.transpose()?,
        })
    }

    async fn turn(&self, done: usize, total: usize) -> Result<(), Error> {
        if let Some(callback) = &self.on_progress {
            // The work continues if the callback throws.
            let _ = callback.call2(
                &JsValue::NULL,
                &(done as u32).into(),
                &(total as u32).into(),
            );
        }
        let Some(signal) = &self.signal else {
            return Ok(());
        };
        let _ = JsFuture::from(after(Duration::ZERO)).await;
        if signal.aborted() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }
}

impl Progress for JsProgress {
    fn report<'a>(
        &'a self,
        done: usize,
        total: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>> {
        Box::pin(self.turn(done, total))
    }
}
