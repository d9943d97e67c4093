"""A contact sheet of rendered pictures as the denoiser's training sees them: with captions, or the masks of each product."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np

from captions import Captions
from contact_sheet import contact_sheet
from labels import Subject, shows_two
from shards import Pictures, load_pictures

COLOURS = np.array([[255, 80, 60], [60, 140, 255]])
"""Of the first product's mask, and of the second's."""


def tinted(pictures: Pictures, index: int) -> np.ndarray:
    """Masks as colours, uint8 [size, size, 3]."""
    masks = pictures.product_masks(index).astype(int)
    return (np.einsum("phw,pc->hwc", masks, COLOURS[: len(masks)]) // 255).clip(0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the .png to write")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--scale", type=int, default=2)
    parser.add_argument("--twos", action="store_true", help="only pictures of two products")
    parser.add_argument("--masks", action="store_true", help="masks instead of pictures")
    options = parser.parse_args()
    pictures = load_pictures(options.data)
    chosen = np.arange(len(pictures.labels))
    if options.twos:
        chosen = chosen[shows_two(pictures.legend, pictures.labels)]
    chosen = chosen[: options.count]
    captions = Captions(pictures.legend)
    draw = random.Random(0)
    texts = [captions.varied(Subject.from_label(pictures.labels[index]), draw) for index in chosen]
    shown = [tinted(pictures, index) if options.masks else pictures.rgb[index] for index in chosen]
    contact_sheet(np.stack(shown), texts, options.out, options.columns, options.scale)


if __name__ == "__main__":
    main()
