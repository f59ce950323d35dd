//! Average-pooling.

use std::sync::{Arc, Mutex};

use burn::tensor::Tensor;

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};
use crate::kernels::{self, PoolShape};

/// The mean of each window.
#[derive(Debug, Clone)]
pub struct AveragePool {
    shape: PoolShape,
    counts_padding: bool,
    /// The kernel for the size of the last input.
    kernel: Arc<Mutex<Option<Kernel>>>,
}

/// A kernel, and `[channels, rows, columns]` of the inputs that it is for.
type Kernel = ([usize; 3], kernels::AveragePool);

impl AveragePool {
    /// Padding is part of a window's mean if `counts_padding`.
    pub fn new(shape: PoolShape, counts_padding: bool) -> Self {
        Self {
            shape,
            counts_padding,
            kernel: Arc::default(),
        }
    }

    /// The kernel for inputs of these sizes, on the device of `neighbour`.
    fn kernel(&self, sizes: [usize; 3], neighbour: &Tensor<4>) -> kernels::AveragePool {
        let [channels, rows, columns] = sizes;
        let make = || {
            let (size, device) = ([rows, columns], neighbour.device());
            kernels::AveragePool::new(channels, self.shape, size, self.counts_padding, &device)
        };
        let Ok(mut last) = self.kernel.lock() else {
            return make();
        };
        match &*last {
            Some((known, kernel)) if *known == sizes => kernel.clone(),
            _ => {
                let kernel = make();
                *last = Some((sizes, kernel.clone()));
                kernel
            }
        }
    }
}

impl Operator for AveragePool {
    fn kind(&self) -> &'static str {
        "average-pool"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let [channels, rows, columns] = super::one_feature_map(inputs)?;
        self.shape.check([rows, columns])?;
        let [rows, columns] = self.shape.output_size([rows, columns]);
        Ok(Shape::new([channels, rows, columns]))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input: Tensor<4> = super::only(inputs).tensor();
        let [_, channels, rows, columns] = input.dims();
        let kernel = self.kernel([channels, rows, columns], &input);
        (kernel.forward(input).into(), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let signal: Tensor<4> = signal.tensor();
        let [rows, columns] = input.grid();
        let kernel = self.kernel([input.sizes[1], rows, columns], &signal);
        let (mask, accumulated) = (input.mask.take(), input.accumulated.take());
        input.set(kernel.backward(signal, mask, accumulated.map(Value::tensor)));
    }
}
