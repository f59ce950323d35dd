//! Normalisation, and how what follows a layer goes into its weights.

use super::Import;
use super::values::Dynamic;
use crate::error::Error;
use crate::graph::Shape;
use crate::graph::operators::{
    Arithmetic, Elementwise, LocalResponseNormalisation, Reduce, Reduction, Reshape, ScaleShift,
    Softmax,
};
use crate::onnx::HostTensor;

/// A scale and a shift for each channel.
type Affine = (Vec<f32>, Vec<f32>);

pub fn batch_normalisation(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.dynamic(index, 0)?;
    let (scale, shift) = import.batch_constants(index)?;
    // The channels are the file's second axis.
    let mut shape = vec![1; input.order.len()];
    let channel_axis = *input
        .order
        .first()
        .ok_or_else(|| import.unsupported(index, "it reads one number"))?;
    shape[channel_axis] = scale.len();
    let operator = ScaleShift::new(
        import.vector(scale),
        import.vector(shift),
        &Shape::new(shape),
    );
    let node = import.add(index, operator, &[input.node])?;
    import.set(index, 0, Dynamic { node, ..input });
    Ok(())
}

pub fn response_normalisation(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.plain_argument(index, 0)?;
    let node = &import.nodes[index];
    let size = node
        .int("size")?
        .and_then(|size| usize::try_from(size).ok());
    let operator = LocalResponseNormalisation {
        alpha: node.float("alpha")?.unwrap_or(1e-4),
        beta: node.float("beta")?.unwrap_or(0.75),
        bias: node.float("bias")?.unwrap_or(1.0),
        size: size.ok_or_else(|| import.corrupt(index, "it has no size"))?,
    };
    let node = import.add(index, operator, &[input])?;
    import.set_plain(index, node);
    Ok(())
}

/// `(x - mean) / sqrt(variance + epsilon)` over the positions of each channel, then a scale and a
/// shift for each channel.
pub fn instance_normalisation(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.plain_argument(index, 0)?;
    let epsilon = import.nodes[index].float("epsilon")?.unwrap_or(1e-5);
    let list = |k| {
        let list = import.floats(index, k)?;
        list.ok_or_else(|| import.corrupt(index, &format!("it has no input {k}")))
    };
    let (scale, shift) = (list(1)?, list(2)?);
    let sizes = import.graph[input].shape.sizes();
    let (rank, channels) = (sizes.len(), sizes.first().copied().unwrap_or(0));
    if rank < 2 || scale.len() != channels || shift.len() != channels {
        return Err(import.corrupt(index, "its constants are not one for each channel"));
    }
    let mean_over_positions = Reduce {
        kind: Reduction::Mean,
        axes: (1..rank).collect(),
        keep_axes: true,
    };
    let mean = import.add(index, mean_over_positions.clone(), &[input])?;
    let centred = import.add(index, Arithmetic::Subtract, &[input, mean])?;
    let square = import.add(index, Arithmetic::Multiply, &[centred, centred])?;
    let variance = import.add(index, mean_over_positions, &[square])?;
    let epsilon = import.vector(vec![epsilon]);
    let raised = ScaleShift::new(epsilon.ones_like(), epsilon, &Shape::new(vec![1; rank]));
    let raised = import.add(index, raised, &[variance])?;
    let deviation = import.add(index, Elementwise::Sqrt, &[raised])?;
    let standardised = import.add(index, Arithmetic::Divide, &[centred, deviation])?;
    let mut shape = vec![1; rank];
    shape[0] = channels;
    let (scale, shift) = (import.vector(scale), import.vector(shift));
    let affine = ScaleShift::new(scale, shift, &Shape::new(shape));
    let node = import.add(index, affine, &[standardised])?;
    import.set_plain(index, node);
    Ok(())
}

pub fn softmax(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let value = import.dynamic(index, 0)?;
    let rank = value.order.len() + 1;
    let node = &import.nodes[index];
    let log = node.op_type == "LogSoftmax";
    let given = node.int("axis")?;
    if node.version >= 13 {
        let axis = import.picture_axis(index, given.unwrap_or(-1), rank)?;
        let axis = value.order[axis];
        let node = import.add(index, Softmax { axis, log }, &[value.node])?;
        import.set(index, 0, Dynamic { node, ..value });
        return Ok(());
    }
    // Over all axes from the given one on.
    let axis = import.picture_axis(index, given.unwrap_or(1), rank)?;
    let input = import.canonical(&value)?;
    let shape = import.graph[input].shape.clone();
    let (before, flattened) = shape.sizes().split_at(axis);
    let flat = [before, &[flattened.iter().product()]].concat();
    let flat = import.add(index, Reshape::to(&Shape::new(flat)), &[input])?;
    let node = import.add(index, Softmax { axis, log }, &[flat])?;
    let node = import.add(index, Reshape::to(&shape), &[node])?;
    import.set_plain(index, node);
    Ok(())
}

impl Import<'_, '_> {
    /// A batch normalisation as a scale and a shift for each channel.
    fn batch_constants(&self, index: usize) -> Result<Affine, Error> {
        let node = &self.nodes[index];
        if node.int("training_mode")?.unwrap_or(0) != 0 {
            return Err(self.unsupported(index, "it is in training mode"));
        }
        let epsilon = node.float("epsilon")?.unwrap_or(1e-5);
        let list = |k| {
            let list = self.floats(index, k)?;
            list.ok_or_else(|| self.corrupt(index, &format!("it has no input {k}")))
        };
        let (gamma, beta, mean, variance) = (list(1)?, list(2)?, list(3)?, list(4)?);
        let lengths = [beta.len(), mean.len(), variance.len()];
        if lengths.iter().any(|&length| length != gamma.len()) {
            return Err(self.corrupt(index, "its constants have different lengths"));
        }
        let scale: Vec<f32> = gamma
            .iter()
            .zip(&variance)
            .map(|(gamma, variance)| {
                (f64::from(*gamma) / (f64::from(*variance) + f64::from(epsilon)).sqrt()) as f32
            })
            .collect();
        let shift = beta.iter().zip(&mean).zip(&scale);
        let shift = shift
            .map(|((beta, mean), scale)| beta - mean * scale)
            .collect();
        Ok((scale, shift))
    }

    /// Multiplies into `weight`, whose first axis is the output channel, and into `bias` what follows
    /// node `index` and is a scale and a shift for each channel. The node's output has `rank` axes
    /// besides the batch. Returns the name of the value that the layer then computes.
    pub fn absorb_into(
        &mut self,
        index: usize,
        weight: &mut [f32],
        bias: &mut [f32],
        rank: usize,
    ) -> Result<String, Error> {
        let channels = bias.len();
        let first = self.nodes[index].outputs.first();
        let mut output = first.cloned().unwrap_or_default();
        while output != self.output
            && let Some(&[reader]) = self.readers.get(&*output).map(Vec::as_slice)
            && let Some((scale, shift)) =
                self.channel_constants(reader, &output, [channels, rank])?
        {
            let rows = weight.chunks_exact_mut(weight.len() / channels);
            for ((row, bias), (scale, shift)) in
                rows.zip(bias.iter_mut()).zip(scale.into_iter().zip(shift))
            {
                row.iter_mut().for_each(|weight| *weight *= scale);
                *bias = *bias * scale + shift;
            }
            self.absorbed[reader] = true;
            let next = self.nodes[reader].outputs.first();
            output = next.cloned().unwrap_or_default();
        }
        Ok(output.into_owned())
    }

    /// The scale and the shift for each of `channels` channels by which node `index` changes its
    /// input `name`, if that is all it does.
    fn channel_constants(
        &self,
        index: usize,
        name: &str,
        [channels, rank]: [usize; 2],
    ) -> Result<Option<Affine>, Error> {
        let node = &self.nodes[index];
        let constants = node.inputs.iter().enumerate();
        let mut others = constants.filter(|(_, input)| *input != name);
        let known = others.all(|(_, input)| self.folder.is_constant(input));
        if !known || !node.domain.is_empty() {
            return Ok(None);
        }
        if node.op_type == "BatchNormalization" {
            let constants = self.batch_constants(index)?;
            let fits = constants.0.len() == channels && node.inputs[0] == name;
            return Ok(fits.then_some(constants));
        }
        let (k, input_first) = match &node.inputs[..] {
            [first, _] if *first == name => (1, true),
            [_, second] if *second == name => (0, false),
            _ => return Ok(None),
        };
        let Some(values) = self.per_channel(index, k, channels, rank)? else {
            return Ok(None);
        };
        let all = |value: f32| vec![value; channels];
        Ok(match (node.op_type, input_first) {
            ("Add", _) => Some((all(1.0), values)),
            ("Sub", true) => Some((all(1.0), values.iter().map(|value| -value).collect())),
            ("Sub", false) => Some((all(-1.0), values)),
            ("Mul", _) => Some((values, all(0.0))),
            ("Div", true) => {
                let scale = values.iter().map(|value| 1.0 / value).collect();
                Some((scale, all(0.0)))
            }
            _ => None,
        })
    }

    /// The constant argument `k` of an elementwise node as one number for each channel, if it is
    /// that for a value with `rank` axes besides the batch, the channels first.
    fn per_channel(
        &self,
        index: usize,
        k: usize,
        channels: usize,
        rank: usize,
    ) -> Result<Option<Vec<f32>>, Error> {
        let Some(constant) = self.constant(index, k)? else {
            return Ok(None);
        };
        let dims = constant.dims().to_vec();
        let values = HostTensor::clone(&constant).into_f32();
        if values.len() == 1 && dims.len() <= rank + 1 {
            return Ok(Some(vec![values[0]; channels]));
        }
        // Aligned from the last axis, with or without the batch's.
        let own = dims.strip_prefix(&[1]).filter(|own| own.len() == rank);
        let own = own.unwrap_or(&dims);
        let per_channel = own.len() == rank && own[0] == channels;
        let fits = per_channel && own[1..].iter().all(|&size| size == 1);
        Ok(fits.then_some(values))
    }
}
