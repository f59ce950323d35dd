//! Each operator's gradient against central differences of its own forward pass, and shapes against
//! what is computed. What the forward passes compute is held to ONNX's own cases elsewhere.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::device::read_back;
use deep_inside::graph::operators::{
    Arithmetic, AveragePool, AxisWeights, Concatenation, Convolutions, Elementwise,
    GlobalAveragePool, Linear, LinearInput, LocalResponseNormalisation, MaxPool, Pad, Prelu,
    Reduce, Reduction, Resample, Reshape, ScaleShift, Select, Softmax, Transpose,
    TransposedConvolution,
};
use deep_inside::graph::{InputGradient, Operator, ReluRule, Shape, Value};
use deep_inside::kernels::{Convolution, ConvolutionShape, Padding, PoolShape, Rounding, Window};
use deep_inside::rng::Rng;
use pollster::block_on;

fn tensor<const D: usize>(values: Vec<f32>, sizes: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, sizes), &Device::flex())
}

fn normal<const D: usize>(rng: &mut Rng, sizes: [usize; D]) -> Tensor<D> {
    tensor(rng.normal_values(sizes.iter().product(), 1.0), sizes)
}

fn values(value: Value) -> Vec<f32> {
    block_on(read_back(value.planes())).unwrap()
}

fn dot(one: &[f32], other: &[f32]) -> f64 {
    let products = one
        .iter()
        .zip(other)
        .map(|(&a, &b)| f64::from(a) * f64::from(b));
    products.sum()
}

fn convolution(rng: &mut Rng) -> Convolution {
    Convolution::new(
        rng.normal_values(108, 0.5),
        Tensor::zeros([4], &Device::flex()),
        ConvolutionShape::square(3, 4, 3, 2, 1),
    )
}

/// The values of an operator's inputs.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Inputs {
    Normal,
    /// Normal, rounded to odd hundredths: the kinks are at even ones.
    OffKinks,
    Positive,
}

/// An operator, the shapes of its inputs, and their values.
type Case = (Arc<dyn Operator>, Vec<Vec<usize>>, Inputs);

fn cases(rng: &mut Rng) -> Vec<Case> {
    let map = vec![3, 4, 5];
    let mut cases: Vec<Case> = Vec::new();
    for arithmetic in [Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply] {
        cases.push((
            Arc::new(arithmetic),
            vec![map.clone(), map.clone()],
            Inputs::Normal,
        ));
        cases.push((
            Arc::new(arithmetic),
            vec![map.clone(), vec![3, 1, 1]],
            Inputs::Normal,
        ));
        cases.push((
            Arc::new(arithmetic),
            vec![vec![5], map.clone()],
            Inputs::Normal,
        ));
    }
    cases.push((
        Arc::new(Arithmetic::Divide),
        vec![map.clone(), vec![3, 1, 1]],
        Inputs::Positive,
    ));
    let functions = [
        Elementwise::Sigmoid,
        Elementwise::HardSigmoid {
            alpha: 0.2,
            beta: 0.5,
        },
        Elementwise::HardSwish,
        Elementwise::LeakyRelu { slope: 0.1 },
        Elementwise::Elu {
            alpha: 1.5,
            gamma: 1.1,
            width: 0.7,
        },
        Elementwise::Tanh,
        Elementwise::Softplus,
        Elementwise::Softsign,
        Elementwise::Swish { beta: 1.3 },
        Elementwise::Mish,
        Elementwise::Gelu,
        Elementwise::GeluTanh,
        Elementwise::Erf,
        Elementwise::Clip {
            min: -0.5,
            max: 0.7,
        },
        Elementwise::Negate,
        Elementwise::Exp,
    ];
    let positive = [
        Elementwise::Log,
        Elementwise::Sqrt,
        Elementwise::Reciprocal,
        Elementwise::Power { exponent: 1.7 },
        Elementwise::Abs,
    ];
    cases.extend(functions.map(|f| {
        (
            Arc::new(f) as Arc<dyn Operator>,
            vec![map.clone()],
            Inputs::OffKinks,
        )
    }));
    cases.extend(positive.map(|f| {
        (
            Arc::new(f) as Arc<dyn Operator>,
            vec![vec![7]],
            Inputs::Positive,
        )
    }));
    let slopes = Prelu::new(normal(rng, [3]), &Shape::new([3, 1, 1]));
    let (scale, shift) = (normal(rng, [3]), normal(rng, [3]));
    let per_channel = ScaleShift::new(scale, shift, &Shape::new([3, 1, 1]));
    let weight = normal(rng, [6, 3]);
    let bias = normal(rng, [1, 6]);
    let linear = |input| Linear::new(weight.clone(), bias.clone(), input);
    let reduce = |kind, axes: &[usize], keep_axes| Reduce {
        kind,
        axes: axes.to_vec(),
        keep_axes,
    };
    let windows = PoolShape {
        window: Window {
            padding: Padding {
                top: 1,
                left: 0,
                bottom: 0,
                right: 1,
            },
            ..Window::square(3, 2, 0)
        },
        rounding: Rounding::Ceil,
    };
    let average = AveragePool::new(windows, false);
    let weights = |rng: &mut Rng, length: usize, input: usize| AxisWeights {
        length,
        weights: rng.normal_values(length * input, 1.0),
    };
    let axes = [weights(rng, 7, 4), weights(rng, 3, 5)];
    let resample = Resample {
        kind: "resize",
        axes,
    };
    let response = LocalResponseNormalisation {
        alpha: 0.7,
        beta: 0.75,
        bias: 1.3,
        size: 2,
    };
    let softmax = |axis, log| Softmax { axis, log };
    let select = |axis, indices: &[usize]| Select {
        axis,
        indices: indices.to_vec(),
    };
    let pad = Pad {
        widths: vec![[0, 1], [2, 0], [1, 1]],
        value: 0.5,
    };
    let enlarge = TransposedConvolution {
        transposed: convolution(rng),
        bias: normal(rng, [1, 3, 1, 1]),
        output_padding: [1, 0],
    };
    let pool = MaxPool(PoolShape::square(3, 2));
    let single: Vec<(Arc<dyn Operator>, Vec<usize>)> = vec![
        (Arc::new(slopes), map.clone()),
        (Arc::new(softmax(1, false)), map.clone()),
        (Arc::new(softmax(2, true)), map.clone()),
        (Arc::new(per_channel), map.clone()),
        (Arc::new(linear(LinearInput::Vector)), vec![3]),
        (Arc::new(linear(LinearInput::EveryPosition)), map.clone()),
        (
            Arc::new(linear(LinearInput::MeanOverPositions)),
            map.clone(),
        ),
        (Arc::new(reduce(Reduction::Sum, &[1], false)), map.clone()),
        (
            Arc::new(reduce(Reduction::Mean, &[1, 2], true)),
            map.clone(),
        ),
        (Arc::new(reduce(Reduction::Max, &[0, 2], true)), map.clone()),
        (Arc::new(reduce(Reduction::L2, &[0], false)), map.clone()),
        (Arc::new(average), map.clone()),
        (Arc::new(resample), map.clone()),
        (Arc::new(response), map.clone()),
        (Arc::new(select(1, &[1, 2, 3])), map.clone()),
        (Arc::new(select(0, &[2, 0, 2, 1])), map.clone()),
        (Arc::new(pad), map.clone()),
        (Arc::new(Transpose(vec![2, 0, 1])), map.clone()),
        (Arc::new(Transpose(vec![1, 0, 2, 3])), vec![2, 3, 2, 2]),
        (Arc::new(Reshape::flatten()), map.clone()),
        (
            Arc::new(Reshape(vec![Some(2), None, Some(3)])),
            vec![4, 3, 2],
        ),
        (Arc::new(GlobalAveragePool), map.clone()),
        (Arc::new(Convolutions::from(convolution(rng))), map.clone()),
        (Arc::new(enlarge), vec![4, 3, 4]),
        (Arc::new(pool), map.clone()),
    ];
    cases.extend(
        single
            .into_iter()
            .map(|(operator, shape)| (operator, vec![shape], Inputs::Normal)),
    );
    cases.push((
        Arc::new(Concatenation::CHANNELS),
        vec![map.clone(), vec![2, 4, 5]],
        Inputs::Normal,
    ));
    cases
}

#[test]
fn each_operators_gradient_is_its_derivative_and_its_shape_what_it_computes() {
    const BATCH: usize = 2;
    let mut rng = Rng::new(11);
    for (operator, shapes, kind) in cases(&mut rng) {
        let what = format!("{operator:?} of {shapes:?}");
        let what = &what[..what.len().min(200)];
        let sized = |shape: &Vec<usize>| [&[BATCH], &shape[..]].concat();
        let draw = |rng: &mut Rng, shape: &Vec<usize>| {
            let values = rng.normal_values(BATCH * shape.iter().product::<usize>(), 1.0);
            let values = values.into_iter().map(|value| match kind {
                Inputs::Normal => value,
                Inputs::OffKinks => (value * 50.0).round() / 50.0 + 0.01,
                Inputs::Positive => value.abs() + 0.3,
            });
            values.collect::<Vec<f32>>()
        };
        let inputs: Vec<Vec<f32>> = shapes.iter().map(|shape| draw(&mut rng, shape)).collect();
        let directions: Vec<Vec<f32>> = shapes
            .iter()
            .map(|shape| rng.normal_values(BATCH * shape.iter().product::<usize>(), 1.0))
            .collect();
        let run = |step: f32| {
            let moved = inputs.iter().zip(&directions).zip(&shapes);
            let moved = moved.map(|((input, direction), shape)| {
                let sum = input.iter().zip(direction).map(|(x, d)| x + step * d);
                let sum: Vec<f32> = sum.collect();
                let length = sum.len();
                Value::from(tensor(sum, [length])).with_sizes(&sized(shape))
            });
            operator.forward(moved.collect())
        };
        let (output, saved) = run(0.0);
        let own: Vec<Shape> = shapes
            .iter()
            .map(|shape| Shape::new(shape.clone()))
            .collect();
        let expected = operator.output_shape(&own.iter().collect::<Vec<_>>());
        let expected = expected.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(output.sizes()[1..], *expected.sizes(), "{what}");
        assert_eq!(output.batch(), BATCH, "{what}");

        let sizes = output.sizes();
        let cotangent = rng.normal_values(sizes.iter().product(), 1.0);
        let signal = Value::from(tensor(cotangent.clone(), [cotangent.len()])).with_sizes(&sizes);
        let slots = shapes
            .iter()
            .map(|shape| InputGradient::wanted(sized(shape)));
        let mut slots: Vec<InputGradient> = slots.collect();
        operator.backward(signal, &saved, ReluRule::Gradient, &mut slots);
        let along: f64 = slots
            .into_iter()
            .zip(&directions)
            .map(|(slot, direction)| {
                let sizes = slot.sizes.clone();
                let gradient = slot
                    .gradient
                    .unwrap_or_else(|| panic!("{what}: no gradient"));
                assert_eq!(gradient.sizes(), sizes, "{what}");
                dot(&values(gradient), direction)
            })
            .sum();
        const STEP: f32 = 1e-3;
        let [ahead, behind] = [STEP, -STEP].map(|step| values(run(step).0));
        let difference = dot(&ahead, &cotangent) - dot(&behind, &cotangent);
        let difference = difference / f64::from(2.0 * STEP);
        let scale = dot(&ahead, &ahead).sqrt() + along.abs();
        assert!(
            (difference - along).abs() <= 5e-3 * scale + 1e-3,
            "{what}: {along}, where differences give {difference}"
        );
    }
}
