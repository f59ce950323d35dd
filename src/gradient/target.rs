//! What is asked about: a class, or any neuron.

use burn::tensor::{Tensor, TensorData};

use crate::error::Error;
use crate::networks::graph::LayerId;
use crate::networks::{LayerRef, Network};

/// The scalar that is differentiated with respect to the picture. The gradient exists for every
/// neuron, which is what makes it more general than a DeconvNet (section 4 of the paper).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The unnormalised score S_c of a class.
    Class(usize),
    /// A channel of a layer.
    Neuron {
        /// The layer's [name](crate::networks::LayerInfo).
        layer: String,
        /// Which of its channels.
        channel: usize,
        /// The row and the column in the layer's own grid; the mean over all positions where
        /// `None`.
        position: Option<[usize; 2]>,
    },
}

/// A [`Target`] in a network: a weighted sum over the channels of one layer of its graph, plus a
/// bias, at one position or as the mean over all of them. A class is a channel of the head, which
/// is such a sum over the features; a neuron's weights are 1 for its own channel.
pub struct Probe {
    /// The layer that is read: nothing behind it has to be computed.
    pub layer: LayerId,
    /// Whether the target is one of the head's channels.
    pub in_classifier: bool,
    /// `[1, channels, 1, 1]`.
    weights: Tensor<4>,
    /// `[1, 1, 1, 1]`.
    bias: Tensor<4>,
    position: Option<[usize; 2]>,
}

impl Target {
    /// The target in `network`, for pictures of `side` x `side` pixels.
    ///
    /// # Errors
    /// `class-out-of-range` for a class that the network does not have; `setting-out-of-range` for
    /// such a layer, channel or position.
    pub fn probe(&self, network: &Network, side: usize) -> Result<Probe, Error> {
        let (graph, head) = (&network.graph, &network.classifier);
        let of_class = |class, position| {
            let [weights, bias] = head.class_row(class);
            Probe {
                layer: graph.features(),
                in_classifier: true,
                weights,
                bias,
                position,
            }
        };
        let (layer, channel, position) = match self {
            Target::Class(class) if *class < head.classes() => return Ok(of_class(*class, None)),
            Target::Class(class) => {
                let last = head.classes() - 1;
                return Err(Error::ClassOutOfRange(format!(
                    "{class}, where the classes are 0 to {last}"
                )));
            }
            Target::Neuron {
                layer,
                channel,
                position,
            } => (layer, *channel, *position),
        };
        let place = network.layer(layer)?;
        let read = if let LayerRef::Hidden(id) = place {
            id
        } else {
            graph.features()
        };
        let [read_channels, rows, columns] = graph.shapes(side)[read];
        let channels = if place == LayerRef::Classifier {
            head.classes()
        } else {
            read_channels
        };
        if channel >= channels {
            return Err(Error::SettingOutOfRange(format!(
                "channel {channel} of {layer}, which has {channels}"
            )));
        }
        if let Some([row, column]) =
            position.filter(|&[row, column]| row >= rows || column >= columns)
        {
            return Err(Error::SettingOutOfRange(format!(
                "position {row}, {column} of {layer}, which has {rows} x {columns}"
            )));
        }
        if place == LayerRef::Classifier {
            return Ok(of_class(channel, position));
        }
        let mut weights = vec![0.0; channels];
        weights[channel] = 1.0;
        let tensor = |values: Vec<f32>, shape| {
            Tensor::from_data(TensorData::new(values, shape), &network.device)
        };
        let (weights, bias) = (
            tensor(weights, [1, channels, 1, 1]),
            tensor(vec![0.0], [1; 4]),
        );
        Ok(Probe {
            layer: read,
            in_classifier: false,
            weights,
            bias,
            position,
        })
    }
}

impl Probe {
    /// The target's value at every position, from the layer's results `[batch, channels, rows,
    /// columns]`: `[batch, 1, rows, columns]`.
    pub fn plane(&self, results: Tensor<4>) -> Tensor<4> {
        (results * self.weights.clone()).sum_dim(1) + self.bias.clone()
    }

    /// The target's value from its [`plane`](Probe::plane): `[batch]`.
    pub fn value(&self, plane: &Tensor<4>) -> Tensor<1> {
        let [batch, _, rows, columns] = plane.dims();
        let plane = plane.clone();
        match self.position {
            Some([row, column]) => plane
                .slice([0..batch, 0..1, row..row + 1, column..column + 1])
                .reshape([batch]),
            None => plane
                .reshape([batch, rows * columns])
                .mean_dim(1)
                .reshape([batch]),
        }
    }

    /// d(value) / d(layer's results): the weights at the position, or shared out over all of them.
    /// In and out: `[batch, channels, rows, columns]`.
    pub fn signal(&self, [batch, channels, rows, columns]: [usize; 4]) -> Tensor<4> {
        let whole = [batch, channels, rows, columns];
        let Some([row, column]) = self.position else {
            return spread_over_positions(self.weights.clone(), whole);
        };
        let only = |place: usize, count: usize, shape: [usize; 4]| {
            let values = (0..count)
                .map(|k| if k == place { 1.0f32 } else { 0.0 })
                .collect();
            Tensor::<4>::from_data(TensorData::new(values, shape), &self.weights.device())
        };
        (self.weights.clone()
            * only(row, rows, [1, 1, rows, 1])
            * only(column, columns, [1, 1, 1, columns]))
        .expand(whole)
    }
}

/// From the gradient with respect to the mean over positions, `[batch, channels, 1, 1]` or one for
/// the whole batch, to that with respect to each of them: `[batch, channels, rows, columns]`.
pub fn spread_over_positions(weights: Tensor<4>, whole: [usize; 4]) -> Tensor<4> {
    let [_, _, rows, columns] = whole;
    weights.div_scalar((rows * columns) as f32).expand(whole)
}
