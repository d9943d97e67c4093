"""The base models that this recipe makes: sizes, schedule and settings of each."""

from __future__ import annotations

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    name: str
    size: int
    """Side of a picture in pixels."""
    autoencoder_widths: tuple[int, ...]
    """One level each: four levels are eight pixels a latent cell."""
    latent_channels: int
    crop: int
    """Side of the crops that the autoencoder's training begins with."""
    unet_widths: tuple[int, ...]
    unet_layers: int
    norm_groups: int
    context: int
    """Width of the text states."""
    text_layers: int
    vocabulary: int
    prediction_type: str
    beta_schedule: str
    timestep_centre: float
    """Logit of the timestep around which velocity is learned most. Sixteen channels tell of the same place, so that
    shapes are decided at more noise than with four (Esser et al., 2024, section 5.3.2, of more pixels)."""
    learning_rate: float
    ema: float
    halved_share: float = 0.0
    """Share of the denoiser's batches at half the size, so that the model draws small pictures too."""

    @property
    def cell(self) -> int:
        """Pixels a side of one latent cell."""
        return 2 ** (len(self.autoencoder_widths) - 1)


TARGETS = {
    target.name: target
    for target in (
        # For two CPU cores and an hour or two. Sixteen latent channels reach the gate at eight pixels a cell, where
        # attention over 16 x 16 cells is cheap; velocity over the cosine schedule learned fastest at this width.
        Target(
            name="likeness-base-128",
            size=128,
            autoencoder_widths=(32, 64, 96, 128),
            latent_channels=16,
            crop=64,
            unet_widths=(96, 128, 192),
            unet_layers=1,
            norm_groups=8,
            context=128,
            text_layers=2,
            vocabulary=3072,
            prediction_type="v_prediction",
            beta_schedule="squaredcos_cap_v2",
            timestep_centre=0.8,
            learning_rate=1.2e-3,
            ema=0.9985,
        ),
        # For a GPU and half an hour: Stable Diffusion's own shape and schedule at a fifth of its width.
        Target(
            name="likeness-base-256",
            size=256,
            autoencoder_widths=(32, 64, 128, 128),
            latent_channels=4,
            crop=128,
            unet_widths=(64, 96, 160, 160),
            unet_layers=2,
            norm_groups=32,
            context=192,
            text_layers=4,
            vocabulary=4096,
            prediction_type="epsilon",
            beta_schedule="scaled_linear",
            timestep_centre=0.0,
            learning_rate=4e-4,
            ema=0.9995,
            halved_share=0.2,
        ),
        # For smoke tests: every stage in seconds.
        Target(
            name="tiny",
            size=32,
            autoencoder_widths=(8, 8, 8),
            latent_channels=4,
            crop=16,
            unet_widths=(16, 16),
            unet_layers=1,
            norm_groups=4,
            context=16,
            text_layers=1,
            vocabulary=1024,
            prediction_type="v_prediction",
            beta_schedule="squaredcos_cap_v2",
            timestep_centre=0.2,
            learning_rate=1e-3,
            ema=0.99,
            halved_share=0.5,
        ),
    )
}


def add_target_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", choices=list(TARGETS), default="likeness-base-128", help="which base model")


def target_of(options: argparse.Namespace) -> Target:
    return TARGETS[options.target]
