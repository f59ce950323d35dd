//! A feed-forward network as a list of layers, with its forward and its backward pass.

use burn::tensor::module::{conv_transpose2d, conv2d, max_pool2d_with_indices, max_pool2d_with_indices_backward};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions, MaxPoolOptions};
use burn::tensor::{Int, Tensor};

use super::relu::ReluRule;
use crate::error::Error;

/// What one layer computes. All tensors are `[batch, channels, rows, columns]`.
#[derive(Debug)]
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
#[derive(Debug)]
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
#[derive(Debug)]
struct Layer {
    name: String,
    operation: Operation,
    inputs: Vec<LayerId>,
    /// The last layer that reads this one's result, or this layer itself where none does.
    last_reader: LayerId,
}

/// A layer's place in its graph.
pub type LayerId = usize;

/// The picture's place in every graph.
pub const PICTURE: LayerId = 0;

/// Layers in the order in which they are computed; the last one's result is the network's features.
#[derive(Debug)]
pub struct Graph {
    layers: Vec<Layer>,
}

/// What the backward pass needs of a forward pass, layer by layer.
pub struct Trace {
    layers: Vec<LayerTrace>,
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

    /// The layers' names in order of computation.
    pub fn layer_names(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|layer| layer.name.as_str())
    }

    /// The features of a batch of normalised pictures, and the trace for [`backward`](Graph::backward).
    ///
    /// # Errors
    /// `internal` when a layer reads a result that is not there.
    pub fn forward(&self, pictures: Tensor<4>) -> Result<(Tensor<4>, Trace), Error> {
        let mut results = vec![Some(pictures)];
        let mut layers = vec![LayerTrace { input_shapes: Vec::new(), residue: Residue::Nothing }];
        for (id, layer) in self.layers.iter().enumerate().skip(1) {
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
            results.push(Some(result));
            layers.push(LayerTrace { input_shapes, residue });
        }
        let features = results.pop().flatten().ok_or_else(incomplete)?;
        Ok((features, Trace { layers }))
    }

    /// Takes `signal`, d(something)/d(features), back to the pictures: `[batch, 3, rows, columns]`.
    ///
    /// With [`ReluRule::Gradient`] the result is the derivative; with the other rules it is their method's picture.
    ///
    /// # Errors
    /// `internal` when no path leads from the features to the picture.
    pub fn backward(&self, trace: &Trace, signal: Tensor<4>, rule: ReluRule) -> Result<Tensor<4>, Error> {
        // signals[k] is d(something)/d(result of layer k), summed over the readers met so far: complete when k's turn comes,
        // since readers stand behind what they read.
        let mut signals: Vec<Option<Tensor<4>>> = vec![None; self.layers.len()];
        signals[self.layers.len() - 1] = Some(signal);
        for (id, layer) in self.layers.iter().enumerate().skip(1).rev() {
            let Some(signal) = signals[id].take() else { continue };
            for (&read, part) in layer.inputs.iter().zip(layer.operation.backward(signal, &trace.layers[id], rule)) {
                signals[read] = Some(match signals[read].take() {
                    Some(sum) => sum + part,
                    None => part,
                });
            }
        }
        signals[PICTURE].take().ok_or_else(incomplete)
    }
}

fn incomplete() -> Error {
    Error::Internal("the network's layers do not lead from the picture to the features".to_owned())
}

impl Operation {
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
