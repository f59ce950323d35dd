//! WebGPU or CPU, chosen at run time and never silently.

#[cfg(any(
    feature = "native-webgpu",
    all(target_family = "wasm", feature = "webgpu")
))]
mod webgpu;

use std::future::Future;
use std::time::Duration;

use burn::tensor::{Device, Tensor};

use crate::error::Error;

/// What the caller asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// WebGPU on a hardware adapter, else the CPU: a software adapter takes several times as long
    /// as the CPU backend.
    Auto,
    /// WebGPU on any adapter, or an error.
    WebGpu,
    /// The CPU.
    Cpu,
}

impl DeviceChoice {
    /// Whether this choice means WebGPU where `adapter` is offered.
    pub fn takes_webgpu(self, adapter: Option<&Adapter>) -> bool {
        adapter.is_some_and(|adapter| match self {
            DeviceChoice::Auto => !adapter.software,
            DeviceChoice::WebGpu => true,
            DeviceChoice::Cpu => false,
        })
    }
}

impl std::str::FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "auto" => Ok(DeviceChoice::Auto),
            "webgpu" => Ok(DeviceChoice::WebGpu),
            "cpu" => Ok(DeviceChoice::Cpu),
            _ => Err(Error::SettingOutOfRange(format!(
                "device \"{name}\" is none of auto, webgpu, cpu"
            ))),
        }
    }
}

/// The WebGPU adapter that the browser offers, or natively the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// Its name, as far as the browser discloses it.
    pub name: String,
    /// Whether it computes on the CPU.
    pub software: bool,
}

impl Adapter {
    /// The adapter of a `GPUAdapterInfo` whose vendor, architecture, device and description are
    /// `words`, empty where the browser does not disclose them. `fallback` is what the browser says;
    /// not every browser marks its software adapters, so their names count as well.
    ///
    /// ```
    /// use deep_inside::device::Adapter;
    ///
    /// let adapter = Adapter::described(["google", "swiftshader", "", ""].map(String::from), false);
    /// assert_eq!(adapter.name, "google swiftshader");
    /// assert!(adapter.software);
    /// ```
    pub fn described(words: [String; 4], fallback: bool) -> Self {
        let known: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .filter(|word| !word.is_empty())
            .collect();
        let all = known.join(" ");
        let lower_case = all.to_lowercase();
        let software = SOFTWARE_ADAPTERS
            .iter()
            .any(|name| lower_case.contains(name));
        let name = match known[..] {
            [] => "unnamed adapter",
            // The description repeats the others.
            [_, _, _, description] => description,
            _ => &all,
        };
        Self {
            name: name.to_owned(),
            software: fallback || software,
        }
    }
}

/// Parts of the names of adapters that compute on the CPU, in lower case.
const SOFTWARE_ADAPTERS: [&str; 4] = ["swiftshader", "llvmpipe", "software", "basic render"];

/// How long the browser gets to answer a question about its GPU: some never do, as a driver hangs.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What comes of asking the browser for a WebGPU adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// This one.
    Adapter(Adapter),
    /// There is none, or no WebGPU at all.
    Nothing,
    /// No answer within [`PATIENCE`].
    Silence,
}

impl Offer {
    /// The adapter, where there is one.
    pub fn adapter(&self) -> Option<&Adapter> {
        match self {
            Offer::Adapter(adapter) => Some(adapter),
            Offer::Nothing | Offer::Silence => None,
        }
    }
}

/// Why there is no adapter to be had.
const NO_ADAPTER: &str = if cfg!(target_family = "wasm") {
    "the browser offers no adapter"
} else if cfg!(feature = "native-webgpu") {
    "the system offers no adapter"
} else {
    "the program was built without the feature native-webgpu"
};

/// The adapter that an engine can have outside of a browser: none where the system has none, or the
/// program was built without the feature `native-webgpu`.
#[cfg(not(target_family = "wasm"))]
pub async fn native_adapter() -> Option<Adapter> {
    webgpu::adapter().await
}

/// The device that an engine computes on, and why it is this one.
#[derive(Debug, Clone)]
pub struct ComputeDevice {
    /// Where tensors live.
    pub tensors: Device,
    /// `webgpu` or `cpu`.
    pub kind: &'static str,
    /// The adapter's name, or the CPU backend's.
    pub adapter: String,
    /// The computation runs on the CPU: by the CPU backend, or by a software adapter.
    pub software: bool,
    /// A sentence that says why.
    pub reason: String,
}

impl ComputeDevice {
    /// Opens the device that `choice` means where this `offer` is made: by the browser, or natively
    /// by [`native_adapter`]. An adapter that has given no device when `patience` ends is taken for
    /// one that refuses.
    ///
    /// # Errors
    /// `gpu-unavailable` when WebGPU was asked for by name and there is no adapter, or it refuses a
    /// device.
    pub async fn open(
        choice: DeviceChoice,
        offer: Offer,
        patience: impl Future<Output = ()>,
    ) -> Result<Self, Error> {
        let silence = || {
            format!(
                "the browser has not answered the question for a GPU within {} seconds",
                PATIENCE.as_secs()
            )
        };
        let (adapter, reason) = match (choice, offer) {
            (DeviceChoice::Cpu, _) => return Ok(Self::cpu("the CPU was asked for")),
            (DeviceChoice::WebGpu, Offer::Nothing) => {
                return Err(Error::GpuUnavailable(NO_ADAPTER.to_owned()));
            }
            (DeviceChoice::WebGpu, Offer::Silence) => return Err(Error::GpuUnavailable(silence())),
            (DeviceChoice::Auto, Offer::Nothing) => {
                return Ok(Self::cpu("no WebGPU adapter is available"));
            }
            (DeviceChoice::Auto, Offer::Silence) => return Ok(Self::cpu(&silence())),
            (DeviceChoice::Auto, Offer::Adapter(adapter))
                if !choice.takes_webgpu(Some(&adapter)) =>
            {
                let name = adapter.name;
                return Ok(Self::cpu(&format!(
                    "the only WebGPU adapter ({name}) is emulated in software, which is slower"
                )));
            }
            (DeviceChoice::WebGpu, Offer::Adapter(adapter)) => (adapter, "WebGPU was asked for"),
            (DeviceChoice::Auto, Offer::Adapter(adapter)) => {
                (adapter, "a hardware WebGPU adapter is available")
            }
        };
        match (webgpu::open(patience).await, choice) {
            (Ok(tensors), _) => Ok(Self {
                tensors,
                kind: "webgpu",
                adapter: adapter.name,
                software: adapter.software,
                reason: reason.to_owned(),
            }),
            (Err(error), DeviceChoice::Auto) => Ok(Self::cpu(&format!(
                "WebGPU could not be started: {}",
                error.detail()
            ))),
            (Err(error), DeviceChoice::WebGpu | DeviceChoice::Cpu) => Err(error),
        }
    }

    /// How many forward and backward passes are worth taking as one.
    pub fn batch(&self) -> usize {
        if self.kind == "webgpu" && !self.software {
            5
        } else {
            1
        }
    }

    /// The CPU backend, taken for `reason`.
    pub fn cpu(reason: &str) -> Self {
        let adapter = if cfg!(target_family = "wasm") {
            "CPU (WebAssembly SIMD)"
        } else {
            "CPU"
        };
        Self {
            tensors: Device::flex(),
            kind: "cpu",
            adapter: adapter.to_owned(),
            software: true,
            reason: reason.to_owned(),
        }
    }
}

#[cfg(not(any(
    feature = "native-webgpu",
    all(target_family = "wasm", feature = "webgpu")
)))]
mod webgpu {
    use super::*;

    pub async fn open(_: impl Future<Output = ()>) -> Result<Device, Error> {
        Err(Error::GpuUnavailable(
            "the program with the WebGPU backend is not loaded".to_owned(),
        ))
    }

    #[cfg(not(target_family = "wasm"))]
    pub async fn adapter() -> Option<Adapter> {
        None
    }

    pub fn fault(_: &Device) -> Option<String> {
        None
    }

    pub fn condemn(_: &Device, _: &str) {}
}

/// Brings a tensor's values to the CPU, row-major, without ever blocking on the GPU.
///
/// # Errors
/// `gpu-lost` when the device does not hand them back, or found something invalid on the way to
/// them. Values that are not finite come of no photo and no weights: from a GPU they are `gpu-lost`
/// as well, else `internal`.
pub async fn read_back<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    let device = tensor.device();
    let data = tensor.into_data_async().await.map_err(|error| {
        webgpu::condemn(&device, &error.to_string());
        Error::GpuLost(error.to_string())
    })?;
    if let Some(fault) = webgpu::fault(&device) {
        return Err(Error::GpuLost(fault));
    }
    let values = data
        .try_into_vec::<f32>()
        .map_err(|error| Error::Internal(format!("{error:?}")))?;
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(place) => {
            let found = format!("value {place} of {} is {}", values.len(), values[place]);
            Err(if device == Device::flex() {
                Error::Internal(found)
            } else {
                Error::GpuLost(found)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(choice: DeviceChoice, offer: Offer) -> Result<ComputeDevice, Error> {
        pollster::block_on(ComputeDevice::open(choice, offer, std::future::pending()))
    }

    #[test]
    fn auto_leaves_a_software_adapter_for_the_cpu_and_says_so() {
        let adapter = Adapter {
            name: "SwiftShader".to_owned(),
            software: true,
        };
        let device = open(DeviceChoice::Auto, Offer::Adapter(adapter)).unwrap();
        assert_eq!(device.kind, "cpu");
        assert!(device.reason.contains("SwiftShader"), "{}", device.reason);
    }

    #[test]
    fn an_adapter_is_named_by_its_description_or_by_what_else_is_known() {
        for (words, fallback, name, software) in [
            (
                ["nvidia", "ada", "0x2684", "NVIDIA RTX"],
                false,
                "NVIDIA RTX",
                false,
            ),
            (["nvidia", "ada", "", ""], false, "nvidia ada", false),
            (["", "", "", "NVIDIA RTX"], true, "NVIDIA RTX", true),
            (["", "", "", ""], false, "unnamed adapter", false),
            (
                ["mesa", "", "", "LLVMpipe (LLVM 19)"],
                false,
                "mesa LLVMpipe (LLVM 19)",
                true,
            ),
            (
                ["ms", "", "x", "Microsoft Basic Render Driver"],
                false,
                "ms x Microsoft Basic Render Driver",
                true,
            ),
        ] {
            let adapter = Adapter::described(words.map(str::to_owned), fallback);
            assert_eq!((&adapter.name[..], adapter.software), (name, software));
        }
    }

    #[test]
    fn only_auto_minds_a_software_adapter() {
        let adapter = |software| Adapter {
            name: String::new(),
            software,
        };
        for (choice, hardware, software) in [
            (DeviceChoice::Auto, true, false),
            (DeviceChoice::WebGpu, true, true),
            (DeviceChoice::Cpu, false, false),
        ] {
            assert_eq!(choice.takes_webgpu(Some(&adapter(false))), hardware);
            assert_eq!(choice.takes_webgpu(Some(&adapter(true))), software);
            assert!(!choice.takes_webgpu(None));
        }
    }

    #[test]
    fn auto_without_an_adapter_takes_the_cpu() {
        assert_eq!(
            open(DeviceChoice::Auto, Offer::Nothing).unwrap().kind,
            "cpu"
        );
    }

    #[test]
    fn webgpu_by_name_without_an_adapter_is_an_error() {
        assert_eq!(
            open(DeviceChoice::WebGpu, Offer::Nothing)
                .unwrap_err()
                .code(),
            "gpu-unavailable"
        );
    }

    #[test]
    fn a_browser_that_does_not_answer_is_named_as_the_reason() {
        let device = open(DeviceChoice::Auto, Offer::Silence).unwrap();
        assert_eq!(device.kind, "cpu");
        assert!(device.reason.contains("not answered"), "{}", device.reason);
        let error = open(DeviceChoice::WebGpu, Offer::Silence).unwrap_err();
        assert_eq!(error.code(), "gpu-unavailable");
        assert!(error.detail().contains("not answered"), "{error}");
    }
}
