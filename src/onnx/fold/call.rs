//! A node with its arguments, which are constants.

use std::cell::Cell;
use std::rc::Rc;

use super::super::external_files::ExternalFiles;
use super::super::model::Node;
use super::super::order::describe;
use super::super::tensor::{Data, ElementType, HostTensor, element_count};
use crate::error::Error;

pub(super) struct Call<'c, 'a> {
    pub(super) node: &'c Node<'a>,
    pub(super) inputs: Vec<Option<Rc<HostTensor>>>,
    pub(super) files: &'c ExternalFiles<'c>,
    /// Number of elements that may still be computed.
    pub(super) budget: &'c Cell<usize>,
}

impl Call<'_, '_> {
    /// Input `index`, which the operator demands.
    #[inline(never)]
    pub(super) fn input(&self, index: usize) -> Result<&HostTensor, Error> {
        self.optional(index)
            .ok_or_else(|| self.corrupt(&format!("its input {index} is missing")))
    }

    /// Input `index`, if it is given.
    pub(super) fn optional(&self, index: usize) -> Option<&HostTensor> {
        self.inputs.get(index)?.as_deref()
    }

    /// Input `index`, whose elements are integers.
    #[inline(never)]
    pub(super) fn ints(&self, index: usize) -> Result<&[i64], Error> {
        let ints = self.input(index)?.ints();
        ints.ok_or_else(|| self.corrupt(&format!("its input {index} should be integers")))
    }

    /// A list that is an attribute in old versions of the operator, and input `index` in new ones.
    #[inline(never)]
    pub(super) fn list(&self, attribute: &str, index: usize) -> Result<Option<&[i64]>, Error> {
        match self.node.ints(attribute)? {
            Some(list) => Ok(Some(list)),
            None if self.optional(index).is_none() => Ok(None),
            None => self.ints(index).map(Some),
        }
    }

    /// An integer attribute.
    #[inline(never)]
    pub(super) fn int(&self, attribute: &str, default: i64) -> Result<i64, Error> {
        Ok(self.node.int(attribute)?.unwrap_or(default))
    }

    /// A numeric attribute.
    #[inline(never)]
    pub(super) fn float(&self, attribute: &str, default: f32) -> Result<f64, Error> {
        Ok(self.node.float(attribute)?.unwrap_or(default).into())
    }

    /// An axis of `rank`, which may be counted from the end.
    #[inline(never)]
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize, Error> {
        self.index(axis, rank)
            .ok_or_else(|| self.corrupt(&format!("axis {axis} of {rank}")))
    }

    /// An index below `length`, which may be counted from the end.
    #[inline(never)]
    pub(super) fn index(&self, index: i64, length: usize) -> Option<usize> {
        let counted = if index < 0 {
            index.checked_add(i64::try_from(length).ok()?)?
        } else {
            index
        };
        usize::try_from(counted)
            .ok()
            .filter(|&index| index < length)
    }

    /// Counts the elements of a tensor that is about to be computed.
    #[inline(never)]
    pub(super) fn reserve(&self, dims: &[usize]) -> Result<usize, Error> {
        let count = element_count(dims)?;
        self.spend(count)?;
        Ok(count)
    }

    /// Counts `count` elements or steps of the computation.
    #[inline(never)]
    pub(super) fn spend(&self, count: usize) -> Result<(), Error> {
        let Some(left) = self.budget.get().checked_sub(count) else {
            return Err(Error::NetworkTooLarge(format!(
                "{} makes more constants than are allowed",
                describe(self.node)
            )));
        };
        self.budget.set(left);
        Ok(())
    }

    /// A tensor whose element `i` is `value(i)`, in floating-point or integer arithmetic.
    #[inline(never)]
    pub(super) fn tensor(
        &self,
        dims: &[usize],
        element_type: ElementType,
        value: &dyn Fn(usize) -> f64,
    ) -> Result<HostTensor, Error> {
        let count = self.reserve(dims)?;
        let values = (0..count).map(value);
        let data = match element_type {
            ElementType::F64 => Data::F64(values.collect()),
            ElementType::Bool => Data::Bool(values.map(|value| value != 0.0).collect()),
            _ if element_type.is_float() => Data::F32(values.map(|value| value as f32).collect()),
            _ => Data::I64(values.map(|value| value as i64).collect()),
        };
        HostTensor::new(dims.to_vec(), element_type, data)
    }

    /// `network-corrupt` with the node.
    #[cold]
    #[inline(never)]
    pub(super) fn corrupt(&self, what: &str) -> Error {
        Error::NetworkCorrupt(format!("{}: {what}", describe(self.node)))
    }

    /// `network-unsupported` with the node.
    #[cold]
    #[inline(never)]
    pub(super) fn unsupported(&self, what: &str) -> Error {
        Error::NetworkUnsupported(format!("{}: {what}", describe(self.node)))
    }

    /// An error for inputs whose element types do not go together.
    #[cold]
    #[inline(never)]
    pub(super) fn mixed_types(&self) -> Error {
        self.corrupt("the element types of its inputs do not fit")
    }
}
