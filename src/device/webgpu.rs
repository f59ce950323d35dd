//! Burn's WebGPU devices, and what they find invalid.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use burn::tensor::Device;
use burn::tensor::wgpu::{MemoryConfiguration, WgpuSetup, wgpu};
use futures_util::future::{Either, select};

#[cfg(not(target_family = "wasm"))]
use super::Adapter;
use super::PATIENCE;
use crate::error::Error;

/// A device that was opened. Burn registers it for good, so later engines share it as long as it is
/// sound.
struct Opened {
    tensors: Device,
    /// The first thing that it found invalid, or why it is lost or handed nothing back. What ran
    /// into it did nothing, so no result of this device since then can be trusted.
    fault: Arc<OnceLock<String>>,
}

static OPENED: Mutex<Vec<Opened>> = Mutex::new(Vec::new());

fn opened() -> MutexGuard<'static, Vec<Opened>> {
    OPENED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A WebGPU device without a fault: one that is open already, else a new one.
///
/// # Errors
/// `gpu-unavailable` when it is refused, or has not come when `patience` ends.
pub async fn open(patience: impl Future<Output = ()>) -> Result<Device, Error> {
    if let Some(sound) = opened().iter().find(|opened| opened.fault.get().is_none()) {
        return Ok(sound.tensors.clone());
    }
    #[cfg(target_family = "wasm")]
    if opened().is_empty() {
        call_constructors();
    }
    let setup = match select(pin!(request_device()), pin!(patience)).await {
        Either::Left((setup, _)) => setup?,
        Either::Right(_) => {
            let seconds = PATIENCE.as_secs();
            return Err(Error::GpuUnavailable(format!(
                "the adapter has given no device within {seconds} seconds"
            )));
        }
    };
    let device = setup.device.clone();
    // A buffer for each tensor, as it always is in browsers: a kernel must not read and write one
    // buffer, and with tensors side by side in one it would.
    let options = Device::wgpu_options()
        .memory_config(MemoryConfiguration::ExclusivePages)
        .setup(setup);
    let tensors = options
        .init()
        .map_err(|error| Error::GpuUnavailable(error.to_string()))?;
    let fault = Arc::new(OnceLock::new());
    let found = fault.clone();
    // In place of Burn's panic in a callback, which nobody would catch: the call that met the error
    // has returned by then.
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
        found.get_or_init(|| error.to_string());
    }));
    let found = fault.clone();
    device.set_device_lost_callback(move |_, message| {
        found.get_or_init(|| format!("the device is lost: {message}"));
    });
    opened().push(Opened {
        tensors: tensors.clone(),
        fault,
    });
    Ok(tensors)
}

/// Why results from that device cannot be trusted, where they cannot.
pub fn fault(device: &Device) -> Option<String> {
    opened()
        .iter()
        .find(|opened| opened.tensors == *device)
        .and_then(|opened| opened.fault.get().cloned())
}

/// From now on results from that device are not to be trusted, for this reason, and [`open`] does
/// not give it again.
pub fn condemn(device: &Device, reason: &str) {
    if let Some(opened) = opened().iter().find(|opened| opened.tensors == *device) {
        opened.fault.get_or_init(|| reason.to_owned());
    }
}

/// The adapter that [`open`] takes.
#[cfg(not(target_family = "wasm"))]
pub async fn adapter() -> Option<Adapter> {
    let info = request_adapter().await.ok()?.get_info();
    Some(Adapter {
        name: info.name,
        software: info.device_type == wgpu::DeviceType::Cpu,
    })
}

async fn request_adapter() -> Result<wgpu::Adapter, Error> {
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    };
    instance()
        .request_adapter(&options)
        .await
        .map_err(|error| Error::GpuUnavailable(error.to_string()))
}

/// One for all devices, as Vulkan's loader crashes where instances come and go on several threads
/// at once.
fn instance() -> &'static wgpu::Instance {
    static INSTANCE: OnceLock<wgpu::Instance> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::PRIMARY,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        })
    })
}

/// A new device with all that its adapter has, which is what Burn takes it to have.
async fn request_device() -> Result<WgpuSetup, Error> {
    let adapter = request_adapter().await?;
    let mut required_features = adapter.features();
    required_features
        .remove(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS | wgpu::Features::all_experimental_mask());
    let descriptor = wgpu::DeviceDescriptor {
        required_features,
        required_limits: adapter.limits(),
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..Default::default()
    };
    let requested = adapter.request_device(&descriptor).await;
    let (device, queue) = requested.map_err(|error| Error::GpuUnavailable(error.to_string()))?;
    let backend = adapter.get_info().backend;
    Ok(WgpuSetup {
        instance: instance().clone(),
        adapter,
        device,
        queue,
        backend,
    })
}

/// What the GPU backend's crates have to do before anything else: thousands of registrations.
///
/// A program that does not call this has it called by its linker on every call from outside, some
/// hundreds in a gradient: that was over half of a gradient's time on the software adapter.
#[cfg(target_family = "wasm")]
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

#[cfg(all(test, not(target_family = "wasm")))]
mod native_webgpu {
    use std::future::pending;

    use super::*;

    #[test]
    fn a_device_with_a_fault_is_not_opened_again() {
        pollster::block_on(async {
            let first = open(pending()).await.unwrap();
            assert!(open(pending()).await.unwrap() == first);
            assert_eq!(fault(&first), None);
            condemn(&first, "a shader is broken");
            condemn(&first, "what came of it");
            let second = open(pending()).await.unwrap();
            assert!(second != first);
            assert_eq!(fault(&first), Some("a shader is broken".to_owned()));
            assert_eq!(fault(&second), None);
        });
    }
}
