//! The crate's passes through random graphs equal the reference's, whose gradient is itself checked
//! against central differences.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::device::read_back;
use deep_inside::graph::{NodeId, ReluRule, Retain, Shape, Value};
use deep_inside::kernels::{ConvolutionShape, PoolShape};
use deep_inside::rng::Rng;
use pollster::block_on;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::reference::{INPUT, Nodes, Op};

const RULES: [ReluRule; 4] = [
    ReluRule::Gradient,
    ReluRule::DeconvNet,
    ReluRule::Guided,
    ReluRule::Leaky(0.1),
];

/// If a value is nearer than this to the kink of a ReLU, or to the maximum of its window, single
/// precision may decide differently.
const MARGIN: f64 = 2e-5;

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
                Op::MaxPool(PoolShape::square(2 + b % 2, 1 + c % 2)),
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
                nodes.forward(&picture).0[last].iter().zip(&each[0].1).map(|(output, signal)| output * signal).sum()
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
            let (output, trace) = graph.forward(pictures.clone(), ids[last], retain).unwrap();
            let activations = |id: usize| [&references[0].0[id][..], &references[1].0[id]].concat();
            assert_close(&format!("output, {retain:?}"), output, &activations(last));
            if let (Retain::Node(_), Some(output)) = (retain, trace.retained.clone()) {
                assert_close(&format!("output of layer {retained}"), output, &activations(retained));
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
    Op::Convolution {
        shape: ConvolutionShape::square(3, 1, 1, 1, 0),
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
        let deep = nodes.push(
            Op::Convolution {
                shape: ConvolutionShape::square(1, 1, 1, 1, 0),
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
        let (output, trace) = graph
            .forward(picture, graph.output(), Retain::Nothing)
            .unwrap();
        let signal = output.planes().ones_like();
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
        let (output, trace) = graph
            .forward(tensor(&[1.0; 48], [3, 4, 4]), ids[end], Retain::Nothing)
            .unwrap();
        graph
            .backward(&trace, output, ReluRule::Gradient, ids[INPUT], |_, _| ())
            .unwrap();
        done.send(()).unwrap();
    });
    // 64 blocks have 2^64 paths. Counting them would take centuries.
    finished
        .recv_timeout(Duration::from_secs(30))
        .expect("the passes take too long");
}
