"""Trains the two evaluators on renders that show everything, held-out looks included, and exports them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from evaluators import CLASSIFIER_LAYERS, EMBEDDING, HEADS, AttributeClassifier, ProductSegmenter
from safetensors_file import save_tensors
from shards import Pictures, load_pictures

HELD_OUT_SHARE = 14
"""One picture in so many is held out."""
BATCH = 48
LEARNING_RATE = 3e-3
# Half of the pictures have their scene replaced by grey: so the embedding can be taken of the product alone.
CUT_OUT_SHARE = 0.5


def roughened(images: Tensor, generator: np.random.Generator) -> Tensor:
    """As soft and noisy as generated pictures are."""
    if generator.random() < 0.5:
        images = F.interpolate(F.avg_pool2d(images, 2), scale_factor=2.0, mode="bilinear", align_corners=False)
    return images + torch.randn_like(images) * 0.08 * generator.random()


def attribute_losses(logits: dict[str, Tensor], labels: Tensor, cut: Tensor) -> Tensor:
    patterned = labels[:, 3] > 0
    total = torch.zeros(())
    for column, name in enumerate(HEADS):
        each = F.cross_entropy(logits[name], labels[:, column], reduction="none")
        # A plain product has no second colour, and a cut-out no scene.
        applies = patterned if name == "second" else ~cut if name == "scene" else torch.ones_like(cut)
        total = total + (each * applies).sum() / applies.sum().clamp(min=1)
    return total


def training_count(pictures: Pictures) -> int:
    return len(pictures.labels) - len(pictures.labels) // HELD_OUT_SHARE


def masks_of(pictures: Pictures, index: np.ndarray | slice) -> Tensor:
    return torch.from_numpy(pictures.mask[index]).float()[:, None] / 255


def train(pictures: Pictures, steps: int, classifier: nn.Module, segmenter: nn.Module) -> None:
    torch.manual_seed(0)
    draw = np.random.default_rng(0)
    parameters = [*classifier.parameters(), *segmenter.parameters()]
    optimizer = torch.optim.AdamW(parameters, LEARNING_RATE, weight_decay=1e-3)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * (1 - step / steps) + 1e-5
        index = draw.integers(training_count(pictures), size=BATCH)
        images, masks = pictures.images(index), masks_of(pictures, index)
        labels = torch.from_numpy(pictures.labels[index]).long()
        cut = torch.rand(BATCH) < CUT_OUT_SHARE
        rough = roughened(images, draw)
        shown = torch.where(cut[:, None, None, None], rough * masks, rough)
        loss = attribute_losses(classifier(shown), labels, cut)
        loss = loss + F.binary_cross_entropy_with_logits(segmenter(rough), masks) * 4
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 200 == 0:
            print(f"step {step} loss {loss.item():.3f}", flush=True)


def colour_pairs(logits: dict[str, Tensor]) -> Tensor:
    """The two likeliest colours, in order of the palette [B, 2]. Both heads vote: often nothing tells which is first."""
    votes = logits["colour"].softmax(1) + logits["second"].softmax(1)
    return votes.topk(2, 1)[1].sort(1)[0]


def pair_accuracy(logits: dict[str, Tensor], labels: Tensor) -> float:
    right = (colour_pairs(logits) == labels[:, 1:3].sort(1)[0]).all(1)
    return right[labels[:, 3] > 0].float().mean().item()


@torch.no_grad()
def figures(pictures: Pictures, classifier: nn.Module, segmenter: nn.Module) -> dict[str, float]:
    held_out = slice(training_count(pictures), None)
    images, masks = pictures.images(held_out), masks_of(pictures, held_out)
    labels = torch.from_numpy(pictures.labels[held_out]).long()
    result = {}
    for kind, shown in (("", images), (" of cut-outs", images * masks)):
        logits = classifier(shown)
        for column, name in enumerate(HEADS):
            right = (logits[name].argmax(1) == labels[:, column]).float()
            if name == "second":
                right = right[labels[:, 3] > 0]
            if not (kind and name == "scene"):
                result[f"{name}{kind}"] = round(right.mean().item(), 4)
        # Stripes, checks and zigzags often leave open which colour is the first.
        result[f"colours, in either order{kind}"] = round(pair_accuracy(logits, labels), 4)
    found, true = segmenter(images) > 0, masks > 0.5
    union = (found | true).sum((1, 2, 3))
    result["mask overlap"] = round(((found & true).sum((1, 2, 3)) / union).mean().item(), 4)
    return result


def export(folder: Path, name: str, model: nn.Module, about: dict, images: Tensor, outputs: dict) -> None:
    tensors = {key: value.half() for key, value in model.exported().items()}
    save_tensors(tensors, folder / name / "weights.safetensors")
    (folder / name / "config.json").write_text(json.dumps(about, indent=1) + "\n")
    save_tensors({"images": images, **outputs}, folder / name / "golden.safetensors")


def round_weights(model: nn.Module) -> None:
    """Replaces batch norms by the folded, fp16-rounded convolutions, so that golden outputs match the file."""
    for module in model.modules():
        if hasattr(module, "folded"):
            weight, bias = module.folded()
            conv = nn.Conv2d(weight.shape[1], weight.shape[0], 3, module.conv.stride, padding=1)
            conv.weight.data, conv.bias.data = weight.half().float(), bias.half().float()
            module.conv, module.norm = conv, nn.Identity()
            module.folded = lambda conv=conv: (conv.weight, conv.bias)
        elif isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.bias is not None):
            module.weight.data, module.bias.data = module.weight.half().float(), module.bias.half().float()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2400)
    options = parser.parse_args()
    torch.set_num_threads(1)
    pictures = load_pictures(options.data)
    classifier, segmenter = AttributeClassifier(), ProductSegmenter()
    train(pictures, options.steps, classifier, segmenter)
    classifier.eval().requires_grad_(False)
    segmenter.eval().requires_grad_(False)
    round_weights(classifier)
    round_weights(segmenter)
    accuracy = figures(pictures, classifier, segmenter)
    print(json.dumps(accuracy))
    legend = {key: pictures.legend[key] for key in ("products", "colours", "patterns", "scenes")}
    names = {
        "product": [entry["name"] for entry in legend["products"]],
        "colour": legend["colours"],
        "second": legend["colours"],
        "pattern": [entry["name"] for entry in legend["patterns"]],
        "scene": [entry["name"] for entry in legend["scenes"]],
    }
    layers = [
        {"inputs": a, "outputs": b, "kernel": 3, "stride": stride, "padding": 1, "activation": "relu"}
        for a, b, stride in CLASSIFIER_LAYERS
    ]
    common = {"schema": 1, "resolution": 64, "range": [-1, 1], "heldOut": accuracy}
    images = pictures.images(slice(len(pictures.labels) - 2, None)).contiguous()
    export(
        options.out,
        "attributes",
        classifier,
        {**common, "layers": layers, "embedding": EMBEDDING, "heads": names},
        images,
        {"embedding": classifier.embed(images), "logits": torch.cat([*classifier(images).values()], 1)},
    )
    export(options.out, "segmenter", segmenter, common, images, {"logits": segmenter(images).contiguous()})


if __name__ == "__main__":
    main()
