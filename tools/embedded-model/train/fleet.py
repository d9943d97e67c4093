"""Training in several one-thread processes that average their gradients, or in one on a GPU.

On two cores this is half as fast again as one process with two threads, and it stays fast when the cores are shared:
OpenMP threads that wait for each other on a busy machine can be twenty times slower.

A run lives in a folder: checkpoint.pt, log.txt, and a file named STOP to end it early. A run that is started again
goes on from its checkpoint. Random numbers are drawn per step and process, so that it goes on exactly.
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn


@dataclass(frozen=True)
class Recipe:
    steps: int
    batch: int
    """Samples a step in each process."""
    learning_rate: float
    warm_up: int = 150
    decay_share: float = 0.3
    """The last part of the steps, over which the learning rate falls to zero."""
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    ema: float = 0.999
    checkpoint_seconds: float = 120.0
    log_every: int = 50
    minutes: float | None = None
    """Ends this piece of the run after so long; the same command goes on where it ended."""

    def rate_at(self, step: int) -> float:
        warm = min(1.0, (step + 1) / self.warm_up)
        left = (self.steps - step) / (self.decay_share * self.steps)
        return self.learning_rate * warm * min(1.0, 0.5 - 0.5 * math.cos(math.pi * min(1.0, left)))


@dataclass(frozen=True)
class Place:
    rank: int
    world: int
    folder: Path
    shared: Path
    """A file in memory, for what the processes tell each other."""
    device: torch.device


def add_piece_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--processes", type=int, default=2, help="1 on a GPU")
    parser.add_argument("--minutes", type=float, help="end this piece of the run after so long")


LossAt = Callable[[nn.Module, int, torch.Generator], tuple[Tensor, dict[str, float]]]
"""(model, step, random numbers of this step and process) -> loss, further figures for the log."""


def launch(worker: Callable[[Place], None], folder: Path, processes: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "STOP").unlink(missing_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    memory = Path("/dev/shm")
    with tempfile.NamedTemporaryFile(dir=memory if memory.is_dir() else folder) as shared:
        mp.spawn(_start, (worker, folder, Path(shared.name), processes, port), nprocs=processes)


def _start(
    rank: int, worker: Callable[[Place], None], folder: Path, shared: Path, world: int, port: int
) -> None:
    torch.set_num_threads(1)
    # Denormal numbers from decayed moments would slow every operation that meets them.
    torch.set_flush_denormal(True)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=world)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    worker(Place(rank, world, folder, shared, device))


class _Averager:
    """All gradients and a few figures of a step, through memory that the processes share.

    Twice as fast as a message over the loopback interface. Two halves take turns: whoever is ahead writes into the one
    that nobody reads any more.
    """

    def __init__(self, place: Place, parameters: list[nn.Parameter], figures: int) -> None:
        self._place = place
        self._parameters = parameters
        count = sum(p.numel() for p in parameters) + figures
        size = 2 * place.world * count
        self._turns = torch.from_file(str(place.shared), shared=True, size=size).view(2, place.world, count)
        self._turn = 0

    def average(self, figures: list[float]) -> list[float]:
        self._turn = 1 - self._turn
        rows = self._turns[self._turn]
        own, at = rows[self._place.rank], 0
        for p in self._parameters:
            own[at : at + p.numel()].view_as(p).copy_(p.grad)
            at += p.numel()
        own[at:] = torch.tensor(figures)
        dist.barrier()
        at = 0
        for p in self._parameters:
            parts = [row[at : at + p.numel()].view_as(p) for row in rows]
            p.grad.copy_(parts[0])
            for part in parts[1:]:
                p.grad.add_(part)
            p.grad.div_(len(parts))
            at += p.numel()
        return rows[:, at:].mean(0).tolist()


def train(
    place: Place,
    model: nn.Module,
    recipe: Recipe,
    loss_at: LossAt,
    inspect: Callable[[nn.Module, int], str] | None = None,
) -> None:
    """Runs until `recipe.steps` or STOP. `inspect` sees the averaged weights at every checkpoint."""
    model.to(place.device)
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
        betas=recipe.betas,
        foreach=True,
    )
    smooth = copy.deepcopy(model).requires_grad_(False)
    step = _resume(place.folder, model, smooth, optimizer)
    if place.world > 1:
        for p in parameters:
            dist.broadcast(p.data, 0)
    averager: _Averager | None = None
    log = (place.folder / "log.txt").open("a")
    started = last_save = time.monotonic()
    first_step, window = step, []
    generator = torch.Generator()
    while step < recipe.steps:
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate_at(step)
        generator.manual_seed(step * place.world + place.rank)
        loss, figures = loss_at(model, step, generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        averager = averager or _Averager(place, parameters, 2 + len(figures))
        late = recipe.minutes is not None and time.monotonic() - started > 60 * recipe.minutes
        stopping = float(place.rank == 0 and (late or (place.folder / "STOP").exists()))
        own = [stopping, loss.item(), *figures.values()]
        averaged = averager.average(own) if place.world > 1 else own
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        _follow(smooth, model, min(recipe.ema, (1 + step) / (10 + step)))
        step += 1
        window.append(averaged[1:])
        stop = averaged[0] > 0 or step == recipe.steps
        if place.rank != 0:
            if stop:
                break
            continue
        if step % recipe.log_every == 0:
            means = [sum(column) / len(window) for column in zip(*window)]
            window.clear()
            per_second = (step - first_step) * recipe.batch * place.world / (time.monotonic() - started)
            parts = " ".join(f"{name} {value:.4f}" for name, value in zip(["loss", *figures], means))
            line = f"step {step} samples {step * recipe.batch * place.world} {parts}"
            print(f"{line} rate {recipe.rate_at(step):.2e} {per_second:.1f}/s", file=log, flush=True)
        if stop or time.monotonic() - last_save > recipe.checkpoint_seconds:
            last_save = time.monotonic()
            _save(place.folder, step, model, smooth, optimizer)
            if inspect is not None:
                with torch.no_grad():
                    print(f"step {step} {inspect(smooth, step)}", file=log, flush=True)
        if stop:
            break
    log.close()


def _follow(smooth: nn.Module, model: nn.Module, keep: float) -> None:
    with torch.no_grad():
        averaged = [p.data for p in smooth.parameters()]
        torch._foreach_mul_(averaged, keep)
        torch._foreach_add_(averaged, [p.data for p in model.parameters()], alpha=1 - keep)
        # Batch norms' running figures are averages already.
        for followed, buffer in zip(smooth.buffers(), model.buffers()):
            followed.copy_(buffer)


def _save(
    folder: Path, step: int, model: nn.Module, smooth: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    part = folder / "checkpoint.part"
    state = {
        "step": step,
        "model": model.state_dict(),
        "smooth": smooth.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, part)
    os.replace(part, folder / "checkpoint.pt")


def _resume(
    folder: Path, model: nn.Module, smooth: nn.Module, optimizer: torch.optim.Optimizer
) -> int:
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, map_location="cpu")
    model.load_state_dict(state["model"])
    smooth.load_state_dict(state["smooth"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


def smooth_weights(folder: Path) -> dict[str, Tensor]:
    """The averaged weights of a run, for use and export."""
    return torch.load(folder / "checkpoint.pt", map_location="cpu")["smooth"]
