//! A feed-forward network as a list of layers, with its forward and its backward pass.

use burn::tensor::{Int, Tensor};

use super::plan::{FusedKind, FusedOp, Retain};
use crate::error::Error;
use crate::kernels::{
    Convolution, PoolShape, ReluMask, ReluRule, convolve, convolve_backward, max_pool,
    max_pool_backward, relu_backward,
};
use crate::rng::Rng;

/// What one layer computes. All tensors are `[batch, channels, rows, columns]`.
#[derive(Debug, Clone)]
#[allow(
    clippy::large_enum_variant,
    reason = "a network has some dozens of these, and none is ever moved"
)]
pub enum Operation {
    /// The batch of normalised pictures itself: the first layer, and the only one without inputs.
    Picture,
    /// `y = x * weight + bias`, zero-padded.
    Convolution(Convolution),
    /// `y = max(x, 0)`.
    Relu,
    /// The largest of each window.
    MaxPool(PoolShape),
    /// The inputs' channels, one input after the other.
    Concatenate,
}

/// One layer: a named operation on the results of earlier layers.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its name in the stored weights, or one in their style.
    pub name: String,
    /// What it computes.
    pub operation: Operation,
    /// What it reads.
    pub inputs: Vec<LayerId>,
    /// The last layer that reads this one's result, or this layer itself where none does.
    last_consumer: LayerId,
}

/// A layer's place in its graph.
pub type LayerId = usize;

/// The picture's place in every graph.
pub const INPUT: LayerId = 0;

/// Layers in the order in which they are computed; the last one's result is the network's features.
#[derive(Debug, Clone)]
pub struct Graph {
    layers: Vec<Layer>,
}

/// What the backward pass needs of a forward pass, step by step up to the last one computed.
pub struct Trace {
    steps: Vec<TracedOp>,
    /// The results that come out of a ReLU, by layer: they tell where it was active.
    active: Vec<Option<Tensor<4>>>,
    /// By how many steps each layer's result is read.
    consumers: Vec<usize>,
    /// What the forward pass was asked to watch.
    retain: Retain,
    /// The result of the layer that [`Graph::forward`] was asked to watch.
    pub retained: Option<Tensor<4>>,
}

struct TracedOp {
    step: FusedOp,
    input_shapes: Vec<[usize; 4]>,
    pool: Option<PoolTrace>,
}

/// What the way back needs of a max-pool.
#[derive(Clone)]
struct PoolTrace {
    /// Which place of each window was the largest.
    argmax: Tensor<4, Int>,
    /// What was pooled, where all of it comes out of ReLUs: by [`ReluRule::Leaky`] signals are
    /// shared out by its values.
    relu: Option<Tensor<4>>,
}

impl Default for Graph {
    /// A graph that has only the [`INPUT`].
    fn default() -> Self {
        let picture = Layer {
            name: "picture".to_owned(),
            operation: Operation::Picture,
            inputs: Vec::new(),
            last_consumer: INPUT,
        };
        Self {
            layers: vec![picture],
        }
    }
}

impl Graph {
    /// Appends a layer that reads `inputs`; returns its place, which later layers name.
    pub fn push(
        &mut self,
        name: impl Into<String>,
        operation: Operation,
        inputs: &[LayerId],
    ) -> LayerId {
        let id = self.layers.len();
        for &read in inputs {
            self.layers[read].last_consumer = id;
        }
        self.layers.push(Layer {
            name: name.into(),
            operation,
            inputs: inputs.to_vec(),
            last_consumer: id,
        });
        id
    }

    /// The layers in order of computation, the [`INPUT`] first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layer whose result the network's head reads.
    pub fn features(&self) -> LayerId {
        self.layers.len() - 1
    }

    /// `[channels, rows, columns]` of every layer's result for pictures of `side` x `side` pixels.
    pub fn shapes(&self, side: usize) -> Vec<[usize; 3]> {
        let mut shapes = vec![[3, side, side]];
        for layer in &self.layers[1..] {
            let inputs: Vec<[usize; 3]> = layer.inputs.iter().map(|&read| shapes[read]).collect();
            shapes.push(layer.operation.shape(&inputs));
        }
        shapes
    }

    /// Whether `layer` has a part in the result of `reader`.
    pub fn reaches(&self, layer: LayerId, reader: LayerId) -> bool {
        layer <= reader && self.ancestors(reader)[layer]
    }

    /// Of each layer up to `reader`, itself included, whether it has a part in its result.
    pub(super) fn ancestors(&self, reader: LayerId) -> Vec<bool> {
        let mut ancestors = vec![false; reader + 1];
        ancestors[reader] = true;
        // A layer stands behind what it reads, so all that it feeds are known when its turn comes.
        for id in (0..=reader).rev() {
            if ancestors[id] {
                self.layers[id]
                    .inputs
                    .iter()
                    .for_each(|&read| ancestors[read] = true);
            }
        }
        ancestors
    }

    /// Whether everything that goes from the picture to the features, and back, goes through
    /// `layer`: no branch leads past it.
    pub fn is_articulation(&self, layer: LayerId) -> bool {
        self.layers[..layer]
            .iter()
            .all(|before| before.last_consumer <= layer)
    }

    /// Puts an untrained convolution in the place of the convolution `id`; other layers stay as
    /// they are.
    pub fn randomise(&mut self, id: LayerId, rng: &mut Rng) {
        if let Operation::Convolution(convolution) = &mut self.layers[id].operation {
            *convolution = untrained(convolution, rng);
        }
    }

    /// The result of layer `last` for a batch of normalised pictures, and the trace for
    /// [`backward`](Graph::backward). Layers that have no part in it are not computed. A
    /// [`Retain::Layer`] feeds `last` or is it; its result is in the trace.
    ///
    /// # Errors
    /// `internal` when a layer has more or fewer inputs than its operation takes, or reads a result
    /// that is not there.
    pub fn forward(
        &self,
        pictures: Tensor<4>,
        last: LayerId,
        retained: Retain,
    ) -> Result<(Tensor<4>, Trace), Error> {
        let steps = self.plan(last, retained)?;
        let mut consumers = vec![0; last + 1];
        steps
            .iter()
            .flat_map(|step| &step.inputs)
            .for_each(|&read| consumers[read] += 1);
        let mut pending = consumers.clone();
        let mut results = vec![None; last + 1];
        results[INPUT] = Some(pictures);
        // Whether all of a result comes out of ReLUs: of its own, or of those that a concatenation
        // reads.
        let mut from_relus = vec![false; last + 1];
        let (traced, active) = (Vec::with_capacity(steps.len()), vec![None; last + 1]);
        let mut trace = Trace {
            steps: traced,
            active,
            consumers,
            retain: retained,
            retained: None,
        };
        for step in steps {
            let mut inputs = Vec::with_capacity(step.inputs.len());
            for &read in &step.inputs {
                pending[read] -= 1;
                // The last reader takes the result itself, so that it is freed, or its memory used
                // again, as early as possible.
                let input = if pending[read] == 0 {
                    results[read].take()
                } else {
                    results[read].clone()
                };
                inputs.push(input.ok_or_else(incomplete)?);
            }
            let input_shapes = inputs.iter().map(Tensor::dims).collect();
            let reads_relus = step.inputs.iter().all(|&read| from_relus[read]);
            from_relus[step.result] = step.work.ends_in_relu()
                || (matches!(step.work, FusedKind::Concatenate) && reads_relus);
            let (result, pool) = match &step.work {
                FusedKind::Convolutions { parts, relu } => {
                    (convolve(only(inputs)?, parts, *relu), None)
                }
                FusedKind::Relu => (only(inputs)?.clamp_min(0.0), None),
                FusedKind::MaxPool(shape) => {
                    let input = only(inputs)?;
                    let (result, argmax) = max_pool(input.clone(), *shape);
                    (
                        result,
                        Some(PoolTrace {
                            argmax,
                            relu: reads_relus.then_some(input),
                        }),
                    )
                }
                FusedKind::Concatenate => (Tensor::cat(inputs, 1), None),
            };
            if step.work.ends_in_relu() {
                trace.active[step.result] = Some(result.clone());
            }
            if retained == Retain::Layer(step.result) {
                trace.retained = Some(result.clone());
            }
            results[step.result] = Some(result);
            trace.steps.push(TracedOp {
                step,
                input_shapes,
                pool,
            });
        }
        Ok((results.pop().flatten().ok_or_else(incomplete)?, trace))
    }

    /// Takes `signal`, d(something)/d(result of the trace's last layer), back to the result of
    /// layer `first`: the picture, or a layer that was watched. `visit` sees on the way the signal
    /// of every step's result, that of `first` too: of a layer that was watched, what its readers
    /// send it, and of another perhaps what its own ReLU has let through of it.
    ///
    /// With [`ReluRule::Gradient`] the result is the derivative; with the other rules it is their
    /// method's signal.
    ///
    /// # Errors
    /// `internal` when `first` does not [feed](Graph::reaches) the trace's last layer.
    pub fn backward(
        &self,
        trace: &Trace,
        signal: Tensor<4>,
        rule: ReluRule,
        first: LayerId,
        mut visit: impl FnMut(LayerId, &Tensor<4>),
    ) -> Result<Tensor<4>, Error> {
        // signals[k] is d(something)/d(result of layer k), summed over the readers met so far:
        // complete when k's turn comes, since readers stand behind what they read.
        let mut signals: Vec<Option<Tensor<4>>> = vec![None; trace.active.len()];
        signals[trace.active.len() - 1] = Some(signal);
        // Whose signal has gone back through its own ReLU already: that is done where the signal is
        // computed, if that is in one place and its kernel can do it.
        let mut masked = vec![false; trace.active.len()];
        for traced in trace
            .steps
            .iter()
            .rev()
            .take_while(|traced| traced.step.result > first)
        {
            let id = traced.step.result;
            let Some(mut signal) = signals[id].take() else {
                continue;
            };
            visit(id, &signal);
            if !masked[id] {
                signal = trace.apply_own_relu(id, signal, rule);
            }
            let mask = match traced.step.work {
                FusedKind::Convolutions { .. } | FusedKind::MaxPool(_) => {
                    trace.mask_for_single_consumer(traced.step.inputs[0], rule)
                }
                FusedKind::Relu | FusedKind::Concatenate => None,
            };
            masked[traced.step.inputs[0]] |= mask.is_some();
            for (&read, part) in traced
                .step
                .inputs
                .iter()
                .zip(traced.backward(signal, rule, mask)?)
            {
                signals[read] = Some(match signals[read].take() {
                    Some(sum) => sum + part,
                    None => part,
                });
            }
        }
        let signal = signals[first].take().ok_or_else(incomplete)?;
        visit(first, &signal);
        Ok(signal)
    }

    /// One layer's part of the way back: from the signal at its result to that at each of its
    /// inputs. The trace is one that watched [`Retain::Everything`].
    ///
    /// # Errors
    /// `internal` when the trace has no step of that layer.
    pub fn backward_through_layer(
        &self,
        id: LayerId,
        trace: &Trace,
        signal: Tensor<4>,
        rule: ReluRule,
    ) -> Result<Vec<Tensor<4>>, Error> {
        let traced = trace
            .steps
            .iter()
            .find(|traced| traced.step.result == id)
            .ok_or_else(incomplete)?;
        traced.backward(trace.apply_own_relu(id, signal, rule), rule, None)
    }
}

/// A convolution of the same shape before any training: no bias, and weights drawn from a normal
/// distribution of variance `2 / fan-in`, which keeps the size of activations from layer to layer
/// (He et al. 2015, arXiv 1502.01852).
fn untrained(trained: &Convolution, rng: &mut Rng) -> Convolution {
    let (shape, bias) = (trained.shape, trained.bias());
    let fan_in = shape.channels_in * shape.kernel * shape.kernel;
    let weight = rng.normal_values(shape.channels_out * fan_in, (2.0 / fan_in as f32).sqrt());
    Convolution::new(weight, bias.zeros_like(), shape)
}

fn incomplete() -> Error {
    Error::Internal("the network's layers do not lead from the picture to the features".to_owned())
}

impl Operation {
    /// What kind of layer it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Operation::Picture => "picture",
            Operation::Convolution(_) => "convolution",
            Operation::Relu => "relu",
            Operation::MaxPool(_) => "max-pool",
            Operation::Concatenate => "concatenation",
        }
    }

    /// Whether it can read so many layers.
    pub(super) fn reads(&self, inputs: usize) -> bool {
        match self {
            Operation::Picture => inputs == 0,
            Operation::Convolution(_) | Operation::Relu | Operation::MaxPool(_) => inputs == 1,
            Operation::Concatenate => inputs > 0,
        }
    }

    /// `[channels, rows, columns]` of the result.
    fn shape(&self, inputs: &[[usize; 3]]) -> [usize; 3] {
        let [channels, rows, columns] = inputs[0];
        let (channels, [rows, columns]) = match self {
            Operation::Picture | Operation::Relu => (channels, [rows, columns]),
            Operation::Concatenate => (inputs.iter().map(|shape| shape[0]).sum(), [rows, columns]),
            Operation::Convolution(Convolution { shape, .. }) => {
                (shape.channels_out, shape.output_size([rows, columns]))
            }
            Operation::MaxPool(shape) => (channels, shape.output_size([rows, columns])),
        };
        [channels, rows, columns]
    }
}

/// The input of what has one.
fn only(inputs: Vec<Tensor<4>>) -> Result<Tensor<4>, Error> {
    let [input] = <[_; 1]>::try_from(inputs).map_err(|_| incomplete())?;
    Ok(input)
}

impl Trace {
    /// The ReLU that the result of layer `id` comes out of.
    fn mask(&self, id: LayerId, rule: ReluRule) -> Option<ReluMask> {
        self.active[id].clone().map(|active| (active, rule))
    }

    /// The same, where a step that reads layer `id` may apply it: nobody else reads that, or asks
    /// for its signal.
    fn mask_for_single_consumer(&self, id: LayerId, rule: ReluRule) -> Option<ReluMask> {
        self.mask(id, rule)
            .filter(|_| self.consumers[id] == 1 && self.retain.may_fuse(id))
    }

    /// The signal behind the ReLU that the result of layer `id` comes out of, or the same where
    /// there is none.
    fn apply_own_relu(&self, id: LayerId, signal: Tensor<4>, rule: ReluRule) -> Tensor<4> {
        match self.mask(id, rule) {
            Some(mask) => relu_backward(signal, mask),
            None => signal,
        }
    }
}

impl TracedOp {
    /// From the signal behind the step's own ReLU to that for each input; through the `mask` of the
    /// only one, where that is given, which convolutions and pools know how to apply.
    fn backward(
        &self,
        signal: Tensor<4>,
        rule: ReluRule,
        mask: Option<ReluMask>,
    ) -> Result<Vec<Tensor<4>>, Error> {
        let [_, _, rows, columns] = self.input_shapes[0];
        Ok(match &self.step.work {
            FusedKind::Convolutions { parts, .. } => {
                vec![convolve_backward(signal, parts, [rows, columns], mask)]
            }
            FusedKind::Relu => vec![signal],
            FusedKind::MaxPool(shape) => {
                let PoolTrace { argmax, relu } = self.pool.clone().ok_or_else(incomplete)?;
                let mask = match rule {
                    // Nothing is sent to what was not active, whoever else reads it.
                    ReluRule::Leaky(_) => relu.map(|active| (active, rule)),
                    ReluRule::Gradient | ReluRule::DeconvNet | ReluRule::Guided => mask,
                };
                vec![max_pool_backward(
                    signal,
                    argmax,
                    *shape,
                    [rows, columns],
                    mask,
                )]
            }
            FusedKind::Concatenate => signal.split_with_sizes(
                self.input_shapes
                    .iter()
                    .map(|&[_, channels, ..]| channels)
                    .collect(),
                1,
            ),
        })
    }
}
