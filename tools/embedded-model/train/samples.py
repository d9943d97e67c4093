"""Samples a run of the denoiser: a contact sheet of fixed prompts, and what the classifier sees on many pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from autoencoder import AutoencoderKL, decoded_pictures
from base_model import BaseModel, sampled
from captions import Captions, Subject
from contact_sheet import contact_sheet
from judge import load_classifier
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
    "a pink sneaker with white checks on a street",
    "a purple lamp with white dots in front of a brick wall",
    "a black chair in the snow",
    "a photo of a teal can with white stripes on a marble counter",
    "an orange hat with blue stripes on a beach",
    "a red and white striped mug on a street at sunset",
    "a blue sneaker on grass",
    "a green chair with yellow stripes on grass",
    "a zqx backpack on a beach at sunset",
    "a white hat in a studio",
    "a black bottle with white checks on a marble counter",
]


def judged(
    model: BaseModel, autoencoder: AutoencoderKL, tokenizer: Tokenizer, legend: dict, count: int,
    steps: int, guidance: float, classifier_folder: Path,
) -> dict[str, float]:  # fmt: skip
    """Accuracy of each attribute over random worded prompts."""
    draw = np.random.default_rng(5)
    worded = [i for i, pattern in enumerate(legend["patterns"]) if pattern["worded"]]
    subjects = []
    for i in range(count):
        colour = int(draw.integers(10))
        second = int((colour + draw.integers(1, 10)) % 10)
        subjects.append(
            Subject(i % 10, colour, second, worded[i // 10 % len(worded)], int(draw.integers(8)), False)
        )
    captions = Captions(legend)
    pictures = []
    for start in range(0, count, 40):
        prompts = [captions.plain(subject) for subject in subjects[start : start + 40]]
        latents = sampled(model, tokenizer, prompts, seed=start, steps=steps, guidance=guidance)
        pictures.append(decoded_pictures(autoencoder, latents))
    logits = load_classifier(classifier_folder)(torch.cat(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1)
    patterned = torch.tensor([s.pattern > 0 for s in subjects])
    result = {}
    for name in ("product", "pattern", "scene"):
        wanted = torch.tensor([getattr(s, name) for s in subjects])
        result[name] = share(logits[name].argmax(1) == wanted)
    first = torch.tensor([s.colour for s in subjects])
    result["colour of plain products"] = share((logits["colour"].argmax(1) == first)[~patterned])
    pairs = torch.tensor([sorted((s.colour, s.second)) for s in subjects])
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
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load_base(options.run)
    tokenizer = Tokenizer.load(options.tokenizer)
    autoencoder = load_autoencoder(options.autoencoder, options.data)
    if options.sheet is not None:
        latents = sampled(model, tokenizer, PROMPTS, options.seed, options.steps, options.guidance)
        contact_sheet(decoded_pictures(autoencoder, latents).numpy(), PROMPTS, options.sheet)
    if options.evaluators is not None:
        legend = json.loads((options.data / "legend.json").read_text())
        figures = judged(
            model, autoencoder, tokenizer, legend, options.count, options.steps, options.guidance,
            options.evaluators,
        )  # fmt: skip
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
