//! Computes on the host what does not depend on the picture's values.
//!
//! Exporters write a network's shape arithmetic and the preparation of its weights as nodes. Once
//! the picture's size is known, all of that is constant; what remains is the network.

mod call;
mod elementwise;
mod generate;
mod layout;
mod linear;
mod quantise;
mod reduce;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use super::external_files::ExternalFiles;
use super::model::{Node, Tensor};
use super::order::describe;
use super::tensor::{HostTensor, read_tensor};
use crate::error::Error;
use call::Call;

/// Most elements that a network's folding computes, temporary tensors included.
pub const MAX_FOLDED_ELEMENTS: usize = 1 << 29;

/// The constants of a network: its initialisers, and what nodes make of them.
pub struct Folder<'a, 'f> {
    files: &'f ExternalFiles<'f>,
    constants: HashMap<Cow<'a, str>, Constant<'a>>,
    /// Number of elements that may still be computed.
    budget: Cell<usize>,
}

#[derive(Clone)]
enum Constant<'a> {
    /// An initialiser, read when it is asked for: weights are large, and used once.
    Stored(Tensor<'a>),
    Folded(Rc<HostTensor>),
}

impl<'a, 'f> Folder<'a, 'f> {
    /// A folder that knows `initializers`, and computes at most `max_elements` elements.
    pub fn new(
        initializers: &[Tensor<'a>],
        files: &'f ExternalFiles<'f>,
        max_elements: usize,
    ) -> Self {
        let stored = |tensor: &Tensor<'a>| (tensor.name.into(), Constant::Stored(tensor.clone()));
        Self {
            files,
            constants: initializers.iter().map(stored).collect(),
            budget: Cell::new(max_elements),
        }
    }

    /// Whether the value `name` is a constant.
    pub fn is_constant(&self, name: &str) -> bool {
        self.constants.contains_key(name)
    }

    /// The constant `name`; `None` when there is no such constant. An initialiser is read anew each
    /// time.
    ///
    /// # Errors
    /// As [`read_tensor`].
    pub fn constant(&self, name: &str) -> Result<Option<Rc<HostTensor>>, Error> {
        match self.constants.get(name) {
            None => Ok(None),
            Some(Constant::Folded(tensor)) => Ok(Some(tensor.clone())),
            Some(Constant::Stored(tensor)) => {
                read_tensor(tensor, self.files).map(Rc::new).map(Some)
            }
        }
    }

    /// Makes the value `name` a constant.
    pub fn insert(&mut self, name: Cow<'a, str>, tensor: HostTensor) {
        self.constants
            .insert(name, Constant::Folded(Rc::new(tensor)));
    }

    /// Computes `node` if it depends on constants, or on nothing but the shapes of its inputs. Its
    /// outputs are constants then, and the result is true. `shape_of` tells the shape, batch
    /// included, of a value that is no constant.
    ///
    /// # Errors
    /// `network-unsupported` when the node is constant and its operator is not one that is folded;
    /// `network-corrupt` when its arguments contradict each other; `network-too-large` when it, or
    /// all nodes so far, have more elements than is allowed.
    pub fn fold(
        &mut self,
        node: &Node<'a>,
        shape_of: impl Fn(&str) -> Option<Vec<usize>>,
    ) -> Result<bool, Error> {
        if let ("", "Shape" | "Size") = (node.domain, node.op_type)
            && let Some(input) = node.inputs.first()
            && !self.is_constant(input)
        {
            let Some(dims) = shape_of(input) else {
                return Ok(false);
            };
            let tensor = generate::shape_or_size(node, &dims)?;
            self.store(node, vec![tensor]);
            return Ok(true);
        }
        let mut names = node.inputs.iter().filter(|name| !name.is_empty());
        if !names.all(|name| self.is_constant(name)) {
            return Ok(false);
        }
        if let ("", "Identity", [input], [output]) = (
            node.domain,
            node.op_type,
            &node.inputs[..],
            &node.outputs[..],
        ) && let Some(constant) = self.constants.get(input)
        {
            // Exporters share equal weights this way.
            self.constants.insert(output.clone(), constant.clone());
            return Ok(true);
        }
        if !node.domain.is_empty() || !is_folded(node.op_type) || node.has_subgraph() {
            let what = format!("{} of constants", describe(node));
            return Err(Error::NetworkUnsupported(what));
        }
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for name in &node.inputs {
            inputs.push(self.constant(name)?);
        }
        let outputs = evaluate(&Call {
            node,
            inputs,
            files: self.files,
            budget: &self.budget,
        })?;
        if node.outputs.len() > outputs.len() {
            let what = format!("{} has {} outputs", describe(node), node.outputs.len());
            return Err(Error::NetworkUnsupported(what));
        }
        self.store(node, outputs);
        Ok(true)
    }

    fn store(&mut self, node: &Node<'a>, outputs: Vec<HostTensor>) {
        for (name, tensor) in node.outputs.iter().zip(outputs) {
            if !name.is_empty() {
                self.insert(name.clone(), tensor);
            }
        }
    }
}

/// An operator's way to compute its outputs.
type Evaluate = fn(&Call<'_, '_>) -> Result<Vec<HostTensor>, Error>;

fn is_folded(op_type: &str) -> bool {
    evaluator(op_type).is_some()
}

fn evaluate(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    match evaluator(call.node.op_type) {
        Some(evaluate) => evaluate(call),
        None => Err(call.unsupported("it is not folded")),
    }
}

fn evaluator(op_type: &str) -> Option<Evaluate> {
    Some(match op_type {
        "Abs" | "Ceil" | "Cos" | "Exp" | "Floor" | "Log" | "Neg" | "Not" | "Reciprocal"
        | "Relu" | "Round" | "Sigmoid" | "Sign" | "Sin" | "Sqrt" | "Tanh" => elementwise::unary,
        "Add" | "Sub" | "Mul" | "Div" | "Mod" | "Pow" | "Min" | "Max" | "Sum" | "Mean" => {
            elementwise::arithmetic
        }
        "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" | "And" | "Or" | "Xor" => {
            elementwise::compare
        }
        "Cast" | "CastLike" => elementwise::cast,
        "Clip" => elementwise::clip,
        "Where" => elementwise::choose,
        "Constant" => generate::constant,
        "ConstantOfShape" => generate::constant_of_shape,
        "EyeLike" => generate::eye_like,
        "NonZero" => generate::non_zero,
        "OneHot" => generate::one_hot,
        "Range" => generate::range,
        "Shape" | "Size" => generate::shape_of_constant,
        "Concat" => layout::concat,
        "Dropout" => layout::dropout,
        "Expand" => layout::expand,
        "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" | "Identity" => layout::reshape,
        "Gather" => layout::gather,
        "GatherElements" => layout::gather_elements,
        "GatherND" => layout::gather_nd,
        "Pad" => layout::pad,
        "ScatterElements" | "Scatter" => layout::scatter_elements,
        "ScatterND" => layout::scatter_nd,
        "Slice" => layout::slice,
        "Split" => layout::split,
        "Tile" => layout::tile,
        "Transpose" => layout::transpose,
        "Trilu" => layout::trilu,
        "BatchNormalization" => linear::batch_normalization,
        "Conv" => linear::convolution,
        "Gemm" => linear::gemm,
        "MatMul" => linear::matmul,
        "DequantizeLinear" => quantise::dequantize,
        "QuantizeLinear" => quantise::quantize,
        "CumSum" => reduce::cumulative_sum,
        "ReduceL1" | "ReduceL2" | "ReduceMax" | "ReduceMean" | "ReduceMin" | "ReduceProd"
        | "ReduceSum" | "ReduceSumSquare" => reduce::reduce,
        _ => return None,
    })
}
