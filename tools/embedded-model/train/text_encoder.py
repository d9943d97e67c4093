"""CLIPTextModel as in Stable Diffusion 1.x: transformers' topology and parameter names at any width."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from half_products import Linear


class CLIPAttention(nn.Module):
    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.k_proj = Linear(channels, channels)
        self.v_proj = Linear(channels, channels)
        self.q_proj = Linear(channels, channels)
        self.out_proj = Linear(channels, channels)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, channels = x.shape
        split = (batch, length, self.heads, channels // self.heads)
        q = (self.q_proj(x) * (channels // self.heads) ** -0.5).view(split).transpose(1, 2)
        k = self.k_proj(x).view(split).permute(0, 2, 3, 1)
        v = self.v_proj(x).view(split).transpose(1, 2)
        h = (q @ k + mask).softmax(-1) @ v
        return self.out_proj(h.transpose(1, 2).reshape(batch, length, channels))


class CLIPMLP(nn.Module):
    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.fc1 = Linear(channels, inner)
        self.fc2 = Linear(inner, channels)

    def forward(self, x: Tensor) -> Tensor:
        h = self.fc1(x)
        return self.fc2(h * torch.sigmoid(1.702 * h))  # quick_gelu


class CLIPEncoderLayer(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        channels, eps = config["hidden_size"], config["layer_norm_eps"]
        self.self_attn = CLIPAttention(channels, config["num_attention_heads"])
        self.layer_norm1 = nn.LayerNorm(channels, eps)
        self.mlp = CLIPMLP(channels, config["intermediate_size"])
        self.layer_norm2 = nn.LayerNorm(channels, eps)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x), mask)
        return x + self.mlp(self.layer_norm2(x))


class CLIPTextEmbeddings(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        channels = config["hidden_size"]
        self.token_embedding = nn.Embedding(config["vocab_size"], channels)
        self.position_embedding = nn.Embedding(config["max_position_embeddings"], channels)
        nn.init.normal_(self.token_embedding.weight, std=0.5)
        nn.init.normal_(self.position_embedding.weight, std=0.02)

    def forward(self, ids: Tensor) -> Tensor:
        return self.token_embedding(ids) + self.position_embedding.weight[: ids.shape[1]]


class CLIPEncoder(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            CLIPEncoderLayer(config) for _ in range(config["num_hidden_layers"])
        )


class CLIPTextTransformer(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.embeddings = CLIPTextEmbeddings(config)
        self.encoder = CLIPEncoder(config)
        self.final_layer_norm = nn.LayerNorm(config["hidden_size"], config["layer_norm_eps"])

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embeddings(ids)
        length = ids.shape[1]
        mask = torch.full((length, length), float("-inf"), device=ids.device).triu(1)
        for layer in self.encoder.layers:
            x = layer(x, mask)
        return self.final_layer_norm(x)


class CLIPTextModel(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.config = config
        self.text_model = CLIPTextTransformer(config)

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids [B, L] to text states [B, L, hidden]. Padding is attended to, as in SD 1.x."""
        return self.text_model(ids)
