//! Sums and other reductions along axes.

use super::super::tensor::{Data, ElementType, HostTensor};
use super::call::Call;
use crate::error::Error;

/// Which axes of `rank` the node reduces.
fn reduced_axes(call: &Call<'_, '_>, rank: usize) -> Result<Vec<bool>, Error> {
    let axes = call.list("axes", 1)?.unwrap_or_default();
    if axes.is_empty() {
        return Ok(vec![call.int("noop_with_empty_axes", 0)? == 0; rank]);
    }
    let mut reduced = vec![false; rank];
    for &axis in axes {
        reduced[call.axis(axis, rank)?] = true;
    }
    Ok(reduced)
}

pub(super) fn reduce(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let op = call.node.op_type;
    let reduced = reduced_axes(call, input.dims().len())?;
    let axes = input.dims().iter().zip(&reduced);
    let kept: Vec<usize> = axes
        .clone()
        .map(|(&length, &is_reduced)| if is_reduced { 1 } else { length })
        .collect();
    let group: usize = axes
        .filter(|(_, is_reduced)| **is_reduced)
        .map(|(length, _)| length)
        .product();
    let initial = match op {
        "ReduceProd" => 1.0,
        "ReduceMax" => f64::NEG_INFINITY,
        "ReduceMin" => f64::INFINITY,
        _ => 0.0,
    };
    let count = call.reserve(&kept)?;
    call.spend(input.len())?;
    let mut results = vec![initial; count];
    let mut place = vec![0; kept.len()];
    for index in 0..input.len() {
        let mut output = 0;
        for (axis, &at) in place.iter().enumerate() {
            output = output * kept[axis] + if reduced[axis] { 0 } else { at };
        }
        let (value, result) = (input.f64_at(index), &mut results[output]);
        *result = match op {
            "ReduceProd" => *result * value,
            _ if result.is_nan() || value.is_nan() => f64::NAN,
            "ReduceMax" => result.max(value),
            "ReduceMin" => result.min(value),
            "ReduceL1" => *result + value.abs(),
            "ReduceL2" | "ReduceSumSquare" => *result + value * value,
            _ => *result + value,
        };
        for (at, &length) in place.iter_mut().zip(input.dims()).rev() {
            *at += 1;
            if *at < length {
                break;
            }
            *at = 0;
        }
    }
    for result in &mut results {
        *result = match op {
            "ReduceMean" => *result / group as f64,
            "ReduceL2" => result.sqrt(),
            _ => *result,
        };
    }
    // An integer that f64 does not hold exactly would be wrong in silence.
    let is_int = matches!(input.data(), Data::I64(_));
    if is_int
        && results
            .iter()
            .any(|result| result.abs() > 9_007_199_254_740_992.0)
    {
        return Err(call.unsupported("its integers are too large"));
    }
    let element_type = input.element_type();
    let tensor = call.tensor(&kept, element_type, &|i| {
        let is_mean = is_int && op == "ReduceMean";
        if is_mean {
            results[i].floor()
        } else {
            results[i]
        }
    })?;
    if call.int("keepdims", 1)? != 0 {
        return Ok(vec![tensor]);
    }
    let dims = kept
        .iter()
        .zip(reduced)
        .filter(|(_, is_reduced)| !is_reduced);
    let dims = dims.map(|(&length, _)| length).collect();
    tensor.with_dims(dims).map(|tensor| vec![tensor])
}

pub(super) fn cumulative_sum(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let axis = match call.ints(1)? {
        &[axis] => call.axis(axis, input.dims().len())?,
        _ => return Err(call.corrupt("its axis should be one number")),
    };
    let is_exclusive = call.int("exclusive", 0)? != 0;
    let is_reverse = call.int("reverse", 0)? != 0;
    let length = input.dims()[axis];
    let inner: usize = input.dims()[axis + 1..].iter().product();
    call.reserve(input.dims())?;
    fn sums<T: Copy>(
        values: &[T],
        [length, inner]: [usize; 2],
        [is_exclusive, is_reverse]: [bool; 2],
        zero: T,
        add: impl Fn(T, T) -> T,
    ) -> Vec<T> {
        let mut sums = values.to_vec();
        // Without elements, the chunks' length may be zero.
        for (from, to) in values
            .chunks((length * inner).max(1))
            .zip(sums.chunks_mut((length * inner).max(1)))
        {
            for column in 0..inner {
                let mut sum = zero;
                for step in 0..length {
                    let row = if is_reverse { length - 1 - step } else { step };
                    let index = row * inner + column;
                    let next = add(sum, from[index]);
                    to[index] = if is_exclusive { sum } else { next };
                    sum = next;
                }
            }
        }
        sums
    }
    let (lengths, flags) = ([length, inner], [is_exclusive, is_reverse]);
    let data = match input.data() {
        Data::F32(values) => {
            let wide: Vec<f64> = values.iter().map(|&value| value.into()).collect();
            let sums = sums(&wide, lengths, flags, 0.0, |a, b| a + b);
            Data::F32(sums.into_iter().map(|sum| sum as f32).collect())
        }
        Data::F64(values) => Data::F64(sums(values, lengths, flags, 0.0, |a, b| a + b)),
        Data::I64(values) => Data::I64(sums(values, lengths, flags, 0, i64::wrapping_add)),
        Data::Bool(_) => return Err(call.mixed_types()),
    };
    let element_type: ElementType = input.element_type();
    HostTensor::new(input.dims().to_vec(), element_type, data).map(|tensor| vec![tensor])
}
