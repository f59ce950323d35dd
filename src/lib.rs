//! Look inside an ImageNet ConvNet: *Deep Inside Convolutional Networks* (Simonyan, Vedaldi &
//! Zisserman, [arXiv 1312.6034](https://arxiv.org/abs/1312.6034)) on WebGPU or the CPU, in the
//! browser or natively.
//!
//! [`Engine`] is the entry point. It holds a device, a network and a picture, and computes from
//! them:
//!
//! | result | by | module |
//! |---|---|---|
//! | the network in an ONNX file | [`Engine::open_network`] | [`onnx`], [`networks`] |
//! | the scores of all classes | [`Engine::classify`] | [`networks`] |
//! | a saliency map of a class or of any neuron | [`Engine::saliency`] | [`saliency`] |
//! | whether a map depends on the trained weights | [`Engine::sanity_check`] | [`saliency`] |
//! | whether what a map marks matters to the score | [`Engine::cover_test`] | [`evaluation`] |
//! | the object of a class, cut out of the picture | [`Engine::locate`] | [`segmentation`] |
//! | a cut that a user corrects by strokes | [`Engine::object_cut`] | [`segmentation`] |
//! | an image that maximises the score of a class | [`Engine::class_model`] | [`class_model`] |
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
//! engine.load_network("squeezenet1_1", &std::fs::read("weights/squeezenet1_1.onnx")?)?;
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
//! Long computations are `async`, report [`progress`], and can be cancelled by it. Every failure is
//! an [`Error`] with a stable code. [`security`] lists the promises about untrusted files.
//!
//! # Modules
//!
//! Each word between `picture` and `page` is a module. It imports only modules from which arrows
//! lead to it, and the basics: [`error`], [`progress`], [`rng`], [`device`], `fast_math` and
//! `matrix3`.
//!
//! ```text
//! picture -> image_input -> imaging -> preprocess -> kernels -> graph -> onnx -> networks -> gradient
//! gradient -> saliency -> segmentation -> render -> engine
//! saliency -> evaluation -> engine
//! imaging -> graph_cut -> segmentation
//! gradient -> class_model -> engine
//! engine -> web -> page
//! ```
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | picture, photo | decoded pixels ([`Picture`]); the picture that a user explains |
//! | mean picture | the mean of the training pictures: 0 after normalisation |
//! | crop | a part of the photo, of the input's size, for one forward pass ([`preprocess::Crops`]) |
//! | input | the size, channels and values that a network reads ([`preprocess::InputSpec`]) |
//! | target | the scalar that is differentiated: a class score or a neuron ([`gradient::Target`]) |
//! | probe | the weights over one layer's channels that compute the target from its activations |
//! | features | the last activations before the classifier |
//! | classifier | the last, linear layer: one row of weights per class, applied at every position |
//! | ReLU rule | how a backward pass treats a ReLU: as the gradient, as DeconvNet, or otherwise |
//! | signal | what a backward pass propagates: the gradient, if the ReLU rule is the gradient's |
//! | attribution | a method's signed values per pixel and channel; a map is their magnitude |
//! | class model | the paper's name for an image that maximises the score of a class |
//! | recipe | a configuration of a class model ([`class_model::ClassModelRecipe`]) |
//! | grid | where a class model's image is sampled in one step ([`class_model::SamplingGrid`]) |
//! | prompt | what a cut starts from: a saliency map or a rectangle ([`segmentation::Prompt`]) |
//! | seeds | pixels that a map marks as object or background ([`segmentation::Seeds`]) |
//! | scribbles | the pixels under strokes, whose labels are fixed ([`segmentation::Stroke`]) |
//! | cut | the labelling of pixels by a minimum cut; also the object cut out by it |

// Tests have dependencies of their own, which the crate's unit tests need not use.
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

// Its feature alone is wanted: others bring it along.
#[cfg(target_family = "wasm")]
use getrandom as _;
// The command's.
#[cfg(not(any(target_family = "wasm", test)))]
use {clap as _, image as _, indicatif as _, pollster as _};

use deep_inside_arithmetic::matrix3;
#[doc(inline)]
pub use deep_inside_arithmetic::{error, progress, rng};
pub mod device;

#[doc(inline)]
pub use deep_inside_arithmetic::{graph_cut, image_input, imaging, kernels, preprocess};
pub mod graph;
pub mod onnx;
pub mod networks;
pub mod gradient;
pub mod saliency;
pub mod evaluation;
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
