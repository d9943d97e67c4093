"""Encodes the rendered pictures once, so that the denoiser's training never runs the autoencoder."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from autoencoder import AutoencoderKL
from half_products import set_half_products
from shards import Pictures, load_pictures
from targets import add_target_option, target_of
from train_autoencoder import load_autoencoder

BATCH = 100


def encoded(
    autoencoder: AutoencoderKL, pictures: Pictures, device: torch.device, shrink: int
) -> tuple[np.ndarray, np.ndarray]:
    """Every picture at 1 / shrink of its size, then every picture mirrored: latents float16 [2 N, C, h, w], and the
    share of each latent cell that the product covers, uint8 [2 N, h, w]."""
    scale = autoencoder.config["scaling_factor"]
    latents = []
    with torch.no_grad():
        # A mirrored picture is as true as the first, and its caption stays.
        for mirrored in (False, True):
            for start in range(0, len(pictures.labels), BATCH):
                images = F.avg_pool2d(pictures.images(slice(start, start + BATCH)), shrink)
                mean, _ = autoencoder.encode((images.flip(3) if mirrored else images).to(device))
                latents.append((mean * scale).half().cpu().numpy())
    joined = np.concatenate(latents)
    cells = joined.shape[-1]
    step = pictures.legend["size"] // cells
    # [N, cells, step, cells, step] -> [N, cells, cells]
    mask = pictures.mask.reshape(-1, cells, step, cells, step).mean((2, 4)).round().astype(np.uint8)
    return joined, np.concatenate([mask, mask[:, :, ::-1]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the .npz to write")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="encode only so many pictures")
    parser.add_argument("--autoencoder", type=Path, required=True, help="folder of its run")
    add_target_option(parser)
    options = parser.parse_args()
    target = target_of(options)
    torch.set_num_threads(1)
    set_half_products(True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pictures = load_pictures(options.data, options.limit)
    autoencoder = load_autoencoder(options.autoencoder, options.data, target)
    autoencoder.to(device)
    latents, mask = encoded(autoencoder, pictures, device, shrink=1)
    arrays = {"latents": latents, "mask": mask, "labels": np.concatenate([pictures.labels, pictures.labels])}
    if target.halved_share > 0:
        arrays["halved_latents"], arrays["halved_mask"] = encoded(autoencoder, pictures, device, shrink=2)
    np.savez(options.out, **arrays)
    print(f"{len(latents)} latents, standard deviation {latents.std((0, 2, 3), dtype=np.float64).round(2)}")


if __name__ == "__main__":
    main()
