//! Networks of well-known topologies, small and in full size: scores, gradients and the signals of
//! DeconvNet and guided back-propagation, against an interpreter in float64.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use deep_inside::graph::{Graph, INPUT, ReluRule, Retain, Shape};
use deep_inside::onnx::{
    ExternalFiles, ImportRequest, import, inline_functions, layer_names, order_nodes, parse_model,
};
use safetensors::SafeTensors;
use serde::Deserialize;

use crate::arrays::{device, floats, from_device, relative_difference, to_device};

/// Largest relative difference in L2.
const TOLERANCE: f64 = 1e-4;

#[derive(Deserialize)]
struct Sibling {
    file: String,
    data: Vec<String>,
    input: Input,
    scores: String,
    class: usize,
    hidden: Hidden,
    rules: Vec<String>,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    shape: [usize; 4],
    layout: String,
}

#[derive(Deserialize)]
struct Hidden {
    value: String,
    channel: usize,
}

/// A file and those beside it.
struct Files {
    model: Vec<u8>,
    data: Vec<(String, Vec<u8>)>,
}

impl Sibling {
    fn read(&self, folder: &Path) -> Files {
        let read = |name: &String| (name.clone(), std::fs::read(folder.join(name)).unwrap());
        Files {
            model: read(&self.file).1,
            data: self.data.iter().map(read).collect(),
        }
    }

    fn is_channels_last(&self) -> bool {
        self.input.layout == "NHWC"
    }

    /// `[channels, rows, columns]` of the picture.
    fn picture_shape(&self) -> [usize; 3] {
        match self.input.shape {
            [_, rows, columns, channels] if self.is_channels_last() => [channels, rows, columns],
            [_, channels, rows, columns] => [channels, rows, columns],
        }
    }

    /// Values in the file's layout as planes, and the other way round with the sizes swapped.
    fn planes(&self, values: &[f32]) -> Vec<f32> {
        let [channels, rows, columns] = self.picture_shape();
        let positions = rows * columns;
        if !self.is_channels_last() {
            return values.to_vec();
        }
        (0..values.len())
            .map(|i| values[i % positions * channels + i / positions])
            .collect()
    }

    /// Planes in the file's layout.
    fn in_layout(&self, planes: &[f32]) -> Vec<f32> {
        let [channels, rows, columns] = self.picture_shape();
        let positions = rows * columns;
        if !self.is_channels_last() {
            return planes.to_vec();
        }
        (0..planes.len())
            .map(|i| planes[i % channels * positions + i / channels])
            .collect()
    }

    fn import(&self, files: &Files, output: &str) -> Graph {
        let model = parse_model(&files.model).unwrap();
        let external: ExternalFiles<'_> = files
            .data
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
            .collect();
        let nodes = inline_functions(&model).unwrap();
        let nodes = order_nodes(nodes, &model.graph, &[output]).unwrap();
        let result = import(ImportRequest {
            message: &model.graph,
            layers: &layer_names(&nodes),
            nodes,
            files: &external,
            input: &self.input.name,
            shape: Shape::new(self.picture_shape()),
            channels_last: self.is_channels_last(),
            output,
            device: &device(),
        });
        result.unwrap_or_else(|error| panic!("{}: {error}", self.file))
    }
}

/// The output of a graph for `pictures`, and what `rule` propagates from `signal` at it, both of all
/// pictures one after the other.
fn run(
    graph: &Graph,
    pictures: &[f32],
    batch: usize,
    signal: &[f32],
    rule: ReluRule,
) -> [Vec<f32>; 2] {
    let sizes = |id| [&[batch], graph[id].shape.sizes()].concat();
    let pictures = to_device(pictures.to_vec(), &sizes(INPUT));
    let forward = graph.forward(pictures, graph.output(), Retain::Nothing);
    let (output, trace) = forward.unwrap();
    let signal = to_device(signal.to_vec(), &sizes(graph.output()));
    let signal = graph.backward(&trace, signal, rule, INPUT, |_, _| {});
    [from_device(output), from_device(signal.unwrap())]
}

/// Every 7th value, as the files have them.
fn sampled(values: &[f32]) -> Vec<f32> {
    values.iter().step_by(7).copied().collect()
}

/// `[what, relative difference]` of everything that a file in `folder` has numbers for.
fn differences(
    folder: &Path,
    sibling: &Sibling,
    goldens: &SafeTensors<'_>,
) -> Vec<(&'static str, f64)> {
    let files = sibling.read(folder);
    let stem = sibling.file.strip_suffix(".onnx").unwrap();
    let golden = |key: &str| floats(goldens, &format!("{stem}.{key}")).1;
    let picture = sibling.planes(&golden("picture"));
    let graph = sibling.import(&files, &sibling.scores);
    let mut one_hot = vec![0.0; golden("scores").len()];
    one_hot[sibling.class] = 1.0;
    let [scores, gradient] = run(&graph, &picture, 1, &one_hot, ReluRule::Gradient);
    let mut found = vec![
        ("scores", relative_difference(&scores, &golden("scores"))),
        (
            "gradient",
            relative_difference(&sibling.in_layout(&gradient), &golden("gradient")),
        ),
    ];
    // A picture does not change what comes of the one beside it.
    let pair: Vec<f32> = picture
        .iter()
        .map(|value| value * 0.5)
        .chain(picture.clone())
        .collect();
    let signals = one_hot.repeat(2);
    let [pair_scores, pair_gradients] = run(&graph, &pair, 2, &signals, ReluRule::Gradient);
    let second = relative_difference(&pair_scores[scores.len()..], &scores);
    let second_gradient = relative_difference(&pair_gradients[gradient.len()..], &gradient);
    found.push(("batch", second.max(second_gradient)));

    let hidden = sibling.import(&files, &sibling.hidden.value);
    let [_, rows, columns] = hidden[hidden.output()].shape.feature_map().unwrap();
    let positions = rows * columns;
    let mut mean = vec![0.0; hidden[hidden.output()].shape.elements()];
    let channel = sibling.hidden.channel * positions..(sibling.hidden.channel + 1) * positions;
    mean[channel.clone()].fill(1.0 / positions as f32);
    let [map, gradient] = run(&hidden, &picture, 1, &mean, ReluRule::Gradient);
    let unit = map[channel].iter().sum::<f32>() / positions as f32;
    found.push(("hidden", relative_difference(&[unit], &golden("hidden"))));
    let gradient = sampled(&sibling.in_layout(&gradient));
    found.push((
        "its gradient",
        relative_difference(&gradient, &golden("hidden_gradient")),
    ));
    for (name, rule) in [
        ("deconvnet", ReluRule::DeconvNet),
        ("guided", ReluRule::Guided),
    ] {
        if sibling.rules.iter().any(|rule| rule == name) {
            let [_, signal] = run(&graph, &picture, 1, &one_hot, rule);
            let signal = sampled(&sibling.in_layout(&signal));
            found.push((name, relative_difference(&signal, &golden(name))));
        }
    }
    found
}

/// The file of goldens of a folder, and its index.
fn read_folder(folder: &Path) -> (Vec<u8>, Vec<Sibling>) {
    let goldens = std::fs::read(folder.join("goldens.safetensors")).unwrap();
    let index = std::fs::read_to_string(folder.join("index.json")).unwrap();
    (goldens, serde_json::from_str(&index).unwrap())
}

/// Prints how far every network of a folder is from its numbers, and fails where one is too far.
fn compare(folder: &Path) {
    let (goldens, index) = read_folder(folder);
    let goldens = SafeTensors::deserialize(&goldens).unwrap();
    let mut wrong = Vec::new();
    for sibling in &index {
        let mut row = format!("{:36}", sibling.file);
        let found = std::panic::catch_unwind(|| differences(folder, sibling, &goldens));
        let Ok(found) = found else {
            println!("{row} failed");
            wrong.push(sibling.file.clone());
            continue;
        };
        for (what, difference) in found {
            write!(row, " {what} {difference:.1e}").unwrap();
            if difference.is_nan() || difference > TOLERANCE {
                wrong.push(format!("{}: {what} {difference:.1e}", sibling.file));
            }
        }
        println!("{row}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn siblings_have_the_scores_gradients_and_signals_of_the_interpreter() {
    compare(Path::new("tests/networks/siblings"));
}

#[test]
#[ignore = "needs files that take hours: make networks"]
fn networks_in_full_size_have_the_scores_gradients_and_signals_of_the_interpreter() {
    let folder = std::env::var("NETWORKS").expect("NETWORKS is the folder of `make networks`");
    compare(Path::new(&folder));
}

/// Prints milliseconds of the scores and of a gradient, medians of five after one, and the memory
/// that the process holds at most, with the file.
#[test]
#[ignore = "needs files that take hours: make networks"]
fn what_networks_in_full_size_take() {
    let folder = std::env::var("NETWORKS").expect("NETWORKS is the folder of `make networks`");
    let folder = Path::new(&folder);
    let (goldens, index) = read_folder(folder);
    let goldens = SafeTensors::deserialize(&goldens).unwrap();
    for sibling in index {
        reset_peak_memory();
        let start = Instant::now();
        let graph = sibling.import(&sibling.read(folder), &sibling.scores);
        let opening = start.elapsed();
        let stem = sibling.file.strip_suffix(".onnx").unwrap();
        let picture = sibling.planes(&floats(&goldens, &format!("{stem}.picture")).1);
        let pictures = || {
            let [channels, rows, columns] = sibling.picture_shape();
            to_device(picture.clone(), &[1, channels, rows, columns])
        };
        let scores = || {
            let forward = graph.forward(pictures(), graph.output(), Retain::Nothing);
            from_device(forward.unwrap().0).len()
        };
        let classes = scores();
        let signal = vec![1.0; classes];
        let gradient = || {
            run(&graph, &picture, 1, &signal, ReluRule::Gradient);
        };
        let forward_ms = median_of_five(|| {
            scores();
        });
        let gradient_ms = median_of_five(gradient);
        println!(
            "{:36} opening {:5} ms, scores {forward_ms:6.1} ms, gradient {gradient_ms:6.1} ms, {}",
            sibling.file,
            opening.as_millis(),
            peak_memory().map_or_else(String::new, |mib| format!("at most {mib} MiB")),
        );
    }
}

/// Median of the milliseconds of five runs after one.
fn median_of_five(work: impl Fn()) -> f64 {
    work();
    let mut times = [0.0; 5];
    for time in &mut times {
        let start = Instant::now();
        work();
        *time = start.elapsed().as_secs_f64() * 1e3;
    }
    times.sort_by(f64::total_cmp);
    times[2]
}

/// Linux only: the largest resident size since [`reset_peak_memory`], in MiB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = peak.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}

/// Where there is no such file, there is no peak either.
fn reset_peak_memory() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
