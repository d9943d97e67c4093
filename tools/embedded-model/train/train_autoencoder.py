"""Trains the autoencoder on renders: on quarter-area crops first, which is as good and four times as fast."""

from __future__ import annotations

import argparse
import math
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from autoencoder import AutoencoderKL
from fleet import Place, Recipe, add_piece_options, launch, smooth_weights, train
from half_products import set_half_products
from shards import Pictures, load_pictures
from targets import Target, add_target_option, target_of

# On crops a step takes four times as many pictures as on whole pictures: the same work.
CROPS_PER_PICTURE = 4
KL_WEIGHT = 2e-4
FIRST_LOG_VARIANCE = -4.0
PRODUCT_WEIGHT = 3.0
"""The product's pixels count this much against the scene's 1: they are fewer, and harder."""


def autoencoder_config(target: Target) -> dict[str, Any]:
    levels = len(target.autoencoder_widths)
    return {
        "_class_name": "AutoencoderKL",
        "act_fn": "silu",
        "block_out_channels": list(target.autoencoder_widths),
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "in_channels": 3,
        "out_channels": 3,
        "latent_channels": target.latent_channels,
        "layers_per_block": 1,
        "norm_num_groups": 8,
        "sample_size": target.size,
        "scaling_factor": 1.0,
        "force_upcast": True,
    }


def channels_last(images: Tensor) -> Tensor:
    return images.contiguous(memory_format=torch.channels_last)


def psnr(a: Tensor, b: Tensor) -> float:
    """Decibels for images in [-1, 1]."""
    return -10 * math.log10(((a - b) ** 2).mean().item() / 4)


def batch_at(
    pictures: Pictures, count: int, crop: int | None, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Images, or crops of them, and the weights of their pixels."""
    size = pictures.legend["size"]
    crops = count if crop is None else count * CROPS_PER_PICTURE
    index = torch.randint(len(pictures.labels), (crops,), generator=generator).numpy()
    masks = torch.from_numpy(pictures.mask[index])[:, None].float() / 255
    both = torch.cat([pictures.images(index), 1 + (PRODUCT_WEIGHT - 1) * masks], 1)
    if crop is not None:
        corners = torch.randint(size - crop + 1, (crops, 2), generator=generator).tolist()
        both = torch.stack(
            [picture[:, y : y + crop, x : x + crop] for picture, (y, x) in zip(both, corners)]
        )
    return channels_last(both[:, :3]), both[:, 3:] / both[:, 3:].mean()


def worker(
    place: Place, target: Target, data: Path, test: Path, recipe: Recipe, whole_share: float
) -> None:
    set_half_products(True)
    pictures = load_pictures(data)
    held_out = load_pictures(test, 1000).images(slice(0, 200)).to(place.device)
    torch.manual_seed(0)
    model = AutoencoderKL(autoencoder_config(target))
    model.start_gently()
    nn.init.constant_(model.quant_conv.bias[target.latent_channels :], FIRST_LOG_VARIANCE)

    model.to(memory_format=torch.channels_last)

    def loss_at(model: nn.Module, step: int, generator: torch.Generator):
        whole = step >= (1 - whole_share) * recipe.steps
        crop = None if whole else target.crop
        batch = batch_at(pictures, recipe.batch, crop, generator)
        images, weights = (tensor.to(place.device) for tensor in batch)
        mean, log_variance = model.encode(images)
        noise = torch.randn(mean.shape, generator=generator).to(place.device)
        decoded = model.decode(mean + (0.5 * log_variance).exp() * noise)
        error = decoded - images
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).mean()
        # Charbonnier keeps edges, the squared error keeps the PSNR.
        loss = (weights * ((error**2 + 1e-6).sqrt() + 2 * error**2)).mean() + KL_WEIGHT * kl
        figures = {"mse": (error**2).mean().item(), "kl": kl.item()}
        return loss, figures

    def inspect(model: nn.Module, _step: int) -> str:
        mean, log_variance = model.encode(held_out)
        spread = ", ".join(f"{s:.2f}" for s in mean.std((0, 2, 3)).tolist())
        sigma = (0.5 * log_variance).exp().mean((0, 2, 3))
        noisy = model.decode(mean + 0.1 * mean.std() * torch.randn_like(mean))
        return (
            f"held-out {psnr(model.decode(mean), held_out):.2f} dB, with a tenth of noise "
            f"{psnr(noisy, held_out):.2f} dB, latents' spread [{spread}], posterior {sigma.mean():.3f}"
        )

    train(place, model, recipe, loss_at, inspect)


def scaled_config(model: AutoencoderKL, pictures: Pictures) -> dict:
    """The configuration with the scaling factor that gives latents unit variance."""
    with torch.no_grad():
        mean, _ = model.encode(pictures.images(slice(0, 1000)))
    return {**model.config, "scaling_factor": round(1 / mean.std().item(), 5)}


def load_autoencoder(run: Path, data: Path, target: Target) -> AutoencoderKL:
    model = AutoencoderKL(autoencoder_config(target))
    model.load_state_dict(smooth_weights(run))
    model.requires_grad_(False)
    model.config = scaled_config(model, load_pictures(data, 1000))
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder of this run")
    parser.add_argument("--data", type=Path, required=True, help="rendered pictures")
    parser.add_argument("--test", type=Path, required=True, help="held-out pictures")
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--batch", type=int, default=4, help="whole pictures a step in each process")
    parser.add_argument("--whole-share", type=float, default=0.2, help="last part of the steps, on whole pictures")
    add_piece_options(parser)
    add_target_option(parser)
    options = parser.parse_args()
    recipe = Recipe(
        options.steps,
        options.batch,
        learning_rate=1.5e-3,
        decay_share=0.5,
        weight_decay=1e-4,
        checkpoint_seconds=60,
        minutes=options.minutes,
    )
    launch(
        partial(
            worker,
            target=target_of(options),
            data=options.data,
            test=options.test,
            recipe=recipe,
            whole_share=options.whole_share,
        ),
        options.run,
        options.processes,
    )


if __name__ == "__main__":
    main()
