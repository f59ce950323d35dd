#!/usr/bin/env python3
"""Make torchvision's networks in full size as ONNX files, by both exporters of PyTorch, with random weights.

Goes out:  FOLDER/NAME.EXPORTER.onnx; make_goldens.py FOLDER then adds the references. `make networks` runs both.

    pip install -r tests/networks/requirements.txt
    python tests/networks/make_full_networks.py target/networks --only resnet18
"""

import argparse
from pathlib import Path

import torch
import torchvision
from make_siblings import INCEPTION, export, initialise
from pictures import draw

NAMES = {
    "alexnet": {},
    "vgg16": {},
    "googlenet": INCEPTION,
    "inception_v3": INCEPTION,
    "resnet18": {},
    "resnet50": {},
    "resnext50_32x4d": {},
    "densenet121": {},
    "squeezenet1_1": {},
    "mobilenet_v2": {},
    "mobilenet_v3_small": {},
    "shufflenet_v2_x1_0": {},
    "efficientnet_b0": {},
    "mnasnet1_0": {},
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Make torchvision's networks as ONNX files.")
    parser.add_argument("folder", type=Path, help="folder to write into")
    parser.add_argument("--only", nargs="*", choices=NAMES, help="names of some networks")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for number, (name, options) in enumerate(NAMES.items()):
        if arguments.only and name not in arguments.only:
            continue
        side = 299 if name == "inception_v3" else 224
        torch.manual_seed(number)
        network = torchvision.models.get_model(name, weights=None, **options).eval()
        initialise(network, side, side)
        example = draw([1, 3, side, side], "NCHW", 0, 0.0, 1.0, 1 / 64).float()
        for exporter in ("torchscript", "dynamo"):
            file = arguments.folder / f"{name}.{exporter}.onnx"
            export(network, example, exporter, file)
            print(file, flush=True)


if __name__ == "__main__":
    main()
