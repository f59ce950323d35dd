//! What nodes can compute, one operator a file.

mod concatenation;
mod convolutions;
mod flatten;
mod global_average_pool;
mod input;
mod linear;
mod max_pool;
mod relu;

pub use concatenation::Concatenation;
pub use convolutions::Convolutions;
pub use flatten::Flatten;
pub use global_average_pool::{GlobalAveragePool, mean_over_positions, spread_over_positions};
pub use input::Input;
pub use linear::{Linear, LinearInput};
pub use max_pool::MaxPool;
pub use relu::Relu;

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
