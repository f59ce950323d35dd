#!/usr/bin/env python3
"""Make the reference values ("goldens") that the Rust tests compare with: PyTorch and Captum, in float64.

Comes in:  weights/squeezenet1_1.safetensors (float16 values, so both sides use the same rounded weights) and NAME.png,
           227 x 227 pixels, made by make_pictures.py.
Goes out:  squeezenet1_1.safetensors (float32, with float64 arithmetic behind it). README.md here explains its keys.

    pip install -r tests/golden/requirements.txt
    python tests/golden/make_goldens.py
"""

import argparse
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from captum.attr import Deconvolution, GuidedBackprop
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
WEIGHTS = HERE.parent.parent / "weights/squeezenet1_1.safetensors"
PICTURES = ("chelsea", "coffee", "motorcycle", "rocket")
SIDE = 227
MEAN_BGR = (103.939, 116.779, 123.68)
FIXED_CLASSES = (76, 340)  # tarantula, zebra; the picture's likeliest class is the third
STRIDE = 37  # every 37th value of a flattened [3, 227, 227] is kept; 37 shares no factor with 227 (nor with 114)
ASCENT_CLASS, ASCENT_STEPS, ASCENT_DECAY = 130, 5, 1e-4  # flamingo
TIE = 1e-6


class FirstMaximumPool(nn.Module):
    """Max-pool 3x3, stride 2, ceil mode, whose first maximum (row by row) takes the gradient, as in PyTorch.

    Where the picture is constant, many activations of a window are equal in exact arithmetic, and differ by rounding
    noise in float64. Activations are rounded to multiples of TIE to find the winner, so that noise doesn't choose.
    """

    def forward(self, x: Tensor) -> Tensor:
        rounded = (x.detach() / TIE).round()
        _, places = nn.functional.max_pool2d(rounded, 3, 2, ceil_mode=True, return_indices=True)
        return x.flatten(2).gather(2, places.flatten(2)).view(places.shape)


class Fire(nn.Module):
    """Squeeze the channels by 1x1 kernels, expand them by 1x1 and 3x3 kernels side by side."""

    def __init__(self, channels: int, squeezed: int, expanded: int):
        super().__init__()
        self.squeeze, self.squeeze_relu = nn.Conv2d(channels, squeezed, 1), nn.ReLU()
        self.expand1x1, self.expand1x1_relu = nn.Conv2d(squeezed, expanded, 1), nn.ReLU()
        self.expand3x3, self.expand3x3_relu = nn.Conv2d(squeezed, expanded, 3, padding=1), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze_relu(self.squeeze(x))
        return torch.cat(
            [self.expand1x1_relu(self.expand1x1(x)), self.expand3x3_relu(self.expand3x3(x))], 1
        )


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1 with torchvision's tensor names: [N, 3, side, side] (B, G, R minus mean) -> class scores [N, 1000].

    The score is the mean of conv10 over its places, before the last ReLU.
    """

    def __init__(self):
        super().__init__()
        fires = [(64, 16, 64), (128, 16, 64), (128, 32, 128), (256, 32, 128)]
        fires += [(256, 48, 192), (384, 48, 192), (384, 64, 256), (512, 64, 256)]
        f = [Fire(*sizes) for sizes in fires]
        self.features = nn.Sequential(
            *(
                nn.Conv2d(3, 64, 3, stride=2),
                nn.ReLU(),
                FirstMaximumPool(),
                f[0],
                f[1],
                FirstMaximumPool(),
            ),
            *(f[2], f[3], FirstMaximumPool(), *f[4:]),
        )
        self.classifier = nn.Sequential(nn.Identity(), nn.Conv2d(512, 1000, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x)).mean((2, 3))


class FromPixels(nn.Module):
    """The network behind its preprocessing: [N, 3, 227, 227] (R, G, B from 0 to 255) -> class scores [N, 1000]."""

    def __init__(self, network: SqueezeNet):
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network(normalise(pixels))


def load_network(dtype: torch.dtype) -> SqueezeNet:
    """The network with the bundled weights, whose gradients nobody needs."""
    network = SqueezeNet().to(dtype).eval()
    network.load_state_dict({name: tensor.to(dtype) for name, tensor in load_file(WEIGHTS).items()})
    return network.requires_grad_(False)


def read_pixels(name: str, dtype: torch.dtype) -> Tensor:
    """NAME.png as [1, 3, rows, columns]: R, G, B from 0 to 255."""
    return torch.tensor(np.asarray(Image.open(HERE / f"{name}.png")), dtype=dtype).permute(2, 0, 1)[
        None
    ]


def normalise(pixels: Tensor) -> Tensor:
    """Pixels [N, 3, rows, columns] -> network input: B, G, R minus the training set's mean."""
    return pixels.flip(1) - torch.tensor(MEAN_BGR, dtype=pixels.dtype).view(3, 1, 1)


def sample(image: Tensor) -> Tensor:
    """Every 37th value of [1, 3, rows, columns], flattened plane by plane."""
    return image.detach().flatten()[::STRIDE]


def explain(network: FromPixels, pixels: Tensor) -> dict[str, Tensor]:
    """Scores, and the gradient with respect to the pixels ([1, 3, 227, 227]) for three classes."""
    pixels = pixels.clone().requires_grad_()
    scores = network(pixels)[0]
    values = {"logits": scores.detach()}
    for class_index in (int(scores.argmax()), *FIXED_CLASSES):
        [gradient] = torch.autograd.grad(scores[class_index], pixels, retain_graph=True)
        values[f"gradient.{class_index}"] = sample(gradient)
        values[f"gradient_norm.{class_index}"] = gradient.norm().view(1)
    return values


def other_methods(network: FromPixels, pixels: Tensor) -> dict[str, Tensor]:
    """Captum's DeconvNet and guided back-propagation for the likeliest class, with respect to the pixels."""
    class_index = int(network(pixels).argmax())
    values = {}
    for name, method in {"deconvnet": Deconvolution, "guided_backprop": GuidedBackprop}.items():
        signal = method(network).attribute(pixels.clone().requires_grad_(), target=class_index)
        values[f"{name}.{class_index}"] = sample(signal)
        values[f"{name}_norm.{class_index}"] = signal.detach().norm().view(1)
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


def write(goldens: dict[str, Tensor], file: Path, arithmetic: str) -> None:
    """The goldens as f32, sorted by key, with what made them as metadata."""
    about = {
        "stride": STRIDE,
        "arithmetic": arithmetic,
        "weights_sha256": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest(),
        "versions": {name: version(name) for name in ("torch", "captum", "numpy", "pillow")},
    }
    goldens = {name: value.float().contiguous() for name, value in sorted(goldens.items())}
    save_file(goldens, file, metadata={"about": json.dumps(about)})


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the goldens.")
    parser.add_argument(
        "--dtype",
        choices=("float64", "float32"),
        default="float64",
        help="arithmetic (default: float64)",
    )
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder to write into (default: tests/golden)"
    )
    arguments = parser.parse_args()
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
