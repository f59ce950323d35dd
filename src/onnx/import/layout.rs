//! Parts, orders and shapes of values.

use std::rc::Rc;

use super::Import;
use super::values::Dynamic;
use crate::error::Error;
use crate::graph::operators::{Concatenation, Pad, Reshape, ScaleShift, Select};
use crate::graph::{NodeId, Shape};
use crate::onnx::{HostTensor, MAX_FOLDED_ELEMENTS};

/// What changes nothing: dropout outside of training, a cast between kinds of numbers, and
/// quantisation, whose rounding is left out.
pub fn pass(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let node = &import.nodes[index];
    if node.op_type == "Cast" && !matches!(node.int("to")?, Some(1 | 10 | 11 | 16)) {
        return Err(import.unsupported(index, "it casts to something else than fractions"));
    }
    let value = import.dynamic(index, 0)?;
    import.set(index, 0, value);
    Ok(())
}

pub fn transpose(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let value = import.dynamic(index, 0)?;
    let rank = value.order.len() + 1;
    let axes = match import.nodes[index].ints("perm")? {
        Some(axes) => axes.to_vec(),
        None => (0..rank as i64).rev().collect(),
    };
    if axes.len() != rank {
        return Err(import.corrupt(index, "its order is not of all axes"));
    }
    if axes[0] != 0 {
        return Err(import.unsupported(index, "it does not keep the batch first"));
    }
    let mut order = Vec::with_capacity(rank - 1);
    for &axis in &axes[1..] {
        order.push(value.order[import.picture_axis(index, axis, rank)?]);
    }
    let mut seen = order.clone();
    seen.sort_unstable();
    if !seen.into_iter().eq(0..rank - 1) {
        return Err(import.corrupt(index, "its order has an axis twice"));
    }
    import.set(
        index,
        0,
        Dynamic {
            node: value.node,
            order,
        },
    );
    Ok(())
}

pub fn reshape(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let value = import.dynamic(index, 0)?;
    let sizes = [&[1], &value.sizes(&import.graph)[..]].concat();
    let rank = sizes.len();
    let node = &import.nodes[index];
    let target: Vec<Option<usize>> = match node.op_type {
        "Flatten" => match node.int("axis")?.unwrap_or(1) {
            1 => vec![Some(1), None],
            axis if axis == 1 - rank as i64 => vec![Some(1), None],
            _ => return Err(import.unsupported(index, "it does not keep the batch apart")),
        },
        "Squeeze" => {
            let axes = import.integers(index, 1, "axes")?;
            let mut gone = Vec::new();
            for axis in axes.unwrap_or_else(|| {
                // Without axes all of size 1 go, but the batch is of any size.
                (1..rank)
                    .filter(|&axis| sizes[axis] == 1)
                    .map(|axis| axis as i64)
                    .collect()
            }) {
                gone.push(import.picture_axis(index, axis, rank)? + 1);
            }
            let left = (0..rank).filter(|axis| !gone.contains(axis));
            left.map(|axis| Some(sizes[axis])).collect()
        }
        "Unsqueeze" => {
            let axes = import.integers(index, 1, "axes")?.unwrap_or_default();
            let rank = rank + axes.len();
            let mut new = Vec::new();
            for axis in axes {
                new.push(import.picture_axis(index, axis, rank)? + 1);
            }
            let mut old = sizes.iter();
            (0..rank)
                .map(|axis| {
                    if new.contains(&axis) {
                        Some(1)
                    } else {
                        old.next().copied()
                    }
                })
                .collect()
        }
        _ => import.reshape_target(index, &sizes)?,
    };
    let open = target.iter().filter(|size| size.is_none()).count();
    let known: usize = target.iter().flatten().product();
    let elements: usize = sizes.iter().product();
    let resolved = if open == 1 && known > 0 {
        elements / known
    } else {
        1
    };
    let first = target.first().map(|size| size.unwrap_or(resolved));
    if first != Some(1) {
        return Err(import.unsupported(index, "it does not keep the batch apart"));
    }
    if open > 1 || known * resolved != elements {
        return Err(import.corrupt(index, &format!("{sizes:?} does not become {target:?}")));
    }
    // Of at most one axis the order does not matter.
    let vector = sizes.iter().filter(|&&size| size > 1).count() < 2;
    let input = if vector {
        value.node
    } else {
        import.canonical(&value)?
    };
    let own = target[1..].to_vec();
    let node = import.add(index, Reshape(own), &[input])?;
    import.set_plain(index, node);
    Ok(())
}

pub fn concat(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let inputs = &import.nodes[index].inputs;
    if inputs.iter().any(|name| import.folder.is_constant(name)) {
        return concat_with_constants(import, index);
    }
    let count = inputs.len();
    let mut values = Vec::with_capacity(count);
    for k in 0..count {
        values.push(import.dynamic(index, k)?);
    }
    let first = values
        .first()
        .ok_or_else(|| import.corrupt(index, "it has no inputs"))?;
    let mut order = first.order.clone();
    let same = values.iter().all(|value| value.order == order);
    let mut inputs: Vec<NodeId> = Vec::with_capacity(count);
    for value in &values {
        inputs.push(if same {
            value.node
        } else {
            import.canonical(value)?
        });
    }
    if !same {
        order = (0..order.len()).collect();
    }
    let axis = import.nodes[index].int("axis")?.unwrap_or(1);
    let axis = order[import.picture_axis(index, axis, order.len() + 1)?];
    let node = import.add(index, Concatenation { axis }, &inputs)?;
    import.set(index, 0, Dynamic { node, order });
    Ok(())
}

/// A concatenation of which some inputs are constant: the others are padded, and the constants are
/// added.
fn concat_with_constants(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let mut parts: Vec<NodeId> = Vec::new();
    // Each constant's place along the axis.
    let mut constants: Vec<(usize, Rc<HostTensor>)> = Vec::new();
    let axis = import.nodes[index].int("axis")?.unwrap_or(1);
    let first = (0..import.nodes[index].inputs.len())
        .find_map(|k| import.dynamic_if_any(index, k))
        .ok_or_else(|| import.corrupt(index, "it has no inputs"))?;
    let mut sizes = first.sizes(&import.graph);
    let rank = sizes.len() + 1;
    let own_axis = import.picture_axis(index, axis, rank)?;
    let (mut length, mut missing) = (0, 0);
    let pad = |before: usize, after: usize| {
        let mut widths = vec![[0; 2]; rank - 1];
        widths[own_axis] = [before, after];
        Pad { widths, value: 0.0 }
    };
    for k in 0..import.nodes[index].inputs.len() {
        if import.dynamic_if_any(index, k).is_some() {
            let part = import.plain_argument(index, k)?;
            let own = import.graph[part].shape.sizes();
            length += own.get(own_axis).copied().unwrap_or(0);
            parts.push(if missing > 0 {
                import.add(index, pad(missing, 0), &[part])?
            } else {
                part
            });
            missing = 0;
        } else {
            let constant = import.constant(index, k)?;
            let constant = constant.ok_or_else(|| import.corrupt(index, "an input is missing"))?;
            sizes[own_axis] = constant.dims().get(own_axis + 1).copied().unwrap_or(0);
            if constant.dims() != [&[1], &sizes[..]].concat() {
                let reason = format!("a constant of shape {:?}", constant.dims());
                return Err(import.unsupported(index, reason));
            }
            constants.push((length, constant));
            length += sizes[own_axis];
            missing += sizes[own_axis];
        }
    }
    if missing > 0
        && let Some(last) = parts.pop()
    {
        parts.push(import.add(index, pad(0, missing), &[last])?);
    }
    let node = match parts[..] {
        [only] => only,
        _ => import.add(index, Concatenation { axis: own_axis }, &parts)?,
    };
    sizes[own_axis] = length;
    let inner: usize = sizes[own_axis + 1..].iter().product();
    let mut shift = vec![0.0; sizes.iter().product()];
    for (start, constant) in constants {
        let run = constant.dims()[own_axis + 1] * inner;
        let values = HostTensor::clone(&constant).into_f32();
        let rows = shift.chunks_exact_mut(length * inner);
        for (row, values) in rows.zip(values.chunks_exact(run)) {
            row[start * inner..][..run].copy_from_slice(values);
        }
    }
    let shift = import.vector(shift);
    let operator = ScaleShift::new(shift.ones_like(), shift, &Shape::new(sizes));
    let node = import.add(index, operator, &[node])?;
    import.set_plain(index, node);
    Ok(())
}

pub fn tile(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let value = import.dynamic(index, 0)?;
    let repeats = import.integers(index, 1, "repeats")?;
    let repeats = repeats.ok_or_else(|| import.corrupt(index, "it has no repeats"))?;
    let sizes = value.sizes(&import.graph);
    if repeats.len() != sizes.len() + 1 {
        return Err(import.corrupt(index, "its repeats are not of all axes"));
    }
    if repeats[0] != 1 {
        return Err(import.unsupported(index, "it repeats the batch"));
    }
    let mut node = value.node;
    for (axis, (&count, size)) in repeats[1..].iter().zip(sizes).enumerate() {
        let count = usize::try_from(count).unwrap_or(0);
        let limit = MAX_FOLDED_ELEMENTS / import.graph[node].shape.elements();
        if count > limit {
            return Err(import.unsupported(index, "its output is too large"));
        }
        if count != 1 {
            let operator = Select {
                axis: value.order[axis],
                indices: (0..count).flat_map(|_| 0..size).collect(),
            };
            node = import.add(index, operator, &[node])?;
        }
    }
    import.set(index, 0, Dynamic { node, ..value });
    Ok(())
}

pub fn split(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let value = import.dynamic(index, 0)?;
    let node = &import.nodes[index];
    let axis = node.int("axis")?.unwrap_or(0);
    let axis = import.picture_axis(index, axis, value.order.len() + 1)?;
    let length = value.sizes(&import.graph)[axis];
    let parts = node.outputs.len();
    let lengths: Vec<usize> = match import.integers(index, 1, "split")? {
        Some(lengths) => lengths
            .iter()
            .filter_map(|&part| usize::try_from(part).ok())
            .collect(),
        None => {
            // All but the last are equal.
            let part = length.div_ceil(parts.max(1));
            (0..parts)
                .map(|k| part.min(length.saturating_sub(k * part)))
                .collect()
        }
    };
    if lengths.len() != parts || lengths.iter().sum::<usize>() != length {
        return Err(import.corrupt(index, &format!("{length} is not split into {lengths:?}")));
    }
    let mut start = 0;
    for (k, part) in lengths.into_iter().enumerate() {
        let operator = Select {
            axis: value.order[axis],
            indices: (start..start + part).collect(),
        };
        let node = import.add(index, operator, &[value.node])?;
        import.set(
            index,
            k,
            Dynamic {
                node,
                order: value.order.clone(),
            },
        );
        start += part;
    }
    Ok(())
}

pub fn slice(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let mut value = import.dynamic(index, 0)?;
    let starts = import.integers(index, 1, "starts")?;
    let ends = import.integers(index, 2, "ends")?;
    let (Some(starts), Some(ends)) = (starts, ends) else {
        return Err(import.corrupt(index, "it has no bounds"));
    };
    let rank = value.order.len() + 1;
    let axes = import.integers(index, 3, "axes")?;
    let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = import.integers(index, 4, "steps")?;
    let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()]
        .iter()
        .any(|&length| length != starts.len())
    {
        return Err(import.corrupt(index, "its bounds are not of the same axes"));
    }
    for (k, &axis) in axes.iter().enumerate() {
        // The only picture of a network that was exported for one, or all of them.
        let end = ends[k] == 1 || ends[k] >= i64::from(i32::MAX);
        let whole = (axis == 0 || axis == -(rank as i64)) && starts[k] == 0 && steps[k] == 1 && end;
        if whole {
            continue;
        }
        let axis = import.picture_axis(index, axis, rank)?;
        let length = value.sizes(&import.graph)[axis] as i64;
        let step = steps[k];
        let from_start = |bound: i64| {
            if bound < 0 {
                bound.saturating_add(length)
            } else {
                bound
            }
        };
        let (start, end) = (from_start(starts[k]), from_start(ends[k]));
        let indices: Vec<usize> = match step {
            0 => return Err(import.corrupt(index, "its step is 0")),
            1.. => {
                let range = start.clamp(0, length)..end.clamp(0, length);
                range
                    .step_by(step as usize)
                    .map(|entry| entry as usize)
                    .collect()
            }
            _ => {
                let (start, end) = (start.clamp(-1, length - 1), end.clamp(-1, length - 1));
                let count = ((start - end).max(0) - step - 1) / -step;
                (0..count).map(|k| (start + k * step) as usize).collect()
            }
        };
        let operator = Select {
            axis: value.order[axis],
            indices,
        };
        let node = import.add(index, operator, &[value.node])?;
        value = Dynamic { node, ..value };
    }
    import.set(index, 0, value);
    Ok(())
}

pub fn gather(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let value = import.dynamic(index, 0)?;
    let axis = import.nodes[index].int("axis")?.unwrap_or(0);
    let axis = import.picture_axis(index, axis, value.order.len() + 1)?;
    let sizes = value.sizes(&import.graph);
    let given = import.constant(index, 1)?;
    let given = given.ok_or_else(|| import.corrupt(index, "it has no indices"))?;
    let integers = given.ints();
    let integers = integers.ok_or_else(|| import.unsupported(index, "fractional indices"))?;
    let length = sizes[axis] as i64;
    let entries = integers
        .iter()
        .map(|&entry| if entry < 0 { entry + length } else { entry });
    let entries: Option<Vec<usize>> = entries.map(|entry| usize::try_from(entry).ok()).collect();
    let indices = entries.ok_or_else(|| import.corrupt(index, "an index is out of range"))?;
    let operator = Select {
        axis: value.order[axis],
        indices,
    };
    let node = import.add(index, operator, &[value.node])?;
    let selected = Dynamic { node, ..value };
    // The indices' own axes take the place of the one that they index.
    if given.dims().len() == 1 {
        import.set(index, 0, selected);
        return Ok(());
    }
    let shape = [&sizes[..axis], given.dims(), &sizes[axis + 1..]].concat();
    let plain = import.canonical(&selected)?;
    let node = import.add(index, Reshape::to(&Shape::new(shape)), &[plain])?;
    import.set_plain(index, node);
    Ok(())
}

pub fn pad(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let value = import.dynamic(index, 0)?;
    let node = &import.nodes[index];
    let mode = node.text("mode")?.unwrap_or("constant").to_owned();
    let rank = value.order.len() + 1;
    // Version 1 has another name for it.
    let pads = match import.integers(index, 1, "pads")? {
        None => node.ints("paddings")?.map(<[i64]>::to_vec),
        pads => pads,
    };
    let pads = pads.ok_or_else(|| import.corrupt(index, "it has no widths"))?;
    let constant = import.number(index, 2, "value")?.unwrap_or(0.0);
    let axes = match import.integers(index, 3, "axes")? {
        Some(axes) => axes,
        None => (0..rank as i64).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(import.corrupt(index, "its widths are not two for each axis"));
    }
    let mut widths = vec![[0i64; 2]; rank - 1];
    for (k, &axis) in axes.iter().enumerate() {
        let width = [pads[k], pads[k + axes.len()]];
        if width != [0; 2] {
            widths[value.order[import.picture_axis(index, axis, rank)?]] = width;
        }
    }
    let sizes = import.graph[value.node].shape.sizes().to_vec();
    let mut node = value.node;
    // Negative widths cut entries off.
    for axis in 0..rank - 1 {
        let [before, after] = widths[axis];
        let length = sizes[axis] as i64;
        let positions = -before..length + after;
        let indices: Option<Vec<usize>> = match &*mode {
            "constant" => {
                let kept = positions.start.max(0)..positions.end.min(length);
                Some(kept.map(|entry| entry as usize).collect())
            }
            "edge" => Some(
                positions
                    .map(|entry| entry.clamp(0, length - 1) as usize)
                    .collect(),
            ),
            "reflect" | "wrap" => positions
                .map(|entry| {
                    let mirrored = match &*mode {
                        "wrap" => entry.rem_euclid(length),
                        _ if entry < 0 => -entry,
                        _ if entry >= length => 2 * (length - 1) - entry,
                        _ => entry,
                    };
                    (0..length).contains(&mirrored).then_some(mirrored as usize)
                })
                .collect(),
            other => return Err(import.unsupported(index, format!("the mode {other}"))),
        };
        let indices =
            indices.ok_or_else(|| import.unsupported(index, "its widths are too large"))?;
        if !indices.iter().copied().eq(0..sizes[axis]) {
            node = import.add(index, Select { axis, indices }, &[node])?;
        }
    }
    let widths = widths
        .iter()
        .map(|width| width.map(|width| width.max(0) as usize));
    let widths: Vec<[usize; 2]> = widths.collect();
    if mode == "constant" && widths.iter().any(|width| *width != [0; 2]) {
        let operator = Pad {
            widths,
            value: constant,
        };
        node = import.add(index, operator, &[node])?;
    }
    import.set(index, 0, Dynamic { node, ..value });
    Ok(())
}

pub fn expand(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.plain_argument(index, 0)?;
    let target = import.integers(index, 1, "shape")?;
    let target = target.ok_or_else(|| import.corrupt(index, "it has no shape"))?;
    let sizes: Option<Vec<usize>> = target
        .iter()
        .map(|&size| usize::try_from(size).ok())
        .collect();
    let sizes = sizes.ok_or_else(|| import.corrupt(index, "a size is negative"))?;
    let rank = import.graph[input].shape.sizes().len();
    let own = match sizes.len() {
        length if length > rank && sizes[0] == 1 => &sizes[1..],
        length if length <= rank => &sizes[..],
        _ => return Err(import.unsupported(index, "it repeats the batch")),
    };
    let shape = Shape::new(own);
    let ones = import.vector(vec![1.0; shape.elements()]);
    let operator = ScaleShift::new(ones.clone(), ones.zeros_like(), &shape);
    let node = import.add(index, operator, &[input])?;
    import.set_plain(index, node);
    Ok(())
}

impl Import<'_, '_> {
    /// The sizes of a reshaped value of these `sizes`, batch included; one of them may be open.
    fn reshape_target(&self, index: usize, sizes: &[usize]) -> Result<Vec<Option<usize>>, Error> {
        let target = self.integers(index, 1, "shape")?;
        let target = target.ok_or_else(|| self.corrupt(index, "it has no shape"))?;
        let zero_copies = self.nodes[index].int("allowzero")?.unwrap_or(0) == 0;
        let resolve = |(axis, &size): (usize, &i64)| match size {
            -1 => Ok(None),
            0 if zero_copies => match sizes.get(axis) {
                Some(&size) => Ok(Some(size)),
                None => Err(self.corrupt(index, "it copies an axis that is not there")),
            },
            size => match usize::try_from(size) {
                Ok(size) => Ok(Some(size)),
                Err(_) => Err(self.corrupt(index, "a size is negative")),
            },
        };
        target.iter().enumerate().map(resolve).collect()
    }
}
