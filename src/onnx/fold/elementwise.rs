//! Operators that compute each element from the elements at the same place.

use std::cmp::Ordering;

use super::super::tensor::{Data, ElementType, HostTensor};
use super::call::Call;
use super::layout::broadcast_to;
use crate::error::Error;

/// Element type and elements of `input`, with `float` or `int` applied to each.
fn map(
    call: &Call<'_, '_>,
    input: &HostTensor,
    float: &dyn Fn(f64) -> f64,
    int: &dyn Fn(i64) -> i64,
) -> Result<HostTensor, Error> {
    call.reserve(input.dims())?;
    let data = match input.data() {
        Data::F32(values) => Data::F32(
            values
                .iter()
                .map(|&value| float(value.into()) as f32)
                .collect(),
        ),
        Data::F64(values) => Data::F64(values.iter().map(|&value| float(value)).collect()),
        Data::I64(values) => Data::I64(values.iter().map(|&value| int(value)).collect()),
        Data::Bool(_) => return Err(call.mixed_types()),
    };
    HostTensor::new(input.dims().to_vec(), input.element_type(), data)
}

pub(super) fn unary(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    if let ("Not", Data::Bool(values)) = (call.node.op_type, input.data()) {
        call.reserve(input.dims())?;
        let data = Data::Bool(values.iter().map(|&value| !value).collect());
        return HostTensor::new(input.dims().to_vec(), ElementType::Bool, data).map(|t| vec![t]);
    }
    let (float, int): (&dyn Fn(f64) -> f64, &dyn Fn(i64) -> i64) = match call.node.op_type {
        "Abs" => (&f64::abs, &i64::wrapping_abs),
        "Neg" => (&|x| -x, &i64::wrapping_neg),
        "Relu" => (&|x| if x < 0.0 { 0.0 } else { x }, &|x| x.max(0)),
        // Not `f64::signum`, which is 1 for 0.
        "Sign" => (&|x| if x == 0.0 { x } else { x.signum() }, &i64::signum),
        _ if !input.element_type().is_float() => return Err(call.mixed_types()),
        other => {
            let float: &dyn Fn(f64) -> f64 = match other {
                "Ceil" => &f64::ceil,
                "Cos" => &f64::cos,
                "Exp" => &f64::exp,
                "Floor" => &f64::floor,
                "Log" => &f64::ln,
                "Reciprocal" => &f64::recip,
                "Round" => &f64::round_ties_even,
                "Sigmoid" => &|x| 1.0 / (1.0 + (-x).exp()),
                "Sin" => &f64::sin,
                "Sqrt" => &f64::sqrt,
                _ => &f64::tanh,
            };
            (float, &|x| x)
        }
    };
    map(call, input, float, int).map(|tensor| vec![tensor])
}

/// The shape of which all `inputs` are broadcast.
fn broadcast_dims(call: &Call<'_, '_>, inputs: &[&HostTensor]) -> Result<Vec<usize>, Error> {
    let rank = inputs.iter().map(|input| input.dims().len()).max();
    let mut dims = vec![1; rank.unwrap_or_default()];
    for input in inputs {
        for (length, &other) in dims.iter_mut().rev().zip(input.dims().iter().rev()) {
            if *length == 1 {
                *length = other;
            } else if other != 1 && other != *length {
                return Err(call.corrupt("the shapes of its inputs do not fit"));
            }
        }
    }
    Ok(dims)
}

/// Two inputs of one shape, with the operator applied to pairs of elements.
fn zip(
    call: &Call<'_, '_>,
    [a, b]: [&HostTensor; 2],
    float: &dyn Fn(f64, f64) -> f64,
    int: &dyn Fn(i64, i64) -> Option<i64>,
) -> Result<HostTensor, Error> {
    let dims = broadcast_dims(call, &[a, b])?;
    call.reserve(&dims)?;
    let (a, b) = (broadcast_to(call, a, &dims)?, broadcast_to(call, b, &dims)?);
    let data = match (a.data(), b.data()) {
        (Data::F32(x), Data::F32(y)) => {
            let pairs = x.iter().zip(y);
            Data::F32(
                pairs
                    .map(|(&x, &y)| float(x.into(), y.into()) as f32)
                    .collect(),
            )
        }
        (Data::F64(x), Data::F64(y)) => {
            Data::F64(x.iter().zip(y).map(|(&x, &y)| float(x, y)).collect())
        }
        (Data::I64(x), Data::I64(y)) => {
            let values: Option<_> = x.iter().zip(y).map(|(&x, &y)| int(x, y)).collect();
            Data::I64(values.ok_or_else(|| call.corrupt("it divides by zero"))?)
        }
        _ => return Err(call.mixed_types()),
    };
    HostTensor::new(dims, a.element_type(), data)
}

pub(super) fn arithmetic(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let op = call.node.op_type;
    if op == "Pow" {
        return power(call).map(|tensor| vec![tensor]);
    }
    let is_fmod = op == "Mod" && call.int("fmod", 0)? != 0;
    let float = |x: f64, y: f64| match op {
        "Add" | "Sum" | "Mean" => x + y,
        "Sub" => x - y,
        "Mul" => x * y,
        "Div" => x / y,
        "Mod" if is_fmod => x % y,
        "Mod" => x - y * (x / y).floor(),
        _ if x.is_nan() || y.is_nan() => f64::NAN,
        "Min" => x.min(y),
        _ => x.max(y),
    };
    let int = |x: i64, y: i64| match op {
        "Add" | "Sum" | "Mean" => Some(x.wrapping_add(y)),
        "Sub" => Some(x.wrapping_sub(y)),
        "Mul" => Some(x.wrapping_mul(y)),
        "Div" => x.checked_div(y),
        "Mod" if is_fmod => x.checked_rem(y),
        // The remainder has the sign of the divisor.
        "Mod" => {
            let remainder = x.checked_rem(y)?;
            Some(if remainder != 0 && (remainder < 0) != (y < 0) {
                remainder + y
            } else {
                remainder
            })
        }
        "Min" => Some(x.min(y)),
        _ => Some(x.max(y)),
    };
    let is_variadic = matches!(op, "Min" | "Max" | "Sum" | "Mean");
    if !is_variadic && call.inputs.len() != 2 {
        return Err(call.corrupt("it should have two inputs"));
    }
    let mut result = call.input(0)?.clone();
    for index in 1..call.inputs.len() {
        result = zip(call, [&result, call.input(index)?], &float, &int)?;
    }
    if op == "Mean" {
        let count = call.inputs.len() as f64;
        result = map(call, &result, &|sum| sum / count, &|sum| sum)?;
    }
    Ok(vec![result])
}

/// Base and exponent may have different types; the result has the base's.
fn power(call: &Call<'_, '_>) -> Result<HostTensor, Error> {
    let (base, exponent) = (call.input(0)?, call.input(1)?);
    let dims = broadcast_dims(call, &[base, exponent])?;
    let base = broadcast_to(call, base, &dims)?;
    let exponent = broadcast_to(call, exponent, &dims)?;
    if let (Data::I64(bases), Data::I64(exponents)) = (base.data(), exponent.data())
        && let Some(exponents) = exponents
            .iter()
            .map(|&exponent| u32::try_from(exponent).ok())
            .collect::<Option<Vec<_>>>()
    {
        call.reserve(&dims)?;
        let pairs = bases.iter().zip(exponents);
        let data = Data::I64(
            pairs
                .map(|(base, exponent)| base.wrapping_pow(exponent))
                .collect(),
        );
        return HostTensor::new(dims, base.element_type(), data);
    }
    call.tensor(&dims, base.element_type(), &|i| {
        base.f64_at(i).powf(exponent.f64_at(i))
    })
}

pub(super) fn compare(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let inputs = [call.input(0)?, call.input(1)?];
    let dims = broadcast_dims(call, &inputs)?;
    call.reserve(&dims)?;
    let [a, b] = inputs.map(|input| broadcast_to(call, input, &dims));
    let (a, b) = (a?, b?);
    let op = call.node.op_type;
    let is_logical = matches!(op, "And" | "Or" | "Xor");
    let is_bool = matches!(a.data(), Data::Bool(_));
    if std::mem::discriminant(a.data()) != std::mem::discriminant(b.data())
        || is_logical && !is_bool
    {
        return Err(call.mixed_types());
    }
    let test = |i: usize| {
        let (x, y) = (a.f64_at(i), b.f64_at(i));
        let order = match (a.data(), b.data()) {
            (Data::I64(a), Data::I64(b)) => Some(a[i].cmp(&b[i])),
            _ => x.partial_cmp(&y),
        };
        match op {
            "And" => x * y != 0.0,
            "Or" => x + y != 0.0,
            "Xor" => x != y,
            "Equal" => order.is_some_and(Ordering::is_eq),
            "Less" => order.is_some_and(Ordering::is_lt),
            "LessOrEqual" => order.is_some_and(Ordering::is_le),
            "Greater" => order.is_some_and(Ordering::is_gt),
            _ => order.is_some_and(Ordering::is_ge),
        }
    };
    let values = (0..a.len()).map(test).collect();
    HostTensor::new(dims, ElementType::Bool, Data::Bool(values)).map(|tensor| vec![tensor])
}

pub(super) fn cast(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let element_type = if call.node.op_type == "CastLike" {
        call.input(1)?.element_type()
    } else {
        let number = call.int("to", 0)?;
        ElementType::from_number(number).map_err(|error| call.unsupported(error.detail()))?
    };
    // From integers to integers without rounding.
    if let (Data::I64(values), false) = (input.data(), element_type.is_float())
        && element_type != ElementType::Bool
    {
        call.reserve(input.dims())?;
        let data = Data::I64(values.clone());
        return HostTensor::new(input.dims().to_vec(), element_type, data).map(|t| vec![t]);
    }
    call.tensor(input.dims(), element_type, &|i| input.f64_at(i))
        .map(|tensor| vec![tensor])
}

pub(super) fn clip(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    if let Some(ints) = input.ints() {
        let bound = |index: usize, default: i64| match call.optional(index) {
            None => Ok(default),
            Some(_) => {
                let bound = call.ints(index)?.first().copied();
                bound.ok_or_else(|| call.corrupt("a bound is empty"))
            }
        };
        let (low, high) = (bound(1, i64::MIN)?, bound(2, i64::MAX)?);
        call.reserve(input.dims())?;
        let data = Data::I64(ints.iter().map(|&value| value.max(low).min(high)).collect());
        return HostTensor::new(input.dims().to_vec(), input.element_type(), data)
            .map(|tensor| vec![tensor]);
    }
    let bound = |attribute: &str, index: usize, default: f64| match call.optional(index) {
        Some(bound) if bound.len() == 1 => Ok(bound.f64_at(0)),
        Some(_) => Err(call.corrupt("a bound should be one number")),
        None => Ok(call.node.float(attribute)?.map_or(default, f64::from)),
    };
    let low = bound("min", 1, f64::NEG_INFINITY)?;
    let high = bound("max", 2, f64::INFINITY)?;
    map(
        call,
        input,
        &|x| if x.is_nan() { x } else { x.max(low).min(high) },
        &|x| x,
    )
    .map(|tensor| vec![tensor])
}

pub(super) fn choose(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let inputs = [call.input(0)?, call.input(1)?, call.input(2)?];
    let dims = broadcast_dims(call, &inputs)?;
    call.reserve(&dims)?;
    let [condition, a, b] = inputs.map(|input| broadcast_to(call, input, &dims));
    let (condition, a, b) = (condition?, a?, b?);
    let Data::Bool(condition) = condition.data() else {
        return Err(call.mixed_types());
    };
    fn pick<T: Copy>(condition: &[bool], a: &[T], b: &[T]) -> Vec<T> {
        let values = condition.iter().zip(a.iter().zip(b));
        values
            .map(|(&is_first, (&a, &b))| if is_first { a } else { b })
            .collect()
    }
    let data = match (a.data(), b.data()) {
        (Data::F32(a), Data::F32(b)) => Data::F32(pick(condition, a, b)),
        (Data::F64(a), Data::F64(b)) => Data::F64(pick(condition, a, b)),
        (Data::I64(a), Data::I64(b)) => Data::I64(pick(condition, a, b)),
        (Data::Bool(a), Data::Bool(b)) => Data::Bool(pick(condition, a, b)),
        _ => return Err(call.mixed_types()),
    };
    HostTensor::new(dims, a.element_type(), data).map(|tensor| vec![tensor])
}
