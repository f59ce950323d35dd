//! Operators that make tensors from shapes and numbers.

use super::super::model::{AttributeValue, Node};
use super::super::tensor::{Data, ElementType, HostTensor, element_count, read_tensor};
use super::call::Call;
use super::layout::dims_from;
use crate::error::Error;

pub(super) fn constant(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let Some(attribute) = call.node.attributes.first() else {
        return Err(call.corrupt("it has no value"));
    };
    let (dims, element_type, data) = match &attribute.value {
        AttributeValue::Tensor(tensor) => return Ok(vec![read_tensor(tensor, call.files)?]),
        AttributeValue::Float(value) => (vec![], ElementType::F32, Data::F32(vec![*value])),
        AttributeValue::Int(value) => (vec![], ElementType::I64, Data::I64(vec![*value])),
        AttributeValue::Floats(list) => {
            (vec![list.len()], ElementType::F32, Data::F32(list.clone()))
        }
        AttributeValue::Ints(list) => (vec![list.len()], ElementType::I64, Data::I64(list.clone())),
        _ => return Err(call.unsupported(&format!("its attribute \"{}\"", attribute.name))),
    };
    HostTensor::new(dims, element_type, data).map(|tensor| vec![tensor])
}

pub(super) fn constant_of_shape(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let dims = dims_from(call, call.ints(0)?)?;
    let value = match call.node.tensor("value")? {
        Some(tensor) => read_tensor(tensor, call.files)?,
        None => HostTensor::new(vec![1], ElementType::F32, Data::F32(vec![0.0]))?,
    };
    if value.len() != 1 {
        return Err(call.corrupt("its value should be one number"));
    }
    let count = call.reserve(&dims)?;
    let data = match value.data() {
        Data::F32(values) => Data::F32(vec![values[0]; count]),
        Data::F64(values) => Data::F64(vec![values[0]; count]),
        Data::I64(values) => Data::I64(vec![values[0]; count]),
        Data::Bool(values) => Data::Bool(vec![values[0]; count]),
    };
    HostTensor::new(dims, value.element_type(), data).map(|tensor| vec![tensor])
}

/// `Shape` or `Size` of a value of the shape `dims`.
pub(super) fn shape_or_size(node: &Node<'_>, dims: &[usize]) -> Result<HostTensor, Error> {
    let to_int = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    if node.op_type == "Size" {
        let count = to_int(element_count(dims)?);
        return HostTensor::new(vec![], ElementType::I64, Data::I64(vec![count]));
    }
    let rank = to_int(dims.len());
    // A place between two axes, which may be counted from the end.
    let place = |attribute: &str, default: i64| {
        let place = node.int(attribute)?.unwrap_or(default);
        let counted = if place < 0 {
            place.saturating_add(rank)
        } else {
            place
        };
        Ok::<_, Error>(counted.clamp(0, rank) as usize)
    };
    let (start, end) = (place("start", 0)?, place("end", rank)?);
    let dims = dims.get(start..end).unwrap_or_default();
    Ok(HostTensor::from_ints(
        dims.iter().map(|&length| to_int(length)).collect(),
    ))
}

pub(super) fn shape_of_constant(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    shape_or_size(call.node, call.input(0)?.dims()).map(|tensor| vec![tensor])
}

pub(super) fn range(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (start, limit, step) = (call.input(0)?, call.input(1)?, call.input(2)?);
    if [start, limit, step].iter().any(|input| input.len() != 1) {
        return Err(call.corrupt("its inputs should be numbers"));
    }
    let count = ((limit.f64_at(0) - start.f64_at(0)) / step.f64_at(0))
        .ceil()
        .max(0.0);
    if !count.is_finite() {
        return Err(call.corrupt("it has no end"));
    }
    let element_type = start.element_type();
    // The conversion saturates, and the budget refuses what is too many.
    let dims = [count as usize];
    let (first, increment) = (start.f64_at(0), step.f64_at(0));
    let value = |i: usize| first + i as f64 * increment;
    call.tensor(&dims, element_type, &value)
        .map(|tensor| vec![tensor])
}

pub(super) fn eye_like(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let &[_, columns] = input.dims() else {
        return Err(call.corrupt("its input should be a matrix"));
    };
    let element_type = match call.node.int("dtype")? {
        None => input.element_type(),
        Some(number) => {
            ElementType::from_number(number).map_err(|error| call.unsupported(error.detail()))?
        }
    };
    let diagonal = call.int("k", 0)?;
    let value = |i: usize| {
        let (row, column) = ((i / columns) as i64, (i % columns) as i64);
        f64::from(u8::from(column.checked_sub(row) == Some(diagonal)))
    };
    call.tensor(input.dims(), element_type, &value)
        .map(|tensor| vec![tensor])
}

pub(super) fn non_zero(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    call.spend(input.len())?;
    let places: Vec<usize> = (0..input.len())
        .filter(|&i| input.f64_at(i) != 0.0)
        .collect();
    let dims = [input.dims().len(), places.len()];
    call.reserve(&dims)?;
    let mut indices = Vec::with_capacity(dims[0] * dims[1]);
    let mut stride = input.len();
    for &length in input.dims() {
        stride /= length.max(1);
        let index = |&place: &usize| (place / stride.max(1) % length.max(1)) as i64;
        indices.extend(places.iter().map(index));
    }
    HostTensor::new(dims.to_vec(), ElementType::I64, Data::I64(indices)).map(|tensor| vec![tensor])
}

pub(super) fn one_hot(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (indices, depth, values) = (call.input(0)?, call.input(1)?, call.input(2)?);
    if depth.len() != 1 || values.len() != 2 {
        return Err(call.corrupt("it should have one depth and two values"));
    }
    let depth = depth.f64_at(0);
    let mut dims = indices.dims().to_vec();
    let axis = call.axis(call.int("axis", -1)?, dims.len() + 1)?;
    dims.insert(axis, depth as usize);
    let inner: usize = dims[axis + 1..].iter().product();
    let length = dims[axis];
    let value = |i: usize| {
        let (outer, place) = (i / inner / length, i / inner % length);
        let index = indices.f64_at(outer * inner + i % inner).trunc();
        let index = if index < 0.0 { index + depth } else { index };
        values.f64_at(usize::from(index == place as f64))
    };
    call.tensor(&dims, values.element_type(), &value)
        .map(|tensor| vec![tensor])
}
