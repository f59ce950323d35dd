//! A loaded network: layers up to the features, a linear head over their average.

use burn::tensor::{Device, Tensor, TensorData};

use super::graph::{Convolution, Graph, LayerId, Operation};
use crate::error::Error;
use crate::preprocess::InputSpec;
use crate::weights::{StoredTensors, manifest_row, read_safetensors};

/// How a network is put together from stored weights.
pub struct NetworkDefinition {
    /// Stable name, the key of the weights' manifest.
    pub id: &'static str,
    /// Takes the tensors that it knows and builds the layers and the head.
    pub(super) build: fn(&mut Builder) -> Result<(Graph, LinearHead), Error>,
}

/// A network with its weights on a device.
pub struct Network {
    /// What its input is.
    pub input: InputSpec,
    /// From a normalised picture to the features.
    pub graph: Graph,
    /// From the features to the class scores.
    pub head: LinearHead,
    /// Where the weights are, and where pictures have to be.
    pub device: Device,
}

impl Network {
    /// Checks `bytes` against the manifest and builds the network on `device`.
    ///
    /// # Errors
    /// `weights-corrupt` when they are not the manifest's bytes; `weights-mismatch`, naming the tensor, when they are sound weights
    /// of another network.
    pub fn load(definition: &NetworkDefinition, bytes: &[u8], device: &Device) -> Result<Self, Error> {
        let row = manifest_row(definition.id)?;
        let intact = row.verify(bytes);
        if bytes.len() as u64 == row.bytes {
            // The right length with other content is a damaged file, whatever its header has become.
            intact.clone()?;
        }
        let mut builder = Builder { tensors: read_safetensors(bytes, &row.dtype)?, device: device.clone() };
        let (graph, head) = (definition.build)(&mut builder)?;
        if let Some(name) = builder.tensors.keys().next() {
            return Err(Error::WeightsMismatch(format!("tensor {name} is not part of {}", row.title)));
        }
        intact?;
        Ok(Self { input: row.input, graph, head, device: device.clone() })
    }

    /// Puts normalised planes, `[batch, 3, rows, columns]` row-major, on the network's device.
    pub fn upload(&self, planes: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
        Tensor::from_data(TensorData::new(planes, shape), &self.device)
    }

    /// The unnormalised class scores S_c of normalised pictures: `[batch, classes]`.
    ///
    /// # Errors
    /// `internal` when the layers do not fit together.
    pub fn scores(&self, pictures: Tensor<4>) -> Result<Tensor<2>, Error> {
        let (features, _) = self.graph.forward(pictures)?;
        Ok(self.head.scores(&features))
    }
}

/// `S = mean over positions of (weight * features + bias)`: a 1x1 convolution and a spatial average, before any last ReLU.
///
/// Both are linear, so the average comes first: `S = weight * mean(features) + bias`, a small matrix product in place of a large
/// convolution.
pub struct LinearHead {
    /// `[classes, channels]`.
    weight: Tensor<2>,
    /// `[1, classes]`.
    bias: Tensor<2>,
}

impl LinearHead {
    /// How many classes it tells apart.
    pub fn classes(&self) -> usize {
        self.weight.dims()[0]
    }

    /// Every class's score from `features`, `[batch, channels, rows, columns]`: `[batch, classes]`.
    pub fn scores(&self, features: &Tensor<4>) -> Tensor<2> {
        mean_over_positions(features).matmul(self.weight.clone().transpose()) + self.bias.clone()
    }

    /// One class's score: `[batch]`. The other classes' rows of the weight are not read.
    pub fn score(&self, features: &Tensor<4>, class: usize) -> Tensor<1> {
        let row = self.row(class);
        let bias = self.bias.clone().slice([0..1, class..class + 1]);
        ((mean_over_positions(features) * row).sum_dim(1) + bias).squeeze_dim(1)
    }

    /// d(score of `class`) / d(features) for features of this shape: the class's row of the weight, shared out over the positions.
    pub fn score_signal(&self, [batch, channels, rows, columns]: [usize; 4], class: usize) -> Tensor<4> {
        let row = self.row(class).div_scalar((rows * columns) as f32);
        row.reshape([1, channels, 1, 1]).expand([batch, channels, rows, columns])
    }

    /// The class's row of the weight: `[1, channels]`.
    fn row(&self, class: usize) -> Tensor<2> {
        self.weight.clone().narrow(0, class, 1)
    }

    /// The class's own plane before the average, `weight_c * features + bias_c` at each position: `[batch, rows, columns]`.
    pub fn activation_map(&self, features: Tensor<4>, class: usize) -> Tensor<3> {
        let [_, channels, _, _] = features.dims();
        let row = self.row(class).reshape([1, channels, 1, 1]);
        let bias = self.bias.clone().slice([0..1, class..class + 1]).reshape([1, 1, 1, 1]);
        ((features * row).sum_dim(1) + bias).squeeze_dim(1)
    }
}

fn mean_over_positions(features: &Tensor<4>) -> Tensor<2> {
    let [batch, channels, rows, columns] = features.dims();
    features.clone().reshape([batch, channels, rows * columns]).mean_dim(2).squeeze_dim(2)
}

/// Stored tensors on their way into layers.
pub struct Builder {
    tensors: StoredTensors,
    device: Device,
}

impl Builder {
    /// Appends the convolution whose tensors are `NAME.weight`, `[out, in, kernel, kernel]`, and `NAME.bias`, `[out]`.
    ///
    /// # Errors
    /// `weights-mismatch`, naming the tensor that is missing or has another shape.
    #[allow(clippy::too_many_arguments)]
    pub fn convolution(
        &mut self,
        graph: &mut Graph,
        name: &str,
        input: LayerId,
        [channels_in, channels_out]: [usize; 2],
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Result<LayerId, Error> {
        let weight = self.take(&format!("{name}.weight"), [channels_out, channels_in, kernel, kernel])?;
        let bias = self.take(&format!("{name}.bias"), [channels_out])?;
        let convolution = Convolution::new(weight, bias, stride, padding);
        Ok(graph.push(name, Operation::Convolution(convolution), &[input]))
    }

    /// The head whose tensors are those of the 1x1 convolution `name` from `channels` to `classes`.
    ///
    /// # Errors
    /// As for [`convolution`](Builder::convolution).
    pub fn linear_head(&mut self, name: &str, channels: usize, classes: usize) -> Result<LinearHead, Error> {
        let weight = self.take(&format!("{name}.weight"), [classes, channels, 1, 1])?.reshape([classes, channels]);
        let bias = self.take(&format!("{name}.bias"), [classes])?.reshape([1, classes]);
        Ok(LinearHead { weight, bias })
    }

    fn take<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Result<Tensor<D>, Error> {
        let stored = self.tensors.remove(name).ok_or_else(|| Error::WeightsMismatch(format!("tensor {name} is missing")))?;
        if stored.shape != shape {
            return Err(Error::WeightsMismatch(format!("tensor {name} has shape {:?}, not {shape:?}", stored.shape)));
        }
        Ok(Tensor::from_data(TensorData::new(stored.values, shape), &self.device))
    }
}
