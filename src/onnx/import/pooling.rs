//! Pools.

use super::Import;
use super::values::Dynamic;
use crate::error::Error;
use crate::graph::operators::{AveragePool, GlobalAveragePool, MaxPool, Reshape};
use crate::graph::{NodeId, Shape};
use crate::kernels::{PoolShape, Rounding};

pub fn max_pool(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let node = &import.nodes[index];
    if node.outputs.get(1).is_some_and(|name| !name.is_empty()) {
        return Err(import.unsupported(index, "its indices are an output"));
    }
    let (input, shape) = import.pool(index)?;
    let node = import.add(index, MaxPool(shape), &[input])?;
    import.set_plain(index, node);
    Ok(())
}

pub fn average_pool(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let (input, shape) = import.pool(index)?;
    let counts_padding = import.nodes[index].int("count_include_pad")?.unwrap_or(0) != 0;
    let operator = AveragePool::new(shape, counts_padding);
    let node = import.add(index, operator, &[input])?;
    import.set_plain(index, node);
    Ok(())
}

pub fn global_average_pool(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.plain_argument(index, 0)?;
    let node = import.mean_over_positions(index, input, true)?;
    import.set_plain(index, node);
    Ok(())
}

impl Import<'_, '_> {
    /// The input and the windows of a pool.
    fn pool(&mut self, index: usize) -> Result<(NodeId, PoolShape), Error> {
        let input = self.plain_argument(index, 0)?;
        let [_, rows, columns] = self.feature_map(index, input)?;
        if self.nodes[index].ints("kernel_shape")?.is_none() {
            return Err(self.corrupt(index, "it has no kernel_shape"));
        }
        let kernel = self.pair(index, "kernel_shape", 1)?;
        let window = self.window(index, kernel, [rows, columns])?;
        let rounding = match self.nodes[index].int("ceil_mode")?.unwrap_or(0) {
            0 => Rounding::Floor,
            _ => Rounding::Ceil,
        };
        let shape = PoolShape { window, rounding };
        let checked = shape.check([rows, columns]);
        checked.map_err(|reason| self.unsupported(index, reason))?;
        Ok((input, shape))
    }

    /// The mean of a feature map over its positions: a vector, or with axes of size 1 in place of
    /// the rows and columns.
    pub fn mean_over_positions(
        &mut self,
        index: usize,
        input: NodeId,
        keeps_axes: bool,
    ) -> Result<NodeId, Error> {
        let [channels, ..] = self.feature_map(index, input)?;
        let mean = self.add(index, GlobalAveragePool, &[input])?;
        if !keeps_axes {
            return Ok(mean);
        }
        self.add(index, Reshape::to(&Shape::new([channels, 1, 1])), &[mean])
    }

    /// The same for a value in any order of axes.
    pub fn mean_of(&mut self, index: usize, value: &Dynamic, keeps: bool) -> Result<(), Error> {
        let node = self.mean_over_positions(index, value.node, keeps)?;
        let order = if keeps { value.order.clone() } else { vec![0] };
        self.set(index, 0, Dynamic { node, order });
        Ok(())
    }
}
