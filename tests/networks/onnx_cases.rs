//! ONNX's own test cases: every model gives the recorded outputs, and its backward pass agrees with
//! central differences of ONNX's reference evaluator. Those that do not are listed with a reason.

use std::collections::{BTreeMap, BTreeSet};

use deep_inside::Error;
use deep_inside::graph::{INPUT, ReluRule, Retain, Shape, Value};
use deep_inside::onnx::{
    ExternalFiles, ImportRequest, Model, Tensor, import, inline_functions, layer_names,
    order_nodes, parse_model,
};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use crate::arrays::{device, floats, from_device, to_device};

const FILE: &[u8] = include_bytes!("onnx/cases.safetensors");
const LIST: &str = include_str!("onnx/cases.json");

#[derive(Deserialize)]
struct List {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    suite: String,
    operators: Vec<String>,
    inputs: Vec<Argument>,
    outputs: Vec<Argument>,
    ramp: Option<Ramp>,
}

/// An input or an output.
#[derive(Deserialize)]
struct Argument {
    name: String,
    key: String,
    product: Option<f64>,
    scale: Option<f64>,
}

/// The picture of a `light` model: value i of n is `i / divisor`.
#[derive(Deserialize)]
struct Ramp {
    name: String,
    shape: Vec<usize>,
    divisor: f32,
}

/// The input that is the picture.
struct Picture {
    name: String,
    sizes: Vec<usize>,
    values: Vec<f32>,
}

/// An array of the file as an initialiser, or a part of one along the first axis.
fn initialiser<'a>(file: &'a SafeTensors<'_>, argument: &'a Argument) -> Tensor<'a> {
    let view = file.tensor(&argument.key).unwrap();
    let data_type = match view.dtype() {
        Dtype::F32 => 1,
        Dtype::U8 => 2,
        Dtype::I64 => 7,
        Dtype::BOOL => 9,
        Dtype::F64 => 11,
        other => panic!("{}: {other:?}", argument.key),
    };
    Tensor {
        name: &argument.name,
        dims: view.shape().iter().map(|&size| size as i64).collect(),
        data_type,
        raw: Some(view.data()),
        ..Tensor::default()
    }
}

/// Operators whose operands are cut along the batch together.
const PICTURE_BY_PICTURE: [&str; 11] = [
    "Add", "Concat", "Div", "Gemm", "Max", "Mean", "Min", "Mul", "PRelu", "Sub", "Sum",
];

/// Value i of a sequence of numbers from -1 to 1, as in README.md.
fn sequence(count: usize, seed: u64) -> Vec<f32> {
    let value = |i: usize| {
        let mut z = (seed << 32)
            .wrapping_add(i as u64)
            .wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        ((z >> 11) as f64 / (1u64 << 52) as f64 - 1.0) as f32
    };
    (0..count).map(value).collect()
}

fn dot(one: &[f32], other: &[f32]) -> f64 {
    let pairs = one.iter().zip(other);
    pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// What became of a case with one of its inputs as the picture.
enum Outcome {
    /// Refused, or more axes than the batch apart.
    Refused(Error),
    /// Another result than the recorded one.
    Wrong(String),
    Right {
        /// Whether there was a derivative to compare.
        differentiated: bool,
    },
}

/// Runs a case with `picture`, which is input `k` of the case.
fn run(
    case: &Case,
    file: &SafeTensors<'_>,
    model: &Model<'_>,
    picture: &Picture,
    k: usize,
) -> Outcome {
    let Some((&batch, own)) = picture.sizes.split_first() else {
        let what = "the picture is one number".to_owned();
        return Outcome::Refused(Error::NetworkUnsupported(what));
    };
    let others: Vec<&Argument> = case
        .inputs
        .iter()
        .filter(|input| input.name != picture.name)
        .collect();
    // An operand of the same sizes belongs to the picture: each picture runs with its own.
    let is_cut = |tensor: &Tensor<'_>| {
        batch > 1 && tensor.dims.len() == picture.sizes.len() && tensor.dims[0] == batch as i64
    };
    let initialisers: Vec<Tensor<'_>> = others
        .iter()
        .map(|input| initialiser(file, input))
        .collect();
    let arithmetic = case
        .operators
        .iter()
        .all(|operator| PICTURE_BY_PICTURE.contains(&operator.as_str()));
    let apart = arithmetic && initialisers.iter().any(is_cut);
    let runs = if apart { batch } else { 1 };
    let (files, device) = (ExternalFiles::default(), device());
    let mut product = 0.0;
    let outputs = case.outputs.iter().enumerate();
    let outputs =
        outputs.filter(|(_, output)| file.tensor(&output.key).unwrap().dtype() == Dtype::F32);
    for (number, output) in outputs {
        let (expected_sizes, expected) = floats(file, &output.key);
        let weights = sequence(expected.len(), 100 + number as u64);
        let direction = sequence(picture.values.len(), k as u64);
        for part in 0..runs {
            let message = {
                let mut message = model.graph.clone();
                let mut given = initialisers.clone();
                for tensor in given.iter_mut().filter(|tensor| apart && is_cut(tensor)) {
                    let raw = tensor.raw.unwrap();
                    let length = raw.len() / batch;
                    tensor.raw = Some(&raw[part * length..][..length]);
                    tensor.dims[0] = 1;
                }
                message.initializers.extend(given);
                message
            };
            let nodes = inline_functions(model);
            let nodes = nodes.and_then(|nodes| order_nodes(nodes, &message, &[&output.name]));
            let nodes = match nodes {
                Ok(nodes) => nodes,
                Err(error) => return Outcome::Refused(error),
            };
            let graph = match import(ImportRequest {
                message: &message,
                layers: &layer_names(&nodes),
                nodes,
                files: &files,
                input: &picture.name,
                shape: Shape::new(own),
                channels_last: false,
                output: &output.name,
                device: &device,
            }) {
                Ok(graph) => graph,
                Err(error) => return Outcome::Refused(error),
            };
            let cut = |values: &[f32]| {
                let length = values.len() / runs;
                values[part * length..][..length].to_vec()
            };
            let mut sizes = picture.sizes.clone();
            sizes[0] /= runs;
            let pictures = to_device(cut(&picture.values), &sizes);
            let result = graph.forward(pictures, graph.output(), Retain::Nothing);
            let (found, trace) = result.unwrap();
            let found_sizes = found.sizes();
            let mut sizes = expected_sizes.clone();
            if let Some(first) = sizes.first_mut() {
                *first /= runs;
            }
            if found_sizes != sizes {
                let what = format!("sizes {found_sizes:?} in place of {sizes:?}");
                return Outcome::Wrong(what);
            }
            let found = from_device(found);
            for (i, (&found, expected)) in found.iter().zip(cut(&expected)).enumerate() {
                // Two infinities have no difference.
                let close = (found - expected).abs() <= 1e-5 + 1e-3 * expected.abs()
                    || found == expected
                    || (found.is_nan() && expected.is_nan());
                if !close {
                    let what = format!("value {i} is {found} in place of {expected}");
                    return Outcome::Wrong(what);
                }
            }
            if case
                .inputs
                .get(k)
                .is_none_or(|input| input.product.is_none())
            {
                continue;
            }
            let signal = to_device(cut(&weights), &sizes);
            let gradient = graph.backward(&trace, signal, ReluRule::Gradient, INPUT, |_, _| {});
            let gradient: Value = gradient.unwrap();
            product += dot(&from_device(gradient), &cut(&direction));
        }
    }
    let Some((expected, scale)) = case
        .inputs
        .get(k)
        .and_then(|input| input.product.zip(input.scale))
    else {
        return Outcome::Right {
            differentiated: false,
        };
    };
    if (product - expected).abs() > 1e-4 * scale {
        let what = format!("product {product} in place of {expected}, scale {scale}");
        return Outcome::Wrong(what);
    }
    Outcome::Right {
        differentiated: true,
    }
}

/// Code and detail of an error.
fn describe(error: &Error) -> String {
    format!("{}: {}", error.code(), error.detail())
}

/// Runs a case with each of its float inputs as the picture in turn. `Err` when the first is
/// refused, or any is wrong; else the number of inputs that were differentiated.
fn outcome(case: &Case, file: &SafeTensors<'_>) -> Result<usize, String> {
    let view = file.tensor(&format!("{}.model", case.name)).unwrap();
    let model = parse_model(view.data()).map_err(|error| describe(&error))?;
    if let Some(ramp) = &case.ramp {
        let count = ramp.shape.iter().product();
        let picture = Picture {
            name: ramp.name.clone(),
            sizes: ramp.shape.clone(),
            values: (0..count).map(|i: usize| i as f32 / ramp.divisor).collect(),
        };
        return match run(case, file, &model, &picture, usize::MAX) {
            Outcome::Right { .. } => Ok(0),
            Outcome::Refused(error) => Err(describe(&error)),
            Outcome::Wrong(what) => Err(format!("wrong: {what}")),
        };
    }
    let mut differentiated = 0;
    let mut first = true;
    for (k, input) in case.inputs.iter().enumerate() {
        if file.tensor(&input.key).unwrap().dtype() != Dtype::F32 {
            continue;
        }
        let (sizes, values) = floats(file, &input.key);
        let picture = Picture {
            name: input.name.clone(),
            sizes,
            values,
        };
        match run(case, file, &model, &picture, k) {
            Outcome::Right {
                differentiated: yes,
            } => differentiated += usize::from(yes),
            Outcome::Refused(error) if first => return Err(describe(&error)),
            Outcome::Refused(_) => {}
            Outcome::Wrong(what) => return Err(format!("wrong: input {k}: {what}")),
        }
        first = false;
    }
    Ok(differentiated)
}

/// Cases that are refused, by reason.
const REFUSED: &[(&str, &[&str])] = &[
    (
        "values have two axes of positions, and not one or three",
        &[
            "test_averagepool_1d_default",
            "test_averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_False",
            "test_averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_True",
            "test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_False",
            "test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True",
            "test_averagepool_3d_dilations_small",
            "test_convtranspose_1d",
            "test_convtranspose_3d",
            "test_maxpool_1d_default",
            "test_maxpool_3d_dilations",
            "test_maxpool_3d_dilations_use_ref_impl",
            "test_maxpool_3d_dilations_use_ref_impl_large",
            "test_AvgPool3d",
            "test_AvgPool3d_stride",
            "test_AvgPool3d_stride1_pad0_gpu_input",
            "test_Conv1d",
            "test_Conv1d_dilated",
            "test_Conv1d_groups",
            "test_Conv1d_pad1",
            "test_Conv1d_pad1size1",
            "test_Conv1d_pad2",
            "test_Conv1d_pad2size1",
            "test_Conv1d_stride",
            "test_Conv3d",
            "test_Conv3d_dilated",
            "test_Conv3d_dilated_strided",
            "test_Conv3d_groups",
            "test_Conv3d_no_bias",
            "test_Conv3d_stride",
            "test_Conv3d_stride_padding",
            "test_MaxPool1d",
            "test_MaxPool1d_stride",
            "test_MaxPool3d",
            "test_MaxPool3d_stride",
            "test_MaxPool3d_stride_padding",
            "test_operator_maxpool",
        ],
    ),
    (
        "the first axis is changed or mixed, so it is no batch",
        &[
            "test_concat_1d_axis_0",
            "test_concat_1d_axis_negative_1",
            "test_concat_2d_axis_0",
            "test_concat_2d_axis_negative_2",
            "test_concat_3d_axis_0",
            "test_concat_3d_axis_negative_3",
            "test_flatten_axis0",
            "test_flatten_axis2",
            "test_flatten_axis3",
            "test_flatten_negative_axis1",
            "test_flatten_negative_axis2",
            "test_flatten_negative_axis4",
            "test_gather_0",
            "test_gather_negative_indices",
            "test_logsoftmax_axis_0",
            "test_reduce_mean_default_axes_keepdims_example",
            "test_reduce_mean_default_axes_keepdims_random",
            "test_reduce_sum_default_axes_keepdims_example",
            "test_reduce_sum_default_axes_keepdims_random",
            "test_slice",
            "test_slice_neg_steps",
            "test_softmax_axis_0",
            "test_split_1d_uneven_split_opset18",
            "test_split_equal_parts_1d_opset13",
            "test_split_equal_parts_1d_opset18",
            "test_split_equal_parts_default_axis_opset13",
            "test_split_equal_parts_default_axis_opset18",
            "test_split_variable_parts_1d_opset13",
            "test_split_variable_parts_1d_opset18",
            "test_split_variable_parts_default_axis_opset13",
            "test_split_variable_parts_default_axis_opset18",
            "test_split_zero_size_splits_opset13",
            "test_split_zero_size_splits_opset18",
            "test_squeeze",
            "test_transpose_all_permutations_2",
            "test_transpose_all_permutations_3",
            "test_transpose_all_permutations_4",
            "test_transpose_all_permutations_5",
            "test_transpose_default",
            "test_unsqueeze_axis_0",
            "test_operator_chunk",
            "test_operator_index",
        ],
    ),
    (
        "the number of pictures is written out in a constant",
        &[
            "test_expand_dim_changed",
            "test_expand_dim_unchanged",
            "test_reshape_allowzero_reordered",
            "test_reshape_extended_dims",
            "test_reshape_negative_dim",
            "test_reshape_negative_extended_dims",
            "test_reshape_one_dim",
            "test_reshape_reduced_dims",
            "test_reshape_reordered_all_dims",
            "test_reshape_reordered_last_dims",
            "test_reshape_zero_and_negative_dim",
            "test_reshape_zero_dim",
            "test_slice_default_axes",
            "test_slice_default_steps",
            "test_slice_negative_axes",
            "test_PoissonNLLLLoss_no_reduce",
            "test_operator_params",
        ],
    ),
    (
        "statistics of the batch, as in training",
        &[
            "test_batchnorm_epsilon_training_mode",
            "test_batchnorm_example_training_mode",
        ],
    ),
    (
        "products of two values, and products from the left or with the batch last",
        &[
            "test_gemm_all_attributes",
            "test_gemm_transposeA",
            "test_matmul_1d_1d",
            "test_matmul_1d_3d",
            "test_matmul_3d",
            "test_matmul_4d",
            "test_matmul_4d_1d",
            "test_matmul_bcast",
            "test_operator_addmm",
        ],
    ),
    (
        "where the maximum was, as an output",
        &[
            "test_maxpool_with_argmax_2d_precomputed_pads",
            "test_maxpool_with_argmax_2d_precomputed_strides",
        ],
    ),
    (
        "regions of interest",
        &[
            "test_resize_tf_crop_and_resize",
            "test_resize_tf_crop_and_resize_axes_2_3",
            "test_resize_tf_crop_and_resize_axes_3_2",
            "test_resize_tf_crop_and_resize_extrapolation_value",
        ],
    ),
    (
        "the larger, the smaller or the power of two values",
        &[
            "test_operator_max",
            "test_operator_min",
            "test_operator_pow",
        ],
    ),
    (
        "nothing to compute from the first input",
        &[
            "test_reduce_sum_empty_set",
            "test_reduce_sum_empty_set_non_reduced_axis_zero",
            "test_slice_start_out_of_bounds",
            "test_operator_symbolic_override_nested",
        ],
    ),
];

#[test]
fn every_case_of_onnx_passes_or_is_listed() {
    let file = SafeTensors::deserialize(FILE).unwrap();
    let list: List = serde_json::from_str(LIST).unwrap();
    let only = std::env::var("CASE").ok();
    let listed: BTreeSet<&str> = REFUSED
        .iter()
        .flat_map(|(_, names)| names.iter().copied())
        .collect();
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in &list.cases {
        if only.as_ref().is_some_and(|only| !case.name.contains(only)) {
            continue;
        }
        let found = std::panic::catch_unwind(|| outcome(case, &file));
        let found = found.unwrap_or_else(|_| Err("it panics".to_owned()));
        let [passed, products, left] = counts.entry(&case.suite).or_default();
        match &found {
            Ok(differentiated) => {
                *passed += 1;
                *products += differentiated;
            }
            Err(_) => *left += 1,
        }
        match (found, listed.contains(&*case.name)) {
            (Ok(_), true) => wrong.push(format!("{} is listed, and passes", case.name)),
            (Err(what), listed) if !listed || !what.starts_with("network-unsupported") => {
                wrong.push(format!("{}: {what}", case.name));
            }
            _ => {}
        }
    }
    for (suite, [passed, products, left]) in counts {
        println!("{suite}: {passed} cases pass, {products} gradients; {left} do not");
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
