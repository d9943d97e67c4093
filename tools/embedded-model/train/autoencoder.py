"""AutoencoderKL with diffusers' topology and parameter names."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from half_products import Conv2d, Linear

from blocks import Downsample2D, ResnetBlock2D, Upsample2D, zero_

_EPS = 1e-6


class MidAttention(nn.Module):
    """Single-head self-attention over all positions."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, channels, _EPS)
        self.to_q = Linear(channels, channels)
        self.to_k = Linear(channels, channels)
        self.to_v = Linear(channels, channels)
        self.to_out = nn.ModuleList([Linear(channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        h = self.group_norm(x).flatten(2).transpose(1, 2)  # [B, HW, C]
        scores = self.to_q(h) @ self.to_k(h).transpose(1, 2) * channels**-0.5
        h = self.to_out[0](scores.softmax(-1) @ self.to_v(h))
        return x + h.transpose(1, 2).reshape(batch, channels, height, width)


class MidBlock(nn.Module):
    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            ResnetBlock2D(channels, channels, 0, groups, _EPS) for _ in range(2)
        )
        self.attentions = nn.ModuleList([MidAttention(channels, groups)])

    def forward(self, x: Tensor) -> Tensor:
        return self.resnets[1](self.attentions[0](self.resnets[0](x)))


class Stage(nn.Module):
    """Residual blocks, then a change of resolution unless it is the last stage."""

    def __init__(self, widths: list[int], groups: int, sampler: str | None) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            ResnetBlock2D(a, b, 0, groups, _EPS) for a, b in zip(widths, widths[1:])
        )
        if sampler == "down":
            self.downsamplers = nn.ModuleList([Downsample2D(widths[-1], padding=0)])
        elif sampler == "up":
            self.upsamplers = nn.ModuleList([Upsample2D(widths[-1])])

    def forward(self, x: Tensor) -> Tensor:
        for resnet in self.resnets:
            x = resnet(x)
        if hasattr(self, "downsamplers"):
            x = self.downsamplers[0](x)
        if hasattr(self, "upsamplers"):
            x = self.upsamplers[0](x)
        return x


class Encoder(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        widths, groups = config["block_out_channels"], config["norm_num_groups"]
        self.conv_in = Conv2d(config["in_channels"], widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList()
        for level, width in enumerate(widths):
            chain = [widths[max(0, level - 1)]] + [width] * config["layers_per_block"]
            self.down_blocks.append(Stage(chain, groups, "down" if level < len(widths) - 1 else None))
        self.mid_block = MidBlock(widths[-1], groups)
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], _EPS)
        self.conv_out = Conv2d(widths[-1], 2 * config["latent_channels"], 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv_in(x)
        for block in self.down_blocks:
            h = block(h)
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(h))))


class Decoder(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        widths, groups = config["block_out_channels"][::-1], config["norm_num_groups"]
        self.conv_in = Conv2d(config["latent_channels"], widths[0], 3, padding=1)
        self.mid_block = MidBlock(widths[0], groups)
        self.up_blocks = nn.ModuleList()
        for level, width in enumerate(widths):
            chain = [widths[max(0, level - 1)]] + [width] * (config["layers_per_block"] + 1)
            self.up_blocks.append(Stage(chain, groups, "up" if level < len(widths) - 1 else None))
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], _EPS)
        self.conv_out = Conv2d(widths[-1], config["out_channels"], 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        h = self.mid_block(self.conv_in(z))
        for block in self.up_blocks:
            h = block(h)
        return self.conv_out(F.silu(self.conv_norm_out(h)))


class AutoencoderKL(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.config = config
        latent = config["latent_channels"]
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.quant_conv = Conv2d(2 * latent, 2 * latent, 1)
        self.post_quant_conv = Conv2d(latent, latent, 1)

    def start_gently(self) -> None:
        for module in self.modules():
            if isinstance(module, ResnetBlock2D):
                zero_(module.conv2)
            elif isinstance(module, MidAttention):
                zero_(module.to_out[0])

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images in [-1, 1] to the mean and log variance of their latents, not yet scaled."""
        mean, log_variance = self.quant_conv(self.encoder(images)).chunk(2, 1)
        return mean, log_variance.clamp(-30, 20)

    def decode(self, latents: Tensor) -> Tensor:
        return self.decoder(self.post_quant_conv(latents))


def decoded_pictures(autoencoder: AutoencoderKL, scaled_latents: Tensor) -> Tensor:
    """Latents as the UNet sees them to bytes [B, H, W, 3]."""
    with torch.no_grad():
        images = autoencoder.decode(scaled_latents / autoencoder.config["scaling_factor"])
    return images.clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1)
