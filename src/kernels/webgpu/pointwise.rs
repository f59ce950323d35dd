//! Text of `pointwise.wgsl`.

use deep_inside_gpu::burn_wgpu::SourceTemplate;

use super::shader::bindings;

/// What is computed from the values at one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Formula {
    /// A sigmoid, times a range, minus a mean per channel.
    ScaledSigmoid,
    /// Its VJP.
    ScaledSigmoidBackward,
    /// A step of Adam.
    Adam,
}

/// The kernel that computes `formula`.
pub fn template(formula: Formula) -> SourceTemplate {
    SourceTemplate::new(include_str!("pointwise.wgsl"))
        .register("bindings", bindings(0, formula.buffers()))
        .register("formula", formula.statements())
}

impl Formula {
    fn buffers(self) -> &'static [&'static str] {
        match self {
            Formula::ScaledSigmoid => &["input", "mean", "output", "info"],
            Formula::ScaledSigmoidBackward => &["gradient", "activation", "mean", "output", "info"],
            Formula::Adam => &[
                "parameters",
                "gradient",
                "rates",
                "running_mean",
                "running_square",
                "output",
                "info",
            ],
        }
    }

    /// WGSL statements. `info` holds the number of values, then for the sigmoid the values per
    /// plane, the channels and the range; for Adam the fields of
    /// [`AdamConstants`](crate::kernels::AdamConstants) in their order. `rates` is `step` of
    /// [`adam`](crate::kernels::adam).
    fn statements(self) -> &'static str {
        match self {
            Formula::ScaledSigmoid => {
                "let small = exp(-abs(input[at]));
  let sigmoid = select(1.0, small, input[at] < 0.0) / (1.0 + small);
  let scaled = bitcast<f32>(info[3]) * sigmoid - mean[at / info[1] % info[2]];
  // By the bits, as in max_pool.wgsl: compilers may assume that there is no NaN.
  output[at] = select(scaled, input[at], (bitcast<u32>(input[at]) & 0x7fffffffu) > 0x7f800000u);"
            }
            Formula::ScaledSigmoidBackward => {
                "let value = activation[at] + mean[at / info[1] % info[2]];
  output[at] = gradient[at] * value * (1.0 - value / bitcast<f32>(info[3]));"
            }
            Formula::Adam => {
                "let beta1 = bitcast<f32>(info[1]);
  let beta2 = bitcast<f32>(info[2]);
  let mean = beta1 * running_mean[at] + (1.0 - beta1) * gradient[at];
  let square = beta2 * running_square[at] + (1.0 - beta2) * gradient[at] * gradient[at];
  running_mean[at] = mean;
  running_square[at] = square;
  output[at] = rates[2] * parameters[at] + rates[0] * mean / (sqrt(square / rates[1]) + bitcast<f32>(info[3]));"
            }
        }
    }
}
