"""The noise schedule that the base model is trained on, and the sampler that looks at it.

Velocity prediction over the cosine schedule: at this size it learned faster than noise prediction over SD's schedule.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

STEPS = 1000
CONFIG = {
    "_class_name": "DDIMScheduler",
    "beta_end": 0.012,
    "beta_schedule": "squaredcos_cap_v2",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": STEPS,
    "prediction_type": "v_prediction",
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "timestep_spacing": "trailing",
    "trained_betas": None,
}


def cumulative_alphas() -> Tensor:
    def bar(t: float) -> float:
        return math.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2

    betas = [min(1 - bar((i + 1) / STEPS) / bar(i / STEPS), 0.999) for i in range(STEPS)]
    return torch.cumprod(1 - torch.tensor(betas, dtype=torch.float64), 0).float()


ALPHAS = cumulative_alphas()


def noised(latents: Tensor, noise: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
    """The noisy latents and the velocity to predict from them."""
    alpha = ALPHAS[timesteps].sqrt()[:, None, None, None]
    sigma = (1 - ALPHAS[timesteps]).sqrt()[:, None, None, None]
    return alpha * latents + sigma * noise, alpha * noise - sigma * latents


def draw_timesteps(count: int, generator: torch.Generator) -> Tensor:
    """Mostly the middle, where most is learned; a few from everywhere."""
    middle = torch.sigmoid(torch.randn(count, generator=generator) + 0.2)
    anywhere = torch.rand(count, generator=generator)
    chosen = torch.rand(count, generator=generator) < 0.15
    return (torch.where(chosen, anywhere, middle) * STEPS).long().clamp(0, STEPS - 1)


@torch.no_grad()
def ddim(velocity: Callable[[Tensor, int], Tensor], latents: Tensor, steps: int) -> Tensor:
    """Deterministic DDIM with trailing timesteps; `velocity(latents, timestep)` includes any guidance."""
    timesteps = [round(STEPS - i * STEPS / steps) - 1 for i in range(steps)]
    for timestep, following in zip(timesteps, [*timesteps[1:], 0]):
        alpha, after = ALPHAS[timestep], ALPHAS[following]
        v = velocity(latents, timestep)
        clean = alpha.sqrt() * latents - (1 - alpha).sqrt() * v
        noise = alpha.sqrt() * v + (1 - alpha).sqrt() * latents
        latents = after.sqrt() * clean + (1 - after).sqrt() * noise
    return latents
