//! Forward and backward passes through random graphs, against a scalar reference in double
//! precision, whose gradient is itself checked against central differences.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::device::read_back;
use deep_inside::graph::operators::{Concatenation, Convolutions, Input, MaxPool, Relu};
use deep_inside::graph::{Graph, NodeId, Operator, ReluRule, Retain, Shape, Value};
use deep_inside::kernels::{Convolution, ConvolutionShape, PoolShape};
use deep_inside::rng::Rng;
use pollster::block_on;
use proptest::collection::vec;
use proptest::prelude::*;

const RULES: [ReluRule; 4] = [
    ReluRule::Gradient,
    ReluRule::DeconvNet,
    ReluRule::Guided,
    ReluRule::Leaky(0.1),
];

/// If a value is nearer than this to the kink of a ReLU, or to the maximum of its window, single
/// precision may decide differently.
const MARGIN: f64 = 2e-5;

/// An operation, with its weights in plain order.
#[derive(Debug, Clone)]
enum Op {
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
struct Node {
    op: Op,
    inputs: Vec<usize>,
    /// Channels, rows and columns of its output.
    size: [usize; 3],
}

/// A graph for the reference; the first node is the input.
#[derive(Debug, Clone)]
struct Nodes(Vec<Node>);

/// Index of the input.
const INPUT: usize = 0;

impl Nodes {
    fn new(side: usize) -> Self {
        Self(vec![Node {
            op: Op::Picture,
            inputs: Vec::new(),
            size: [3, side, side],
        }])
    }

    fn push(&mut self, op: Op, inputs: &[usize]) -> usize {
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
    fn convolution(
        &mut self,
        rng: &mut Rng,
        input: usize,
        channels_out: usize,
        [kernel, stride, padding]: [usize; 3],
    ) -> usize {
        let channels_in = self.0[input].size[0];
        let fan_in = channels_in * kernel * kernel;
        let shape = ConvolutionShape {
            channels_in,
            channels_out,
            kernel,
            stride,
            padding,
        };
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
    fn convolution_relu(
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
    fn graph(&self) -> (Graph, Vec<NodeId>) {
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
                Op::Relu => graph.add(name, Relu, &inputs),
                Op::MaxPool(shape) => graph.add(name, MaxPool(*shape), &inputs),
                Op::Concatenate => graph.add(name, Concatenation, &inputs),
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
    fn forward(&self, picture: &[f64]) -> (Vec<Vec<f64>>, f64) {
        let mut margin = f64::INFINITY;
        let mut results: Vec<Vec<f64>> = vec![picture.to_vec()];
        for node in &self.0[1..] {
            let [_, rows, columns] = self.0[node.inputs[0]].size;
            let input = &results[node.inputs[0]];
            let result = match &node.op {
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
                    .flat_map(|&read| results[read].clone())
                    .collect(),
            };
            results.push(result);
        }
        (results, margin)
    }

    /// The signal at the output of every node up to `last`, from that at `last`.
    fn backward(
        &self,
        results: &[Vec<f64>],
        last: usize,
        signal: &[f64],
        rule: ReluRule,
    ) -> Vec<Vec<f64>> {
        let mut signals: Vec<Vec<f64>> = results[..=last]
            .iter()
            .map(|result| vec![0.0; result.len()])
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
                        signals[read].iter_mut().zip(&signal).zip(&results[id])
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
                        let input = &results[read];
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
        kernel,
        stride,
        padding,
    } = shape;
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
fn windows(
    pool: &Node,
    PoolShape { kernel, stride }: PoolShape,
    [rows, columns]: [usize; 2],
) -> Vec<Vec<usize>> {
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

/// A graph from random numbers: for each step, the kind of layers to add and three choices.
fn nodes_from(side: usize, seed: u64, genes: &[(u8, usize, usize, usize)]) -> Nodes {
    let mut rng = Rng::new(seed);
    let mut nodes = Nodes::new(side);
    for &(kind, a, b, c) in genes {
        let recent =
            |nodes: &Nodes, choice: usize| nodes.0.len() - 1 - choice % nodes.0.len().min(5);
        let input = recent(&nodes, a);
        let [channels, rows, columns] = nodes.0[input].size;
        let width = [1, 2, 3, 7][b % 4];
        match kind {
            0 | 1 => {
                let kernel = [1, 2, 3][c % 3].min(rows).min(columns);
                let (stride, padding) = ([1, 1, 2][c / 3 % 3], c / 9 % kernel);
                let sum = nodes.convolution(&mut rng, input, width, [kernel, stride, padding]);
                if kind == 1 {
                    nodes.push(Op::Relu, &[sum]);
                }
            }
            2 => drop(nodes.push(Op::Relu, &[input])),
            3 => drop(nodes.push(
                Op::MaxPool(PoolShape {
                    kernel: 2 + b % 2,
                    stride: 1 + c % 2,
                }),
                &[input],
            )),
            4 => {
                let alike: Vec<usize> = (0..nodes.0.len())
                    .filter(|&id| nodes.0[id].size[1..] == [rows, columns])
                    .collect();
                let inputs = [input, alike[b % alike.len()], alike[c % alike.len()]];
                let inputs = &inputs[..2 + c % 2];
                if inputs.iter().map(|&id| nodes.0[id].size[0]).sum::<usize>() <= 24 {
                    nodes.push(Op::Concatenate, inputs);
                }
            }
            5 => {
                let narrow = nodes.convolution_relu(&mut rng, input, width, [1, 1, 0]);
                let parts = [([1, 1, 0]), ([3, 1, 1])]
                    .map(|sizes| nodes.convolution_relu(&mut rng, narrow, 1 + c % 3, sizes));
                nodes.push(Op::Concatenate, &parts);
            }
            _ => {
                let near = nodes.convolution_relu(&mut rng, input, width, [1, 1, 0]);
                let narrow = nodes.convolution_relu(&mut rng, input, channels.min(3), [1, 1, 0]);
                let far = nodes.convolution_relu(&mut rng, narrow, 2, [3, 1, 1]);
                let plain = nodes.convolution(&mut rng, input, 1, [1, 1, 0]);
                let mut parts = [near, far, plain, input];
                parts.rotate_left(c % 4);
                nodes.push(Op::Concatenate, &parts[..2 + c / 4 % 3]);
            }
        }
    }
    nodes
}

fn tensor(values: &[f32], [channels, rows, columns]: [usize; 3]) -> Tensor<4> {
    let batch = values.len() / (channels * rows * columns);
    Tensor::from_data(
        TensorData::new(values.to_vec(), [batch, channels, rows, columns]),
        &Device::flex(),
    )
}

fn assert_close(what: &str, ours: impl Into<Value>, theirs: &[f64]) {
    let ours = block_on(read_back(ours.into().planes())).unwrap();
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(&mut ours.iter().zip(theirs).map(|(&a, b)| f64::from(a) - b));
    let size = norm(&mut theirs.iter().copied());
    assert!(
        difference <= 1e-4 * size + 1e-5,
        "{what}: differs by {difference:.1e} of {size:.1e}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn passes_agree_with_the_reference_and_its_gradient_with_central_differences(
        side in 4usize..9,
        seed in 0u64..1000,
        genes in vec((0u8..7, any::<usize>(), any::<usize>(), any::<usize>()), 2..9),
        [last, retained] in any::<[usize; 2]>(),
    ) {
        let nodes = nodes_from(side, seed, &genes);
        let mut rng = Rng::stream(seed, 1);
        // In one case of four an inner layer, so that some layers are not needed.
        let last = if last % 4 == 0 { last / 4 % nodes.0.len() } else { nodes.0.len() - 1 };
        let pictures = rng.normal_values(2 * 3 * side * side, 1.0);
        let signals = rng.normal_values(2 * nodes.0[last].size.iter().product::<usize>(), 1.0);
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
        let each: Vec<(Vec<f64>, Vec<f64>)> = pictures
            .chunks_exact(pictures.len() / 2)
            .zip(signals.chunks_exact(signals.len() / 2))
            .map(|(picture, signal)| (wide(picture), wide(signal)))
            .collect();
        let references: Vec<(Vec<Vec<f64>>, f64)> = each.iter().map(|(picture, _)| nodes.forward(picture)).collect();
        prop_assume!(references.iter().all(|&(_, margin)| margin > MARGIN));
        // The reference's signals of both pictures at node `id`.
        let expected = |rule: ReluRule| -> Vec<Vec<f64>> {
            let of = |k: usize| nodes.backward(&references[k].0, last, &each[k].1, rule);
            of(0).into_iter().zip(of(1)).map(|(first, second)| [first, second].concat()).collect()
        };

        let gradient = expected(ReluRule::Gradient).swap_remove(INPUT);
        let largest = gradient.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        for _ in 0..16 {
            let at = rng.uniform(0.0, (3 * side * side) as f32) as usize;
            let value = |step: f64| -> f64 {
                let mut picture = each[0].0.clone();
                picture[at] += step;
                nodes.forward(&picture).0[last].iter().zip(&each[0].1).map(|(result, signal)| result * signal).sum()
            };
            const STEP: f64 = 1e-8;
            let difference = (value(STEP) - value(-STEP)) / (2.0 * STEP);
            prop_assert!((difference - gradient[at]).abs() <= 1e-4 * largest + 1e-5, "{difference}, not {}", gradient[at]);
        }

        let (graph, ids) = nodes.graph();
        let shapes = graph.shapes(&Shape::new([3, side, side])).unwrap();
        prop_assert!(shapes.iter().zip(&nodes.0).all(|(shape, node)| shape.sizes() == node.size));
        prop_assert!(graph.nodes().iter().zip(&shapes).all(|(node, shape)| node.shape == *shape));
        let pictures = tensor(&pictures, nodes.0[INPUT].size);
        let signal = tensor(&signals, nodes.0[last].size);
        let reaches = |index: &usize| graph.reaches(ids[*index], ids[last]);
        let ancestors: Vec<usize> = (0..=last).filter(reaches).collect();
        let retained = ancestors[retained % ancestors.len()];
        for retain in [Retain::Nothing, Retain::Node(ids[retained]), Retain::Everything] {
            let (result, trace) = graph.forward(pictures.clone(), ids[last], retain).unwrap();
            let results = |id: usize| [&references[0].0[id][..], &references[1].0[id]].concat();
            assert_close(&format!("result, {retain:?}"), result, &results(last));
            if let (Retain::Node(_), Some(result)) = (retain, trace.retained.clone()) {
                assert_close(&format!("result of layer {retained}"), result, &results(retained));
            }
            for rule in RULES {
                let expected = expected(rule);
                let what = format!("{rule:?}, {retain:?}");
                let mut seen = Vec::new();
                let visit = |id: NodeId, signal: &Value| seen.push((id.index(), signal.clone()));
                let gradient = graph.backward(&trace, signal.clone(), rule, ids[INPUT], visit).unwrap();
                assert_close(&what, gradient, &expected[INPUT]);
                if retain == Retain::Everything {
                    prop_assert_eq!(seen.iter().rev().map(|&(id, _)| id).collect::<Vec<_>>(), ancestors.clone());
                }
                for (id, signal) in seen {
                    if retain == Retain::Everything || retain == Retain::Node(ids[id]) {
                        assert_close(&format!("signal at layer {id}, {what}"), signal, &expected[id]);
                    }
                }
                if let Retain::Node(id) = retain {
                    let there = graph.backward(&trace, signal.clone(), rule, id, |_, _| ()).unwrap();
                    assert_close(&format!("signal back to layer {id:?}, {what}"), there, &expected[retained]);
                }
            }
        }
    }
}

/// A 1x1 convolution of the three colours to one channel, without bias.
fn weighted(weights: [f32; 3]) -> Op {
    let shape = ConvolutionShape {
        channels_in: 3,
        channels_out: 1,
        kernel: 1,
        stride: 1,
        padding: 0,
    };
    Op::Convolution {
        shape,
        weight: weights.to_vec(),
        bias: vec![0.0],
    }
}

#[test]
fn branches_of_different_depth_each_keep_their_relu() {
    for swapped in [false, true] {
        let mut nodes = Nodes::new(1);
        let inactive = nodes.push(weighted([-2.0, 0.0, 0.0]), &[INPUT]);
        let inactive = nodes.push(Op::Relu, &[inactive]);
        let active = nodes.push(weighted([1.5, 0.0, 0.0]), &[INPUT]);
        let active = nodes.push(Op::Relu, &[active]);
        let mut rng = Rng::new(1);
        let shape = ConvolutionShape {
            channels_in: 1,
            channels_out: 1,
            kernel: 1,
            stride: 1,
            padding: 0,
        };
        let deep = nodes.push(
            Op::Convolution {
                shape,
                weight: vec![1.0],
                bias: rng.normal_values(1, 0.0),
            },
            &[active],
        );
        let deep = nodes.push(Op::Relu, &[deep]);
        nodes.push(
            Op::Concatenate,
            &if swapped {
                [deep, inactive]
            } else {
                [inactive, deep]
            },
        );
        let (graph, ids) = nodes.graph();
        let picture = tensor(&[1.0, 0.0, 0.0], [3, 1, 1]);
        let (result, trace) = graph
            .forward(picture, graph.output(), Retain::Nothing)
            .unwrap();
        let signal = result.planes().ones_like();
        let gradient = graph
            .backward(&trace, signal, ReluRule::Gradient, ids[INPUT], |_, _| ())
            .unwrap();
        // relu(-2 x) is inactive at x = 1, and relu(relu(1.5 x)) is active.
        assert_eq!(
            block_on(read_back(gradient.planes())).unwrap(),
            [1.5, 0.0, 0.0],
            "swapped: {swapped}"
        );
    }
}

#[test]
fn an_operator_with_inputs_that_it_cannot_read_is_a_coded_error() {
    let refused = |operator: Arc<dyn Operator>, sizes: &[[usize; 3]]| {
        let shapes: Vec<Shape> = sizes.iter().map(|&size| Shape::new(size)).collect();
        let shapes: Vec<&Shape> = shapes.iter().collect();
        operator.output_shape(&shapes).is_err()
    };
    let bias = Tensor::zeros([2], &Device::flex());
    let shape = ConvolutionShape {
        channels_in: 3,
        channels_out: 2,
        kernel: 3,
        stride: 1,
        padding: 0,
    };
    let convolution: Arc<dyn Operator> = Arc::new(Convolutions::from(Convolution::new(
        vec![0.0; 54],
        bias,
        shape,
    )));
    let pool: Arc<dyn Operator> = Arc::new(MaxPool(PoolShape {
        kernel: 2,
        stride: 2,
    }));
    let size = [3, 4, 4];
    for operator in [Arc::new(Relu), pool, convolution.clone()] {
        assert!(!refused(operator.clone(), &[size]), "{operator:?}");
        assert!(refused(operator.clone(), &[size, size]), "{operator:?}");
        assert!(refused(operator.clone(), &[]), "{operator:?}");
    }
    assert!(refused(convolution.clone(), &[[4, 4, 4]]));
    assert!(refused(convolution, &[[3, 4, 2]]));
    assert!(refused(Arc::new(Concatenation), &[]));
    assert!(refused(Arc::new(Concatenation), &[size, [3, 4, 5]]));
    assert!(refused(Arc::new(Input), &[size]) && refused(Arc::new(Input), &[]));

    let mut graph = Graph::new(Shape::new(size));
    let input = graph.output();
    let error = graph.add("odd", Relu, &[input, input]).unwrap_err();
    assert_eq!(error.code(), "network-unsupported");
    assert!(error.detail().contains("odd"), "{error}");
    assert_eq!(graph.nodes().len(), 1);
}

#[test]
fn a_graph_with_exponentially_many_paths_takes_linear_time() {
    let (done, finished) = mpsc::channel();
    thread::spawn(move || {
        let mut nodes = Nodes::new(4);
        let mut rng = Rng::new(2);
        let dead_end = nodes.convolution(&mut rng, INPUT, 2, [1, 1, 0]);
        let mut end = INPUT;
        for _ in 0..64 {
            let parts = [0, 1].map(|_| nodes.convolution_relu(&mut rng, end, 2, [1, 1, 0]));
            end = nodes.push(Op::Concatenate, &parts);
        }
        let (graph, ids) = nodes.graph();
        let reaches = |from: usize, to: usize| graph.reaches(ids[from], ids[to]);
        assert!(!reaches(dead_end, end));
        assert!(reaches(INPUT, end) && reaches(end, end) && !reaches(end, dead_end));
        let (result, trace) = graph
            .forward(tensor(&[1.0; 48], [3, 4, 4]), ids[end], Retain::Nothing)
            .unwrap();
        graph
            .backward(&trace, result, ReluRule::Gradient, ids[INPUT], |_, _| ())
            .unwrap();
        done.send(()).unwrap();
    });
    // 64 blocks have 2^64 paths. Counting them would take centuries.
    finished
        .recv_timeout(Duration::from_secs(30))
        .expect("the passes take too long");
}
