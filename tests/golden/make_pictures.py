#!/usr/bin/env python3
"""Makes the pictures that the goldens are computed from: NAME.png, 227 x 227, 8-bit R, G, B.

Input:   four pictures that scikit-image ships, resized to the network's side.
Output:  the same with some pixel values changed by a few levels, so that no unit of the network is near a kink.

Why: if the input of a ReLU is within float32's rounding noise of 0, or the two largest values of a max-pool window are
within this noise of each other, float32 decides either way. One unit that is decided differently changes the gradient by
1e-3, ten times what the tests allow. An unchanged picture has about twenty such units, and PyTorch's own results differ
between numbers of threads.

    pip install -r tests/golden/requirements.txt
    python tests/golden/make_pictures.py      # a minute or two; then make_goldens.py
"""

import argparse
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from reference import HERE, SIDE, Fire, FirstMaximumPool, SqueezeNet, load_network, normalise
from torch import Tensor, nn

SOURCES = {
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "motorcycle": "motorcycle_left.png",
    "rocket": "rocket.jpg",
}

# A unit's noise in float32 relative to sqrt(sum((weight * input)^2)): about eight times the root mean square that PyTorch
# shows, in the first layer and in the later ones, which inherit the noise of earlier layers.
NOISE_FIRST, NOISE_LATER = 2e-6, 6e-6


def squash(picture: Image.Image, side: int) -> Tensor:
    """A picture resized to a square, whatever its aspect ratio: [1, 3, side, side], R, G, B from 0 to 255."""
    picture = picture.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
    return torch.tensor(np.asarray(picture), dtype=torch.float64).permute(2, 0, 1)[None]


def near_kinks(network: SqueezeNet, inputs: Tensor) -> tuple[int, list[tuple[int, int, int]]]:
    """Network inputs [N, 3, side, side] -> the first layer that has units near a kink in any of them, and the centre and
    reach of each such unit's receptive field: (row, column, reach) in pixels."""
    near = []  # [N, channels, rows, columns] each, true for a unit near a kink

    def convolve(layer: nn.Conv2d, x: Tensor, part: float) -> tuple[Tensor, Tensor]:
        """The activations behind `layer` and its ReLU, and their noise."""
        sums = layer(x)
        squares = nn.functional.conv2d(
            x**2, layer.weight**2, layer.bias**2, layer.stride, layer.padding
        )
        noise = part * squares.sqrt()
        near.append(sums.abs() < noise)
        return sums.relu(), noise

    x, noise = inputs, torch.zeros_like(inputs)
    for depth, layer in enumerate(network.features):
        if isinstance(layer, nn.Conv2d):
            x, noise = convolve(layer, x, NOISE_FIRST)
        elif isinstance(layer, Fire):
            squeezed, _ = convolve(layer.squeeze, x, NOISE_LATER)
            expanded = [
                convolve(expand, squeezed, NOISE_LATER)
                for expand in (layer.expand1x1, layer.expand3x3)
            ]
            x, noise = (torch.cat(parts, 1) for parts in zip(*expanded, strict=True))
        elif isinstance(layer, FirstMaximumPool):
            values, argmax = windows(x).topk(2)
            first, second = values.unbind(-1)
            near.append((first > 0) & (first - second < windows(noise).gather(-1, argmax).sum(-1)))
            x = layer(x)
        pitch = inputs.shape[2] / x.shape[2]
        centres = [
            (position + 0.5) * pitch for units in near for position in units.nonzero()[:, 2:]
        ]
        if centres:
            return depth, [(int(row), int(column), round(0.75 * pitch)) for row, column in centres]
    return len(network.features), []


def windows(x: Tensor) -> Tensor:
    """The pool windows of x >= 0, [N, C, H, W] -> [N, C, rows, columns, 9]; in ceil mode the last window may extend 1 beyond."""
    over = (x.shape[2] - 3) % 2
    return nn.functional.pad(x, (0, over, 0, over)).unfold(2, 3, 2).unfold(3, 3, 2).flatten(4)


def leave_kinks(
    network: SqueezeNet,
    pixels: Tensor,
    random: np.random.Generator,
    inputs: Callable[[Tensor], Tensor] = normalise,
) -> Tensor:
    """Changes one value by one level near every unit near a kink, and keeps changes that are no worse, until no unit is.

    `inputs` makes all the network inputs to consider from the pixels.
    """
    depth, fields = near_kinks(network, inputs(pixels))
    while fields:
        changed = pixels.clone()
        for *centre, reach in fields:
            row, column = np.clip(
                np.array(centre) + random.integers(-reach, reach + 1, 2), 0, pixels.shape[2] - 1
            )
            changed[0, random.integers(3), row, column] += random.choice([-1, 1])
        changed.clamp_(0, 255)
        new_depth, new_fields = near_kinks(network, inputs(changed))
        if (new_depth, -len(new_fields)) >= (depth, -len(fields)):
            pixels, depth, fields = changed, new_depth, new_fields
    return pixels


def save_pixels(pixels: Tensor, file: Path) -> None:
    """[1, 3, rows, columns], R, G, B from 0 to 255 -> an 8-bit PNG."""
    Image.fromarray(pixels[0].permute(1, 2, 0).to(torch.uint8).numpy()).save(file, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the goldens' pictures.")
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder to write into (default: tests/golden)"
    )
    arguments = parser.parse_args()

    network = load_network(torch.float64)
    for name, file in SOURCES.items():
        with files("skimage.data").joinpath(file).open("rb") as stream:
            squashed = squash(Image.open(stream), SIDE)
        pixels = leave_kinks(network, squashed, np.random.default_rng(0))
        save_pixels(pixels, arguments.out / f"{name}.png")
        print(f"{name}: {int((pixels != squashed).sum())} of {pixels.numel():,} values changed")


if __name__ == "__main__":
    main()
