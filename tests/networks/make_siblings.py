#!/usr/bin/env python3
"""Make small siblings of well-known networks as ONNX files: same topology, a fraction of the width, random weights.

Goes out:  siblings/NAME.EXPORTER.onnx, and NAME.dynamo.onnx.data beside the files of PyTorch's new exporter.

Weights are seeded. Convolutions are drawn by He's rule; batch norms get the statistics of seeded pictures, so that
activations neither die nor explode. What the new exporter notes about the machine it ran on is taken out.

    pip install -r tests/networks/requirements.txt
    python tests/networks/make_siblings.py             # a few minutes; the same bytes again
    python tests/networks/make_siblings.py --check     # the goldens beside PyTorch's own float64 results
"""

import argparse
import contextlib
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import timm
import torch
import torchvision
from pictures import draw
from safetensors.torch import load_file
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
CLASSES = 10


@contextlib.contextmanager
def narrowed(divisor: int):
    """Within this context every layer is built with its channels divided by `divisor`: all but the picture's and the
    classes."""

    def less(channels: int) -> int:
        return channels if channels in (1, 3, CLASSES) else max(1, round(channels / divisor))

    # The parameters have the names that PyTorch's have, as some callers pass them by name.
    def convolution(original):
        def init(
            self,
            in_channels,
            out_channels,
            kernel_size,
            stride=1,
            padding=0,
            dilation=1,
            groups=1,
            *rest,
            **options,
        ):
            if 1 < groups < in_channels:
                groups = max(2, groups // divisor)
                channels = [groups * max(1, less(c) // groups) for c in (in_channels, out_channels)]
            else:
                groups = less(in_channels) if groups == in_channels else groups
                channels = [less(in_channels), less(out_channels)]
            original(
                self, *channels, kernel_size, stride, padding, dilation, groups, *rest, **options
            )

        return init

    def batch_norm(original):
        return lambda self, num_features, *rest, **options: original(
            self, less(num_features), *rest, **options
        )

    def linear(original):
        return lambda self, in_features, out_features, *rest, **options: original(
            self, less(in_features), less(out_features), *rest, **options
        )

    patched = [(nn.Conv2d, convolution), (nn.BatchNorm2d, batch_norm), (nn.Linear, linear)]
    originals = [(kind, kind.__init__) for kind, _ in patched]
    try:
        for kind, patch in patched:
            kind.__init__ = patch(kind.__init__)
        yield
    finally:
        for kind, original in originals:
            kind.__init__ = original


def local_response(x: Tensor) -> Tensor:
    """With alpha 1e-4 it would do next to nothing to activations around 1; here alpha is 0.5."""
    return nn.functional.local_response_norm(x, 5, alpha=0.5, beta=0.75, k=2.0)


class LocalResponse(torch.autograd.Function):
    """`local_response`, which the exporter writes as ONNX's LRN."""

    @staticmethod
    def forward(_, x: Tensor) -> Tensor:
        return local_response(x)

    @staticmethod
    def symbolic(graph, x):
        return graph.op("LRN", x, size_i=5, alpha_f=0.5, beta_f=0.75, bias_f=2.0)


class AlexNet(nn.Module):
    """Krizhevsky, Sutskever & Hinton (2012): two groups of kernels, LRN behind the first two layers."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11, 4, 2)
        self.conv2 = nn.Conv2d(96, 256, 5, 1, 2, groups=2)
        self.conv3 = nn.Conv2d(256, 384, 3, 1, 1)
        self.conv4 = nn.Conv2d(384, 384, 3, 1, 1, groups=2)
        self.conv5 = nn.Conv2d(384, 256, 3, 1, 1, groups=2)
        self.fc6, self.fc7 = nn.Linear(256, 1024), nn.Linear(1024, 1024)
        self.fc8 = nn.Linear(1024, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        pool = nn.functional.max_pool2d
        normalise = LocalResponse.apply if torch.onnx.is_in_onnx_export() else local_response
        for layer in (self.conv1, self.conv2):
            x = pool(normalise(layer(x).relu()), 3, 2)
        x = self.conv5(self.conv4(self.conv3(x).relu()).relu()).relu()
        x = nn.functional.dropout(pool(x, 3, 2).flatten(1), training=self.training)
        return self.fc8(self.fc7(self.fc6(x).relu()).relu())


def vgg16_bn() -> nn.Module:
    """torchvision's, without the classifier's 4096 features."""
    network = torchvision.models.vgg16_bn(num_classes=CLASSES, init_weights=False)
    network.avgpool = nn.AdaptiveAvgPool2d(2)
    features = [nn.Linear(512 * 4, 1024), nn.ReLU(), nn.Dropout(), nn.Linear(1024, 1024), nn.ReLU()]
    network.classifier = nn.Sequential(*features, nn.Dropout(), nn.Linear(1024, CLASSES))
    return network


def from_torchvision(name: str, **options) -> Callable[[], nn.Module]:
    return lambda: torchvision.models.get_model(name, weights=None, num_classes=CLASSES, **options)


def from_timm(name: str) -> Callable[[], nn.Module]:
    return lambda: timm.create_model(name, num_classes=CLASSES)


# The one file that keeps all that the new exporter notes.
WHOLE = "resnet18.dynamo.onnx"
INCEPTION = {"aux_logits": False, "init_weights": False, "transform_input": False}
# Name -> constructor, divisor of the width, rows and columns of the picture, exporters.
SIBLINGS: dict[str, tuple[Callable, int, tuple[int, int], tuple[str, ...]]] = {
    "alexnet_lrn": (AlexNet, 16, (64, 64), ("torchscript",)),
    "vgg16_bn": (vgg16_bn, 16, (64, 64), ("torchscript",)),
    "googlenet": (from_torchvision("googlenet", **INCEPTION), 16, (48, 48), ("dynamo",)),
    "inception_v3": (from_torchvision("inception_v3", **INCEPTION), 16, (75, 75), ("torchscript",)),
    "resnet18": (from_torchvision("resnet18"), 16, (48, 64), ("torchscript", "dynamo")),
    "resnet50": (from_torchvision("resnet50"), 20, (48, 48), ("dynamo",)),
    "resnext50_32x4d": (from_torchvision("resnext50_32x4d"), 32, (48, 48), ("torchscript",)),
    "densenet121": (from_torchvision("densenet121"), 16, (64, 64), ("torchscript",)),
    "mobilenetv1_100": (from_timm("mobilenetv1_100"), 10, (48, 48), ("torchscript",)),
    "mobilenet_v2": (from_torchvision("mobilenet_v2"), 8, (64, 48), ("torchscript", "dynamo")),
    "mobilenet_v3_small": (
        from_torchvision("mobilenet_v3_small"),
        8,
        (48, 48),
        ("torchscript", "dynamo"),
    ),
    "shufflenet_v2": (
        lambda: torchvision.models.ShuffleNetV2(
            [4, 8, 4], [8, 16, 32, 64, 128], num_classes=CLASSES
        ),
        1,
        (48, 48),
        ("torchscript", "dynamo"),
    ),
    "efficientnet_b0": (from_torchvision("efficientnet_b0"), 12, (48, 48), ("dynamo",)),
    "tf_efficientnet_lite0": (from_timm("tf_efficientnet_lite0"), 10, (48, 48), ("dynamo",)),
    "mnasnet1_0": (from_torchvision("mnasnet1_0"), 10, (48, 48), ("torchscript",)),
    "legacy_xception": (from_timm("legacy_xception"), 20, (64, 64), ("dynamo",)),
}


def initialise(network: nn.Module, rows: int, columns: int) -> None:
    """Draw the weights, and give the batch norms the statistics of sixteen pictures."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0, (2 / module.in_features) ** 0.5)
        if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
            nn.init.normal_(module.bias, 0, 0.2)
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.8, 1.2)
        nn.init.normal_(norm.bias, 0, 0.2)
        norm.train()
        norm.momentum = None
    pictures = [draw([1, 3, rows, columns], "NCHW", seed, 0.0, 1.0, 1 / 64) for seed in range(16)]
    with torch.no_grad():
        network(torch.cat(pictures).float())
    network.eval()


def trim(file: Path, whole: bool) -> None:
    """Take the new exporter's notes out of a file, but for the modules' names; of a `whole` file only the stack traces,
    which name files of the machine it was made on."""
    model = onnx.load(str(file), load_external_data=False)
    graph = model.graph
    for owner in [graph, *graph.node, *graph.value_info, *graph.input, *graph.output]:
        kept = [
            entry
            for entry in owner.metadata_props
            if (whole and "stack_trace" not in entry.key)
            or entry.key == "pkg.torch.onnx.name_scopes"
        ]
        del owner.metadata_props[:]
        owner.metadata_props.extend(kept)
    file.write_bytes(model.SerializeToString(deterministic=True))


def export(network: nn.Module, example: Tensor, exporter: str, file: Path) -> None:
    """By either exporter of PyTorch, with its defaults but for the old one's dynamic batch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = {"input_names": ["input"], "output_names": ["logits"]}
        if exporter == "torchscript":
            dynamic = {"dynamic_axes": {"input": {0: "batch"}, "logits": {0: "batch"}}}
            torch.onnx.export(
                network, (example,), str(file), dynamo=False, opset_version=17, **names, **dynamic
            )
        else:
            torch.onnx.export(network, (example,), str(file), dynamo=True, verbose=False, **names)
    trim(file, whole=file.name == WHOLE)


def check(network: nn.Module, stem: str) -> None:
    """Print how far the goldens of an exported file are from PyTorch's own results for the module, in float64."""
    goldens = load_file(HERE / "siblings/goldens.safetensors")
    picture = goldens[f"{stem}.picture"].double().requires_grad_()
    scores = network.double()(picture)[0]
    (gradient,) = torch.autograd.grad(scores.max(), picture)
    for name, found in (("scores", scores.detach()), ("gradient", gradient)):
        expected = goldens[f"{stem}.{name}"].double()
        print(f"{stem} {name} {(found - expected).norm() / expected.norm():.1e}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the small siblings' ONNX files.")
    parser.add_argument("--out", type=Path, default=HERE / "siblings", help="folder to write into")
    parser.add_argument("--only", nargs="*", help="names of some siblings")
    parser.add_argument("--check", action="store_true", help="compare with goldens, write nothing")
    arguments = parser.parse_args()
    arguments.out.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    for number, (name, (build, divisor, (rows, columns), exporters)) in enumerate(SIBLINGS.items()):
        if arguments.only and name not in arguments.only:
            continue
        torch.manual_seed(number)
        with narrowed(divisor):
            network = build().eval()
        initialise(network, rows, columns)
        example = draw([1, 3, rows, columns], "NCHW", 0, 0.0, 1.0, 1 / 64).float()
        with torch.no_grad():
            print(name, "scores", np.round(network(example)[0].numpy(), 2), flush=True)
        for exporter in exporters:
            if arguments.check:
                check(network, f"{name}.{exporter}")
                continue
            file = arguments.out / f"{name}.{exporter}.onnx"
            export(network, example, exporter, file)
            data = file.with_suffix(".onnx.data")
            size = file.stat().st_size + (data.stat().st_size if data.exists() else 0)
            print(f"  {file.name}: {size:,} bytes", flush=True)


if __name__ == "__main__":
    main()
