//! The forward and the backward pass through a graph.

use std::sync::Arc;

use super::fusion::{Retain, fuse};
use super::nodes::ancestors;
use super::{Graph, INPUT, InputGradient, Node, NodeId, ReluRule, Saved, Value};
use crate::error::Error;
use crate::kernels::{ReluMask, relu_backward};

/// How the output of one node is computed.
#[derive(Debug)]
pub struct Plan {
    /// The graph's nodes after fusion.
    nodes: Vec<Node>,
    /// Those that are computed, in order.
    order: Vec<NodeId>,
    /// The number of computed nodes that read each node.
    consumers: Vec<usize>,
    /// Whether all of a node's output comes from ReLUs: its own, or those that a concatenation
    /// reads.
    from_relus: Vec<bool>,
    retain: Retain,
}

impl Plan {
    pub(super) fn new(graph: &Graph, last: NodeId, retain: Retain) -> Self {
        let nodes = fuse(graph, last, retain);
        let needed = ancestors(&nodes, last);
        let order: Vec<NodeId> = (1..nodes.len())
            .filter(|&id| needed[id])
            .map(NodeId::at)
            .collect();
        let mut consumers = vec![0; nodes.len()];
        let mut from_relus = vec![false; nodes.len()];
        for &id in &order {
            let Node {
                operator, inputs, ..
            } = &nodes[id.index()];
            for input in inputs {
                consumers[input.index()] += 1;
            }
            let reads_relus = inputs.iter().all(|input| from_relus[input.index()]);
            from_relus[id.index()] =
                operator.relu_bound().is_some() || (operator.passes_relus_on() && reads_relus);
        }
        Self {
            nodes,
            order,
            consumers,
            from_relus,
            retain,
        }
    }

    /// Whether the last operator to propagate a signal to node `id` may apply its ReLU: if it can add
    /// up what the others have propagated, and the signal is not retained.
    fn consumer_may_mask(&self, id: NodeId) -> bool {
        match self.retain {
            Retain::Nothing => true,
            retain => self.consumers[id.index()] == 1 && retain.may_fuse(id),
        }
    }
}

/// What the backward pass needs of a forward pass.
pub struct Trace {
    plan: Arc<Plan>,
    /// For each node that was computed.
    computed: Vec<Option<Computed>>,
    /// The output of the node that [`Graph::forward`] was asked to retain.
    pub retained: Option<Value>,
}

/// What is kept of a node's forward pass.
struct Computed {
    saved: Saved,
    input_sizes: Vec<Vec<usize>>,
    /// The node's output if it is that of a ReLU: it is 0 where the ReLU was inactive.
    relu_output: Option<Value>,
}

impl Graph {
    /// The output of node `last` for a batch of normalised `pictures`, `[batch, channels, rows,
    /// columns]`, and the trace for [`backward`](Graph::backward). Nodes that do not reach `last`
    /// are not computed. A [`Retain::Node`] must reach `last`; the trace holds its output.
    ///
    /// # Errors
    /// `internal` when a node reads an output that does not exist.
    pub fn forward(
        &self,
        pictures: impl Into<Value>,
        last: NodeId,
        retain: Retain,
    ) -> Result<(Value, Trace), Error> {
        let plan = self.plan(last, retain);
        let mut pending = plan.consumers.clone();
        let mut outputs = vec![None; plan.nodes.len()];
        outputs[INPUT.index()] = Some(pictures.into());
        let mut trace = Trace {
            computed: plan.nodes.iter().map(|_| None).collect(),
            plan: plan.clone(),
            retained: None,
        };
        for &id in &plan.order {
            let node = &plan.nodes[id.index()];
            let mut inputs: Vec<Value> = Vec::with_capacity(node.inputs.len());
            for read in node.inputs.iter().map(|read| read.index()) {
                pending[read] -= 1;
                // The last consumer takes the tensor itself, so that its memory is freed or reused
                // as early as possible.
                let input = if pending[read] == 0 {
                    outputs[read].take()
                } else {
                    outputs[read].clone()
                };
                inputs.push(input.ok_or_else(disconnected)?);
            }
            let input_sizes = inputs.iter().map(Value::sizes).collect();
            let (output, saved) = node.operator.forward(inputs);
            trace.computed[id.index()] = Some(Computed {
                saved,
                input_sizes,
                relu_output: node.operator.relu_bound().map(|_| output.clone()),
            });
            if retain == Retain::Node(id) {
                trace.retained = Some(output.clone());
            }
            outputs[id.index()] = Some(output);
        }
        Ok((outputs.pop().flatten().ok_or_else(disconnected)?, trace))
    }

    /// Propagates `signal`, the gradient with respect to the output of the trace's last node, back
    /// to the output of node `first`: the input, or a retained node. `visit` is called with the
    /// signal of every node's output on the way, and with that of `first`. The signal of a retained
    /// node is complete; that of another node may have passed its ReLU already.
    ///
    /// With [`ReluRule::Gradient`] the signal is the derivative; with another rule it is what that
    /// rule propagates in its place.
    ///
    /// # Errors
    /// `internal` when `first` does not [reach](Graph::reaches) the trace's last node.
    pub fn backward(
        &self,
        trace: &Trace,
        signal: impl Into<Value>,
        rule: ReluRule,
        first: NodeId,
        mut visit: impl FnMut(NodeId, &Value),
    ) -> Result<Value, Error> {
        let plan = &*trace.plan;
        let wanted = descendants(plan, first);
        // For each node the sum of what its consumers have sent so far. All consumers come after
        // the node, so the sum is complete at the node's turn.
        let mut signals: Vec<Option<Value>> = vec![None; plan.nodes.len()];
        *signals.last_mut().ok_or_else(disconnected)? = Some(signal.into());
        // The number of operators that have not propagated a signal to a node.
        let mut pending = plan.consumers.clone();
        // Nodes whose signal is already masked by their ReLU, because their consumer did it.
        let mut masked = vec![false; plan.nodes.len()];
        for &id in plan.order.iter().rev().take_while(|&&id| id > first) {
            let Some(mut signal) = signals[id.index()].take() else {
                continue;
            };
            visit(id, &signal);
            if !masked[id.index()] {
                signal = trace.apply_own_relu(id, signal, rule);
            }
            let inputs = &plan.nodes[id.index()].inputs;
            let mut gradients = trace.input_gradients(id)?;
            for (gradient, &input) in gradients.iter_mut().zip(inputs) {
                gradient.wanted = wanted[input.index()];
                let is_last = pending[input.index()] == 1;
                gradient.mask = trace
                    .mask(input, rule)
                    .filter(|_| is_last && plan.consumer_may_mask(input));
                if plan.retain == Retain::Nothing {
                    gradient.accumulated = signals[input.index()].take();
                }
            }
            let offered: Vec<bool> = gradients.iter().map(|one| one.mask.is_some()).collect();
            trace.propagate(id, signal, rule, &mut gradients)?;
            for ((gradient, &input), offered) in gradients.into_iter().zip(inputs).zip(offered) {
                pending[input.index()] -= 1;
                masked[input.index()] |= offered && gradient.mask.is_none();
                let sum = &mut signals[input.index()];
                let before = sum.take().or(gradient.accumulated);
                *sum = match (before, gradient.gradient) {
                    (Some(before), Some(more)) => Some(before + more),
                    (one, other) => one.or(other),
                };
            }
        }
        let signal = signals[first.index()].take().ok_or_else(disconnected)?;
        visit(first, &signal);
        Ok(signal)
    }

    /// The backward pass of one node: the signal of each of its inputs, from that of its output.
    /// The trace must be one that retains [`Retain::Everything`].
    ///
    /// # Errors
    /// `internal` when the trace does not have this node.
    pub fn backward_through(
        &self,
        id: NodeId,
        trace: &Trace,
        signal: Value,
        rule: ReluRule,
    ) -> Result<Vec<Value>, Error> {
        let mut gradients = trace.input_gradients(id)?;
        let signal = trace.apply_own_relu(id, signal, rule);
        trace.propagate(id, signal, rule, &mut gradients)?;
        let signals = gradients.into_iter().map(|input| input.gradient);
        signals
            .map(|signal| signal.ok_or_else(disconnected))
            .collect()
    }
}

/// For each node of the plan, whether its output depends on that of `first`, or is the same.
fn descendants(plan: &Plan, first: NodeId) -> Vec<bool> {
    let mut descendants = vec![false; plan.nodes.len()];
    descendants[first.index()] = true;
    for &id in plan.order.iter().filter(|&&id| id > first) {
        let mut inputs = plan.nodes[id.index()].inputs.iter();
        descendants[id.index()] = inputs.any(|input| descendants[input.index()]);
    }
    descendants
}

fn disconnected() -> Error {
    Error::Internal("the network's nodes do not lead from the picture to the target".to_owned())
}

impl Trace {
    fn computed(&self, id: NodeId) -> Result<&Computed, Error> {
        self.computed[id.index()].as_ref().ok_or_else(disconnected)
    }

    /// The ReLU whose output is that of node `id`, if any.
    fn mask(&self, id: NodeId, rule: ReluRule) -> Option<ReluMask> {
        let output = self.computed[id.index()].as_ref()?.relu_output.clone()?;
        let upper = self.plan.nodes[id.index()].operator.relu_bound()?;
        Some(ReluMask {
            output: output.planes(),
            rule,
            upper,
        })
    }

    /// The signal of node `id`, propagated through the ReLU at the end of the node if it has one.
    fn apply_own_relu(&self, id: NodeId, signal: Value, rule: ReluRule) -> Value {
        match self.mask(id, rule) {
            Some(mask) => {
                let sizes = signal.sizes();
                Value::from_planes(relu_backward(signal.planes(), mask), &sizes)
            }
            None => signal,
        }
    }

    /// Empty gradients for the inputs of node `id`, all wanted.
    fn input_gradients(&self, id: NodeId) -> Result<Vec<InputGradient>, Error> {
        let sizes = self.computed(id)?.input_sizes.iter();
        let inputs = self.plan.nodes[id.index()].inputs.iter();
        let gradients = sizes.zip(inputs).map(|(sizes, input)| InputGradient {
            from_relus: self.plan.from_relus[input.index()],
            ..InputGradient::wanted(sizes.clone())
        });
        Ok(gradients.collect())
    }

    /// Fills in the gradients of the inputs of node `id`, from the signal before its own ReLU.
    fn propagate(
        &self,
        id: NodeId,
        signal: Value,
        rule: ReluRule,
        inputs: &mut [InputGradient],
    ) -> Result<(), Error> {
        let saved = &self.computed(id)?.saved;
        let operator = &self.plan.nodes[id.index()].operator;
        operator.backward(signal, saved, rule, inputs);
        Ok(())
    }
}
