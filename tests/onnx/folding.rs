//! What a [`Folder`] computes, what it leaves, and what it refuses.

use deep_inside::onnx::{
    Data, ExternalFiles, Folder, HostTensor, MAX_FOLDED_ELEMENTS, inline_functions, order_nodes,
    parse_model,
};

use crate::write::{bytes, int, int_attribute, model, node, tensor, value, weights};

/// `GraphProto.initializer` of i64.
fn ints(name: &str, dims: &[i64], values: &[i64]) -> Vec<u8> {
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    tensor(name, dims, 7, &[bytes(9, raw)])
}

/// Folds a graph whose input `x` is a picture of the shape `[1, 3, 4, 6]`, and whose output is `y`.
/// Returns `y`, if it is constant.
fn folded(graph: &[Vec<u8>], budget: usize) -> Result<Option<HostTensor>, deep_inside::Error> {
    let graph = [
        graph,
        &[value(11, "x", &[1, 3, 4, 6]), value(12, "y", &[1])],
    ]
    .concat();
    let file = model(17, &graph);
    let model = parse_model(&file)?;
    let nodes = order_nodes(inline_functions(&model)?, &model.graph, &["y"])?;
    let files = ExternalFiles::default();
    let mut folder = Folder::new(&model.graph.initializers, &files, budget);
    for node in &nodes {
        folder.fold(node, |name| (name == "x").then(|| vec![1, 3, 4, 6]))?;
    }
    Ok(folder.constant("y")?.map(|tensor| (*tensor).clone()))
}

fn data(graph: &[Vec<u8>]) -> Data {
    folded(graph, 1000)
        .unwrap()
        .expect("a constant")
        .data()
        .clone()
}

fn code(graph: &[Vec<u8>]) -> &'static str {
    folded(graph, MAX_FOLDED_ELEMENTS).unwrap_err().code()
}

#[test]
fn shapes_of_the_pictures_values_are_constant() {
    // What PyTorch writes for `x.view(x.size(0), 2 * x.size(2), -1)`.
    let graph = [
        node("Shape", &["x"], &["shape"], &[]),
        ints("two", &[1], &[2]),
        ints("minus_one", &[1], &[-1]),
        ints("zero", &[], &[0]),
        ints("axes", &[1], &[0]),
        node("Gather", &["shape", "zero"], &["batch"], &[]),
        node("Unsqueeze", &["batch", "axes"], &["batch_1"], &[]),
        node(
            "Shape",
            &["x"],
            &["rows"],
            &[int_attribute("start", 2), int_attribute("end", 3)],
        ),
        node("Mul", &["rows", "two"], &["rows_2"], &[]),
        node(
            "Concat",
            &["batch_1", "rows_2", "minus_one"],
            &["y"],
            &[int_attribute("axis", 0)],
        ),
    ];
    assert_eq!(data(&graph), Data::I64(vec![1, 8, -1]));
    assert_eq!(
        data(&[node("Size", &["x"], &["y"], &[])]),
        Data::I64(vec![72])
    );
}

#[test]
fn what_depends_on_the_picture_is_left() {
    let graph = [
        node("Add", &["x", "w"], &["y"], &[]),
        weights("w", &[1], &[1.0]),
    ];
    assert_eq!(folded(&graph, 1000), Ok(None));
    // Its shape is not known.
    let graph = [
        node("Relu", &["x"], &["r"], &[]),
        node("Shape", &["r"], &["y"], &[]),
    ];
    assert_eq!(folded(&graph, 1000), Ok(None));
}

#[test]
fn shared_weights_stay_where_they_are() {
    let graph = [
        node("Identity", &["w"], &["y"], &[]),
        weights("w", &[2], &[1.0, 2.0]),
    ];
    // Nothing is computed: not one element is allowed.
    let shared = folded(&graph, 0).unwrap().unwrap();
    assert_eq!(shared.data(), &Data::F32(vec![1.0, 2.0]));
}

#[test]
fn weights_of_eight_bits_become_f32() {
    let graph = [
        tensor("q", &[2, 2], 3, &[bytes(9, [0xff, 1, 2, 0x80])]),
        weights("scale", &[2], &[0.5, 2.0]),
        node(
            "DequantizeLinear",
            &["q", "scale"],
            &["y"],
            &[int_attribute("axis", 0)],
        ),
    ];
    assert_eq!(data(&graph), Data::F32(vec![-0.5, 0.5, 4.0, -256.0]));
}

#[test]
fn weights_of_sixteen_bits_become_f32() {
    let graph = [
        tensor("half", &[1], 10, &[bytes(9, [0x00, 0x3e])]),
        node("Cast", &["half"], &["y"], &[int_attribute("to", 1)]),
    ];
    assert_eq!(data(&graph), Data::F32(vec![1.5]));
}

#[test]
fn a_group_of_a_convolution_reads_its_own_channels() {
    let graph = [
        weights("i", &[1, 2, 1, 1], &[1.0, 10.0]),
        weights("w", &[4, 1, 1, 1], &[1.0, 2.0, 3.0, 4.0]),
        node("Conv", &["i", "w"], &["y"], &[int_attribute("group", 2)]),
    ];
    assert_eq!(data(&graph), Data::F32(vec![1.0, 2.0, 30.0, 40.0]));
}

#[test]
fn a_constant_operator_that_is_not_folded_is_named() {
    let graph = [
        node("Det", &["w"], &["y"], &[]),
        weights("w", &[1, 1], &[1.0]),
    ];
    let error = folded(&graph, 1000).unwrap_err();
    assert_eq!(error.code(), "network-unsupported");
    assert!(error.detail().contains("Det \"y\""), "{error}");
    let custom = bytes(
        1,
        [bytes(2, "y"), bytes(4, "Add"), bytes(7, "com.example")].concat(),
    );
    assert_eq!(code(&[custom]), "network-unsupported");
}

#[test]
fn large_constants_are_refused_before_they_are_made() {
    let of_shape = |dims: &[i64]| {
        [
            ints("dims", &[dims.len() as i64], dims),
            node("ConstantOfShape", &["dims"], &["y"], &[]),
        ]
    };
    for dims in [
        &[1i64 << 40][..],
        &[1 << 31, 1 << 31],
        &[i64::MAX, 0],
        &[1 << 20, 1 << 20, 0],
    ] {
        assert_eq!(code(&of_shape(dims)), "network-too-large", "{dims:?}");
    }
    assert_eq!(code(&of_shape(&[-1])), "network-corrupt");
    let tiles = [
        weights("w", &[1, 1], &[1.0]),
        ints("times", &[2], &[i64::MAX, i64::MAX]),
        node("Tile", &["w", "times"], &["y"], &[]),
    ];
    assert_eq!(code(&tiles), "network-too-large");
    let padded = [
        weights("w", &[1], &[1.0]),
        ints("pads", &[2], &[1 << 40, 0]),
        node("Pad", &["w", "pads"], &["y"], &[]),
    ];
    assert_eq!(code(&padded), "network-too-large");
    let range = [
        tensor("zero", &[], 11, &[bytes(9, 0f64.to_le_bytes())]),
        tensor("end", &[], 11, &[bytes(9, 1e300f64.to_le_bytes())]),
        tensor("one", &[], 11, &[bytes(9, 1f64.to_le_bytes())]),
        node("Range", &["zero", "end", "one"], &["y"], &[]),
    ];
    assert_eq!(code(&range), "network-too-large");
    // Each tensor is small, and all together are not.
    let mut many = vec![ints("dims", &[1], &[100])];
    many.extend((0..20).map(|i| node("ConstantOfShape", &["dims"], &[&format!("v{i}")], &[])));
    let names: Vec<String> = (0..20).map(|i| format!("v{i}")).collect();
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    many.push(node("Sum", &names, &["y"], &[]));
    assert_eq!(folded(&many, 1000).unwrap_err().code(), "network-too-large");
    assert!(folded(&many, 100_000).is_ok());
}

#[test]
fn arguments_that_contradict_each_other_are_refused() {
    let w = weights("w", &[2, 3], &[1.0; 6]);
    let list = |values: &[i64]| ints("list", &[values.len() as i64], values);
    let with_list = |op: &str, values: &[i64]| {
        code(&[
            w.clone(),
            list(values),
            node(op, &["w", "list"], &["y"], &[]),
        ])
    };
    for (op, values) in [
        ("Reshape", &[4i64, 2][..]),
        ("Reshape", &[-1, -1]),
        ("Reshape", &[-1, 0, 0]),
        ("Reshape", &[-2, 3]),
        ("Squeeze", &[0]),
        ("Unsqueeze", &[0, 0]),
        ("Unsqueeze", &[9]),
        ("Expand", &[5, 3]),
        ("Gather", &[2]),
        ("Gather", &[i64::MIN]),
        ("GatherND", &[0, 0, 0]),
        ("Split", &[1, 2]),
        ("Tile", &[1]),
        ("Pad", &[1]),
        ("CumSum", &[2]),
        ("ReduceSum", &[2]),
        ("MatMul", &[1]),
    ] {
        assert_eq!(with_list(op, values), "network-corrupt", "{op} {values:?}");
    }
    let transposed = [bytes(1, "perm"), bytes(8, [0, 0]), int(20, 7)].concat();
    let graph = [w.clone(), node("Transpose", &["w"], &["y"], &[transposed])];
    assert_eq!(code(&graph), "network-corrupt");
    for op in [
        "Add", "Concat", "Where", "Gemm", "Slice", "Clip", "Range", "OneHot", "Trilu",
    ] {
        assert_eq!(
            code(&[node(op, &[], &["y"], &[])]),
            "network-corrupt",
            "{op}"
        );
    }
    let zero = ints("zero", &[1], &[0]);
    for op in ["Div", "Mod"] {
        let graph = [zero.clone(), node(op, &["zero", "zero"], &["y"], &[])];
        assert_eq!(code(&graph), "network-corrupt", "{op} by zero");
    }
}
