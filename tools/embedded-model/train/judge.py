"""The exported attribute classifier, read back from its files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from evaluators import CLASSIFIER_LAYERS
from safetensors_file import load_tensors


def load_embedding(folder: Path) -> Callable[[Tensor], Tensor]:
    """Images [B, 3, S, S] in [-1, 1] to identity embeddings [B, 320]."""
    weights = {name: tensor.float() for name, tensor in load_tensors(folder / "weights.safetensors").items()}

    def embed(images: Tensor) -> Tensor:
        x = images
        for i, (_, _, stride) in enumerate(CLASSIFIER_LAYERS):
            x = F.relu(F.conv2d(x, weights[f"layers.{i}.weight"], weights[f"layers.{i}.bias"], stride, 1))
        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)

    return embed


def load_classifier(folder: Path) -> Callable[[Tensor], dict[str, Tensor]]:
    weights = load_tensors(folder / "weights.safetensors")
    heads = json.loads((folder / "config.json").read_text())["heads"]
    sizes = {name: len(names) for name, names in heads.items()}
    embed = load_embedding(folder)

    def classify(images: Tensor) -> dict[str, Tensor]:
        logits = F.linear(embed(images), weights["head.weight"].float(), weights["head.bias"].float())
        return dict(zip(sizes, logits.split(list(sizes.values()), 1)))

    return classify
