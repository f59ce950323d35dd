//! ONNX files: right ones are read as their writers meant them, wrong ones are refused at once.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod exporters;
mod folding;
mod guessing;
mod hostile;
mod input_options;
mod node_cases;
mod opening;
mod reading;
mod write;
