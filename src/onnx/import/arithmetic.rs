//! Sums, differences, products, quotients, bounds and powers.

use super::Import;
use super::values::Dynamic;
use crate::error::Error;
use crate::graph::Shape;
use crate::graph::operators::{Arithmetic, Elementwise, ScaleShift};
use crate::onnx::{Data, ElementType, HostTensor};

pub fn arithmetic(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let node = &import.nodes[index];
    let arguments = node.inputs.len();
    if let "Sum" | "Mean" = node.op_type {
        return sum(import, index, arguments);
    }
    if node.version < 7 && node.attribute("axis").is_some() {
        return Err(import.unsupported(index, "its operands are aligned by an old rule"));
    }
    if arguments != 2 {
        return Err(import.unsupported(index, format!("it has {arguments} inputs")));
    }
    match (
        import.dynamic_if_any(index, 0),
        import.dynamic_if_any(index, 1),
    ) {
        (Some(one), Some(other)) => {
            let operator = match node.op_type {
                "Add" => Arithmetic::Add,
                "Sub" => Arithmetic::Subtract,
                "Mul" => Arithmetic::Multiply,
                "Div" => Arithmetic::Divide,
                _ => return Err(import.unsupported(index, "both inputs depend on the picture")),
            };
            let value = import.combine(index, operator, one, other)?;
            import.set(index, 0, value);
            Ok(())
        }
        (Some(value), None) => with_constant(import, index, value, 1),
        (None, _) => {
            let value = import.dynamic(index, 1)?;
            with_constant(import, index, value, 0)
        }
    }
}

fn sum(import: &mut Import<'_, '_>, index: usize, arguments: usize) -> Result<(), Error> {
    let mut total: Option<Dynamic> = None;
    let mut constants = Vec::new();
    for k in 0..arguments {
        let Some(next) = import.dynamic_if_any(index, k) else {
            constants.extend(import.constant(index, k)?);
            continue;
        };
        total = Some(match total {
            None => next,
            Some(total) => import.combine(index, Arithmetic::Add, total, next)?,
        });
    }
    let mut total = total.ok_or_else(|| import.corrupt(index, "it has no inputs"))?;
    for constant in constants {
        total = import.scale_shift(index, total, None, Some(&constant))?;
    }
    if import.nodes[index].op_type == "Mean" {
        let share = Data::F32(vec![1.0 / arguments as f32]);
        let share = HostTensor::new(Vec::new(), ElementType::F32, share)?;
        total = import.scale_shift(index, total, Some(&share), None)?;
    }
    import.set(index, 0, total);
    Ok(())
}

/// A value and the constant argument `k`.
fn with_constant(
    import: &mut Import<'_, '_>,
    index: usize,
    value: Dynamic,
    k: usize,
) -> Result<(), Error> {
    let constant = import.constant(index, k)?;
    let constant = constant.ok_or_else(|| import.corrupt(index, "an input is missing"))?;
    let numbers = HostTensor::clone(&constant).into_f32();
    let mapped = |function: &dyn Fn(f32) -> f32| {
        let numbers = numbers.iter().map(|&number| function(number)).collect();
        HostTensor::new(
            constant.dims().to_vec(),
            ElementType::F32,
            Data::F32(numbers),
        )
    };
    let value = match (import.nodes[index].op_type, k) {
        ("Add", _) => import.scale_shift(index, value, None, Some(&constant))?,
        ("Sub", 1) => import.scale_shift(index, value, None, Some(&mapped(&|c| -c)?))?,
        ("Sub", _) => {
            let negative = import.add(index, Elementwise::Negate, &[value.node])?;
            let value = Dynamic {
                node: negative,
                ..value
            };
            import.scale_shift(index, value, None, Some(&constant))?
        }
        ("Mul", _) => import.scale_shift(index, value, Some(&constant), None)?,
        ("Div", 1) => import.scale_shift(index, value, Some(&mapped(&f32::recip)?), None)?,
        ("Div", _) => {
            let inverse = import.add(index, Elementwise::Reciprocal, &[value.node])?;
            let value = Dynamic {
                node: inverse,
                ..value
            };
            import.scale_shift(index, value, Some(&constant), None)?
        }
        (operator @ ("Min" | "Max" | "Pow"), _) => {
            let &[number] = &numbers[..] else {
                return Err(import.unsupported(index, "its constant is not one number"));
            };
            match (operator, k) {
                ("Min", _) => {
                    return import.clip_between(index, [f32::NEG_INFINITY, number], value);
                }
                ("Max", _) => return import.clip_between(index, [number, f32::INFINITY], value),
                // Of negative numbers a GPU's power is undefined.
                (_, 1) if number == 2.0 => {
                    import.combine(index, Arithmetic::Multiply, value.clone(), value)?
                }
                (_, 1) if number == 1.0 => value,
                (_, 1) => {
                    return import.apply(index, Elementwise::Power { exponent: number }, value);
                }
                _ => return Err(import.unsupported(index, "its exponent depends on the picture")),
            }
        }
        _ => return Err(import.unsupported(index, "one of its inputs is constant")),
    };
    import.set(index, 0, value);
    Ok(())
}

impl Import<'_, '_> {
    /// Two values, each repeated along the axes where the other is longer.
    fn combine(
        &mut self,
        index: usize,
        operator: Arithmetic,
        one: Dynamic,
        other: Dynamic,
    ) -> Result<Dynamic, Error> {
        let (inputs, order) = if one.order == other.order {
            ([one.node, other.node], Some(one.order))
        } else {
            ([self.canonical(&one)?, self.canonical(&other)?], None)
        };
        let node = self.add(index, operator, &inputs)?;
        Ok(match order {
            Some(order) => Dynamic { node, order },
            None => Dynamic::plain(&self.graph, node),
        })
    }

    /// The sizes without the batch's of a constant of shape `dims` that meets a value of `rank` axes
    /// besides the batch.
    pub fn constant_sizes(
        &self,
        index: usize,
        dims: &[usize],
        rank: usize,
    ) -> Result<Vec<usize>, Error> {
        // The batch's axis, if the constant has it.
        let own = match dims {
            [1, own @ ..] if own.len() == rank => own,
            _ if dims.len() <= rank => dims,
            _ => {
                let reason = format!("a constant of shape {dims:?}");
                return Err(self.unsupported(index, reason));
            }
        };
        Ok([&vec![1; rank - own.len()], own].concat())
    }

    /// `scale * x + shift` with constants in the file's order of axes.
    fn scale_shift(
        &mut self,
        index: usize,
        value: Dynamic,
        scale: Option<&HostTensor>,
        shift: Option<&HostTensor>,
    ) -> Result<Dynamic, Error> {
        let Some(constant) = scale.or(shift) else {
            return Ok(value);
        };
        let dims = self.constant_sizes(index, constant.dims(), value.order.len())?;
        let numbers = constant.clone().into_f32();
        let (numbers, dims) = self.in_node_order(numbers, &dims, &value);
        let count = numbers.len();
        let shape = Shape::new(dims);
        let (scale, shift) = match scale {
            Some(_) => (numbers, vec![0.0; count]),
            None => (vec![1.0; count], numbers),
        };
        let operator = ScaleShift::new(self.vector(scale), self.vector(shift), &shape);
        let node = self.add(index, operator, &[value.node])?;
        Ok(Dynamic { node, ..value })
    }

    /// A constant with its axes in the order of the value's node.
    fn in_node_order(
        &self,
        numbers: Vec<f32>,
        dims: &[usize],
        value: &Dynamic,
    ) -> (Vec<f32>, Vec<usize>) {
        let mut node_dims = vec![1; dims.len()];
        for (&axis, &size) in value.order.iter().zip(dims) {
            node_dims[axis] = size;
        }
        if value.is_plain() || dims.iter().filter(|&&size| size > 1).count() < 2 {
            return (numbers, node_dims);
        }
        let entry = |mut position: usize| {
            // Coordinates by the node's axes, then the index by the file's.
            let mut coordinates = vec![0; dims.len()];
            for axis in (0..dims.len()).rev() {
                coordinates[axis] = position % node_dims[axis];
                position /= node_dims[axis];
            }
            let file = value.order.iter().zip(dims);
            numbers[file.fold(0, |sum, (&axis, &size)| sum * size + coordinates[axis])]
        };
        ((0..numbers.len()).map(entry).collect(), node_dims)
    }
}
