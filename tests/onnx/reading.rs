//! What [`parse_model`], [`inline_functions`], [`order_nodes`] and [`read_tensor`] make of a file.

use deep_inside::onnx::{
    AttributeValue, Data, Dimension, ElementType, ExternalFiles, HostTensor, Node,
    inline_functions, order_nodes, parse_model, read_tensor,
};

use crate::write::{
    bytes, int, int_attribute, model, node, node_message, tensor, value, varint, weights,
};

/// The only initialiser of a file with these fields of a tensor.
fn initializer(dims: &[i64], data_type: i64, fields: &[Vec<u8>]) -> Result<HostTensor, String> {
    let bytes = model(13, &[tensor("w", dims, data_type, fields)]);
    let model = parse_model(&bytes).map_err(|error| error.to_string())?;
    let tensor = &model.graph.initializers[0];
    assert_eq!(tensor.name, "w");
    read_tensor(tensor, &ExternalFiles::default()).map_err(|error| error.to_string())
}

fn data(dims: &[i64], data_type: i64, fields: &[Vec<u8>]) -> Data {
    initializer(dims, data_type, fields).unwrap().data().clone()
}

#[test]
fn elements_are_read_from_raw_data() {
    let raw = |bytes_: &[u8]| [bytes(9, bytes_)];
    let half = [0x00, 0x3c, 0x00, 0xc0];
    assert_eq!(data(&[2], 10, &raw(&half)), Data::F32(vec![1.0, -2.0]));
    let brain = [0x80, 0x3f, 0x00, 0xc0];
    assert_eq!(data(&[2], 16, &raw(&brain)), Data::F32(vec![1.0, -2.0]));
    assert_eq!(
        data(&[1], 11, &raw(&1e300f64.to_le_bytes())),
        Data::F64(vec![1e300])
    );
    assert_eq!(data(&[2, 1], 3, &raw(&[255, 1])), Data::I64(vec![-1, 1]));
    assert_eq!(data(&[2], 2, &raw(&[255, 1])), Data::I64(vec![255, 1]));
    assert_eq!(data(&[1], 5, &raw(&[0xff, 0xff])), Data::I64(vec![-1]));
    assert_eq!(data(&[1], 4, &raw(&[0xff, 0xff])), Data::I64(vec![65535]));
    assert_eq!(
        data(&[1], 12, &raw(&[0xff; 4])),
        Data::I64(vec![0xffff_ffff])
    );
    assert_eq!(data(&[], 9, &raw(&[1])), Data::Bool(vec![true]));
    assert_eq!(data(&[0, 5], 1, &raw(&[])), Data::F32(vec![]));
}

#[test]
fn elements_are_read_from_typed_fields_packed_and_not() {
    let one = 1f32.to_le_bytes();
    let unpacked = [&[0x25][..], &one].concat();
    assert_eq!(
        data(&[3], 1, &[bytes(4, [one, one].concat()), unpacked]),
        Data::F32(vec![1.0; 3])
    );
    assert_eq!(
        data(&[2], 7, &[int(7, -3), int(7, 4)]),
        Data::I64(vec![-3, 4])
    );
    let packed = [varint(300), varint(u64::MAX)].concat();
    assert_eq!(data(&[2], 7, &[bytes(7, packed)]), Data::I64(vec![300, -1]));
    // Sixteen bits of a float, a byte and a truth value, each stored as an int32.
    assert_eq!(data(&[1], 10, &[int(5, 0xc000)]), Data::F32(vec![-2.0]));
    assert_eq!(data(&[1], 2, &[int(5, 200)]), Data::I64(vec![200]));
    assert_eq!(data(&[1], 9, &[int(5, 1)]), Data::Bool(vec![true]));
    assert_eq!(
        data(&[1], 11, &[bytes(10, 0.5f64.to_le_bytes())]),
        Data::F64(vec![0.5])
    );
    assert_eq!(data(&[1], 13, &[int(11, 7)]), Data::I64(vec![7]));
}

#[test]
fn elements_that_do_not_fit_are_refused() {
    let refused = |dims: &[i64], data_type, fields: &[Vec<u8>], what: &str| {
        let error = initializer(dims, data_type, fields).unwrap_err();
        assert!(
            error.contains("tensor \"w\"") && error.contains(what),
            "{error}"
        );
    };
    refused(&[2], 1, &[bytes(9, [0; 7])], "[2] does not fit 7 bytes");
    refused(&[2], 7, &[int(7, 1)], "[2] does not fit 1 elements");
    refused(
        &[1],
        7,
        &[bytes(7, [0; 1000])],
        "[1] does not fit 1000 elements",
    );
    refused(&[1], 1, &[], "[1] does not fit 0 elements");
    refused(&[-1], 1, &[bytes(9, [0; 4])], "shape is [-1]");
    refused(&[1], 17, &[bytes(9, [0; 1])], "elements of type 17");
    refused(&[1], 13, &[bytes(9, [255; 8])], "an integer above");
}

#[test]
fn external_elements_come_from_the_file_of_that_name() {
    let entry = |key: &str, value: &str| bytes(13, [bytes(1, key), bytes(2, value)].concat());
    let fields = [
        entry("location", "folder/net.onnx.data"),
        entry("offset", "4"),
        entry("length", "8"),
        entry("checksum", "of no interest"),
        int(14, 1),
    ];
    let file = model(13, &[tensor("w", &[2], 1, &fields)]);
    let model = parse_model(&file).unwrap();
    let data: Vec<u8> = [9.0f32, 1.0, 2.0, 9.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let read = |name, bytes| {
        let files: ExternalFiles<'_> = [(name, bytes)].into_iter().collect();
        read_tensor(&model.graph.initializers[0], &files)
    };
    let tensor = read("net.onnx.data", &data[..]).unwrap();
    assert_eq!(tensor.data(), &Data::F32(vec![1.0, 2.0]));
    assert_eq!(tensor.dims(), [2]);
    let missing = read("other.data", &data[..]).unwrap_err();
    assert_eq!(missing.code(), "network-corrupt");
    assert!(
        missing
            .detail()
            .contains("\"net.onnx.data\", which is missing"),
        "{missing}"
    );
    let short = read("net.onnx.data", &data[..11]).unwrap_err();
    assert!(
        short
            .detail()
            .contains("from byte 4 of the file \"net.onnx.data\", which has 11")
    );
}

#[test]
fn a_models_messages_are_read() {
    let note =
        |number, key: &str, value: &str| bytes(number, [bytes(1, key), bytes(2, value)].concat());
    let mut conv = node_message(
        "Conv",
        &["x", "w", ""],
        &["y"],
        &[
            int_attribute("group", 2),
            [bytes(1, "pads"), bytes(8, [1, 2]), int(20, 7)].concat(),
            [bytes(1, "strides"), int(8, 1), int(8, 2), int(20, 7)].concat(),
            [bytes(1, "auto_pad"), bytes(4, "VALID"), int(20, 3)].concat(),
            // IR version 1 has no type.
            [bytes(1, "alpha"), vec![0x15], 0.5f32.to_le_bytes().to_vec()].concat(),
            [bytes(1, "body"), bytes(6, "never read"), int(20, 5)].concat(),
        ],
    );
    conv.extend(bytes(3, "first"));
    conv.extend(bytes(7, "ai.onnx"));
    conv.extend(note(9, "namespace", "features.0"));
    // Fields that nobody defined, and documentation that is not UTF-8.
    conv.extend(bytes(6, [0xff]));
    conv.extend(int(1000, 1));
    let image = {
        let batch = bytes(1, bytes(2, "batch"));
        let shape = [batch, bytes(1, int(1, 3)), bytes(1, "")].concat();
        let tensor_type = [int(1, 1), bytes(2, shape)].concat();
        bytes(
            11,
            [bytes(1, "x"), bytes(2, bytes(1, tensor_type))].concat(),
        )
    };
    let mut file = model(
        17,
        &[
            bytes(1, conv),
            image,
            weights("w", &[1], &[1.0]),
            value(12, "y", &[1]),
        ],
    );
    file.extend(bytes(2, "pytorch"));
    file.extend(bytes(2, "an exporter"));
    file.extend(bytes(3, "2.9"));
    file.extend(note(14, "names", "{0: 'cat'}"));

    let model = parse_model(&file).unwrap();
    assert_eq!((model.ir_version, model.opsets.version("")), (8, 17));
    // The last value of a field that is given twice holds.
    assert_eq!(model.producer_name, "an exporter");
    assert_eq!(model.producer_version, "2.9");
    assert_eq!(model.metadata, [("names".into(), "{0: 'cat'}".into())]);
    let graph = &model.graph;
    assert_eq!(
        graph.inputs[0].shape.as_deref(),
        Some(
            &[
                Dimension::Named("batch"),
                Dimension::Known(3),
                Dimension::Unknown
            ][..]
        )
    );
    assert_eq!(
        (graph.inputs[0].name, graph.inputs[0].element_type),
        ("x", 1)
    );
    assert_eq!(graph.outputs[0].name, "y");
    let conv = &graph.nodes[0];
    assert_eq!((conv.op_type, conv.domain, conv.version), ("Conv", "", 17));
    assert_eq!(
        (&*conv.name, &conv.inputs[..]),
        ("first", &["x".into(), "w".into(), "".into()][..])
    );
    assert_eq!(conv.metadata, [("namespace".into(), "features.0".into())]);
    assert_eq!(conv.int("group"), Ok(Some(2)));
    assert_eq!(conv.ints("pads"), Ok(Some(&[1, 2][..])));
    assert_eq!(conv.ints("strides"), Ok(Some(&[1, 2][..])));
    assert_eq!(conv.text("auto_pad"), Ok(Some("VALID")));
    assert_eq!(conv.float("alpha"), Ok(Some(0.5)));
    assert_eq!(conv.int("absent"), Ok(None));
    assert_eq!(conv.int("pads").unwrap_err().code(), "network-corrupt");
    assert!(conv.has_subgraph());
}

/// Operator types, names, inputs and outputs, in order.
fn listed(nodes: &[Node<'_>]) -> Vec<String> {
    let line = |node: &Node<'_>| {
        let (inputs, outputs) = (node.inputs.join(","), node.outputs.join(","));
        format!("{} {}({inputs})={outputs}", node.op_type, node.name)
    };
    nodes.iter().map(line).collect()
}

/// `FunctionProto` of the domain `d`, whose attribute `alpha` is given or 3.
fn function(name: &str, inputs: &[&str], outputs: &[&str], nodes: &[Vec<u8>]) -> Vec<u8> {
    let mut message = bytes(1, name);
    message.extend(bytes(10, "d"));
    message.extend(inputs.iter().flat_map(|name| bytes(4, name)));
    message.extend(outputs.iter().flat_map(|name| bytes(5, name)));
    message.extend(nodes.iter().flat_map(|node| bytes(7, node)));
    message.extend(bytes(11, int_attribute("alpha", 3)));
    message.extend(bytes(9, int(2, 18)));
    bytes(25, message)
}

fn call(function: &str, name: &str, inputs: &[&str], outputs: &[&str]) -> Vec<u8> {
    let mut message = node_message(function, inputs, outputs, &[]);
    message.extend(bytes(3, name));
    message.extend(bytes(7, "d"));
    message
}

#[test]
fn functions_are_inlined_with_their_names_attributes_and_versions() {
    let reference = [bytes(1, "axis"), int(20, 2), bytes(21, "alpha")].concat();
    let unknown = [bytes(1, "other"), int(20, 2), bytes(21, "not given")].concat();
    let inner = node_message("Relu", &["a", "b"], &["t"], &[reference, unknown]);
    let outer = call("Inner", "call", &["p"], &["q"]);
    let mut first = call("Outer", "m1", &["x"], &["y"]);
    first.extend(bytes(5, int_attribute("alpha", 5)));
    let mut file = model(
        13,
        &[
            bytes(1, first),
            bytes(1, call("Inner", "m2", &["y", "x"], &["z"])),
        ],
    );
    file.extend(function(
        "Inner",
        &["a", "b"],
        &["r"],
        &[inner, node_message("Neg", &["t"], &["r"], &[])],
    ));
    file.extend(function("Outer", &["p"], &["q"], &[outer]));
    let model = parse_model(&file).unwrap();
    let nodes = inline_functions(&model).unwrap();
    assert_eq!(
        listed(&nodes),
        [
            "Relu m1/call/(x,)=m1/call/t#2",
            "Neg m1/call/(m1/call/t#2)=y",
            "Relu m2/(y,x)=m2/t#3",
            "Neg m2/(m2/t#3)=z",
        ]
    );
    // The default of Inner, as Outer does not pass its own on.
    assert_eq!(nodes[0].int("axis"), Ok(Some(3)));
    assert!(nodes[0].attribute("other").is_none());
    assert!(nodes.iter().all(|node| node.version == 18));
}

#[test]
fn a_function_that_calls_itself_is_refused() {
    let mut file = model(13, &[bytes(1, call("F", "", &[], &["y"]))]);
    file.extend(function("F", &[], &["r"], &[call("F", "", &[], &["r"])]));
    let error = inline_functions(&parse_model(&file).unwrap()).unwrap_err();
    assert_eq!(error.code(), "network-too-large");
    assert!(error.detail().contains("nested"), "{error}");
}

#[test]
fn functions_that_multiply_are_refused() {
    // F0 calls F1 twice, and so on: 2^30 calls in a file of a kilobyte.
    let mut file = model(13, &[bytes(1, call("F0", "", &[], &["y"]))]);
    for level in 0..30 {
        let next = format!("F{}", level + 1);
        let calls = [call(&next, "", &[], &["s"]), call(&next, "", &[], &["r"])];
        file.extend(function(&format!("F{level}"), &[], &["r"], &calls));
    }
    file.extend(function("F30", &[], &["r"], &[]));
    let error = inline_functions(&parse_model(&file).unwrap()).unwrap_err();
    assert_eq!(error.code(), "network-too-large");
}

#[test]
fn nodes_are_ordered_and_those_that_nothing_needs_left_out() {
    let order = |graph: &[Vec<u8>], wanted: &[&str]| {
        let file = model(13, graph);
        let model = parse_model(&file).unwrap();
        let nodes = order_nodes(model.graph.nodes.clone(), &model.graph, wanted)?;
        Ok::<_, deep_inside::Error>(
            nodes
                .iter()
                .map(|node| node.op_type.to_owned())
                .collect::<Vec<_>>(),
        )
    };
    let graph = [
        node("C", &["b", "a"], &["c"], &[]),
        node("Unused", &["x"], &["u"], &[]),
        node("A", &["x", ""], &["a", ""], &[]),
        node("B", &["a", "w"], &["b"], &[]),
        weights("w", &[1], &[1.0]),
        value(11, "x", &[1]),
    ];
    assert_eq!(order(&graph, &["c"]).unwrap(), ["A", "B", "C"]);
    assert_eq!(
        order(&graph[1..], &["b", "u", "x"]).unwrap(),
        ["Unused", "A", "B"]
    );
    let code = |graph: &[Vec<u8>], wanted: &[&str]| order(graph, wanted).unwrap_err().code();
    assert_eq!(code(&graph, &["d"]), "network-corrupt");
    let without_weights = [&graph[..4], &graph[5..]].concat();
    assert_eq!(code(&without_weights, &["c"]), "network-corrupt");
    assert_eq!(order(&without_weights, &["a"]).unwrap(), ["A"]);
    let twice = [&graph[..], &[node("D", &[], &["a"], &[])]].concat();
    assert_eq!(code(&twice, &["c"]), "network-corrupt");
}

#[test]
fn initialisers_among_the_inputs_are_not_open() {
    let input = |name| value(11, name, &[1]);
    let file = model(
        8,
        &[
            input("w"),
            input("x"),
            weights("w", &[1], &[1.0]),
            input("z"),
        ],
    );
    let model = parse_model(&file).unwrap();
    let open: Vec<&str> = model.graph.open_inputs().map(|input| input.name).collect();
    assert_eq!(open, ["x", "z"]);
}

#[test]
fn an_attribute_without_its_value_has_the_default() {
    // Writers of proto3 leave out zeros.
    let attribute = [bytes(1, "axis"), int(20, 2)].concat();
    let file = model(13, &[node("Concat", &[], &["y"], &[attribute])]);
    let model = parse_model(&file).unwrap();
    assert!(matches!(
        model.graph.nodes[0].attribute("axis"),
        Some(AttributeValue::Int(0))
    ));
    assert_eq!(ElementType::from_number(1), Ok(ElementType::F32));
}
