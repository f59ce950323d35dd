//! What [`guess_input`] makes of a model and the files beside it.

use deep_inside::onnx::{
    ExternalFiles, Folder, GuessSource, InputGuess, Layout, Model, guess_input, parse_model,
};
use deep_inside::preprocess::{ChannelOrder, Fit};

use crate::write::{bytes, int, model, node, value, weights};

/// A model of the input `dims` (0 is open), these fields of its graph, and of itself.
pub fn model_reading(dims: &[i64], graph: &[Vec<u8>], fields: &[Vec<u8>]) -> Vec<u8> {
    let axis = |&length: &i64| match length {
        0 => bytes(1, bytes(2, "open")),
        length => bytes(1, int(1, length)),
    };
    let shape: Vec<u8> = dims.iter().flat_map(axis).collect();
    let tensor_type = bytes(1, [int(1, 1), bytes(2, shape)].concat());
    let input = bytes(11, [bytes(1, "x"), bytes(2, tensor_type)].concat());
    let graph = [graph, &[input, value(12, "y", &[1])]].concat();
    [model(17, &graph), fields.concat()].concat()
}

/// The guess for a [`model_reading`], and these files.
fn guess(
    dims: &[i64],
    graph: &[Vec<u8>],
    fields: &[Vec<u8>],
    files: &[(&str, &str)],
) -> Result<InputGuess, deep_inside::Error> {
    let file = model_reading(dims, graph, fields);
    guess_of(&parse_model(&file).unwrap(), files)
}

/// The guess for a model, and these files.
pub fn guess_of(
    model: &Model<'_>,
    files: &[(&str, &str)],
) -> Result<InputGuess, deep_inside::Error> {
    let external = ExternalFiles::default();
    let folder = Folder::new(&model.graph.initializers, &external, 0);
    let files: Vec<_> = files
        .iter()
        .map(|&(name, text)| (name, text.as_bytes()))
        .collect();
    guess_input(
        model,
        &model.graph.nodes,
        &folder,
        &model.graph.inputs[0],
        &files,
    )
}

pub fn producer(name: &str) -> Vec<Vec<u8>> {
    vec![bytes(2, name)]
}

fn metadata(entries: &[(&str, &str)]) -> Vec<Vec<u8>> {
    let entry = |&(key, text): &(&str, &str)| bytes(14, [bytes(1, key), bytes(2, text)].concat());
    entries.iter().map(entry).collect()
}

const PHOTO: [i64; 4] = [0, 3, 224, 160];

#[test]
fn shapes_tell_layout_and_size() {
    let first = guess(&PHOTO, &[], &[], &[]).unwrap();
    assert_eq!(
        (first.layout.value, first.size.value),
        (Layout::ChannelsFirst, [224, 160])
    );
    assert_eq!(first.size.reason, "the input is [open, 3, 224, 160]");
    let last = guess(&[1, 96, 80, 3], &[], &[], &[]).unwrap();
    assert_eq!(
        (last.layout.value, last.size.value),
        (Layout::ChannelsLast, [96, 80])
    );
    let grey = guess(&[1, 28, 28, 1], &[], &[], &[]).unwrap();
    assert_eq!(
        (grey.layout.value, grey.colours.value),
        (Layout::ChannelsLast, ChannelOrder::Grey)
    );
    assert_eq!(grey.scale.value.mean.len(), 1);
    let open = guess(&[0, 3, 0, 0], &[], &[], &[]).unwrap();
    assert_eq!(
        (open.size.value, open.size.source),
        ([224, 224], GuessSource::Default)
    );
    for dims in [
        &[1i64, 3, 224][..],
        &[1, 4, 224, 224],
        &[1, 3, 8, 8, 8],
        &[],
    ] {
        assert_eq!(
            guess(dims, &[], &[], &[]).unwrap_err().code(),
            "network-unsupported"
        );
    }
}

#[test]
fn exporters_tell_the_scale() {
    let scale = |name: &str| {
        let guess = guess(&PHOTO, &[], &producer(name), &[]).unwrap();
        assert_eq!(guess.scale.source, GuessSource::Producer, "{name}");
        (guess.scale.value, guess.colours.value, guess.fit.value)
    };
    let (torch, colours, fit) = scale("pytorch");
    assert_eq!(
        (torch.range, &torch.mean[..]),
        ([0.0, 1.0], &[0.485, 0.456, 0.406][..])
    );
    assert_eq!((colours, fit), (ChannelOrder::Rgb, Fit::CentreCrop(0.875)));
    let (keras, _, fit) = scale("tf2onnx");
    assert_eq!(
        (keras.range, &keras.std[..], fit),
        ([-1.0, 1.0], &[1.0; 3][..], Fit::Squash)
    );
    let (caffe, colours, _) = scale("onnx-caffe2");
    assert_eq!(
        (caffe.range, caffe.mean[0], colours),
        ([0.0, 255.0], 103.939, ChannelOrder::Bgr)
    );
    let unknown = guess(&PHOTO, &[], &producer("homemade"), &[]).unwrap();
    assert_eq!(unknown.scale.source, GuessSource::Default);
}

#[test]
fn a_network_that_normalises_itself_is_noticed() {
    let range = |graph: &[Vec<u8>]| {
        let scale = guess(&PHOTO, graph, &producer("tf2onnx"), &[])
            .unwrap()
            .scale;
        (scale.source, scale.value.range)
    };
    // Keras's Rescaling: x / 127.5 - 1.
    let rescaling = [
        weights("factor", &[], &[1.0 / 127.5]),
        weights("shift", &[], &[-1.0]),
        node("Mul", &["x", "factor"], &["a"], &[]),
        node("Add", &["a", "shift"], &["b"], &[]),
        node("Transpose", &["b"], &["c"], &[]),
        node("Conv", &["c", "w"], &["y"], &[]),
    ];
    assert_eq!(range(&rescaling), (GuessSource::Graph, [0.0, 255.0]));
    let reason = |graph: &[Vec<u8>]| guess(&PHOTO, graph, &[], &[]).unwrap().scale.reason;
    assert!(reason(&rescaling).ends_with("0.0078 x + -1.0000"));
    // (x - mean) / std of values between 0 and 1.
    let torch = [
        weights("mean", &[3, 1, 1], &[0.485, 0.456, 0.406]),
        weights("std", &[3, 1, 1], &[0.229, 0.224, 0.225]),
        node("Sub", &["x", "mean"], &["a"], &[]),
        node("Div", &["a", "std"], &["y"], &[]),
    ];
    assert_eq!(range(&torch), (GuessSource::Graph, [0.0, 1.0]));
    assert!(reason(&torch).ends_with("4.3668 x + -2.1179"));
    let normalisation = [
        weights("scale", &[3], &[1.0; 3]),
        weights("bias", &[3], &[0.0; 3]),
        weights("mean", &[3], &[120.0; 3]),
        weights("variance", &[3], &[3600.0; 3]),
        node(
            "BatchNormalization",
            &["x", "scale", "bias", "mean", "variance"],
            &["y"],
            &[],
        ),
    ];
    assert_eq!(range(&normalisation), (GuessSource::Graph, [0.0, 255.0]));
    // A residual connection at the input is no normalisation, and neither is a convolution.
    let residual = [
        weights("factor", &[], &[0.1]),
        node("Mul", &["x", "factor"], &["a"], &[]),
        node("Add", &["a", "x"], &["y"], &[]),
    ];
    assert_eq!(range(&residual), (GuessSource::Producer, [-1.0, 1.0]));
}

#[test]
fn metadata_come_before_everything_else() {
    let onnx = metadata(&[
        ("Image.BitmapPixelFormat", "Bgr8"),
        ("Image.NominalPixelRange", "NominalRange_0_255"),
    ]);
    let onnx = guess(&PHOTO, &[], &onnx, &[("config.json", TIMM)]).unwrap();
    assert_eq!(
        (onnx.colours.value, onnx.colours.source),
        (ChannelOrder::Bgr, GuessSource::Metadata)
    );
    assert_eq!(onnx.colours.reason, "Image.BitmapPixelFormat = Bgr8");
    assert_eq!(
        (onnx.scale.value.range, onnx.scale.source),
        ([0.0, 255.0], GuessSource::Metadata)
    );
    let yolo = metadata(&[("author", "Ultralytics"), ("imgsz", "[320, 256]")]);
    let yolo = guess(&[1, 3, 0, 0], &[], &yolo, &[]).unwrap();
    assert_eq!(
        (yolo.size.value, &yolo.scale.value.mean[..]),
        ([320, 256], &[0.0; 3][..])
    );
    let own = metadata(&[("mean", "[104, 117, 123]"), ("std", "[1, 1, 1]")]);
    let own = guess(&PHOTO, &[], &own, &[]).unwrap().scale;
    assert_eq!(
        (own.value.range, own.value.mean),
        ([0.0, 255.0], vec![104.0, 117.0, 123.0])
    );
}

const TIMM: &str = r#"{"architecture": "a", "pretrained_cfg": {"input_size": [3, 240, 200],
    "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "crop_pct": 0.9}}"#;

#[test]
fn files_beside_the_model_come_before_its_exporter() {
    let with = |name: &str, text: &str| guess(&[1, 3, 0, 0], &[], &[], &[(name, text)]).unwrap();
    let timm = with("config.json", TIMM);
    assert_eq!(
        (timm.scale.source, &timm.scale.value.mean[..]),
        (GuessSource::File, &[0.5; 3][..])
    );
    assert_eq!(
        (timm.size.value, timm.fit.value),
        ([240, 200], Fit::CentreCrop(0.9))
    );
    let cropped = with(
        "preprocessor_config.json",
        r#"{"image_processor_type": "X", "do_center_crop": true, "size": {"shortest_edge": 256},
            "crop_size": {"height": 224, "width": 224}, "rescale_factor": 0.00392156862745098,
            "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}"#,
    );
    assert_eq!(
        (cropped.size.value, cropped.fit.value),
        ([224, 224], Fit::CentreCrop(0.875))
    );
    assert_eq!(cropped.scale.value.std, [0.4, 0.5, 0.6]);
    assert!((cropped.scale.value.range[1] - 1.0).abs() < 1e-9);
    assert!(
        cropped
            .scale
            .reason
            .starts_with("preprocessor_config.json: ")
    );
    let squashed = with(
        "preprocessor_config.json",
        r#"{"image_mean": [0, 0, 0], "size": {"height": 192, "width": 128},
            "do_normalize": false, "do_rescale": false}"#,
    );
    assert_eq!(
        (squashed.size.value, squashed.fit.value),
        ([192, 128], Fit::Squash)
    );
    assert_eq!(squashed.scale.value.range, [0.0, 255.0]);
    let teachable = with("metadata.json", r#"{"imageSize": 96, "labels": ["a"]}"#);
    assert_eq!(
        (teachable.size.value, teachable.scale.value.range),
        ([96, 96], [-1.0, 1.0])
    );
    // The graph is surer of its size than a file is.
    let fixed = guess(&PHOTO, &[], &[], &[("config.json", TIMM)]).unwrap();
    assert_eq!(fixed.size.value, [224, 160]);
}

#[test]
fn files_of_nonsense_change_nothing() {
    let plain = guess(&PHOTO, &[], &[], &[]).unwrap();
    for text in [
        "",
        "cat\ndog",
        "[1, 2]",
        r#"{"mean": [0.5], "std": [0]}"#,
        r#"{"mean": [1, 2], "std": [1, 2]}"#,
        r#"{"mean": "a", "std": [1, 1, 1], "imageSize": -1, "size": 0}"#,
        r#"{"image_mean": [1e999], "image_std": {}}"#,
    ] {
        assert_eq!(
            guess(&PHOTO, &[], &[], &[("a.json", text)]).unwrap(),
            plain,
            "{text}"
        );
    }
}
