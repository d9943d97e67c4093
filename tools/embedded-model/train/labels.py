"""What the label of a rendered picture says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np

NO_PRODUCT = 255
_BESIDE = "product beside"


@dataclass(frozen=True)
class Item:
    """One product, in numbers of the legend."""

    product: int
    colour: int
    second: int
    pattern: int


@dataclass(frozen=True)
class Subject:
    """What a picture shows: one product or two, in a scene."""

    items: tuple[Item, ...]
    scene: int
    sunset: bool

    @staticmethod
    def from_label(label: Sequence[int]) -> Subject:
        product, colour, second, pattern, scene, sunset, *beside = (int(v) for v in label)
        items = [Item(product, colour, second, pattern)]
        if beside and beside[0] != NO_PRODUCT:
            items.append(Item(*beside))
        return Subject(tuple(items), scene, bool(sunset))


def has_twos(legend: dict[str, Any]) -> bool:
    """Whether pictures of the set may show two products."""
    return _BESIDE in legend["fields"]


def shows_two(legend: dict[str, Any], labels: np.ndarray) -> np.ndarray:
    """bool [N] for labels [N, fields]."""
    if not has_twos(legend):
        return np.zeros(len(labels), bool)
    return labels[:, legend["fields"].index(_BESIDE)] != NO_PRODUCT
