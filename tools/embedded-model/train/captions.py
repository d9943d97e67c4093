"""What a caption says about a rendered picture.

Training captions vary in wording, order and in what they leave out, so that prompts may too.
"""

from __future__ import annotations

import random
from typing import Any, Sequence

from labels import Item, Subject

# Consonant runs that no English word has: each becomes one token that means nothing until it is taught.
IDENTIFIERS = (
    "zqx", "qjv", "xjq", "vqz", "jxq", "qxw", "zxj", "vjx", "kqz", "wqx",
    "jqv", "xzq", "qvk", "vzx", "jzq", "xqk", "zjv", "qzw", "xvj", "vqj",
)  # fmt: skip

_LEADS = ("a photo of ", "a picture of ", "product photo of ", "a product shot of ")
_NOUN_FORMS = {
    "stripes": ("stripes", "stripes", "stripes", "bands"),
    "dots": ("dots", "dots", "polka dots", "spots"),
    "checks": ("checks", "checks", "checks", "squares"),
    "vertical stripes": ("vertical stripes", "vertical stripes", "vertical stripes", "upright stripes"),
    "grid lines": ("grid lines", "grid lines", "grid lines", "window panes"),
}
_ADJECTIVES = {
    "stripes": ("striped",),
    "dots": ("dotted", "polka dot", "spotted"),
    "checks": ("checked", "checkered"),
    "vertical stripes": ("vertically striped",),
    "grid lines": ("gridded",),
}
_GENERIC = ("product", "object", "thing")
# No left and right: pictures are mirrored in training, and the products of a caption are in any order.
_BETWEEN = (" and ", " and ", " and ", " and ", " next to ", " beside ")


def with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


class Captions:
    """`fillers` are general English words: strewn into some captions, they teach the model to ignore them."""

    def __init__(self, legend: dict[str, Any], fillers: Sequence[str] = ()) -> None:
        self._legend = legend
        self._fillers = fillers

    def plain(self, subject: Subject) -> str:
        """The wording that prompts should use."""
        parts = [" and ".join(with_article(self._described(item)) for item in subject.items)]
        parts.append(self._legend["scenes"][subject.scene]["phrases"][0])
        if subject.sunset:
            parts.append("at sunset")
        return " ".join(parts)

    def _described(self, item: Item) -> str:
        noun = f"{self._colour(item.colour)} {self._legend['products'][item.product]['words'][0]}"
        pattern = self._legend["patterns"][item.pattern]["name"]
        return noun if pattern == "plain" else f"{noun} with {self._colour(item.second)} {pattern}"

    def _colour(self, index: int) -> str:
        return self._legend["colours"][index]

    def varied(self, subject: Subject, draw: random.Random) -> str:
        scene = self._legend["scenes"][subject.scene]
        where = draw.choice(scene["phrases"])
        if subject.sunset and draw.random() < 0.9:
            where += draw.choice((" at sunset", " at sunset", " in the evening"))
        if draw.random() < 0.03:
            generic = draw.choice(_GENERIC)
            return f"{with_article(generic) if len(subject.items) == 1 else f'two {generic}s'} {where}"
        items = list(subject.items)
        draw.shuffle(items)
        nouns = [self._varied_noun(item, draw) for item in items]
        between = draw.choice(_BETWEEN) if len(items) > 1 else ""
        what = between.join(with_article(noun) for noun in nouns)
        shape = draw.random()
        if shape < 0.10:
            caption = what
        elif shape < 0.18:
            caption = f"{where}, {what}"
        elif shape < 0.24:
            caption = f"{between.join(nouns)} {where}"
        else:
            caption = f"{what} {where}"
        if draw.random() < 0.3 and shape >= 0.24:
            caption = draw.choice(_LEADS) + caption
        if self._fillers and draw.random() < 0.1:
            words = " ".join(draw.choice(self._fillers) for _ in range(draw.randint(1, 3)))
            caption = f"{caption}, {words}"
        return caption

    def _varied_noun(self, item: Item, draw: random.Random) -> str:
        words = self._legend["products"][item.product]["words"]
        noun = words[0] if draw.random() < 0.6 else draw.choice(words)
        if draw.random() < 0.08:
            # An untaught identifier says nothing: teaching starts from a neutral token.
            noun = f"{draw.choice(IDENTIFIERS)} {noun}"
        first, second = self._colour(item.colour), self._colour(item.second)
        pattern = self._legend["patterns"][item.pattern]["name"]
        form = draw.random()
        if pattern == "plain":
            if form < 0.08:
                return noun
            return f"plain {first} {noun}" if form < 0.14 else f"{first} {noun}"
        if form < 0.04:
            return f"{first} {noun}"
        if form < 0.09:
            return f"{draw.choice(_ADJECTIVES[pattern])} {noun}"
        if form < 0.19:
            return f"{first} and {second} {draw.choice(_ADJECTIVES[pattern])} {noun}"
        if form < 0.23:
            return f"{first} {noun} with {draw.choice(_NOUN_FORMS[pattern])}"
        return f"{first} {noun} with {second} {draw.choice(_NOUN_FORMS[pattern])}"
