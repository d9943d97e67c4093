"""Writes the trained base model as a diffusers folder in fp16, with golden tensors and recommended settings."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from autoencoder import AutoencoderKL, decoded_pictures
from base_model import BaseModel, sampled
from blocks import parameters_of, rounded_to_half
from captions import IDENTIFIERS
from contact_sheet import contact_sheet
from safetensors_file import save_tensors
from samples import prompts_for
from schedule import Schedule
from targets import add_target_option, target_of
from tokenizer import Tokenizer
from train_autoencoder import load_autoencoder
from train_denoiser import load_base

DIFFUSERS_VERSION = "0.27.2"
"""The version whose configurations and semantics these folders follow."""
GOLDEN_PROMPT = "a photo of a zqx mug on a beach at sunset"

LARGEST_FILE = 15_000_000
"""Bytes of one weight file: larger ones make a repository hard to host and to move in pieces."""

TEACHING = {
    "rank": {"fraction": 0.5, "minimum": 16},
    "learningRate": 1e-2,
    "learningRateSchedule": "cosine",
    "steps": 300,
    "batchSize": 4,
    "weightDecay": 0.01,
    "trainTokenEmbedding": True,
    "tokenLearningRate": 5e-3,
    "timestepSampling": "uniform",
    "captionDropout": 0,
    "gradientClip": 1,
}
SAMPLING = {
    "sampler": "ddim",
    "steps": 24,
    "guidanceScale": 2,
    "mask": "adaptive",
    "unconditional": "base",
}


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def write_weights(path: Path, model: nn.Module) -> None:
    """One file in fp16, or several with an index, as diffusers names them, where it would be too large."""
    tensors = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    shards: list[dict[str, Tensor]] = [{}]
    for name in sorted(tensors):
        if shards[-1] and size_of([*shards[-1].values(), tensors[name]]) > LARGEST_FILE:
            shards.append({})
        shards[-1][name] = tensors[name]
    if len(shards) == 1:
        save_tensors(tensors, path)
        return
    files: dict[str, str] = {}
    for number, shard in enumerate(shards, 1):
        file = f"{path.stem}-{number:05d}-of-{len(shards):05d}{path.suffix}"
        save_tensors(shard, path.with_name(file))
        files.update(dict.fromkeys(shard, file))
    total = size_of(tensors.values())
    write_json(
        path.with_name(f"{path.name}.index.json"), {"metadata": {"total_size": total}, "weight_map": files}
    )


def size_of(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def export_folder(
    out: Path, model: BaseModel, schedule: Schedule, autoencoder: AutoencoderKL, tokenizer: Tokenizer
) -> None:
    about = {"_diffusers_version": DIFFUSERS_VERSION}
    write_json(out / "unet/config.json", {**model.unet.config, **about})
    write_weights(out / "unet/diffusion_pytorch_model.safetensors", model.unet)
    write_json(out / "vae/config.json", {**autoencoder.config, **about})
    write_weights(out / "vae/diffusion_pytorch_model.safetensors", autoencoder)
    write_json(out / "text_encoder/config.json", model.text_encoder.config)
    write_weights(out / "text_encoder/model.safetensors", model.text_encoder)
    write_json(out / "scheduler/scheduler_config.json", {**schedule.config(), **about})
    tokenizer.save(out / "tokenizer")
    write_json(
        out / "model_index.json",
        {
            "_class_name": "StableDiffusionPipeline",
            **about,
            "feature_extractor": [None, None],
            "image_encoder": [None, None],
            "requires_safety_checker": False,
            "safety_checker": [None, None],
            "scheduler": ["diffusers", "DDIMScheduler"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"],
        },
    )


def export_checksums(out: Path) -> None:
    """SHA-256 of each weight file, for `likeness models verify`."""
    files = sorted(path for path in out.glob("*/*.safetensors"))
    hashes = {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    write_json(out / "checksums.json", hashes)


def export_settings(out: Path, legend: dict) -> None:
    write_json(
        out / "likeness.json",
        {
            "schema": 1,
            "name": out.name,
            "resolution": legend["size"],
            "demonstration": True,
            "description": "Small demonstration model of product scenes, trained on this project's own renders.",
            "licence": "MIT",
            "teaching": TEACHING,
            "sampling": SAMPLING,
            "identifiers": list(IDENTIFIERS),
            "classWords": [product["words"][0] for product in legend["products"]],
            "placements": [scene["phrases"][0] for scene in legend["scenes"]],
        },
    )


@torch.no_grad()
def export_golden(
    out: Path, model: BaseModel, schedule: Schedule, autoencoder: AutoencoderKL, tokenizer: Tokenizer
) -> None:
    """What the fp16-rounded weights give in fp32, for checks of other implementations."""
    generator = torch.Generator().manual_seed(11)
    cells = model.unet.config["sample_size"]
    ids = torch.tensor([tokenizer.encode(GOLDEN_PROMPT)])
    states = model.text_encoder(ids)
    latents = torch.randn(1, model.unet.config["in_channels"], cells, cells, generator=generator)
    timesteps = torch.tensor([600])
    clean = sampled(model, schedule, tokenizer, [GOLDEN_PROMPT], seed=7, steps=24, guidance=2.5)
    save_tensors(
        {
            "input_ids": ids,
            "text_states": states,
            "latents": latents,
            "timesteps": timesteps,
            "velocity": model.unet(latents, timesteps, states),
            "vae_latents": clean,
            "vae_image": autoencoder.decode(clean / autoencoder.config["scaling_factor"]),
        },
        out / "golden.safetensors",
        {"prompt": GOLDEN_PROMPT, "note": "weights rounded to fp16, computed in fp32; vae_latents are scaled"},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--autoencoder", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    add_target_option(parser)
    options = parser.parse_args()
    target = target_of(options)
    torch.set_num_threads(1)
    schedule = Schedule(target)
    model = load_base(options.run)
    autoencoder = load_autoencoder(options.autoencoder, options.data, target)
    rounded_to_half(model)
    rounded_to_half(autoencoder)
    tokenizer = Tokenizer.load(options.tokenizer)
    export_folder(options.out, model, schedule, autoencoder, tokenizer)
    export_checksums(options.out)
    legend = json.loads((options.data / "legend.json").read_text())
    export_settings(options.out, legend)
    export_golden(options.out, model, schedule, autoencoder, tokenizer)
    prompts = prompts_for(legend)
    latents = sampled(
        model, schedule, tokenizer, prompts, 7, SAMPLING["steps"], SAMPLING["guidanceScale"]
    )
    contact_sheet(decoded_pictures(autoencoder, latents).numpy(), prompts, options.out / "samples.png")
    for name, part in (("unet", model.unet), ("text encoder", model.text_encoder), ("vae", autoencoder)):
        print(f"{name}: {parameters_of(part):,} parameters")


if __name__ == "__main__":
    main()
