//! Maps of networks with other inputs than SqueezeNet's: a linear one, whose gradient is known.

use deep_inside::Picture;
use deep_inside::graph::operators::{GlobalAveragePool, Linear, LinearInput};
use deep_inside::graph::{Graph, INPUT, Shape};
use deep_inside::preprocess::{ChannelOrder, Fit, InputSpec};
use deep_inside::saliency::saliency_map;

use super::*;

const ROWS: usize = 6;
const COLUMNS: usize = 8;

/// One class, whose score is the sum of `weights` times the mean of each channel.
fn linear(channels: ChannelOrder, std: &[f32], weights: &[f32], fit: Fit) -> Network {
    let device = Device::flex();
    let input = InputSpec {
        rows: ROWS,
        columns: COLUMNS,
        channels,
        range: 1.0,
        mean: vec![0.5; std.len()],
        std: std.to_vec(),
        fit,
    };
    let mut graph = Graph::new(Shape::new([std.len(), ROWS, COLUMNS]));
    let mean = graph.add("mean", GlobalAveragePool, &[INPUT]).unwrap();
    let weights = TensorData::new(weights.to_vec(), [1, std.len()]);
    let weights = Tensor::from_data(weights, &device);
    let layer = Linear::new(weights, Tensor::zeros([1, 1], &device), LinearInput::Vector);
    graph.add("classifier", layer, &[mean]).unwrap();
    Network::new("linear", vec!["class".to_owned()], input, graph, &device)
}

fn photo(columns: u32, rows: u32) -> Picture {
    let values =
        (0..columns * rows * 4).map(|i| if i % 4 == 3 { 255 } else { (i * 7 % 251) as u8 });
    Picture::from_rgba(values.collect(), columns, rows).unwrap()
}

fn map_of(network: &Network, photo: &Picture, method: &str, crops: Crops) -> Saliency {
    let settings = SaliencySettings {
        crops,
        smooth_grad: samples(3),
        ..one_crop(Target::Class(0), method)
    };
    block_on(saliency_map(network, photo, &settings, 2, &NoProgress)).unwrap()
}

fn assert_all(values: &[f32], expected: f32) {
    for value in values {
        assert!(
            (value / expected - 1.0).abs() < 1e-5,
            "{value}, not {expected}"
        );
    }
}

#[test]
fn gradients_are_per_pixel_value_in_each_channel() {
    let (std, weights) = ([0.2, 0.25, 0.5], [30.0, -50.0, 45.0]);
    let network = linear(ChannelOrder::Rgb, &std, &weights, Fit::Squash);
    let positions = (ROWS * COLUMNS) as f32;
    let expected =
        [0, 1, 2].map(|channel: usize| weights[channel] / std[channel] / 255.0 / positions);
    for method in ["gradient", "smooth_grad"] {
        let Saliency { map, signed, .. } = map_of(&network, &photo(20, 10), method, Crops::One);
        assert_eq!((map.rows, map.columns), (ROWS, COLUMNS));
        assert_all(&map.values, expected[1].abs());
        assert_all(&signed, expected.iter().sum());
    }
}

#[test]
fn a_grey_network_has_the_map_of_its_plane() {
    let network = linear(ChannelOrder::Grey, &[0.25], &[51.0], Fit::Squash);
    let expected = 51.0 / 0.25 / 255.0 / (ROWS * COLUMNS) as f32;
    for method in ["gradient", "smooth_grad"] {
        let Saliency { map, signed, .. } = map_of(&network, &photo(20, 10), method, Crops::Ten);
        // 256/224 of either side.
        assert_eq!((map.rows, map.columns), (7, 9));
        assert_all(&map.values, expected);
        assert_all(&signed, expected);
    }
    let integrated = map_of(&network, &photo(20, 10), "integrated_gradients", Crops::One);
    assert!(integrated.completeness_gap.unwrap() < 1e-4);
}

#[test]
fn a_map_is_0_where_a_centre_crop_does_not_reach() {
    let network = linear(ChannelOrder::Grey, &[0.25], &[51.0], Fit::CentreCrop(0.5));
    let Saliency { map, .. } = map_of(&network, &photo(48, 24), "gradient", Crops::One);
    assert_eq!((map.rows, map.columns), (12, 24));
    for (cell, &value) in map.values.iter().enumerate() {
        let (row, column) = (cell / 24, cell % 24);
        let is_seen = (3..9).contains(&row) && (8..16).contains(&column);
        assert_eq!(value > 0.0, is_seen, "{row}, {column}: {value}");
    }
}
