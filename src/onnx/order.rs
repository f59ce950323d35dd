//! Orders nodes so that each comes after the nodes whose outputs it reads.

use std::collections::{HashMap, HashSet};

use super::model::{Graph, Node};
use crate::error::Error;

/// Checks that the values of `nodes`, the initialisers and the inputs of `graph` are consistent.
/// Returns the nodes that the values `wanted` depend on, in an order in which they can be computed:
/// that of the file, if it is one.
///
/// # Errors
/// `network-corrupt` when a value is defined twice, a value that is read is not defined, or nodes
/// depend on each other in a cycle. The detail names the value and the node.
pub fn order_nodes<'a>(
    nodes: Vec<Node<'a>>,
    graph: &Graph<'_>,
    wanted: &[&str],
) -> Result<Vec<Node<'a>>, Error> {
    let mut given: HashSet<&str> = HashSet::new();
    for tensor in &graph.initializers {
        if !given.insert(tensor.name) {
            return Err(twice(tensor.name));
        }
    }
    // Before IR version 4, initialisers are inputs as well.
    given.extend(graph.inputs.iter().map(|input| input.name));
    let mut producers: HashMap<&str, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for output in node.outputs.iter().filter(|name| !name.is_empty()) {
            if given.contains(&**output) || producers.insert(output, index).is_some() {
                return Err(twice(output));
            }
        }
    }
    let mut search = Search {
        states: vec![State::New; nodes.len()],
        finished: Vec::new(),
        is_file_order: true,
        nodes: &nodes,
        producers,
        given,
    };
    for name in wanted {
        match search.producers.get(name) {
            Some(&index) => search.visit(index)?,
            None if search.given.contains(name) => {}
            None => {
                return Err(Error::NetworkCorrupt(format!(
                    "nothing computes the output \"{name}\""
                )));
            }
        }
    }
    let (states, order, is_file_order) = (search.states, search.finished, search.is_file_order);
    if is_file_order {
        let kept = nodes.into_iter().zip(states);
        let kept = kept.filter(|(_, state)| *state == State::Finished);
        return Ok(kept.map(|(node, _)| node).collect());
    }
    let mut nodes: Vec<_> = nodes.into_iter().map(Some).collect();
    let ordered = order.into_iter();
    Ok(ordered
        .filter_map(|index| nodes.get_mut(index)?.take())
        .collect())
}

/// A depth-first search with a stack of its own: files may nest nodes as deeply as they like.
struct Search<'s, 'a> {
    nodes: &'s [Node<'a>],
    /// The node that computes each value.
    producers: HashMap<&'s str, usize>,
    /// Initialisers and inputs.
    given: HashSet<&'s str>,
    states: Vec<State>,
    /// Nodes in the order in which they were finished, each after those that it depends on.
    finished: Vec<usize>,
    /// Whether each node comes after those that it depends on in the file too. ONNX demands it.
    is_file_order: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    /// Its inputs are being visited.
    Open,
    Finished,
}

impl Search<'_, '_> {
    /// Finishes node `first` after everything that it depends on.
    fn visit(&mut self, first: usize) -> Result<(), Error> {
        let mut stack = vec![(first, 0)];
        while let Some((index, next_input)) = stack.last_mut() {
            let index = *index;
            if self.states[index] == State::Finished {
                stack.pop();
                continue;
            }
            self.states[index] = State::Open;
            let node = &self.nodes[index];
            let Some(input) = node.inputs.get(*next_input) else {
                self.states[index] = State::Finished;
                self.finished.push(index);
                stack.pop();
                continue;
            };
            *next_input += 1;
            match self.producers.get(&**input) {
                Some(&producer) if self.states[producer] == State::Open => {
                    return Err(Error::NetworkCorrupt(format!(
                        "{} is part of a cycle",
                        describe(node)
                    )));
                }
                Some(&producer) => {
                    self.is_file_order &= producer < index;
                    stack.push((producer, 0));
                }
                None if input.is_empty() || self.given.contains(&**input) => {}
                None => {
                    return Err(Error::NetworkCorrupt(format!(
                        "{} reads \"{input}\", which neither a node nor an initialiser gives",
                        describe(node)
                    )));
                }
            }
        }
        Ok(())
    }
}

/// A node's operator type and name, for errors.
pub(super) fn describe(node: &Node<'_>) -> String {
    let name = match (&*node.name, node.outputs.first()) {
        ("", Some(output)) => output,
        (name, _) => name,
    };
    let domain = if node.domain.is_empty() {
        String::new()
    } else {
        format!("{}.", node.domain)
    };
    format!("{domain}{} \"{name}\"", node.op_type)
}

fn twice(name: &str) -> Error {
    Error::NetworkCorrupt(format!("the value \"{name}\" is defined twice"))
}
