//! Look inside an ImageNet ConvNet: *Deep Inside Convolutional Networks* (Simonyan, Vedaldi &
//! Zisserman, arXiv 1312.6034) on WebGPU or the CPU, in the browser or natively.
//!
//! [`Engine`] is the whole crate for callers: it holds a device, a network and a picture.
//!
//! ```
//! use deep_inside::Engine;
//! use deep_inside::device::DeviceChoice;
//! use deep_inside::engine::LocateMode;
//! use deep_inside::image_input::decode_file;
//! use deep_inside::progress::NoProgress;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> { pollster::block_on(async {
//! let mut engine = Engine::open(DeviceChoice::Cpu, None).await?;
//! engine.load_network("squeezenet1_1", &std::fs::read("weights/squeezenet1_1.safetensors")?)?;
//! engine.set_picture(decode_file(&std::fs::read("www/samples/chelsea.jpg")?)?);
//!
//! let scores = engine.classify().await?;
//! let egyptian_cat = 285;
//! assert_eq!(scores.len(), 1000);
//! let object = engine.locate(egyptian_cat, LocateMode::Best, &NoProgress).await?;
//! assert!(object.bounding_box.width > 200);
//! # Ok(()) }) }
//! ```
//!
//! How the data flows. Each word between `picture` and `page` is a module, and imports only modules
//! from which arrows lead to it, plus the basics: [`error`], [`progress`], [`rng`], [`device`],
//! `fast_math` and `matrix3`:
//!
//! ```text
//! picture -> image_input -> imaging -> preprocess -> weights -> kernels -> onnx -> networks -> gradient
//! gradient -> saliency -> segmentation -> render -> engine
//! gradient -> class_model -> engine
//! engine -> web -> page
//! ```

// Tests have dependencies of their own, which the crate's unit tests need not use.
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

// Empty in native builds without the WebGPU backend.
#[cfg(all(
    not(target_family = "wasm"),
    feature = "webgpu",
    not(feature = "native-webgpu")
))]
use deep_inside_gpu as _;
// Its feature alone is wanted: others bring it along.
#[cfg(target_family = "wasm")]
use getrandom as _;

pub mod device;
pub mod rng;
pub mod error;
mod fast_math;
mod matrix3;
pub mod progress;

pub mod image_input;
pub mod imaging;
pub mod preprocess;
pub mod weights;
pub mod kernels;
pub mod onnx;
pub mod networks;
pub mod gradient;
pub mod saliency;
pub mod class_model;
pub mod segmentation;
pub mod render;
pub mod engine;
#[doc = include_str!("../docs/security.md")]
pub mod security {}
#[cfg(target_family = "wasm")]
mod web;

pub use engine::Engine;
pub use error::Error;
pub use image_input::Picture;
