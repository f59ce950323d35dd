//! Graphs of operators: their passes, and what they refuse.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod passes;
mod reference;

use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use deep_inside::graph::operators::{Concatenation, Convolutions, Input, MaxPool, Relu};
use deep_inside::graph::{Graph, Operator, Shape};
use deep_inside::kernels::{Convolution, ConvolutionShape, PoolShape};

#[test]
fn an_operator_with_inputs_that_it_cannot_read_is_a_coded_error() {
    let refused = |operator: Arc<dyn Operator>, sizes: &[[usize; 3]]| {
        let shapes: Vec<Shape> = sizes.iter().map(|&size| Shape::new(size)).collect();
        let shapes: Vec<&Shape> = shapes.iter().collect();
        operator.output_shape(&shapes).is_err()
    };
    let bias = Tensor::zeros([2], &Device::flex());
    let shape = ConvolutionShape::square(3, 2, 3, 1, 0);
    let convolution: Arc<dyn Operator> = Arc::new(Convolutions::from(Convolution::new(
        vec![0.0; 54],
        bias,
        shape,
    )));
    let pool: Arc<dyn Operator> = Arc::new(MaxPool(PoolShape::square(2, 2)));
    let size = [3, 4, 4];
    for operator in [Arc::new(Relu::default()), pool, convolution.clone()] {
        assert!(!refused(operator.clone(), &[size]), "{operator:?}");
        assert!(refused(operator.clone(), &[size, size]), "{operator:?}");
        assert!(refused(operator.clone(), &[]), "{operator:?}");
    }
    assert!(refused(convolution.clone(), &[[4, 4, 4]]));
    assert!(refused(convolution, &[[3, 4, 2]]));
    assert!(refused(Arc::new(Concatenation::CHANNELS), &[]));
    assert!(refused(
        Arc::new(Concatenation::CHANNELS),
        &[size, [3, 4, 5]]
    ));
    assert!(refused(Arc::new(Input), &[size]) && refused(Arc::new(Input), &[]));

    let mut graph = Graph::new(Shape::new(size));
    let input = graph.output();
    let error = graph
        .add("odd", Relu::default(), &[input, input])
        .unwrap_err();
    assert_eq!(error.code(), "network-unsupported");
    assert!(error.detail().contains("odd"), "{error}");
    assert_eq!(graph.nodes().len(), 1);
}
