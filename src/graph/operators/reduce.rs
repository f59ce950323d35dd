//! Sums, means, maxima and norms over axes.

use super::broadcast::{RANK, aligned, aligned_sizes};
use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// One value in place of all along some axes.
#[derive(Debug, Clone)]
pub struct Reduce {
    /// What is computed of them.
    pub kind: Reduction,
    /// The axes, counted from 0 without the batch.
    pub axes: Vec<usize>,
    /// Whether they stay, with size 1.
    pub keep_axes: bool,
}

/// What a [`Reduce`] computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// The sum.
    Sum,
    /// The mean.
    Mean,
    /// The maximum; its gradient is shared by all equal maxima.
    Max,
    /// The root of the sum of squares.
    L2,
}

impl Reduce {
    /// The axes in an aligned value of `rank` own axes.
    fn aligned_axes(&self, rank: usize) -> impl Iterator<Item = usize> {
        self.axes.iter().map(move |axis| RANK - rank + axis)
    }
}

impl Operator for Reduce {
    fn kind(&self) -> &'static str {
        match self.kind {
            Reduction::Sum => "sum over positions",
            Reduction::Mean => "average-pool",
            Reduction::Max => "maximum over positions",
            Reduction::L2 => "norm",
        }
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let input = super::one(inputs)?;
        let rank = input.sizes().len();
        if rank >= RANK || self.axes.iter().any(|&axis| axis >= rank) {
            return Err(format!("{input} does not have the axes {:?}", self.axes));
        }
        let sizes = input.sizes().iter().enumerate();
        let sizes = sizes.filter_map(|(axis, &size)| match self.axes.contains(&axis) {
            true => self.keep_axes.then_some(1),
            false => Some(size),
        });
        Ok(Shape::new(sizes.collect::<Vec<usize>>()))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let sizes = input.sizes();
        let shape = Shape::new(&sizes[1..]);
        // The axes were checked when the node was added.
        let output_shape = self.output_shape(&[&shape]).unwrap_or(shape);
        let rank = sizes.len() - 1;
        let x = aligned(input.clone());
        let x = if self.kind == Reduction::L2 {
            x.square()
        } else {
            x
        };
        let reduced = self.aligned_axes(rank).fold(x, |x, axis| match self.kind {
            Reduction::Sum | Reduction::L2 => x.sum_dim(axis),
            Reduction::Mean => x.mean_dim(axis),
            Reduction::Max => x.max_dim(axis),
        });
        let reduced = if self.kind == Reduction::L2 {
            reduced.sqrt()
        } else {
            reduced
        };
        let output_sizes = [&sizes[..1], output_shape.sizes()].concat();
        let output = Value::from(reduced).with_sizes(&output_sizes);
        let saved = match self.kind {
            Reduction::Sum | Reduction::Mean => Saved::default(),
            Reduction::Max | Reduction::L2 => Saved {
                values: vec![input, output.clone()],
                argmax: None,
            },
        };
        (output, saved)
    }

    fn backward(&self, signal: Value, saved: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let sizes = aligned_sizes(&input.sizes);
        let mut kept = sizes;
        for axis in self.aligned_axes(input.sizes.len() - 1) {
            kept[axis] = 1;
        }
        let signal = signal.reshape(kept);
        let gradient = match (self.kind, &saved.values[..]) {
            (Reduction::Sum, _) => signal.expand(sizes),
            (Reduction::Mean, _) => {
                let count = sizes.iter().product::<usize>() / kept.iter().product::<usize>();
                signal.div_scalar(count as f32).expand(sizes)
            }
            (Reduction::Max, [x, y]) => {
                let (x, y) = (aligned(x.clone()), y.clone().reshape(kept));
                // 1 where nothing is missing to the maximum.
                let largest = (y - x).sign().neg().add_scalar(1.0);
                let axes = self.aligned_axes(input.sizes.len() - 1);
                let count = axes.fold(largest.clone(), |sum, axis| sum.sum_dim(axis));
                largest * (signal / count)
            }
            (Reduction::L2, [x, y]) => {
                // 0 where all values are 0.
                let norm = y.clone().reshape(kept).clamp_min(f32::MIN_POSITIVE);
                aligned(x.clone()) * (signal / norm)
            }
            (Reduction::Max | Reduction::L2, _) => return,
        };
        let gradient = Value::from(gradient).with_sizes(&input.sizes);
        input.set(gradient);
    }
}
