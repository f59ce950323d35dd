//! Linear layers: products with constant matrices.

use super::Import;
use super::values::Dynamic;
use crate::error::Error;
use crate::graph::operators::{Linear, LinearInput};
use crate::onnx::HostTensor;

pub fn linear(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let node = &import.nodes[index];
    let flag = |name: &str| Ok::<bool, Error>(node.int(name)?.unwrap_or(0) != 0);
    let (transposed, input_transposed) = (flag("transB")?, flag("transA")?);
    let (alpha, beta) = (
        node.float("alpha")?.unwrap_or(1.0),
        node.float("beta")?.unwrap_or(1.0),
    );
    let input = import.plain_argument(index, 0)?;
    let shape = import.graph[input].shape.clone();
    if shape.sizes().len() != 1 || input_transposed {
        return Err(import.unsupported(index, format!("a matrix product of {shape}")));
    }
    let matrix = import.constant(index, 1)?;
    let matrix = matrix.ok_or_else(|| import.corrupt(index, "it has no matrix"))?;
    let dims = <[usize; 2]>::try_from(matrix.dims()).map_err(|_| {
        import.unsupported(
            index,
            format!("its matrix has the shape {:?}", matrix.dims()),
        )
    })?;
    let values = HostTensor::clone(&matrix).into_f32();
    // `[outputs, inputs]`.
    let [rows, columns] = if transposed { dims } else { [dims[1], dims[0]] };
    let mut weight = if transposed {
        values
    } else {
        let entry = |k: usize| values[k % columns * rows + k / columns];
        (0..rows * columns).map(entry).collect()
    };
    weight.iter_mut().for_each(|value| *value *= alpha);
    let mut bias = vec![0.0; rows];
    if let Some(given) = import.constant(index, 2)? {
        let given = HostTensor::clone(&given).into_f32();
        if given.len() != rows && given.len() != 1 {
            let reason = format!("{} biases for {rows} outputs", given.len());
            return Err(import.unsupported(index, reason));
        }
        for (k, bias) in bias.iter_mut().enumerate() {
            *bias = beta * given[k % given.len()];
        }
    }
    let output = import.absorb_into(index, &mut weight, &mut bias, 1)?;
    let weight = import.vector(weight).reshape([rows, columns]);
    let bias = import.vector(bias).reshape([1, rows]);
    let linear = Linear::new(weight, bias, LinearInput::Vector);
    let node = import.add(index, linear, &[input])?;
    let value = Dynamic::plain(&import.graph, node);
    import.values.insert(output, value);
    Ok(())
}
