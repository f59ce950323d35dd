//! The scalar that is differentiated: a class score, or the value of any neuron.

use burn::tensor::{Tensor, TensorData};

use crate::error::Error;
use crate::networks::graph::{INPUT, LayerId};
use crate::networks::{LayerRef, Network};

/// The scalar that is differentiated with respect to the input. The gradient exists for every
/// neuron, which makes it more general than a DeconvNet (section 4 of the paper).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The unnormalised score S_c of a class.
    Class(usize),
    /// A channel of a layer.
    Neuron {
        /// The layer; [`Network::layer`] finds it by name.
        layer: LayerRef,
        /// Index of the channel.
        channel: usize,
        /// Row and column in the layer's own grid; the mean over all positions if `None`.
        position: Option<[usize; 2]>,
    },
}

/// A linear probe that reads a [`Target`]: a weighted sum over the channels of one layer of the
/// graph, plus a bias, at one position or as the mean over all of them. A class is such a sum over
/// the features; a neuron has weight 1 for its own channel.
pub struct Probe {
    /// The layer that is read. Later layers need not be computed.
    pub layer: LayerId,
    /// Whether the target is a channel of the classifier.
    pub in_classifier: bool,
    /// `[1, channels, 1, 1]`.
    weights: Tensor<4>,
    /// `[1, 1, 1, 1]`.
    bias: Tensor<4>,
    position: Option<[usize; 2]>,
}

impl Target {
    /// The probe that reads this target in `network`, for pictures of `side` x `side` pixels.
    ///
    /// # Errors
    /// `class-out-of-range` for a class that the network does not have; `setting-out-of-range` for
    /// a layer, a channel or a position that it does not have.
    pub fn probe(&self, network: &Network, side: usize) -> Result<Probe, Error> {
        match *self {
            Target::Class(class) => {
                let classes = network.classifier.classes();
                if class >= classes {
                    return Err(Error::ClassOutOfRange(format!(
                        "{class}, where the classes are 0 to {}",
                        classes - 1
                    )));
                }
                Ok(Probe::of_class(network, class, None))
            }
            Target::Neuron {
                layer,
                channel,
                position,
            } => {
                let shapes = network.graph.shapes(side);
                let (read, channels) = match layer {
                    LayerRef::Hidden(id) if id != INPUT && id < shapes.len() => (id, shapes[id][0]),
                    LayerRef::Hidden(id) => {
                        return Err(Error::SettingOutOfRange(format!("there is no layer {id}")));
                    }
                    LayerRef::Classifier => {
                        (network.graph.features(), network.classifier.classes())
                    }
                };
                let [_, rows, columns] = shapes[read];
                check_neuron(
                    network.layer_name(layer),
                    (channel, channels),
                    (position, [rows, columns]),
                )?;
                Ok(match layer {
                    LayerRef::Hidden(id) => {
                        Probe::of_channel(network, id, (channel, channels), position)
                    }
                    LayerRef::Classifier => Probe::of_class(network, channel, position),
                })
            }
        }
    }
}

/// Checks a neuron's channel and position against the layer's channels and size.
fn check_neuron(
    layer: &str,
    (channel, channels): (usize, usize),
    (position, [rows, columns]): (Option<[usize; 2]>, [usize; 2]),
) -> Result<(), Error> {
    if channel >= channels {
        return Err(Error::SettingOutOfRange(format!(
            "channel {channel} of {layer}, which has {channels}"
        )));
    }
    match position {
        Some([row, column]) if row >= rows || column >= columns => Err(Error::SettingOutOfRange(
            format!("position {row}, {column} of {layer}, which has {rows} x {columns}"),
        )),
        Some(_) | None => Ok(()),
    }
}

impl Probe {
    fn of_class(network: &Network, class: usize, position: Option<[usize; 2]>) -> Self {
        let [weights, bias] = network.classifier.class_row(class);
        Self {
            layer: network.graph.features(),
            in_classifier: true,
            weights,
            bias,
            position,
        }
    }

    fn of_channel(
        network: &Network,
        layer: LayerId,
        (channel, channels): (usize, usize),
        position: Option<[usize; 2]>,
    ) -> Self {
        let weights = one_hot(channel, channels);
        let bias = vec![0.0];
        Self {
            layer,
            in_classifier: false,
            weights: network.upload(weights, [1, channels, 1, 1]),
            bias: network.upload(bias, [1; 4]),
            position,
        }
    }

    /// The target's value at every position, `[batch, 1, rows, columns]`, from the layer's
    /// `activations`, `[batch, channels, rows, columns]`.
    pub fn plane(&self, activations: Tensor<4>) -> Tensor<4> {
        (activations * self.weights.clone()).sum_dim(1) + self.bias.clone()
    }

    /// The target's value, `[batch]`, from its [`plane`](Probe::plane).
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

    /// The gradient of the value with respect to the layer's activations: the weights at the
    /// probe's position, or spread over all positions. `shape` and the result are `[batch,
    /// channels, rows, columns]`.
    pub fn signal(&self, shape: [usize; 4]) -> Tensor<4> {
        let [_, _, rows, columns] = shape;
        let Some([row, column]) = self.position else {
            return spread_over_positions(self.weights.clone(), shape);
        };
        let axis = |index: usize, count: usize, shape: [usize; 4]| {
            let values = TensorData::new(one_hot(index, count), shape);
            Tensor::<4>::from_data(values, &self.weights.device())
        };
        let at_row = axis(row, rows, [1, 1, rows, 1]);
        let at_column = axis(column, columns, [1, 1, 1, columns]);
        (self.weights.clone() * at_row * at_column).expand(shape)
    }
}

/// `count` values: 1 at `index`, else 0.
fn one_hot(index: usize, count: usize) -> Vec<f32> {
    let mut values = vec![0.0; count];
    values[index] = 1.0;
    values
}

/// The gradient with respect to each position, of `shape` `[batch, channels, rows, columns]`, from
/// the gradient with respect to the mean over positions, `[batch, channels, 1, 1]` or `[1, channels,
/// 1, 1]`.
pub fn spread_over_positions(gradient: Tensor<4>, shape: [usize; 4]) -> Tensor<4> {
    let [_, _, rows, columns] = shape;
    gradient.div_scalar((rows * columns) as f32).expand(shape)
}
