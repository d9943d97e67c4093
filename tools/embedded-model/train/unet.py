"""UNet2DConditionModel as in Stable Diffusion 1.x: diffusers' topology and parameter names at any width."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from half_products import Conv2d, Linear, attention

from blocks import Downsample2D, ResnetBlock2D, Upsample2D, zero_

_TRANSFORMER_EPS = 1e-6


class Attention(nn.Module):
    def __init__(self, channels: int, context_channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = Linear(channels, channels, bias=False)
        self.to_k = Linear(context_channels, channels, bias=False)
        self.to_v = Linear(context_channels, channels, bias=False)
        self.to_out = nn.ModuleList([Linear(channels, channels)])

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        batch, queries, channels = x.shape
        split = (batch, -1, self.heads, channels // self.heads)
        # The scale goes on the queries: there are fewer of them than of scores.
        q = (self.to_q(x) * (channels // self.heads) ** -0.5).view(split).transpose(1, 2).flatten(0, 1)
        k = self.to_k(context).view(split).permute(0, 2, 3, 1).flatten(0, 1)
        v = self.to_v(context).view(split).transpose(1, 2).flatten(0, 1)
        h = attention(q, k, v).view(batch, self.heads, queries, -1)
        return self.to_out[0](h.transpose(1, 2).reshape(batch, queries, channels))


class GEGLU(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.proj = Linear(inputs, 2 * outputs)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, -1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        # diffusers keeps a dropout at index 1; it has no parameters.
        self.net = nn.ModuleList(
            [GEGLU(channels, 4 * channels), nn.Identity(), Linear(4 * channels, channels)]
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net[2](self.net[0](x))


class BasicTransformerBlock(nn.Module):
    def __init__(self, channels: int, context_channels: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attn1 = Attention(channels, channels, heads)
        self.norm2 = nn.LayerNorm(channels)
        self.attn2 = Attention(channels, context_channels, heads)
        self.norm3 = nn.LayerNorm(channels)
        self.ff = FeedForward(channels)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        h = self.norm1(x)
        x = x + self.attn1(h, h)
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class Transformer2DModel(nn.Module):
    def __init__(self, channels: int, context_channels: int, heads: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, _TRANSFORMER_EPS)
        self.proj_in = Conv2d(channels, channels, 1)
        self.transformer_blocks = nn.ModuleList(
            [BasicTransformerBlock(channels, context_channels, heads)]
        )
        self.proj_out = Conv2d(channels, channels, 1)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        shape = x.shape
        h = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)  # [B, HW, C]
        h = self.transformer_blocks[0](h, context).transpose(1, 2).reshape(shape)
        return x + self.proj_out(h)


class Level(nn.Module):
    """One resolution of the way down or up: residual blocks, each followed by a transformer if there are any."""

    def __init__(self, config: dict[str, Any], pairs: list[tuple[int, int]], attends: bool, sampler: str | None):
        super().__init__()
        widths, groups = config["block_out_channels"], config["norm_num_groups"]
        outputs = pairs[0][1]
        if attends:
            self.attentions = nn.ModuleList(
                Transformer2DModel(
                    outputs, config["cross_attention_dim"], config["attention_head_dim"], groups
                )
                for _ in pairs
            )
        self.resnets = nn.ModuleList(
            ResnetBlock2D(a, b, 4 * widths[0], groups, config["norm_eps"]) for a, b in pairs
        )
        if sampler == "down":
            self.downsamplers = nn.ModuleList([Downsample2D(outputs, padding=1)])
        elif sampler == "up":
            self.upsamplers = nn.ModuleList([Upsample2D(outputs)])

    def step(self, index: int, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        x = self.resnets[index](x, time)
        return self.attentions[index](x, context) if hasattr(self, "attentions") else x


class MidBlock(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        widths, groups = config["block_out_channels"], config["norm_num_groups"]
        self.attentions = nn.ModuleList(
            [
                Transformer2DModel(
                    widths[-1], config["cross_attention_dim"], config["attention_head_dim"], groups
                )
            ]
        )
        self.resnets = nn.ModuleList(
            ResnetBlock2D(widths[-1], widths[-1], 4 * widths[0], groups, config["norm_eps"])
            for _ in range(2)
        )

    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        return self.resnets[1](self.attentions[0](self.resnets[0](x, time), context), time)


class TimestepEmbedding(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear_1 = Linear(inputs, outputs)
        self.linear_2 = Linear(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear_2(F.silu(self.linear_1(x)))


class UNet2DConditionModel(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.config = config
        widths, layers = config["block_out_channels"], config["layers_per_block"]
        last = len(widths) - 1
        self.conv_in = Conv2d(config["in_channels"], widths[0], 3, padding=1)
        self.time_embedding = TimestepEmbedding(widths[0], 4 * widths[0])
        self.down_blocks = nn.ModuleList()
        skips = [widths[0]]
        for level, (width, kind) in enumerate(zip(widths, config["down_block_types"])):
            inputs = widths[max(0, level - 1)]
            pairs = [(inputs if i == 0 else width, width) for i in range(layers)]
            sampler = "down" if level < last else None
            self.down_blocks.append(Level(config, pairs, kind == "CrossAttnDownBlock2D", sampler))
            skips += [width] * (layers + (level < last))
        self.mid_block = MidBlock(config)
        self.up_blocks = nn.ModuleList()
        below = widths[-1]
        for level, kind in zip(range(last, -1, -1), config["up_block_types"]):
            width = widths[level]
            pairs = [((below if i == 0 else width) + skips.pop(), width) for i in range(layers + 1)]
            sampler = "up" if level > 0 else None
            self.up_blocks.append(Level(config, pairs, kind == "CrossAttnUpBlock2D", sampler))
            below = width
        self.conv_norm_out = nn.GroupNorm(config["norm_num_groups"], widths[0], config["norm_eps"])
        self.conv_out = Conv2d(widths[0], config["out_channels"], 3, padding=1)

    def start_gently(self) -> None:
        for module in self.modules():
            if isinstance(module, ResnetBlock2D):
                zero_(module.conv2)
            elif isinstance(module, Transformer2DModel):
                zero_(module.proj_out)
        zero_(self.conv_out)

    def forward(self, latents: Tensor, timesteps: Tensor, context: Tensor) -> Tensor:
        """latents [B, C, H, W], timesteps [B] in 0..999, context [B, 77, D]."""
        half = self.config["block_out_channels"][0] // 2
        rates = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32, device=latents.device) / half)
        angles = timesteps.float()[:, None] * rates
        time = F.silu(self.time_embedding(torch.cat([angles.cos(), angles.sin()], -1)))
        x = self.conv_in(latents)
        skips = [x]
        for level in self.down_blocks:
            for i in range(len(level.resnets)):
                x = level.step(i, x, time, context)
                skips.append(x)
            if hasattr(level, "downsamplers"):
                x = level.downsamplers[0](x)
                skips.append(x)
        x = self.mid_block(x, time, context)
        for level in self.up_blocks:
            for i in range(len(level.resnets)):
                x = level.step(i, torch.cat([x, skips.pop()], 1), time, context)
            if hasattr(level, "upsamplers"):
                x = level.upsamplers[0](x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))
