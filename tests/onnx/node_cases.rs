//! ONNX's own tests of the operators that are folded (make_node_cases.py), forward: each gives the
//! recorded output or is refused, and those that are refused are listed.

use std::collections::BTreeMap;

use deep_inside::onnx::fields::Fields;
use deep_inside::onnx::{
    Data, ExternalFiles, Folder, HostTensor, MAX_FOLDED_ELEMENTS, Tensor, parse_model, read_tensor,
};

use crate::write::bytes as field;

const CASES: &[u8] = include_bytes!("node_cases.pb");

struct Case<'a> {
    name: &'a str,
    model: &'a [u8],
    /// Files that are one `TensorProto` each.
    inputs: Vec<&'a [u8]>,
    outputs: Vec<&'a [u8]>,
}

fn cases() -> Vec<Case<'static>> {
    let mut cases = Vec::new();
    for case in Fields::of_file("Cases", CASES) {
        let mut read = Case {
            name: "",
            model: &[],
            inputs: Vec::new(),
            outputs: Vec::new(),
        };
        for field in case.unwrap().message("Case").unwrap() {
            let field = field.unwrap();
            match field.number {
                1 => read.name = field.text().unwrap(),
                2 => read.model = field.bytes().unwrap(),
                3 => read.inputs.push(field.bytes().unwrap()),
                _ => read.outputs.push(field.bytes().unwrap()),
            }
        }
        cases.push(read);
    }
    cases
}

/// A `TensorProto` as the only initialiser of a model.
fn tensor_model(message: &[u8]) -> Vec<u8> {
    field(7, field(5, message))
}

/// What the folder makes of a case: its outputs, or the code and detail of its error.
fn fold(case: &Case<'_>) -> Result<Vec<HostTensor>, deep_inside::Error> {
    let model = parse_model(case.model)?;
    let files = ExternalFiles::default();
    let inputs: Vec<Vec<u8>> = case
        .inputs
        .iter()
        .map(|input| tensor_model(input))
        .collect();
    let mut initializers: Vec<Tensor<'_>> = model.graph.initializers.clone();
    for (input, info) in inputs.iter().zip(&model.graph.inputs) {
        let mut tensor = parse_model(input)?.graph.initializers.remove(0);
        tensor.name = info.name;
        initializers.push(tensor);
    }
    let mut folder = Folder::new(&initializers, &files, MAX_FOLDED_ELEMENTS);
    for node in &model.graph.nodes {
        assert!(
            folder.fold(node, |_| None)?,
            "{} has an input that is no constant",
            case.name
        );
    }
    let outputs = model.graph.outputs.iter();
    outputs
        .map(|output| Ok((*folder.constant(output.name)?.unwrap()).clone()))
        .collect()
}

/// `None` when `found` is `expected` within the tolerance of ONNX's own runner; else the difference.
fn difference(found: &HostTensor, expected: &HostTensor) -> Option<String> {
    if (found.dims(), found.element_type()) != (expected.dims(), expected.element_type()) {
        let [found, expected] =
            [found, expected].map(|t| format!("{:?} {:?}", t.dims(), t.element_type()));
        return Some(format!("{found}, not {expected}"));
    }
    let pairs: Vec<(f64, f64)> = match (found.data(), expected.data()) {
        (Data::F32(a), Data::F32(b)) => a
            .iter()
            .zip(b)
            .map(|(&a, &b)| (a.into(), b.into()))
            .collect(),
        (Data::F64(a), Data::F64(b)) => a.iter().copied().zip(b.iter().copied()).collect(),
        (a, b) => return (a != b).then(|| format!("{a:?}, not {b:?}")),
    };
    let is_close = |&(a, b): &(f64, f64)| {
        a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-7 + 1e-5 * f64::abs(b)
    };
    let wrong = pairs.iter().find(|pair| !is_close(pair));
    wrong.map(|(found, expected)| format!("{found}, not {expected}"))
}

/// Cases whose element types no supported network has: 8-bit and smaller floats, integers of four
/// and two bits, strings; and what only training needs.
fn is_refused(name: &str) -> bool {
    let types = [
        "FLOAT8", "FLOAT4", "INT4", "INT2", "e8m0", "e4m3fn", "e5m2", "float4", "int4", "int2",
    ];
    let types = types.iter().any(|kind| name.contains(kind));
    types || REFUSED.contains(&name)
}

const REFUSED: [&str; 4] = [
    "test_batchnorm_epsilon_training_mode",
    "test_batchnorm_example_training_mode",
    "test_equal_string",
    "test_equal_string_broadcast",
];

#[test]
fn onnx_own_tests_of_folded_operators_pass() {
    let (mut passed, mut refused, mut failed) = (BTreeMap::new(), Vec::new(), Vec::new());
    for case in cases() {
        match fold(&case) {
            Ok(found) => {
                let mut problems = Vec::new();
                for (found, expected) in found.iter().zip(&case.outputs) {
                    let file = tensor_model(expected);
                    let expected = &parse_model(&file).unwrap().graph.initializers[0];
                    let expected = read_tensor(expected, &ExternalFiles::default()).unwrap();
                    problems.extend(difference(found, &expected));
                }
                if found.len() != case.outputs.len()
                    || !problems.is_empty()
                    || is_refused(case.name)
                {
                    failed.push(format!("{}: {problems:?}", case.name));
                }
                let model = parse_model(case.model).unwrap();
                *passed
                    .entry(model.graph.nodes[0].op_type.to_owned())
                    .or_insert(0) += 1;
            }
            Err(error) if error.code() == "network-unsupported" && is_refused(case.name) => {
                refused.push(case.name);
            }
            Err(error) => failed.push(format!("{}: {error}", case.name)),
        }
    }
    println!("passed {passed:?}; {} refused", refused.len());
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
    let count: i32 = passed.values().sum();
    assert_eq!((count, refused.len()), (498, 120));
}
