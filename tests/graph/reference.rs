//! Forward and backward passes in double precision, one scalar product after another.

use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::graph::operators::{Concatenation, Convolutions, MaxPool, Relu};
use deep_inside::graph::{Graph, NodeId, ReluRule, Shape};
use deep_inside::kernels::{Convolution, ConvolutionShape, PoolShape};
use deep_inside::rng::Rng;

/// An operation, with its weights in plain order.
#[derive(Debug, Clone)]
pub enum Op {
    Picture,
    Convolution {
        shape: ConvolutionShape,
        weight: Vec<f32>,
        bias: Vec<f32>,
    },
    Relu,
    MaxPool(PoolShape),
    Concatenate,
}

#[derive(Debug, Clone)]
pub struct Node {
    pub op: Op,
    pub inputs: Vec<usize>,
    /// Channels, rows and columns of its output.
    pub size: [usize; 3],
}

/// A graph for the reference; the first node is the input.
#[derive(Debug, Clone)]
pub struct Nodes(pub Vec<Node>);

/// Index of the input.
pub const INPUT: usize = 0;

impl Nodes {
    pub fn new(side: usize) -> Self {
        Self(vec![Node {
            op: Op::Picture,
            inputs: Vec::new(),
            size: [3, side, side],
        }])
    }

    pub fn push(&mut self, op: Op, inputs: &[usize]) -> usize {
        let [channels, rows, columns] = self.0[inputs[0]].size;
        let (channels, [rows, columns]) = match &op {
            Op::Picture | Op::Relu => (channels, [rows, columns]),
            Op::Convolution { shape, .. } => {
                (shape.channels_out, shape.output_size([rows, columns]))
            }
            Op::MaxPool(shape) => (channels, shape.output_size([rows, columns])),
            Op::Concatenate => (
                inputs.iter().map(|&read| self.0[read].size[0]).sum(),
                [rows, columns],
            ),
        };
        self.0.push(Node {
            op,
            inputs: inputs.to_vec(),
            size: [channels, rows, columns],
        });
        self.0.len() - 1
    }

    /// Appends a convolution with weights that keep the size of activations.
    pub fn convolution(
        &mut self,
        rng: &mut Rng,
        input: usize,
        channels_out: usize,
        [kernel, stride, padding]: [usize; 3],
    ) -> usize {
        let channels_in = self.0[input].size[0];
        let shape = ConvolutionShape::square(channels_in, channels_out, kernel, stride, padding);
        let fan_in = shape.fan_in();
        let weight = rng.normal_values(channels_out * fan_in, (2.0 / fan_in as f32).sqrt());
        let bias = rng.normal_values(channels_out, 0.3);
        self.push(
            Op::Convolution {
                shape,
                weight,
                bias,
            },
            &[input],
        )
    }

    /// Appends a convolution and a ReLU.
    pub fn convolution_relu(
        &mut self,
        rng: &mut Rng,
        input: usize,
        channels_out: usize,
        sizes: [usize; 3],
    ) -> usize {
        let sum = self.convolution(rng, input, channels_out, sizes);
        self.push(Op::Relu, &[sum])
    }

    /// The crate's graph of the same layers, and the ids of its nodes.
    pub fn graph(&self) -> (Graph, Vec<NodeId>) {
        let mut graph = Graph::new(Shape::new(self.0[INPUT].size));
        let mut ids = vec![graph.output()];
        for (index, node) in self.0.iter().enumerate().skip(1) {
            let inputs: Vec<NodeId> = node.inputs.iter().map(|&input| ids[input]).collect();
            let name = format!("layer {index}");
            let id = match &node.op {
                Op::Picture => panic!("only the first node is an input"),
                Op::Convolution {
                    shape,
                    weight,
                    bias,
                } => {
                    let bias = Tensor::from_data(
                        TensorData::new(bias.clone(), [bias.len()]),
                        &Device::flex(),
                    );
                    let convolution = Convolution::new(weight.clone(), bias, *shape);
                    graph.add(name, Convolutions::from(convolution), &inputs)
                }
                Op::Relu => graph.add(name, Relu::default(), &inputs),
                Op::MaxPool(shape) => graph.add(name, MaxPool(*shape), &inputs),
                Op::Concatenate => graph.add(name, Concatenation::CHANNELS, &inputs),
            };
            ids.push(id.unwrap());
        }
        (graph, ids)
    }

    /// Whether all of a node's output comes from ReLUs.
    fn is_from_relus(&self, id: usize) -> bool {
        match self.0[id].op {
            Op::Relu => true,
            Op::Concatenate => self.0[id]
                .inputs
                .iter()
                .all(|&read| self.is_from_relus(read)),
            Op::Picture | Op::Convolution { .. } | Op::MaxPool(_) => false,
        }
    }

    /// Every node's output for one picture, and the smallest distance of a value from the other
    /// branch of a ReLU or a pool.
    pub fn forward(&self, picture: &[f64]) -> (Vec<Vec<f64>>, f64) {
        let mut margin = f64::INFINITY;
        let mut activations: Vec<Vec<f64>> = vec![picture.to_vec()];
        for node in &self.0[1..] {
            let [_, rows, columns] = self.0[node.inputs[0]].size;
            let input = &activations[node.inputs[0]];
            let output = match &node.op {
                Op::Picture => input.clone(),
                Op::Convolution {
                    shape,
                    weight,
                    bias,
                } => {
                    let mut sums: Vec<f64> = bias
                        .iter()
                        .flat_map(|&bias| vec![f64::from(bias); node.size[1] * node.size[2]])
                        .collect();
                    each_product(shape, [rows, columns], |output, input_at, tap| {
                        sums[output] += f64::from(weight[tap]) * input[input_at];
                    });
                    sums
                }
                Op::Relu => {
                    margin = input
                        .iter()
                        .fold(margin, |margin, value| margin.min(value.abs()));
                    input.iter().map(|value| value.max(0.0)).collect()
                }
                Op::MaxPool(shape) => windows(node, *shape, [rows, columns])
                    .iter()
                    .map(|window| {
                        let first = largest(input, window);
                        for &at in window
                            .iter()
                            .filter(|&&at| at != first && (input[at], input[first]) != (0.0, 0.0))
                        {
                            margin = margin.min(input[first] - input[at]);
                        }
                        input[first]
                    })
                    .collect(),
                Op::Concatenate => node
                    .inputs
                    .iter()
                    .flat_map(|&read| activations[read].clone())
                    .collect(),
            };
            activations.push(output);
        }
        (activations, margin)
    }

    /// The signal at the output of every node up to `last`, from that at `last`.
    pub fn backward(
        &self,
        activations: &[Vec<f64>],
        last: usize,
        signal: &[f64],
        rule: ReluRule,
    ) -> Vec<Vec<f64>> {
        let mut signals: Vec<Vec<f64>> = activations[..=last]
            .iter()
            .map(|output| vec![0.0; output.len()])
            .collect();
        signals[last] = signal.to_vec();
        for id in (1..=last).rev() {
            let node = &self.0[id];
            let signal = signals[id].clone();
            let [_, rows, columns] = self.0[node.inputs[0]].size;
            let read = node.inputs[0];
            match &node.op {
                Op::Picture => {}
                Op::Convolution { shape, weight, .. } => {
                    each_product(shape, [rows, columns], |output, input_at, tap| {
                        signals[read][input_at] += f64::from(weight[tap]) * signal[output];
                    })
                }
                Op::Relu => {
                    for ((sum, &signal), &y) in
                        signals[read].iter_mut().zip(&signal).zip(&activations[id])
                    {
                        let active = if y > 0.0 { 1.0 } else { 0.0 };
                        *sum += match rule {
                            ReluRule::Gradient => active * signal,
                            ReluRule::DeconvNet => signal.max(0.0),
                            ReluRule::Guided => active * signal.max(0.0),
                            ReluRule::Leaky(slope) => {
                                signal * if y > 0.0 { 1.0 } else { f64::from(slope) }
                            }
                        };
                    }
                }
                Op::MaxPool(shape) => {
                    let distributes =
                        matches!(rule, ReluRule::Leaky(_)) && self.is_from_relus(read);
                    for (window, signal) in
                        windows(node, *shape, [rows, columns]).iter().zip(&signal)
                    {
                        let input = &activations[read];
                        if distributes {
                            let sum: f64 = window.iter().map(|&at| input[at]).sum();
                            for &at in window.iter().filter(|_| sum > 0.0) {
                                signals[read][at] += signal * input[at] / sum;
                            }
                        } else {
                            signals[read][largest(input, window)] += signal;
                        }
                    }
                }
                Op::Concatenate => {
                    let mut rest = &signal[..];
                    for &read in &node.inputs {
                        let (part, others) = rest.split_at(signals[read].len());
                        signals[read]
                            .iter_mut()
                            .zip(part)
                            .for_each(|(sum, part)| *sum += part);
                        rest = others;
                    }
                }
            }
        }
        signals
    }
}

/// Calls `visit` with the indices of output, input and weight of every product of a convolution
/// over an input of this size.
fn each_product(
    shape: &ConvolutionShape,
    [rows, columns]: [usize; 2],
    mut visit: impl FnMut(usize, usize, usize),
) {
    let &ConvolutionShape {
        channels_in,
        channels_out,
        window,
        ..
    } = shape;
    let (kernel, stride, padding) = (window.kernel[0], window.stride[0], window.padding.top);
    let [down, across] = shape.output_size([rows, columns]);
    for (out, channel) in
        (0..channels_out).flat_map(|out| (0..channels_in).map(move |channel| (out, channel)))
    {
        for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
            for (ky, kx) in (0..kernel).flat_map(|ky| (0..kernel).map(move |kx| (ky, kx))) {
                let (row, column) = (
                    (y * stride + ky).wrapping_sub(padding),
                    (x * stride + kx).wrapping_sub(padding),
                );
                if row < rows && column < columns {
                    let weight = ((out * channels_in + channel) * kernel + ky) * kernel + kx;
                    visit(
                        (out * down + y) * across + x,
                        (channel * rows + row) * columns + column,
                        weight,
                    );
                }
            }
        }
    }
}

/// The indices of every window's values in an input of this size, row by row.
fn windows(pool: &Node, shape: PoolShape, [rows, columns]: [usize; 2]) -> Vec<Vec<usize>> {
    let (kernel, stride) = (shape.window.kernel[0], shape.window.stride[0]);
    let [channels, down, across] = pool.size;
    let starts = (0..channels * down * across).map(|index| {
        (
            index / (down * across),
            index / across % down,
            index % across,
        )
    });
    let window = |(channel, y, x): (usize, usize, usize)| {
        let inside =
            |first: usize, length: usize| first * stride..length.min(first * stride + kernel);
        inside(y, rows)
            .flat_map(|row| {
                inside(x, columns).map(move |column| (channel * rows + row) * columns + column)
            })
            .collect()
    };
    starts.map(window).collect()
}

/// Index of the first maximum.
fn largest(values: &[f64], window: &[usize]) -> usize {
    window
        .iter()
        .copied()
        .reduce(|best, at| if values[at] > values[best] { at } else { best })
        .unwrap()
}
