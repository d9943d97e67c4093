"""Blocks that the UNet and the autoencoder share. Attribute names are diffusers' parameter names."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from half_products import Conv2d, Linear


class ResnetBlock2D(nn.Module):
    """Two 3x3 convolutions with group norms; `time_channels` is 0 where no timestep is fed in (autoencoder)."""

    def __init__(self, inputs: int, outputs: int, time_channels: int, groups: int, eps: float) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, eps)
        self.conv1 = Conv2d(inputs, outputs, 3, padding=1)
        if time_channels > 0:
            self.time_emb_proj = Linear(time_channels, outputs)
        self.norm2 = nn.GroupNorm(groups, outputs, eps)
        self.conv2 = Conv2d(outputs, outputs, 3, padding=1)
        if inputs != outputs:
            self.conv_shortcut = Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, time: Tensor | None = None) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        if time is not None:
            h = h + self.time_emb_proj(time)[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return h + (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x)


class Downsample2D(nn.Module):
    """Stride-2 convolution. The UNet pads every side by 1, the autoencoder right and bottom only."""

    def __init__(self, channels: int, padding: int) -> None:
        super().__init__()
        self.conv = Conv2d(channels, channels, 3, stride=2, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x if self.conv.padding[0] == 1 else F.pad(x, (0, 1, 0, 1)))


class Upsample2D(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


def zero_(layer: nn.Module) -> None:
    """Starts a layer as if it were absent, which is what makes high learning rates safe."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


def parameters_of(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def rounded_to_half(model: nn.Module) -> nn.Module:
    """Rounds weights to fp16 in place: what the exported file holds."""
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.half().float())
    return model
