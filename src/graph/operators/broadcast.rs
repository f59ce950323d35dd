//! Values of different shapes side by side, as NumPy and ONNX align them: from the last axis.

use burn::tensor::Tensor;

use crate::graph::{Shape, Value};

/// Axes of the tensors in which values are aligned: the batch, and five more.
pub const RANK: usize = 6;

/// A value with axes of size 1 between the batch and its own axes.
pub fn aligned(value: Value) -> Tensor<RANK> {
    let sizes = aligned_sizes(&value.sizes());
    value.reshape(sizes)
}

/// The sizes of an [`aligned`] value, from those of the value.
pub fn aligned_sizes(sizes: &[usize]) -> [usize; RANK] {
    let mut aligned = [1; RANK];
    aligned[0] = sizes[0];
    let own = &sizes[1..];
    aligned[RANK - own.len()..].copy_from_slice(own);
    aligned
}

/// The shape that both can be repeated to.
///
/// # Errors
/// Says which shapes do not go together.
pub fn broadcast_shape(one: &Shape, other: &Shape) -> Result<Shape, String> {
    let rank = one.sizes().len().max(other.sizes().len());
    if rank >= RANK {
        return Err(format!("{one} has more than {} axes", RANK - 1));
    }
    let size = |shape: &Shape, axis: usize| {
        let missing = rank - shape.sizes().len();
        axis.checked_sub(missing)
            .map_or(1, |own| shape.sizes()[own])
    };
    let sizes: Option<Vec<usize>> = (0..rank)
        .map(|axis| match (size(one, axis), size(other, axis)) {
            (1, size) | (size, 1) => Some(size),
            (a, b) => (a == b).then_some(a),
        })
        .collect();
    let sizes = sizes.ok_or_else(|| format!("{one} and {other} do not go together"))?;
    Ok(Shape::new(sizes))
}

/// The gradient with respect to a value that was repeated to the sizes of `gradient`: the sum over
/// all repetitions. `sizes` are those of the value.
pub fn sum_to(gradient: Tensor<RANK>, sizes: &[usize]) -> Value {
    let aligned = aligned_sizes(sizes);
    let dims = gradient.dims();
    let repeated = (0..RANK).filter(|&axis| aligned[axis] == 1 && dims[axis] != 1);
    let sum = repeated.fold(gradient, |sum, axis| sum.sum_dim(axis));
    Value::from(sum).with_sizes(sizes)
}
