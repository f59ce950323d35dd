//! Replaces calls of a file's own functions by the functions' bodies.

use std::borrow::Cow;
use std::collections::HashMap;

use super::model::{Attribute, AttributeValue, Function, Model, Node, check_node_count};
use crate::error::Error;

/// Deepest nesting of calls. A function that calls itself exceeds it.
const MAX_DEPTH: usize = 32;

/// Most memory that the nodes may take, functions inlined.
const MAX_BYTES: usize = 256 << 20;

/// A body's nodes that are still to be inlined, and what the call binds its names to.
struct Call<'m, 'a> {
    nodes: std::slice::Iter<'m, Node<'a>>,
    /// The caller's name of each value of the body.
    names: HashMap<&'m str, Cow<'a, str>>,
    /// Values of the function's attributes.
    attributes: Vec<Attribute<'a>>,
    /// Name of the call's node, which precedes the names of the body's nodes.
    caller: String,
    /// Makes the body's own values unique.
    number: usize,
}

/// The graph's nodes, with every call of a function of the file replaced by its body. Nodes of a
/// body are named `caller/node`, and values `caller/value#n`, where `n` counts the calls.
///
/// # Errors
/// `network-too-large` when there are too many nodes then, or calls are nested too deeply;
/// `network-corrupt` when two functions have one name or a call has too many arguments.
pub fn inline_functions<'a>(model: &Model<'a>) -> Result<Vec<Node<'a>>, Error> {
    let mut functions = HashMap::new();
    for function in &model.functions {
        let key = (function.domain, function.name, function.overload);
        if functions.insert(key, function).is_some() {
            return Err(Error::NetworkCorrupt(format!(
                "function {} is defined twice",
                function.name
            )));
        }
    }
    let mut calls: Vec<Call<'_, 'a>> = Vec::new();
    let (mut inlined, mut bytes, mut number) = (Vec::new(), 0, 0);
    let mut top = model.graph.nodes.iter();
    loop {
        let (call, node) = match calls.last_mut() {
            Some(call) => match call.nodes.next() {
                Some(node) => (Some(&*call), node),
                None => {
                    calls.pop();
                    continue;
                }
            },
            None => match top.next() {
                Some(node) => (None, node),
                None => return Ok(inlined),
            },
        };
        let node = call.map_or_else(|| Ok(node.clone()), |call| bind(node, call))?;
        bytes += size(&node);
        if bytes > MAX_BYTES {
            return Err(Error::NetworkTooLarge(format!(
                "its nodes, functions inlined, take more than {MAX_BYTES} bytes"
            )));
        }
        let Some(function) = functions.get(&(node.domain, node.op_type, node.overload)) else {
            inlined.push(node);
            check_node_count(inlined.len())?;
            continue;
        };
        if calls.len() == MAX_DEPTH {
            return Err(Error::NetworkTooLarge(format!(
                "calls of function {} are nested more than {MAX_DEPTH} deep",
                function.name
            )));
        }
        number += 1;
        check_node_count(number)?;
        calls.push(enter(node, function, number)?);
    }
}

/// Starts to inline `node`, which calls `function`.
fn enter<'m, 'a>(
    node: Node<'a>,
    function: &'m Function<'a>,
    number: usize,
) -> Result<Call<'m, 'a>, Error> {
    if node.inputs.len() > function.inputs.len() || node.outputs.len() > function.outputs.len() {
        return Err(Error::NetworkCorrupt(format!(
            "node \"{}\" has more arguments than its function {}",
            node.name, function.name
        )));
    }
    // An optional input that the call leaves out is absent in the body as well; an output becomes a
    // value that nothing reads.
    let absent = std::iter::repeat(Cow::Borrowed(""));
    let mut names: HashMap<&str, _> = function
        .inputs
        .iter()
        .copied()
        .zip(node.inputs.into_iter().chain(absent))
        .collect();
    let outputs = function.outputs.iter().copied().zip(node.outputs);
    names.extend(outputs.filter(|(_, outer)| !outer.is_empty()));
    let mut attributes = node.attributes;
    for default in &function.defaults {
        if attributes.iter().all(|given| given.name != default.name) {
            attributes.push(default.clone());
        }
    }
    Ok(Call {
        nodes: function.nodes.iter(),
        names,
        attributes,
        caller: node.name.into_owned(),
        number,
    })
}

/// A body's node with the names and attributes of a call.
fn bind<'a>(node: &Node<'a>, call: &Call<'_, 'a>) -> Result<Node<'a>, Error> {
    let rename = |name: &Cow<'a, str>| match call.names.get(&**name) {
        Some(outer) => outer.clone(),
        None if name.is_empty() => Cow::Borrowed(""),
        None => Cow::Owned(format!("{}/{name}#{}", call.caller, call.number)),
    };
    let mut attributes = Vec::with_capacity(node.attributes.len());
    for attribute in &node.attributes {
        let AttributeValue::Reference(outer) = attribute.value else {
            attributes.push(attribute.clone());
            continue;
        };
        // A reference to an attribute that the call does not give leaves the attribute out.
        if let Some(given) = call.attributes.iter().find(|given| given.name == outer) {
            attributes.push(Attribute {
                name: attribute.name,
                value: given.value.clone(),
            });
        }
    }
    Ok(Node {
        name: Cow::Owned(format!("{}/{}", call.caller, node.name)),
        inputs: node.inputs.iter().map(rename).collect(),
        outputs: node.outputs.iter().map(rename).collect(),
        attributes,
        ..node.clone()
    })
}

/// Memory that a node takes, in bytes: about.
fn size(node: &Node<'_>) -> usize {
    let mut bytes = size_of::<Node<'_>>() + node.name.len();
    for name in node.inputs.iter().chain(&node.outputs) {
        bytes += size_of::<Cow<'_, str>>() + name.len();
    }
    for attribute in &node.attributes {
        bytes += size_of::<Attribute<'_>>();
        bytes += match &attribute.value {
            AttributeValue::Floats(list) => size_of_val(&**list),
            AttributeValue::Ints(list) => size_of_val(&**list),
            AttributeValue::Texts(list) => size_of_val(&**list),
            AttributeValue::Tensor(tensor) => size_of_val(&*tensor.dims),
            _ => 0,
        };
    }
    bytes
}
