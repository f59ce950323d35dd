//! The forward and the backward pass through a graph.

use burn::tensor::{Int, Tensor};

use super::fusion::{FusedKind, FusedOp, Retain, fuse};
use super::graph::{Graph, INPUT, LayerId};
use crate::error::Error;
use crate::kernels::{
    ReluMask, ReluRule, convolve, convolve_backward, max_pool, max_pool_backward, relu_backward,
};

/// What the backward pass needs of a forward pass.
pub struct Trace {
    operations: Vec<TracedOp>,
    /// For each layer whose output is that of a ReLU, this output: it is 0 where the ReLU was
    /// inactive.
    relu_outputs: Vec<Option<Tensor<4>>>,
    /// The number of operations that read each layer's output.
    consumers: Vec<usize>,
    /// What the forward pass was asked to retain.
    retain: Retain,
    /// The output of the layer that [`Graph::forward`] was asked to retain.
    pub retained: Option<Tensor<4>>,
}

struct TracedOp {
    operation: FusedOp,
    input_shapes: Vec<[usize; 4]>,
    pool: Option<PoolTrace>,
}

/// What the backward pass needs of a max-pool.
#[derive(Clone)]
struct PoolTrace {
    /// Offset of the maximum in each window.
    argmax: Tensor<4, Int>,
    /// The pool's input, if all of it is the output of ReLUs: [`ReluRule::Leaky`] distributes a
    /// window's gradient in proportion to its values.
    relu_input: Option<Tensor<4>>,
}

impl Graph {
    /// The output of layer `last` for a batch of normalised `pictures`, `[batch, 3, rows,
    /// columns]`, and the trace for [`backward`](Graph::backward). Layers that do not reach `last`
    /// are not computed. A [`Retain::Layer`] must reach `last`; the trace holds its output.
    ///
    /// # Errors
    /// `internal` when a layer has more or fewer inputs than its operation takes, or reads an
    /// output that does not exist.
    pub fn forward(
        &self,
        pictures: Tensor<4>,
        last: LayerId,
        retain: Retain,
    ) -> Result<(Tensor<4>, Trace), Error> {
        let operations = fuse(self, last, retain)?;
        let mut consumers = vec![0; last + 1];
        for &input in operations.iter().flat_map(|operation| &operation.inputs) {
            consumers[input] += 1;
        }
        let mut pending = consumers.clone();
        let mut outputs = vec![None; last + 1];
        outputs[INPUT] = Some(pictures);
        // Whether all of a layer's output comes from ReLUs: its own, or those that a concatenation
        // reads.
        let mut from_relus = vec![false; last + 1];
        let mut trace = Trace {
            operations: Vec::with_capacity(operations.len()),
            relu_outputs: vec![None; last + 1],
            consumers,
            retain,
            retained: None,
        };
        for operation in operations {
            let id = operation.output;
            let mut inputs = Vec::with_capacity(operation.inputs.len());
            for &read in &operation.inputs {
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
            let input_shapes = inputs.iter().map(Tensor::dims).collect();
            let reads_relus = operation.inputs.iter().all(|&read| from_relus[read]);
            from_relus[id] = operation.kind.ends_in_relu()
                || (matches!(operation.kind, FusedKind::Concatenate) && reads_relus);
            let mut pool = None;
            let output = match &operation.kind {
                FusedKind::Convolutions { convolutions, relu } => {
                    convolve(single(inputs)?, convolutions, *relu)
                }
                FusedKind::Relu => single(inputs)?.clamp_min(0.0),
                FusedKind::MaxPool(shape) => {
                    let input = single(inputs)?;
                    let (output, argmax) = max_pool(input.clone(), *shape);
                    let relu_input = reads_relus.then_some(input);
                    pool = Some(PoolTrace { argmax, relu_input });
                    output
                }
                FusedKind::Concatenate => Tensor::cat(inputs, 1),
            };
            if operation.kind.ends_in_relu() {
                trace.relu_outputs[id] = Some(output.clone());
            }
            if retain == Retain::Layer(id) {
                trace.retained = Some(output.clone());
            }
            outputs[id] = Some(output);
            trace.operations.push(TracedOp {
                operation,
                input_shapes,
                pool,
            });
        }
        Ok((outputs.pop().flatten().ok_or_else(disconnected)?, trace))
    }

    /// Propagates `signal`, the gradient with respect to the output of the trace's last layer, back
    /// to the output of layer `first`: the input, or a retained layer. `visit` is called with the
    /// signal of every operation's output on the way, and with that of `first`. The signal of a
    /// retained layer is complete; that of another layer may have passed its ReLU already.
    ///
    /// With [`ReluRule::Gradient`] the signal is the derivative; with another rule it is what that
    /// rule propagates in its place.
    ///
    /// # Errors
    /// `internal` when `first` does not [reach](Graph::reaches) the trace's last layer.
    pub fn backward(
        &self,
        trace: &Trace,
        signal: Tensor<4>,
        rule: ReluRule,
        first: LayerId,
        mut visit: impl FnMut(LayerId, &Tensor<4>),
    ) -> Result<Tensor<4>, Error> {
        let count = trace.relu_outputs.len();
        // For each layer the sum of what its consumers have sent so far. All consumers come after
        // the layer, so the sum is complete at the layer's turn.
        let mut signals: Vec<Option<Tensor<4>>> = vec![None; count];
        signals[count - 1] = Some(signal);
        // Layers whose signal is already masked by their ReLU: if a layer has one consumer, that
        // consumer's kernel applies the mask, if it can.
        let mut masked = vec![false; count];
        for traced in trace.operations.iter().rev() {
            let FusedOp {
                output,
                inputs,
                kind,
            } = &traced.operation;
            let id = *output;
            if id <= first {
                break;
            }
            let Some(mut signal) = signals[id].take() else {
                continue;
            };
            visit(id, &signal);
            if !masked[id] {
                signal = trace.apply_own_relu(id, signal, rule);
            }
            let mask = match kind {
                FusedKind::Convolutions { .. } | FusedKind::MaxPool(_) => {
                    trace.mask_for_single_consumer(inputs[0], rule)
                }
                FusedKind::Relu | FusedKind::Concatenate => None,
            };
            masked[inputs[0]] |= mask.is_some();
            let input_signals = traced.backward(signal, rule, mask)?;
            for (&input, signal) in inputs.iter().zip(input_signals) {
                signals[input] = Some(match signals[input].take() {
                    Some(sum) => sum + signal,
                    None => signal,
                });
            }
        }
        let signal = signals[first].take().ok_or_else(disconnected)?;
        visit(first, &signal);
        Ok(signal)
    }

    /// The backward pass of one layer: the signal of each of its inputs, from that of its output.
    /// The trace must be one that retains [`Retain::Everything`].
    ///
    /// # Errors
    /// `internal` when the trace has no operation for this layer.
    pub fn backward_through_layer(
        &self,
        id: LayerId,
        trace: &Trace,
        signal: Tensor<4>,
        rule: ReluRule,
    ) -> Result<Vec<Tensor<4>>, Error> {
        let traced = trace
            .operations
            .iter()
            .find(|traced| traced.operation.output == id)
            .ok_or_else(disconnected)?;
        traced.backward(trace.apply_own_relu(id, signal, rule), rule, None)
    }
}

fn disconnected() -> Error {
    Error::Internal("the network's layers do not lead from the picture to the features".to_owned())
}

/// The input of an operation that has one.
fn single(inputs: Vec<Tensor<4>>) -> Result<Tensor<4>, Error> {
    let [input] = <[_; 1]>::try_from(inputs).map_err(|_| disconnected())?;
    Ok(input)
}

impl Trace {
    /// The ReLU whose output is that of layer `id`, if any.
    fn mask(&self, id: LayerId, rule: ReluRule) -> Option<ReluMask> {
        self.relu_outputs[id].clone().map(|output| (output, rule))
    }

    /// The same, if the one operation that reads layer `id` may apply it: if no other operation
    /// reads the layer, and its signal is not retained.
    fn mask_for_single_consumer(&self, id: LayerId, rule: ReluRule) -> Option<ReluMask> {
        self.mask(id, rule)
            .filter(|_| self.consumers[id] == 1 && self.retain.may_fuse(id))
    }

    /// The signal of layer `id`, propagated through the ReLU at the end of the layer if it has one.
    fn apply_own_relu(&self, id: LayerId, signal: Tensor<4>, rule: ReluRule) -> Tensor<4> {
        match self.mask(id, rule) {
            Some(mask) => relu_backward(signal, mask),
            None => signal,
        }
    }
}

impl TracedOp {
    /// The signal of each input, from the signal before the operation's own ReLU. A `mask` is that
    /// of the only input; convolutions and max-pools apply it.
    fn backward(
        &self,
        signal: Tensor<4>,
        rule: ReluRule,
        mask: Option<ReluMask>,
    ) -> Result<Vec<Tensor<4>>, Error> {
        let [_, _, rows, columns] = self.input_shapes[0];
        let size = [rows, columns];
        Ok(match &self.operation.kind {
            FusedKind::Convolutions { convolutions, .. } => {
                vec![convolve_backward(signal, convolutions, size, mask)]
            }
            FusedKind::Relu => vec![signal],
            FusedKind::MaxPool(shape) => {
                let PoolTrace { argmax, relu_input } =
                    self.pool.clone().ok_or_else(disconnected)?;
                let mask = match rule {
                    // Also with several consumers: inactive values receive nothing anyway.
                    ReluRule::Leaky(_) => relu_input.map(|input| (input, rule)),
                    ReluRule::Gradient | ReluRule::DeconvNet | ReluRule::Guided => mask,
                };
                vec![max_pool_backward(signal, argmax, *shape, size, mask)]
            }
            FusedKind::Concatenate => {
                let channels = self.input_shapes.iter().map(|&[_, channels, ..]| channels);
                signal.split_with_sizes(channels.collect(), 1)
            }
        })
    }
}
