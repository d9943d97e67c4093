"""The noise schedule that a base model is trained on, and the sampler that looks at it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from targets import Target

STEPS = 1000
_BETA_START, _BETA_END = 0.00085, 0.012
_LARGEST_SNR = 5.0
"""Min-SNR weighting (Hang et al., 2023) for noise prediction: almost clean latents would rule the loss."""


class Schedule:
    def __init__(self, target: Target) -> None:
        self._kind = target.prediction_type
        self._beta_schedule = target.beta_schedule
        self._centre = target.timestep_centre
        betas = _BETAS[target.beta_schedule]()
        self.alphas = torch.cumprod(1 - betas, 0).float()
        """Cumulative products [1000]."""

    def config(self) -> dict[str, Any]:
        """As a diffusers DDIMScheduler."""
        return {
            "_class_name": "DDIMScheduler",
            "beta_end": _BETA_END,
            "beta_schedule": self._beta_schedule,
            "beta_start": _BETA_START,
            "clip_sample": False,
            "num_train_timesteps": STEPS,
            "prediction_type": self._kind,
            "set_alpha_to_one": False,
            "steps_offset": 1,
            "timestep_spacing": "trailing",
            "trained_betas": None,
        }

    def noised(self, latents: Tensor, noise: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """The noisy latents and what to predict from them: the noise or the velocity."""
        alpha = self.alphas[timesteps].sqrt()[:, None, None, None]
        sigma = (1 - self.alphas[timesteps]).sqrt()[:, None, None, None]
        noisy = alpha * latents + sigma * noise
        return noisy, noise if self._kind == "epsilon" else alpha * noise - sigma * latents

    def loss_weights(self, timesteps: Tensor) -> Tensor:
        """[B, 1, 1, 1]. Velocity needs none: its error counts like min-SNR's already."""
        if self._kind != "epsilon":
            return torch.ones(len(timesteps), 1, 1, 1)
        snr = self.alphas[timesteps] / (1 - self.alphas[timesteps])
        return (snr.clamp(max=_LARGEST_SNR) / snr)[:, None, None, None]

    def draw_timesteps(self, count: int, generator: torch.Generator) -> Tensor:
        """Velocity: mostly the middle, where most is learned, a few from everywhere. Noise: evenly."""
        anywhere = torch.rand(count, generator=generator)
        if self._kind == "epsilon":
            return (anywhere * STEPS).long()
        middle = torch.sigmoid(torch.randn(count, generator=generator) + self._centre)
        chosen = torch.rand(count, generator=generator) < 0.15
        return (torch.where(chosen, anywhere, middle) * STEPS).long().clamp(0, STEPS - 1)

    @torch.no_grad()
    def ddim(self, predict: Callable[[Tensor, int], Tensor], latents: Tensor, steps: int) -> Tensor:
        """Deterministic DDIM with trailing timesteps; `predict(latents, timestep)` includes any guidance."""
        timesteps = [round(STEPS - i * STEPS / steps) - 1 for i in range(steps)]
        for timestep, following in zip(timesteps, [*timesteps[1:], 0]):
            alpha, after = self.alphas[timestep], self.alphas[following]
            predicted = predict(latents, timestep)
            if self._kind == "epsilon":
                noise = predicted
                clean = (latents - (1 - alpha).sqrt() * noise) / alpha.sqrt()
            else:
                clean = alpha.sqrt() * latents - (1 - alpha).sqrt() * predicted
                noise = alpha.sqrt() * predicted + (1 - alpha).sqrt() * latents
            latents = after.sqrt() * clean + (1 - after).sqrt() * noise
        return latents


def _scaled_linear() -> Tensor:
    return torch.linspace(_BETA_START**0.5, _BETA_END**0.5, STEPS, dtype=torch.float64) ** 2


def _squared_cosine() -> Tensor:
    def bar(t: float) -> float:
        return math.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2

    betas = [min(1 - bar((i + 1) / STEPS) / bar(i / STEPS), 0.999) for i in range(STEPS)]
    return torch.tensor(betas, dtype=torch.float64)


_BETAS = {"scaled_linear": _scaled_linear, "squaredcos_cap_v2": _squared_cosine}
