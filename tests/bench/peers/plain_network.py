"""An ONNX file as JSON, with its weights as numbers beside it: for libraries that do not read ONNX.

usage: plain_network.py MODEL FOLDER   writes FOLDER/network.json and FOLDER/network.bin
"""

import json
import sys
from pathlib import Path

import numpy
import onnx
from onnx import numpy_helper

TYPES = {"Conv", "Clip", "Add", "GlobalAveragePool", "Flatten", "Gemm"}

graph = onnx.load(sys.argv[1]).graph
weights = {
    tensor.name: numpy_helper.to_array(tensor).astype(numpy.float32) for tensor in graph.initializer
}
nodes = []
for node in graph.node:
    attributes = {
        attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute
    }
    if node.op_type == "Constant":
        weights[node.output[0]] = numpy.float32(attributes["value_float"])
    elif node.op_type == "Cast" and node.input[0] in weights:
        weights[node.output[0]] = weights.pop(node.input[0])
    elif node.op_type in TYPES:
        nodes.append(
            {
                "type": node.op_type,
                "inputs": list(node.input),
                "output": node.output[0],
                "strides": attributes.get("strides"),
                "group": attributes.get("group", 1),
            }
        )
    else:
        sys.exit(f"no rule for {node.op_type}")

offset = 0
tensors = {}
for name, values in weights.items():
    tensors[name] = {"shape": values.shape, "offset": offset}
    offset += values.size
folder = Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
(folder / "network.json").write_text(json.dumps({"nodes": nodes, "tensors": tensors}))
(folder / "network.bin").write_bytes(b"".join(values.tobytes() for values in weights.values()))
