//! Convolutions, with what follows them and can go into their weights.

use super::Import;
use super::values::Dynamic;
use crate::error::Error;
use crate::graph::operators::{Convolutions, Linear, LinearInput, TransposedConvolution};
use crate::kernels::{Convolution, ConvolutionShape, Padding, Window};
use crate::onnx::HostTensor;

pub fn convolution(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.plain_argument(index, 0)?;
    let (mut weight, dims) = import.kernels(index)?;
    let [channels_out, part, ..] = dims;
    let size = import.feature_map(index, input)?;
    let groups = import.groups(index)?;
    let window = import.window(index, [dims[2], dims[3]], [size[1], size[2]])?;
    let shape = ConvolutionShape {
        channels_in: part * groups,
        channels_out,
        groups,
        window,
    };
    let checked = shape.check([size[1], size[2]]);
    checked.map_err(|reason| import.unsupported(index, reason))?;
    let bias = import.floats(index, 2)?;
    let mut bias = bias.unwrap_or_else(|| vec![0.0; channels_out]);
    if bias.len() != channels_out {
        let reason = format!("{} biases for {channels_out} channels", bias.len());
        return Err(import.corrupt(index, &reason));
    }
    let output = import.absorb_into(index, &mut weight, &mut bias, 3)?;
    let is_linear = shape.groups == 1 && shape.window == Window::square(1, 1, 0);
    let node = if is_linear && import.leads_to_scores(&output) {
        // Scores at every position: only the rows of some classes will be read.
        let bias = import.vector(bias).reshape([1, channels_out]);
        let weight = import.vector(weight).reshape([channels_out, part]);
        let linear = Linear::new(weight, bias, LinearInput::EveryPosition);
        import.add(index, linear, &[input])?
    } else {
        let convolution = Convolution::new(weight, import.vector(bias), shape);
        import.add(index, Convolutions::from(convolution), &[input])?
    };
    let value = Dynamic::plain(&import.graph, node);
    import.values.insert(output, value);
    Ok(())
}

pub fn transposed_convolution(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.plain_argument(index, 0)?;
    let (weight, dims) = import.kernels(index)?;
    let [channels_in, part, rows, columns] = dims;
    let [_, height, width] = import.feature_map(index, input)?;
    let groups = import.groups(index)?;
    let node = &import.nodes[index];
    let mut output_padding = import.pair(index, "output_padding", 0)?;
    let mut window = import.window(index, [rows, columns], [height, width])?;
    let auto_pad = node.text("auto_pad")?.unwrap_or("NOTSET");
    let given = node.ints("output_shape")?.is_some();
    if given || auto_pad.starts_with("SAME") {
        // "Same" means `stride` times the input's size.
        let [down, right] = window.stride;
        let size = if given {
            import.pair(index, "output_shape", 0)?
        } else {
            [down * height, right * width]
        };
        let span = window.span();
        let widths: [[usize; 2]; 2] = std::array::from_fn(|axis| {
            let input = [height, width][axis];
            let whole = (input - 1) * window.stride[axis] + output_padding[axis] + span[axis];
            // What is missing in place of too much comes at the end.
            output_padding[axis] += size[axis].saturating_sub(whole);
            let total = whole.saturating_sub(size[axis]);
            match auto_pad {
                "SAME_UPPER" => [total / 2, total - total / 2],
                _ => [total - total / 2, total / 2],
            }
        });
        let [[top, bottom], [left, right]] = widths;
        window.padding = Padding {
            top,
            left,
            bottom,
            right,
        };
    }
    let shape = ConvolutionShape {
        channels_in: part * groups,
        channels_out: channels_in,
        groups,
        window,
    };
    let bias = import.floats(index, 2)?;
    let bias = bias.unwrap_or_else(|| vec![0.0; shape.channels_in]);
    if bias.len() != shape.channels_in {
        let reason = format!("{} biases for {} channels", bias.len(), shape.channels_in);
        return Err(import.corrupt(index, &reason));
    }
    let zeros = import.vector(vec![0.0; channels_in]);
    let operator = TransposedConvolution {
        transposed: Convolution::new(weight, zeros, shape),
        bias: import.vector(bias).reshape([1, shape.channels_in, 1, 1]),
        output_padding,
    };
    let node = import.add(index, operator, &[input])?;
    import.set_plain(index, node);
    Ok(())
}

impl Import<'_, '_> {
    /// The weights of a convolution, and `[out, in / groups, rows, columns]`.
    fn kernels(&self, index: usize) -> Result<(Vec<f32>, [usize; 4]), Error> {
        let weight = self.constant(index, 1)?;
        let weight = weight.ok_or_else(|| self.corrupt(index, "it has no weights"))?;
        let dims = <[usize; 4]>::try_from(weight.dims()).map_err(|_| {
            self.unsupported(
                index,
                format!("its weights have the shape {:?}", weight.dims()),
            )
        })?;
        if dims.contains(&0) {
            return Err(self.corrupt(index, "it has no weights"));
        }
        Ok((HostTensor::clone(&weight).into_f32(), dims))
    }

    fn groups(&self, index: usize) -> Result<usize, Error> {
        let groups = self.nodes[index].int("group")?.unwrap_or(1);
        let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0);
        groups.ok_or_else(|| self.corrupt(index, "its groups are not positive"))
    }

    /// `[channels, rows, columns]` of a node of the graph.
    pub fn feature_map(
        &self,
        index: usize,
        node: crate::graph::NodeId,
    ) -> Result<[usize; 3], Error> {
        let shape = &self.graph[node].shape;
        shape.feature_map().ok_or_else(|| {
            self.unsupported(index, format!("it reads {shape}, which is no feature map"))
        })
    }

    /// Two numbers for rows and columns, from an attribute.
    pub fn pair(&self, index: usize, name: &str, default: usize) -> Result<[usize; 2], Error> {
        let Some(numbers) = self.nodes[index].ints(name)? else {
            return Ok([default; 2]);
        };
        let numbers: Result<Vec<usize>, _> = numbers.iter().copied().map(usize::try_from).collect();
        let numbers =
            numbers.map_err(|_| self.unsupported(index, format!("{name} is negative")))?;
        let count = numbers.len();
        numbers.try_into().map_err(|_| {
            self.unsupported(index, format!("{name} has {count} numbers in place of two"))
        })
    }

    /// The windows of a convolution or a pool of this kernel, over an input of this size.
    pub fn window(
        &self,
        index: usize,
        kernel: [usize; 2],
        size: [usize; 2],
    ) -> Result<Window, Error> {
        let node = &self.nodes[index];
        let stride = self.pair(index, "strides", 1)?;
        let dilation = self.pair(index, "dilations", 1)?;
        if stride.contains(&0) || dilation.contains(&0) || kernel.contains(&0) {
            return Err(self.corrupt(index, "its windows are empty"));
        }
        let padding = match node.text("auto_pad")?.unwrap_or("NOTSET") {
            "NOTSET" | "" => match node.ints("pads")? {
                None => [0; 4],
                Some(pads) => {
                    let pads: Vec<usize> = pads
                        .iter()
                        .filter_map(|&pad| usize::try_from(pad).ok())
                        .collect();
                    <[usize; 4]>::try_from(pads)
                        .map_err(|_| self.unsupported(index, "its padding is not of four widths"))?
                }
            },
            "VALID" => [0; 4],
            same @ ("SAME_UPPER" | "SAME_LOWER") => {
                let widths = [0, 1].map(|axis: usize| {
                    let windows = size[axis].div_ceil(stride[axis]);
                    let reach = dilation[axis] * (kernel[axis] - 1) + 1;
                    let needed = (windows - 1) * stride[axis] + reach;
                    let missing = needed.saturating_sub(size[axis]);
                    let [less, more] = [missing / 2, missing - missing / 2];
                    if same == "SAME_UPPER" {
                        [less, more]
                    } else {
                        [more, less]
                    }
                });
                [widths[0][0], widths[1][0], widths[0][1], widths[1][1]]
            }
            other => return Err(self.unsupported(index, format!("auto_pad \"{other}\""))),
        };
        let [top, left, bottom, right] = padding;
        Ok(Window {
            kernel,
            stride,
            dilation,
            padding: Padding {
                top,
                left,
                bottom,
                right,
            },
        })
    }

    /// A file that contradicts itself at a node.
    pub fn corrupt(&self, index: usize, reason: &str) -> Error {
        let what = super::describe(&self.nodes[index]);
        Error::NetworkCorrupt(format!("{what}: {reason}"))
    }

    /// Whether nothing but averages and new shapes lie between a value and the graph's output.
    pub fn leads_to_scores(&self, name: &str) -> bool {
        let mut name = name;
        while name != self.output {
            let Some(&[reader]) = self.readers.get(name).map(Vec::as_slice) else {
                return false;
            };
            let node = &self.nodes[reader];
            let averages = matches!(
                node.op_type,
                "GlobalAveragePool"
                    | "ReduceMean"
                    | "Flatten"
                    | "Reshape"
                    | "Squeeze"
                    | "Identity"
                    | "Dropout"
            );
            match node.outputs.first() {
                Some(output) if averages => name = output,
                _ => return false,
            }
        }
        true
    }
}
