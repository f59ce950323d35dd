#!/usr/bin/env python3
"""Makes the reference values of the attribution methods: Captum's, in float64, with respect to the network's input.

Input:   weights/squeezenet1_1.onnx and side114/NAME.png, which --pictures makes from www/samples/NAME.jpg.
Output:  attributions.safetensors (float32 values, computed in float64). README.md here explains its keys.

    pip install -r tests/golden/requirements.txt
    python tests/golden/make_attributions.py --pictures     # minutes; makes side114/NAME.png
    python tests/golden/make_attributions.py
"""

from pathlib import Path

import numpy as np
import torch
from captum.attr import (
    Deconvolution,
    GuidedBackprop,
    GuidedGradCam,
    InputXGradient,
    IntegratedGradients,
    LayerActivation,
    LayerGradCam,
    NeuronGradient,
    Saliency,
)
from make_pictures import leave_kinks, save_pixels, squash
from PIL import Image
from reference import (
    FIXED_CLASSES,
    HERE,
    SqueezeNet,
    load_network,
    normalise,
    options,
    read_pixels,
    sample_and_norm,
    write,
)
from torch import Tensor

SAMPLES = HERE.parent.parent / "www/samples"
PICTURES = ("chelsea", "coffee", "macaw", "red-panda", "crab", "castle")
# At this side the last windows of all three pools extend beyond the edge (56 -> 28 -> 14 -> 7 in ceil mode), and conv1
# does not read the last row and column. At 227 neither is the case.
SIDE = 114
IG_STEPS = 5
NOISE_COUNT, NOISE_DEVIATION, NOISE_ROLL = 3, 0.15 * 255, 4999

GRAD_CAM_LAYERS = (
    "features.12",
    "features.7.squeeze",
    "classifier.1",
)  # last fire, a convolution before ReLU, conv10
# Layer in the keys -> module, channel, and a position where no picture's gradient is zero.
NEURONS = {
    "features.0": ("features.0", 5, (3, 2)),
    "features.3.squeeze_activation": ("features.3.squeeze_relu", 7, (3, 2)),
    "features.6": ("features.6", 17, (3, 2)),
    "features.9.expand3x3": ("features.9.expand3x3", 33, (3, 2)),
}


def smooth_grad_noise() -> Tensor:
    """SmoothGrad's noise for the first input, [3, side, side]: multiples of 1/8, which float32 holds exactly."""
    noise = np.random.default_rng(0).normal(0, NOISE_DEVIATION, (3, SIDE, SIDE))
    return torch.tensor(np.round(noise * 8) / 8)


def noisy(x: Tensor) -> Tensor:
    """SmoothGrad's inputs [3, 3, side, side] around the network input x."""
    noise = smooth_grad_noise().to(x.dtype)
    return torch.cat(
        [x + noise.flatten().roll(j * NOISE_ROLL).view(noise.shape) for j in range(NOISE_COUNT)]
    )


def evaluated_inputs(pixels: Tensor) -> Tensor:
    """All nine network inputs at which a gradient is taken: the picture, integrated gradients' and SmoothGrad's."""
    x = normalise(pixels)
    nodes, _ = np.polynomial.legendre.leggauss(IG_STEPS)
    return torch.cat([x, *((1 + node) / 2 * x for node in nodes), noisy(x)])


def make_pictures(folder: Path) -> None:
    """Squash the samples, and change values until no unit is near a kink at any of the nine inputs."""
    network = load_network(torch.float64)
    folder.mkdir(exist_ok=True)
    for name in PICTURES:
        squashed = squash(Image.open(SAMPLES / f"{name}.jpg"), SIDE)
        pixels = leave_kinks(network, squashed, np.random.default_rng(0), evaluated_inputs)
        save_pixels(pixels, folder / f"{name}.png")
        print(
            f"{name}: {int((pixels != squashed).sum())} of {pixels.numel():,} values changed",
            flush=True,
        )


def attribute(network: SqueezeNet, x: Tensor, class_index: int) -> dict[str, Tensor]:
    """Every method for one class, with respect to the network input x: [1, 3, side, side] in planes B, G, R."""
    options = {"target": class_index}
    gradient = Saliency(network)
    # Captum's default is Gauss-Legendre quadrature. The baseline, 0, is the mean picture.
    steps = {"baselines": 0, "n_steps": IG_STEPS, "method": "gausslegendre"}
    attributions = {
        "gradient": gradient.attribute(x, abs=False, **options),
        "gradient_times_input": InputXGradient(network).attribute(x, **options),
        "smooth_grad": gradient.attribute(
            noisy(x.detach()).requires_grad_(), abs=False, **options
        ).mean(0),
        "integrated_gradients": IntegratedGradients(network).attribute(x, **steps, **options),
        "deconvnet": Deconvolution(network).attribute(x, **options),
        "guided_backprop": GuidedBackprop(network).attribute(x, **options),
        "guided_grad_cam": GuidedGradCam(network, network.get_submodule("classifier.1")).attribute(
            x, interpolate_mode="bilinear", **options
        ),
    }
    values = {"score": network(x)[0, class_index].detach().view(1)}
    for method, attribution in attributions.items():
        values |= sample_and_norm(method, attribution)
    for layer in GRAD_CAM_LAYERS:
        grad_cam = LayerGradCam(network, network.get_submodule(layer))
        values[f"grad_cam.{layer}"] = grad_cam.attribute(x, relu_attributions=False, **options)[
            0, 0
        ].detach()
    return values


def attribute_neurons(network: SqueezeNet, x: Tensor) -> dict[str, Tensor]:
    """Activation and its gradient with respect to x, for a channel's mean over positions and for one position."""
    values = {}
    for layer, (module, channel, (row, column)) in NEURONS.items():
        module = network.get_submodule(module)
        activations = LayerActivation(network, module).attribute(x).detach()[0, channel]
        gradient = NeuronGradient(network, module)
        mean = gradient.attribute(
            x, lambda activations, channel=channel: activations[:, channel].mean((1, 2))
        )
        single = gradient.attribute(x, (channel, row, column))
        values |= sample_and_norm(f"{layer}.{channel}", mean)
        values |= sample_and_norm(f"{layer}.{channel}.{row}.{column}", single)
        values[f"{layer}.{channel}.value"] = activations.mean().view(1)
        values[f"{layer}.{channel}.{row}.{column}.value"] = activations[row, column].view(1)
    return values


def main() -> None:
    parser = options("Make the attribution methods' goldens.")
    parser.add_argument("--pictures", action="store_true", help="make side114/NAME.png instead")
    arguments = parser.parse_args()
    dtype = getattr(torch, arguments.dtype)
    torch.set_num_threads(1)
    if arguments.pictures:
        make_pictures(arguments.out / f"side{SIDE}")
        return

    network = load_network(dtype)
    goldens = {"smooth_grad.noise": smooth_grad_noise()}
    for name in PICTURES:
        x = normalise(read_pixels(f"side{SIDE}/{name}", dtype)).requires_grad_()
        likeliest = network(x)[0].topk(3).indices.tolist()
        first = next(index for index in likeliest if index not in FIXED_CLASSES)
        for class_index in (first, *FIXED_CLASSES):
            values = attribute(network, x, class_index)
            goldens |= {f"{name}.{class_index}.{key}": value for key, value in values.items()}
        goldens |= {
            f"{name}.neuron.{key}": value for key, value in attribute_neurons(network, x).items()
        }
    write(goldens, arguments.out / "attributions.safetensors", arguments.dtype)


if __name__ == "__main__":
    main()
