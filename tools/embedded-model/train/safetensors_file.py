"""Reads and writes .safetensors: an 8-byte header length, a JSON header, the tensors' bytes."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import torch

_TORCH_BY_NAME = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "I64": torch.int64,
    "I32": torch.int32,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_NAME_BY_TORCH = {dtype: name for name, dtype in _TORCH_BY_NAME.items()}


def load_tensors(path: Path | str) -> dict[str, torch.Tensor]:
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = memoryview(bytearray(data[8 + length :]))
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        dtype = _TORCH_BY_NAME[entry["dtype"]]
        if start == end:
            tensors[name] = torch.zeros(entry["shape"], dtype=dtype)
        else:
            tensors[name] = torch.frombuffer(body[start:end], dtype=dtype).reshape(entry["shape"])
    return tensors


def save_tensors(
    tensors: dict[str, torch.Tensor], path: Path | str, metadata: dict[str, str] | None = None
) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt", **(metadata or {})}}
    chunks: list[bytes] = []
    offset = 0
    for name in sorted(tensors):
        array: np.ndarray = tensors[name].detach().cpu().contiguous().numpy()
        chunk = array.tobytes()
        header[name] = {
            "dtype": _NAME_BY_TORCH[tensors[name].dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + len(chunk)],
        }
        chunks.append(chunk)
        offset += len(chunk)
    text = json.dumps(header, separators=(",", ":")).encode()
    # The format asks for tensors aligned to 8 bytes, counted from the start of the file.
    text += b" " * (-len(text) % 8)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))
