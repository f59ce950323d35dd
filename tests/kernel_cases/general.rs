//! Convolutions and pools with any windows, paddings and groups, against plain loops in double
//! precision.

use std::slice;

use burn::tensor::{Device, Int, Tensor, TensorData};
use deep_inside::device::read_back;
use deep_inside::kernels::{
    Activation, AveragePool, Convolution, ConvolutionShape, Padding, PoolShape, ReluMask, ReluRule,
    Rounding, Window, convolve, convolve_backward, max_pool, max_pool_backward, relu_backward,
};
use deep_inside::rng::Rng;

use super::{RULES, pick};

/// Relative L2 difference between single and double precision.
const TOLERANCE: f64 = 1e-5;

/// The upper bound of clipped values, which are normally distributed.
const UPPER: f32 = 0.75;

fn values(rng: &mut Rng, count: usize) -> Vec<f32> {
    rng.normal_values(count, 1.0)
}

fn tensor(values: &[f32], dims: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), device)
}

async fn assert_close(what: &str, ours: Tensor<4>, expected: &[f64]) {
    let ours = read_back(ours).await.unwrap();
    assert_eq!(ours.len(), expected.len(), "{what}");
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let pairs = ours.iter().zip(expected);
    let difference = norm(&mut pairs.map(|(&ours, expected)| f64::from(ours) - expected));
    let size = norm(&mut expected.iter().copied());
    assert!(
        difference <= TOLERANCE * size,
        "{what}: differs by {difference:.1e} of {size:.1e}"
    );
}

/// The backward pass of a ReLU whose output is `active`, with an upper bound.
fn masked(rule: ReluRule, upper: f32, active: f32, signal: f64) -> f64 {
    let is_active = 0.0 < active && active < upper;
    match rule {
        ReluRule::Gradient => signal * f64::from(u8::from(is_active)),
        ReluRule::DeconvNet => signal.max(0.0),
        ReluRule::Guided => signal.max(0.0) * f64::from(u8::from(is_active)),
        ReluRule::Leaky(slope) => signal * if is_active { 1.0 } else { f64::from(slope) },
    }
}

/// A bound, or none, and values as a ReLU with this bound gives them: 0, the bound, and others.
fn active(rng: &mut Rng, count: usize) -> (f32, Vec<f32>) {
    let upper = [UPPER, f32::INFINITY][pick(rng, &[0, 1])];
    let active = values(rng, count)
        .into_iter()
        .map(|value| value.clamp(0.0, upper));
    (upper, active.collect())
}

/// Windows that fit into a plane of `size`: of any shape, or as networks have them.
fn window(rng: &mut Rng, size: [usize; 2]) -> Window {
    loop {
        let window = if rng.uniform(0.0, 1.0) < 0.5 {
            let kernel = pick(rng, &[1, 3, 3, 5, 7]);
            let padding = pick(rng, &[0, kernel / 2]);
            Window {
                dilation: [pick(rng, &[1, 1, 2]); 2],
                ..Window::square(kernel, pick(rng, &[1, 1, 2]), padding)
            }
        } else {
            let mut any = |choices: &[usize]| [pick(rng, choices), pick(rng, choices)];
            let ([top, left], [bottom, right]) = (any(&[0, 1, 2]), any(&[0, 1, 3]));
            Window {
                kernel: any(&[1, 2, 3, 5, 7]),
                stride: any(&[1, 1, 2, 3]),
                dilation: any(&[1, 1, 2, 3]),
                padding: Padding {
                    top,
                    left,
                    bottom,
                    right,
                },
            }
        };
        if !window.count(size).contains(&0) {
            return window;
        }
    }
}

/// The row or column of the input at tap `k` of a window, if it is in the input.
fn position(window: &Window, axis: usize, index: usize, k: usize, length: usize) -> Option<usize> {
    let padded = index * window.stride[axis] + k * window.dilation[axis];
    let position = padded.checked_sub(window.padding.before()[axis])?;
    (position < length).then_some(position)
}

/// The values of a window: their taps, and their indices in a plane of `size`.
fn window_values(window: &Window, at: [usize; 2], size: [usize; 2]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for ky in 0..window.kernel[0] {
        for kx in 0..window.kernel[1] {
            let row = position(window, 0, at[0], ky, size[0]);
            let column = position(window, 1, at[1], kx, size[1]);
            if let (Some(row), Some(column)) = (row, column) {
                found.push((ky * window.kernel[1] + kx, row * size[1] + column));
            }
        }
    }
    found
}

/// Calls `visit` with the indices of output, input and weight of every product of a convolution.
fn each_product(
    shape: &ConvolutionShape,
    batch: usize,
    size: [usize; 2],
    mut visit: impl FnMut(usize, usize, usize),
) {
    let [down, across] = shape.output_size(size);
    let [_, inputs, ..] = shape.weight_dims();
    let outputs = shape.channels_out / shape.groups;
    let (area, taps) = (size[0] * size[1], shape.window.taps());
    for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
        for (tap, at) in window_values(&shape.window, [y, x], size) {
            for (picture, out) in
                (0..batch).flat_map(|b| (0..shape.channels_out).map(move |out| (b, out)))
            {
                for k in 0..inputs {
                    let channel = out / outputs * inputs + k;
                    visit(
                        ((picture * shape.channels_out + out) * down + y) * across + x,
                        (picture * shape.channels_in + channel) * area + at,
                        (out * inputs + k) * taps + tap,
                    );
                }
            }
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn doubled(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

/// Channels in, channels out, groups.
fn channels(rng: &mut Rng, case: usize) -> [usize; 3] {
    let groups = pick(rng, &[2, 3, 8]);
    match case % 4 {
        // Depthwise.
        0 | 1 => [pick(rng, &[2, 3, 16, 33]); 3],
        2 => [pick(rng, &[1, 2, 7]), pick(rng, &[1, 3, 9]), 1].map(|count| count * groups),
        _ => [pick(rng, &[1, 3, 8, 16]), pick(rng, &[1, 5, 16]), 1],
    }
}

/// Convolutions of every kind: with groups, one channel by itself (depthwise), rectangular, dilated,
/// with a different padding at each edge; with every activation; backward with every rule, alone
/// and on top of another gradient.
pub async fn assert_convolutions_agree(device: &Device, cases: usize) {
    let mut rng = Rng::new(16);
    for case in 0..cases {
        let size = [0, 1].map(|_| pick(&mut rng, &[1, 5, 7, 14, 31]));
        let [channels_in, channels_out, groups] = channels(&mut rng, case);
        let shape = ConvolutionShape {
            channels_in,
            channels_out,
            groups,
            window: window(&mut rng, size),
        };
        shape.check(size).unwrap();
        let batch = pick(&mut rng, &[1, 2]);
        let [down, across] = shape.output_size(size);
        let dims_in = [batch, channels_in, size[0], size[1]];
        let dims_out = [batch, channels_out, down, across];
        let input = values(&mut rng, dims_in.iter().product());
        let weight = values(&mut rng, shape.weight_dims().iter().product());
        let bias = values(&mut rng, channels_out);
        let vector = Tensor::<1>::from_data(TensorData::new(bias.clone(), [channels_out]), device);
        let convolution = Convolution::new(weight.clone(), vector, shape);
        let convolution = slice::from_ref(&convolution);
        let what = format!("case {case}: {batch} of {size:?}, {shape:?}");

        let mut products = vec![0.0; dims_out.iter().product()];
        each_product(&shape, batch, size, |output, input_at, weight_at| {
            products[output] += f64::from(input[input_at]) * f64::from(weight[weight_at]);
        });
        let area = down * across;
        for activation in [
            Activation::Identity,
            Activation::Relu,
            Activation::Clip { upper: UPPER },
        ] {
            let [floor, ceiling] = match activation {
                Activation::Identity => [f64::NEG_INFINITY, f64::INFINITY],
                Activation::Relu => [0.0, f64::INFINITY],
                Activation::Clip { upper } => [0.0, f64::from(upper)],
            };
            let sums = products.iter().enumerate().map(|(at, product)| {
                let bias = f64::from(bias[at / area % channels_out]);
                (product + bias).clamp(floor, ceiling)
            });
            let ours = convolve(tensor(&input, dims_in, device), convolution, activation);
            assert_eq!(ours.dims(), dims_out, "{what}");
            let expected: Vec<f64> = sums.collect();
            assert_close(&format!("{activation:?}, {what}"), ours, &expected).await;
        }

        let signal = values(&mut rng, dims_out.iter().product());
        let mut gradient = vec![0.0; input.len()];
        each_product(&shape, batch, size, |output, input_at, weight_at| {
            gradient[input_at] += f64::from(signal[output]) * f64::from(weight[weight_at]);
        });
        let back = |mask, accumulated| {
            let signal = tensor(&signal, dims_out, device);
            convolve_backward(signal, convolution, size, mask, accumulated)
        };
        let alone = back(None, None);
        let ours = read_back(alone.clone()).await.unwrap();
        assert_close(&format!("backward, {what}"), alone, &gradient).await;
        // <w, A x> = <A^T w, x>
        let (there, back_again) = (
            dot(&doubled(&signal), &products),
            dot(&doubled(&ours), &doubled(&input)),
        );
        let scale = dot(&products, &products).sqrt() * (signal.len() as f64).sqrt();
        assert!(
            (there - back_again).abs() <= TOLERANCE * scale,
            "{what}: {there} there, {back_again} back"
        );

        let (upper, active) = active(&mut rng, input.len());
        let content = values(&mut rng, input.len());
        let rule = RULES[case / 4 % 4];
        for accumulates in [false, true] {
            let mask = ReluMask {
                output: tensor(&active, dims_in, device),
                rule,
                upper,
            };
            let content_tensor = tensor(&content, dims_in, device);
            // What others hold is not overwritten.
            let shared = content_tensor.clone();
            let ours = back(Some(mask), accumulates.then_some(content_tensor));
            let sums = gradient.iter().zip(&content).zip(&active);
            let expected: Vec<f64> = sums
                .map(|((&gradient, &content), &active)| {
                    let content = if accumulates { f64::from(content) } else { 0.0 };
                    masked(rule, upper, active, gradient + content)
                })
                .collect();
            let what = format!("{rule:?} up to {upper}, onto content: {accumulates}, {what}");
            assert_close(&what, ours, &expected).await;
            assert_close(&what, shared, &doubled(&content)).await;
        }
    }
}

/// A pool whose windows all have a value in the input.
fn pool(rng: &mut Rng, size: [usize; 2]) -> PoolShape {
    loop {
        let shape = PoolShape {
            window: window(rng, size),
            rounding: [Rounding::Floor, Rounding::Ceil][pick(rng, &[0, 1])],
        };
        if shape.check(size).is_ok() {
            return shape;
        }
    }
}

/// For each window of a pool over planes of `size`, in the order of the outputs: the first index of
/// its plane, and its values as [`window_values`].
fn windows(
    shape: &PoolShape,
    planes: usize,
    size: [usize; 2],
) -> Vec<(usize, Vec<(usize, usize)>)> {
    let [down, across] = shape.output_size(size);
    let mut windows = Vec::new();
    for plane in 0..planes {
        for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
            let found = window_values(&shape.window, [y, x], size);
            windows.push((plane * size[0] * size[1], found));
        }
    }
    windows
}

/// The output size by the rule of PyTorch's `pooling_output_shape`, for one axis.
fn pytorch_size(shape: &PoolShape, axis: usize, length: usize) -> usize {
    let window = &shape.window;
    let (before, after) = (window.padding.before()[axis], window.padding.after()[axis]);
    let (span, stride) = (window.span()[axis], window.stride[axis]);
    let rest = length + before + after - span;
    match shape.rounding {
        Rounding::Floor => rest / stride + 1,
        Rounding::Ceil => {
            let count = rest.div_ceil(stride) + 1;
            count - usize::from((count - 1) * stride >= length + before)
        }
    }
}

/// Max-pools with any windows and paddings, of inputs with many equal values, some of them minus
/// infinity; backward with every rule.
pub async fn assert_max_pools_agree(device: &Device, cases: usize) {
    let mut rng = Rng::new(17);
    for case in 0..cases {
        let size = [0, 1].map(|_| pick(&mut rng, &[1, 2, 5, 8, 14, 31]));
        let shape = pool(&mut rng, size);
        let (batch, channels) = (pick(&mut rng, &[1, 2]), pick(&mut rng, &[1, 5]));
        let [down, across] = shape.output_size(size);
        let what = format!("case {case}: {batch} x {channels} of {size:?}, {shape:?}");
        for axis in [0, 1] {
            assert_eq!(
                [down, across][axis],
                pytorch_size(&shape, axis, size[axis]),
                "{what}"
            );
        }
        let dims_in = [batch, channels, size[0], size[1]];
        let dims_out = [batch, channels, down, across];
        // Negative values, so that padding would win if it were 0.
        let input: Vec<f32> = values(&mut rng, dims_in.iter().product())
            .into_iter()
            .map(|value| (2.0 * value).round() - 9.0)
            .collect();
        let windows = windows(&shape, batch * channels, size);
        let winners = |input: &[f32]| -> Vec<(usize, usize)> {
            let winner = |(plane, found): &(usize, Vec<(usize, usize)>)| {
                let places = found.iter().map(|&(tap, at)| (tap, plane + at));
                let best = places.reduce(|best, next| match input[next.1] > input[best.1] {
                    true => next,
                    false => best,
                });
                best.unwrap()
            };
            windows.iter().map(winner).collect()
        };
        let (output, argmax) = max_pool(tensor(&input, dims_in, device), shape);
        let best = winners(&input);
        let largest: Vec<f64> = best.iter().map(|&(_, at)| f64::from(input[at])).collect();
        assert_eq!(output.dims(), dims_out, "{what}");
        assert_close(&what, output, &largest).await;
        assert_taps(&what, argmax.clone(), &best).await;

        let signal = values(&mut rng, dims_out.iter().product());
        let mut gradient = vec![0.0; input.len()];
        for (&(_, at), &signal) in best.iter().zip(&signal) {
            gradient[at] += f64::from(signal);
        }
        let back = |mask| {
            let signal = tensor(&signal, dims_out, device);
            max_pool_backward(signal, argmax.clone(), shape, size, mask)
        };
        assert_close(&format!("backward, {what}"), back(None), &gradient).await;

        let (upper, active) = active(&mut rng, input.len());
        let rule = RULES[case % 4];
        let mask = ReluMask {
            output: tensor(&active, dims_in, device),
            rule,
            upper,
        };
        if let ReluRule::Leaky(_) = rule {
            gradient.fill(0.0);
            for ((plane, found), &signal) in windows.iter().zip(&signal) {
                let indices = || found.iter().map(|(_, at)| plane + at);
                let total: f64 = indices().map(|at| f64::from(active[at])).sum();
                for at in indices().filter(|_| total > 0.0) {
                    gradient[at] += f64::from(signal) * f64::from(active[at]) / total;
                }
            }
        }
        let pairs = gradient.iter().zip(&active);
        let expected: Vec<f64> = pairs
            .map(|(&gradient, &active)| masked(rule, upper, active, gradient))
            .collect();
        assert_close(
            &format!("{rule:?} up to {upper}, {what}"),
            back(Some(mask)),
            &expected,
        )
        .await;

        // Where all is minus infinity, the first value in the input wins.
        let lost = vec![f32::NEG_INFINITY; input.len()];
        let (_, argmax) = max_pool(tensor(&lost, dims_in, device), shape);
        assert_taps(&format!("minus infinity, {what}"), argmax, &winners(&lost)).await;
    }
}

/// The divisor of a window along one axis, as PyTorch's `avg_pool2d` and ONNX's `AveragePool` have
/// it.
fn divisor(shape: &PoolShape, axis: usize, index: usize, length: usize, padded: bool) -> usize {
    let window = &shape.window;
    let (before, after) = (window.padding.before()[axis], window.padding.after()[axis]);
    let positions = (0..window.kernel[axis])
        .map(|k| (index * window.stride[axis] + k * window.dilation[axis]) as isize)
        .map(|padded| padded - before as isize);
    let (first, end) = match padded {
        true => (-(before as isize), (length + after) as isize),
        false => (0, length as isize),
    };
    positions.filter(|at| (first..end).contains(at)).count()
}

/// Average-pools with any windows and paddings, with and without the padding in the divisor;
/// backward alone, and with every rule on top of another gradient.
pub async fn assert_average_pools_agree(device: &Device, cases: usize) {
    let mut rng = Rng::new(19);
    for case in 0..cases {
        let size = [0, 1].map(|_| pick(&mut rng, &[1, 2, 5, 8, 14, 31]));
        let shape = pool(&mut rng, size);
        let (batch, channels) = (pick(&mut rng, &[1, 2]), pick(&mut rng, &[1, 5]));
        let counts_padding = case % 2 == 0;
        let [down, across] = shape.output_size(size);
        let dims_in = [batch, channels, size[0], size[1]];
        let dims_out = [batch, channels, down, across];
        let what = format!("case {case}: {dims_in:?}, padding: {counts_padding}, {shape:?}");
        let pool = AveragePool::new(channels, shape, size, counts_padding, device);
        let windows = windows(&shape, batch * channels, size);
        let divisors: Vec<f64> = (0..windows.len())
            .map(|window| {
                let (y, x) = (window / across % down, window % across);
                let rows = divisor(&shape, 0, y, size[0], counts_padding);
                (rows * divisor(&shape, 1, x, size[1], counts_padding)) as f64
            })
            .collect();
        let input = values(&mut rng, dims_in.iter().product());
        let signal = values(&mut rng, dims_out.iter().product());
        let (mut averages, mut gradient) = (Vec::new(), vec![0.0; input.len()]);
        for (((plane, found), divisor), &signal) in windows.iter().zip(&divisors).zip(&signal) {
            let indices = || found.iter().map(|(_, at)| plane + at);
            averages.push(indices().map(|at| f64::from(input[at])).sum::<f64>() / divisor);
            indices().for_each(|at| gradient[at] += f64::from(signal) / divisor);
        }
        let ours = pool.forward(tensor(&input, dims_in, device));
        assert_eq!(ours.dims(), dims_out, "{what}");
        assert_close(&what, ours, &averages).await;
        let alone = pool.backward(tensor(&signal, dims_out, device), None, None);
        assert_close(&format!("backward, {what}"), alone, &gradient).await;

        let (upper, active) = active(&mut rng, input.len());
        let content = values(&mut rng, input.len());
        let rule = RULES[case / 2 % 4];
        let mask = ReluMask {
            output: tensor(&active, dims_in, device),
            rule,
            upper,
        };
        let ours = pool.backward(
            tensor(&signal, dims_out, device),
            Some(mask),
            Some(tensor(&content, dims_in, device)),
        );
        let sums = gradient.iter().zip(&content).zip(&active);
        let expected: Vec<f64> = sums
            .map(|((gradient, &content), &active)| {
                masked(rule, upper, active, gradient + f64::from(content))
            })
            .collect();
        assert_close(&format!("{rule:?} up to {upper}, {what}"), ours, &expected).await;
    }
}

async fn assert_taps(what: &str, argmax: Tensor<4, Int>, best: &[(usize, usize)]) {
    let taps = argmax
        .into_data_async()
        .await
        .unwrap()
        .convert::<i32>()
        .try_into_vec::<i32>()
        .unwrap();
    let expected: Vec<i32> = best.iter().map(|&(tap, _)| tap as i32).collect();
    assert_eq!(taps, expected, "{what}");
}

/// ReLUs with an upper bound by themselves, with every rule.
pub async fn assert_clips_agree(device: &Device) {
    let mut rng = Rng::new(18);
    let dims = [2, 3, 5, 7];
    for rule in RULES {
        let active: Vec<f32> = values(&mut rng, dims.iter().product())
            .into_iter()
            .map(|value| value.clamp(0.0, UPPER))
            .collect();
        let signal = values(&mut rng, active.len());
        let mask = ReluMask {
            output: tensor(&active, dims, device),
            rule,
            upper: UPPER,
        };
        let ours = relu_backward(tensor(&signal, dims, device), mask);
        let expected: Vec<f64> = signal
            .iter()
            .zip(&active)
            .map(|(&signal, &active)| masked(rule, UPPER, active, f64::from(signal)))
            .collect();
        assert_close(&format!("{rule:?}"), ours, &expected).await;
    }
}
