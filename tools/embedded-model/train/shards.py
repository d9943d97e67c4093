"""Rendered pictures, as `render/generate.ts` writes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Pictures:
    legend: dict[str, Any]
    rgb: np.ndarray
    """uint8 [N, size, size, 3]"""
    mask: np.ndarray
    """uint8 [N, size, size]"""
    labels: np.ndarray
    """uint8 [N, fields]"""

    def images(self, index: np.ndarray | slice) -> Tensor:
        """float32 [n, 3, size, size] in [-1, 1]."""
        return torch.from_numpy(self.rgb[index]).permute(0, 3, 1, 2).float() / 127.5 - 1


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
        joined(".labels", (fields,)),
    )
