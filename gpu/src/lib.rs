//! The crates that launch kernels of our own on the GPU. Empty in native builds without the feature `native`.

#[cfg(any(target_family = "wasm", feature = "native"))]
pub use {burn_wgpu, cubecl};
