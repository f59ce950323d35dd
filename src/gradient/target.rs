//! The scalar that is differentiated: a class score, or the value of any neuron.

use burn::tensor::{Tensor, TensorData};

use crate::error::Error;
use crate::graph::operators::{Linear, spread_over_positions};
use crate::graph::{INPUT, NodeId, Shape, averaged};
use crate::networks::{Network, OutputKind};

/// The scalar that is differentiated with respect to the input. The gradient exists for every
/// neuron, which makes it more general than a DeconvNet (section 4 of the paper).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The unnormalised score S_c of a class.
    Class(usize),
    /// How far the score of a class is ahead of that of another, S_c - S_d. Its gradient is what
    /// speaks for the one and against the other.
    Difference {
        /// The class c.
        class: usize,
        /// The class d.
        against: usize,
    },
    /// A channel of a layer.
    Neuron {
        /// The layer; [`Network::layer`] finds it by name.
        layer: NodeId,
        /// Index of the channel.
        channel: usize,
        /// Row and column in the layer's own grid; the mean over all positions if `None`.
        position: Option<[usize; 2]>,
    },
}

/// A linear probe that reads a [`Target`]: a weighted sum over the channels of one node of the
/// graph, plus a bias, at one position or as the mean over all of them.
///
/// A neuron has weight 1 for its own channel, a difference of classes -1 for the other's. Linear
/// layers behind the probed node are taken into the weights, so that only the target's own rows of
/// a classifier are read.
pub struct Probe {
    /// The node that is read. Later nodes need not be computed.
    pub node: NodeId,
    /// The linear layer whose row, or difference of rows, the weights are, if any.
    pub linear: Option<NodeId>,
    /// `[1, channels, 1, 1]`.
    weights: Tensor<4>,
    /// `[1, 1, 1, 1]`.
    bias: Tensor<4>,
    position: Option<[usize; 2]>,
}

impl Target {
    /// A value of the network's output, whose `index` counts the values of all positions of a class
    /// before those of the next. Of an output that is one number, index 1 is its negative.
    ///
    /// # Errors
    /// `setting-out-of-range` for another output, or an index that it does not have.
    pub fn of_output(network: &Network, output: &str, index: usize) -> Result<Self, Error> {
        let own = &network.output;
        if output != own.name {
            let what = format!("`output` must be \"{}\", not \"{output}\"", own.name);
            return Err(Error::SettingOutOfRange(what));
        }
        let graph = &network.graph;
        let node = match own.kind {
            OutputKind::Map(node) => node,
            OutputKind::Vector | OutputKind::Number => graph.output(),
        };
        let values = graph[node].shape.elements();
        if index >= values {
            return Err(Error::SettingOutOfRange(format!(
                "`index` {index} of {output}, which has {values} values"
            )));
        }
        let [_, rows, columns] = graph[node].shape.planes();
        Ok(match own.kind {
            OutputKind::Map(layer) => Target::Neuron {
                layer,
                channel: index / (rows * columns),
                position: Some([index / columns % rows, index % columns]),
            },
            OutputKind::Vector | OutputKind::Number => Target::Class(index),
        })
    }

    /// The probe that reads this target in `network`, for pictures of these rows and columns.
    ///
    /// # Errors
    /// `class-out-of-range` for a class that the network does not have; `setting-out-of-range` for
    /// a class against itself, for a layer, a channel or a position that the network does not have,
    /// and for a size that it does not take.
    pub fn probe(&self, network: &Network, [rows, columns]: [usize; 2]) -> Result<Probe, Error> {
        let graph = &network.graph;
        let channels = network.input.channels.planes();
        let shapes = graph.shapes(&Shape::new([channels, rows, columns]))?;
        match *self {
            Target::Class(class) => {
                check_class(network, class)?;
                Ok(Probe::new(network, graph.output(), (class, None), None))
            }
            Target::Difference { class, against } => {
                check_class(network, class)?;
                check_class(network, against)?;
                if class == against {
                    let what = format!("class {class} against itself");
                    return Err(Error::SettingOutOfRange(what));
                }
                let channels = (class, Some(against));
                Ok(Probe::new(network, graph.output(), channels, None))
            }
            Target::Neuron {
                layer,
                channel,
                position,
            } => {
                let shape = shapes.get(layer.index()).filter(|_| layer != INPUT);
                let [channels, rows, columns] = shape
                    .map(Shape::planes)
                    .ok_or_else(|| Error::SettingOutOfRange("there is no such layer".to_owned()))?;
                check_neuron(
                    network.layer_name(layer),
                    (channel, channels),
                    (position, [rows, columns]),
                )?;
                Ok(Probe::new(network, layer, (channel, None), position))
            }
        }
    }
}

/// Checks that the network has a class.
fn check_class(network: &Network, class: usize) -> Result<(), Error> {
    let classes = network.classes();
    if class < classes {
        return Ok(());
    }
    Err(Error::ClassOutOfRange(format!(
        "{class}, where the classes are 0 to {}",
        classes - 1
    )))
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
    /// Of the channel of `target`, less the other channel.
    fn new(
        network: &Network,
        target: NodeId,
        (channel, less): (usize, Option<usize>),
        mut position: Option<[usize; 2]>,
    ) -> Self {
        let graph = &network.graph;
        // What a node averages is read in place of the average.
        let mut before_averages = |mut node: NodeId| {
            while let Some(input) = averaged(graph, node) {
                node = input;
                position = None;
            }
            node
        };
        let node = before_averages(target);
        let difference = |of: &dyn Fn(usize) -> Tensor<2>| match less {
            None => of(channel),
            Some(less) => of(channel) - of(less),
        };
        let (node, linear, weights, bias) = match graph[node].operator.downcast::<Linear>() {
            Some(layer) => {
                let read = before_averages(graph[node].inputs[0]);
                let weights = difference(&|channel| layer.row(channel));
                let bias = difference(&|channel| layer.bias().clone().narrow(1, channel, 1));
                (read, Some(node), weights, bias)
            }
            None => {
                let channels = graph[node].shape.sizes()[0];
                let one_hot = |channel| network.upload(one_hot(channel, channels), [1, channels]);
                (
                    node,
                    None,
                    difference(&one_hot),
                    network.upload(vec![0.0], [1, 1]),
                )
            }
        };
        let [_, channels] = weights.dims();
        Self {
            node,
            linear,
            weights: weights.reshape([1, channels, 1, 1]),
            bias: bias.reshape([1, 1, 1, 1]),
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

    /// The gradient of the value with respect to the node's activations: the weights at the probe's
    /// position, or spread over all positions. `shape` and the result are `[batch, channels, rows,
    /// columns]`.
    pub fn signal(&self, shape: [usize; 4]) -> Tensor<4> {
        self.at_position(self.weights.clone(), shape)
    }

    /// The gradient of the value with respect to its [`plane`](Probe::plane), of this `shape`.
    pub fn plane_signal(&self, shape: [usize; 4]) -> Tensor<4> {
        self.at_position(self.bias.ones_like(), shape)
    }

    /// `values`, `[1, channels, 1, 1]`, at the probe's position, or spread over all positions.
    fn at_position(&self, values: Tensor<4>, shape: [usize; 4]) -> Tensor<4> {
        let [_, _, rows, columns] = shape;
        let Some([row, column]) = self.position else {
            return spread_over_positions(values, shape);
        };
        let axis = |index: usize, count: usize, shape: [usize; 4]| {
            let values = TensorData::new(one_hot(index, count), shape);
            Tensor::<4>::from_data(values, &self.weights.device())
        };
        let at_row = axis(row, rows, [1, 1, rows, 1]);
        let at_column = axis(column, columns, [1, 1, 1, columns]);
        (values * at_row * at_column).expand(shape)
    }
}

/// `count` values: 1 at `index`, else 0.
fn one_hot(index: usize, count: usize) -> Vec<f32> {
    let mut values = vec![0.0; count];
    values[index] = 1.0;
    values
}
