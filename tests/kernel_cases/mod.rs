//! Our kernels against Burn's own operations on its CPU backend, for random shapes. Native and web
//! tests share it. What Burn does not compute is in [`general`].

pub mod general;

use std::slice;

use burn::tensor::activation::sigmoid;
use burn::tensor::module::{
    conv_transpose2d, conv2d, max_pool2d_with_indices, max_pool2d_with_indices_backward,
};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::device::read_back;
use deep_inside::kernels::{
    Activation, AdamConstants, Convolution, ConvolutionShape, PoolShape, ReluMask, ReluRule, adam,
    convolve, convolve_backward, max_pool, max_pool_backward, relu_backward, scaled_sigmoid,
    scaled_sigmoid_backward,
};
use deep_inside::rng::Rng;

const RULES: [ReluRule; 4] = [
    ReluRule::Gradient,
    ReluRule::DeconvNet,
    ReluRule::Guided,
    ReluRule::Leaky(0.1),
];

/// Relative L2 difference of sums that are computed in another order.
const TOLERANCE: f64 = 1e-5;

fn pick(rng: &mut Rng, choices: &[usize]) -> usize {
    choices[rng.uniform(0.0, choices.len() as f32) as usize]
}

/// Values on the device under test and on Burn's CPU backend.
fn both(rng: &mut Rng, shape: [usize; 4], device: &Device) -> [Tensor<4>; 2] {
    let values = rng.normal_values(shape.iter().product(), 1.0);
    [device, &Device::flex()]
        .map(|device| Tensor::from_data(TensorData::new(values.clone(), shape), device))
}

async fn assert_alike(what: &str, ours: Tensor<4>, burns: Tensor<4>) {
    assert_eq!(ours.dims(), burns.dims(), "{what}");
    let (ours, burns) = (
        read_back(ours).await.unwrap(),
        read_back(burns).await.unwrap(),
    );
    let norm = |values: &mut dyn Iterator<Item = f32>| {
        values.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt()
    };
    let difference = norm(&mut ours.iter().zip(&burns).map(|(a, b)| a - b));
    let size = norm(&mut burns.iter().copied());
    assert!(
        difference <= TOLERANCE * size,
        "{what}: differs by {difference:.1e} of {size:.1e}"
    );
}

/// The backward pass of the ReLU whose output is `active`, by Burn's operations.
fn masked(rule: ReluRule, active: &Tensor<4>, signal: Tensor<4>) -> Tensor<4> {
    let inactive = active.clone().equal_elem(0.0);
    match rule {
        ReluRule::Gradient => signal.mask_fill(inactive, 0.0),
        ReluRule::DeconvNet => signal.clamp_min(0.0),
        ReluRule::Leaky(slope) => signal
            .clone()
            .mask_where(inactive, signal.mul_scalar(slope)),
        ReluRule::Guided => signal.clamp_min(0.0).mask_fill(inactive, 0.0),
    }
}

/// The mask of a ReLU without upper bound.
fn relu_mask(output: Tensor<4>, rule: ReluRule) -> ReluMask {
    ReluMask {
        output,
        rule,
        upper: f32::INFINITY,
    }
}

/// ReLUs by themselves with every rule; the signal differs by position, or is broadcast over the
/// positions of a channel.
pub async fn assert_relus_agree(device: &Device) {
    let mut rng = Rng::new(8);
    let whole = [2, 33, 5, 7];
    for rule in RULES {
        for size in [whole, [1, 33, 1, 1]] {
            let [active, burn_active] =
                both(&mut rng, whole, device).map(|values| values.clamp_min(0.0));
            let [signal, burn_signal] =
                both(&mut rng, size, device).map(|values| values.expand(whole));
            assert_alike(
                &format!("{rule:?}, {size:?}"),
                relu_backward(signal, relu_mask(active, rule)),
                masked(rule, &burn_active, burn_signal),
            )
            .await;
        }
    }
}

/// One or two convolutions side by side, forward and backward, with every rule. One case in eight
/// has up to 1000 channels.
pub async fn assert_convolutions_agree(device: &Device, cases: usize) {
    let mut rng = Rng::new(6);
    for case in 0..cases {
        let wide = case % 8 == 0;
        let size: [usize; 2] = std::array::from_fn(|_| {
            pick(
                &mut rng,
                if wide {
                    &[1, 2, 5, 13]
                } else {
                    &[1, 3, 7, 14, 29, 140]
                },
            )
        });
        let batch = match size[0] * size[1] {
            _ if wide => 1,
            ..100 => pick(&mut rng, &[1, 2, 3, 16]),
            _ => pick(&mut rng, &[1, 2, 3]),
        };
        let channels: &[usize] = if wide {
            &[64, 513, 1000]
        } else {
            &[1, 2, 3, 5, 16, 33]
        };
        let channels_in = pick(&mut rng, channels);
        let (stride, mut kernel) = (
            pick(&mut rng, &[1, 1, 2, 3]),
            pick(&mut rng, &[1, 1, 2, 3, 3, 5]),
        );
        let mut padding = pick(&mut rng, &[0, 1, 2]);
        if size.iter().any(|length| length + 2 * padding < kernel) {
            (kernel, padding) = (1, 0);
        }
        let mut shape = |kernel, padding| {
            let channels_out = pick(&mut rng, channels);
            ConvolutionShape::square(channels_in, channels_out, kernel, stride, padding)
        };
        let mut shapes = vec![shape(kernel, padding)];
        if stride == 1 && kernel % 2 == 1 && padding == kernel / 2 {
            shapes.push(shape(3, 1));
        }
        let [input, burn_input] = both(&mut rng, [batch, channels_in, size[0], size[1]], device);
        let (mut convolutions, mut burns, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for shape in &shapes {
            let whole = shape.weight_dims();
            let padding = shape.window.padding.before();
            let weight = rng.normal_values(whole.iter().product(), 1.0);
            let bias = rng.normal_values(shape.channels_out, 1.0);
            let vector = |device| {
                Tensor::<1>::from_data(TensorData::new(bias.clone(), [bias.len()]), device)
            };
            convolutions.push(Convolution::new(weight.clone(), vector(device), *shape));
            let weight = Tensor::<4>::from_data(TensorData::new(weight, whole), &Device::flex());
            let options = ConvOptions::new(shape.window.stride, padding, [1, 1], 1);
            burns.push(conv2d(
                burn_input.clone(),
                weight.clone(),
                Some(vector(&Device::flex())),
                options,
            ));
            weights.push(weight);
        }
        let what = format!("case {case}: {batch} of {size:?}, {shapes:?}");
        let burn_output = Tensor::cat(burns.clone(), 1);
        assert_alike(
            &what,
            convolve(input.clone(), &convolutions, Activation::Identity),
            burn_output.clone(),
        )
        .await;
        assert_alike(
            &what,
            convolve(input, &convolutions, Activation::Relu),
            burn_output.clone().clamp_min(0.0),
        )
        .await;

        let [signal, burn_signal] = both(&mut rng, burn_output.dims(), device);
        let parts = burn_signal
            .split_with_sizes(shapes.iter().map(|shape| shape.channels_out).collect(), 1);
        let gradients =
            parts
                .into_iter()
                .zip(weights)
                .zip(&shapes)
                .map(|((part, weight), shape)| {
                    let output_size = shape.output_size(size);
                    let window = shape.window;
                    let padding = window.padding.before();
                    let left = std::array::from_fn(|axis| {
                        size[axis] + 2 * padding[axis]
                            - ((output_size[axis] - 1) * window.stride[axis] + window.kernel[axis])
                    });
                    let options =
                        ConvTransposeOptions::new(window.stride, padding, left, [1, 1], 1);
                    conv_transpose2d(part, weight, None, options)
                });
        let gradient = gradients.reduce(|sum, part| sum + part).unwrap();
        assert_alike(
            &what,
            convolve_backward(signal.clone(), &convolutions, size, None, None),
            gradient.clone(),
        )
        .await;
        let [active, burn_active] =
            both(&mut rng, gradient.dims(), device).map(|values| values.clamp_min(0.0));
        let rule = RULES[case % 4];
        let mask = Some(relu_mask(active, rule));
        let ours = convolve_backward(signal, &convolutions, size, mask, None);
        assert_alike(
            &format!("{rule:?}, {what}"),
            ours,
            masked(rule, &burn_active, gradient),
        )
        .await;
    }
}

/// Distributes each window's signal over its values in proportion to them, value by value.
fn distributed(active: &Tensor<4>, signal: &Tensor<4>, shape: PoolShape) -> Tensor<4> {
    let (kernel, stride) = (shape.window.kernel[0], shape.window.stride[0]);
    let ([_, _, rows, columns], [_, _, down, across]) = (active.dims(), signal.dims());
    let values = |tensor: &Tensor<4>| tensor.clone().into_data().try_into_vec::<f32>().unwrap();
    let (active_values, signals) = (values(active), values(signal));
    let mut gradient = vec![0.0; active_values.len()];
    for (window, signal) in signals.iter().enumerate() {
        let (plane, y, x) = (
            window / (down * across),
            window / across % down * stride,
            window % across * stride,
        );
        let inside = (y..rows.min(y + kernel))
            .flat_map(|row| (x..columns.min(x + kernel)).map(move |column| (row, column)));
        let indices: Vec<usize> = inside
            .map(|(row, column)| (plane * rows + row) * columns + column)
            .collect();
        let sum: f32 = indices.iter().map(|&at| active_values[at]).sum();
        for at in indices.into_iter().filter(|_| sum > 0.0) {
            gradient[at] += signal * active_values[at] / sum;
        }
    }
    Tensor::from_data(TensorData::new(gradient, active.dims()), &active.device())
}

/// Max-pools, forward and backward, with every rule, of inputs with many equal values.
pub async fn assert_pools_agree(device: &Device, cases: usize) {
    let mut rng = Rng::new(7);
    for case in 0..cases {
        let (kernel, stride) = (pick(&mut rng, &[1, 2, 3, 5]), pick(&mut rng, &[1, 2, 3]));
        let size: [usize; 2] = std::array::from_fn(|_| kernel + pick(&mut rng, &[0, 1, 3, 8, 30]));
        let shape = PoolShape::square(kernel, stride);
        let whole = [
            pick(&mut rng, &[1, 2]),
            pick(&mut rng, &[1, 5, 64]),
            size[0],
            size[1],
        ];
        let [input, burn_input] =
            both(&mut rng, whole, device).map(|values| values.mul_scalar(2.0).round());
        let options = MaxPoolOptions::new([kernel; 2])
            .with_stride([stride; 2])
            .with_ceil_mode(true);
        let what = format!("case {case}: {whole:?}, {shape:?}");
        let (output, argmax) = max_pool(input, shape);
        let (burn_output, indices) = max_pool2d_with_indices(burn_input.clone(), options);
        assert_alike(&what, output, burn_output.clone()).await;

        let [signal, burn_signal] = both(&mut rng, burn_output.dims(), device);
        let (kernels, strides) = ([kernel; 2], [stride; 2]);
        let gradient = max_pool2d_with_indices_backward(
            burn_input,
            kernels,
            strides,
            [0, 0],
            [1, 1],
            true,
            burn_signal.clone(),
            indices,
        );
        assert_alike(
            &what,
            max_pool_backward(signal.clone(), argmax.clone(), shape, size, None),
            gradient.clone(),
        )
        .await;
        let [active, burn_active] =
            both(&mut rng, whole, device).map(|values| values.clamp_min(0.0));
        let rule = RULES[case % 4];
        let mask = Some(relu_mask(active, rule));
        let ours = max_pool_backward(signal, argmax, shape, size, mask);
        let burns = match rule {
            ReluRule::Leaky(_) => distributed(&burn_active, &burn_signal, shape),
            _ => masked(rule, &burn_active, gradient),
        };
        assert_alike(&format!("{rule:?}, {what}"), ours, burns).await;
    }
}

/// The scaled sigmoid, its VJP, and steps of Adam, for values near and far from zero.
pub async fn assert_pointwise_agree(device: &Device) {
    let mut rng = Rng::new(9);
    let (size, range) = ([2, 3, 37, 41], 255.0);
    let [mean, burn_mean] =
        both(&mut rng, [1, 3, 1, 1], device).map(|values| values.mul_scalar(100.0));
    let [input, burn_input] =
        both(&mut rng, size, device).map(|values| values.clone() * values.abs().mul_scalar(9.0));
    let ours = scaled_sigmoid(input, &mean, range);
    let sigmoids = sigmoid(burn_input);
    let burns = sigmoids.clone().mul_scalar(range) - burn_mean;
    assert_alike("scaled_sigmoid", ours.clone(), burns).await;

    let [gradient, burn_gradient] = both(&mut rng, size, device);
    let vjp = scaled_sigmoid_backward(gradient.clone(), ours, &mean, range);
    assert_alike(
        "scaled_sigmoid_backward",
        vjp,
        burn_gradient.clone() * sigmoids.clone() * (sigmoids.neg() + 1.0) * range,
    )
    .await;

    let [parameters, burn_parameters] = both(&mut rng, size, device);
    let [moment, burn_moment] = both(&mut rng, size, device);
    let [square, burn_square] = both(&mut rng, size, device).map(|values| values.square());
    let constants = AdamConstants {
        first_moment_decay: 0.9,
        second_moment_decay: 0.99,
        epsilon: 1e-4,
    };
    let [shared, expected_shared] = [moment.clone(), burn_moment.clone()];
    let [parameters, moment, square] = adam(
        parameters,
        gradient,
        [moment, square],
        [0.05, 0.3, 0.7],
        constants,
    );
    assert_alike("a first moment that is shared", shared, expected_shared).await;
    let burn_moment = burn_moment.mul_scalar(0.9) + burn_gradient.clone().mul_scalar(0.1);
    let burn_square = burn_square.mul_scalar(0.99) + burn_gradient.square().mul_scalar(0.01);
    let size = burn_square.clone().div_scalar(0.3).sqrt().add_scalar(1e-4);
    let burn_parameters =
        burn_parameters.mul_scalar(0.7) + burn_moment.clone().mul_scalar(0.05) / size;
    assert_alike("parameters", parameters, burn_parameters).await;
    assert_alike("first moment", moment, burn_moment).await;
    assert_alike("second moment", square, burn_square).await;
}

/// A NaN stays NaN in a max-pool, in convolutions with ReLU, and in a sigmoid.
pub async fn assert_nan_stays(device: &Device) {
    let mut values = vec![1.0; 7 * 7];
    values[3 * 7 + 3] = f32::NAN;
    let input = Tensor::<4>::from_data(TensorData::new(values, [1, 1, 7, 7]), device);
    let (pooled, _) = max_pool(input.clone(), PoolShape::square(3, 2));
    // Not `read_back`, which returns finite values only.
    let is_nan = async |tensor: Tensor<4>| {
        let values = tensor
            .into_data_async()
            .await
            .unwrap()
            .try_into_vec::<f32>()
            .unwrap();
        values.into_iter().map(f32::is_nan).collect::<Vec<_>>()
    };
    // Of three windows along an axis of seven values, only the middle one contains the middle value.
    assert_eq!(
        is_nan(pooled).await,
        [false, false, false, false, true, false, false, false, false]
    );
    let single = ConvolutionShape::square(1, 1, 1, 1, 0);
    let depthwise = ConvolutionShape {
        groups: 2,
        ..ConvolutionShape::square(2, 2, 1, 1, 0)
    };
    let same = [single, depthwise].map(|shape| {
        let channels = shape.channels_out;
        Convolution::new(
            vec![1.0; channels],
            Tensor::zeros([channels], device),
            shape,
        )
    });
    let zero = Tensor::zeros([1, 1, 1, 1], device);
    assert_eq!(
        is_nan(scaled_sigmoid(input.clone(), &zero, 1.0)).await,
        is_nan(input.clone()).await
    );
    for convolution in &same {
        let input = input.clone().repeat_dim(1, convolution.shape.channels_in);
        for activation in [Activation::Relu, Activation::Clip { upper: 6.0 }] {
            let passed = convolve(input.clone(), slice::from_ref(convolution), activation);
            assert_eq!(is_nan(passed).await, is_nan(input.clone()).await);
        }
    }
}
