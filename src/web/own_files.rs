//! The package's own files. The package's entry knows their addresses and how to read them.

use std::cell::RefCell;

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::error::Error;

thread_local! {
    static READ: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Called by the package's entry: from now on the package's own files are read by `read(file):
/// Promise<ArrayBuffer>`, where `file` is a name below `weights/`.
#[wasm_bindgen(js_name = readOwnFilesWith, skip_typescript)]
pub fn read_own_files_with(read: Function) {
    READ.set(Some(read));
}

/// The bytes of the package's own file of weights.
///
/// # Errors
/// `weights-download-failed`, with the reason.
pub async fn own_weights(file: &str) -> Result<Vec<u8>, Error> {
    let failed = |error: JsValue| {
        let error = error.dyn_ref::<js_sys::Error>();
        let reason = error.map_or_else(
            || "no reason was given".to_owned(),
            |error| error.message().into(),
        );
        Error::WeightsDownloadFailed(format!("{file}: {reason}"))
    };
    let read = READ.with_borrow(Clone::clone);
    let read = read.ok_or_else(|| {
        failed(js_sys::Error::new("this program was not started by the package's entry").into())
    })?;
    let reading = read
        .call1(&JsValue::UNDEFINED, &file.into())
        .map_err(failed)?;
    let buffer = JsFuture::from(Promise::resolve(&reading))
        .await
        .map_err(failed)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
