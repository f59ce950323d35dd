//! Layers from stored tensors.

use burn::tensor::{Device, Tensor, TensorData};

use crate::error::Error;
use crate::graph::operators::{Convolutions, Linear, LinearInput};
use crate::graph::{Graph, NodeId};
use crate::kernels::{Convolution, ConvolutionShape};
use crate::weights::StoredTensors;

/// Stored tensors, removed one by one as layers use them.
pub struct Builder {
    /// The tensors that no layer has used yet.
    pub tensors: StoredTensors,
    /// Where the layers' weights go.
    pub device: Device,
}

impl Builder {
    /// Appends the convolution whose tensors are `NAME.weight`, `[out, in / groups, rows, columns]`, and
    /// `NAME.bias`, `[out]`.
    ///
    /// # Errors
    /// `weights-mismatch`, naming the tensor, when it is missing or has another shape.
    pub fn convolution(
        &mut self,
        graph: &mut Graph,
        name: &str,
        input: NodeId,
        shape: ConvolutionShape,
    ) -> Result<NodeId, Error> {
        let weight = self.values(&format!("{name}.weight"), shape.weight_dims())?;
        let bias = self.tensor(&format!("{name}.bias"), [shape.channels_out])?;
        let convolution = Convolution::new(weight, bias, shape);
        graph.add(name, Convolutions::from(convolution), &[input])
    }

    /// Appends the 1x1 convolution from `channels` to `classes` that gives the classes' scores at
    /// every position of `input`. Its tensors are those of [`convolution`](Builder::convolution).
    ///
    /// # Errors
    /// As for [`convolution`](Builder::convolution).
    pub fn classifier(
        &mut self,
        graph: &mut Graph,
        name: &str,
        input: NodeId,
        [channels, classes]: [usize; 2],
    ) -> Result<NodeId, Error> {
        let weight = self.tensor(&format!("{name}.weight"), [classes, channels, 1, 1])?;
        let bias = self.tensor(&format!("{name}.bias"), [classes])?;
        let linear = Linear::new(
            weight.reshape([classes, channels]),
            bias.reshape([1, classes]),
            LinearInput::EveryPosition,
        );
        graph.add(name, linear, &[input])
    }

    fn tensor<const D: usize>(
        &mut self,
        name: &str,
        shape: [usize; D],
    ) -> Result<Tensor<D>, Error> {
        let values = self.values(name, shape)?;
        Ok(Tensor::from_data(
            TensorData::new(values, shape),
            &self.device,
        ))
    }

    fn values<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Result<Vec<f32>, Error> {
        let stored = self
            .tensors
            .remove(name)
            .ok_or_else(|| Error::WeightsMismatch(format!("tensor {name} is missing")))?;
        if stored.shape != shape {
            return Err(Error::WeightsMismatch(format!(
                "tensor {name} has shape {:?}, not {shape:?}",
                stored.shape
            )));
        }
        Ok(stored.values)
    }
}
