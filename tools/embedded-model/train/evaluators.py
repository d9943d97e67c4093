"""Two small networks that judge pictures of the base model's size: what is on them, and where the product is.

Both are plain convolutions and ReLU. They train with batch norms, which export folds into the convolutions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from half_products import Conv2d, Linear

# (inputs, outputs, stride) of each 3x3 convolution, padding 1.
CLASSIFIER_LAYERS = [(3, 24, 2), (24, 48, 2), (48, 64, 1), (64, 96, 2), (96, 128, 1), (128, 160, 2)]
EMBEDDING = 2 * CLASSIFIER_LAYERS[-1][1]


def heads_of(legend: dict[str, Any]) -> dict[str, list[str]]:
    """The names that each attribute can take, in the order of their numbers."""
    return {
        "product": [entry["name"] for entry in legend["products"]],
        "colour": legend["colours"],
        "second": legend["colours"],
        "pattern": [entry["name"] for entry in legend["patterns"]],
        "scene": [entry["name"] for entry in legend["scenes"]],
    }


class ConvReLU(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the one convolution that does the same."""
        scale = self.norm.weight / (self.norm.running_var + self.norm.eps).sqrt()
        bias = self.norm.bias - self.norm.running_mean * scale
        return self.conv.weight * scale[:, None, None, None], bias


class AttributeClassifier(nn.Module):
    """Images [B, 3, S, S] in [-1, 1] to one list of logits per attribute."""

    def __init__(self, heads: dict[str, list[str]]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(ConvReLU(*layer) for layer in CLASSIFIER_LAYERS)
        self.sizes = {name: len(names) for name, names in heads.items()}
        self.head = Linear(EMBEDDING, sum(self.sizes.values()))

    def embed(self, images: Tensor) -> Tensor:
        """The identity embedding [B, 320]: mean and maximum of the last layer over the picture."""
        x = images
        for layer in self.layers:
            x = layer(x)
        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        parts = self.head(self.embed(images)).split(list(self.sizes.values()), 1)
        return dict(zip(self.sizes, parts))

    def exported(self) -> dict[str, Tensor]:
        tensors = {"head.weight": self.head.weight, "head.bias": self.head.bias}
        for i, layer in enumerate(self.layers):
            tensors[f"layers.{i}.weight"], tensors[f"layers.{i}.bias"] = layer.folded()
        return tensors


class ProductSegmenter(nn.Module):
    """Images [B, 3, S, S] in [-1, 1] to logits [B, 1, S, S] of belonging to the product."""

    def __init__(self) -> None:
        super().__init__()
        self.down1 = ConvReLU(3, 16, 2)  # S / 2
        self.down2 = ConvReLU(16, 32, 2)  # S / 4
        self.down3 = ConvReLU(32, 64, 2)  # S / 8
        self.middle = ConvReLU(64, 64)
        self.up2 = ConvReLU(64, 32)
        self.up1 = ConvReLU(32, 16)
        self.out = Conv2d(16, 1, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        d1 = self.down1(images)
        d2 = self.down2(d1)
        x = self.middle(self.down3(d2))
        x = self.up2(doubled(x)) + d2
        x = self.up1(doubled(x)) + d1
        return self.out(doubled(x))

    def exported(self) -> dict[str, Tensor]:
        tensors = {"out.weight": self.out.weight, "out.bias": self.out.bias}
        for name in ("down1", "down2", "down3", "middle", "up2", "up1"):
            tensors[f"{name}.weight"], tensors[f"{name}.bias"] = getattr(self, name).folded()
        return tensors


def doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class Evaluators(nn.Module):
    """Both, as one model to train."""

    def __init__(self, legend: dict[str, Any]) -> None:
        super().__init__()
        self.classifier = AttributeClassifier(heads_of(legend))
        self.segmenter = ProductSegmenter()
