//! What nodes can compute, one operator a file.

mod arithmetic;
mod average_pool;
mod broadcast;
mod concatenation;
mod convolutions;
mod elementwise;
mod global_average_pool;
mod input;
mod linear;
mod local_response_normalisation;
mod max_pool;
mod reduce;
mod relu;
mod resample;
mod reshape;
mod select;
mod softmax;
mod transpose;
mod transposed_convolution;

pub use arithmetic::{Arithmetic, ScaleShift};
pub use average_pool::AveragePool;
pub use concatenation::Concatenation;
pub use convolutions::Convolutions;
pub use elementwise::{Elementwise, Prelu};
pub use global_average_pool::{GlobalAveragePool, mean_over_positions, spread_over_positions};
pub use input::Input;
pub use linear::{Linear, LinearInput};
pub use local_response_normalisation::LocalResponseNormalisation;
pub use max_pool::MaxPool;
pub use reduce::{Reduce, Reduction};
pub use relu::Relu;
pub use resample::{AxisWeights, Resample};
pub use reshape::Reshape;
pub use select::{Pad, Select};
pub use softmax::Softmax;
pub use transpose::Transpose;
pub use transposed_convolution::TransposedConvolution;

use super::{Shape, Value};

/// The only input's shape.
fn one<'a>(inputs: &[&'a Shape]) -> Result<&'a Shape, String> {
    match inputs {
        [input] => Ok(input),
        _ => Err(format!("it reads {} values in place of one", inputs.len())),
    }
}

/// `[channels, rows, columns]` of the only input, which has to be a feature map.
fn one_feature_map(inputs: &[&Shape]) -> Result<[usize; 3], String> {
    let input = one(inputs)?;
    let map = input.feature_map();
    map.ok_or_else(|| format!("it reads {input}, which is no feature map"))
}

/// The only input. [`Operator::output_shape`](super::Operator::output_shape) has refused any other
/// number.
fn only(mut inputs: Vec<Value>) -> Value {
    inputs.swap_remove(0)
}
