#!/usr/bin/env python3
"""Pack the test cases that ONNX ships: single operators, nine famous architectures, models converted from PyTorch.

Comes in:  the PyPI wheel onnx 1.22.0 (downloaded, or given with --wheel); later ones have no data of single operators.
Goes out:  onnx/cases.safetensors (models, inputs and expected outputs as they are in the wheel) and onnx/cases.json,
           with what is left out and why. README.md here explains both.

For every case the float64 reference evaluator differentiates each float32 input: the sum over the outputs of <w, J v> by
central differences, where w and v are `sequence`s. A backward pass gives the same number as <J^T w, v>.

    pip install -r tests/networks/requirements.txt
    python tests/networks/pack_onnx_cases.py     # a minute; the same bytes again
"""

import argparse
import json
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "weights"))
from pinned_wheel import open_wheel

# The wheel for Python 3.11 on Linux, whichever Python runs this.
WHEEL = "onnx==1.22.0"
WHEEL_SHA256 = "1d0a2bdb15eb2b3cb65c438f3423d9620d14fdce32f92380e6bb1b2e09568ef5"
DATA = "onnx/backend/test/data/"
OPERATORS = {
    *("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"),
    *("BatchNormalization", "LRN", "Relu", "LeakyRelu", "PRelu", "Clip", "Elu", "Tanh", "Softplus"),
    *("Sigmoid", "HardSigmoid", "HardSwish", "Swish", "Softmax", "LogSoftmax"),
    *("Add", "Sub", "Mul", "Div", "Neg", "Sum", "Gemm", "MatMul", "ReduceMean", "ReduceSum"),
    *("Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Concat", "Split", "Slice"),
    *("Gather", "Expand", "Pad", "Resize", "Upsample", "Dropout", "Identity", "Cast"),
}
# Of these only the first input is data, the others are settings.
WITH_SETTINGS = {"Resize", "Upsample", "Dropout", "Clip", "Pad"}
LARGEST = 200_000  # bytes of a case
STEP = 1e-6
KINK = 1e-4  # of the scale: by how much the differences to the two sides may differ


def sequence(count: int, seed: int) -> np.ndarray:
    """`count` numbers from -1 to 1: splitmix64 of (seed << 32) + index, its upper 53 bits."""
    with np.errstate(over="ignore"):
        z = np.arange(count, dtype=np.uint64) + np.uint64(seed << 32)
        z += np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model in float64."""
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    graph = wide.graph
    for value in [*graph.input, *graph.output, *graph.value_info]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE

    def widen(tensor: onnx.TensorProto) -> None:
        if tensor.data_type == TensorProto.FLOAT:
            array = numpy_helper.to_array(tensor).astype(np.float64)
            tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))

    for tensor in graph.initializer:
        widen(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                widen(attribute.t)
            elif (
                node.op_type == "Cast"
                and attribute.name == "to"
                and attribute.i == TensorProto.FLOAT
            ):
                attribute.i = TensorProto.DOUBLE
    return wide


def products(model: onnx.ModelProto, inputs: dict, outputs: list[np.ndarray]) -> dict[str, object]:
    """For each float32 input: {"product": <w, J v>, "scale": |w| |J v|}, or why there is none."""
    evaluator = ReferenceEvaluator(widened(model))
    wide = {n: x.astype(np.float64) if x.dtype == np.float32 else x for n, x in inputs.items()}
    found = evaluator.run(None, wide)
    floats = [k for k, output in enumerate(outputs) if output.dtype == np.float32]

    def differentiated(name: str) -> dict | str:
        if any(found[k].dtype != np.float64 for k in floats):
            return "the reference evaluator rounds to float32"
        for k in floats:
            if found[k].shape != outputs[k].shape or not np.allclose(
                found[k], outputs[k], 1e-4, 1e-5, equal_nan=True
            ):
                return "the reference evaluator disagrees with the recorded output"
        direction = sequence(wide[name].size, list(inputs).index(name)).reshape(wide[name].shape)

        def moved(step: float) -> list[np.ndarray]:
            results = evaluator.run(None, wide | {name: wide[name] + step * direction})
            return [results[k] for k in floats]

        sides = [
            [(after - before) / STEP for after, before in zip(late, early, strict=True)]
            for late, early in (
                (moved(STEP), moved(0.0)),
                (moved(0.0), moved(-STEP)),
            )
        ]
        cotangents = [sequence(outputs[k].size, 100 + k).reshape(outputs[k].shape) for k in floats]
        ahead, behind = (
            sum(float((w * j).sum()) for w, j in zip(cotangents, side, strict=True))
            for side in sides
        )
        scale = float(
            np.sqrt(sum((w**2).sum() for w in cotangents))
            * np.sqrt(sum((j**2).sum() for j in sides[0]))
        )
        apart = max(float(np.abs(a - b).max(initial=0)) for a, b in zip(*sides, strict=True)) / max(
            1.0, max(float(np.abs(j).max(initial=0)) for j in sides[0])
        )
        if not np.isfinite([ahead, behind]).all():
            return "the derivative is not finite"
        if apart > KINK:
            return "the input sits on a kink"
        return {"product": (ahead + behind) / 2, "scale": scale}

    data = [name for name, x in inputs.items() if x.dtype == np.float32]
    if any(node.op_type in WITH_SETTINGS for node in model.graph.node):
        data = data[:1]
    return {name: differentiated(name) for name in data}


def tensor_file(archive: zipfile.ZipFile, member: str) -> np.ndarray:
    return numpy_helper.to_array(onnx.TensorProto.FromString(archive.read(member)))


class Pack:
    """The archive that is being filled, and its index."""

    def __init__(self):
        self.tensors: dict[str, np.ndarray] = {}
        self.cases: list[dict] = []
        self.left_out: dict[str, list[str]] = {}

    def leave_out(self, name: str, reason: str) -> None:
        self.left_out.setdefault(reason, []).append(name)

    def add(self, suite: str, name: str, content: bytes, inputs: dict, outputs: dict) -> None:
        """One case; `inputs` and `outputs` are arrays by the names that the model gives them."""
        model = onnx.ModelProto.FromString(content)
        operators = sorted({node.op_type for node in model.graph.node})
        derivatives = {}
        if suite != "light":
            derivatives = products(model, inputs, list(outputs.values()))
        self.tensors[f"{name}.model"] = np.frombuffer(content, np.uint8)
        described = {"inputs": [], "outputs": []}
        for kind, arrays in (("inputs", inputs), ("outputs", outputs)):
            for number, (value, array) in enumerate(arrays.items()):
                key = f"{name}.{kind[:-1]}_{number}"
                self.tensors[key] = array
                row = {"name": value, "key": key}
                if kind == "inputs" and value in derivatives:
                    derivative = derivatives[value]
                    row |= (
                        derivative if isinstance(derivative, dict) else {"no_product": derivative}
                    )
                described[kind].append(row)
        opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
        self.cases.append(
            {"name": name, "suite": suite, "operators": operators, "opset": opset} | described
        )


def pack_folders(pack: Pack, archive: zipfile.ZipFile, suite: str) -> None:
    """Cases of one folder a case, with inputs and outputs in test_data_set_0."""
    members = [i.filename for i in archive.infolist() if i.filename.startswith(f"{DATA}{suite}/")]
    sizes = {i.filename: i.file_size for i in archive.infolist()}
    for model_file in sorted(m for m in members if m.endswith("/model.onnx")):
        folder = model_file.removesuffix("model.onnx")
        name = folder.removeprefix(f"{DATA}{suite}/").strip("/")
        model = onnx.ModelProto.FromString(archive.read(model_file))
        graph = model.graph
        if suite == "node":
            operator = graph.node[0]
            if operator.op_type not in OPERATORS or operator.domain not in ("", "ai.onnx"):
                continue
            if len(graph.node) != 1 or model.functions:
                pack.leave_out(name, "not one operator but its definition by others")
                continue
        data = [m for m in members if m.startswith(f"{folder}test_data_set_0/")]
        given = sorted((m for m in data if "/input_" in m), key=numbered)
        expected = sorted((m for m in data if "/output_" in m), key=numbered)
        weights = {tensor.name for tensor in graph.initializer}
        names = [value.name for value in graph.input if value.name not in weights]
        if any(value.type.WhichOneof("value") != "tensor_type" for value in graph.input):
            pack.leave_out(name, "takes an optional or a sequence")
            continue
        inputs = {n: tensor_file(archive, m) for n, m in zip(names, given, strict=True)}
        outputs = {
            value.name: tensor_file(archive, m)
            for value, m in zip(graph.output, expected, strict=True)
        }
        arrays = [*inputs.values(), *outputs.values()]
        if any(
            array.dtype.kind not in "fiub" or array.dtype.name == "bfloat16" for array in arrays
        ):
            pack.leave_out(name, "strings or other types that are not numbers")
        elif suite == "node" and not all(
            next(iter(side.values())).dtype == np.float32 for side in (inputs, outputs) if side
        ):
            pack.leave_out(name, "the first input or output is not float32")
        elif name.startswith("test_training_dropout") and "zero_ratio" not in name:
            pack.leave_out(name, "its output is random")
        elif sum(sizes[m] for m in [model_file, *data]) > LARGEST:
            pack.leave_out(name, f"more than {LARGEST:,} bytes")
        else:
            pack.add(suite, name, archive.read(model_file), inputs, outputs)


def numbered(member: str) -> int:
    return int(re.findall(r"\d+", member)[-1])


def pack_light(pack: Pack, archive: zipfile.ZipFile) -> None:
    """The nine architectures. Their input is ONNX's own for these files: 0, 1/n, 2/n ..."""
    folder = f"{DATA}light/"
    for member in sorted(i.filename for i in archive.infolist()):
        if not (member.startswith(folder) and member.endswith(".onnx")):
            continue
        graph = onnx.ModelProto.FromString(archive.read(member)).graph
        weights = {tensor.name for tensor in graph.initializer}
        [value] = [v for v in graph.input if v.name not in weights]
        shape = [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim]
        count = int(np.prod(shape))
        output = tensor_file(archive, member.replace(".onnx", "_output_0.pb"))
        name = member.removeprefix(folder).removesuffix(".onnx")
        pack.add("light", name, archive.read(member), {}, {graph.output[0].name: output})
        pack.cases[-1]["ramp"] = {"name": value.name, "shape": shape, "divisor": count}


def main() -> None:
    parser = argparse.ArgumentParser(description="Pack ONNX's own test cases.")
    parser.add_argument("--wheel", type=Path, help=f"path of the {WHEEL} wheel")
    parser.add_argument("--out", type=Path, default=HERE / "onnx", help="folder to write into")
    arguments = parser.parse_args()
    arguments.out.mkdir(exist_ok=True)
    pack = Pack()
    with open_wheel(WHEEL, WHEEL_SHA256, arguments.wheel) as archive:
        for suite in ("node", "pytorch-converted", "pytorch-operator"):
            pack_folders(pack, archive, suite)
        pack_light(pack, archive)
        licence = archive.read("onnx-1.22.0.dist-info/licenses/LICENSE")
    (arguments.out / "LICENSE").write_bytes(licence)
    save_file(pack.tensors, arguments.out / "cases.safetensors")
    # A line for each case.
    lines = ",\n".join(json.dumps(case) for case in pack.cases)
    rest = json.dumps(pack.left_out, indent=1)
    index = f'{{"cases": [\n{lines}\n],\n"left_out": {rest}}}\n'
    (arguments.out / "cases.json").write_text(index)
    reasons = [
        row["no_product"] for case in pack.cases for row in case["inputs"] if "no_product" in row
    ]
    count = sum("product" in row for case in pack.cases for row in case["inputs"])
    for suite in sorted({case["suite"] for case in pack.cases}):
        print(suite, sum(case["suite"] == suite for case in pack.cases))
    print(f"{count} products; none: {[(r, reasons.count(r)) for r in sorted(set(reasons))]}")
    print({reason: len(names) for reason, names in pack.left_out.items()})


if __name__ == "__main__":
    main()
