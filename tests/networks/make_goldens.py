#!/usr/bin/env python3
"""Make the reference values of the ONNX files in a folder: scores and gradients, by interpreter.py in float64.

Comes in:  FOLDER/*.onnx
Goes out:  FOLDER/goldens.safetensors (float32, with float64 arithmetic behind it) and FOLDER/index.json. README.md here
           explains both.

    pip install -r tests/networks/requirements.txt
    python tests/networks/make_goldens.py                # siblings/; minutes; the same bytes again
    python tests/networks/make_goldens.py --check        # how far onnxruntime and the interpreter in float32 are away
"""

import argparse
import json
from pathlib import Path

import onnxruntime
import torch
from interpreter import RULES, Network
from pictures import draw, leave_kinks
from safetensors.torch import load_file, save_file
from torch import Tensor

HERE = Path(__file__).resolve().parent
# Mean, spread and steps of the pictures' values. Networks of these names normalise 0..255 themselves.
NORMALISED, PIXELS = (0.0, 1.0, 1 / 64), (127.5, 60.0, 1.0)
TAKES_PIXELS = ("keras_mobilenet_v3_small", "keras_efficientnet_b0")
# Every seventh value is kept of all gradients but that of the score: 7 shares no factor with the sides of the pictures.
STRIDE = 7
# Activations of these operators have no rule of DeconvNet and of guided back-propagation.
WITHOUT_RULE = {"Sigmoid", "HardSigmoid", "HardSwish", "LeakyRelu", "Tanh"}


def hidden_value(network: Network) -> tuple[str, str, str]:
    """Node, operator and value of a hidden convolution: the one in the middle."""
    convolutions = [node for node in network.graph.node if node.op_type == "Conv"]
    node = convolutions[len(convolutions) // 2]
    return node.name, node.op_type, node.output[0]


def multiplies_values(network: Network) -> bool:
    """Whether the graph multiplies two values that depend on the picture: squeeze-and-excitation, or hard swish in
    parts."""
    depends = {network.input.name}
    for node in network.graph.node:
        among = [name for name in node.input if name in depends]
        if node.op_type == "Mul" and len(among) > 1:
            return True
        if among:
            depends.update(node.output)
    return False


def gradients(network: Network, picture: Tensor, entry: dict) -> dict[str, Tensor]:
    """Scores, and the gradients that an index entry names."""
    picture = picture.clone().requires_grad_()
    values = network.run(picture)
    scores, hidden = values[entry["scores"]], values[entry["hidden"]["value"]]
    score, mean = scores[0, entry["class"]], hidden[0, entry["hidden"]["channel"]].mean()
    results = {
        "scores": scores[0].detach(),
        "hidden": mean.detach().view(1),
        "hidden_gradient": sample(torch.autograd.grad(mean, picture, retain_graph=True)[0]),
        "gradient": torch.autograd.grad(score, picture)[0],
    }
    for rule in entry["rules"]:
        score = network.run(picture, rule)[entry["scores"]][0, entry["class"]]
        results[rule] = sample(torch.autograd.grad(score, picture)[0])
    return results


def sample(gradient: Tensor) -> Tensor:
    return gradient.flatten()[::STRIDE]


def make(file: Path, seed: int) -> tuple[dict, dict[str, Tensor]]:
    """The index entry of one file, and its values."""
    network = Network(file)
    shape = network.input_shape()
    layout = "NHWC" if shape[3] in (1, 3) else "NCHW"
    mean, spread, level = PIXELS if file.stem in TAKES_PIXELS else NORMALISED
    picture = draw(shape, layout, seed, mean, spread, level)
    moved = leave_kinks(network, picture)
    change = float((moved - picture).abs().max())
    node, operator, value = hidden_value(network)
    values = network.run(moved)
    channels = values[value].abs().mean((0, 2, 3))
    operators = {node.op_type for node in network.graph.node}
    follows_rules = not operators & WITHOUT_RULE and not multiplies_values(network)
    data = file.with_suffix(".onnx.data")
    entry = {
        "file": file.name,
        "data": [data.name] if data.exists() else [],
        "input": {"name": network.input.name, "shape": shape, "layout": layout},
        "scores": network.logits(),
        "class": int(values[network.logits()][0].argmax()),
        "hidden": {
            "node": node,
            "operator": operator,
            "value": value,
            "channel": int(channels.argmax()),
        },
        "rules": list(RULES[1:]) if follows_rules else [],
    }
    results = {"picture": moved} | gradients(network, moved, entry)
    for name, result in results.items():
        assert result.any() and result.isfinite().all(), f"{file.name}: {name} checks nothing"
    print(f"{file.name}: values changed by up to {change:.1e}", flush=True)
    return entry, {f"{file.stem}.{name}": result for name, result in results.items()}


def relative(found: Tensor, expected: Tensor) -> float:
    """Relative L2 error."""
    return float((found.double() - expected).norm() / expected.norm())


def check(folder: Path) -> None:
    """Print the relative L2 errors of onnxruntime's scores and of the interpreter's gradients in float32."""
    goldens = {
        name: tensor.double() for name, tensor in load_file(folder / "goldens.safetensors").items()
    }
    for entry in json.loads((folder / "index.json").read_text()):
        stem = Path(entry["file"]).stem
        picture = goldens[f"{stem}.picture"]
        session = onnxruntime.InferenceSession(
            folder / entry["file"], providers=["CPUExecutionProvider"]
        )
        outputs = session.run(None, {entry["input"]["name"]: picture.float().numpy()})
        network = Network(folder / entry["file"])
        expected = network.run(picture)[network.output]
        errors = {"onnxruntime": relative(torch.tensor(outputs[0]), expected)}
        network.constants = {
            name: value.float() if value.is_floating_point() else value
            for name, value in network.constants.items()
        }
        for attributes in network.attributes:
            for name, value in attributes.items():
                if isinstance(value, Tensor) and value.is_floating_point():
                    attributes[name] = value.float()
        for name, result in gradients(network, picture.float(), entry).items():
            errors[name] = relative(result, goldens[f"{stem}.{name}"])
        print(
            f"{entry['file']:40}",
            *(f"{name} {error:.1e}" for name, error in errors.items()),
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the goldens of ONNX files.")
    parser.add_argument(
        "folder", type=Path, nargs="?", default=HERE / "siblings", help="default: siblings/"
    )
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.check:
        check(arguments.folder)
        return
    index, goldens = [], {}
    for seed, file in enumerate(sorted(arguments.folder.glob("*.onnx"))):
        entry, results = make(file, seed)
        index.append(entry)
        goldens |= results
    goldens = {name: value.float().contiguous() for name, value in sorted(goldens.items())}
    save_file(goldens, arguments.folder / "goldens.safetensors")
    (arguments.folder / "index.json").write_text(json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    main()
