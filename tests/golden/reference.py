"""SqueezeNet 1.1 in PyTorch, and what the scripts here share: pictures, samples, options and the golden files.

Input:   weights/squeezenet1_1.onnx (float16 values, so both sides use the same rounded weights).
"""

import argparse
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
WEIGHTS = HERE.parent.parent / "weights/squeezenet1_1.onnx"
SIDE = 227
MEAN_BGR = (103.939, 116.779, 123.68)
FIXED_CLASSES = (76, 340)  # tarantula, zebra; the picture's most likely class is the third
STRIDE = 37  # every 37th value of a flattened [3, 227, 227] is kept; 37 shares no factor with 227 (nor with 114)
TIE = 1e-6


class FirstMaximumPool(nn.Module):
    """Max-pool 3x3, stride 2, ceil mode, whose first maximum (row by row) gets the gradient, as in PyTorch.

    On a constant picture, many activations of a window are equal in exact arithmetic and differ by rounding noise in
    float64. The argmax is taken of activations rounded to multiples of TIE, so that it does not depend on noise.
    """

    def forward(self, x: Tensor) -> Tensor:
        rounded = (x.detach() / TIE).round()
        _, argmax = nn.functional.max_pool2d(rounded, 3, 2, ceil_mode=True, return_indices=True)
        return x.flatten(2).gather(2, argmax.flatten(2)).view(argmax.shape)


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

    The score is the mean of conv10 over its positions, before the last ReLU.
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


def load_network(dtype: torch.dtype) -> SqueezeNet:
    """The network with the bundled weights, which get no gradients."""
    network = SqueezeNet().to(dtype).eval()
    weights = {
        tensor.name.removesuffix(".f16"): torch.tensor(numpy_helper.to_array(tensor), dtype=dtype)
        for tensor in onnx.load(WEIGHTS).graph.initializer
    }
    network.load_state_dict(weights)
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


def sample_and_norm(key: str, attribution: Tensor, suffix: str = "") -> dict[str, Tensor]:
    """What the goldens keep of an attribution: KEY and SUFFIX for the sample, KEY, _norm and SUFFIX for its L2 norm."""
    values = {
        f"{key}{suffix}": sample(attribution),
        f"{key}_norm{suffix}": attribution.detach().norm().view(1),
    }
    assert values[f"{key}{suffix}"].any(), f"{key} is zero: it would check nothing"
    return values


def write(goldens: dict[str, Tensor], file: Path, arithmetic: str) -> None:
    """Writes the goldens as f32, sorted by key; the metadata says how they were made."""
    about = {
        "stride": STRIDE,
        "arithmetic": arithmetic,
        "weights_sha256": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest(),
        "versions": {name: version(name) for name in ("torch", "captum", "numpy", "pillow")},
    }
    goldens = {name: value.float().contiguous() for name, value in sorted(goldens.items())}
    save_file(goldens, file, metadata={"about": json.dumps(about)})


def options(description: str) -> argparse.ArgumentParser:
    """The options of both scripts that make goldens."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--dtype",
        choices=("float64", "float32"),
        default="float64",
        help="arithmetic (default: float64)",
    )
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder to write into (default: tests/golden)"
    )
    return parser
