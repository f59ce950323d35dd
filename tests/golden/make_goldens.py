#!/usr/bin/env python3
"""Makes the reference values ("goldens") that the Rust tests compare with: PyTorch and Captum, in float64.

Input:   weights/squeezenet1_1.onnx, and NAME.png, 227 x 227 pixels, made by make_pictures.py.
Output:  squeezenet1_1.safetensors (float32 values, computed in float64). README.md here explains its keys.

    pip install -r tests/golden/requirements.txt
    python tests/golden/make_goldens.py
"""

import torch
from captum.attr import Deconvolution, GuidedBackprop
from reference import (
    FIXED_CLASSES,
    MEAN_BGR,
    SIDE,
    SqueezeNet,
    load_network,
    normalise,
    options,
    read_pixels,
    sample,
    sample_and_norm,
    write,
)
from torch import Tensor, nn

PICTURES = ("chelsea", "coffee", "motorcycle", "rocket")
ASCENT_CLASS, ASCENT_STEPS, ASCENT_DECAY = 130, 5, 1e-4  # flamingo


class FromPixels(nn.Module):
    """The network behind its preprocessing: [N, 3, 227, 227] (R, G, B from 0 to 255) -> class scores [N, 1000]."""

    def __init__(self, network: SqueezeNet):
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network(normalise(pixels))


def explain(network: FromPixels, pixels: Tensor) -> dict[str, Tensor]:
    """Scores, and the gradient with respect to the pixels ([1, 3, 227, 227]) for three classes."""
    pixels = pixels.clone().requires_grad_()
    scores = network(pixels)[0]
    values = {"logits": scores.detach()}
    for class_index in (int(scores.argmax()), *FIXED_CLASSES):
        [gradient] = torch.autograd.grad(scores[class_index], pixels, retain_graph=True)
        values |= sample_and_norm("gradient", gradient, f".{class_index}")
    return values


def other_methods(network: FromPixels, pixels: Tensor) -> dict[str, Tensor]:
    """Captum's DeconvNet and guided back-propagation for the most likely class, with respect to the pixels."""
    class_index = int(network(pixels).argmax())
    values = {}
    for name, method in {"deconvnet": Deconvolution, "guided_backprop": GuidedBackprop}.items():
        signal = method(network).attribute(pixels.clone().requires_grad_(), target=class_index)
        values |= sample_and_norm(name, signal, f".{class_index}")
    return values


def ascend(network: SqueezeNet, start: Tensor, rate: float) -> dict[str, Tensor]:
    """The paper's class model: x += rate * (dS/dx - 2 * lambda * x), on network input (B, G, R minus mean)."""
    x, scores, values = start, [], {}
    for step in range(ASCENT_STEPS + 1):
        x = x.detach().requires_grad_()
        score = network(x)[0, ASCENT_CLASS]
        scores.append(score.detach())
        if step > 0:
            values[f"ascent.x{step}"] = sample(x)
        [gradient] = torch.autograd.grad(score, x)
        x = x + rate * (gradient - 2 * ASCENT_DECAY * x)
    return values | {"ascent.scores": torch.stack(scores)}


def main() -> None:
    arguments = options("Make the goldens.").parse_args()
    dtype = getattr(torch, arguments.dtype)
    torch.set_num_threads(1)

    network = load_network(dtype)
    from_pixels = FromPixels(network)

    goldens = {}
    for name in PICTURES:
        pixels = read_pixels(name, dtype)
        values = explain(from_pixels, pixels) | other_methods(from_pixels, pixels)
        if name == "chelsea":
            values |= ascend(network, normalise(pixels), rate=100)
        goldens |= {f"{name}.{key}": value for key, value in values.items()}
    constant = torch.tensor(MEAN_BGR, dtype=dtype).flip(0).view(1, 3, 1, 1).expand(1, 3, SIDE, SIDE)
    goldens |= {f"constant.{key}": value for key, value in explain(from_pixels, constant).items()}
    goldens |= ascend(network, torch.zeros(1, 3, SIDE, SIDE, dtype=dtype), rate=1000)

    write(goldens, arguments.out / "squeezenet1_1.safetensors", arguments.dtype)


if __name__ == "__main__":
    main()
