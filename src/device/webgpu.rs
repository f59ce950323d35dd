//! Burn's WebGPU device in the browser, and what it finds invalid.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, OnceLock};

use burn::tensor::Device;
use futures_util::future::{Either, select};

use super::PATIENCE;
use crate::error::Error;

thread_local! {
    // Burn registers one WebGPU device for good: a second registration is an error, so later
    // engines share the first one's.
    static OPENED: RefCell<Option<Device>> = const { RefCell::new(None) };
}

/// The first thing that WebGPU found invalid. What ran into it did nothing, so no result since then
/// can be trusted.
static INVALID: OnceLock<String> = OnceLock::new();

/// The browser's WebGPU device.
///
/// # Errors
/// `gpu-unavailable` when it is refused, or has not come when `patience` ends.
pub async fn open(patience: impl Future<Output = ()>) -> Result<Device, Error> {
    if let Some(device) = OPENED.with_borrow(Clone::clone) {
        return Ok(device);
    }
    call_constructors();
    let options = Device::wgpu_options();
    let opened = match select(pin!(options.init_with_setup_async()), pin!(patience)).await {
        Either::Left((opened, _)) => opened,
        Either::Right(_) => {
            let seconds = PATIENCE.as_secs();
            return Err(Error::GpuUnavailable(format!(
                "the adapter has given no device within {seconds} seconds"
            )));
        }
    };
    let (device, setup) = opened.map_err(|error| Error::GpuUnavailable(error.to_string()))?;
    // In place of a panic in a callback, which nobody would catch: the call that met the error has
    // returned by then.
    setup
        .device
        .on_uncaptured_error(Arc::new(|error: burn_wgpu::wgpu::Error| {
            INVALID.get_or_init(|| error.to_string());
        }));
    OPENED.set(Some(device.clone()));
    Ok(device)
}

/// Why results from that device cannot be trusted, where they cannot.
pub fn fault(device: &Device) -> Option<String> {
    OPENED
        .with_borrow(|opened| opened.as_ref() == Some(device))
        .then(|| INVALID.get().cloned())
        .flatten()
}

/// What the GPU backend's crates have to do before anything else: thousands of registrations.
///
/// A program that does not call this has it called by its linker on every call from outside, some
/// hundreds in a gradient: that was over half of a gradient's time on the software adapter.
#[allow(
    unsafe_code,
    reason = "the linker's own function, called as it is meant to be: once, and before what needs it"
)]
fn call_constructors() {
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }
    unsafe { __wasm_call_ctors() };
}
