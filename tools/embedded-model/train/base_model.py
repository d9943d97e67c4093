"""The denoiser and its text encoder, trained together."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from schedule import Schedule
from text_encoder import CLIPTextModel
from targets import Target
from tokenizer import Tokenizer
from unet import UNet2DConditionModel


def unet_config(target: Target) -> dict[str, Any]:
    levels = len(target.unet_widths)
    return {
        "_class_name": "UNet2DConditionModel",
        "act_fn": "silu",
        "attention_head_dim": 4,
        "block_out_channels": list(target.unet_widths),
        "center_input_sample": False,
        "cross_attention_dim": target.context,
        "down_block_types": ["CrossAttnDownBlock2D"] * (levels - 1) + ["DownBlock2D"],
        "downsample_padding": 1,
        "flip_sin_to_cos": True,
        "freq_shift": 0,
        "in_channels": target.latent_channels,
        "layers_per_block": target.unet_layers,
        "mid_block_scale_factor": 1,
        "mid_block_type": "UNetMidBlock2DCrossAttn",
        "norm_eps": 1e-5,
        "norm_num_groups": target.norm_groups,
        "out_channels": target.latent_channels,
        "sample_size": target.size // target.cell,
        "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * (levels - 1),
        "use_linear_projection": False,
    }


def text_config(target: Target, tokenizer: Tokenizer) -> dict[str, Any]:
    return {
        "architectures": ["CLIPTextModel"],
        "attention_dropout": 0.0,
        "bos_token_id": tokenizer.bos,
        "eos_token_id": tokenizer.eos,
        "hidden_act": "quick_gelu",
        "hidden_size": target.context,
        "initializer_factor": 1.0,
        "initializer_range": 0.02,
        "intermediate_size": 4 * target.context,
        "layer_norm_eps": 1e-5,
        "max_position_embeddings": 77,
        "model_type": "clip_text_model",
        "num_attention_heads": 4,
        "num_hidden_layers": target.text_layers,
        "pad_token_id": tokenizer.eos,
        "projection_dim": target.context,
        "torch_dtype": "float16",
        "vocab_size": len(tokenizer.vocabulary),
    }


class BaseModel(nn.Module):
    def __init__(self, unet: dict[str, Any], text: dict[str, Any]) -> None:
        super().__init__()
        self.unet = UNet2DConditionModel(unet)
        self.unet.start_gently()
        self.text_encoder = CLIPTextModel(text)

    def forward(self, latents: Tensor, timesteps: Tensor, ids: Tensor) -> Tensor:
        return self.unet(latents, timesteps, self.text_encoder(ids))


@torch.no_grad()
def sampled(
    model: BaseModel,
    schedule: Schedule,
    tokenizer: Tokenizer,
    prompts: list[str],
    seed: int,
    steps: int,
    guidance: float,
) -> Tensor:
    """Latents for the prompts, as the UNet sees them."""
    cells, channels = model.unet.config["sample_size"], model.unet.config["in_channels"]
    shape = (len(prompts), channels, cells, cells)
    latents = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    texts = [""] * len(prompts) + prompts
    context = model.text_encoder(torch.tensor([tokenizer.encode(text) for text in texts]))

    def guided(noisy: Tensor, timestep: int) -> Tensor:
        both = model.unet(torch.cat([noisy, noisy]), torch.full((len(texts),), timestep), context)
        without, conditioned = both.chunk(2)
        return without + guidance * (conditioned - without)

    return schedule.ddim(guided, latents, steps)
