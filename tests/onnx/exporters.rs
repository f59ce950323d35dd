//! Networks as PyTorch's two exporters and tf2onnx write them (tests/networks): their nodes come in
//! order, and their layers have the names of the modules that they were written with.

use std::path::Path;

use deep_inside::onnx::{
    ExternalFiles, Folder, LayerName, Node, inline_functions, layer_names, order_nodes,
    parse_model, read_tensor,
};

/// Reads a network of tests/networks/siblings with all of its weights, and calls `look` with its
/// ordered nodes that are not constant. No shape of the picture's values is known here.
fn with_network<T>(name: &str, look: impl FnOnce(&[Node<'_>]) -> T) -> T {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks/siblings");
    let file = std::fs::read(folder.join(name)).unwrap();
    let data_name = format!("{name}.data");
    let data = std::fs::read(folder.join(&data_name)).unwrap_or_default();
    let files: ExternalFiles<'_> = [(&*data_name, &data[..])].into_iter().collect();
    let model = parse_model(&file).unwrap();
    model.check_opset().unwrap();
    for tensor in &model.graph.initializers {
        read_tensor(tensor, &files).unwrap();
    }
    let outputs: Vec<&str> = model
        .graph
        .outputs
        .iter()
        .map(|output| output.name)
        .collect();
    let nodes = inline_functions(&model).unwrap();
    let nodes = order_nodes(nodes, &model.graph, &outputs).unwrap();
    let mut folder = Folder::new(&model.graph.initializers, &files, 1_000_000);
    let mut kept = Vec::new();
    for node in nodes {
        if !folder.fold(&node, |_| None).unwrap() {
            kept.push(node);
        }
    }
    look(&kept)
}

fn named(name: &str) -> Vec<LayerName> {
    with_network(name, layer_names)
}

/// Whether the network's first layers have these names.
fn assert_names(network: &str, expected: &[&str]) {
    let found: Vec<String> = named(network).into_iter().map(|layer| layer.name).collect();
    assert_eq!(found[..expected.len()], *expected, "{network}");
}

#[test]
fn layers_have_their_modules_names() {
    let start = [
        "conv1",
        "relu",
        "maxpool",
        "layer1.0.conv1",
        "layer1.0.relu",
        "layer1.0.conv2",
    ];
    let end = ["layer1.0.Add", "layer1.0.relu_1", "layer1.1.conv1"];
    let resnet = [&start[..], &end].concat();
    assert_names("resnet18.torchscript.onnx", &resnet);
    assert_names("resnet18.dynamo.onnx", &resnet);
    assert_names(
        "mobilenet_v2.dynamo.onnx",
        &[
            "features.0.0",
            "features.0.2",
            "features.1.conv.0.0",
            "features.1.conv.0.2",
        ],
    );
    assert_names(
        "keras_mobilenet.onnx",
        &[
            "conv1_bn",
            "Conv.0",
            "conv1_relu",
            "conv_dw_1",
            "conv_dw_1_bn.mul_1",
        ],
    );
    let resnet = named("resnet18.dynamo.onnx");
    assert_eq!(resnet[3].group, "layer1.0");
    assert_eq!(resnet.last().map(|layer| &*layer.name), Some("fc"));
}

#[test]
fn shared_initialisers_are_folded_away() {
    // TorchScript's exporter writes Identity nodes of equal weights: 70 of the file's 170 nodes.
    with_network("mobilenet_v2.torchscript.onnx", |nodes| {
        assert_eq!(nodes.len(), 100);
        assert!(nodes.iter().all(|node| node.op_type != "Identity"));
    });
}

#[test]
fn every_network_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks/siblings");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".onnx") {
            assert!(with_network(&name, |nodes| nodes.len()) > 15, "{name}");
            count += 1;
        }
    }
    assert!(count > 15, "{count} networks");
}
