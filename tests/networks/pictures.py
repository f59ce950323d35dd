"""Seeded pictures at which no unit of a network sits on a kink.

A ReLU whose input is within float32's rounding noise of 0, or a max-pool window whose two largest values are within it of
each other, goes either way in float32, and moves the gradient by up to 1e-2 in a deep network. The noise of every unit is
measured: the graph is run again with each result off by what float32's rounding does to it.
"""

import numpy as np
import torch
from interpreter import KINKS, Attributes, Network, convolution, general_product, max_pool_windows
from torch import Tensor
from torch.nn import functional

REPLICAS = 6
# A unit counts as near a kink within so many standard deviations of its noise.
DEVIATIONS = 10.0
# Noise of a sum of products, as a part of sqrt(sum((weight * input)^2)), and of any other result, as a part of itself.
SUM_NOISE, RESULT_NOISE = 2.5e-7, 6e-8

# These choose or move values. A maximum that two overlapping windows share stays equal to itself.
WITHOUT_NOISE = {
    *(
        "Clip",
        "Concat",
        "Constant",
        "Dropout",
        "Expand",
        "Flatten",
        "Gather",
        "Identity",
        "MaxPool",
    ),
    *("Pad", "Relu", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"),
}


def draw(
    shape: list[int], layout: str, seed: int, mean: float, spread: float, level: float
) -> Tensor:
    """A picture of blobs of four sizes, [1, ...] as the network takes it, in multiples of `level`."""
    random = np.random.default_rng(seed)
    channels, rows, columns = shape[1:] if layout == "NCHW" else [shape[3], *shape[1:3]]
    picture = torch.zeros(1, channels, rows, columns, dtype=torch.float64)
    for cells in (2, 5, 13, 32):
        coarse = torch.tensor(random.normal(size=(1, channels, cells, cells)))
        picture += 0.5 * functional.interpolate(
            coarse, (rows, columns), mode="bilinear", align_corners=True
        )
    picture = ((mean + spread * picture) / level).round() * level
    return picture if layout == "NCHW" else picture.permute(0, 2, 3, 1).contiguous()


def rounding_noise(op: str, attributes: Attributes, inputs: list, output: Tensor) -> Tensor:
    """Standard deviation of float32's rounding noise in a node's result."""
    if op in ("Conv", "Gemm", "MatMul"):
        squares = [None if x is None else x**2 for x in inputs]
        if op == "Conv":
            return SUM_NOISE * convolution(attributes, *squares).sqrt()
        return SUM_NOISE * general_product(attributes if op == "Gemm" else {}, *squares).sqrt()
    return RESULT_NOISE * output.abs()


def near_kinks(network: Network, picture: Tensor) -> tuple[int, list[tuple[float, float]]]:
    """The first node that has units near a kink, and where each of them is in the picture: row and column from 0 to 1.
    Without such units, the number of nodes."""
    clean: dict[int, tuple[Tensor, Tensor]] = {}
    squares: dict[int, Tensor | float] = {}
    random = torch.Generator().manual_seed(0)

    def distances(index, op, attributes, inputs) -> Tensor | None:
        """How far each unit is from its kinks, [kinks, ...], for one replica."""
        if op == "MaxPool":
            windows = max_pool_windows(attributes, inputs[0])
            if index not in clean:
                top = windows.topk(2)
                clean[index] = (top.indices, top.values.diff(dim=-1)[None])
            return windows.gather(-1, clean[index][0]).diff(dim=-1)[None]
        if op in KINKS and inputs[0].is_floating_point():
            return torch.stack([inputs[0] - kink for kink in KINKS[op](attributes, inputs)])
        return None

    def observe(index, node, attributes, inputs, output, noisy: bool):
        apart = distances(index, node.op_type, attributes, inputs)
        if apart is not None:
            if not noisy:
                clean[index] = (clean.get(index, (None,))[0], apart)
                squares[index] = torch.zeros_like(apart)
            else:
                squares[index] += (apart - clean[index][1]) ** 2
        exact = node.op_type in WITHOUT_NOISE or not output.is_floating_point()
        if not noisy or exact:
            return output
        normal = torch.randn(output.shape, generator=random, dtype=output.dtype)
        return output + normal * rounding_noise(node.op_type, attributes, inputs, output)

    with torch.no_grad():
        for replica in range(1 + REPLICAS):
            network.run(picture, observe=lambda *seen, noisy=replica > 0: observe(*seen, noisy))
    for index, (_, apart) in sorted(clean.items()):
        deviation = (squares[index] / REPLICAS).sqrt()
        # Equal values come from the same places of the picture, by way of a maximum that windows share: whichever of them
        # wins, the gradient is the same.
        tied = apart.abs() < 1e-12
        near = ((apart.abs() < DEVIATIONS * deviation) & ~tied).nonzero()[:, 1:]
        if len(near):
            size = torch.tensor(apart.shape[1:])
            spots = (near + 0.5) / size
            # Rows and columns of a value that has none are anywhere.
            flat = apart.dim() < 5
            return index, [(0.5, 0.5) if flat else tuple(spot[2:4].tolist()) for spot in spots]
    return len(network.graph.node), []


def leave_kinks(network: Network, picture: Tensor, layout: str, seed: int, level: float) -> Tensor:
    """Change one value by one level in sight of every unit near a kink, keep what isn't worse, until there is none."""
    random = np.random.default_rng(seed)
    sides = np.array(picture.shape[2:] if layout == "NCHW" else picture.shape[1:3])
    reach, tries = sides // 4, 0
    depth, spots = near_kinks(network, picture)
    while spots:
        tries += 1
        if tries > 500:
            raise RuntimeError(f"still {len(spots)} units near a kink at node {depth}")
        changed = picture.clone()
        for spot in spots:
            row, column = np.clip(
                (np.array(spot) * sides).astype(int) + random.integers(-reach, reach + 1),
                0,
                sides - 1,
            )
            channel = random.integers(3)
            place = (0, channel, row, column) if layout == "NCHW" else (0, row, column, channel)
            changed[place] += random.choice([-level, level])
        found = near_kinks(network, changed)
        if (found[0], -len(found[1])) >= (depth, -len(spots)):
            picture, (depth, spots) = changed, found
    return picture
