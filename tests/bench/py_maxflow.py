"""Our maximum flow beside PyMaxflow's (Boykov & Kolmogorov, C++) on the same capacities, in alternation, one thread each.

usage: python tests/bench/py_maxflow.py   (after `cargo build --release --example flow`; `make bench-flow` does both)
"""

import statistics
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

import maxflow
import numpy as np

ROOT = Path(__file__).parents[2]
RUNS = 9
# To the neighbours east, south-west, south and south-east.
STRUCTURES = [
    [[0, 0, 0], [0, 0, 1], [0, 0, 0]],
    [[0, 0, 0], [0, 0, 0], [1, 0, 0]],
    [[0, 0, 0], [0, 0, 0], [0, 1, 0]],
    [[0, 0, 0], [0, 0, 0], [0, 0, 1]],
]


def ours(photo: str, side: int, *options: str) -> tuple[int, float, float]:
    command = [
        ROOT / "target/release/examples/flow",
        ROOT / "www/samples" / photo,
        str(side),
        *options,
    ]
    flow, build, solve = subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.split()
    return int(flow), float(build), float(solve)


def theirs(terminals: np.ndarray, links: np.ndarray) -> tuple[int, float, float]:
    side = terminals.shape[0]
    start = time.perf_counter()
    graph = maxflow.Graph[int](side * side, 4 * side * side)
    nodes = graph.add_grid_nodes((side, side))
    for direction, structure in enumerate(STRUCTURES):
        graph.add_grid_edges(
            nodes, links[:, :, direction], structure=np.array(structure), symmetric=True
        )
    graph.add_grid_tedges(nodes, terminals[:, :, 0], terminals[:, :, 1])
    built = time.perf_counter()
    flow = graph.maxflow()
    solved = time.perf_counter()
    return flow, (built - start) * 1e3, (solved - built) * 1e3


print(f"medians of {RUNS} in alternation; ratio: of the flow's times, pair by pair")
print(
    f"{'photo':<18}{'side':>6}{'our build':>12}{'flow':>10}{'PyMaxflow build':>18}{'flow':>10}{'ratio':>8}"
)
for photo in ["chelsea.jpg", "kingfisher.jpg"]:
    for side in [224, 512, 1024]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "capacities"
            ours(photo, side, "--write", str(file))
            numbers = np.fromfile(file, dtype="<u4").astype(np.int64)
        terminals = numbers[: 2 * side * side].reshape(side, side, 2)
        links = numbers[2 * side * side :].reshape(side, side, 4)
        pairs = []
        for run in range(RUNS):
            turns = [partial(ours, photo, side), partial(theirs, terminals, links)]
            results = [turn() for turn in (turns if run % 2 else turns[::-1])]
            pairs.append(results if run % 2 else results[::-1])
        assert all(mine[0] == other[0] for mine, other in pairs), "the flows differ"
        middle = [
            [statistics.median(pair[who][what] for pair in pairs) for what in (1, 2)]
            for who in (0, 1)
        ]
        ratio = statistics.median(mine[2] / other[2] for mine, other in pairs)
        print(
            f"{photo:<18}{side:>6}{middle[0][0]:>12.1f}{middle[0][1]:>10.1f}{middle[1][0]:>18.1f}{middle[1][1]:>10.1f}{ratio:>8.2f}",
            flush=True,
        )
