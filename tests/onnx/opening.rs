//! Files as whole networks: what opens, and what is refused by which code.

use burn::tensor::Device;
use deep_inside::class_model::ClassModelSettings;
use deep_inside::device::{DeviceChoice, read_back};
use deep_inside::gradient::{Target, score_gradient};
use deep_inside::graph::ReluRule;
use deep_inside::networks::{LabelSource, Labels, Network, OnnxOptions, OnnxReport};
use deep_inside::onnx::{ExternalFiles, InputOptions, Layout};
use deep_inside::preprocess::{ChannelOrder, Fit};
use deep_inside::progress::NoProgress;
use deep_inside::{Engine, Error};
use pollster::block_on;

use crate::write::{bytes, int, int_attribute, model, node, tensor, value, weights};

/// A classifier of three classes, by the mean of the channels of pictures of `dims`.
fn classifier(dims: &[i64; 4], opset: i64) -> Vec<u8> {
    let weight = weights("w", &[3, dims[1]], &vec![0.5; 3 * dims[1] as usize]);
    let transposed = int_attribute("transB", 1);
    let graph = [
        node("GlobalAveragePool", &["x"], &["mean"], &[]),
        node("Flatten", &["mean"], &["vector"], &[]),
        node("Gemm", &["vector", "w"], &["y"], &[transposed]),
        weight,
        value(11, "x", dims),
        value(12, "y", &[1, 3]),
    ];
    model(opset, &graph)
}

fn open(file: &[u8], options: &OnnxOptions<'_>) -> Result<(Network, OnnxReport), Error> {
    Network::from_onnx(file, &ExternalFiles::default(), options, &Device::flex())
}

fn code(file: &[u8]) -> &'static str {
    open(file, &OnnxOptions::default()).map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn grey_pictures_of_any_size_are_read() {
    let (network, report) = open(&classifier(&[1, 1, 6, 8], 17), &OnnxOptions::default()).unwrap();
    assert_eq!(network.input.dims(1), [1, 1, 6, 8]);
    assert_eq!(network.input.channels, ChannelOrder::Grey);
    assert_eq!(network.classes(), 3);
    let [input] = &report.inputs[..] else {
        panic!("{:?}", report.inputs);
    };
    assert_eq!(
        (input.name.as_str(), input.axes.join(" ")),
        ("x", "1 1 6 8".to_owned())
    );
    assert_eq!(report.outputs[0].axes, ["1", "3"]);
    assert_eq!(report.labels, LabelSource::Numbers);
}

#[test]
fn options_reach_the_network() {
    let options = OnnxOptions {
        title: Some("mine".to_owned()),
        labels: Some(Labels::File(b"one\ntwo\nthree")),
        input: InputOptions {
            fit: Some(Fit::Squash),
            std: Some(vec![0.5]),
            ..InputOptions::default()
        },
        ..OnnxOptions::default()
    };
    let (network, report) = open(&classifier(&[1, 3, 6, 8], 17), &options).unwrap();
    assert_eq!(network.title, "mine");
    assert_eq!(network.labels, ["one", "two", "three"]);
    assert_eq!(report.labels, LabelSource::Options);
    assert_eq!(
        (network.input.std, network.input.fit),
        (vec![0.5; 3], Fit::Squash)
    );
}

#[test]
fn labels_are_found_beside_the_model() {
    let options = OnnxOptions {
        descriptions: vec![
            ("config.json", br#"{"mean": [0.5], "std": [0.5]}"#),
            ("four.txt", b"a\nb\nc\nd"),
            ("three.txt", b"a\nb\nc"),
        ],
        ..OnnxOptions::default()
    };
    let (network, report) = open(&classifier(&[1, 3, 6, 8], 17), &options).unwrap();
    assert_eq!(report.labels, LabelSource::File("three.txt".to_owned()));
    assert_eq!(network.labels, ["a", "b", "c"]);
    assert_eq!(network.input.mean, [0.5; 3]);
}

/// Values of a target, and gradients of it.
fn value_of(network: &Network, planes: &[f32], target: &Target) -> (f32, Vec<f32>) {
    let picture = network.upload(planes.to_vec(), network.input.dims(1));
    let found = score_gradient(network, picture, target, ReluRule::Gradient).unwrap();
    let score = block_on(read_back(found.scores)).unwrap()[0];
    (score, block_on(read_back(found.gradients)).unwrap())
}

#[test]
fn every_value_of_a_map_is_a_target() {
    let weight = weights("w", &[2, 1, 1, 1], &[2.0, -3.0]);
    let graph = [
        node("Conv", &["x", "w"], &["map"], &[]),
        node("Sigmoid", &["map"], &["y"], &[]),
        weight,
        value(11, "x", &[1, 1, 3, 4]),
        value(12, "y", &[1, 2, 3, 4]),
    ];
    let (network, report) = open(&model(17, &graph), &OnnxOptions::default()).unwrap();
    assert_eq!(
        (network.classes(), report.left_out),
        (2, vec!["Sigmoid".to_owned()])
    );
    let planes: Vec<f32> = (0u8..12).map(f32::from).collect();
    let (mean, _) = value_of(&network, &planes, &Target::Class(1));
    assert!((mean + 3.0 * 5.5).abs() < 1e-5, "{mean}");
    // Row 1, column 2 of the second class.
    let target = Target::of_output(&network, "y", 12 + 6).unwrap();
    let (score, gradient) = value_of(&network, &planes, &target);
    assert!((score + 18.0).abs() < 1e-5, "{score}");
    let expected: Vec<f32> = (0..12).map(|i| if i == 6 { -3.0 } else { 0.0 }).collect();
    assert_eq!(gradient, expected);
    for (output, index) in [("y", 24), ("z", 0)] {
        let error = Target::of_output(&network, output, index).unwrap_err();
        assert_eq!(error.code(), "setting-out-of-range");
    }
}

#[test]
fn one_number_has_the_targets_higher_and_lower() {
    let gemm = [
        node("Flatten", &["x"], &["v"], &[]),
        node(
            "Gemm",
            &["v", "w", "b"],
            &["y"],
            &[int_attribute("transB", 1)],
        ),
        weights("b", &[1], &[0.25]),
    ];
    // Without a linear layer at the end, and without an axis for the classes.
    let sum = [
        node("Mul", &["x", "w"], &["p"], &[]),
        node(
            "ReduceSum",
            &["p", "axes"],
            &["s"],
            &[int_attribute("keepdims", 0)],
        ),
        node("Add", &["s", "b"], &["y"], &[]),
        weights("b", &[1], &[0.25]),
        tensor(
            "axes",
            &[3],
            7,
            &[bytes(9, [1i64, 2, 3].map(i64::to_le_bytes).concat())],
        ),
    ];
    for (name, nodes, shape) in [
        ("gemm", &gemm[..], &[1, 6][..]),
        ("sum", &sum, &[1, 1, 2, 3]),
    ] {
        let ends = [
            weights("w", shape, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            value(11, "x", &[1, 1, 2, 3]),
            value(12, "y", &[1, 1]),
        ];
        let file = model(17, &[nodes, &ends].concat());
        let (network, report) = open(&file, &OnnxOptions::default()).unwrap();
        assert_eq!(report.labels, LabelSource::Number, "{name}");
        assert_eq!(network.labels, ["higher", "lower"]);
        let planes = [1.0, 0.0, 0.0, 0.0, 0.0, 2.0];
        for (index, sign) in [(0, 1.0), (1, -1.0)] {
            let target = Target::of_output(&network, "y", index).unwrap();
            let (score, gradient) = value_of(&network, &planes, &target);
            assert!((score - sign * 13.25).abs() < 1e-5, "{name}: {score}");
            let expected = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(|weight| sign * weight);
            assert_eq!(gradient, expected, "{name}");
        }
        assert_eq!(network.head.is_some(), name == "gemm");
    }
}

#[test]
fn a_network_without_class_models_warms_up() {
    let graph = [
        node("Flatten", &["x"], &["v"], &[]),
        node("Gemm", &["v", "w"], &["y"], &[]),
        weights("w", &[6, 2], &[1.0; 12]),
        value(11, "x", &[1, 1, 2, 3]),
        value(12, "y", &[1, 2]),
    ];
    let mut engine = block_on(Engine::open(DeviceChoice::Cpu, None)).unwrap();
    let (files, options) = (ExternalFiles::default(), OnnxOptions::default());
    engine
        .open_network(&model(17, &graph), &files, &options)
        .unwrap();
    let settings = ClassModelSettings::new(Target::Class(0));
    let refused = engine.class_model(&settings).err().unwrap();
    assert_eq!(refused.code(), "network-unsupported");
    block_on(engine.warm_up(&NoProgress)).unwrap();
}

#[test]
fn files_that_are_no_such_network_have_a_code_each() {
    let good = classifier(&[1, 3, 6, 8], 17);
    assert_eq!(code(&good), "ok");
    let graph = |nodes: &[Vec<u8>]| {
        let ends = [value(11, "x", &[1, 3, 6, 8]), value(12, "y", &[1, 3])];
        model(17, &[nodes, &ends].concat())
    };
    let claim = [int(2, 1), bytes(9, [0; 4])];
    let pooled = node("GlobalAveragePool", &["x"], &["y"], &[]);
    let nested = (0..2_000).fold(Vec::new(), |graph, _| {
        let body = [bytes(1, "body"), bytes(6, graph), int(20, 5)].concat();
        node("If", &["x"], &["y"], &[body])
    });
    let huge = tensor("w", &[3 << 28, 1], 1, &claim);
    for (name, file, expected) in [
        ("nothing", Vec::new(), "network-corrupt"),
        ("text", b"no network".to_vec(), "network-corrupt"),
        ("half", good[..good.len() / 2].to_vec(), "network-corrupt"),
        (
            "a cycle",
            graph(&[node("Add", &["x", "y"], &["y"], &[])]),
            "network-corrupt",
        ),
        (
            "no weights",
            graph(&[node("Gemm", &["x", "w"], &["y"], &[])]),
            "network-corrupt",
        ),
        (
            "3 GB claimed",
            graph(&[node("Mul", &["x", "w"], &["y"], &[]), huge]),
            "network-too-large",
        ),
        ("nested graphs", graph(&[nested]), "network-unsupported"),
        (
            "operators of version 99",
            classifier(&[1, 3, 6, 8], 99),
            "network-unsupported",
        ),
        (
            "an operator of nobody",
            graph(&[node("Divine", &["x"], &["y"], &[])]),
            "network-unsupported",
        ),
        (
            "pictures in fours",
            classifier(&[4, 3, 6, 8], 17),
            "network-unsupported",
        ),
        (
            "five channels",
            classifier(&[1, 5, 6, 8], 17),
            "network-unsupported",
        ),
        (
            "no picture",
            model(17, &[pooled, value(11, "x", &[3]), value(12, "y", &[3])]),
            "network-unsupported",
        ),
        (
            "4096 rows",
            classifier(&[1, 3, 4096, 8], 17),
            "network-too-large",
        ),
    ] {
        assert_eq!(code(&file), expected, "{name}");
    }
}

#[test]
fn activations_of_more_than_a_gibibyte_are_refused_before_any_is_computed() {
    let mut graph: Vec<Vec<u8>> = (0..100)
        .map(|i| node("Relu", &[&format!("v{i}")], &[&format!("v{}", i + 1)], &[]))
        .collect();
    graph.extend([
        value(11, "v0", &[1, 3, 1024, 1024]),
        value(12, "v100", &[1, 3, 1024, 1024]),
    ]);
    let error = open(&model(17, &graph), &OnnxOptions::default())
        .err()
        .unwrap();
    assert_eq!(error.code(), "network-too-large", "{error}");
    assert!(error.detail().contains("million values"), "{error}");
}

#[test]
fn options_that_contradict_a_file_are_named() {
    let file = classifier(&[1, 3, 6, 8], 17);
    let input = |input| OnnxOptions {
        input,
        ..OnnxOptions::default()
    };
    let labels = |labels| OnnxOptions {
        labels: Some(labels),
        ..OnnxOptions::default()
    };
    let names = OnnxOptions {
        output: Some("z".to_owned()),
        ..OnnxOptions::default()
    };
    let last = InputOptions {
        layout: Some(Layout::ChannelsLast),
        ..InputOptions::default()
    };
    for (options, what) in [
        (names, "no output \"z\""),
        (
            labels(Labels::List(vec!["a".to_owned()])),
            "`labels` has 1 labels for 3 classes",
        ),
        (labels(Labels::File(b"a\n\nb\nc")), "the file of `labels`"),
        (input(last), "`layout`"),
    ] {
        let error = open(&file, &options).err().unwrap();
        assert_eq!(error.code(), "setting-out-of-range", "{error}");
        assert!(error.detail().contains(what), "{error}");
    }
}
