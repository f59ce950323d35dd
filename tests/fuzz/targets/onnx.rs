//! Any bytes are read as a network's file, up to its operators, or give a documented error. The
//! same bytes are read as a file of labels, and as one that describes the input.
#![no_main]

use std::collections::HashSet;

use deep_inside::Error;
use deep_inside::onnx::{
    Dimension, ExternalFiles, Folder, Model, guess_input, inline_functions, labels_from_file,
    labels_from_metadata, layer_names, order_nodes, parse_model, read_tensor,
};
use libfuzzer_sys::fuzz_target;

/// Enough for the seeds, and few enough for thousands of inputs a second.
const FOLDED_ELEMENTS: usize = 10_000;

fuzz_target!(|bytes: &[u8]| {
    check(read(bytes));
    check(labels_from_file(bytes).map(|labels| assert!(!labels.is_empty())));
});

fn check(result: Result<(), Error>) {
    if let Err(error) = result {
        assert!(error.code().starts_with("network-"), "{error}");
    }
}

fn read(bytes: &[u8]) -> Result<(), Error> {
    let model = parse_model(bytes)?;
    check(model.check_opset());
    check(labels_from_metadata(&model.metadata).map(|_| ()));
    let files: ExternalFiles<'_> = [("a.data", bytes)].into_iter().collect();
    for tensor in &model.graph.initializers {
        match read_tensor(tensor, &files) {
            Ok(tensor) => assert_eq!(tensor.dims().iter().product::<usize>(), tensor.len()),
            Err(error) => check(Err(error)),
        }
    }
    let nodes = inline_functions(&model)?;
    let wanted: Vec<&str> = model
        .graph
        .outputs
        .iter()
        .map(|output| output.name)
        .collect();
    let nodes = order_nodes(nodes, &model.graph, &wanted)?;
    let names: HashSet<String> = layer_names(&nodes)
        .into_iter()
        .map(|layer| layer.name)
        .collect();
    assert_eq!(names.len(), nodes.len());

    let mut folder = Folder::new(&model.graph.initializers, &files, FOLDED_ELEMENTS);
    for node in &nodes {
        if folder.fold(node, |name| shape_of(&model, name))? {
            for output in node.outputs.iter().filter(|name| !name.is_empty()) {
                assert!(folder.is_constant(output));
            }
        }
    }
    for input in model.graph.open_inputs() {
        let guess = guess_input(&model, &nodes, &folder, input, &[("a.json", bytes)]);
        check(guess.map(|guess| assert!(!guess.size.value.contains(&0))));
    }
    Ok(())
}

/// The shape that the model notes of a value.
fn shape_of(model: &Model<'_>, name: &str) -> Option<Vec<usize>> {
    let mut infos = model.graph.inputs.iter().chain(&model.graph.values);
    let shape = infos.find(|info| info.name == name)?.shape.as_ref()?;
    let length = |dimension: &Dimension<'_>| match *dimension {
        Dimension::Known(length) => usize::try_from(length).ok(),
        _ => None,
    };
    shape.iter().map(length).collect()
}
