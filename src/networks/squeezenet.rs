//! SqueezeNet 1.1: Iandola et al., *SqueezeNet: AlexNet-level accuracy with 50x fewer parameters*
//! (arXiv 1602.07360), in the authors' Caffe release 1.1.

use super::graph::{Graph, INPUT, LayerId, Operation};
use super::network::{Builder, LinearClassifier, NetworkDefinition};
use crate::error::Error;
use crate::kernels::PoolShape;

/// `conv1 -> 8 fire modules with three ceil-mode pools between them -> conv10`, whose spatial mean,
/// before the last ReLU, is the class score. With the ReLU the score of an unlikely class would be
/// 0, and so would its gradient.
pub const SQUEEZENET1_1: NetworkDefinition = NetworkDefinition {
    id: "squeezenet1_1",
    build,
};

fn build(layers: &mut Builder) -> Result<(Graph, LinearClassifier), Error> {
    let mut graph = Graph::default();
    let mut last = layers.convolution(&mut graph, "features.0", INPUT, [3, 64], 3, 2, 0)?;
    last = graph.push("features.1", Operation::Relu, &[last]);
    last = pool(&mut graph, 2, last);
    // (place in torchvision's numbering, channels in, squeezed, expanded by each kernel, pool
    // behind it)
    for (place, channels, squeezed, expanded, pooled) in [
        (3, 64, 16, 64, false),
        (4, 128, 16, 64, true),
        (6, 128, 32, 128, false),
        (7, 256, 32, 128, true),
        (9, 256, 48, 192, false),
        (10, 384, 48, 192, false),
        (11, 384, 64, 256, false),
        (12, 512, 64, 256, false),
    ] {
        last = fire(
            layers,
            &mut graph,
            &format!("features.{place}"),
            last,
            channels,
            squeezed,
            expanded,
        )?;
        if pooled {
            last = pool(&mut graph, place + 1, last);
        }
    }
    Ok((graph, layers.linear_head("classifier.1", 512, 1000)?))
}

fn pool(graph: &mut Graph, place: usize, input: LayerId) -> LayerId {
    graph.push(
        format!("features.{place}"),
        Operation::MaxPool(PoolShape {
            kernel: 3,
            stride: 2,
        }),
        &[input],
    )
}

/// A 1x1 convolution that squeezes the channels, then a 1x1 and a 3x3 one side by side that expand
/// them.
fn fire(
    layers: &mut Builder,
    graph: &mut Graph,
    name: &str,
    input: LayerId,
    channels: usize,
    squeezed: usize,
    expanded: usize,
) -> Result<LayerId, Error> {
    let mut active = |graph: &mut Graph, part: &str, input, channels, kernel| {
        let name = format!("{name}.{part}");
        let sum = layers.convolution(graph, &name, input, channels, kernel, 1, kernel / 2)?;
        Ok::<_, Error>(graph.push(format!("{name}_activation"), Operation::Relu, &[sum]))
    };
    let squeeze = active(graph, "squeeze", input, [channels, squeezed], 1)?;
    let expand1x1 = active(graph, "expand1x1", squeeze, [squeezed, expanded], 1)?;
    let expand3x3 = active(graph, "expand3x3", squeeze, [squeezed, expanded], 3)?;
    Ok(graph.push(name, Operation::Concatenate, &[expand1x1, expand3x3]))
}
