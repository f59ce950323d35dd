//! Which nodes are computed together.
//!
//! A ReLU costs nothing where its convolution writes its output, and a concatenation nothing where
//! its inputs are written next to each other. So both are fused into the convolutions that they
//! read, unless the caller wants to keep an activation in between.

use std::sync::Arc;

use super::nodes::ancestors;
use super::operators::{Concatenation, Convolutions, GlobalAveragePool, Linear, LinearInput, Relu};
use super::{Graph, Node, NodeId, Operator};
use crate::kernels::{Activation, Convolution};

/// Activations, or the gradients with respect to them, that the caller wants to keep. Their nodes
/// are never fused away. The output of the last node is always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retain {
    /// No other.
    Nothing,
    /// That of one node.
    Node(NodeId),
    /// Those of all nodes.
    Everything,
}

impl Retain {
    /// Whether a node may be fused into its consumer.
    pub(super) fn may_fuse(self, id: NodeId) -> bool {
        match self {
            Retain::Nothing => true,
            Retain::Node(retained) => retained != id,
            Retain::Everything => false,
        }
    }
}

/// A convolution, and the ReLU that is fused into it, if any.
struct ConvolutionRelu {
    convolution: Convolution,
    /// What it reads.
    input: NodeId,
    activation: Activation,
    /// The nodes that are computed together.
    nodes: Vec<NodeId>,
}

/// The graph's nodes up to `last`, in which fused operators stand for several. A fused node has the
/// id of the node whose output it gives; no other node reads those that it was made from.
pub fn fuse(graph: &Graph, last: NodeId, retain: Retain) -> Vec<Node> {
    let mut fusion = Fusion::new(graph, last, retain);
    // Backwards: a node's consumer decides whether to take it in.
    for id in (1..=last.index()).rev().map(NodeId::at) {
        if fusion.needed[id.index()] && !fusion.fused[id.index()] {
            fusion.fuse_into(id);
        }
    }
    fusion.nodes
}

/// A graph on its way to fused operators.
struct Fusion<'a> {
    graph: &'a Graph,
    retain: Retain,
    /// Whether the last node depends on this one.
    needed: Vec<bool>,
    /// The number of needed nodes that read this one.
    consumers: Vec<usize>,
    /// Whether an operator that comes later has taken this node in.
    fused: Vec<bool>,
    nodes: Vec<Node>,
}

impl<'a> Fusion<'a> {
    fn new(graph: &'a Graph, last: NodeId, retain: Retain) -> Self {
        let nodes = graph.nodes()[..=last.index()].to_vec();
        let needed = ancestors(&nodes, last);
        let mut consumers = vec![0; nodes.len()];
        for (node, _) in nodes.iter().zip(&needed).filter(|(_, needed)| **needed) {
            for input in &node.inputs {
                consumers[input.index()] += 1;
            }
        }
        Self {
            graph,
            retain,
            fused: vec![false; nodes.len()],
            needed,
            consumers,
            nodes,
        }
    }

    /// Replaces node `id` by an operator that takes in what it reads, where there is one.
    fn fuse_into(&mut self, id: NodeId) {
        let node = &self.graph[id];
        let convolutions = if node.operator.downcast::<Relu>().is_some() {
            self.convolution_relu(id).map(|only| vec![only])
        } else if node.operator.downcast() == Some(&Concatenation::CHANNELS) {
            self.side_by_side(&node.inputs)
        } else {
            None
        };
        if let Some(convolutions) = convolutions {
            let ConvolutionRelu {
                input, activation, ..
            } = convolutions[0];
            for &taken in convolutions.iter().flat_map(|part| &part.nodes) {
                self.fused[taken.index()] = true;
            }
            let parts = convolutions.into_iter().map(|part| part.convolution);
            let operator = Convolutions::new(parts.collect(), activation);
            self.replace(id, operator, input);
        } else if node.operator.downcast::<GlobalAveragePool>().is_some() {
            self.fuse_mean_of_linear(id);
        }
    }

    /// Both are linear, so the mean over positions is taken first: a small matrix product in place
    /// of a large one.
    fn fuse_mean_of_linear(&mut self, id: NodeId) {
        let read = self.graph[id].inputs[0];
        let linear = self.graph[read].operator.downcast::<Linear>();
        if let Some(linear) = linear
            && self.may_fuse(read)
        {
            self.fused[read.index()] = true;
            let input = self.graph[read].inputs[0];
            self.replace(id, linear.reading(LinearInput::MeanOverPositions), input);
        }
    }

    fn replace(&mut self, id: NodeId, operator: impl Operator, input: NodeId) {
        let node = &mut self.nodes[id.index()];
        node.operator = Arc::new(operator);
        node.inputs = vec![input];
    }

    /// Whether node `id` may become a part of its only consumer.
    fn may_fuse(&self, id: NodeId) -> bool {
        self.consumers[id.index()] == 1 && self.retain.may_fuse(id)
    }

    /// The convolution, with its ReLU if any, whose output is that of node `id`.
    fn convolution_relu(&self, id: NodeId) -> Option<ConvolutionRelu> {
        let node = &self.graph[id];
        let before = *node.inputs.first()?;
        let relu = node.operator.downcast::<Relu>();
        let relu = relu.filter(|_| self.may_fuse(before));
        let last = if relu.is_some() { before } else { id };
        let convolution = self.graph[last].operator.downcast::<Convolutions>()?;
        Some(ConvolutionRelu {
            convolution: convolution.single()?.clone(),
            input: self.graph[last].inputs[0],
            activation: relu.map_or(Activation::Identity, |relu| relu.activation()),
            nodes: vec![last, id],
        })
    }

    /// The convolutions of a concatenation's `inputs`, if all of them read the same node, all or
    /// none have a ReLU, and nothing else reads them.
    fn side_by_side(&self, inputs: &[NodeId]) -> Option<Vec<ConvolutionRelu>> {
        let mut parts: Vec<ConvolutionRelu> = Vec::with_capacity(inputs.len());
        for &id in inputs {
            let part = self.convolution_relu(id).filter(|_| self.may_fuse(id))?;
            let first = parts.first().unwrap_or(&part);
            if (part.input, part.activation) != (first.input, first.activation) {
                return None;
            }
            parts.push(part);
        }
        Some(parts)
    }
}
