//! Reads networks in the ONNX format, as exporters write them.
//!
//! [`parse_model`] reads a file's messages in place. [`inline_functions`] and [`order_nodes`] make
//! of them a list of nodes that can be computed one after the other. [`read_tensor`] reads a
//! constant, from the file or from a file beside it, and a [`Folder`] computes what depends on
//! constants only. [`import`] makes a [`Graph`](crate::graph::Graph) of the rest.

mod attributes;
mod external_files;
pub mod fields;
mod fold;
mod functions;
mod import;
mod input_guess;
mod input_options;
mod labels;
mod layer_names;
mod literal;
mod model;
mod order;
mod tensor;
mod unsupported;

pub use external_files::ExternalFiles;
pub use fold::{Folder, MAX_FOLDED_ELEMENTS};
pub use functions::inline_functions;
pub use import::{ImportRequest, import};
pub use input_guess::{Guess, GuessSource, InputGuess, Layout, Scale, guess_input};
pub use input_options::{InputDescription, InputOptions};
pub use labels::{labels_from_file, labels_from_metadata};
pub use layer_names::{LayerName, layer_names};
pub use model::{
    Attribute, AttributeValue, Dimension, External, Function, Graph, MAX_NODES, Metadata, Model,
    Node, Opsets, Tensor, ValueInfo, check_file_bytes, parse_model,
};
pub use order::order_nodes;
pub use tensor::{Data, ElementType, HostTensor, read_tensor};
pub use unsupported::UnsupportedOperators;
