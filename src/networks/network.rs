//! A loaded network: layers up to the features, a linear head over their average.

use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};

use super::graph::{Graph, Layer, LayerId, Operation};
use super::plan::Retain;
use crate::error::Error;
use crate::kernels::{Convolution, ConvolutionShape};
use crate::preprocess::InputSpec;
use crate::rng::Rng;
use crate::weights::{StoredTensors, manifest_row, read_safetensors};

/// How a network is put together from stored weights.
pub struct NetworkDefinition {
    /// Stable name, the key of the weights' manifest.
    pub id: &'static str,
    /// Takes the tensors that it knows and builds the layers and the head.
    pub(super) build: fn(&mut Builder) -> Result<(Graph, LinearClassifier), Error>,
}

/// A network with its weights on a device. A clone shares them.
#[derive(Clone)]
pub struct Network {
    /// What its input is.
    pub input: InputSpec,
    /// From a normalised picture to the features.
    pub graph: Graph,
    /// From the features to the class scores.
    pub head: LinearClassifier,
    /// Where the weights are, and where pictures have to be.
    pub device: Device,
}

impl Network {
    /// Checks `bytes` against the manifest and builds the network on `device`.
    ///
    /// # Errors
    /// `weights-corrupt` when they are not the manifest's bytes; `weights-mismatch`, naming the
    /// tensor, when they are sound weights of another network.
    pub fn load(
        definition: &NetworkDefinition,
        bytes: &[u8],
        device: &Device,
    ) -> Result<Self, Error> {
        let row = manifest_row(definition.id)?;
        let intact = row.verify(bytes);
        if bytes.len() as u64 == row.bytes {
            // The right length with other content is a damaged file, whatever its header has
            // become.
            intact.clone()?;
        }
        let mut builder = Builder {
            tensors: read_safetensors(bytes, &row.dtype)?,
            device: device.clone(),
        };
        let (graph, head) = (definition.build)(&mut builder)?;
        if let Some(name) = builder.tensors.keys().next() {
            return Err(Error::WeightsMismatch(format!(
                "tensor {name} is not part of {}",
                row.title
            )));
        }
        intact?;
        Ok(Self {
            input: row.input,
            graph,
            head,
            device: device.clone(),
        })
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
        let (features, _) = self
            .graph
            .forward(pictures, self.graph.features(), Retain::Nothing)?;
        Ok(self.head.scores(&features))
    }

    /// The layers behind the picture in order of computation, the head last.
    pub fn layers(&self) -> Vec<LayerInfo> {
        let shapes = self.graph.shapes(self.input.side);
        let features = shapes[self.graph.features()];
        let names = self
            .graph
            .layers()
            .iter()
            .map(|layer| (layer.name.clone(), layer.operation.kind()));
        names
            .zip(shapes)
            .skip(1)
            .chain([(
                (self.head.name.clone(), "convolution"),
                [self.head.classes(), features[1], features[2]],
            )])
            .map(|((name, kind), [channels, rows, columns])| LayerInfo {
                name,
                kind,
                channels,
                rows,
                columns,
            })
            .collect()
    }

    /// The places of the layers that have weights, the head last.
    pub fn weighted_layers(&self) -> Vec<LayerRef> {
        let convolutions = |(id, layer): (LayerId, &Layer)| {
            matches!(layer.operation, Operation::Convolution(_)).then_some(LayerRef::Layer(id))
        };
        self.graph
            .layers()
            .iter()
            .enumerate()
            .filter_map(convolutions)
            .chain([LayerRef::Head])
            .collect()
    }

    /// The place of the layer `name`.
    ///
    /// # Errors
    /// `setting-out-of-range` when there is no such layer.
    pub fn place(&self, name: &str) -> Result<LayerRef, Error> {
        let layers = self.graph.layers();
        match layers.iter().skip(1).position(|layer| layer.name == name) {
            Some(behind_picture) => Ok(LayerRef::Layer(behind_picture + 1)),
            None if name == self.head.name => Ok(LayerRef::Head),
            None => Err(Error::SettingOutOfRange(format!(
                "there is no layer \"{name}\""
            ))),
        }
    }

    /// The name of the layer at `place`.
    pub fn name(&self, place: LayerRef) -> &str {
        match place {
            LayerRef::Layer(id) => &self.graph.layers()[id].name,
            LayerRef::Head => &self.head.name,
        }
    }

    /// Gives the layer at `place` weights as before training.
    pub fn randomise(&mut self, place: LayerRef, rng: &mut Rng) {
        match place {
            LayerRef::Layer(id) => self.graph.randomise(id, rng),
            LayerRef::Head => self.head.randomise(rng),
        }
    }
}

/// Where a layer stands in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerRef {
    /// In the graph.
    Layer(LayerId),
    /// Behind it: the head, whose channels are the classes.
    Head,
}

/// What a layer is, for the network's own input side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// Its name, by which it is asked for.
    pub name: String,
    /// `convolution`, `relu`, `max-pool` or `concatenation`.
    pub kind: &'static str,
    /// Channels of its result.
    pub channels: usize,
    /// Rows of each channel.
    pub rows: usize,
    /// Columns of each channel.
    pub columns: usize,
}

/// `S = mean over positions of (weight * features + bias)`: a 1x1 convolution and a spatial
/// average, before any last ReLU.
///
/// Both are linear, so the average comes first: `S = weight * mean(features) + bias`, a small
/// matrix product in place of a large convolution.
#[derive(Clone)]
pub struct LinearClassifier {
    /// Its name in the stored weights.
    name: String,
    /// `[classes, channels]`.
    weight: Tensor<2>,
    /// `[1, classes]`.
    bias: Tensor<2>,
}

impl LinearClassifier {
    /// How many classes it tells apart.
    pub fn classes(&self) -> usize {
        self.weight.dims()[0]
    }

    /// Every class's score from `features`, `[batch, channels, rows, columns]`: `[batch, classes]`.
    pub fn scores(&self, features: &Tensor<4>) -> Tensor<2> {
        mean_over_positions(features).matmul(self.weight.clone().transpose()) + self.bias.clone()
    }

    /// The class's row of the weight, `[1, channels, 1, 1]`, and of the bias, `[1, 1, 1, 1]`: with
    /// features F its own plane is `sum over channels of weight * F + bias`, and its score that
    /// plane's mean. The other classes' rows are not read.
    pub fn class_row(&self, class: usize) -> [Tensor<4>; 2] {
        let channels = self.weight.dims()[1];
        let weight = self.row(class).reshape([1, channels, 1, 1]);
        [
            weight,
            self.bias.clone().narrow(1, class, 1).reshape([1, 1, 1, 1]),
        ]
    }

    /// `d(log P_c) / d(mean features)` for the class's posterior P_c: its row of the weight less
    /// the rows of all classes, each by its own posterior. From `features`, `[batch, channels,
    /// rows, columns]`: `[batch, channels]`.
    pub fn log_posterior_weights(&self, features: &Tensor<4>, class: usize) -> Tensor<2> {
        let posteriors = softmax(self.scores(features), 1);
        self.row(class) - posteriors.matmul(self.weight.clone())
    }

    /// `d((W F) cos^power) / dF`, divided by `(power + 1) cos^power`, for the class's row W of the
    /// weight, the mean features F and the cosine of the angle between the two: W less a share of
    /// `power / (power + 1)` of its part along F. From `features`, `[batch, channels, rows,
    /// columns]`: `[batch, channels]`.
    pub fn aligning_weights(&self, features: &Tensor<4>, class: usize, power: f32) -> Tensor<2> {
        let row = self.row(class);
        let mean = mean_over_positions(features);
        // Of a picture without any features nothing is taken off.
        let square = (mean.clone() * mean.clone())
            .sum_dim(1)
            .clamp_min(f32::MIN_POSITIVE);
        let along = (mean.clone() * row.clone()).sum_dim(1) / square;
        row - mean * along.mul_scalar(power / (power + 1.0))
    }

    /// The class's row of the weight, `[1, channels]`.
    fn row(&self, class: usize) -> Tensor<2> {
        self.weight.clone().narrow(0, class, 1)
    }

    fn randomise(&mut self, rng: &mut Rng) {
        let shape = self.weight.dims();
        self.weight =
            rng.normal_tensor(shape, (2.0 / shape[1] as f32).sqrt(), &self.weight.device());
        self.bias = self.bias.zeros_like();
    }
}

fn mean_over_positions(features: &Tensor<4>) -> Tensor<2> {
    let [batch, channels, rows, columns] = features.dims();
    features
        .clone()
        .reshape([batch, channels, rows * columns])
        .mean_dim(2)
        .squeeze_dim(2)
}

/// Stored tensors on their way into layers.
pub struct Builder {
    tensors: StoredTensors,
    device: Device,
}

impl Builder {
    /// Appends the convolution whose tensors are `NAME.weight`, `[out, in, kernel, kernel]`, and
    /// `NAME.bias`, `[out]`.
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
        let weight = self.stored(
            &format!("{name}.weight"),
            [channels_out, channels_in, kernel, kernel],
        )?;
        let bias = self.take(&format!("{name}.bias"), [channels_out])?;
        let shape = ConvolutionShape {
            channels_in,
            channels_out,
            kernel,
            stride,
            padding,
        };
        Ok(graph.push(
            name,
            Operation::Convolution(Convolution::new(weight, bias, shape)),
            &[input],
        ))
    }

    /// The head whose tensors are those of the 1x1 convolution `name` from `channels` to `classes`.
    ///
    /// # Errors
    /// As for [`convolution`](Builder::convolution).
    pub fn linear_head(
        &mut self,
        name: &str,
        channels: usize,
        classes: usize,
    ) -> Result<LinearClassifier, Error> {
        let weight = self
            .take(&format!("{name}.weight"), [classes, channels, 1, 1])?
            .reshape([classes, channels]);
        let bias = self
            .take(&format!("{name}.bias"), [classes])?
            .reshape([1, classes]);
        Ok(LinearClassifier {
            name: name.to_owned(),
            weight,
            bias,
        })
    }

    fn take<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Result<Tensor<D>, Error> {
        Ok(Tensor::from_data(
            TensorData::new(self.stored(name, shape)?, shape),
            &self.device,
        ))
    }

    fn stored<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Result<Vec<f32>, Error> {
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
