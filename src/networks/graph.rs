//! A feed-forward network as a list of layers, with its forward and its backward pass.

use burn::tensor::module::{conv_transpose2d, conv2d, max_pool2d_with_indices, max_pool2d_with_indices_backward};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions, MaxPoolOptions};
use burn::tensor::{Int, Tensor};

use super::relu::ReluRule;
use crate::dice::Dice;
use crate::error::Error;

/// What one layer computes. All tensors are `[batch, channels, rows, columns]`.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "a network has some dozens of these, and none is ever moved")]
pub enum Operation {
    /// The batch of normalised pictures itself: the first layer, and the only one without inputs.
    Picture,
    /// `y = x * weight + bias`, zero-padded.
    Convolution(Convolution),
    /// `y = max(x, 0)`.
    Relu,
    /// The largest of each `kernel` x `kernel` window, windows at every `stride`; the last window may hang over the edge ("ceil
    /// mode"), as Caffe counts them.
    MaxPool {
        /// Side of the window.
        kernel: usize,
        /// Distance between windows.
        stride: usize,
    },
    /// The inputs' channels, one input after the other.
    Concatenate,
}

/// A convolution's constants on the device.
#[derive(Debug, Clone)]
pub struct Convolution {
    weight: Tensor<4>,
    bias: Tensor<1>,
    stride: usize,
    padding: usize,
    /// For stride 1: the weight with its two channel axes exchanged and its kernel turned by 180 degrees, so that the way back
    /// is one more ordinary convolution, the operation that backends are best at.
    turned: Option<Tensor<4>>,
}

impl Convolution {
    /// `weight` is `[out, in, kernel, kernel]` with a square kernel, `bias` `[out]`.
    pub fn new(weight: Tensor<4>, bias: Tensor<1>, stride: usize, padding: usize) -> Self {
        let turned = (stride == 1).then(|| weight.clone().swap_dims(0, 1).flip([2, 3]));
        Self { weight, bias, stride, padding, turned }
    }

    /// A convolution of the same shape before any training: no bias, and weights drawn from a normal distribution of variance
    /// `2 / fan-in`, which keeps the size of activations from layer to layer (He et al. 2015, arXiv 1502.01852).
    fn untrained(&self, dice: &mut Dice) -> Self {
        let shape = self.weight.dims();
        let weight = dice.normal_tensor(shape, (2.0 / (shape[1] * shape[2] * shape[3]) as f32).sqrt(), &self.weight.device());
        Self::new(weight, self.bias.zeros_like(), self.stride, self.padding)
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        conv2d(input, self.weight.clone(), Some(self.bias.clone()), ConvOptions::new(stride, padding, [1, 1], 1))
    }

    /// `dX = dY * turned kernel`; `input_shape` is the shape of X, which stride > 1 leaves open.
    fn backward(&self, signal: Tensor<4>, input_shape: [usize; 4]) -> Tensor<4> {
        let kernel = self.weight.dims()[2];
        if let Some(turned) = &self.turned {
            let padding = [kernel - 1 - self.padding; 2];
            return conv2d(signal, turned.clone(), None, ConvOptions::new([1, 1], padding, [1, 1], 1));
        }
        let [_, _, rows, columns] = signal.dims();
        // Rows and columns of X that no window reached.
        let left_over = |input: usize, output: usize| input + 2 * self.padding - ((output - 1) * self.stride + kernel);
        let left_over = [left_over(input_shape[2], rows), left_over(input_shape[3], columns)];
        let options = ConvTransposeOptions::new([self.stride; 2], [self.padding; 2], left_over, [1, 1], 1);
        conv_transpose2d(signal, self.weight.clone(), None, options)
    }
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
    last_reader: LayerId,
}

/// A layer's place in its graph.
pub type LayerId = usize;

/// The picture's place in every graph.
pub const PICTURE: LayerId = 0;

/// Layers in the order in which they are computed; the last one's result is the network's features.
#[derive(Debug, Clone)]
pub struct Graph {
    layers: Vec<Layer>,
}

/// What the backward pass needs of a forward pass, layer by layer up to the last one computed.
pub struct Trace {
    layers: Vec<LayerTrace>,
    /// The result of the layer that [`Graph::forward`] was asked to keep.
    pub kept: Option<Tensor<4>>,
}

struct LayerTrace {
    input_shapes: Vec<[usize; 4]>,
    residue: Residue,
}

/// What an operation leaves behind for its way back.
#[allow(clippy::large_enum_variant, reason = "a pass has some dozens of these")]
enum Residue {
    /// The operation is linear.
    Nothing,
    /// The ReLU's result, which tells where it was active.
    Relu(Tensor<4>),
    /// The pool's input (backends want its shape) and where each window's maximum was.
    MaxPool(Tensor<4>, Tensor<4, Int>),
}

impl Default for Graph {
    /// A graph that has only the [`PICTURE`].
    fn default() -> Self {
        let picture =
            Layer { name: "picture".to_owned(), operation: Operation::Picture, inputs: Vec::new(), last_reader: PICTURE };
        Self { layers: vec![picture] }
    }
}

impl Graph {
    /// Appends a layer that reads `inputs`; returns its place, which later layers name.
    pub fn push(&mut self, name: impl Into<String>, operation: Operation, inputs: &[LayerId]) -> LayerId {
        let id = self.layers.len();
        for &read in inputs {
            self.layers[read].last_reader = id;
        }
        self.layers.push(Layer { name: name.into(), operation, inputs: inputs.to_vec(), last_reader: id });
        id
    }

    /// The layers in order of computation, the [`PICTURE`] first.
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
    pub fn feeds(&self, layer: LayerId, reader: LayerId) -> bool {
        layer == reader || (layer < reader && self.layers[reader].inputs.iter().any(|&read| self.feeds(layer, read)))
    }

    /// Whether everything that goes from the picture to the features, and back, goes through `layer`: no branch leads past it.
    pub fn is_trunk(&self, layer: LayerId) -> bool {
        self.layers[..layer].iter().all(|before| before.last_reader <= layer)
    }

    /// Puts an untrained convolution in the place of the convolution `id`; other layers stay as they are.
    pub fn randomise(&mut self, id: LayerId, dice: &mut Dice) {
        if let Operation::Convolution(convolution) = &mut self.layers[id].operation {
            *convolution = convolution.untrained(dice);
        }
    }

    /// The result of layer `last` for a batch of normalised pictures, and the trace for [`backward`](Graph::backward). Layers behind
    /// `last` are not computed. The trace also keeps the result of the layer `kept`, which stands before `last` or is it.
    ///
    /// # Errors
    /// `internal` when a layer reads a result that is not there.
    pub fn forward(&self, pictures: Tensor<4>, last: LayerId, kept: Option<LayerId>) -> Result<(Tensor<4>, Trace), Error> {
        let mut results = vec![Some(pictures)];
        let mut trace = Trace { layers: vec![LayerTrace { input_shapes: Vec::new(), residue: Residue::Nothing }], kept: None };
        for (id, layer) in self.layers.iter().enumerate().take(last + 1).skip(1) {
            // The last reader takes the result itself, so that it is freed, or its memory used again, as early as possible.
            let inputs: Vec<Tensor<4>> = layer
                .inputs
                .iter()
                .filter_map(
                    |&read| if self.layers[read].last_reader == id { results[read].take() } else { results[read].clone() },
                )
                .collect();
            let input_shapes = inputs.iter().map(Tensor::dims).collect();
            let (result, residue) = layer.operation.forward(inputs)?;
            if kept == Some(id) {
                trace.kept = Some(result.clone());
            }
            results.push(Some(result));
            trace.layers.push(LayerTrace { input_shapes, residue });
        }
        Ok((results.pop().flatten().ok_or_else(incomplete)?, trace))
    }

    /// Takes `signal`, d(something)/d(result of the trace's last layer), back to the result of layer `first`. `visit` sees on the way
    /// every layer's complete signal, that of `first` too.
    ///
    /// With [`ReluRule::Gradient`] the result is the derivative; with the other rules it is their method's signal.
    ///
    /// # Errors
    /// `internal` when `first` does not [feed](Graph::feeds) the trace's last layer.
    pub fn backward(
        &self,
        trace: &Trace,
        signal: Tensor<4>,
        rule: ReluRule,
        first: LayerId,
        mut visit: impl FnMut(LayerId, &Tensor<4>),
    ) -> Result<Tensor<4>, Error> {
        // signals[k] is d(something)/d(result of layer k), summed over the readers met so far: complete when k's turn comes,
        // since readers stand behind what they read.
        let mut signals: Vec<Option<Tensor<4>>> = vec![None; trace.layers.len()];
        signals[trace.layers.len() - 1] = Some(signal);
        for id in (first + 1..trace.layers.len()).rev() {
            let Some(signal) = signals[id].take() else { continue };
            visit(id, &signal);
            for (&read, part) in self.layers[id].inputs.iter().zip(self.backward_through(id, trace, signal, rule)) {
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

    /// One layer's part of the way back: from the signal at its result to that at each of its inputs.
    pub fn backward_through(&self, id: LayerId, trace: &Trace, signal: Tensor<4>, rule: ReluRule) -> Vec<Tensor<4>> {
        self.layers[id].operation.backward(signal, &trace.layers[id], rule)
    }
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
            Operation::MaxPool { .. } => "max-pool",
            Operation::Concatenate => "concatenation",
        }
    }

    /// `[channels, rows, columns]` of the result.
    fn shape(&self, inputs: &[[usize; 3]]) -> [usize; 3] {
        let [channels, rows, columns] = inputs[0];
        match self {
            Operation::Picture | Operation::Relu => inputs[0],
            Operation::Concatenate => [inputs.iter().map(|shape| shape[0]).sum(), rows, columns],
            Operation::Convolution(Convolution { weight, stride, padding, .. }) => {
                let [channels, _, kernel, _] = weight.dims();
                let windows = |length: usize| (length + 2 * padding - kernel) / stride + 1;
                [channels, windows(rows), windows(columns)]
            }
            Operation::MaxPool { kernel, stride } => {
                let windows = |length: usize| (length - kernel).div_ceil(*stride) + 1;
                [channels, windows(rows), windows(columns)]
            }
        }
    }

    fn forward(&self, inputs: Vec<Tensor<4>>) -> Result<(Tensor<4>, Residue), Error> {
        if let Operation::Concatenate = self {
            return Ok((Tensor::cat(inputs, 1), Residue::Nothing));
        }
        let input = inputs.into_iter().next().ok_or_else(incomplete)?;
        Ok(match self {
            Operation::Picture | Operation::Concatenate => (input, Residue::Nothing),
            Operation::Convolution(convolution) => (convolution.forward(input), Residue::Nothing),
            Operation::Relu => {
                let output = input.clamp_min(0.0);
                (output.clone(), Residue::Relu(output))
            }
            Operation::MaxPool { kernel, stride } => {
                let options = MaxPoolOptions::new([*kernel; 2]).with_stride([*stride; 2]).with_ceil_mode(true);
                let (output, indices) = max_pool2d_with_indices(input.clone(), options);
                (output, Residue::MaxPool(input, indices))
            }
        })
    }

    /// The signal for each input.
    fn backward(&self, signal: Tensor<4>, traced: &LayerTrace, rule: ReluRule) -> Vec<Tensor<4>> {
        match (self, &traced.residue) {
            (Operation::Convolution(convolution), _) => vec![convolution.backward(signal, traced.input_shapes[0])],
            (Operation::Relu, Residue::Relu(output)) => vec![rule.backward(output, signal)],
            (Operation::MaxPool { kernel, stride }, Residue::MaxPool(input, indices)) => {
                let (kernel, stride) = ([*kernel; 2], [*stride; 2]);
                let input = input.clone();
                vec![max_pool2d_with_indices_backward(input, kernel, stride, [0, 0], [1, 1], true, signal, indices.clone())]
            }
            _ => {
                let channels = traced.input_shapes.iter().map(|shape| shape[1]).collect();
                signal.split_with_sizes(channels, 1)
            }
        }
    }
}
