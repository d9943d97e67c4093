"""Samples a run of the denoiser: a contact sheet of fixed prompts, and what the classifier sees on many pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autoencoder import AutoencoderKL, decoded_pictures
from base_model import BaseModel, sampled
from captions import Captions
from contact_sheet import contact_sheet
from half_products import set_half_products
from judge import load_classifier
from labels import Item, Subject, has_twos
from schedule import Schedule
from targets import add_target_option, target_of
from tokenizer import Tokenizer
from train_autoencoder import load_autoencoder
from train_denoiser import load_base
from train_evaluators import colour_pairs

PROMPTS = [
    "a red mug on a beach",
    "a blue bottle with yellow dots on grass",
    "a white teapot with blue dots on a wooden table",
    "a green vase with pink stripes in a studio",
    "a yellow backpack with black checks in the snow",
    "a pink sneaker with white vertical stripes on a street",
    "a brown handbag on autumn leaves",
    "a purple lamp with white dots in front of a brick wall",
    "a black camera on a bookshelf",
    "a photo of a teal can with white stripes on a marble counter",
    "an orange hat with blue stripes by a swimming pool",
    "a red suitcase with white grid lines on a street",
    "a grey chair with yellow checks on grass",
    "a blue boot in the snow",
    "a green alarm clock on a wooden table",
    "a pink speaker with black vertical stripes in a studio",
]
PROMPTS_OF_TWO = [
    "a red mug and a blue bottle with white dots on a beach",
    "a green teapot and a white vase in a studio",
    "a black chair and a yellow lamp on a wooden table",
    "a purple hat next to a brown boot with white stripes in the snow",
    "a grey speaker and pink headphones on a bookshelf",
    "an orange suitcase with black checks and a teal handbag on a street",
    "a white sneaker beside a red backpack on grass",
    "a blue candle and a yellow alarm clock on a marble counter",
]


def prompts_for(legend: dict[str, Any]) -> list[str]:
    """For a look at what was learned from pictures of that legend."""
    return PROMPTS + PROMPTS_OF_TWO if has_twos(legend) else PROMPTS


def judged(
    model: BaseModel,
    schedule: Schedule,
    autoencoder: AutoencoderKL,
    tokenizer: Tokenizer,
    legend: dict,
    options: argparse.Namespace,
) -> dict[str, float]:
    """Accuracy of each attribute over random worded prompts."""
    draw = np.random.default_rng(5)
    products, colours, scenes = (len(legend[key]) for key in ("products", "colours", "scenes"))
    worded = [i for i, pattern in enumerate(legend["patterns"]) if pattern["worded"]]
    subjects = []
    for i in range(options.count):
        colour = int(draw.integers(colours))
        second = int((colour + draw.integers(1, colours)) % colours)
        pattern, scene = worded[i // products % len(worded)], int(draw.integers(scenes))
        subjects.append(Subject((Item(i % products, colour, second, pattern),), scene, False))
    captions = Captions(legend)
    pictures = []
    for start in range(0, options.count, 40):
        prompts = [captions.plain(subject) for subject in subjects[start : start + 40]]
        latents = sampled(model, schedule, tokenizer, prompts, start, options.steps, options.guidance)
        pictures.append(decoded_pictures(autoencoder, latents))
    logits = load_classifier(options.evaluators)(torch.cat(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1)
    items = [subject.items[0] for subject in subjects]
    patterned = torch.tensor([item.pattern > 0 for item in items])
    wanted = {
        "product": [item.product for item in items],
        "pattern": [item.pattern for item in items],
        "scene": [subject.scene for subject in subjects],
    }
    result = {name: share(logits[name].argmax(1) == torch.tensor(each)) for name, each in wanted.items()}
    first = torch.tensor([item.colour for item in items])
    result["colour of plain products"] = share((logits["colour"].argmax(1) == first)[~patterned])
    pairs = torch.tensor([sorted((item.colour, item.second)) for item in items])
    result["both colours"] = share((colour_pairs(logits) == pairs).all(1)[patterned])
    return result


def share(right: Tensor) -> float:
    return round(right.float().mean().item(), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--autoencoder", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--evaluators", type=Path)
    parser.add_argument("--count", type=int, default=160, help="pictures to judge")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--guidance", type=float, default=2.5)
    add_target_option(parser)
    options = parser.parse_args()
    target = target_of(options)
    torch.set_num_threads(1)
    set_half_products(True)
    model = load_base(options.run)
    schedule = Schedule(target)
    tokenizer = Tokenizer.load(options.tokenizer)
    autoencoder = load_autoencoder(options.autoencoder, options.data, target)
    legend = json.loads((options.data / "legend.json").read_text())
    if options.sheet is not None:
        prompts = prompts_for(legend)
        latents = sampled(model, schedule, tokenizer, prompts, options.seed, options.steps, options.guidance)
        contact_sheet(decoded_pictures(autoencoder, latents).numpy(), prompts, options.sheet, scale=1)
    if options.evaluators is not None:
        print(json.dumps(judged(model, schedule, autoencoder, tokenizer, legend, options)))


if __name__ == "__main__":
    main()
