//! Max-pooling.

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};
use crate::kernels::{PoolShape, ReluMask, max_pool, max_pool_backward};

/// The maximum of each window. The gradient goes to the argmax; under [`ReluRule::Leaky`] it is
/// distributed over the window if the input comes from ReLUs.
#[derive(Debug, Clone, Copy)]
pub struct MaxPool(
    /// The windows.
    pub PoolShape,
);

impl Operator for MaxPool {
    fn kind(&self) -> &'static str {
        "max-pool"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let [channels, rows, columns] = super::one_feature_map(inputs)?;
        self.0.check([rows, columns])?;
        let [rows, columns] = self.0.output_size([rows, columns]);
        Ok(Shape::new([channels, rows, columns]))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let (output, argmax) = max_pool(input.clone().tensor(), self.0);
        let saved = Saved {
            values: vec![input],
            argmax: Some(argmax),
        };
        (output.into(), saved)
    }

    fn backward(&self, signal: Value, saved: &Saved, rule: ReluRule, inputs: &mut [InputGradient]) {
        let ([input], Some(argmax)) = (inputs, &saved.argmax) else {
            return;
        };
        // It cannot add to what other consumers have propagated.
        let alone = input.accumulated.is_none();
        let offered = if alone { input.mask.take() } else { None };
        let mask = match rule {
            // Also with several consumers: inactive values receive nothing anyway.
            ReluRule::Leaky(_) if input.from_relus => Some(ReluMask {
                output: saved.values[0].clone().planes(),
                rule,
                upper: f32::INFINITY,
            }),
            ReluRule::Leaky(_) => None,
            ReluRule::Gradient | ReluRule::DeconvNet | ReluRule::Guided => offered,
        };
        let gradient =
            max_pool_backward(signal.tensor(), argmax.clone(), self.0, input.grid(), mask);
        input.set(gradient);
    }
}
