"""Trains UNet and text encoder together on latents and captions."""

from __future__ import annotations

import argparse
import json
import random
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from base_model import BaseModel, text_config, unet_config
from captions import Captions
from fleet import Place, Recipe, add_piece_options, launch, smooth_weights, train
from half_products import set_half_products
from labels import Subject
from schedule import Schedule
from targets import Target, add_target_option, target_of
from tokenizer import Tokenizer
from train_tokenizer import english

CAPTION_DROPOUT = 0.1
"""Share of empty prompts, which classifier-free guidance needs."""
PRODUCT_WEIGHT = 2.0
"""The product's latents count this much against the scene's 1: patterns are what is hardest to learn."""


def worker(
    place: Place, target: Target, legend: Path, latents: Path, tokenizer: Path, words: Path, recipe: Recipe
) -> None:
    set_half_products(True)
    store = np.load(latents)
    labels = store["labels"]
    whole = store["latents"], store["mask"]
    halved = (store["halved_latents"], store["halved_mask"]) if target.halved_share > 0 else whole
    encoder = Tokenizer.load(tokenizer)
    captions = Captions(json.loads((legend / "legend.json").read_text()), english(words))
    torch.manual_seed(0)
    model = BaseModel(unet_config(target), text_config(target, encoder))
    model.to(memory_format=torch.channels_last)
    schedule = Schedule(target)
    if place.rank == 0:
        configs = {"unet": model.unet.config, "text_encoder": model.text_encoder.config}
        (place.folder / "configs.json").write_text(json.dumps(configs, indent=1))

    def loss_at(model: nn.Module, _step: int, generator: torch.Generator):
        index = torch.randint(len(labels), (recipe.batch,), generator=generator).numpy()
        draw = random.Random(int(torch.randint(2**62, (1,), generator=generator)))
        texts = [
            "" if draw.random() < CAPTION_DROPOUT else captions.varied(Subject.from_label(label), draw)
            for label in labels[index]
        ]
        ids = torch.tensor([encoder.encode(text) for text in texts])
        is_halved = target.halved_share > 0 and torch.rand(1, generator=generator).item() < target.halved_share
        clean, masks = halved if is_halved else whole
        latent = torch.from_numpy(clean[index]).float()
        timesteps = schedule.draw_timesteps(recipe.batch, generator)
        noise = torch.randn(latent.shape, generator=generator)
        noisy, wanted = schedule.noised(latent, noise, timesteps)
        weight = 1 + (PRODUCT_WEIGHT - 1) * torch.from_numpy(masks[index]).float()[:, None] / 255
        weight = weight * schedule.loss_weights(timesteps)
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        inputs = (tensor.to(place.device) for tensor in (noisy, timesteps, ids, wanted, weight))
        noisy, timesteps, ids, wanted, weight = inputs
        error = (model(noisy, timesteps, ids) - wanted) ** 2
        loss = (error * weight).sum() / (weight.sum() * error.shape[1])
        return loss, {"plain": error.mean().item()}

    train(place, model, recipe, loss_at)


def load_base(run: Path) -> BaseModel:
    configs = json.loads((run / "configs.json").read_text())
    model = BaseModel(configs["unet"], configs["text_encoder"])
    model.load_state_dict(smooth_weights(run))
    return model.requires_grad_(False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder of this run")
    parser.add_argument("--data", type=Path, required=True, help="rendered pictures (for their legend)")
    parser.add_argument("--latents", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--words", type=Path, required=True, help="English words, one a line")
    parser.add_argument("--steps", type=int, default=16000)
    parser.add_argument("--batch", type=int, default=12)
    add_piece_options(parser)
    add_target_option(parser)
    options = parser.parse_args()
    target = target_of(options)
    recipe = Recipe(
        options.steps,
        options.batch,
        learning_rate=target.learning_rate,
        ema=target.ema,
        minutes=options.minutes,
    )
    launch(
        partial(
            worker,
            target=target,
            legend=options.data,
            latents=options.latents,
            tokenizer=options.tokenizer,
            words=options.words,
            recipe=recipe,
        ),
        options.run,
        options.processes,
    )


if __name__ == "__main__":
    main()
