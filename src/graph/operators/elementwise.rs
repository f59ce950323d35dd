//! Functions of each value by itself.

use std::f32::consts::{FRAC_1_SQRT_2, PI};

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

use super::broadcast::{RANK, aligned, aligned_sizes, broadcast_shape};
use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// A function of each value. Its derivative is taken at the input; at a kink it is that of PyTorch.
///
/// DeconvNet and guided back-propagation are defined at ReLUs alone, so that these propagate the
/// gradient under every rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Elementwise {
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `min(max(alpha x + beta, 0), 1)`.
    HardSigmoid {
        /// Slope.
        alpha: f32,
        /// Value at 0.
        beta: f32,
    },
    /// `x min(max(x / 6 + 1 / 2, 0), 1)` (Howard et al. 2019, arXiv 1905.02244).
    HardSwish,
    /// `x` where positive, else `slope x`.
    LeakyRelu {
        /// Slope of the negative side.
        slope: f32,
    },
    /// `gamma x` where positive, else `gamma alpha (exp(x / width) - 1)`: ELU, SELU and CELU.
    Elu {
        /// The limit of the negative side, divided by `-gamma`.
        alpha: f32,
        /// Slope of the positive side.
        gamma: f32,
        /// Scale of the exponent.
        width: f32,
    },
    /// The hyperbolic tangent.
    Tanh,
    /// `log(1 + exp(x))`.
    Softplus,
    /// `x / (1 + |x|)`.
    Softsign,
    /// `x sigmoid(beta x)`; SiLU with `beta` 1 (Ramachandran et al. 2017, arXiv 1710.05941).
    Swish {
        /// Slope of the sigmoid.
        beta: f32,
    },
    /// `x tanh(log(1 + exp(x)))` (Misra 2019, arXiv 1908.08681).
    Mish,
    /// `x` times the standard normal distribution function of x (Hendrycks & Gimpel 2016, arXiv
    /// 1606.08415).
    Gelu,
    /// Its approximation by a hyperbolic tangent.
    GeluTanh,
    /// The error function.
    Erf,
    /// `min(max(x, min), max)`.
    Clip {
        /// The smallest output.
        min: f32,
        /// The largest output.
        max: f32,
    },
    /// `x` where it exceeds `threshold`, else 0.
    ThresholdedRelu {
        /// The largest input that gives 0.
        threshold: f32,
    },
    /// `|x|`.
    Abs,
    /// `-x`.
    Negate,
    /// `exp(x)`.
    Exp,
    /// The natural logarithm.
    Log,
    /// The square root.
    Sqrt,
    /// `1 / x`.
    Reciprocal,
    /// `x^exponent`.
    Power {
        /// The exponent.
        exponent: f32,
    },
}

impl Elementwise {
    /// The function's value at every element.
    fn value(self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Sigmoid => sigmoid(x),
            Self::HardSigmoid { alpha, beta } => {
                x.mul_scalar(alpha).add_scalar(beta).clamp(0.0, 1.0)
            }
            Self::HardSwish => {
                let gate = x.clone().div_scalar(6.0).add_scalar(0.5).clamp(0.0, 1.0);
                x * gate
            }
            Self::LeakyRelu { slope } => {
                x.clone().clamp_min(0.0) + x.clamp_max(0.0).mul_scalar(slope)
            }
            Self::Elu {
                alpha,
                gamma,
                width,
            } => {
                let negative = x.clone().clamp_max(0.0).div_scalar(width).exp();
                let negative = negative.sub_scalar(1.0).mul_scalar(gamma * alpha);
                x.clamp_min(0.0).mul_scalar(gamma) + negative
            }
            Self::Tanh => x.tanh(),
            // Neither exponential overflows.
            Self::Softplus => {
                let tail = x.clone().abs().neg().exp().log1p();
                x.clamp_min(0.0) + tail
            }
            Self::Softsign => x.clone() / x.abs().add_scalar(1.0),
            Self::Swish { beta } => x.clone() * sigmoid(x.mul_scalar(beta)),
            Self::Mish => x.clone() * Self::Softplus.value(x).tanh(),
            Self::Gelu => x.clone() * normal_distribution(x),
            Self::GeluTanh => x.clone() * gelu_gate(x),
            Self::Erf => x.erf(),
            // The upper bound wins where the bounds are the wrong way round.
            Self::Clip { min, max } => x.clamp_min(min).clamp_max(max),
            Self::ThresholdedRelu { threshold } => {
                let passes = above(x.clone(), threshold);
                x * passes
            }
            Self::Abs => x.abs(),
            Self::Negate => x.neg(),
            Self::Exp => x.exp(),
            Self::Log => x.log(),
            Self::Sqrt => x.sqrt(),
            Self::Reciprocal => x.recip(),
            Self::Power { exponent } => x.powf_scalar(exponent),
        }
    }

    /// The derivative at every element.
    fn derivative(self, x: Tensor<4>) -> Tensor<4> {
        let sigmoid_slope = |s: Tensor<4>| s.clone() * (s.neg().add_scalar(1.0));
        match self {
            Self::Sigmoid => sigmoid_slope(sigmoid(x)),
            Self::HardSigmoid { alpha, beta } => {
                let linear = x.mul_scalar(alpha).add_scalar(beta);
                between(linear, 0.0, 1.0).mul_scalar(alpha)
            }
            // 0 at -3 and 1 at 3.
            Self::HardSwish => {
                let middle = x.clone().mul_scalar(1.0 / 3.0).add_scalar(0.5);
                let linear = below(x.clone(), 3.0).neg().add_scalar(1.0);
                middle * between(x, -3.0, 3.0) + linear
            }
            Self::LeakyRelu { slope } => {
                let positive = above(x, 0.0);
                positive.mul_scalar(1.0 - slope).add_scalar(slope)
            }
            Self::Elu {
                alpha,
                gamma,
                width,
            } => {
                let positive = above(x.clone(), 0.0);
                let negative = x.clamp_max(0.0).div_scalar(width).exp();
                let negative = negative.mul_scalar(gamma * alpha / width);
                positive.clone().mul_scalar(gamma) + negative * positive.neg().add_scalar(1.0)
            }
            Self::Tanh => x.tanh().square().neg().add_scalar(1.0),
            Self::Softplus => sigmoid(x),
            Self::Softsign => x.abs().add_scalar(1.0).square().recip(),
            Self::Swish { beta } => {
                let gate = sigmoid(x.clone().mul_scalar(beta));
                gate.clone() + x.mul_scalar(beta) * sigmoid_slope(gate)
            }
            Self::Mish => {
                let t = Self::Softplus.value(x.clone()).tanh();
                let slope = t.clone().square().neg().add_scalar(1.0) * sigmoid(x.clone());
                t + x * slope
            }
            Self::Gelu => {
                let density = x.clone().square().mul_scalar(-0.5).exp();
                let density = density.mul_scalar((2.0 * PI).sqrt().recip());
                normal_distribution(x.clone()) + x * density
            }
            Self::GeluTanh => {
                let gate = gelu_gate(x.clone());
                let inner = x
                    .clone()
                    .square()
                    .mul_scalar(3.0 * 0.044715)
                    .add_scalar(1.0);
                let inner = inner.mul_scalar(2.0 * (2.0 / PI).sqrt());
                gate.clone() + x * inner * sigmoid_slope(gate)
            }
            Self::Erf => x.square().neg().exp().mul_scalar(2.0 / PI.sqrt()),
            Self::Clip { min, max } => between(x, min, max),
            Self::ThresholdedRelu { threshold } => above(x, threshold),
            Self::Abs => x.sign(),
            Self::Negate => x.ones_like().neg(),
            Self::Exp => x.exp(),
            Self::Log => x.recip(),
            Self::Sqrt => x.sqrt().recip().mul_scalar(0.5),
            Self::Reciprocal => x.square().recip().neg(),
            Self::Power { exponent } => x.powf_scalar(exponent - 1.0).mul_scalar(exponent),
        }
    }
}

/// 1 where a value is greater than `low`, else 0. (Burn's comparisons are a large part of the
/// program: there is one for each type of number.)
fn above<const D: usize>(x: Tensor<D>, low: f32) -> Tensor<D> {
    x.sub_scalar(low).sign().clamp_min(0.0)
}

/// 1 where a value is less than `high`, else 0.
fn below(x: Tensor<4>, high: f32) -> Tensor<4> {
    above(x.neg(), -high)
}

/// 1 where a value lies in the open interval, else 0.
fn between(x: Tensor<4>, low: f32, high: f32) -> Tensor<4> {
    above(x.clone(), low) * below(x, high)
}

/// The standard normal distribution function.
fn normal_distribution(x: Tensor<4>) -> Tensor<4> {
    let erf = x.mul_scalar(FRAC_1_SQRT_2).erf();
    erf.add_scalar(1.0).mul_scalar(0.5)
}

/// `(1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`, which is a sigmoid.
fn gelu_gate(x: Tensor<4>) -> Tensor<4> {
    let cubic = x.clone().square().mul_scalar(0.044715).add_scalar(1.0) * x;
    sigmoid(cubic.mul_scalar(2.0 * (2.0 / PI).sqrt()))
}

impl Operator for Elementwise {
    fn kind(&self) -> &'static str {
        match self {
            Self::Sigmoid => "sigmoid",
            Self::HardSigmoid { .. } => "hard sigmoid",
            Self::HardSwish => "hard swish",
            Self::LeakyRelu { .. } => "leaky relu",
            Self::Elu { .. } => "elu",
            Self::Tanh => "tanh",
            Self::Softplus => "softplus",
            Self::Softsign => "softsign",
            Self::Swish { .. } => "swish",
            Self::Mish => "mish",
            Self::Gelu | Self::GeluTanh => "gelu",
            Self::Erf => "erf",
            Self::Clip { .. } => "clip",
            Self::ThresholdedRelu { .. } => "thresholded relu",
            Self::Abs => "absolute value",
            Self::Negate => "negation",
            Self::Exp => "exponential",
            Self::Log => "logarithm",
            Self::Sqrt => "square root",
            Self::Reciprocal => "reciprocal",
            Self::Power { .. } => "power",
        }
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        super::one(inputs).cloned()
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let output = Value::from_planes(self.value(input.clone().planes()), &input.sizes());
        (output, Saved::of(input))
    }

    fn backward(&self, signal: Value, saved: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let ([input], [x]) = (inputs, &saved.values[..]) else {
            return;
        };
        let gradient = signal.planes() * self.derivative(x.clone().planes());
        let gradient = Value::from_planes(gradient, &input.sizes);
        input.set(gradient);
    }
}

/// `x` where positive, else `slope x`, with a learnt slope for each channel (He et al. 2015, arXiv
/// 1502.01852).
#[derive(Debug, Clone)]
pub struct Prelu {
    /// The picture's axes of the slopes, aligned from the last one.
    constants: Shape,
    slopes: Tensor<RANK>,
}

impl Prelu {
    /// `slopes` have a `shape` of at most five axes, without the batch, and are repeated along those
    /// where the value is longer.
    pub fn new(slopes: Tensor<1>, shape: &Shape) -> Self {
        let sizes = aligned_sizes(&[&[1], shape.sizes()].concat());
        Self {
            constants: shape.clone(),
            slopes: slopes.reshape(sizes),
        }
    }
}

impl Operator for Prelu {
    fn kind(&self) -> &'static str {
        "prelu"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let input = super::one(inputs)?;
        let output = broadcast_shape(input, &self.constants)?;
        if output != *input {
            return Err(format!("it has slopes of {} for {input}", self.constants));
        }
        Ok(output)
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let x = aligned(input.clone());
        let output = x.clone().clamp_min(0.0) + x.clamp_max(0.0) * self.slopes.clone();
        let output = Value::from(output).with_sizes(&input.sizes());
        (output, Saved::of(input))
    }

    fn backward(&self, signal: Value, saved: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let ([input], [x]) = (inputs, &saved.values[..]) else {
            return;
        };
        let positive = above(aligned(x.clone()), 0.0);
        let slope = positive.clone() + positive.neg().add_scalar(1.0) * self.slopes.clone();
        let gradient = Value::from(aligned(signal) * slope).with_sizes(&input.sizes);
        input.set(gradient);
    }
}
