#!/usr/bin/env python3
"""Make small siblings of three Keras networks as ONNX files by tf2onnx: channels last, Softmax at the end.

Goes out:  siblings/keras_NAME.onnx. Weights are seeded; batch norms get the statistics of seeded pictures.

    pip install -r tests/networks/requirements-keras.txt     # in an environment of its own
    python tests/networks/make_keras_siblings.py             # a minute; the same bytes again

tf2onnx's pass that moves transposes fails on MobileNetV3 (it says so) and leaves all of them in. They are wanted: files
like that are about.
"""

import argparse
import itertools
import os
import re
import sys
from pathlib import Path

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
# tf2onnx walks over sets of names and of nodes: their order has to be the same each time.
if os.environ.get("PYTHONHASHSEED") != "0":
    os.environ["PYTHONHASHSEED"] = "0"
    os.execv(sys.executable, [sys.executable, *sys.argv])

import keras
import numpy as np
import onnx
import tensorflow
import tf2onnx
from keras.src.applications import efficientnet, mobilenet_v3

HERE = Path(__file__).resolve().parent
SIDE, CLASSES = 48, 10
OPTIONS = {"input_shape": (SIDE, SIDE, 3), "weights": None, "classes": CLASSES}


def hash_nodes_by_number() -> None:
    """Hash tf2onnx's nodes by the order in which they were made, not by their addresses."""
    numbers, init = itertools.count(), tf2onnx.graph.Node.__init__

    def numbered_init(self, *arguments, **options):
        self.number = next(numbers)
        init(self, *arguments, **options)

    tf2onnx.graph.Node.__init__ = numbered_init
    tf2onnx.graph.Node.__hash__ = lambda self: self.number


def mobile_net() -> keras.Model:
    return keras.applications.MobileNet(alpha=0.125, **OPTIONS)


def mobile_net_v3_small() -> keras.Model:
    """Without the lower bound of 8 channels, and with 128 features instead of 1024."""
    whole = mobilenet_v3.MobileNetV3
    mobilenet_v3._depth = lambda channels, *_: max(2, round(channels))
    mobilenet_v3.MobileNetV3 = lambda stack, _, *rest, **options: whole(
        stack, 128, *rest, **options
    )
    return mobilenet_v3.MobileNetV3Small(alpha=0.125, **OPTIONS)


def efficient_net_b0() -> keras.Model:
    return efficientnet.EfficientNet(0.1, 1.0, SIDE, depth_divisor=2, name="b0", **OPTIONS)


SIBLINGS = {
    "keras_mobilenet": (mobile_net, (0.0, 0.5)),
    "keras_mobilenet_v3_small": (mobile_net_v3_small, (127.5, 60.0)),
    "keras_efficientnet_b0": (efficient_net_b0, (127.5, 60.0)),
}


def initialise(network: keras.Model, mean: float, spread: float) -> None:
    """Draw the weights by He's rule, and give the batch norms the statistics of sixteen pictures."""
    random = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.assign(random.uniform(0.8, 1.2, layer.gamma.shape))
            layer.beta.assign(random.normal(0, 0.2, layer.beta.shape))
            layer.momentum = 0.0
        elif hasattr(layer, "kernel"):
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            inputs = np.prod(layer.kernel.shape[: 2 if depthwise else -1])
            layer.kernel.assign(random.normal(0, (2 / inputs) ** 0.5, layer.kernel.shape))
            if layer.use_bias:
                layer.bias.assign(random.normal(0, 0.2, layer.bias.shape))
        elif isinstance(layer, keras.layers.Normalization):
            # As tensors they would become inputs of the exported graph.
            layer.mean, layer.variance = np.array(layer.mean), np.array(layer.variance)
    coarse = random.normal(size=(16, 6, 6, 3)).repeat(SIDE // 6, 1).repeat(SIDE // 6, 2)
    pictures = mean + spread * (coarse + 0.5 * random.normal(size=coarse.shape))
    network(pictures.astype(np.float32), training=True)


def renumber(model: onnx.ModelProto) -> None:
    """Give constants and the numbers in names the order in which nodes use them, as tf2onnx leaves both to chance."""
    graph, numbers = model.graph, {}
    graph.doc_string = ""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    used = [name for node in graph.node for name in node.input if name in constants]
    new_names = {name: f"constant__{k}" for k, name in enumerate(dict.fromkeys(used))}

    def renamed(name: str) -> str:
        if name in new_names:
            return new_names[name]
        return re.sub(
            r"__(\d+)", lambda match: f"__{numbers.setdefault(match[1], len(numbers))}", name
        )

    for node in graph.node:
        node.input[:] = [renamed(name) for name in node.input]
        node.name = renamed(node.name)
        node.output[:] = [renamed(name) for name in node.output]
    for value in [*graph.input, *graph.output]:
        value.name = renamed(value.name)
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    del graph.value_info[:], graph.initializer[:]
    for old, new in new_names.items():
        constants[old].name = new
        graph.initializer.append(constants[old])


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the Keras siblings' ONNX files.")
    parser.add_argument("--out", type=Path, default=HERE / "siblings", help="folder to write into")
    arguments = parser.parse_args()
    arguments.out.mkdir(exist_ok=True)
    tensorflow.config.experimental.enable_op_determinism()
    hash_nodes_by_number()
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    for name, (build, (mean, spread)) in SIBLINGS.items():
        keras.utils.set_random_seed(1)
        network = build()
        initialise(network, mean, spread)
        signature = [tensorflow.TensorSpec((None, SIDE, SIDE, 3), tensorflow.float32, "input")]
        function = tensorflow.function(
            lambda x, network=network: network(x, training=False), input_signature=signature
        )
        model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=17)
        assert len(model.graph.input) == 1
        renumber(model)
        content = model.SerializeToString(deterministic=True)
        (arguments.out / f"{name}.onnx").write_bytes(content)
        print(f"{name}: {len(content):,} bytes", flush=True)


if __name__ == "__main__":
    main()
