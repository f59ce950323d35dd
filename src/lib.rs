//! AttributionInput inside an ImageNet ConvNet: *Deep Inside Convolutional Networks* (Simonyan,
//! Vedaldi & Zisserman, arXiv 1312.6034) on WebGPU or the CPU, in the browser or natively.
//!
//! The data's way, which is also the order of the modules:
//!
//! ```text
//! picture file / webcam -> image_input -> imaging -> preprocess -> networks -> gradient -> saliency -----> segmentation -> render
//!                                                                \-> class_model --------------------------^
//! ```
//!
//! Below networks and class models lie the [`kernels`], which compute on each device in its own
//! way.
//!
//! A module imports only modules named before it, plus [`error`], [`progress`], [`rng`], [`device`]
//! and the arithmetic in `fast_math` and `matrix3`. [`Engine`] is the whole of it for callers; `web` turns it into JavaScript.

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
