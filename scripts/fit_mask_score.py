"""Fits the score that chooses between the candidates of a cut (src/segmentation/mask_score.rs).

usage: fit_mask_score.py RECORDS.jsonl... [--write]

RECORDS are made by `deep-inside evaluate masks FOLDER --candidates --out RECORDS.jsonl`. Each file
is a set of photos and counts as much as another, whatever their numbers.

The score is a linear function of the features, fitted by ridge regression to the overlap of each
candidate with the true mask, both relative to their means over the picture's candidates: only
differences between candidates of one picture matter. Prints the mean overlap of the candidates
that the score chooses, with all pictures in the fit, and cross-validated: the pictures of each
source are judged by a fit to all other sources. --write puts the weights into the crate.
"""

import json
import sys
from pathlib import Path

import numpy as np

RIDGE = 0.03
WEIGHTS = Path(__file__).parent.parent / "src/segmentation/mask_score/weights.rs"


def read(files):
    """One dict for each picture that has candidates, with the weight of its set."""
    pictures = []
    for file in files:
        records = [json.loads(line) for line in Path(file).read_text().splitlines()]
        for record in records:
            candidates = record["candidates"]["of"]
            source = record["source"]
            if source == "all":  # video frames: each video is a source
                source = record["picture"].rsplit("_", 1)[0]
            pictures.append(
                {
                    "set": file,
                    "source": source,
                    "share": record["share"],
                    "cues": record["candidates"]["cues"],
                    "features": np.array([candidate["features"] for candidate in candidates]),
                    "overlap": np.array([candidate["overlap"] for candidate in candidates]),
                    "paper": record["paper"],
                    "weight": 1 / len(records),
                }
            )
    return pictures


def fit(pictures):
    """The weights of the features."""
    pictures = [picture for picture in pictures if len(picture["overlap"])]
    features = np.concatenate([p["features"] - p["features"].mean(0) for p in pictures])
    overlap = np.concatenate([p["overlap"] - p["overlap"].mean() for p in pictures])
    weight = np.concatenate(
        [np.full(len(p["overlap"]), p["weight"] / len(p["overlap"])) for p in pictures]
    )
    weight /= weight.sum()
    scale = np.sqrt(weight @ features**2)
    standard = features / scale
    normal = (standard * weight[:, None]).T @ standard + RIDGE * np.eye(len(scale))
    return np.linalg.solve(normal, (standard * weight[:, None]).T @ overlap) / scale


def chosen(picture, weights):
    """The overlap of the candidate with the highest score."""
    if not len(picture["overlap"]):
        return 0.0
    return picture["overlap"][np.argmax(picture["features"] @ weights)]


def report(name, pictures, overlaps):
    """Mean overlaps: of each set, by size of the object, by source."""
    overlaps = np.array(overlaps)
    share = np.array([picture["share"] for picture in pictures])
    groups = {}
    for file in dict.fromkeys(picture["set"] for picture in pictures):
        groups[Path(file).stem] = np.array([picture["set"] == file for picture in pictures])
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1)):
        groups[f"{low:.0%} to {high:.0%}"] = (share >= low) & (share < high)
    sources = [picture["source"] for picture in pictures]
    for source in dict.fromkeys(sources):
        if sources.count(source) > 4:
            groups[source] = np.array([s == source for s in sources])
    means = [
        f"{group} {overlaps[members].mean():.3f}"
        for group, members in groups.items()
        if members.any()
    ]
    print(f"{name}: " + ", ".join(means))


def main():
    files = [argument for argument in sys.argv[1:] if argument != "--write"]
    pictures = read(files)
    weights = fit(pictures)
    report("paper", pictures, [picture["paper"] for picture in pictures])
    report("best candidate", pictures, [picture["overlap"].max(initial=0) for picture in pictures])
    validated = {}
    for source in {picture["source"] for picture in pictures}:
        validated[source] = fit([picture for picture in pictures if picture["source"] != source])
    report(
        "cross-validated",
        pictures,
        [chosen(picture, validated[picture["source"]]) for picture in pictures],
    )
    report("fit", pictures, [chosen(picture, weights) for picture in pictures])
    entropy, border = np.mean([picture["cues"] for picture in pictures], axis=0)
    numbers = "".join(f"    {weight:.5f},\n" for weight in weights)
    text = (
        "//! Fitted by scripts/fit_mask_score.py.\n\n"
        "use super::FEATURES;\n\n"
        "/// The weights of the features.\n"
        f"pub const WEIGHTS: [f64; FEATURES] = [\n{numbers}];\n"
        "/// The mean entropy of the class probabilities, nats.\n"
        f"pub const MEAN_ENTROPY: f64 = {entropy:.3f};\n"
        "/// The mean of the logarithm of the gradient at the border.\n"
        f"pub const MEAN_BORDER: f64 = {border:.3f};\n"
    )
    print(text)
    if "--write" in sys.argv:
        WEIGHTS.write_text(text)


main()
