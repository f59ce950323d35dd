//! Says which operators a network has that the engine has not.

use std::collections::BTreeMap;

use super::model::Node;
use super::order::describe;
use crate::error::Error;

/// Operators that are not supported, as an importer comes across them.
#[derive(Debug, Clone, Default)]
pub struct UnsupportedOperators(BTreeMap<String, Found>);

#[derive(Debug, Clone)]
struct Found {
    count: usize,
    /// The first node, and what is wrong with it.
    first: String,
}

impl UnsupportedOperators {
    /// Adds a node, and the reason where it is more than the operator itself.
    pub fn add(&mut self, node: &Node<'_>, reason: &str) {
        let first = || {
            let colon = if reason.is_empty() { "" } else { ": " };
            let first = format!("{}{colon}{reason}", describe(node));
            Found { count: 0, first }
        };
        let key = format!("{}.{}", node.domain, node.op_type);
        self.0.entry(key).or_insert_with(first).count += 1;
    }

    /// Whether no node has been added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `network-unsupported`, with each operator, how many nodes have it, and the first of these.
    pub fn error(&self) -> Error {
        let operators = self.0.values().map(|Found { count, first }| match count {
            0 | 1 => first.clone(),
            count => format!("{first} and {} more", count - 1),
        });
        let list: Vec<String> = operators.take(MAX_LISTED).collect();
        let others = self.0.len() - list.len();
        let rest = if others == 0 {
            String::new()
        } else {
            format!("; and {others} others")
        };
        Error::NetworkUnsupported(format!("{}{rest}", list.join("; ")))
    }
}

/// Most operators that an error names.
const MAX_LISTED: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_named_with_their_first_node_and_count() {
        let mut unsupported = UnsupportedOperators::default();
        assert!(unsupported.is_empty());
        let node = |op_type, domain, name: &'static str| Node {
            op_type,
            domain,
            name: name.into(),
            ..Node::default()
        };
        for name in ["a", "b", "c"] {
            unsupported.add(&node("Einsum", "", name), "");
        }
        unsupported.add(&node("FusedConv", "com.microsoft", "d"), "");
        unsupported.add(&node("Resize", "", "e"), "its mode cubic");
        assert_eq!(
            unsupported.error().detail(),
            "Einsum \"a\" and 2 more; Resize \"e\": its mode cubic; com.microsoft.FusedConv \"d\""
        );
    }

    #[test]
    fn a_file_cannot_make_an_error_endless() {
        let mut unsupported = UnsupportedOperators::default();
        let names: Vec<String> = (0..1000).map(|i| format!("Op{i}")).collect();
        for name in &names {
            unsupported.add(
                &Node {
                    op_type: name,
                    ..Node::default()
                },
                "",
            );
        }
        assert!(unsupported.error().detail().ends_with("; and 992 others"));
    }
}
