//! Functions of each value by itself.

use super::Import;
use super::values::Dynamic;
use crate::error::Error;
use crate::graph::Shape;
use crate::graph::operators::{Elementwise, Prelu, Relu};
use crate::onnx::HostTensor;

pub fn activation(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.dynamic(index, 0)?;
    let node = &import.nodes[index];
    let number = |name: &str, default: f32| Ok::<f32, Error>(node.float(name)?.unwrap_or(default));
    let function = match node.op_type {
        "Relu" => {
            let id = import.add(index, Relu::default(), &[input.node])?;
            import.set(index, 0, Dynamic { node: id, ..input });
            return Ok(());
        }
        "Clip" => return clip(import, index, input),
        "PRelu" => return prelu(import, index),
        "LeakyRelu" => Elementwise::LeakyRelu {
            slope: number("alpha", 0.01)?,
        },
        "Elu" => Elementwise::Elu {
            alpha: number("alpha", 1.0)?,
            gamma: 1.0,
            width: 1.0,
        },
        "Selu" => Elementwise::Elu {
            alpha: number("alpha", 1.673_263_2)?,
            gamma: number("gamma", 1.050_701)?,
            width: 1.0,
        },
        "Celu" => {
            let alpha = number("alpha", 1.0)?;
            Elementwise::Elu {
                alpha,
                gamma: 1.0,
                width: alpha,
            }
        }
        "Sigmoid" => Elementwise::Sigmoid,
        "HardSigmoid" => Elementwise::HardSigmoid {
            alpha: number("alpha", 0.2)?,
            beta: number("beta", 0.5)?,
        },
        "HardSwish" => Elementwise::HardSwish,
        "Tanh" => Elementwise::Tanh,
        "Softplus" => Elementwise::Softplus,
        "Softsign" => Elementwise::Softsign,
        "Swish" => Elementwise::Swish {
            beta: number("alpha", 1.0)?,
        },
        "Mish" => Elementwise::Mish,
        "Gelu" => match node.text("approximate")?.unwrap_or("none") {
            "none" => Elementwise::Gelu,
            "tanh" => Elementwise::GeluTanh,
            other => return Err(import.unsupported(index, format!("the approximation {other}"))),
        },
        "Erf" => Elementwise::Erf,
        "ThresholdedRelu" => Elementwise::ThresholdedRelu {
            threshold: number("alpha", 1.0)?,
        },
        "Abs" => Elementwise::Abs,
        "Neg" => Elementwise::Negate,
        "Exp" => Elementwise::Exp,
        "Log" => Elementwise::Log,
        "Sqrt" => Elementwise::Sqrt,
        "Reciprocal" => Elementwise::Reciprocal,
        other => return Err(import.unsupported(index, format!("no function {other}"))),
    };
    import.apply(index, function, input)
}

fn clip(import: &mut Import<'_, '_>, index: usize, input: Dynamic) -> Result<(), Error> {
    let min = import.number(index, 1, "min")?.unwrap_or(f32::NEG_INFINITY);
    let max = import.number(index, 2, "max")?.unwrap_or(f32::INFINITY);
    import.clip_between(index, [min, max], input)
}

fn prelu(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.plain_argument(index, 0)?;
    let slopes = import.constant(index, 1)?;
    let slopes = slopes.ok_or_else(|| import.corrupt(index, "it has no slopes"))?;
    let rank = import.graph[input].shape.sizes().len();
    let shape = match slopes.dims() {
        // Before version 7 a vector has a slope for each channel.
        &[channels] if import.nodes[index].version < 7 && rank > 0 => {
            [&[channels], &vec![1; rank - 1][..]].concat()
        }
        dims => import.constant_sizes(index, dims, rank)?,
    };
    let shape = Shape::new(shape);
    let slopes = import.vector(HostTensor::clone(&slopes).into_f32());
    let node = import.add(index, Prelu::new(slopes, &shape), &[input])?;
    import.set_plain(index, node);
    Ok(())
}

impl Import<'_, '_> {
    /// A function of each value, whatever their order.
    pub fn apply(
        &mut self,
        index: usize,
        function: Elementwise,
        input: Dynamic,
    ) -> Result<(), Error> {
        let node = self.add(index, function, &[input.node])?;
        self.set(index, 0, Dynamic { node, ..input });
        Ok(())
    }

    /// `min(max(x, low), high)`: a ReLU if `low` is 0.
    pub fn clip_between(
        &mut self,
        index: usize,
        [low, high]: [f32; 2],
        input: Dynamic,
    ) -> Result<(), Error> {
        if low == 0.0 && high > 0.0 {
            let node = self.add(index, Relu { upper: high }, &[input.node])?;
            self.set(index, 0, Dynamic { node, ..input });
            return Ok(());
        }
        let function = Elementwise::Clip {
            min: low,
            max: high,
        };
        self.apply(index, function, input)
    }
}
