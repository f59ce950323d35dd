//! SqueezeNet 1.1: Iandola et al., *SqueezeNet: AlexNet-level accuracy with 50x fewer parameters*
//! (arXiv 1602.07360), in the authors' Caffe release 1.1.

use super::builder::Builder;
use super::network::{NetworkDefinition, NetworkFile};
use crate::error::Error;
use crate::graph::operators::{Concatenation, GlobalAveragePool, MaxPool, Relu};
use crate::graph::{Graph, INPUT, NodeId};
use crate::kernels::{ConvolutionShape, PoolShape};

/// `conv1 -> 8 fire modules with three ceil-mode pools -> conv10`. The class score is the spatial
/// mean of conv10 before its ReLU: with the ReLU, an unlikely class would have score and gradient 0.
pub const SQUEEZENET1_1: NetworkDefinition = NetworkDefinition {
    id: "squeezenet1_1",
    file: NetworkFile::Weights(build),
};

/// One fire module: a 1x1 convolution reduces the channels, then a 1x1 and a 3x3 convolution side
/// by side expand them.
struct Fire {
    /// Number of the module in torchvision's `features`, which names the stored tensors.
    number: usize,
    channels_in: usize,
    squeezed: usize,
    /// Channels of each of the two expanding convolutions.
    expanded: usize,
    /// Whether a max-pool follows.
    pooled: bool,
}

const fn fire(
    number: usize,
    channels_in: usize,
    squeezed: usize,
    expanded: usize,
    pooled: bool,
) -> Fire {
    Fire {
        number,
        channels_in,
        squeezed,
        expanded,
        pooled,
    }
}

const FIRE_MODULES: [Fire; 8] = [
    fire(3, 64, 16, 64, false),
    fire(4, 128, 16, 64, true),
    fire(6, 128, 32, 128, false),
    fire(7, 256, 32, 128, true),
    fire(9, 256, 48, 192, false),
    fire(10, 384, 48, 192, false),
    fire(11, 384, 64, 256, false),
    fire(12, 512, 64, 256, false),
];

fn build(builder: &mut Builder, graph: &mut Graph) -> Result<(), Error> {
    let first = ConvolutionShape::square(3, 64, 3, 2, 0);
    let mut last = builder.convolution(graph, "features.0", INPUT, first)?;
    last = graph.add("features.1", Relu::default(), &[last])?;
    last = add_pool(graph, 2, last)?;
    for module in &FIRE_MODULES {
        last = add_fire(builder, graph, module, last)?;
        if module.pooled {
            last = add_pool(graph, module.number + 1, last)?;
        }
    }
    last = builder.classifier(graph, "classifier.1", last, [512, 1000])?;
    graph.add("classifier.3", GlobalAveragePool, &[last])?;
    Ok(())
}

fn add_pool(graph: &mut Graph, number: usize, input: NodeId) -> Result<NodeId, Error> {
    let pool = MaxPool(PoolShape::square(3, 2));
    graph.add(format!("features.{number}"), pool, &[input])
}

fn add_fire(
    builder: &mut Builder,
    graph: &mut Graph,
    module: &Fire,
    input: NodeId,
) -> Result<NodeId, Error> {
    let name = format!("features.{}", module.number);
    let mut convolution_relu = |part: &str, input, channels_in, channels_out, kernel| {
        let name = format!("{name}.{part}");
        let shape = ConvolutionShape::square(channels_in, channels_out, kernel, 1, kernel / 2);
        let convolution = builder.convolution(graph, &name, input, shape)?;
        graph.add(
            format!("{name}_activation"),
            Relu::default(),
            &[convolution],
        )
    };
    let &Fire {
        channels_in,
        squeezed,
        expanded,
        ..
    } = module;
    let squeeze = convolution_relu("squeeze", input, channels_in, squeezed, 1)?;
    let expand1x1 = convolution_relu("expand1x1", squeeze, squeezed, expanded, 1)?;
    let expand3x3 = convolution_relu("expand3x3", squeeze, squeezed, expanded, 3)?;
    graph.add(name, Concatenation::CHANNELS, &[expand1x1, expand3x3])
}
