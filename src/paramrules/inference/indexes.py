"""Indexes: the numbers in names that may count blocks: `blocks.3`, or in two levels `stages.1.blocks.3`."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, starmap
from typing import Final, NamedTuple

from paramrules.assignment.entry_facts import GroupValues, number, order_key
from paramrules.inference.quoting import escaped
from paramrules.inference.space import Space, bits_of, mask_of
from paramrules.inventories.ties import natural
from paramrules.syntax.language import RESERVED

_NUMBERED: Final = re.compile(r"([A-Za-z_]+)?([0-9]+)")
_MOST_INDEXES: Final = 60
_MOST_TOWERS: Final = 4
_TOWERS: Final = 2.6
"""The most towers whose blocks are numbered through, and the cost of doing so."""

_BLOCK_WORDS: Final = {"h": "block", "layers": "layer", "resblocks": "block"}


@dataclass(frozen=True, slots=True)
class Index:
    """A match that numbers parameters.

    Attributes:
        regex: the regex, as a rule writes it.
        word: what it numbers, for names in the file: `block`.
        place: `i` if a capture is the number itself, else "": the file takes `index`.
        at: for each entry the number of its parameter, from 0; -1 if the regex finds none of its names.
        depth: for each model, how many numbers there are.
        mask: the entries whose own name the regex finds.
        numbered: these, and all others of the same parameters.
        cost: what it takes to read.
    """

    regex: str
    word: str
    place: str
    at: Sequence[int]
    depth: Sequence[int]
    mask: int
    numbered: int
    cost: float

    @property
    def compared(self) -> int:
        """The entries whose number a test can compare: a capture is that of the name alone."""
        return self.mask if self.place else self.numbered


def indexes_of(space: Space) -> list[Index]:
    """Return the indexes in the models' names, the plainest first. No two number the same entries alike."""
    found: dict[tuple[int, Sequence[int]], Index] = {}
    for pattern in _patterns(space.names):
        index = _index(space, pattern)
        if max(index.depth) > 1:
            key = index.mask, tuple(index.at)
            if key not in found or index.cost < found[key].cost:
                found[key] = index
    ranked = sorted(found.values(), key=lambda index: (index.cost, index.regex))
    widest = sorted(ranked, key=lambda index: -index.mask.bit_count())[:_MOST_INDEXES]
    return [index for index in ranked if index in widest]


class _Pattern(NamedTuple):
    """A regex that finds the numbers of blocks.

    Attributes:
        regex: the regex.
        word: what it numbers.
        cost: what it takes to read.
        towers: the words of its first group, in the order in which their blocks follow each other.
    """

    regex: str
    word: str
    cost: float
    towers: tuple[str, ...] = ()


def _patterns(names: Sequence[str]) -> Iterator[_Pattern]:
    """Yield the patterns, each once."""
    seen: set[str] = set()
    for pattern in (*starmap(_Pattern, _all_patterns(_templates(names))), *_through(names)):
        if pattern.regex not in seen:
            seen.add(pattern.regex)
            yield pattern


def _through(names: Sequence[str]) -> Iterator[_Pattern]:
    """Yield patterns that number the blocks of several towers through: of an encoder, then of a decoder."""
    fronts: dict[tuple[str, ...], None] = {}
    for name in names:
        parts = [_component(part) for part in name.split(".")[:-1]]
        at = next((at for at, (_, number) in enumerate(parts) if number), 0)
        fronts[tuple(text for text, _ in parts[: at + 1])] = None
    towers: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for front in fronts:
        for at in range(len(front) - 1):
            towers.setdefault((front[:at], front[at + 1 :]), []).append(front[at])
    for (before, after), words in towers.items():
        if 1 < len(words) <= _MOST_TOWERS:
            *inner, own = after
            begin, end = ("".join(rf"{text}\." for text in texts) for texts in (before, inner))
            word = own or (inner or ["block"])[-1]
            yield _Pattern(rf"^{begin}({'|'.join(words)})\.{end}{own}(\d+)\.", word, _TOWERS, tuple(words))


def _templates(names: Sequence[str]) -> list[tuple[tuple[str, str], ...]]:
    """Return the distinct paths of modules, as components with `#` for their last number, commonest first."""
    counts: Counter[tuple[tuple[str, str], ...]] = Counter()
    for name in names:
        *parts, _ = name.split(".")
        counts[tuple(_component(part) for part in parts)] += 1
    return [template for template, _ in counts.most_common()]


def _component(part: str) -> tuple[str, str]:
    """Split a component into its word and `#` if it ends in a number."""
    numbered = _NUMBERED.fullmatch(part)
    return (numbered[1] or "", "#") if numbered else (escaped(part), "")


def _all_patterns(
    templates: Sequence[tuple[tuple[str, str], ...]],
) -> Iterator[tuple[str, str, float]]:
    below: dict[tuple[tuple[str, str], ...], dict[str, None]] = {}
    for template in templates:
        for at, part in enumerate(template[:-1]):
            if part[1] and not template[at + 1][1]:
                below.setdefault(template[: at + 1], {})[template[at + 1][0]] = None
    for template in templates:
        places = [at for at, (_, number) in enumerate(template) if number]
        for count, at in enumerate(places[:3]):
            before = template[:at]
            word = template[at][0] or (before[-1][0] if before else "")
            own = rf"{template[at][0]}(?<i>\d+)\."
            front = "".join(rf"{text}{number and chr(92) + 'd+'}\." for text, number in before)
            yield rf"^{front}{own}", word, 0.5 * len(before) + 1.0 * count
            if before and len(before) > 1 and not before[-1][1]:
                yield rf"(?:^|\.){before[-1][0]}\.{own}", word, 0.9
        for first, second in pairwise(places):
            head = "".join(rf"{text}\." for text, _ in template[:first])
            if any(number for _, number in template[:first]):
                continue
            outer = rf"^{head}{template[first][0]}(\d+)\."
            inner = "".join(rf"{text}\." for text, _ in template[first + 1 : second])
            inner += rf"{template[second][0]}(\d+)\."
            word = template[second][0] or template[second - 1][0] or template[first][0]
            yield outer + inner, word or "block", 2.0
            children = below.get(template[: first + 1], {})
            others = [child for child in children if not inner.startswith(child + r"\.")]
            for siblings in ([other] for other in others):
                yield rf"{outer}(?:{'|'.join(siblings)}|{inner[:-2]})\.", word, 2.5
            if len(others) > 1:
                yield rf"{outer}(?:{'|'.join(others)}|{inner[:-2]})\.", word, 2.7


def _index(space: Space, pattern: _Pattern) -> Index:
    """Return the index of a pattern."""
    regex, word, cost, towers = pattern
    search = re.compile(regex.replace("(?<", "(?P<")).search
    own = [_groups(search(name), towers) for name in space.names]
    groups = list(own)
    for entry, siblings in enumerate(space.siblings):
        matched = [e for e in siblings if own[e] is not None]
        if len(siblings) > 1 and matched:
            groups[entry] = own[min(matched, key=lambda e: natural(space.names[e]))]
    orders: list[dict[GroupValues, int]] = []
    for model in range(len(space.facts)):
        values = {
            group for group, m in zip(groups, space.model, strict=True) if group is not None and m == model
        }
        orders.append({value: place for place, value in enumerate(sorted(values, key=order_key))})
    at = [-1 if group is None else orders[m][group] for group, m in zip(groups, space.model, strict=True)]
    mask = mask_of([group is not None for group in own])
    numbered = mask_of([place >= 0 for place in at])
    direct = "(?<i>" in regex and all(
        group is None or group == (place,) for group, place in zip(own, at, strict=True)
    )
    if not direct:
        regex = regex.replace("(?<i>", "(")
    depth = [len(order) for order in orders]
    place = "i" if direct else ""
    return Index(regex, _named(word), place, at, depth, mask, numbered, cost + (0 if direct else 0.5))


def _groups(match: "re.Match[str] | None", towers: Sequence[str]) -> GroupValues | None:
    return match and tuple(
        towers.index(escaped(text)) if towers and not at else number(text or "0")
        for at, text in enumerate(match.groups())
    )


def _named(word: str) -> str:
    """Return a name for one of what the word has many of: `block` for `blocks`."""
    word = _BLOCK_WORDS.get(word.lower(), word.lower())
    word = word[:-1] if word.endswith("s") and len(word) > 3 else word
    return word if word.isidentifier() and word.isascii() and word not in RESERVED else "block"


def values_at(index: Index, column: Sequence[object], space: Space) -> dict[tuple[int, int], Counter[object]]:
    """Return, for each model and number, how often each value stands there."""
    found: dict[tuple[int, int], Counter[object]] = {}
    for entry in bits_of(index.mask):
        found.setdefault((space.model[entry], index.at[entry]), Counter())[column[entry]] += 1
    return found
