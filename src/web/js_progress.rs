//! Progress callbacks and `AbortSignal`s.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use js_sys::{Function, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

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

/// Calls `onProgress(done, total)`, lets the worker's event loop take its messages, then looks at
/// `signal.aborted`.
pub struct JsProgress {
    on_progress: Option<Function>,
    signal: Option<JsValue>,
}

impl JsProgress {
    /// Takes `onProgress` and `signal` out of a call's options.
    ///
    /// # Errors
    /// `setting-out-of-range` when the one is no function, or the other no `AbortSignal`.
    pub fn of(options: &Options) -> Result<Self, Error> {
        let on_progress = options.get("onProgress");
        let on_progress = on_progress.map(|value| {
            value
                .dyn_into()
                .map_err(|value| must_be("onProgress", "a function", &value))
        });
        let signal = options.get("signal");
        if let Some(signal) = &signal {
            let aborted = Reflect::get(signal, &"aborted".into())
                .ok()
                .and_then(|aborted| aborted.as_bool());
            aborted.ok_or_else(|| must_be("signal", "an AbortSignal", signal))?;
        }
        Ok(Self {
            on_progress: on_progress.transpose()?,
            signal,
        })
    }

    async fn turn(&self, done: usize, total: usize) -> Result<(), Error> {
        if let Some(callback) = &self.on_progress {
            // A callback that throws is the caller's affair; the work goes on.
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
        match Reflect::get(signal, &"aborted".into()) {
            Ok(aborted) if aborted.is_truthy() => Err(Error::Cancelled),
            _ => Ok(()),
        }
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
