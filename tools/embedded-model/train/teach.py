"""Teaches a trained base model an example product, to find the settings that its likeness.json recommends.

A small stand-in for the companion's own teaching (companion/residuals): the same factors, loss, schedule and captions.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from autoencoder import AutoencoderKL, decoded_pictures
from base_model import BaseModel
from contact_sheet import contact_sheet
from judge import load_embedding
from safetensors_file import load_tensors
from schedule import STEPS, ddim, noised
from tokenizer import Tokenizer

CAPTIONS = ("a photo of a {}", "a picture of a {}", "a close-up photo of a {}", "a {}")
BACKGROUND_WEIGHT = 0.1
VARIANTS = 12
PRODUCT_SHARE = 0.8


@dataclass(frozen=True)
class Settings:
    fraction: float = 0.25
    minimum: int = 8
    rate: float = 5e-3
    token_rate: float = 5e-3
    steps: int = 400
    batch: int = 4
    token: bool = True


class Residual(nn.Module):
    def __init__(self, channels: int, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        start = torch.randn(rank, channels, 1, 1, generator=generator) * channels**-0.5
        self.down = nn.Parameter(start)
        self.up = nn.Parameter(torch.zeros(channels, rank, 1, 1))
        self.mask: Tensor | None = None
        """[B, 1, h, w] where sampling is localized."""

    def forward(self, x: Tensor) -> Tensor:
        y = F.conv2d(F.conv2d(x, self.down), self.up)
        return y if self.mask is None else y * self.mask


@dataclass
class Model:
    base: BaseModel
    autoencoder: AutoencoderKL
    tokenizer: Tokenizer
    settings: dict

    @staticmethod
    def load(folder: Path) -> Model:
        def config(part: str) -> dict:
            return json.loads((folder / part / "config.json").read_text())

        def weights(part: str, file: str) -> dict[str, Tensor]:
            return {name: tensor.float() for name, tensor in load_tensors(folder / part / file).items()}

        base = BaseModel(config("unet"), config("text_encoder"))
        base.unet.load_state_dict(weights("unet", "diffusion_pytorch_model.safetensors"))
        base.text_encoder.load_state_dict(weights("text_encoder", "model.safetensors"))
        autoencoder = AutoencoderKL(config("vae"))
        autoencoder.load_state_dict(weights("vae", "diffusion_pytorch_model.safetensors"))
        base.requires_grad_(False)
        autoencoder.requires_grad_(False)
        settings = json.loads((folder / "likeness.json").read_text())
        return Model(base, autoencoder, Tokenizer.load(folder / "tokenizer"), settings)

    def ids(self, texts: list[str]) -> Tensor:
        return torch.tensor([self.tokenizer.encode(text) for text in texts])


def framed(path: Path, size: int, draw: np.random.Generator) -> tuple[Tensor, Tensor]:
    """One cut-out on a quiet background: image [3, size, size] in [-1, 1] and mask [size, size]."""
    source = Image.open(path).convert("RGBA")
    left, top, right, bottom = source.getchannel("A").getbbox()
    side = max(right - left, bottom - top) / PRODUCT_SHARE * draw.uniform(0.9, 1.1)
    x = (left + right) / 2 - side / 2 + side * draw.uniform(-0.05, 0.05)
    y = (top + bottom) / 2 - side / 2 + side * draw.uniform(-0.05, 0.05)
    square = source.transform(
        (2 * size, 2 * size), Image.EXTENT, (x, y, x + side, y + side), Image.BILINEAR
    ).resize((size, size), Image.BOX)
    pixels = torch.from_numpy(np.asarray(square).copy()).float().permute(2, 0, 1) / 255
    mask = pixels[3]
    tint = torch.from_numpy(draw.uniform(0.92, 1.08, (3, 1, 1))).float()
    grey = draw.uniform(0.35, 1.0) * tint
    shading = torch.linspace(draw.uniform(0.8, 1.1), draw.uniform(0.8, 1.1), size)[None, :, None]
    return (pixels[:3] * mask + (grey * shading).clamp(0, 1) * (1 - mask)) * 2 - 1, mask


def references(model: Model, folder: Path) -> tuple[Tensor, Tensor]:
    """Scaled latents and loss weights of all variants of all cut-outs."""
    draw = np.random.default_rng(0)
    size = model.autoencoder.config["sample_size"]
    paths = sorted(folder.glob("cutout-*.png"))
    pairs = [framed(path, size, draw) for path in paths for _ in range(VARIANTS)]
    images = torch.stack([image for image, _ in pairs])
    mean, _ = model.autoencoder.encode(images)
    latents = mean * model.autoencoder.config["scaling_factor"]
    coverage = F.adaptive_avg_pool2d(torch.stack([mask for _, mask in pairs])[:, None], latents.shape[-2:])
    weights = BACKGROUND_WEIGHT + (1 - BACKGROUND_WEIGHT) * coverage
    return latents, weights / weights.mean((1, 2, 3), keepdim=True)


def taught(model: Model, folder: Path, phrase: str, settings: Settings) -> tuple[list[Residual], float]:
    """Attaches and trains residuals and the identifier's embedding; returns them and the seconds it took."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        latents, weights = references(model, folder)
    residuals = []
    for block in model.base.unet.transformers().values():
        channels = block.proj_out.weight.shape[0]
        rank = max(settings.minimum, round(settings.fraction * channels))
        block.residual = Residual(channels, rank, generator)
        residuals.append(block.residual)
    factors = [p for residual in residuals for p in residual.parameters()]
    table = model.base.text_encoder.text_model.embeddings.token_embedding
    identifier = model.tokenizer.word_ids(phrase.split()[0])[0]
    embedding = nn.Parameter(table.weight[identifier].clone())
    ids = model.ids([caption.format(phrase) for caption in CAPTIONS])
    groups = [{"params": factors, "lr": settings.rate, "weight_decay": 0.01}]
    if settings.token:
        groups.append({"params": [embedding], "lr": settings.token_rate, "weight_decay": 0.0})
    optimizer = torch.optim.AdamW(groups)
    rates = [group["lr"] for group in groups]
    original = table.weight.data.clone()
    # From a parameter to a plain attribute, so that a table computed from the embedding can take its place.
    del table.weight
    started = time.monotonic()
    losses = []
    for step in range(settings.steps):
        share = 0.05 + 0.95 * (0.5 + 0.5 * math.cos(math.pi * step / settings.steps))
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * share
        chosen = torch.randint(len(latents), (settings.batch,), generator=generator)
        caption = torch.randint(len(ids), (settings.batch,), generator=generator)
        logit = torch.randn(settings.batch, generator=generator) + 0.3
        timesteps = (torch.sigmoid(logit) * STEPS).long().clamp(max=STEPS - 1)
        noise = torch.randn(latents[chosen].shape, generator=generator)
        noisy, velocity = noised(latents[chosen], noise, timesteps)
        table.weight = original.index_copy(0, torch.tensor([identifier]), embedding[None])
        predicted = model.base(noisy, timesteps, ids[caption])
        loss = (weights[chosen] * (predicted - velocity) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(factors, 1.0)
        optimizer.step()
        losses.append(loss.item())
    learned = table.weight.detach()
    del table.weight
    table.weight = nn.Parameter(learned, requires_grad=False)
    seconds = time.monotonic() - started
    print(f"loss {np.mean(losses[:50]):.3f} -> {np.mean(losses[-50:]):.3f} in {seconds:.0f} s")
    return residuals, seconds


@torch.no_grad()
def placed(
    model: Model, prompts: list[str], residuals: list[Residual], concept: str | None, seed: int, guidance: float
) -> Tensor:
    """Pictures [B, H, W, 3]. With `concept`, residuals act only where its words' attention is above the median."""
    steps = model.settings["sampling"]["steps"]
    cells = model.base.unet.config["sample_size"]
    latents = torch.randn(len(prompts), 4, cells, cells, generator=torch.Generator().manual_seed(seed))
    context = model.base.text_encoder(model.ids([""] * len(prompts) + prompts))
    watched = [block.transformer_blocks[0].attn2 for block in model.base.unet.transformers().values()]
    columns = [] if concept is None else [token_columns(model.tokenizer, p, concept) for p in prompts]
    score = torch.zeros(len(prompts), 1, cells, cells)

    def velocity(noisy: Tensor, timestep: int) -> Tensor:
        for attention in watched:
            attention.watch = [] if concept is not None else None
        both = model.base.unet(torch.cat([noisy, noisy]), torch.full((2 * len(prompts),), timestep), context)
        if concept is not None:
            for attention in watched:
                score.add_(concept_map(attention.watch[0][len(prompts) :], columns, cells))
            smooth = F.avg_pool2d(F.pad(score, (1, 1, 1, 1), mode="replicate"), 3, 1)
            mask = (smooth > smooth.flatten(1).median(1)[0][:, None, None, None]).float()
            for residual, block in zip(residuals, model.base.unet.transformers().values()):
                residual.mask = torch.cat([mask, mask])
        without, conditioned = both.chunk(2)
        return without + guidance * (conditioned - without)

    def masked_to_size(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if module.mask is not None and module.mask.shape[-1] != inputs[0].shape[-1]:
            module.mask = F.adaptive_avg_pool2d(module.mask, inputs[0].shape[-2:])

    hooks = [residual.register_forward_pre_hook(masked_to_size) for residual in residuals]
    clean = ddim(velocity, latents, steps)
    for hook in hooks:
        hook.remove()
    for attention in watched:
        attention.watch = None
    for residual in residuals:
        residual.mask = None
    return decoded_pictures(model.autoencoder, clean)


def token_columns(tokenizer: Tokenizer, prompt: str, concept: str) -> list[int]:
    ids = tokenizer.encode(prompt)
    wanted = [number for word in concept.split() for number in tokenizer.word_ids(word)]
    return [i for i, number in enumerate(ids) if number in wanted]


def concept_map(probabilities: Tensor, columns: list[list[int]], cells: int) -> Tensor:
    """[B, heads, hw, tokens] to the concept's share of attention [B, 1, cells, cells], mean 1."""
    side = int(probabilities.shape[2] ** 0.5)
    maps = torch.stack([p.mean(0)[:, c].sum(1) for p, c in zip(probabilities, columns)])
    maps = maps.view(-1, 1, side, side)
    maps = F.interpolate(maps, size=(cells, cells), mode="bilinear", align_corners=False)
    return maps / maps.mean((1, 2, 3), keepdim=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="exported model folder")
    parser.add_argument("example", type=Path, help="folder with cut-outs and product.json")
    parser.add_argument("--classifier", type=Path, required=True)
    parser.add_argument("--segmenter", type=Path, required=True)
    parser.add_argument("--sheet", type=Path, required=True)
    parser.add_argument("--guidance", type=float, nargs="+", default=[2.5])
    for name, default in vars(Settings()).items():
        kind = (lambda text: text == "true") if isinstance(default, bool) else type(default)
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=default)
    options = parser.parse_args()
    settings = Settings(**{name: getattr(options, name) for name in vars(Settings())})
    torch.set_num_threads(1)
    model = Model.load(options.model)
    facts = json.loads((options.example / "product.json").read_text())
    phrase = f"{model.settings['identifiers'][0]} {facts['classWord']}"
    judge = Likeness(options.classifier, options.segmenter, options.example, model)
    places = facts["placements"]
    worded = [f"{facts['description']} {place}" for place in places]
    named = [f"a {phrase} {place}" for place in places]
    rows = [placed(model, worded, [], None, seed=3, guidance=options.guidance[0])]
    print("worded", judge(rows[0]))
    residuals, _ = taught(model, options.example, phrase, settings)
    for guidance in options.guidance:
        for what, concept in (("full", None), ("localized", phrase)):
            rows.append(placed(model, named, residuals, concept, seed=3, guidance=guidance))
            print(f"guidance {guidance} {what}", judge(rows[-1]))
    contact_sheet(torch.cat(rows).numpy(), [], options.sheet, columns=len(places), scale=3)


class Likeness:
    """Cosine between embeddings of the products alone, on grey: pictures against the references' mean."""

    def __init__(self, classifier: Path, segmenter: Path, example: Path, model: Model) -> None:
        self._embed = load_embedding(classifier)
        self._weights = {k: v.float() for k, v in load_tensors(segmenter / "weights.safetensors").items()}
        size = model.autoencoder.config["sample_size"]
        draw = np.random.default_rng(1)
        pairs = [framed(path, size, draw) for path in sorted(example.glob("cutout-*.png"))]
        images, masks = torch.stack([i for i, _ in pairs]), torch.stack([m for _, m in pairs])
        self._reference = self._embed(images * masks[:, None]).mean(0, keepdim=True)

    def __call__(self, pictures: Tensor) -> float:
        images = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
        found = (self._segment(images) > 0).float()
        return round(F.cosine_similarity(self._embed(images * found), self._reference).mean().item(), 3)

    def _segment(self, images: Tensor) -> Tensor:
        def conv(name: str, x: Tensor, stride: int = 1) -> Tensor:
            return F.conv2d(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"], stride, 1)

        def doubled(x: Tensor) -> Tensor:
            return F.interpolate(x, scale_factor=2.0, mode="nearest")

        d1 = F.relu(conv("down1", images, 2))
        d2 = F.relu(conv("down2", d1, 2))
        x = F.relu(conv("middle", F.relu(conv("down3", d2, 2))))
        x = F.relu(conv("up2", doubled(x))) + d2
        x = F.relu(conv("up1", doubled(x))) + d1
        return conv("out", doubled(x))


if __name__ == "__main__":
    main()
