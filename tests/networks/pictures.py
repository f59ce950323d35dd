"""Seeded pictures at which no unit of a network sits on a kink.

A ReLU whose input is within float32's rounding noise of 0, or a max-pool window whose two largest values are within it of
each other, goes either way in float32, and moves the gradient by up to 1e-2 in a deep network. The noise of every unit is
measured: the graph is run again with each result off by what float32's rounding does to it. The smallest change of the
picture that moves the units near a kink away from it is a linear problem, and next to nothing to see.
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


class Kinks:
    """Distances of every unit of a network from its kinks at a picture, and the noise of those distances."""

    def __init__(self, network: Network, picture: Tensor):
        self.network = network
        self.winners: dict[int, Tensor] = {}
        clean = self.distances(picture)
        squares = {index: torch.zeros_like(apart) for index, apart in clean.items()}
        random = torch.Generator().manual_seed(0)
        for _ in range(REPLICAS):
            for index, apart in self.distances(picture, random).items():
                squares[index] += (apart - clean[index]) ** 2
        # Per node: the units near a kink, and how far from it they should be.
        self.near: dict[int, tuple[Tensor, Tensor]] = {}
        for index, apart in clean.items():
            deviation = (squares[index] / REPLICAS).sqrt()
            # Equal values come from the same places of the picture, by way of a maximum that windows share: whichever of
            # them wins, the gradient is the same.
            near = (apart.abs() < DEVIATIONS * deviation) & (apart.abs() > 1e-12)
            if near.any():
                self.near[index] = near, (2 * DEVIATIONS * deviation * apart.sign())[near]

    def count(self) -> int:
        return sum(len(targets) for _, targets in self.near.values())

    @torch.no_grad()
    def distances(
        self, picture: Tensor, random: torch.Generator | None = None
    ) -> dict[int, Tensor]:
        """[kinks, ...] for each node that has kinks; with float32's noise where there is a generator."""
        found: dict[int, Tensor] = {}

        def observe(index, node, attributes, inputs, output):
            if (apart := self.node_distances(index, node.op_type, attributes, inputs)) is not None:
                found[index] = apart
            exact = node.op_type in WITHOUT_NOISE or not output.is_floating_point()
            if random is None or exact:
                return output
            normal = torch.randn(output.shape, generator=random, dtype=output.dtype)
            return output + normal * rounding_noise(node.op_type, attributes, inputs, output)

        self.network.run(picture, observe=observe)
        return found

    def node_distances(
        self, index: int, op: str, attributes: Attributes, inputs: list
    ) -> Tensor | None:
        if op == "MaxPool":
            windows = max_pool_windows(attributes, inputs[0])
            if index not in self.winners:
                self.winners[index] = windows.topk(2).indices
            return windows.gather(-1, self.winners[index]).diff(dim=-1)[None]
        if op in KINKS and inputs[0].is_floating_point():
            return torch.stack([inputs[0] - kink for kink in KINKS[op](attributes, inputs)])
        return None

    def push(self, picture: Tensor) -> Tensor:
        """The smallest change of the picture that moves all units near a kink away from it, to first order."""
        picture = picture.clone().requires_grad_()
        near: list[Tensor] = []

        def observe(index, node, attributes, inputs, output):
            if index in self.near:
                apart = self.node_distances(index, node.op_type, attributes, inputs)
                near.append(apart[self.near[index][0]])
            return output

        self.network.run(picture, observe=observe)
        apart = torch.cat(near)
        rows = [torch.autograd.grad(a, picture, retain_graph=True)[0].flatten() for a in apart]
        targets = torch.cat([targets for _, targets in self.near.values()])
        change = torch.linalg.lstsq(
            torch.stack(rows), targets - apart.detach(), driver="gelsd"
        ).solution
        return (picture.detach() + change.view(picture.shape)).float().double()


def leave_kinks(network: Network, picture: Tensor) -> Tensor:
    """Change the picture until no unit is near a kink."""
    for _ in range(100):
        kinks = Kinks(network, picture)
        if not kinks.count():
            return picture
        picture = kinks.push(picture)
    raise RuntimeError(f"still {kinks.count()} units near a kink")
