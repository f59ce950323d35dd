"""An interpreter of ONNX in PyTorch, in float64: the reference for scores and gradients of an ONNX file.

It runs the very graph of the file, with the file's weights widened to float64. Gradients come from autograd. DeconvNet's
and guided back-propagation's rules apply at Relu and Clip; max-pools take the first maximum of a window.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor
from torch.nn import functional

Attributes = dict[str, object]
RULES = ("gradient", "deconvnet", "guided")
# Operators with a kink: value of the input at which the derivative jumps, for the attributes and inputs of a node.
KINKS: dict[str, Callable[[Attributes, list], list[float]]] = {
    "Relu": lambda _, inputs: [0.0],
    "LeakyRelu": lambda _, inputs: [0.0],
    "PRelu": lambda _, inputs: [0.0],
    "Abs": lambda _, inputs: [0.0],
    "Clip": lambda attributes, inputs: [
        b for b in clip_bounds(attributes, inputs) if b is not None
    ],
    "HardSwish": lambda _, inputs: [-3.0, 3.0],
    "HardSigmoid": lambda attributes, _: [
        (edge - attributes.get("beta", 0.5)) / attributes.get("alpha", 0.2) for edge in (0.0, 1.0)
    ],
}


class Rectify(torch.autograd.Function):
    """min(max(x, lower), upper), whose backward pass follows one of RULES."""

    @staticmethod
    def forward(context, x: Tensor, lower: float, upper: float, rule: str) -> Tensor:
        context.save_for_backward((x > lower) & (x < upper))
        context.rule = rule
        return x.clamp(lower, upper)

    @staticmethod
    def backward(context, signal: Tensor) -> tuple[Tensor, None, None, None]:
        (mask,) = context.saved_tensors
        if context.rule in ("deconvnet", "guided"):
            signal = signal.clamp(min=0)
        return signal if context.rule == "deconvnet" else signal * mask, None, None, None


class Network:
    """An ONNX file of one input, ready to run. Files of external data are looked for beside it."""

    def __init__(self, file: Path | str):
        self.model = onnx.load(str(file))
        self.graph = self.model.graph
        self.opset = next(o.version for o in self.model.opset_import if o.domain in ("", "ai.onnx"))
        self.constants = {i.name: widen(numpy_helper.to_array(i)) for i in self.graph.initializer}
        [self.input] = [i for i in self.graph.input if i.name not in self.constants]
        self.output = self.graph.output[0].name
        self.attributes = [attributes_of(node) for node in self.graph.node]
        unknown = {node.op_type for node in self.graph.node} - set(OPERATORS)
        if unknown:
            raise NotImplementedError(f"the interpreter lacks {', '.join(sorted(unknown))}")

    def input_shape(self) -> list[int]:
        """Shape of the input with a batch of 1."""
        dims = self.input.type.tensor_type.shape.dim
        return [dim.dim_value or 1 for dim in dims]

    def producer(self, value: str) -> onnx.NodeProto:
        """The node that computes `value`."""
        return next(node for node in self.graph.node if value in node.output)

    def logits(self) -> str:
        """The output's name, or that of what the last Softmax or Sigmoid reads."""
        node = self.producer(self.output)
        while node.op_type in ("Identity", "Cast"):
            node = self.producer(node.input[0])
        return node.input[0] if node.op_type in ("Softmax", "Sigmoid") else node.output[0]

    def run(self, picture: Tensor, rule: str = "gradient", observe=None) -> dict[str, Tensor]:
        """Every value of the graph by its name. `observe(index, node, attributes, inputs, output)` may replace an
        output."""
        values = dict(self.constants) | {self.input.name: picture, "": None}
        for index, (node, attributes) in enumerate(
            zip(self.graph.node, self.attributes, strict=True)
        ):
            inputs = [values[name] for name in node.input]
            if node.op_type in ("Relu", "Clip"):
                bounds = (0.0, None) if node.op_type == "Relu" else clip_bounds(attributes, inputs)
                lower, upper = (
                    edge if bound is None else bound
                    for bound, edge in zip(bounds, (-np.inf, np.inf), strict=True)
                )
                outputs = Rectify.apply(inputs[0], lower, upper, rule)
            else:
                outputs = OPERATORS[node.op_type](attributes | {"opset": self.opset}, *inputs)
            if not isinstance(outputs, (tuple, list)):
                outputs = [outputs]
            if observe is not None:
                outputs = [observe(index, node, attributes, inputs, outputs[0]), *outputs[1:]]
            values.update(zip(node.output, outputs, strict=False))
        return values


def widen(array: np.ndarray) -> Tensor:
    """Floating point values as float64; others as they are."""
    return torch.tensor(array.astype(np.float64) if array.dtype.kind == "f" else array)


def attributes_of(node: onnx.NodeProto) -> Attributes:
    """Attributes by name; strings are text, tensors are PyTorch's."""
    values = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    if node.op_type == "Split":
        values["outputs"] = len(node.output)
    return {
        name: value.decode()
        if isinstance(value, bytes)
        else widen(numpy_helper.to_array(value))
        if isinstance(value, onnx.TensorProto)
        else value
        for name, value in values.items()
    }


def clip_bounds(attributes: Attributes, inputs: list) -> list[float | None]:
    """Clip's lower and upper bound: attributes before opset 11, inputs since."""
    bounds = [*inputs[1:], None, None][:2]
    return [
        attributes.get(name) if bound is None else float(bound)
        for name, bound in zip(("min", "max"), bounds, strict=True)
    ]


def paddings(attributes: Attributes, sizes: list[int], kernel: list[int]) -> list[int]:
    """Padding of a convolution or a pool as [top, left, bottom, right], whichever way the node says it."""
    rank = len(kernel)
    strides, dilations = (attributes.get(n, [1] * rank) for n in ("strides", "dilations"))
    mode = attributes.get("auto_pad", "NOTSET")
    if mode in ("NOTSET", "VALID"):
        return list(attributes.get("pads", [0] * 2 * rank))
    totals = [
        max(0, (-(-size // stride) - 1) * stride + (extent - 1) * dilation + 1 - size)
        for size, extent, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True)
    ]
    small, large = [total // 2 for total in totals], [total - total // 2 for total in totals]
    return small + large if mode == "SAME_UPPER" else large + small


def pad_edges(x: Tensor, pads: list[int], value: float = 0.0) -> Tensor:
    """Pad (or crop, where negative) the last two axes by [top, left, bottom, right]."""
    top, left, bottom, right = pads
    return functional.pad(x, (left, right, top, bottom), value=value)


def convolution(attributes: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None):
    pads = paddings(attributes, x.shape[2:], weight.shape[2:])
    return functional.conv2d(
        pad_edges(x, pads),
        weight,
        bias,
        attributes.get("strides", 1),
        0,
        attributes.get("dilations", 1),
        attributes.get("group", 1),
    )


def transposed_convolution(attributes: Attributes, x: Tensor, weight: Tensor, bias=None):
    top, left, bottom, right = attributes.get("pads", [0] * 4)
    extra_rows, extra_columns = attributes.get("output_padding", [0, 0])
    full = functional.conv_transpose2d(
        x,
        weight,
        bias,
        attributes.get("strides", 1),
        0,
        0,
        attributes.get("group", 1),
        attributes.get("dilations", 1),
    )
    return pad_edges(full, [-top, -left, extra_rows - bottom, extra_columns - right])


def pool_input(attributes: Attributes, x: Tensor, value: float) -> Tensor:
    """x with its padding, and with as much again at the bottom and on the right as the last windows hang over. In ceil
    mode a window has to start inside the input or its padding on the left."""
    kernel = attributes["kernel_shape"]
    pads = paddings(attributes, x.shape[2:], kernel)
    for axis in range(2):
        size, stride = x.shape[2 + axis], attributes.get("strides", [1, 1])[axis]
        extent = (kernel[axis] - 1) * attributes.get("dilations", [1, 1])[axis] + 1
        free = size + pads[axis] + pads[axis + 2] - extent
        count = free // stride + 1
        if attributes.get("ceil_mode", 0) and free % stride and count * stride < size + pads[axis]:
            count += 1
        pads[axis + 2] += (count - 1) * stride - free
    return pad_edges(x, pads, value)


def max_pool_windows(attributes: Attributes, x: Tensor) -> Tensor:
    """[N, C, H, W] -> the values of each window, [N, C, window, values]. Places outside of x hold -inf."""
    padded = pool_input(attributes, x, -np.inf)
    kernel, strides = attributes["kernel_shape"], attributes.get("strides", [1, 1])
    rows, columns = (
        (padded.shape[2 + axis] - (kernel[axis] - 1) * dilation - 1) // strides[axis] + 1
        for axis, dilation in enumerate(attributes.get("dilations", [1, 1]))
    )
    taps = [
        padded[
            :,
            :,
            i * di : i * di + (rows - 1) * strides[0] + 1 : strides[0],
            j * dj : j * dj + (columns - 1) * strides[1] + 1 : strides[1],
        ]
        for di, dj in [attributes.get("dilations", [1, 1])]
        for i in range(kernel[0])
        for j in range(kernel[1])
    ]
    return torch.stack(taps, -1)


def max_pool(attributes: Attributes, x: Tensor) -> Tensor:
    windows = max_pool_windows(attributes, x)
    return windows.gather(-1, windows.detach().argmax(-1, keepdim=True)).squeeze(-1)


def average_pool(attributes: Attributes, x: Tensor) -> Tensor:
    kernel, strides = attributes["kernel_shape"], attributes.get("strides", [1, 1])
    if attributes.get("dilations", [1, 1]) != [1, 1]:
        raise NotImplementedError("AveragePool with dilations")
    counted = torch.ones_like(x[:1, :1])
    shift = dict(attributes)
    if attributes.get("count_include_pad", 0):
        pads = paddings(attributes, x.shape[2:], kernel)
        # Padding counts, the last windows' overhang does not.
        counted = pad_edges(counted, pads, 1.0)
        full = pool_input(attributes, x, 0.0).shape[2:]
        counted = pad_edges(counted, [0, 0, full[0] - counted.shape[2], full[1] - counted.shape[3]])
    else:
        counted = pool_input(shift, counted, 0.0)
    mean = functional.avg_pool2d(pool_input(attributes, x, 0.0), kernel, strides)
    return mean / functional.avg_pool2d(counted, kernel, strides)


def batch_normalization(attributes, x, scale, bias, mean, variance):
    shape = [1, -1] + [1] * (x.dim() - 2)
    factor = scale / (variance + attributes.get("epsilon", 1e-5)).sqrt()
    return x * factor.view(shape) + (bias - mean * factor).view(shape)


def local_response_normalization(attributes: Attributes, x: Tensor) -> Tensor:
    size = attributes["size"]
    before, after = (size - 1) // 2, size // 2
    squares = functional.pad(x**2, (0, 0, 0, 0, before, after))
    sums = sum(squares[:, i : i + x.shape[1]] for i in range(size))
    scale = attributes.get("bias", 1.0) + attributes.get("alpha", 1e-4) / size * sums
    return x / scale ** attributes.get("beta", 0.75)


def general_product(attributes: Attributes, a: Tensor, b: Tensor, c: Tensor | None = None):
    a = a.T if attributes.get("transA", 0) else a
    b = b.T if attributes.get("transB", 0) else b
    product = attributes.get("alpha", 1.0) * (a @ b)
    return product if c is None else product + attributes.get("beta", 1.0) * c


def axes_of(attributes: Attributes, given: Tensor | None) -> list[int] | None:
    """Axes of a node, an attribute in old opsets and an input in new ones."""
    axes = attributes.get("axes") if given is None else given.tolist()
    return None if axes is None else list(axes)


def reduction(of: Callable) -> Callable:
    def reduce(attributes: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
        dims = axes_of(attributes, axes) or list(range(x.dim()))
        return of(x, dims, keepdim=bool(attributes.get("keepdims", 1)))

    return reduce


def squeeze(attributes: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    dims = axes_of(attributes, axes)
    return x.squeeze() if dims is None else x.squeeze(dims)


def unsqueeze(attributes: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    dims = axes_of(attributes, axes)
    rank = x.dim() + len(dims)
    for dim in sorted(dim % rank for dim in dims):
        x = x.unsqueeze(dim)
    return x


def reshape(attributes: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    sizes = [
        x.shape[i] if size == 0 and not attributes.get("allowzero", 0) else size
        for i, size in enumerate(shape.tolist())
    ]
    return x.reshape(sizes)


def slices(attributes: Attributes, x, starts=None, ends=None, axes=None, steps=None) -> Tensor:
    starts = attributes["starts"] if starts is None else starts.tolist()
    ends = attributes["ends"] if ends is None else ends.tolist()
    axes = attributes.get("axes", range(len(starts))) if axes is None else axes.tolist()
    steps = [1] * len(starts) if steps is None else steps.tolist()
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        taken = range(x.shape[axis])[slice(start, end if end > -(2**31) else None, step)]
        x = x.index_select(axis, torch.tensor(list(taken), dtype=torch.int64))
    return x


def split(attributes: Attributes, x: Tensor, sizes: Tensor | None = None) -> list[Tensor]:
    axis = attributes.get("axis", 0)
    sizes = attributes.get("split") if sizes is None else sizes.tolist()
    count = attributes.get("num_outputs", attributes["outputs"])
    return list(x.split(-(-x.shape[axis] // count) if sizes is None else list(sizes), axis))


def pad(attributes: Attributes, x: Tensor, pads=None, value=None, axes=None) -> Tensor:
    pads = attributes["pads"] if pads is None else pads.tolist()
    if attributes.get("mode", "constant") != "constant" or axes is not None:
        raise NotImplementedError("Pad other than constant on all axes")
    value = attributes.get("value", 0.0) if value is None else float(value)
    pairs = [(pads[axis], pads[axis + x.dim()]) for axis in reversed(range(x.dim()))]
    return functional.pad(x, [size for pair in pairs for size in pair], value=value)


def gather(attributes: Attributes, x: Tensor, indices: Tensor) -> Tensor:
    axis = attributes.get("axis", 0) % x.dim()
    indices = indices % x.shape[axis]
    taken = x.index_select(axis, indices.flatten())
    return taken.reshape(x.shape[:axis] + indices.shape + x.shape[axis + 1 :])


def constant(attributes: Attributes) -> Tensor:
    for name in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if name in attributes:
            value = attributes[name]
            return value if isinstance(value, Tensor) else widen(np.array(value))
    raise NotImplementedError(f"Constant with {', '.join(attributes)}")


def cast(attributes: Attributes, x: Tensor) -> Tensor:
    kind = onnx.helper.tensor_dtype_to_np_dtype(attributes["to"])
    return x.double() if kind.kind == "f" else x.to(widen(np.zeros((), kind)).dtype)


def divide(_: Attributes, a: Tensor, b: Tensor) -> Tensor:
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


def softmax(attributes: Attributes, x: Tensor) -> Tensor:
    if attributes["opset"] >= 13:
        return x.softmax(attributes.get("axis", -1))
    axis = attributes.get("axis", 1)
    return x.flatten(axis).softmax(-1).reshape(x.shape) if axis else x.flatten().softmax(0)


def hard_sigmoid(attributes: Attributes, x: Tensor) -> Tensor:
    return (attributes.get("alpha", 0.2) * x + attributes.get("beta", 0.5)).clamp(0, 1)


def flatten(attributes: Attributes, x: Tensor) -> Tensor:
    axis = attributes.get("axis", 1) % x.dim()
    return x.reshape(int(np.prod(x.shape[:axis], dtype=int)), -1)


def constant_of_shape(attributes: Attributes, shape: Tensor) -> Tensor:
    value = attributes.get("value", torch.zeros(1, dtype=torch.float64))
    return value.expand(shape.tolist()).clone()


def expand(_: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    return x * torch.ones(shape.tolist(), dtype=x.dtype)


OPERATORS: dict[str, Callable] = {
    "Add": lambda _, a, b: a + b,
    "AveragePool": average_pool,
    "BatchNormalization": batch_normalization,
    "Cast": cast,
    "Clip": None,  # by Rectify
    "Concat": lambda attributes, *parts: torch.cat(parts, attributes["axis"]),
    "Constant": constant,
    "ConstantOfShape": constant_of_shape,
    "Conv": convolution,
    "ConvTranspose": transposed_convolution,
    "Div": divide,
    "Dropout": lambda _, x, *ratio: x,
    "Equal": lambda _, a, b: a == b,
    "Expand": expand,
    "Flatten": flatten,
    "Gather": gather,
    "Gemm": general_product,
    "GlobalAveragePool": lambda _, x: x.mean(list(range(2, x.dim())), keepdim=True),
    "HardSigmoid": hard_sigmoid,
    "HardSwish": lambda _, x: x * (x / 6 + 0.5).clamp(0, 1),
    "Identity": lambda _, x: x,
    "LRN": local_response_normalization,
    "LeakyRelu": lambda attributes, x: functional.leaky_relu(x, attributes.get("alpha", 0.01)),
    "MatMul": lambda _, a, b: a @ b,
    "MaxPool": max_pool,
    "Mul": lambda _, a, b: a * b,
    "Pad": pad,
    "Pow": lambda _, a, b: a**b,
    "ReduceMean": reduction(torch.mean),
    "ReduceSum": reduction(torch.sum),
    "Relu": None,  # by Rectify
    "Reshape": reshape,
    "Shape": lambda _, x: torch.tensor(x.shape),
    "Sigmoid": lambda _, x: x.sigmoid(),
    "Slice": slices,
    "Softmax": softmax,
    "Split": split,
    "Sqrt": lambda _, x: x.sqrt(),
    "Squeeze": squeeze,
    "Sub": lambda _, a, b: a - b,
    "Sum": lambda _, *terms: sum(terms),
    "Tanh": lambda _, x: x.tanh(),
    "Transpose": lambda attributes, x: x.permute(attributes.get("perm", [*range(x.dim())][::-1])),
    "Unsqueeze": unsqueeze,
    "Where": lambda _, condition, a, b: torch.where(condition, a, b),
}
