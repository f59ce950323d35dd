//! From the output of a file to a vector with a score for each class.

use burn::tensor::{Device, Tensor, TensorData};

use crate::error::Error;
use crate::graph::operators::{GlobalAveragePool, Linear, LinearInput, Reshape};
use crate::graph::{Graph, NodeId};

/// The classes of a network whose output is one number: the number, and its negative.
pub const HIGHER_AND_LOWER: [&str; 2] = ["higher", "lower"];

/// What an output was, before it became class scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// A score for each class.
    Vector,
    /// Scores at every position, by this node; a class's score is their mean.
    Map(NodeId),
    /// One number, of which [`HIGHER_AND_LOWER`] are the classes.
    Number,
}

/// Makes the output of `graph` a vector with a score for each class.
///
/// # Errors
/// `network-unsupported` for an output with other axes than classes, or classes, rows and columns.
pub fn class_scores(graph: &mut Graph, device: &Device) -> Result<OutputKind, Error> {
    let output = graph.output();
    let name = graph[output].name.clone();
    let shape = graph[output].shape.clone();
    let mut kind = OutputKind::Vector;
    match *shape.sizes() {
        [] => {
            graph.add(format!("{name} (vector)"), Reshape::flatten(), &[output])?;
        }
        [_] => {}
        [_, rows, columns] => {
            graph.add(format!("{name} (mean)"), GlobalAveragePool, &[output])?;
            if rows * columns > 1 {
                kind = OutputKind::Map(output);
            }
        }
        _ => {
            return Err(Error::NetworkUnsupported(format!(
                "its output is {shape}, which is no number for each class"
            )));
        }
    }
    if graph[graph.output()].shape.elements() == 1 && kind == OutputKind::Vector {
        add_negative(graph, device)?;
        kind = OutputKind::Number;
    }
    Ok(kind)
}

/// Appends its negative to an output of one number. Where a linear layer computes it, that layer
/// computes both, so that it remains the last.
fn add_negative(graph: &mut Graph, device: &Device) -> Result<(), Error> {
    let output = graph.output();
    let node = graph[output].clone();
    let with_negative = |tensor: &Tensor<2>, axis| {
        let negative = tensor.clone().neg();
        Tensor::cat(vec![tensor.clone(), negative], axis)
    };
    let linear = node.operator.downcast::<Linear>();
    let before = graph.ids().nth_back(1);
    if let (Some(linear), Some(before)) = (linear, before) {
        let weight = with_negative(linear.weight(), 0);
        let bias = with_negative(linear.bias(), 1);
        let both = Linear::new(weight, bias, linear.input());
        graph.truncate(before);
        graph.add(node.name, both, &node.inputs)?;
        return Ok(());
    }
    let signs = Tensor::from_data(TensorData::new(vec![1.0f32, -1.0], [2, 1]), device);
    let both = Linear::new(signs, Tensor::zeros([1, 2], device), LinearInput::Vector);
    graph.add(format!("{} (and negative)", node.name), both, &[output])?;
    Ok(())
}
