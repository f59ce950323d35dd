//! The nodes of a network, and which reads which.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::fusion::Retain;
use super::operators::{GlobalAveragePool, Input, Reshape};
use super::passes::Plan;
use super::{Operator, Shape};
use crate::error::Error;
use crate::rng::Rng;

/// A node of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// The input of every graph: the batch of normalised pictures.
pub const INPUT: NodeId = NodeId(0);

impl NodeId {
    /// Position of the node in [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The node at this position.
    pub(super) fn at(index: usize) -> Self {
        Self(index as u32)
    }
}

/// A named operator on the outputs of earlier nodes.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name in the stored weights, or one in their style.
    pub name: String,
    /// What it computes.
    pub operator: Arc<dyn Operator>,
    /// The nodes whose outputs it reads.
    pub inputs: Vec<NodeId>,
    /// The shape of its output for an input of the graph's own shape.
    pub shape: Shape,
}

/// Nodes in order of computation; the output of the last one is the graph's.
#[derive(Debug, Clone)]
pub struct Graph {
    nodes: Vec<Node>,
    plans: Plans,
}

/// The plans made so far, by last node and retained nodes. Clones of a graph share them until one
/// is changed.
type Plans = Arc<Mutex<HashMap<(NodeId, Retain), Arc<Plan>>>>;

impl Graph {
    /// A graph with only the [`INPUT`], of the shape that the network was made for.
    pub fn new(input: Shape) -> Self {
        Self {
            nodes: vec![Node {
                name: "picture".to_owned(),
                operator: Arc::new(Input),
                inputs: Vec::new(),
                shape: input,
            }],
            plans: Plans::default(),
        }
    }

    /// Appends a node that reads the earlier nodes `inputs`; returns its id.
    ///
    /// # Errors
    /// `network-unsupported`, naming the node, when its operator takes no inputs of these shapes.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        operator: impl Operator,
        inputs: &[NodeId],
    ) -> Result<NodeId, Error> {
        let name = name.into();
        let shapes: Vec<&Shape> = inputs.iter().map(|&input| &self[input].shape).collect();
        let shape = output_shape(&name, &operator, &shapes)?;
        let id = NodeId::at(self.nodes.len());
        self.nodes.push(Node {
            name,
            operator: Arc::new(operator),
            inputs: inputs.to_vec(),
            shape,
        });
        self.plans = Plans::default();
        Ok(id)
    }

    /// Removes all nodes behind `last`.
    pub fn truncate(&mut self, last: NodeId) {
        self.nodes.truncate(last.index() + 1);
        self.plans = Plans::default();
    }

    /// The nodes in order of computation, the [`INPUT`] first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The ids of all nodes, in the same order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId::at)
    }

    /// The last node.
    pub fn output(&self) -> NodeId {
        NodeId::at(self.nodes.len() - 1)
    }

    /// The shape of every node's output for pictures of this shape.
    ///
    /// # Errors
    /// `setting-out-of-range`, naming the node, when the network takes no such picture.
    pub fn shapes(&self, input: &Shape) -> Result<Vec<Shape>, Error> {
        let mut shapes = vec![input.clone()];
        for node in &self.nodes[1..] {
            let inputs: Vec<&Shape> = node
                .inputs
                .iter()
                .map(|&input| &shapes[input.index()])
                .collect();
            let shape = output_shape(&node.name, &*node.operator, &inputs)
                .map_err(|error| Error::SettingOutOfRange(error.detail().to_owned()))?;
            shapes.push(shape);
        }
        Ok(shapes)
    }

    /// Whether the output of `target` depends on that of `node`, or is the same.
    pub fn reaches(&self, node: NodeId, target: NodeId) -> bool {
        node <= target && ancestors(&self.nodes, target)[node.index()]
    }

    /// Whether every path from the input to the output passes through `node`.
    pub fn is_articulation(&self, node: NodeId) -> bool {
        let later = &self.nodes[node.index() + 1..];
        later
            .iter()
            .all(|consumer| consumer.inputs.iter().all(|&read| read >= node))
    }

    /// Replaces the weights of a node by [untrained ones](Operator::randomised), if it has any.
    pub fn randomise(&mut self, id: NodeId, rng: &mut Rng) {
        let node = &mut self.nodes[id.index()];
        if let Some(operator) = node.operator.randomised(rng) {
            node.operator = operator;
            self.plans = Plans::default();
        }
    }

    /// The plan for computing the output of `last`; made once.
    pub(super) fn plan(&self, last: NodeId, retain: Retain) -> Arc<Plan> {
        let make = || Arc::new(Plan::new(self, last, retain));
        match self.plans.lock() {
            Ok(mut plans) => plans.entry((last, retain)).or_insert_with(make).clone(),
            // Another thread failed in the middle of making one.
            Err(_) => make(),
        }
    }
}

impl std::ops::Index<NodeId> for Graph {
    type Output = Node;

    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
}

/// The input of a node that is nothing but the mean of this input over its positions, channel by
/// channel.
pub fn averaged(graph: &Graph, id: NodeId) -> Option<NodeId> {
    let node = &graph[id];
    let input = *node.inputs.first()?;
    // Of a vector the mean is the value itself, whatever axes of size 1 it has.
    let keeps_channels = |id: NodeId| graph[id].shape.elements() == graph[id].shape.planes()[0];
    let averages = node.operator.downcast::<GlobalAveragePool>().is_some();
    let reshapes = node.operator.downcast::<Reshape>().is_some();
    (averages || (reshapes && keeps_channels(input) && keeps_channels(id))).then_some(input)
}

fn output_shape(name: &str, operator: &dyn Operator, inputs: &[&Shape]) -> Result<Shape, Error> {
    operator
        .output_shape(inputs)
        .map_err(|reason| Error::NetworkUnsupported(format!("{name}: {reason}")))
}

/// For each node up to `target`, whether `target` depends on it.
pub(super) fn ancestors(nodes: &[Node], target: NodeId) -> Vec<bool> {
    let mut ancestors = vec![false; target.index() + 1];
    ancestors[target.index()] = true;
    // All consumers of a node come after it, so they have been visited before it.
    for id in (0..=target.index()).rev() {
        if ancestors[id] {
            for input in &nodes[id].inputs {
                ancestors[input.index()] = true;
            }
        }
    }
    ancestors
}
