//! What the gradient of a class takes, step by step, as the table in docs/performance.md:
//! operations and bytes from the layers' shapes, and the time that they imply on three GPUs.
//!
//! `cargo run --release --example layer_costs -- --side 227`
// Commands are native: for the web, where `wasm-pack test` builds them too, nothing is left of
// this.
#![cfg_attr(target_family = "wasm", no_main)]
#![cfg(not(target_family = "wasm"))]

use std::error::Error as StdError;

use clap::Parser;
use deep_inside::device::DeviceChoice;
use deep_inside::engine::Engine;
use deep_inside::graph::operators::{Convolutions, MaxPool};
use deep_inside::graph::{NodeId, Shape};
use pollster::block_on;

/// Published peaks: 32-bit floating-point operations and bytes of memory traffic a second.
const GPUS: [(&str, f64, f64); 3] = [
    ("Intel Iris Xe, 96 units", 2.1e12, 68e9),
    ("Apple M2, 10 cores", 3.6e12, 100e9),
    ("NVIDIA RTX 4070", 29.1e12, 504e9),
];

/// What a dispatch costs beside its work where hundreds of them follow one another, a guess.
const DISPATCH: f64 = 5e-6;

#[derive(Parser)]
struct Arguments {
    /// Side of the picture.
    #[arg(long, default_value_t = 227)]
    side: usize,
}

#[derive(Default)]
struct Cost {
    flops: usize,
    bytes: usize,
    dispatches: usize,
}

impl Cost {
    fn add(&mut self, flops: usize, values: usize) {
        self.flops += flops;
        self.bytes += 4 * values;
        self.dispatches += 1;
    }

    fn row(&self, name: &str, channels: &str) {
        let (mflop, megabytes) = (self.flops as f64 / 1e6, self.bytes as f64 / 1e6);
        println!(
            "| {name} | {channels} | {mflop:.1} | {megabytes:.2} | {} |",
            self.dispatches
        );
    }
}

fn main() -> Result<(), Box<dyn StdError>> {
    let Arguments { side } = Arguments::parse();
    let mut engine = block_on(Engine::open(DeviceChoice::Cpu, None))?;
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/weights/squeezenet1_1.onnx");
    engine.load_network("squeezenet1_1", &std::fs::read(weights)?)?;
    let graph = &engine.network()?.graph;
    let shapes = graph.shapes(&Shape::new([3, side, side]))?;
    println!("| layers | result | MFLOP | MB | dispatches |\n|---|---|---|---|---|");
    let (mut total, mut block) = (Cost::default(), Cost::default());
    for id in graph.ids().skip(1) {
        let layer = &graph[id];
        let size = |id: NodeId| shapes[id.index()].elements();
        let (read, written) = (
            layer.inputs.iter().map(|&read| size(read)).sum::<usize>(),
            size(id),
        );
        let mut add = |flops, values| {
            block.add(flops, values);
            total.add(flops, values);
        };
        let [channels, rows, columns] = shapes[id.index()].planes();
        let convolutions = layer.operator.downcast::<Convolutions>();
        if let Some(convolution) = convolutions.and_then(Convolutions::single) {
            // Forward: once the input, the weights and the output. Backward: also the input as a
            // ReLU's output, which decides what passes.
            let shape = convolution.shape;
            let weights = shape.channels_out * shape.fan_in();
            let flops = 2 * weights * rows * columns;
            add(flops, read + weights + written);
            add(flops, written + weights + 2 * read);
        } else if let Some(MaxPool(shape)) = layer.operator.downcast::<MaxPool>() {
            // Both ways: also the argmax of each window.
            add(shape.window.taps() * written, read + 2 * written);
            add(written, 2 * written + 2 * read);
        } else {
            continue;
        }
        let name = layer.name.split('.').take(2).collect::<Vec<_>>().join(".");
        let more = graph.nodes()[id.index() + 1..].iter().any(|later| {
            later.name.starts_with(&format!("{name}."))
                && later.operator.downcast::<Convolutions>().is_some()
        });
        if !more {
            let channels = if layer.name.contains("expand") {
                2 * channels
            } else {
                channels
            };
            block.row(&name, &format!("{channels} x {rows} x {columns}"));
            block = Cost::default();
        }
    }
    total.row("**all**", "");
    println!(
        "\n| GPU | operations, ms | memory, ms | with 5 µs a dispatch, ms |\n|---|---|---|---|"
    );
    for (name, flops, bandwidth) in GPUS {
        let (operations, memory) = (total.flops as f64 / flops, total.bytes as f64 / bandwidth);
        let whole = operations.max(memory) + total.dispatches as f64 * DISPATCH;
        println!(
            "| {name} | {:.2} | {:.2} | {:.2} |",
            operations * 1e3,
            memory * 1e3,
            whole * 1e3
        );
    }
    Ok(())
}
