//! Operators that move elements and change none.

use std::borrow::Cow;

use super::super::tensor::{Data, ElementType, HostTensor, element_count};
use super::call::Call;
use crate::error::Error;

/// Largest integer up to which `f64` holds all.
const MAX_EXACT: u64 = 1 << 53;

/// An offset beyond every tensor: the element is the fill value.
const OUTSIDE: usize = usize::MAX;

/// Calls `$use` with the elements of `$data`, whatever their type, and wraps its result.
macro_rules! each_type {
    ($data:expr, $values:ident => $use:expr) => {
        match $data {
            Data::F32($values) => Data::F32($use),
            Data::F64($values) => Data::F64($use),
            Data::I64($values) => Data::I64($use),
            Data::Bool($values) => Data::Bool($use),
        }
    };
}

/// Calls `$use` with the elements of two tensors, if they have one type.
macro_rules! both_types {
    ($call:expr, $a:expr, $b:expr, ($x:ident, $y:ident) => $use:expr) => {
        match ($a, $b) {
            (Data::F32($x), Data::F32($y)) => Data::F32($use),
            (Data::F64($x), Data::F64($y)) => Data::F64($use),
            (Data::I64($x), Data::I64($y)) => Data::I64($use),
            (Data::Bool($x), Data::Bool($y)) => Data::Bool($use),
            _ => return Err($call.mixed_types()),
        }
    };
}

/// Distance between neighbours along each axis of a row-major tensor.
#[inline(never)]
fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    strides
}

/// Offsets of the positions along an axis that a result keeps as it is.
#[inline(never)]
fn whole_axis(length: usize, stride: usize) -> Vec<usize> {
    (0..length).map(|position| position * stride).collect()
}

/// The elements of `source` whose offsets are the sums of an element of each of `offsets`, the last
/// fastest; 0 for offsets outside.
#[inline(never)]
fn pick(source: &Data, offsets: &[Vec<usize>], count: usize) -> Data {
    let Some((last, outer)) = offsets.split_last() else {
        return source.clone();
    };
    let mut result = each_type!(source, _values => Vec::with_capacity(count));
    let mut place = vec![0; outer.len()];
    while result.len() < count {
        let axes = outer.iter().zip(&place);
        let start = axes.fold(0usize, |sum, (axis, &at)| sum.saturating_add(axis[at]));
        match (&mut result, source) {
            (Data::F32(row), Data::F32(source)) => pick_row(row, source, start, last),
            (Data::F64(row), Data::F64(source)) => pick_row(row, source, start, last),
            (Data::I64(row), Data::I64(source)) => pick_row(row, source, start, last),
            (Data::Bool(row), Data::Bool(source)) => pick_row(row, source, start, last),
            _ => {}
        }
        for (at, axis) in place.iter_mut().zip(outer).rev() {
            *at += 1;
            if *at < axis.len() {
                break;
            }
            *at = 0;
        }
    }
    result
}

fn pick_row<T: Copy + Default>(row: &mut Vec<T>, source: &[T], start: usize, offsets: &[usize]) {
    let offsets = offsets.iter().map(|&offset| start.saturating_add(offset));
    row.extend(offsets.map(|offset| source.get(offset).copied().unwrap_or_default()));
}

/// Offsets of all elements of `input` along each of its axes.
#[inline(never)]
fn whole(call: &Call<'_, '_>, input: &HostTensor) -> Result<Vec<Vec<usize>>, Error> {
    spend_axes(call, input.dims())?;
    let axes = input.dims().iter().zip(strides(input.dims()));
    Ok(axes
        .map(|(&length, stride)| whole_axis(length, stride))
        .collect())
}

/// Counts the offsets along each axis of a tensor, before they are made: there are many even where
/// another axis of length 0 leaves no element.
#[inline(never)]
fn spend_axes(call: &Call<'_, '_>, dims: &[usize]) -> Result<(), Error> {
    dims.iter().try_for_each(|&length| call.spend(length))
}

/// A tensor of the elements of `input` at these offsets.
#[inline(never)]
fn picked(
    call: &Call<'_, '_>,
    input: &HostTensor,
    offsets: &[Vec<usize>],
) -> Result<HostTensor, Error> {
    let dims: Vec<usize> = offsets.iter().map(Vec::len).collect();
    let count = call.reserve(&dims)?;
    let data = pick(input.data(), offsets, count);
    HostTensor::new(dims, input.element_type(), data)
}

/// `input` repeated along axes of length 1 so that its shape is `dims`.
pub(super) fn broadcast_to<'t>(
    call: &Call<'_, '_>,
    input: &'t HostTensor,
    dims: &[usize],
) -> Result<Cow<'t, HostTensor>, Error> {
    if input.dims() == dims {
        return Ok(Cow::Borrowed(input));
    }
    let missing = dims.len().saturating_sub(input.dims().len());
    let strides = strides(input.dims());
    let offsets = |(axis, &length): (usize, &usize)| match axis.checked_sub(missing) {
        Some(own) if input.dims()[own] != 1 => whole_axis(length, strides[own]),
        _ => vec![0; length],
    };
    spend_axes(call, dims)?;
    let offsets: Vec<_> = dims.iter().enumerate().map(offsets).collect();
    picked(call, input, &offsets).map(Cow::Owned)
}

/// A shape given as integers.
#[inline(never)]
pub(super) fn dims_from(call: &Call<'_, '_>, ints: &[i64]) -> Result<Vec<usize>, Error> {
    let dims: Option<_> = ints
        .iter()
        .map(|&length| usize::try_from(length).ok())
        .collect();
    dims.ok_or_else(|| call.corrupt(&format!("a shape {ints:?}")))
}

pub(super) fn dropout(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    if call
        .optional(2)
        .is_some_and(|training| training.f64_at(0) != 0.0)
    {
        return Err(call.unsupported("it is in training mode"));
    }
    let input = call.input(0)?;
    let mask = call.tensor(input.dims(), ElementType::Bool, &|_| 1.0)?;
    Ok(vec![input.clone(), mask])
}

pub(super) fn expand(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let mut dims = dims_from(call, call.ints(1)?)?;
    while dims.len() < input.dims().len() {
        dims.insert(0, 1);
    }
    for (length, &own) in dims.iter_mut().rev().zip(input.dims().iter().rev()) {
        match (*length, own) {
            (1, own) => *length = own,
            (length, own) if own == 1 || own == length => {}
            _ => return Err(call.corrupt("its shapes do not fit")),
        }
    }
    broadcast_to(call, input, &dims).map(|tensor| vec![tensor.into_owned()])
}

pub(super) fn reshape(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let from = input.dims();
    let to = match call.node.op_type {
        "Reshape" => reshaped(call, from)?,
        "Flatten" => {
            let axis = call.int("axis", 1)?;
            let axis = match call.index(axis, from.len()) {
                Some(axis) => axis,
                None if usize::try_from(axis) == Ok(from.len()) => from.len(),
                None => return Err(call.corrupt(&format!("axis {axis}"))),
            };
            let (outer, inner) = from.split_at(axis);
            vec![outer.iter().product(), inner.iter().product()]
        }
        "Squeeze" => {
            let axes = call.list("axes", 1)?;
            let mut removed: Vec<bool> = from
                .iter()
                .map(|&length| axes.is_none() && length == 1)
                .collect();
            for &axis in axes.unwrap_or_default() {
                let axis = call.axis(axis, from.len())?;
                if from[axis] != 1 {
                    return Err(call.corrupt("the axis that it removes is not 1"));
                }
                removed[axis] = true;
            }
            let kept = from
                .iter()
                .zip(removed)
                .filter(|(_, is_removed)| !is_removed);
            kept.map(|(&length, _)| length).collect()
        }
        "Unsqueeze" => {
            let axes = call
                .list("axes", 1)?
                .ok_or_else(|| call.corrupt("it has no axes"))?;
            let rank = from.len() + axes.len();
            let mut dims = vec![None; rank];
            for &axis in axes {
                dims[call.axis(axis, rank)?] = Some(1);
            }
            let mut lengths = from.iter().copied();
            let dims = dims
                .into_iter()
                .map(|length| length.or_else(|| lengths.next()));
            let dims: Option<Vec<_>> = dims.collect();
            dims.filter(|_| lengths.next().is_none())
                .ok_or_else(|| call.corrupt("it has an axis twice"))?
        }
        _ => from.to_vec(),
    };
    if element_count(&to)? != input.len() {
        return Err(call.corrupt(&format!("{from:?} cannot become {to:?}")));
    }
    call.reserve(&to)?;
    input.clone().with_dims(to).map(|tensor| vec![tensor])
}

/// The shape that `Reshape` gives to a tensor of the shape `from`.
fn reshaped(call: &Call<'_, '_>, from: &[usize]) -> Result<Vec<usize>, Error> {
    let wanted = call
        .list("shape", 1)?
        .ok_or_else(|| call.corrupt("it has no shape"))?;
    let allows_zero = call.int("allowzero", 0)? != 0;
    let mut dims = Vec::with_capacity(wanted.len());
    let mut free = None;
    for (axis, &length) in wanted.iter().enumerate() {
        dims.push(match length {
            -1 if free.is_none() => {
                free = Some(axis);
                1
            }
            0 if !allows_zero => match from.get(axis) {
                Some(&length) => length,
                None => return Err(call.corrupt(&format!("a shape {wanted:?}"))),
            },
            _ => {
                usize::try_from(length).map_err(|_| call.corrupt(&format!("a shape {wanted:?}")))?
            }
        });
    }
    if let Some(axis) = free {
        let others = element_count(&dims)?;
        dims[axis] = element_count(from)?.checked_div(others).unwrap_or_default();
    }
    Ok(dims)
}

pub(super) fn concat(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let first = call.input(0)?;
    let mut dims = first.dims().to_vec();
    let axis = call.axis(call.int("axis", 1)?, dims.len())?;
    dims[axis] = 0;
    let mut parts = Vec::with_capacity(call.inputs.len());
    for index in 0..call.inputs.len() {
        let part = call.input(index)?;
        let mut expected = part.dims().to_vec();
        if let Some(length) = expected.get_mut(axis) {
            dims[axis] += std::mem::take(length);
        }
        let others = dims
            .iter()
            .enumerate()
            .map(|(a, &length)| if a == axis { 0 } else { length });
        if !others.eq(expected) {
            return Err(call.corrupt("the shapes of its inputs do not fit"));
        }
        parts.push(part);
    }
    let count = call.reserve(&dims)?;
    let outer: usize = dims[..axis].iter().product();
    let mut data = each_type!(first.data(), _values => Vec::with_capacity(count));
    for row in 0..outer {
        for part in &parts {
            let length = part.len() / outer;
            let range = row * length..(row + 1) * length;
            data = both_types!(call, data, part.data(), (all, values) => {
                let mut all = all;
                all.extend_from_slice(&values[range]);
                all
            });
        }
    }
    HostTensor::new(dims, first.element_type(), data).map(|tensor| vec![tensor])
}

pub(super) fn split(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let axis = call.axis(call.int("axis", 0)?, input.dims().len())?;
    let length = input.dims()[axis];
    let parts = call.node.outputs.len().max(1);
    let lengths = match call.list("split", 1)? {
        Some(lengths) => dims_from(call, lengths)?,
        None => {
            // Equal parts, or a smaller last one.
            let each = length.div_ceil(parts);
            let part = |index: usize| length.saturating_sub(index * each).min(each);
            (0..parts).map(part).collect()
        }
    };
    let total = lengths
        .iter()
        .try_fold(0usize, |sum, &part| sum.checked_add(part));
    if total != Some(length) {
        return Err(call.corrupt(&format!("parts {lengths:?} of {length}")));
    }
    let mut start = 0;
    let mut outputs = Vec::with_capacity(lengths.len());
    for part in lengths {
        let mut offsets = whole(call, input)?;
        offsets[axis] = offsets[axis][start..start + part].to_vec();
        outputs.push(picked(call, input, &offsets)?);
        start += part;
    }
    Ok(outputs)
}

pub(super) fn slice(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let rank = input.dims().len();
    let missing = || call.corrupt("it has no starts or ends");
    let starts = call.list("starts", 1)?.ok_or_else(missing)?;
    let ends = call.list("ends", 2)?.ok_or_else(missing)?;
    let (axes, steps) = (call.list("axes", 3)?, call.list("steps", 4)?);
    let is_as_long = |list: Option<&[i64]>| list.is_none_or(|list| list.len() == starts.len());
    if ends.len() != starts.len() || !is_as_long(axes) || !is_as_long(steps) {
        return Err(call.corrupt("its lists have different lengths"));
    }
    let strides = strides(input.dims());
    let mut offsets = whole(call, input)?;
    for (index, (&start, &end)) in starts.iter().zip(ends).enumerate() {
        let axis = axes.map_or(index as i64, |axes| axes[index]);
        let axis = call.axis(axis, rank)?;
        let step = steps.map_or(1, |steps| steps[index]);
        // Lengths are below 2^31: `element_count` refuses more.
        let length = input.dims()[axis] as i64;
        let counted = |place: i64| {
            if place < 0 {
                place.saturating_add(length)
            } else {
                place
            }
        };
        let positions: Vec<i64> = match step {
            0 => return Err(call.corrupt("a step is 0")),
            1.. => {
                let (start, end) = (counted(start).clamp(0, length), counted(end).min(length));
                // A step beyond the axis takes one element.
                let step = step.min(length.max(1)) as usize;
                (start..end).step_by(step).collect()
            }
            _ => {
                let (start, end) = (counted(start).min(length - 1), counted(end).max(-1));
                let step = step.saturating_neg().min(length.max(1)) as usize;
                (end + 1..=start).rev().step_by(step).collect()
            }
        };
        offsets[axis] = positions
            .iter()
            .map(|&position| position as usize * strides[axis])
            .collect();
    }
    picked(call, input, &offsets).map(|tensor| vec![tensor])
}

pub(super) fn tile(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let repeats = dims_from(call, call.ints(1)?)?;
    if repeats.len() != input.dims().len() {
        return Err(call.corrupt("it should have one number of repeats an axis"));
    }
    let axes = || input.dims().iter().zip(&repeats);
    let dims: Vec<usize> = axes()
        .map(|(&length, &times)| length.saturating_mul(times))
        .collect();
    spend_axes(call, &dims)?;
    let strides = strides(input.dims());
    let offsets: Vec<_> = axes()
        .zip(strides)
        .map(|((&length, &times), stride)| whole_axis(length, stride).repeat(times))
        .collect();
    picked(call, input, &offsets).map(|tensor| vec![tensor])
}

pub(super) fn transpose(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let rank = input.dims().len();
    let order: Vec<usize> = match call.node.ints("perm")? {
        None => (0..rank).rev().collect(),
        Some(order) => dims_from(call, order)?,
    };
    let mut axes: Vec<_> = whole(call, input)?.into_iter().map(Some).collect();
    let offsets: Option<Vec<_>> = order
        .iter()
        .map(|&axis| axes.get_mut(axis).and_then(Option::take))
        .collect();
    let offsets = offsets.filter(|offsets| offsets.len() == rank);
    let offsets = offsets.ok_or_else(|| call.corrupt(&format!("an order of axes {order:?}")))?;
    picked(call, input, &offsets).map(|tensor| vec![tensor])
}

pub(super) fn pad(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let rank = input.dims().len();
    let attribute = if call.node.attribute("paddings").is_some() {
        "paddings"
    } else {
        "pads"
    };
    let pads = call
        .list(attribute, 1)?
        .ok_or_else(|| call.corrupt("it has no pads"))?;
    let all_axes: Vec<i64> = (0..rank as i64).collect();
    let axes = match call.optional(3) {
        None => &all_axes[..],
        Some(_) => call.ints(3)?,
    };
    if pads.len() != 2 * axes.len() {
        return Err(call.corrupt("it should have two pads an axis"));
    }
    let mode = call.node.text("mode")?.unwrap_or("constant");
    let strides = strides(input.dims());
    let mut offsets = whole(call, input)?;
    for (index, &axis) in axes.iter().enumerate() {
        let axis = call.axis(axis, rank)?;
        let length = input.dims()[axis] as i64;
        let (before, after) = (pads[index], pads[index + axes.len()]);
        let end = length
            .checked_add(after)
            .filter(|end| end.checked_add(before).is_some());
        let end = end.ok_or_else(|| call.corrupt("its pads are too large"))?;
        call.spend(usize::try_from(end.saturating_add(before)).unwrap_or_default())?;
        if length == 0 && mode != "constant" {
            return Err(call.corrupt("nothing can be repeated"));
        }
        let source = |position: i64| match mode {
            "edge" => Some(position.clamp(0, length - 1)),
            "wrap" => Some(position.rem_euclid(length)),
            "reflect" => {
                let period = (2 * (length - 1)).max(1);
                let position = position.rem_euclid(period);
                Some(position.min(period - position).min(length - 1))
            }
            _ => (0..length).contains(&position).then_some(position),
        };
        let offset = |position: i64| {
            source(position).map_or(OUTSIDE, |position| position as usize * strides[axis])
        };
        offsets[axis] = (before.saturating_neg()..end).map(offset).collect();
    }
    if !matches!(mode, "constant" | "edge" | "wrap" | "reflect") {
        return Err(call.unsupported(&format!("its mode {mode}")));
    }
    let fill = match call.optional(2) {
        Some(fill) if fill.len() != 1 => return Err(call.corrupt("it should have one value")),
        Some(fill) => fill.f64_at(0),
        None => call.float("value", 0.0)?,
    };
    let padded = picked(call, input, &offsets)?;
    if fill == 0.0 || mode != "constant" {
        return Ok(vec![padded]);
    }
    // Ones padded with zeros tell where the fill value goes.
    let ones = call.tensor(input.dims(), ElementType::F32, &|_| 1.0)?;
    let inside = picked(call, &ones, &offsets)?;
    if input
        .ints()
        .is_some_and(|ints| ints.iter().any(|int| int.unsigned_abs() > MAX_EXACT))
    {
        return Err(call.unsupported("its integers are too large"));
    }
    let value = |i: usize| {
        if inside.f64_at(i) == 0.0 {
            fill
        } else {
            padded.f64_at(i)
        }
    };
    call.tensor(padded.dims(), input.element_type(), &value)
        .map(|tensor| vec![tensor])
}

pub(super) fn trilu(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let input = call.input(0)?;
    let &[.., rows, columns] = input.dims() else {
        return Err(call.corrupt("its input should be matrices"));
    };
    let diagonal = match call.optional(1) {
        None => 0,
        Some(_) => call.ints(1)?.first().copied().unwrap_or_default(),
    };
    let is_upper = call.int("upper", 1)? != 0;
    let is_kept = |i: usize| {
        let (row, column) = ((i / columns % rows) as i64, (i % columns) as i64);
        let from_diagonal = (column - row).saturating_sub(diagonal);
        if is_upper {
            from_diagonal >= 0
        } else {
            from_diagonal <= 0
        }
    };
    call.reserve(input.dims())?;
    let data = each_type!(input.data(), values => {
        let kept = |(i, &value)| if is_kept(i) { value } else { Default::default() };
        values.iter().enumerate().map(kept).collect()
    });
    HostTensor::new(input.dims().to_vec(), input.element_type(), data).map(|tensor| vec![tensor])
}

/// Indices into an axis of `length`.
fn indices(call: &Call<'_, '_>, indices: &[i64], length: usize) -> Result<Vec<usize>, Error> {
    let found: Option<_> = indices
        .iter()
        .map(|&index| call.index(index, length))
        .collect();
    found.ok_or_else(|| call.corrupt(&format!("an index is outside an axis of {length}")))
}

/// The elements of `input` at `offsets`, as a tensor of the shape `dims`.
#[inline(never)]
fn gathered(
    input: &HostTensor,
    dims: Vec<usize>,
    offsets: Vec<usize>,
) -> Result<Vec<HostTensor>, Error> {
    let count = offsets.len();
    let data = pick(input.data(), &[offsets], count);
    HostTensor::new(dims, input.element_type(), data).map(|tensor| vec![tensor])
}

pub(super) fn gather(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (input, places) = (call.input(0)?, call.input(1)?);
    let axis = call.axis(call.int("axis", 0)?, input.dims().len())?;
    let strides = strides(input.dims());
    let mut offsets = whole(call, input)?;
    let places_along = indices(call, call.ints(1)?, input.dims()[axis])?;
    offsets[axis] = places_along
        .into_iter()
        .map(|place| place * strides[axis])
        .collect();
    let result = picked(call, input, &offsets)?;
    let mut dims = input.dims().to_vec();
    dims.splice(axis..=axis, places.dims().iter().copied());
    result.with_dims(dims).map(|tensor| vec![tensor])
}

/// Offsets of the elements of `GatherElements` and `ScatterElements`: each is at its own place, but
/// for the axis, along which an index tells it.
#[inline(never)]
fn element_offsets(
    call: &Call<'_, '_>,
    dims: &[usize],
    places: &HostTensor,
    axis: usize,
) -> Result<Vec<usize>, Error> {
    let fits = places.dims().iter().zip(dims).enumerate();
    let mut fits = fits.map(|(own, (&places, &length))| own == axis || places <= length);
    if places.dims().len() != dims.len() || !fits.all(|fits| fits) {
        return Err(call.corrupt("the shapes of its inputs do not fit"));
    }
    let strides = strides(dims);
    let along = indices(call, call.ints(1)?, dims[axis])?;
    let mut place = vec![0; dims.len()];
    let mut offsets = Vec::with_capacity(along.len());
    for index in along {
        let own = place[axis];
        let offset: usize = place
            .iter()
            .zip(&strides)
            .map(|(at, stride)| at * stride)
            .sum();
        offsets.push(offset - own * strides[axis] + index * strides[axis]);
        for (at, &length) in place.iter_mut().zip(places.dims()).rev() {
            *at += 1;
            if *at < length {
                break;
            }
            *at = 0;
        }
    }
    Ok(offsets)
}

pub(super) fn gather_elements(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (input, places) = (call.input(0)?, call.input(1)?);
    let axis = call.axis(call.int("axis", 0)?, input.dims().len())?;
    call.reserve(places.dims())?;
    let offsets = element_offsets(call, input.dims(), places, axis)?;
    gathered(input, places.dims().to_vec(), offsets)
}

/// Shape and offsets of the slices that `GatherND` and `ScatterND` name by vectors of indices.
struct Slices {
    /// Offset of each slice.
    offsets: Vec<usize>,
    /// Number of elements of a slice.
    length: usize,
    /// Its shape.
    dims: Vec<usize>,
}

fn named_slices(
    call: &Call<'_, '_>,
    dims: &[usize],
    places: &HostTensor,
    batch_dims: usize,
) -> Result<Slices, Error> {
    let unfit = || call.corrupt("the shapes of its inputs do not fit");
    let (&depth, batches) = places.dims().split_last().ok_or_else(unfit)?;
    let axes = dims
        .get(batch_dims..)
        .and_then(|axes| axes.get(..depth))
        .ok_or_else(unfit)?;
    if batches.get(..batch_dims) != dims.get(..batch_dims) {
        return Err(unfit());
    }
    let strides = strides(dims);
    let inner = dims[batch_dims + depth..].to_vec();
    let count = element_count(batches)?;
    call.spend(count)?;
    let batch_count: usize = dims[..batch_dims].iter().product();
    let batch_length: usize = dims[batch_dims..].iter().product();
    let vectors = call.ints(1)?;
    let mut offsets = Vec::with_capacity(count);
    for slice in 0..count {
        let batch = slice / (count / batch_count).max(1);
        let mut offset = batch * batch_length;
        let vector = &vectors[slice * depth..(slice + 1) * depth];
        for ((&index, &length), stride) in vector.iter().zip(axes).zip(&strides[batch_dims..]) {
            let index = call.index(index, length);
            offset += index.ok_or_else(|| call.corrupt("an index is outside"))? * stride;
        }
        offsets.push(offset);
    }
    Ok(Slices {
        offsets,
        length: inner.iter().product(),
        dims: inner,
    })
}

impl Slices {
    /// Offsets of all elements of all slices.
    fn elements(&self) -> Vec<usize> {
        let slices = self.offsets.iter();
        slices
            .flat_map(|&start| start..start + self.length)
            .collect()
    }
}

pub(super) fn gather_nd(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (input, places) = (call.input(0)?, call.input(1)?);
    let batch_dims = usize::try_from(call.int("batch_dims", 0)?).unwrap_or(usize::MAX);
    if batch_dims > input.dims().len() {
        return Err(call.corrupt("its batch_dims"));
    }
    let slices = named_slices(call, input.dims(), places, batch_dims)?;
    let mut dims = places.dims()[..places.dims().len() - 1].to_vec();
    dims.extend(&slices.dims);
    call.reserve(&dims)?;
    gathered(input, dims, slices.elements())
}

/// `input` with the elements at `offsets` replaced by, or combined with, `updates`.
fn scattered(
    call: &Call<'_, '_>,
    input: &HostTensor,
    updates: &HostTensor,
    offsets: &[usize],
) -> Result<Vec<HostTensor>, Error> {
    if updates.len() != offsets.len() {
        return Err(call.corrupt("the shapes of its inputs do not fit"));
    }
    call.reserve(input.dims())?;
    let reduction = call.node.text("reduction")?.unwrap_or("none");
    fn put<T: Copy>(
        values: &[T],
        updates: &[T],
        offsets: &[usize],
        combine: &dyn Fn(T, T) -> T,
    ) -> Vec<T> {
        let mut values = values.to_vec();
        for (&offset, &update) in offsets.iter().zip(updates) {
            if let Some(value) = values.get_mut(offset) {
                *value = combine(*value, update);
            }
        }
        values
    }
    let float = |value: f64, update: f64| match reduction {
        "add" => value + update,
        "mul" => value * update,
        "min" => value.min(update),
        "max" => value.max(update),
        _ => update,
    };
    let int = |value: i64, update: i64| match reduction {
        "add" => value.wrapping_add(update),
        "mul" => value.wrapping_mul(update),
        "min" => value.min(update),
        "max" => value.max(update),
        _ => update,
    };
    let data = match (input.data(), updates.data()) {
        (Data::F32(values), Data::F32(updates)) => {
            Data::F32(put(values, updates, offsets, &|a, b| {
                float(a.into(), b.into()) as f32
            }))
        }
        (Data::F64(values), Data::F64(updates)) => Data::F64(put(values, updates, offsets, &float)),
        (Data::I64(values), Data::I64(updates)) => Data::I64(put(values, updates, offsets, &int)),
        (Data::Bool(values), Data::Bool(updates)) if reduction == "none" => {
            Data::Bool(put(values, updates, offsets, &|_, update| update))
        }
        _ => return Err(call.mixed_types()),
    };
    HostTensor::new(input.dims().to_vec(), input.element_type(), data).map(|tensor| vec![tensor])
}

pub(super) fn scatter_elements(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (input, places) = (call.input(0)?, call.input(1)?);
    let axis = call.axis(call.int("axis", 0)?, input.dims().len())?;
    call.reserve(places.dims())?;
    let offsets = element_offsets(call, input.dims(), places, axis)?;
    scattered(call, input, call.input(2)?, &offsets)
}

pub(super) fn scatter_nd(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (input, places, updates) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let slices = named_slices(call, input.dims(), places, 0)?;
    let elements = slices.offsets.len().checked_mul(slices.length);
    if elements != Some(updates.len()) {
        return Err(call.corrupt("the shapes of its inputs do not fit"));
    }
    call.spend(updates.len())?;
    scattered(call, input, updates, &slices.elements())
}
