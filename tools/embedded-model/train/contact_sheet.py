"""Pictures in a grid with a line of text under each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

_LINE = 12


def contact_sheet(
    pictures: np.ndarray, captions: list[str], path: Path, columns: int = 8, scale: int = 2
) -> None:
    """`pictures` are uint8 [N, size, size, 3]."""
    size = pictures.shape[1] * scale
    rows = -(-len(pictures) // columns)
    height = size + (2 * _LINE if captions else 0)
    sheet = Image.new("RGB", (columns * size, rows * height), "white")
    pen = ImageDraw.Draw(sheet)
    for i, picture in enumerate(pictures):
        x, y = i % columns * size, i // columns * height
        sheet.paste(Image.fromarray(picture).resize((size, size), Image.NEAREST), (x, y))
        if i < len(captions):
            letters = size // 6
            pen.text((x + 1, y + size), captions[i][:letters], fill="black")
            pen.text((x + 1, y + size + _LINE - 2), captions[i][letters : 2 * letters], fill="black")
    sheet.save(path)
