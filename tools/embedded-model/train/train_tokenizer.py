"""Trains the tokenizer on captions and a list of English words (one a line, as in /usr/share/dict)."""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from pathlib import Path

from captions import IDENTIFIERS, Captions
from labels import Subject
from shards import load_pictures
from targets import add_target_option, target_of
from tokenizer import Tokenizer, split_words, train_merges

CAPTIONS = 20000


def english(path: Path) -> list[str]:
    """Plain lower-case words of three letters and more."""
    words = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return sorted({word for word in words if len(word) > 2 and word.isascii() and word.isalpha() and word.islower()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--words", type=Path, required=True)
    add_target_option(parser)
    options = parser.parse_args()
    pictures = load_pictures(options.data, CAPTIONS)
    captions = Captions(pictures.legend)
    draw = random.Random(0)
    counts: Counter[str] = Counter(english(options.words))
    for label in pictures.labels[:CAPTIONS]:
        counts.update(split_words(captions.varied(Subject.from_label(label), draw)))
    tokenizer = Tokenizer(train_merges(counts, IDENTIFIERS, target_of(options).vocabulary))
    tokenizer.save(options.out)
    for word in IDENTIFIERS:
        if len(tokenizer.word_ids(word)) != 1:
            raise SystemExit(f"{word} is {len(tokenizer.word_ids(word))} tokens, expected 1")
    vocabulary = len(tokenizer.vocabulary)
    caption = captions.varied(Subject.from_label(pictures.labels[0]), draw)
    print(json.dumps({"vocabulary": vocabulary, "sample": caption, "ids": tokenizer.encode(caption)[:20]}))


if __name__ == "__main__":
    main()
