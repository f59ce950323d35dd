#!/usr/bin/env python3
"""Make the pictures that the goldens are computed from: NAME.png, 227 x 227, 8-bit R, G, B.

Comes in:  four pictures that scikit-image ships, squashed to the network's side.
Goes out:  the same with some pixel values changed by a few levels, so that no unit of the network sits on a kink.

Why: a ReLU whose input is within float32's rounding noise of 0, or a max-pool window whose two largest values are within
it of each other, goes either way in float32. One unit gone the other way moves the gradient by 1e-3, ten times what the
tests allow. A picture taken as it is has about twenty such units, and PyTorch disagrees with itself from one number of
threads to another.

    pip install -r tests/golden/requirements.txt
    python tests/golden/make_pictures.py      # a minute or two; then make_goldens.py
"""

import argparse
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from make_goldens import HERE, SIDE, Fire, FirstMaximumPool, SqueezeNet, load_network, normalise
from PIL import Image
from torch import Tensor, nn

SOURCES = {
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "motorcycle": "motorcycle_left.png",
    "rocket": "rocket.jpg",
}

# A unit's noise in float32, as a part of sqrt(sum((weight * input)^2)): about eight times the root mean square of what
# PyTorch shows, in the first layer and in the later ones, which inherit the noise of those before.
NOISE_FIRST, NOISE_LATER = 2e-6, 6e-6


def squash(picture: Image.Image, side: int) -> Tensor:
    """A picture as a square, whatever its shape was: [1, 3, side, side], R, G, B from 0 to 255."""
    picture = picture.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
    return torch.tensor(np.asarray(picture), dtype=torch.float64).permute(2, 0, 1)[None]


def near_kinks(network: SqueezeNet, inputs: Tensor) -> tuple[int, list[tuple[int, int, int]]]:
    """Network inputs [N, 3, side, side] -> the first layer that has units near a kink in any of them, and where each of
    these units looks at: (row, column, reach) in pixels."""
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
            values, places = windows(x).topk(2)
            first, second = values.unbind(-1)
            near.append((first > 0) & (first - second < windows(noise).gather(-1, places).sum(-1)))
            x = layer(x)
        pitch = inputs.shape[2] / x.shape[2]
        centres = [(place + 0.5) * pitch for units in near for place in units.nonzero()[:, 2:]]
        if centres:
            return depth, [(int(row), int(column), round(0.75 * pitch)) for row, column in centres]
    return len(network.features), []


def windows(x: Tensor) -> Tensor:
    """The pool windows of x >= 0, [N, C, H, W] -> [N, C, rows, columns, 9]; in ceil mode the last may hang over by 1."""
    over = (x.shape[2] - 3) % 2
    return nn.functional.pad(x, (0, over, 0, over)).unfold(2, 3, 2).unfold(3, 3, 2).flatten(4)


def leave_kinks(
    network: SqueezeNet,
    pixels: Tensor,
    random: np.random.Generator,
    inputs: Callable[[Tensor], Tensor] = normalise,
) -> Tensor:
    """Change one value by one level in sight of every unit near a kink, keep what isn't worse, until there is none.

    `inputs` makes from the pixels all network inputs whose units count.
    """
    depth, places = near_kinks(network, inputs(pixels))
    while places:
        changed = pixels.clone()
        for *centre, reach in places:
            row, column = np.clip(
                np.array(centre) + random.integers(-reach, reach + 1, 2), 0, pixels.shape[2] - 1
            )
            changed[0, random.integers(3), row, column] += random.choice([-1, 1])
        changed.clamp_(0, 255)
        new_depth, new_places = near_kinks(network, inputs(changed))
        if (new_depth, -len(new_places)) >= (depth, -len(places)):
            pixels, depth, places = changed, new_depth, new_places
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
