//! The same values with other axes.

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// The values of a picture in their order, with the axes of another shape. At most one size is left
/// open, `None`, and follows from the number of values.
#[derive(Debug, Clone)]
pub struct Reshape(
    /// The sizes of the output.
    pub Vec<Option<usize>>,
);

impl Reshape {
    /// All values as a vector.
    pub fn flatten() -> Self {
        Self(vec![None])
    }

    /// A shape without open sizes.
    pub fn to(shape: &Shape) -> Self {
        Self(shape.sizes().iter().copied().map(Some).collect())
    }
}

impl Operator for Reshape {
    fn kind(&self) -> &'static str {
        "reshape"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let input = super::one(inputs)?;
        let known: usize = self.0.iter().flatten().product();
        let open = self.0.iter().filter(|size| size.is_none()).count();
        let elements = input.elements();
        let rest = if open == 1 {
            elements.checked_div(known)
        } else {
            Some(1)
        };
        match rest {
            Some(rest) if open < 2 && rest * known == elements => {
                let sizes = self.0.iter().map(|size| size.unwrap_or(rest));
                Ok(Shape::new(sizes.collect::<Vec<usize>>()))
            }
            _ => Err(format!("{input} does not have the values of {:?}", self.0)),
        }
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let sizes = input.sizes();
        let elements: usize = sizes[1..].iter().product();
        let known: usize = self.0.iter().flatten().product();
        let own = self
            .0
            .iter()
            .map(|size| size.unwrap_or(elements / known.max(1)));
        let sizes: Vec<usize> = sizes[..1].iter().copied().chain(own).collect();
        (input.with_sizes(&sizes), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let gradient = signal.with_sizes(&input.sizes);
        input.set(gradient);
    }

    fn passes_relus_on(&self) -> bool {
        true
    }
}
