"""Rendered pictures, as `render/generate.ts` writes them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from labels import has_twos, shows_two


@dataclass(frozen=True)
class Pictures:
    legend: dict[str, Any]
    rgb: np.ndarray
    """uint8 [N, size, size, 3]"""
    mask: np.ndarray
    """uint8 [N, size, size]: all products"""
    masks: np.ndarray
    """uint8 [pictures of two products, 2, size, size]: each product's own"""
    labels: np.ndarray
    """uint8 [N, fields]"""

    def images(self, index: np.ndarray | slice) -> Tensor:
        """float32 [n, 3, size, size] in [-1, 1]."""
        return torch.from_numpy(self.rgb[index]).permute(0, 3, 1, 2).float() / 127.5 - 1

    def product_masks(self, index: int) -> np.ndarray:
        """One mask a product of a picture, uint8 [products, size, size]."""
        twos = shows_two(self.legend, self.labels[: index + 1])
        return self.masks[twos.sum() - 1] if twos[-1] else self.mask[index : index + 1]

    def of_one_product(self) -> Pictures:
        one = ~shows_two(self.legend, self.labels)
        if one.all():
            return self
        return replace(
            self, rgb=self.rgb[one], mask=self.mask[one], masks=self.masks[:0], labels=self.labels[one]
        )


def load_pictures(folder: Path, limit: int | None = None) -> Pictures:
    legend = json.loads((folder / "legend.json").read_text())
    size, fields = legend["size"], len(legend["fields"])
    finished = sorted(folder.glob("*.labels"))
    if limit is not None:
        finished = finished[: max(1, limit // legend["shard"])]
    if not finished:
        raise FileNotFoundError(f"{folder}: no finished shard; run render/generate.ts first")

    def joined(suffix: str, shape: tuple[int, ...]) -> np.ndarray:
        return np.concatenate(
            [np.fromfile(path.with_suffix(suffix), np.uint8) for path in finished]
        ).reshape(-1, *shape)

    return Pictures(
        legend,
        joined(".rgb", (size, size, 3)),
        joined(".mask", (size, size)),
        joined(".masks", (2, size, size)) if has_twos(legend) else np.empty((0, 2, size, size), np.uint8),
        joined(".labels", (fields,)),
    )
