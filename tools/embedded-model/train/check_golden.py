"""Compares these modules with the reference implementation's golden tensors (shared/golden)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import nn

from autoencoder import AutoencoderKL
from safetensors_file import load_tensors
from text_encoder import CLIPTextModel
from unet import UNet2DConditionModel

TOLERANCE = 2e-5


def loaded(kind: type[nn.Module], folder: Path, weights: str) -> nn.Module:
    model = kind(json.loads((folder / "config.json").read_text()))
    tensors = load_tensors(folder / weights)
    # Old transformers versions save a buffer of position numbers beside the weights.
    tensors.pop("text_model.embeddings.position_ids", None)
    model.load_state_dict(tensors)
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("golden", type=Path)
    options = parser.parse_args()
    worst = 0.0
    for name in ("nano", "narrow16"):
        pipeline, golden = options.golden / name / "pipeline", options.golden / name / "golden"
        with torch.no_grad():
            for what, error in errors(pipeline, golden):
                print(f"{name} {what}: {error:.1e}")
                worst = max(worst, error)
    if worst > TOLERANCE:
        raise SystemExit(f"largest difference {worst:.1e}, expected at most {TOLERANCE}")


def errors(pipeline: Path, golden: Path):
    unet = loaded(UNet2DConditionModel, pipeline / "unet", "diffusion_pytorch_model.safetensors")
    text = loaded(CLIPTextModel, pipeline / "text_encoder", "model.safetensors")
    vae = loaded(AutoencoderKL, pipeline / "vae", "diffusion_pytorch_model.safetensors")
    reference = load_tensors(golden / "text_encoder.safetensors")
    states = text(reference["input_ids"].long())
    yield "text states", distance(states, reference["last_hidden_state"])

    reference = load_tensors(golden / "unet.safetensors")
    for sample, timesteps, context, expected in (
        ("sample", reference["timesteps"], reference["context"], "eps"),
        ("rect_sample", reference["rect_t"], reference["context"][:1], "rect_eps"),
    ):
        noise = unet(reference[sample], timesteps, context)
        yield expected, distance(noise, reference[expected])

    reference = load_tensors(golden / "vae.safetensors")
    mean, log_variance = vae.encode(reference["image"])
    yield "encoded mean", distance(mean, reference["mean"])
    yield "log variance", distance(log_variance, reference["logvar"])
    decoded = vae.decode(reference["z_scaled"] / vae.config["scaling_factor"])
    yield "decoded", distance(decoded, reference["decoded"])


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return (a - b).abs().max().item()


if __name__ == "__main__":
    main()
