//! The loops over pixels and over tensors' values, and the basics that they need: what programs for
//! the browser compile for speed, and everything else for size. `lib.rs` describes these modules
//! among the others, and `arithmetic/Cargo.toml` makes them a package.

#![cfg_attr(not(test), warn(unused_crate_dependencies))]

// Empty in native builds without the WebGPU backend.
#[cfg(all(
    not(target_family = "wasm"),
    feature = "webgpu",
    not(feature = "native-webgpu")
))]
use deep_inside_gpu as _;

pub mod error;
pub mod fast_math;
pub mod matrix3;
pub mod progress;
pub mod rng;

pub mod graph_cut;
pub mod image_input;
pub mod imaging;
pub mod kernels;
pub mod preprocess;

pub use error::Error;
pub use image_input::Picture;
