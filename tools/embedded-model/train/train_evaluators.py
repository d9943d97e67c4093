"""Trains the two evaluators on renders that show everything, held-out looks included, and exports them."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from evaluators import CLASSIFIER_LAYERS, EMBEDDING, Evaluators, heads_of
from fleet import Place, Recipe, add_piece_options, launch, smooth_weights, train
from half_products import set_half_products
from safetensors_file import save_tensors
from shards import Pictures, load_pictures

HELD_OUT_SHARE = 14
"""One picture in so many is held out."""
LEARNING_RATE = 3e-3
LEAST_DEVIATION = 1e-4
"""A number of the embedding that never changes must not weigh without limit."""
# Half of the pictures have their scene replaced by grey: so the embedding can be taken of the product alone.
CUT_OUT_SHARE = 0.5
SHIFT_SHARE = 0.05
"""How far a picture is moved at most, of its side."""


def varied(images: Tensor, masks: Tensor, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Mirrored and moved a little: what a product is, and its pattern, stay."""
    both = torch.cat([images, masks], 1)
    size = both.shape[-1]
    reach = round(SHIFT_SHARE * size)
    mirror = torch.from_numpy(generator.random(len(both)) < 0.5)
    both = torch.where(mirror[:, None, None, None], both.flip(3), both)
    padded = F.pad(both, (reach,) * 4, mode="reflect")
    corners = generator.integers(2 * reach + 1, size=(len(both), 2)).tolist()
    both = torch.stack([x[:, top : top + size, left : left + size] for x, (top, left) in zip(padded, corners)])
    return both[:, :3], both[:, 3:]


def roughened(images: Tensor, generator: np.random.Generator) -> Tensor:
    """As soft and noisy as generated pictures are."""
    if generator.random() < 0.5:
        images = F.interpolate(F.avg_pool2d(images, 2), scale_factor=2.0, mode="bilinear", align_corners=False)
    return images + torch.from_numpy(generator.standard_normal(images.shape, np.float32)) * 0.08 * generator.random()


def attribute_losses(logits: dict[str, Tensor], labels: Tensor, cut: Tensor) -> Tensor:
    patterned = labels[:, 3] > 0
    total = torch.zeros((), device=labels.device)
    for column, name in enumerate(logits):
        each = F.cross_entropy(logits[name], labels[:, column], reduction="none")
        # A plain product has no second colour, and a cut-out no scene.
        applies = patterned if name == "second" else ~cut if name == "scene" else torch.ones_like(cut)
        total = total + (each * applies).sum() / applies.sum().clamp(min=1)
    return total


def judged_pictures(data: Path) -> Pictures:
    """Of one product each: an attribute has one answer, and an identity one object."""
    return load_pictures(data).of_one_product()


def training_count(pictures: Pictures) -> int:
    return len(pictures.labels) - len(pictures.labels) // HELD_OUT_SHARE


def masks_of(pictures: Pictures, index: np.ndarray | slice) -> Tensor:
    return torch.from_numpy(pictures.mask[index]).float()[:, None] / 255


def worker(place: Place, data: Path, recipe: Recipe) -> None:
    set_half_products(True)
    pictures = judged_pictures(data)
    torch.manual_seed(0)
    model = Evaluators(pictures.legend).to(memory_format=torch.channels_last)

    def loss_at(model: Evaluators, step: int, generator: torch.Generator):
        model.train()
        seed = int(torch.randint(2**62, (1,), generator=generator))
        draw = np.random.default_rng(seed)
        index = draw.integers(training_count(pictures), size=recipe.batch)
        images, masks = varied(pictures.images(index), masks_of(pictures, index), draw)
        labels = torch.from_numpy(pictures.labels[index]).long()
        cut = torch.rand(recipe.batch, generator=generator) < CUT_OUT_SHARE
        rough = roughened(images, draw)
        shown = torch.where(cut[:, None, None, None], rough * masks, rough)
        rough, shown = (x.contiguous(memory_format=torch.channels_last) for x in (rough, shown))
        tensors = (x.to(place.device) for x in (rough, shown, labels, masks, cut))
        rough, shown, labels, masks, cut = tensors
        attributes = attribute_losses(model.classifier(shown), labels, cut)
        overlap = F.binary_cross_entropy_with_logits(model.segmenter(rough), masks)
        return attributes + 4 * overlap, {"attributes": attributes.item(), "mask": overlap.item()}

    train(place, model, recipe, loss_at)


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
        for column, name in enumerate(logits):
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


@torch.no_grad()
def identity_spread(pictures: Pictures, classifier: nn.Module) -> dict[str, Tensor]:
    """Mean and deviation of each number of the embedding over held-out products alone, [320] each.

    Numbers after a ReLU are all positive: without this, any two products look alike to a cosine.
    """
    held_out = slice(training_count(pictures), None)
    embeddings = classifier.embed(pictures.images(held_out) * masks_of(pictures, held_out))
    return {"identity.mean": embeddings.mean(0), "identity.deviation": embeddings.std(0) + LEAST_DEVIATION}


def export(
    folder: Path, name: str, model: nn.Module, about: dict, images: Tensor, outputs: dict, extra: dict | None = None
) -> None:
    tensors = {key: value.half() for key, value in model.exported().items()}
    save_tensors({**tensors, **(extra or {})}, folder / name / "weights.safetensors")
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


def load_evaluators(run: Path, pictures: Pictures) -> Evaluators:
    model = Evaluators(pictures.legend)
    model.load_state_dict(smooth_weights(run))
    return model.eval().requires_grad_(False)


def export_both(out: Path, run: Path, data: Path) -> None:
    pictures = judged_pictures(data)
    model = load_evaluators(run, pictures)
    classifier, segmenter = model.classifier, model.segmenter
    round_weights(model)
    accuracy = figures(pictures, classifier, segmenter)
    print(json.dumps(accuracy, indent=1))
    layers = [
        {"inputs": a, "outputs": b, "kernel": 3, "stride": stride, "padding": 1, "activation": "relu"}
        for a, b, stride in CLASSIFIER_LAYERS
    ]
    common = {"schema": 1, "resolution": pictures.legend["size"], "range": [-1, 1], "heldOut": accuracy}
    images = pictures.images(slice(len(pictures.labels) - 2, None)).contiguous()
    export(
        out,
        "attributes",
        classifier,
        {**common, "layers": layers, "embedding": EMBEDDING, "heads": heads_of(pictures.legend)},
        images,
        {"embedding": classifier.embed(images), "logits": torch.cat([*classifier(images).values()], 1)},
        identity_spread(pictures, classifier),
    )
    export(out, "segmenter", segmenter, common, images, {"logits": segmenter(images).contiguous()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder of this run")
    parser.add_argument("--out", type=Path, required=True, help="where to export, once the run has ended")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=14000)
    parser.add_argument("--batch", type=int, default=40)
    add_piece_options(parser)
    options = parser.parse_args()
    recipe = Recipe(
        options.steps, options.batch, LEARNING_RATE, decay_share=1.0, weight_decay=1e-3, ema=0.99, minutes=options.minutes
    )  # fmt: skip
    launch(partial(worker, data=options.data, recipe=recipe), options.run, options.processes)
    torch.set_num_threads(1)
    export_both(options.out, options.run, options.data)


if __name__ == "__main__":
    main()
