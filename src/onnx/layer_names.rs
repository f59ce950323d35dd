//! Names of layers that people know: those of the modules that the network was written with.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::literal::parse_strings;
use super::model::Node;

/// Longer names are not for people, and their many parts would take long to compare.
const MAX_NAME_BYTES: usize = 256;

/// The name of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerName {
    /// Unique in the network, such as `layer1.0.conv1`.
    pub name: String,
    /// The module that the layer is part of, such as `layer1.0`; empty at the top.
    pub group: String,
}

/// What a node tells about its place in the network.
struct Origin {
    /// Path of the module that it computes, or is part of.
    path: String,
    /// What it is in that module.
    part: String,
}

/// The name of each node's output, in the order of `nodes`.
///
/// A module's path comes from the name of its weights, else from the node's metadata (PyTorch's
/// exporter), else from its name (TorchScript's, tf2onnx). The node that gives a module's output has
/// the module's name; behind that of others in a module follows their operator. Where nothing is
/// known the name is the operator and a number, such as `Conv.3`.
pub fn layer_names(nodes: &[Node<'_>]) -> Vec<LayerName> {
    let keras = KerasNames::of(nodes);
    let origins: Vec<Option<Origin>> = nodes.iter().map(|node| origin(node, &keras)).collect();
    // Modules that are more than one operator: others are at their path, or below it. A module that
    // is one operator may be called several times.
    let mut operators: HashMap<&str, &str> = HashMap::new();
    let mut shared: HashSet<&str> = HashSet::new();
    // The last node of each module: its output is the module's.
    let mut last: HashMap<&str, usize> = HashMap::new();
    for (index, (node, origin)) in nodes.iter().zip(&origins).enumerate() {
        let Some(Origin { path, .. }) = origin else {
            continue;
        };
        if *operators.entry(path).or_insert(node.op_type) != node.op_type {
            shared.insert(path);
        }
        last.insert(path, index);
        for (dot, _) in path.match_indices('.') {
            shared.insert(&path[..dot]);
            last.insert(&path[..dot], index);
        }
    }
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut used = HashMap::new();
    let mut names = Vec::with_capacity(nodes.len());
    for (index, (node, origin)) in nodes.iter().zip(&origins).enumerate() {
        let is_shared = |origin: &Origin| shared.contains(&*origin.path);
        let name = match origin {
            Some(origin) if origin.path.is_empty() => origin.part.clone(),
            Some(origin) if is_shared(origin) && last[&*origin.path] != index => {
                format!("{}.{}", origin.path, origin.part)
            }
            Some(origin) => origin.path.clone(),
            None => {
                let number = numbers.entry(node.op_type).or_default();
                *number += 1;
                format!("{}.{}", node.op_type, *number - 1)
            }
        };
        let name = unique(name, &mut used);
        let group = match origin {
            None => "",
            Some(origin) if is_shared(origin) => &origin.path,
            Some(_) => name.rsplit_once('.').map_or("", |(group, _)| group),
        };
        let group = group.to_owned();
        names.push(LayerName { name, group });
    }
    names
}

/// `name`, or `name_1` and so on where that is taken. `used` has the number of each name's next.
fn unique(name: String, used: &mut HashMap<String, usize>) -> String {
    let mut candidate = name.clone();
    loop {
        let number = used.entry(candidate.clone()).or_default();
        if *number == 0 {
            *number = 1;
            return candidate;
        }
        let number = used.entry(name.clone()).or_default();
        candidate = format!("{name}_{number}");
        *number += 1;
    }
}

fn origin(node: &Node<'_>, keras: &KerasNames) -> Option<Origin> {
    let origin = from_weights(node)
        .or_else(|| from_scopes(node))
        .or_else(|| from_torch_script(node))
        .or_else(|| keras.origin(node))
        .or_else(|| from_own_name(node));
    origin.filter(|origin| origin.path.len() + origin.part.len() <= MAX_NAME_BYTES)
}

/// PyTorch's exporter: `['', 'features', 'features.3', 'conv2d_1']`, of which the last is the
/// operation and the last but one the module.
fn from_scopes(node: &Node<'_>) -> Option<Origin> {
    let key = "pkg.torch.onnx.name_scopes";
    let (_, text) = node.metadata.iter().find(|(found, _)| found == key)?;
    let scopes = parse_strings(text)?;
    let [.., (_, path), (_, operation)] = &scopes[..] else {
        return None;
    };
    let is_top = path.is_empty();
    Some(Origin {
        path: path.clone(),
        part: if is_top {
            operation.clone()
        } else {
            node.op_type.to_owned()
        },
    })
}

/// TorchScript's exporter: `/layer1/layer1.0/conv1/Conv`, where `layer1.0` is a child of `layer1`.
fn from_torch_script(node: &Node<'_>) -> Option<Origin> {
    let mut scopes: Vec<&str> = node.name.strip_prefix('/')?.split('/').collect();
    let part = scopes.pop()?.to_owned();
    let mut path: Vec<&str> = Vec::new();
    for scope in scopes {
        if let Some(parent) = path.last()
            && scope
                .strip_prefix(parent)
                .is_some_and(|child| child.starts_with('.'))
        {
            path.pop();
        }
        path.push(scope);
    }
    let path = path.join(".");
    Some(Origin { path, part })
}

/// The module of its weights: `features.0.weight`, and in Paddle `conv2d_0.w_0`.
fn from_weights(node: &Node<'_>) -> Option<Origin> {
    let suffixes = [".weight", ".w_0"];
    let module = |name: &Cow<'_, str>| {
        let path = suffixes
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))?;
        Some(path.to_owned())
    };
    let path = node.inputs.iter().skip(1).find_map(module)?;
    Some(Origin {
        path,
        part: node.op_type.to_owned(),
    })
}

/// A name that is more than the operator and a number.
fn from_own_name(node: &Node<'_>) -> Option<Origin> {
    let is_number = |rest: &str| {
        rest.chars()
            .all(|c| c.is_ascii_digit() || "_.:-".contains(c))
    };
    let name = node.name.strip_prefix("node_").unwrap_or(&node.name);
    let is_generated = name.strip_prefix(node.op_type).is_some_and(is_number);
    (!is_number(name) && !is_generated).then(|| Origin {
        path: name.to_owned(),
        part: node.op_type.to_owned(),
    })
}

/// How tf2onnx names the nodes of a Keras model: `mobilenet_1.00_224_1/conv1_relu_1/Relu6`, where
/// `mobilenet_1.00_224_1` is the model.
struct KerasNames {
    /// Leading parts that all names share, with their slashes.
    prefix: String,
    /// Keras 3 adds `_1` to every layer's name when it exports a model that was called before.
    has_suffix: bool,
}

impl KerasNames {
    fn of(nodes: &[Node<'_>]) -> Self {
        let names = || {
            let names = nodes.iter().map(|node| &*node.name);
            let readable = names.filter(|name| name.len() <= MAX_NAME_BYTES);
            readable.filter(|name| name.contains('/') && !name.starts_with('/'))
        };
        let mut prefix = String::new();
        // Layers at the top of the model must keep a part for the layer and one for the operator.
        while let Some((first, _)) = names()
            .next()
            .and_then(|name| name.strip_prefix(&prefix)?.split_once('/'))
        {
            let longer = format!("{prefix}{first}/");
            let keeps_layer = |name: &str| {
                name.strip_prefix(&*longer)
                    .is_some_and(|rest| rest.contains('/'))
            };
            if names().count() < 2 || !names().all(keeps_layer) {
                break;
            }
            prefix = longer;
        }
        let layer = |name: &str| {
            let rest = name.strip_prefix(&*prefix);
            rest.and_then(|rest| rest.split('/').next())
                .is_some_and(|layer| layer.ends_with("_1"))
        };
        let has_suffix = names().all(layer);
        Self { prefix, has_suffix }
    }

    fn origin(&self, node: &Node<'_>) -> Option<Origin> {
        let rest = node.name.strip_prefix(&*self.prefix)?;
        let (layers, part) = rest.rsplit_once('/')?;
        let mut path = Vec::new();
        for layer in layers.split('/').filter(|&layer| layer != "batchnorm") {
            let known = if self.has_suffix {
                layer.strip_suffix("_1")
            } else {
                None
            };
            path.push(known.unwrap_or(layer));
        }
        // tf2onnx numbers nodes that it made itself: `BiasAdd__211`.
        let part = part.split("__").next().unwrap_or(part).to_owned();
        let path = path.join(".");
        Some(Origin { path, part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node<'a>(op_type: &'a str, name: &'a str) -> Node<'a> {
        Node {
            op_type,
            name: name.into(),
            ..Node::default()
        }
    }

    fn names(nodes: &[Node<'_>]) -> Vec<String> {
        layer_names(nodes)
            .into_iter()
            .map(|layer| layer.name)
            .collect()
    }

    #[test]
    fn names_of_torch_script() {
        let nodes = [
            node("Conv", "/conv1/Conv"),
            node("Conv", "/layer1/layer1.0/conv1/Conv"),
            node("Relu", "/layer1/layer1.0/relu/Relu"),
            node("Add", "/layer1/layer1.0/Add"),
            node("Relu", "/layer1/layer1.0/relu_1/Relu"),
            node("Conv", "/features/features.1/block/block.0/block.0.0/Conv"),
            node("Flatten", "/Flatten"),
            node("Gemm", "/fc/Gemm"),
        ];
        assert_eq!(
            names(&nodes),
            [
                "conv1",
                "layer1.0.conv1",
                "layer1.0.relu",
                "layer1.0.Add",
                "layer1.0.relu_1",
                "features.1.block.0.0",
                "Flatten",
                "fc",
            ]
        );
        let groups = layer_names(&nodes).into_iter().map(|layer| layer.group);
        let expected = [
            "",
            "layer1.0",
            "layer1.0",
            "layer1.0",
            "layer1.0",
            "features.1.block.0",
            "",
            "",
        ];
        assert!(groups.eq(expected));
    }

    #[test]
    fn names_of_torchs_new_exporter() {
        let with_scopes = |op_type, scopes: &'static str| Node {
            metadata: vec![("pkg.torch.onnx.name_scopes".into(), scopes.into())],
            ..node(op_type, "node_1")
        };
        let folded = Node {
            inputs: vec!["x".into(), "features.0.0.weight".into()],
            ..with_scopes(
                "Conv",
                "['', 'features', 'features.0', 'features.0.1', 'batch_norm']",
            )
        };
        let nodes = [
            folded,
            with_scopes(
                "Conv",
                "['', 'features', 'features.3', 'features.3.squeeze', 'conv2d_1']",
            ),
            with_scopes(
                "Sigmoid",
                "['', 'features', 'features.3', 'features.3.act', 'silu']",
            ),
            with_scopes(
                "Mul",
                "['', 'features', 'features.3', 'features.3.act', 'silu']",
            ),
            with_scopes("Mul", "['', 'features', 'features.3', 'mul']"),
            with_scopes("ReduceMean", "['', 'mean']"),
            with_scopes("Gemm", "['', 'classifier', 'classifier.1', 'linear']"),
        ];
        assert_eq!(
            names(&nodes),
            [
                // With its batch normalisation folded in, it has that one's scope.
                "features.0.0",
                "features.3.squeeze",
                "features.3.act.Sigmoid",
                "features.3.act",
                "features.3",
                "mean",
                "classifier.1",
            ]
        );
    }

    #[test]
    fn names_of_keras() {
        let nodes = [
            node("Conv", "Conv__227"),
            node("Clip", "mobilenet_0.12_48_1/conv1_relu_1/Relu6"),
            node("Mul", "mobilenet_0.12_48_1/conv_dw_1_bn_1/batchnorm/mul_1"),
            node("Add", "mobilenet_0.12_48_1/conv_dw_1_bn_1/batchnorm/add_1"),
            node("Conv", "mobilenet_0.12_48_1/conv_preds_1/BiasAdd__211"),
            node("Conv", "Conv__237"),
        ];
        assert_eq!(
            names(&nodes),
            [
                "Conv.0",
                "conv1_relu",
                "conv_dw_1_bn.mul_1",
                "conv_dw_1_bn",
                "conv_preds",
                "Conv.1",
            ]
        );
        let nested = [
            node("Relu", "functional_1/mobilenetv2_1/Conv1_relu_1/Relu6"),
            node("MatMul", "functional_1/dense/MatMul"),
        ];
        assert_eq!(names(&nested), ["mobilenetv2_1.Conv1_relu_1", "dense"]);
    }

    #[test]
    fn many_equal_and_long_names_take_no_time() {
        let long = ["a.", "a/", "/a/"].map(|part| part.repeat(100_000));
        let mut nodes: Vec<Node<'_>> = (0..50_000).map(|_| node("Relu", "act")).collect();
        nodes.extend(
            long.iter()
                .flat_map(|name| [node("Conv", name), node("Conv", name)]),
        );
        let names = names(&nodes);
        assert_eq!(names[49_999], "act_49999");
        assert_eq!(names[50_000], "Conv.0");
    }

    #[test]
    fn a_name_that_is_taken_already_is_not_given_again() {
        let nodes = ["a_1", "a", "a", "a", "a_1"].map(|name| node("Relu", name));
        let names = names(&nodes);
        assert_eq!(names, ["a_1", "a", "a_2", "a_3", "a_1_1"]);
    }

    #[test]
    fn names_of_others() {
        let with_weights = |op_type, name, weights: &'static str| Node {
            inputs: vec!["x".into(), weights.into()],
            ..node(op_type, name)
        };
        let nodes = [
            with_weights("Conv", "Conv_0", "features.0.weight"),
            with_weights("Conv", "Conv.1", "conv2d_4.w_0"),
            with_weights("Conv", "", "123"),
            node("Relu", "Relu_7"),
            node("Relu", "12"),
            node("Relu", "vgg0_relu3"),
            node("Relu", "vgg0_relu3"),
        ];
        assert_eq!(
            names(&nodes),
            [
                "features.0",
                "conv2d_4",
                "Conv.0",
                "Relu.0",
                "Relu.1",
                "vgg0_relu3",
                "vgg0_relu3_1",
            ]
        );
    }
}
