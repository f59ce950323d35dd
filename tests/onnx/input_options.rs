//! What becomes of a guess where the caller knows better.

use deep_inside::Error;
use deep_inside::onnx::{GuessSource, InputDescription, InputOptions, Layout, parse_model};
use deep_inside::preprocess::{ChannelOrder, Fit};

use crate::guessing::{guess_of, model_reading, producer};

const OPEN: [i64; 4] = [0, 3, 0, 0];

/// The input of a model of `dims` (0 is open) by `exporter`, with these options.
fn input(dims: &[i64], exporter: &str, options: &InputOptions) -> Result<InputDescription, Error> {
    let file = model_reading(dims, &[], &producer(exporter));
    let model = parse_model(&file).unwrap();
    let guess = guess_of(&model, &[]).unwrap();
    options.complete(guess, &model.graph.inputs[0])
}

fn by_pytorch(options: &InputOptions) -> Result<InputDescription, Error> {
    input(&OPEN, "pytorch", options)
}

#[test]
fn without_options_the_input_is_the_guess() {
    let found = by_pytorch(&InputOptions::default()).unwrap();
    assert_eq!(found.range.value, 1.0);
    assert_eq!(found.mean.value, [0.485, 0.456, 0.406]);
    assert_eq!(found.std.value, [0.229, 0.224, 0.225]);
    assert_eq!((found.rows.value, found.columns.value), (224, 224));
    for source in [found.range.source, found.mean.source, found.fit.source] {
        assert_eq!(source, GuessSource::Producer);
    }
    assert_eq!(found.rows.source, GuessSource::Default);
    assert_eq!(found.spec().dims(1), [1, 3, 224, 224]);
}

#[test]
fn a_range_that_starts_elsewhere_becomes_a_mean() {
    // -1 to 1 is (value / 255 - 0.5) / 0.5.
    let keras = input(&[1, 96, 80, 3], "tf2onnx", &InputOptions::default()).unwrap();
    assert_eq!(keras.range.value, 1.0);
    assert_eq!(keras.mean.value, [0.5; 3]);
    assert_eq!(keras.std.value, [0.5; 3]);
    let planes = keras.spec().planes_from_pixels(&[0, 255, 51, 255]);
    for (found, expected) in planes.iter().zip([-1.0, 1.0, -0.6]) {
        assert!((found - expected).abs() < 1e-6, "{planes:?}");
    }
}

#[test]
fn what_is_given_replaces_the_guess_and_nothing_else() {
    let options = InputOptions {
        rows: Some(128),
        std: Some(vec![0.25]),
        fit: Some(Fit::Squash),
        ..InputOptions::default()
    };
    let found = by_pytorch(&options).unwrap();
    assert_eq!((found.rows.value, found.columns.value), (128, 224));
    assert_eq!(found.std.value, [0.25; 3]);
    assert_eq!(found.fit.value, Fit::Squash);
    for source in [found.rows.source, found.std.source, found.fit.source] {
        assert_eq!(source, GuessSource::Options);
    }
    assert_eq!(found.mean.value, [0.485, 0.456, 0.406]);
    assert_eq!(found.mean.source, GuessSource::Producer);
    assert_eq!(found.columns.source, GuessSource::Default);
}

#[test]
fn guesses_on_another_scale_than_the_given_one_are_dropped() {
    let bytes = InputOptions {
        range: Some(255.0),
        ..InputOptions::default()
    };
    let found = by_pytorch(&bytes).unwrap();
    assert_eq!(
        (found.mean.value, found.std.value),
        (vec![0.0; 3], vec![1.0; 3])
    );
    let by_mean = InputOptions {
        mean: Some(vec![127.5]),
        ..InputOptions::default()
    };
    let found = by_pytorch(&by_mean).unwrap();
    assert_eq!(found.range.value, 255.0);
    assert_eq!(
        (found.mean.value, found.std.value),
        (vec![127.5; 3], vec![1.0; 3])
    );
}

#[test]
fn the_guessed_mean_of_a_colour_stays_with_it() {
    let options = InputOptions {
        colours: Some(ChannelOrder::Rgb),
        ..InputOptions::default()
    };
    let caffe = input(&OPEN, "caffe2onnx", &options).unwrap();
    assert_eq!(caffe.mean.value, [123.68, 116.779, 103.939]);
    let grey = InputOptions {
        colours: Some(ChannelOrder::Grey),
        ..InputOptions::default()
    };
    let grey = input(&[0, 0, 32, 32], "pytorch", &grey).unwrap();
    assert_eq!(grey.spec().dims(1), [1, 1, 32, 32]);
    assert!((grey.mean.value[0] - 0.449).abs() < 1e-9);
}

#[test]
fn an_open_shape_takes_either_layout() {
    let last = InputOptions {
        layout: Some(Layout::ChannelsLast),
        ..InputOptions::default()
    };
    let found = input(&[0, 0, 64, 0], "", &last).unwrap();
    assert_eq!((found.rows.value, found.columns.value), (64, 64));
    assert_eq!(found.layout.value, Layout::ChannelsLast);
}

#[test]
fn options_that_no_network_has_or_this_one_has_not_are_named() {
    let fixed = [1, 3, 224, 160];
    let options = InputOptions::default;
    for (dims, options, what) in [
        (
            OPEN,
            InputOptions {
                rows: Some(0),
                ..options()
            },
            "`rows`",
        ),
        (
            OPEN,
            InputOptions {
                columns: Some(1025),
                ..options()
            },
            "`columns`",
        ),
        (
            OPEN,
            InputOptions {
                range: Some(2.0),
                ..options()
            },
            "`range`",
        ),
        (
            OPEN,
            InputOptions {
                range: Some(f64::NAN),
                ..options()
            },
            "`range`",
        ),
        (
            OPEN,
            InputOptions {
                mean: Some(vec![f64::INFINITY]),
                ..options()
            },
            "`mean`",
        ),
        (
            OPEN,
            InputOptions {
                mean: Some(vec![0.0; 2]),
                ..options()
            },
            "`mean`",
        ),
        (
            OPEN,
            InputOptions {
                mean: Some(Vec::new()),
                ..options()
            },
            "`mean`",
        ),
        (
            OPEN,
            InputOptions {
                std: Some(vec![1.0, 1.0, 0.0]),
                ..options()
            },
            "`std`",
        ),
        (
            OPEN,
            InputOptions {
                std: Some(vec![f64::NAN]),
                ..options()
            },
            "`std`",
        ),
        (
            OPEN,
            InputOptions {
                fit: Some(Fit::CentreCrop(0.0)),
                ..options()
            },
            "`cropFraction`",
        ),
        (
            OPEN,
            InputOptions {
                colours: Some(ChannelOrder::Grey),
                ..options()
            },
            "`channels`",
        ),
        (
            fixed,
            InputOptions {
                rows: Some(160),
                ..options()
            },
            "`rows` must be 224",
        ),
        (
            fixed,
            InputOptions {
                layout: Some(Layout::ChannelsLast),
                ..options()
            },
            "`layout`",
        ),
    ] {
        let error = input(&dims, "pytorch", &options).unwrap_err();
        assert_eq!(error.code(), "setting-out-of-range");
        assert!(error.detail().contains(what), "{error}");
    }
    let error = input(&[1, 3, 4096, 224], "", &options()).unwrap_err();
    assert_eq!(error.code(), "network-too-large");
}
