//! Look inside an ImageNet ConvNet: *Deep Inside Convolutional Networks* (Simonyan, Vedaldi & Zisserman, arXiv 1312.6034) on
//! WebGPU or the CPU, in the browser or natively.
//!
//! The data's way, which is also the order of the modules:
//!
//! ```text
//! picture file / webcam -> image_input -> preprocess -> networks -> gradient -> saliency -----> segmentation -> render
//!                                                                \-> class_model --------------------------^
//! ```
//!
//! Below networks and class models lie the [`kernels`], which compute on each device in its own way.
//!
//! A module imports only modules named before it, plus [`error`], [`progress`], [`dice`], [`device`] and `fast_math`. [`Engine`] is the whole of it for
//! callers; `web` turns it into JavaScript.

// Tests have dependencies of their own, which the crate's unit tests need not use.
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

// Empty in native builds without the WebGPU backend.
#[cfg(all(not(target_family = "wasm"), feature = "webgpu", not(feature = "native-webgpu")))]
use deep_inside_gpu as _;
// Its feature alone is wanted: others bring it along.
#[cfg(target_family = "wasm")]
use getrandom as _;

pub mod device;
pub mod dice;
pub mod error;
mod fast_math;
pub mod progress;

pub mod image_input;
pub mod preprocess;
pub mod weights;
pub mod kernels;
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
