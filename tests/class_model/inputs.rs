//! Class models of networks with other inputs than SqueezeNet's.

use deep_inside::class_model::{CLASS_MODEL_RECIPES, ROBUST};
use deep_inside::graph::operators::{
    Convolutions, GlobalAveragePool, Linear, LinearInput, Relu, Reshape,
};
use deep_inside::graph::{Graph, INPUT, Shape};
use deep_inside::kernels::{Convolution, ConvolutionShape};
use deep_inside::preprocess::{ChannelOrder, Fit, InputSpec};

use super::*;

fn spec(channels: ChannelOrder, range: f32, mean: &[f32], std: &[f32]) -> InputSpec {
    InputSpec {
        rows: 64,
        columns: 64,
        channels,
        range,
        mean: mean.to_vec(),
        std: std.to_vec(),
        fit: Fit::Squash,
    }
}

/// A convolution of stride 4, a ReLU, and a classifier of three classes. The weights are made for
/// pixel values: those of `input` are divided by what makes of a pixel value its own.
fn small_network(input: InputSpec, takes_any_size: bool) -> Rc<Network> {
    let device = Device::flex();
    let [_, channels, rows, columns] = input.dims(1);
    let shape = ConvolutionShape::square(channels, 8, 8, 4, 0);
    let mut rng = Rng::new(3);
    let mut weight = rng.normal_values(8 * shape.fan_in(), 0.01);
    let factors = input.per_pixel_value();
    for (index, weight) in weight.iter_mut().enumerate() {
        *weight /= factors[index / 64 % channels];
    }
    let mut graph = Graph::new(Shape::new([channels, rows, columns]));
    let convolution = Convolution::new(weight, Tensor::ones([8], &device), shape);
    let convolution = Convolutions::from(convolution);
    let mut last = graph.add("convolution", convolution, &[INPUT]).unwrap();
    last = graph.add("relu", Relu::default(), &[last]).unwrap();
    if !takes_any_size {
        let kept = Reshape::to(&graph[last].shape.clone());
        last = graph.add("size", kept, &[last]).unwrap();
    }
    last = graph.add("mean", GlobalAveragePool, &[last]).unwrap();
    let weights = Tensor::from_data(TensorData::new(rng.normal_values(24, 1.0), [3, 8]), &device);
    let bias = Tensor::zeros([1, 3], &device);
    let linear = Linear::new(weights, bias, LinearInput::Vector);
    graph.add("classifier", linear, &[last]).unwrap();
    let labels = (0..3).map(|class| class.to_string()).collect();
    Rc::new(Network::new("small", labels, input, graph, &device))
}

fn of_class_1(recipe: &ClassModelRecipe) -> ClassModelSettings {
    ClassModelSettings {
        recipe: recipe.clone(),
        ..ClassModelSettings::new(Target::Class(1))
    }
}

#[test]
fn pictures_do_not_depend_on_the_scale_of_the_networks_values() {
    let bytes = spec(ChannelOrder::Rgb, 255.0, &[124.0, 116.0, 104.0], &[1.0; 3]);
    let units = InputSpec {
        range: 1.0,
        mean: bytes.mean.iter().map(|mean| mean / 255.0).collect(),
        std: vec![0.229, 0.224, 0.225],
        ..bytes.clone()
    };
    let [bytes, units] = [bytes, units].map(|input| small_network(input, true));
    for recipe in CLASS_MODEL_RECIPES {
        let (expected, score) = run_steps(&bytes, &of_class_1(recipe), &[0, 5]);
        let (found, found_score) = run_steps(&units, &of_class_1(recipe), &[0, 5]);
        let pairs = found.rgb().iter().zip(expected.rgb());
        let apart = pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(apart <= 1, "{}: {apart} of 255 apart", recipe.id);
        let difference = (found_score.score / score.score - 1.0).abs();
        assert!(
            difference < 0.01,
            "{}: {found_score:?}, {score:?}",
            recipe.id
        );
    }
}

#[test]
fn grey_networks_have_grey_class_models() {
    let network = small_network(spec(ChannelOrder::Grey, 1.0, &[0.5], &[0.25]), true);
    for recipe in CLASS_MODEL_RECIPES {
        let mut run = ClassModelRun::new(network.clone(), &of_class_1(recipe)).unwrap();
        let first = block_on(run.step(0)).unwrap();
        let last = block_on(run.step(8)).unwrap();
        assert!(last.score > first.score, "{}: {last:?}", recipe.id);
        let picture = block_on(run.pixels()).unwrap();
        assert!(
            picture
                .rgb()
                .chunks(3)
                .all(|p| p[0] == p[1] && p[1] == p[2]),
            "{}",
            recipe.id
        );
        assert!(picture.rgb().iter().any(|&value| value != picture.rgb()[0]));
    }
}

#[test]
fn the_side_is_the_networks_own_where_it_takes_no_other() {
    let square = spec(ChannelOrder::Rgb, 255.0, &[0.0; 3], &[1.0; 3]);
    let small = InputSpec {
        rows: 48,
        columns: 48,
        ..square.clone()
    };
    let (picture, progress) = run_steps(&small_network(small, false), &of_class_1(&ROBUST), &[3]);
    assert_eq!((picture.width(), picture.height()), (48, 48));
    assert_eq!(progress.step, 3);
    // The recipe's transformations would look at 227 x 227 pixels of it.
    let large = InputSpec {
        rows: 260,
        columns: 260,
        ..square.clone()
    };
    let (picture, _) = run_steps(&small_network(large, false), &of_class_1(&ROBUST), &[1]);
    assert_eq!(picture.width(), 260);

    let wide = InputSpec {
        rows: 48,
        columns: 64,
        ..square
    };
    let any_size = small_network(wide.clone(), true);
    assert_eq!(ROBUST.side_for(&any_size), Ok(227));
    let error = ROBUST.side_for(&small_network(wide.clone(), false));
    assert_eq!(error.unwrap_err().code(), "network-unsupported");
    let error = ClassModelRun::new(small_network(wide, false), &of_class_1(&ROBUST));
    assert_eq!(error.err().unwrap().code(), "network-unsupported");
}

#[test]
fn recipes_tell_where_a_network_has_no_last_linear_layer() {
    let mut network = small_network(spec(ChannelOrder::Grey, 1.0, &[0.5], &[0.25]), true);
    let limited = |network: &Network| -> Vec<&str> {
        let recipes = CLASS_MODEL_RECIPES.iter();
        let limited = recipes.filter(|recipe| recipe.limitation_for(network).is_some());
        limited.map(|recipe| recipe.id).collect()
    };
    assert!(limited(&network).is_empty());
    Rc::get_mut(&mut network).unwrap().head = None;
    assert_eq!(limited(&network), ["posterior", "robust", "sharp"]);
    let (_, progress) = run_steps(&network, &of_class_1(&ROBUST), &[2]);
    assert!(progress.score.is_finite());
}
