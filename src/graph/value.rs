//! A tensor of any rank.

use burn::backend::Dispatch;
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Tensor;

use super::Shape;

/// What a node computes for a batch of pictures, on a device: `[batch, ...]`, the picture's own axes
/// as in its [`Shape`].
///
/// Burn's tensors have their rank in their type; a graph holds values of several ranks.
#[derive(Debug, Clone)]
pub struct Value(FloatTensor<Dispatch>);

impl<const D: usize> From<Tensor<D>> for Value {
    fn from(tensor: Tensor<D>) -> Self {
        Self(tensor.into_dispatch())
    }
}

impl Value {
    /// The tensor, of the rank that the value has.
    pub fn tensor<const D: usize>(self) -> Tensor<D> {
        Tensor::from_dispatch(self.0)
    }

    /// The sizes of all axes, the batch first.
    pub fn sizes(&self) -> Vec<usize> {
        self.0.shape().to_vec()
    }

    /// The number of pictures.
    pub fn batch(&self) -> usize {
        self.0.shape()[0]
    }

    /// The same values in the same order with other axes, whose number may be known at run time
    /// only.
    pub fn with_sizes(self, sizes: &[usize]) -> Self {
        Self(Dispatch::float_reshape(self.0, sizes.to_vec().into()))
    }

    /// `[batch, channels, rows, columns]`, as [`Shape::planes`].
    pub fn planes(self) -> Tensor<4> {
        let sizes = self.sizes();
        if sizes.len() == 4 {
            return self.tensor();
        }
        let [channels, rows, columns] = Shape::new(&sizes[1..]).planes();
        self.reshape([sizes[0], channels, rows, columns])
    }

    /// A value of these `sizes` from its [`planes`](Value::planes).
    pub fn from_planes(planes: Tensor<4>, sizes: &[usize]) -> Self {
        if sizes.len() == 4 {
            return planes.into();
        }
        Self::from(planes).with_sizes(sizes)
    }

    /// The same values in the same order with other axes.
    pub fn reshape<const D: usize>(self, sizes: [usize; D]) -> Tensor<D> {
        Tensor::from_dispatch(Dispatch::float_reshape(self.0, sizes.into()))
    }
}

/// The sum of two values of the same sizes.
impl std::ops::Add for Value {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(Dispatch::float_add(self.0, other.0))
    }
}
