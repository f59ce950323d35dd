//! One value in place of all along some axes.

use super::Import;
use super::values::Dynamic;
use crate::error::Error;
use crate::graph::operators::{Reduce, Reduction};

pub fn reduce(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let value = import.dynamic(index, 0)?;
    let node = &import.nodes[index];
    let keeps = node.int("keepdims")?.unwrap_or(1) != 0;
    let kind = match node.op_type {
        "ReduceMean" => Reduction::Mean,
        "ReduceSum" => Reduction::Sum,
        "ReduceMax" => Reduction::Max,
        _ => Reduction::L2,
    };
    let rank = value.order.len() + 1;
    let axes = import
        .integers(index, 1, "axes")?
        .filter(|axes| !axes.is_empty());
    let axes = match axes {
        None if import.nodes[index]
            .int("noop_with_empty_axes")?
            .unwrap_or(0)
            != 0 =>
        {
            import.set(index, 0, value);
            return Ok(());
        }
        None => return Err(import.unsupported(index, "it does not keep the batch apart")),
        Some(axes) => axes,
    };
    let mut own = Vec::with_capacity(axes.len());
    for axis in axes {
        own.push(value.order[import.picture_axis(index, axis, rank)?]);
    }
    own.sort_unstable();
    own.dedup();
    if kind == Reduction::Mean && own == [1, 2] && value.order.len() == 3 {
        return import.mean_of(index, &value, keeps);
    }
    let operator = Reduce {
        kind,
        axes: own.clone(),
        keep_axes: keeps,
    };
    let node = import.add(index, operator, &[value.node])?;
    let order = if keeps {
        value.order
    } else {
        // What is left of the order, with the axes counted anew.
        let left = value.order.into_iter().filter(|axis| !own.contains(axis));
        left.map(|axis| axis - own.iter().filter(|&&gone| gone < axis).count())
            .collect()
    };
    import.set(index, 0, Dynamic { node, order });
    Ok(())
}

pub fn global_max_pool(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.plain_argument(index, 0)?;
    import.feature_map(index, input)?;
    let operator = Reduce {
        kind: Reduction::Max,
        axes: vec![1, 2],
        keep_axes: true,
    };
    let node = import.add(index, operator, &[input])?;
    import.set_plain(index, node);
    Ok(())
}
