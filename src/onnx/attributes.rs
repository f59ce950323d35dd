//! Attributes of a node by name, with their types checked.

use super::model::{AttributeValue, Node, Tensor};
use super::order::describe;
use crate::error::Error;

impl<'a> Node<'a> {
    /// The attribute's value, if the node has it.
    #[inline(never)]
    pub fn attribute(&self, name: &str) -> Option<&AttributeValue<'a>> {
        let found = self.attributes.iter().find(|given| given.name == name);
        found.map(|found| &found.value)
    }

    /// An integer; `None` when absent.
    ///
    /// # Errors
    /// `network-corrupt` when the attribute has another type. So do the others here.
    #[inline(never)]
    pub fn int(&self, name: &str) -> Result<Option<i64>, Error> {
        self.typed(name, |value| match value {
            AttributeValue::Int(int) => Some(*int),
            _ => None,
        })
    }

    /// A number; `None` when absent.
    ///
    /// # Errors
    /// As [`Node::int`].
    #[inline(never)]
    pub fn float(&self, name: &str) -> Result<Option<f32>, Error> {
        self.typed(name, |value| match value {
            AttributeValue::Float(float) => Some(*float),
            _ => None,
        })
    }

    /// Text; `None` when absent.
    ///
    /// # Errors
    /// As [`Node::int`], and when it is not UTF-8.
    #[inline(never)]
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, Error> {
        self.typed(name, |value| match value {
            AttributeValue::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        })
    }

    /// Integers; `None` when absent.
    ///
    /// # Errors
    /// As [`Node::int`].
    #[inline(never)]
    pub fn ints(&self, name: &str) -> Result<Option<&[i64]>, Error> {
        self.typed(name, |value| match value {
            AttributeValue::Ints(ints) => Some(&**ints),
            _ => None,
        })
    }

    /// Numbers; `None` when absent.
    ///
    /// # Errors
    /// As [`Node::int`].
    pub fn floats(&self, name: &str) -> Result<Option<&[f32]>, Error> {
        self.typed(name, |value| match value {
            AttributeValue::Floats(floats) => Some(&**floats),
            // An empty list without a type looks like one of integers.
            AttributeValue::Ints(ints) if ints.is_empty() => Some(&[][..]),
            _ => None,
        })
    }

    /// A tensor; `None` when absent.
    ///
    /// # Errors
    /// As [`Node::int`].
    #[inline(never)]
    pub fn tensor(&self, name: &str) -> Result<Option<&Tensor<'a>>, Error> {
        self.typed(name, |value| match value {
            AttributeValue::Tensor(tensor) => Some(tensor),
            _ => None,
        })
    }

    /// Whether one of the attributes is a subgraph.
    pub fn has_subgraph(&self) -> bool {
        let mut values = self.attributes.iter().map(|attribute| &attribute.value);
        values.any(|value| matches!(value, AttributeValue::Subgraph))
    }

    fn typed<'s, T>(
        &'s self,
        name: &str,
        convert: impl FnOnce(&'s AttributeValue<'a>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.attribute(name) else {
            return Ok(None);
        };
        let converted = convert(value);
        if converted.is_none() {
            return Err(Error::NetworkCorrupt(format!(
                "{}: attribute \"{name}\" has another type",
                describe(self)
            )));
        }
        Ok(converted)
    }
}
