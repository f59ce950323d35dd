//! Parts of a value along one axis.

use burn::tensor::{Int, Tensor, TensorData};

use super::broadcast::{RANK, aligned};
use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// The entries `indices` along one axis of the picture, in this order: slices, splits, gathers by
/// constant indices, reversals, and padding by repeated or mirrored entries. The gradient of an entry
/// is the sum over its repetitions.
#[derive(Debug, Clone)]
pub struct Select {
    /// The axis, counted from 0 without the batch.
    pub axis: usize,
    /// Which entries.
    pub indices: Vec<usize>,
}

impl Select {
    /// The first index, if all others follow one by one.
    fn start(&self) -> Option<usize> {
        let first = *self.indices.first()?;
        let run = first..first + self.indices.len();
        self.indices.iter().copied().eq(run).then_some(first)
    }

    /// The value's axes before the selected one, that one, and the rest.
    fn split(&self, sizes: &[usize]) -> [usize; 3] {
        let axis = self.axis + 1;
        [
            sizes[..axis].iter().product(),
            sizes[axis],
            sizes[axis + 1..].iter().product(),
        ]
    }

    /// Where the output has the entries of an axis of `length`: in each list the place of one of an
    /// entry's repetitions, and the output's size for an entry that has no further one.
    fn places(&self, length: usize) -> Vec<Vec<usize>> {
        let mut places: Vec<Vec<usize>> = Vec::new();
        let mut counts = vec![0; length];
        for (place, &index) in self.indices.iter().enumerate() {
            if counts[index] == places.len() {
                places.push(vec![self.indices.len(); length]);
            }
            places[counts[index]][index] = place;
            counts[index] += 1;
        }
        places
    }
}

/// The entries `indices` of the second axis.
fn select(tensor: Tensor<3>, indices: &[usize]) -> Tensor<3> {
    let indices: Vec<i32> = indices.iter().map(|&index| index as i32).collect();
    let count = indices.len();
    let data = TensorData::new(indices, [count]);
    let indices = Tensor::<1, Int>::from_data(data, &tensor.device());
    tensor.select(1, indices)
}

impl Operator for Select {
    fn kind(&self) -> &'static str {
        "slice"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let input = super::one(inputs)?;
        let mut sizes = input.sizes().to_vec();
        let size = sizes.get_mut(self.axis);
        let size = size.ok_or_else(|| format!("{input} has no axis {}", self.axis))?;
        if self.indices.is_empty() || self.indices.iter().any(|index| index >= size) {
            return Err(format!("it selects what {input} does not have"));
        }
        *size = self.indices.len();
        Ok(Shape::new(sizes))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let mut sizes = input.sizes();
        let input: Tensor<3> = input.reshape(self.split(&sizes));
        sizes[self.axis + 1] = self.indices.len();
        let output = match self.start() {
            Some(start) => input.narrow(1, start, self.indices.len()),
            None => select(input, &self.indices),
        };
        (Value::from(output).with_sizes(&sizes), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let signal: Tensor<3> = signal.clone().reshape(self.split(&signal.sizes()));
        let [outer, length, inner] = self.split(&input.sizes);
        let zeros = |length| Tensor::<3>::zeros([outer, length, inner], &signal.device());
        let gradient = match self.start() {
            Some(start) => {
                let range = start..start + self.indices.len();
                zeros(length).slice_assign([0..outer, range, 0..inner], signal.clone())
            }
            // Not by `select_assign`, which is 67 kB of a program: for each repetition a `select`.
            None => {
                let signal = Tensor::cat(vec![signal.clone(), zeros(1)], 1);
                let places = self.places(length).into_iter();
                let terms = places.map(|places| select(signal.clone(), &places));
                terms.fold(zeros(length), |sum, term| sum + term)
            }
        };
        let gradient = Value::from(gradient).with_sizes(&input.sizes);
        input.set(gradient);
    }

    fn passes_relus_on(&self) -> bool {
        true
    }
}

/// A constant around the picture's axes.
#[derive(Debug, Clone)]
pub struct Pad {
    /// For each of the picture's axes, how many entries come before and after it.
    pub widths: Vec<[usize; 2]>,
    /// Their value.
    pub value: f32,
}

impl Pad {
    /// The ranges of the input in the aligned output.
    fn ranges(&self, sizes: [usize; RANK]) -> [std::ops::Range<usize>; RANK] {
        let first = RANK - self.widths.len();
        std::array::from_fn(|axis| {
            let before = axis.checked_sub(first).map_or(0, |own| self.widths[own][0]);
            before..before + sizes[axis]
        })
    }
}

impl Operator for Pad {
    fn kind(&self) -> &'static str {
        "padding"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let input = super::one(inputs)?;
        if input.sizes().len() != self.widths.len() || self.widths.len() >= RANK {
            return Err(format!("it pads {} axes of {input}", self.widths.len()));
        }
        let padded = input.sizes().iter().zip(&self.widths);
        Ok(Shape::new(
            padded
                .map(|(size, [before, after])| before + size + after)
                .collect::<Vec<_>>(),
        ))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let own = input.sizes();
        let widths = self.widths.iter().map(|[before, after]| before + after);
        let grown = own[1..]
            .iter()
            .zip(widths)
            .map(|(size, width)| size + width);
        let sizes: Vec<usize> = own[..1].iter().copied().chain(grown).collect();
        let input = aligned(input);
        let padded = super::broadcast::aligned_sizes(&sizes);
        let output = Tensor::<RANK>::full(padded, self.value, &input.device());
        let output = output.slice_assign(self.ranges(input.dims()), input);
        (Value::from(output).with_sizes(&sizes), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let sizes = super::broadcast::aligned_sizes(&input.sizes);
        let gradient = aligned(signal).slice(self.ranges(sizes));
        let gradient = Value::from(gradient).with_sizes(&input.sizes);
        input.set(gradient);
    }
}
