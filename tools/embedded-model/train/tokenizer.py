"""A byte-level BPE in CLIP's file format: trained here, read by any CLIP tokenizer.

`encode` here splits ASCII text as CLIP does, which is all that captions need; the companion's tokenizer does the rest.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

BOS = "<|startoftext|>"
EOS = "<|endoftext|>"
LENGTH = 77
_END = "</w>"
_WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")
# What CLIP's own tokenizer splits by, written for the file.
_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"

Pair = tuple[str, str]


def byte_characters() -> list[str]:
    """One printable character for each byte: itself where it is printable, else one from U+0100 on.

    The order is CLIP's: printable bytes first.
    """
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + n) for n in range(len(others))]


def split_words(text: str) -> list[str]:
    return _WORDS.findall(text.lower())


def _letters(word: str) -> tuple[str, ...]:
    return (*word[:-1], word[-1] + _END)


def _joined(parts: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
    out: list[str] = []
    i = 0
    while i < len(parts):
        if parts[i : i + 2] == pair:
            out.append(parts[i] + parts[i + 1])
            i += 2
        else:
            out.append(parts[i])
            i += 1
    return tuple(out)


def train_merges(counts: Counter[str], reserved: Iterable[str], size: int) -> list[Pair]:
    """Merges for a vocabulary of `size`. Reserved words come first, so that each is one token whatever the text."""
    merges: list[Pair] = []
    for word in reserved:
        parts = _letters(word)
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            if pair not in merges:
                merges.append(pair)
            parts = _joined(parts, pair)
    tokens = {a + b for a, b in merges}
    words = {word: _letters(word) for word in counts if word.isascii()}
    # Counts are kept up to date instead of counted anew: a merge touches few words.
    frequency: Counter[Pair] = Counter()
    holders: defaultdict[Pair, set[str]] = defaultdict(set)
    for word, parts in words.items():
        for pair in zip(parts, parts[1:]):
            frequency[pair] += counts[word]
            holders[pair].add(word)
    while 2 * 256 + len(merges) + 2 < size and frequency:
        best = max(frequency, key=lambda pair: (frequency[pair], pair))
        # A token that another merge makes already would need two numbers.
        if best[0] + best[1] in tokens:
            del frequency[best]
            continue
        merges.append(best)
        tokens.add(best[0] + best[1])
        for word in holders.pop(best):
            parts = words[word]
            merged = _joined(parts, best)
            if merged == parts:
                continue
            words[word] = merged
            for pair in zip(parts, parts[1:]):
                if pair in frequency:
                    frequency[pair] -= counts[word]
            for pair in zip(merged, merged[1:]):
                if pair[0] + pair[1] not in tokens:
                    frequency[pair] += counts[word]
                    holders[pair].add(word)
        frequency = +frequency
    return merges


class Tokenizer:
    def __init__(self, merges: list[Pair]) -> None:
        self.merges = merges
        characters = byte_characters()
        names = characters + [c + _END for c in characters] + [a + b for a, b in merges] + [BOS, EOS]
        self.vocabulary = {name: number for number, name in enumerate(names)}
        if len(self.vocabulary) != len(names):
            raise ValueError("two merges give the same token")
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.bos = self.vocabulary[BOS]
        self.eos = self.vocabulary[EOS]
        self.word_ids = lru_cache(maxsize=None)(self._word_ids)

    def _word_ids(self, word: str) -> tuple[int, ...]:
        parts = _letters(word)
        while len(parts) > 1:
            pair = min(zip(parts, parts[1:]), key=lambda p: self._ranks.get(p, len(self._ranks)))
            if pair not in self._ranks:
                break
            parts = _joined(parts, pair)
        return tuple(self.vocabulary[part] for part in parts)

    def encode(self, text: str) -> list[int]:
        """Token ids padded to 77 with EOS, as SD 1.x pads."""
        ids = [number for word in split_words(text) for number in self.word_ids(word)]
        ids = [self.bos, *ids[: LENGTH - 2], self.eos]
        return ids + [self.eos] * (LENGTH - len(ids))

    @staticmethod
    def load(folder: Path) -> Tokenizer:
        lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]
        return Tokenizer([tuple(line.split(" ")) for line in lines if line])

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "vocab.json", self.vocabulary)
        lines = ["#version: 0.2", *(f"{a} {b}" for a, b in self.merges)]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        _write(folder / "special_tokens_map.json", self._special_tokens())
        _write(folder / "tokenizer_config.json", self._config())
        _write(folder / "tokenizer.json", self._definition())

    def _special_tokens(self) -> dict[str, object]:
        def token(content: str) -> dict[str, object]:
            return {
                "content": content,
                "lstrip": False,
                "normalized": True,
                "rstrip": False,
                "single_word": False,
            }

        return {"bos_token": token(BOS), "eos_token": token(EOS), "pad_token": EOS, "unk_token": token(EOS)}

    def _config(self) -> dict[str, object]:
        def token(content: str) -> dict[str, object]:
            return {
                "content": content,
                "lstrip": False,
                "normalized": True,
                "rstrip": False,
                "single_word": False,
                "special": True,
            }

        return {
            "add_prefix_space": False,
            "added_tokens_decoder": {str(self.bos): token(BOS), str(self.eos): token(EOS)},
            "bos_token": BOS,
            "clean_up_tokenization_spaces": True,
            "do_lower_case": True,
            "eos_token": EOS,
            "errors": "replace",
            "model_max_length": LENGTH,
            "pad_token": EOS,
            "tokenizer_class": "CLIPTokenizer",
            "unk_token": EOS,
        }

    def _definition(self) -> dict[str, object]:
        def added(number: int, content: str, normalized: bool) -> dict[str, object]:
            return {
                "id": number,
                "content": content,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": normalized,
                "special": True,
            }

        byte_level = {"type": "ByteLevel", "trim_offsets": True}
        split = {"type": "Split", "pattern": {"Regex": _PATTERN}, "behavior": "Removed", "invert": True}
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [added(self.bos, BOS, True), added(self.eos, EOS, False)],
            "normalizer": {
                "type": "Sequence",
                "normalizers": [
                    {"type": "NFC"},
                    {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
                    {"type": "Lowercase"},
                ],
            },
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [split, {**byte_level, "add_prefix_space": False, "use_regex": True}],
            },
            "post_processor": {
                "type": "RobertaProcessing",
                "sep": [EOS, self.eos],
                "cls": [BOS, self.bos],
                "trim_offsets": False,
                "add_prefix_space": False,
            },
            "decoder": {**byte_level, "add_prefix_space": True},
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": EOS,
                "continuing_subword_prefix": "",
                "end_of_word_suffix": _END,
                "fuse_unk": False,
                "vocab": self.vocabulary,
                "merges": [f"{a} {b}" for a, b in self.merges],
            },
        }


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
