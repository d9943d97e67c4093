"""The block of bench/sd15-block.ts in PyTorch, as a peer that bench/torch-peer.ts drives.

Usage: torch-block.py THREADS. A line `forward B` or `step B` runs that once; the answer is its wall-clock and processor
time in milliseconds.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CHANNELS, CELLS, EMBEDDING, CONTEXT, TOKENS, HEADS, GROUPS, RANK = 320, 32, 1280, 768, 77, 8, 32, 16


class ResBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, CHANNELS, eps=1e-5)
        self.conv1 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.embed = nn.Linear(EMBEDDING, CHANNELS)
        self.norm2 = nn.GroupNorm(GROUPS, CHANNELS, eps=1e-5)
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)

    def forward(self, x, embedding):
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.embed(F.silu(embedding))[:, :, None, None]
        return x + self.conv2(F.silu(self.norm2(h)))


class Attention(nn.Module):
    def __init__(self, context):
        super().__init__()
        self.q = nn.Linear(CHANNELS, CHANNELS, bias=False)
        self.k = nn.Linear(context, CHANNELS, bias=False)
        self.v = nn.Linear(context, CHANNELS, bias=False)
        self.out = nn.Linear(CHANNELS, CHANNELS)

    def heads(self, x):
        batch, tokens, _ = x.shape
        split = x.view(batch, tokens, HEADS, CHANNELS // HEADS).transpose(1, 2)
        return split.reshape(batch * HEADS, tokens, CHANNELS // HEADS)

    def forward(self, x, context):
        batch, tokens, _ = x.shape
        q, k, v = self.heads(self.q(x)), self.heads(self.k(context)), self.heads(self.v(context))
        nothing = torch.empty(q.shape[0], q.shape[1], k.shape[1])
        scale = (CHANNELS // HEADS) ** -0.5
        scores = torch.baddbmm(nothing, q, k.transpose(1, 2), beta=0, alpha=scale)
        mixed = torch.bmm(scores.softmax(-1), v).view(batch, HEADS, tokens, CHANNELS // HEADS)
        return self.out(mixed.transpose(1, 2).reshape(batch, tokens, CHANNELS))


class SpatialTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, CHANNELS, eps=1e-6)
        self.proj_in = nn.Conv2d(CHANNELS, CHANNELS, 1)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(CHANNELS) for _ in range(3))
        self.own, self.cross = Attention(CHANNELS), Attention(CONTEXT)
        self.widen, self.narrow = nn.Linear(CHANNELS, 8 * CHANNELS), nn.Linear(4 * CHANNELS, CHANNELS)
        self.proj_out = nn.Conv2d(CHANNELS, CHANNELS, 1)
        self.down = nn.Conv2d(CHANNELS, RANK, 1, bias=False)
        self.up = nn.Conv2d(RANK, CHANNELS, 1, bias=False)

    def forward(self, x, context):
        batch = x.shape[0]
        h = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        normed = self.norm1(h)
        h = h + self.own(normed, normed)
        h = h + self.cross(self.norm2(h), context)
        value, gate = self.widen(self.norm3(h)).chunk(2, dim=-1)
        h = h + self.narrow(value * F.gelu(gate))
        h = h.transpose(1, 2).reshape(batch, CHANNELS, CELLS, CELLS)
        return x + self.proj_out(h) + self.up(self.down(h))


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.manual_seed(0)
    block, transformer = ResBlock(), SpatialTransformer()
    for parameter in [*block.parameters(), *transformer.parameters()]:
        parameter.requires_grad_(False)
    factors = [transformer.down.weight, transformer.up.weight]
    for factor in factors:
        factor.requires_grad_(True)
    inputs = {}

    def run(what, batch):
        if batch not in inputs:
            x = torch.randn(batch, CHANNELS, CELLS, CELLS, requires_grad=True)
            inputs[batch] = x, torch.randn(batch, EMBEDDING), torch.randn(batch, TOKENS, CONTEXT), torch.randn_like(x)
        x, embedding, context, upstream = inputs[batch]
        start, used = time.perf_counter(), time.process_time()
        with torch.set_grad_enabled(what == "step"):
            y = transformer(block(x, embedding), context)
            if what == "step":
                torch.autograd.grad(y, [x, *factors], upstream)
        return 1000 * (time.perf_counter() - start), 1000 * (time.process_time() - used)

    print(torch.__version__, flush=True)
    for line in sys.stdin:
        what, batch = line.split()
        print(*run(what, int(batch)), flush=True)


if __name__ == "__main__":
    main()
