//! Arguments of a node: values that depend on the picture, and constants.

use std::rc::Rc;

use burn::tensor::{Tensor, TensorData};

use super::Import;
use crate::error::Error;
use crate::graph::operators::{Reshape, Transpose};
use crate::graph::{Graph, NodeId, Shape};
use crate::onnx::HostTensor;

/// A value that depends on the picture. Its first axis in the file is the batch.
#[derive(Debug, Clone)]
pub struct Dynamic {
    /// The node of the graph that computes it.
    pub node: NodeId,
    /// Axis `k + 1` in the file is axis `order[k]` of the node's shape.
    pub order: Vec<usize>,
}

impl Dynamic {
    /// A value whose axes are in the order of its node's.
    pub fn plain(graph: &Graph, node: NodeId) -> Self {
        let rank = graph[node].shape.sizes().len();
        Self {
            node,
            order: (0..rank).collect(),
        }
    }

    /// The sizes of its axes in the file, without the batch.
    pub fn sizes(&self, graph: &Graph) -> Vec<usize> {
        let sizes = graph[self.node].shape.sizes();
        self.order.iter().map(|&axis| sizes[axis]).collect()
    }

    /// Whether the axes are in the order of the node's.
    pub fn is_plain(&self) -> bool {
        self.order.is_sorted()
    }
}

impl Import<'_, '_> {
    /// Argument `k` of node `index`, if it is there and depends on the picture.
    pub fn dynamic_if_any(&self, index: usize, k: usize) -> Option<Dynamic> {
        let name = self.nodes[index].inputs.get(k)?;
        self.values.get(&**name).cloned()
    }

    /// Argument `k` of node `index`, which has to depend on the picture.
    pub fn dynamic(&self, index: usize, k: usize) -> Result<Dynamic, Error> {
        self.dynamic_if_any(index, k).ok_or_else(|| {
            self.unsupported(index, format!("input {k} does not depend on the picture"))
        })
    }

    /// Argument `k` of node `index`, which has to be constant, if it is there.
    pub fn constant(&self, index: usize, k: usize) -> Result<Option<Rc<HostTensor>>, Error> {
        let name = self.nodes[index].inputs.get(k);
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let constant = self.folder.constant(name)?;
        match constant {
            Some(constant) => Ok(Some(constant)),
            None => {
                let reason = format!("input {k} depends on the picture");
                Err(self.unsupported(index, reason))
            }
        }
    }

    /// The numbers of a constant argument, if it is there.
    pub fn floats(&self, index: usize, k: usize) -> Result<Option<Vec<f32>>, Error> {
        let constant = self.constant(index, k)?;
        Ok(constant.map(|constant| HostTensor::clone(&constant).into_f32()))
    }

    /// One number, from a constant argument or from an attribute, as the version has it.
    pub fn number(&self, index: usize, k: usize, attribute: &str) -> Result<Option<f32>, Error> {
        match self.floats(index, k)?.as_deref() {
            Some(&[number]) => Ok(Some(number)),
            Some(numbers) => {
                let reason = format!("{attribute} has {} numbers", numbers.len());
                Err(self.unsupported(index, reason))
            }
            None => self.nodes[index].float(attribute),
        }
    }

    /// Integers, from a constant argument or from an attribute, as the version has it.
    pub fn integers(
        &self,
        index: usize,
        k: usize,
        attribute: &str,
    ) -> Result<Option<Vec<i64>>, Error> {
        match self.constant(index, k)? {
            Some(constant) => match constant.ints() {
                Some(integers) => Ok(Some(integers.to_vec())),
                None => Err(self.unsupported(index, format!("{attribute} is not of integers"))),
            },
            None => Ok(self.nodes[index].ints(attribute)?.map(<[i64]>::to_vec)),
        }
    }

    /// An axis of a value with `rank` axes in the file, as one of the picture's, counted from 0.
    pub fn picture_axis(&self, index: usize, axis: i64, rank: usize) -> Result<usize, Error> {
        let from_start = if axis < 0 { axis + rank as i64 } else { axis };
        match usize::try_from(from_start) {
            Ok(axis) if axis > 0 && axis < rank => Ok(axis - 1),
            Ok(0) => Err(self.unsupported(index, "it does not keep the batch apart")),
            _ => Err(Error::NetworkCorrupt(format!(
                "{}: axis {axis} of {rank}",
                self.layers[index].name
            ))),
        }
    }

    /// Makes a node of the graph the output `k` of the ONNX node `index`.
    pub fn set(&mut self, index: usize, k: usize, value: Dynamic) {
        if let Some(name) = self.nodes[index].outputs.get(k) {
            self.values.insert(name.clone().into_owned(), value);
        }
    }

    /// Makes a node of the graph, with its axes in the file's order, the only output.
    pub fn set_plain(&mut self, index: usize, node: NodeId) {
        let value = Dynamic::plain(&self.graph, node);
        self.set(index, 0, value);
    }

    /// A node that has the value's axes in the order of the file.
    pub fn canonical(&mut self, value: &Dynamic) -> Result<NodeId, Error> {
        if value.is_plain() {
            return Ok(value.node);
        }
        let sizes = value.sizes(&self.graph);
        let name = format!("{} (transposed)", self.graph[value.node].name);
        let vector = sizes.iter().filter(|&&size| size > 1).count() < 2;
        if vector {
            let reshape = Reshape::to(&Shape::new(sizes));
            return self.graph.add(name, reshape, &[value.node]);
        }
        self.graph
            .add(name, Transpose(value.order.clone()), &[value.node])
    }

    /// A plain argument, transposed where it has to be.
    pub fn plain_argument(&mut self, index: usize, k: usize) -> Result<NodeId, Error> {
        let value = self.dynamic(index, k)?;
        self.canonical(&value)
    }

    /// A vector on the device.
    pub fn vector(&self, values: Vec<f32>) -> Tensor<1> {
        let length = values.len();
        Tensor::from_data(TensorData::new(values, [length]), self.device)
    }
}
