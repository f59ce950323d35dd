"""Writes the gradient of one class's score as a graph for onnxruntime-web, which has no automatic differentiation: the
backward pass of each layer is written with ONNX's own operations. It reads one row of the classifier, as ours does.
And the bundled weights for TF.js.

usage: python tests/bench/peers/gradient_graph.py FOLDER   writes FOLDER/gradient.onnx and FOLDER/weights.safetensors
In: x [1, 3, 227, 227], normalised; class [1]. Out: dS/dx.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

ROOT = Path(__file__).parents[3]
SIDE = 227
FIRES = {
    3: 2,
    4: 2,
    6: 3,
    7: 3,
    9: 4,
    10: 4,
    11: 4,
    12: 4,
}  # in which block of one picture size each is

halves = {
    tensor.name.removesuffix(".f16"): numpy_helper.to_array(tensor)
    for tensor in onnx.load(ROOT / "weights/squeezenet1_1.onnx").graph.initializer
}
weights = {name: values.astype(np.float32) for name, values in halves.items()}
nodes, constants = [], {}


def constant(values, dtype=np.float32):
    array = np.ascontiguousarray(np.asarray(values, dtype=dtype))
    name = f"c{len(constants)}"
    constants[name] = numpy_helper.from_array(array, name)
    return name


def op(kind, *inputs, outputs=1, **attributes):
    names = [f"{kind}{len(nodes)}_{k}" for k in range(outputs)]
    nodes.append(helper.make_node(kind, inputs, names, **attributes))
    return names[0] if outputs == 1 else names


ZERO = constant(0)


def convolution(x, name, stride=1, padding=0):
    """A convolution and its ReLU: the output, and the VJP as a function of the signal there."""
    weight = weights[f"{name}.weight"]
    kernel = weight.shape[2]
    y = op(
        "Conv",
        x,
        constant(weight),
        constant(weights[f"{name}.bias"]),
        kernel_shape=[kernel] * 2,
        strides=[stride] * 2,
        pads=[padding] * 4,
    )
    y = op("Relu", y)

    def vjp(signal):
        signal = op("Where", op("Greater", y, ZERO), signal, ZERO)
        if stride > 1:
            return op(
                "ConvTranspose",
                signal,
                constant(weight),
                kernel_shape=[kernel] * 2,
                strides=[stride] * 2,
                pads=[padding] * 4,
            )
        rotated = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        return op(
            "Conv",
            signal,
            constant(rotated),
            kernel_shape=[kernel] * 2,
            pads=[kernel - 1 - padding] * 4,
        )

    return y, vjp


def pool(x, channels, side):
    y, argmax = op("MaxPool", x, outputs=2, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)

    def vjp(signal):
        flat = constant([-1], np.int64)
        none = op("ConstantOfShape", constant([channels * side * side], np.int64))
        sums = op(
            "ScatterElements",
            none,
            op("Reshape", argmax, flat),
            op("Reshape", signal, flat),
            axis=0,
            reduction="add",
        )
        return op("Reshape", sums, constant([1, channels, side, side], np.int64))

    return y, vjp


def fire(x, name):
    squeezed, squeeze_vjp = convolution(x, f"{name}.squeeze")
    narrow, narrow_vjp = convolution(squeezed, f"{name}.expand1x1")
    wide, wide_vjp = convolution(squeezed, f"{name}.expand3x3", padding=1)
    half = weights[f"{name}.expand1x1.bias"].size

    def vjp(signal):
        parts = op("Split", signal, constant([half, half], np.int64), outputs=2, axis=1)
        return squeeze_vjp(op("Add", narrow_vjp(parts[0]), wide_vjp(parts[1])))

    return op("Concat", narrow, wide, axis=1), vjp


x, vjp = convolution("x", "features.0", stride=2)
vjps, side, channels, block = [vjp], (SIDE - 3) // 2 + 1, 64, 1
for fire_number, fire_block in FIRES.items():
    if fire_block > block:
        x, vjp = pool(x, channels, side)
        vjps.append(vjp)
        side, block = -(-(side - 3) // 2) + 1, fire_block
    x, vjp = fire(x, f"features.{fire_number}")
    vjps.append(vjp)
    channels = 2 * weights[f"features.{fire_number}.expand1x1.bias"].size

row = op(
    "Gather",
    constant(weights["classifier.1.weight"].reshape(1000, channels) / (side * side)),
    "class",
    axis=0,
)
signal = op(
    "Expand",
    op("Reshape", row, constant([1, channels, 1, 1], np.int64)),
    constant([1, channels, side, side], np.int64),
)
for vjp in reversed(vjps):
    signal = vjp(signal)
op("Identity", signal)
nodes[-1].output[0] = "gradient"

shape = [1, 3, SIDE, SIDE]
graph = helper.make_graph(
    nodes,
    "gradient",
    [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, shape),
        helper.make_tensor_value_info("class", TensorProto.INT64, [1]),
    ],
    [helper.make_tensor_value_info("gradient", TensorProto.FLOAT, shape)],
    list(constants.values()),
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
onnx.checker.check_model(model, full_check=True)
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
onnx.save(model, folder / "gradient.onnx")
save_file(halves, folder / "weights.safetensors")
