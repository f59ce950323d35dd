//! Networks that the project did not write, held to numbers that it did not compute: README.md.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arrays;
mod bundled;
mod onnx_cases;
mod siblings;
