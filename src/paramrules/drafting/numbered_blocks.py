"""Numbered series of blocks, found in the names of a model's parameters."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

_NUMBERED: Final = re.compile(r"([A-Za-z_]*?)_?([0-9]+)")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_IN_STAGE: Final = re.compile(r"^\d+\.(?:\d+\.|blocks?\.|layers?\.|downsample\b)")
_PART: Final = re.compile(r"^\d+\.layer\.")
"""A part of a block, where its place is called `block`, as in T5: `block.0.layer.1.`."""

_OF_LAYER: Final = re.compile(r"(?:weight|bias)_[a-z]+_l\d+")
"""An array of an `LSTM`, which holds those of all of its layers itself: `weight_ih_l0`."""

_SHARE: Final = 0.25
"""The part of the largest series that another one needs, as a decoder beside an encoder."""


class Series(NamedTuple):
    """Blocks `0`, `1`, ... below one prefix.

    Attributes:
        begin: the text before the number: `encoder.layer.`, `blocks_`.
        names: the parameters in it.
        numbers: the numbers of the blocks.
    """

    begin: str
    names: frozenset[str]
    numbers: frozenset[str]

    @property
    def is_dense(self) -> bool:
        """True if the blocks are numbered from 0, none left out."""
        return self.numbers == {str(number) for number in range(len(self.numbers))}

    @property
    def word(self) -> str:
        """The name of one block: `stage` if it is called so, or if there are blocks or layers in it."""
        inside = [name[len(self.begin) :] for name in self.names]
        if re.search(r"blocks?\.$", self.begin) and all(map(_PART.search, inside)):
            return "block"
        is_stage = re.search(r"stages?\.$", self.begin) or all(map(_IN_STAGE.search, inside))
        return "stage" if is_stage else "block"

    @property
    def is_repeated(self) -> bool:
        """True if two blocks have the same names below their numbers, or two neighbours half of them."""
        parts: defaultdict[int, set[str]] = defaultdict(set)
        for name in self.names:
            number, _, rest = name[len(self.begin) :].partition(".")
            parts[int(number)].add(rest)
        blocks = [parts[number] for number in sorted(parts)]
        alike = any(2 * len(one & two) >= min(len(one), len(two)) for one, two in pairwise(blocks))
        return alike or len(set(map(frozenset, blocks))) < len(blocks)

    def regex(self, capture: str) -> str:
        """Return the regex that finds a block, and its number by the name of a capture."""
        begin, size = self.begin.replace(".", r"\."), len(self.begin)
        follows = all("." in name[size:] for name in self.names)
        group = rf"(?<{capture}>\d+)" if self.is_dense else r"(\d+)"
        return f"^{begin}{group}" + (r"\." if follows else r"(?:\.|$)")


def words_of(series: Sequence[Series]) -> list[str]:
    """Return a name for the blocks of each series: `block`, or `encoder_block` where there are several.

    >>> words_of([Series("encoder.layers.", names, numbers), Series("decoder.layers.", names, numbers)])
    ['encoder_block', 'decoder_block']
    """
    if len(series) == 1:
        return [series[0].word]
    paths = [each.begin.split(".") for each in series]
    shared = next(at for at, parts in enumerate(zip(*paths, strict=False)) if len(set(parts)) > 1)
    words: list[str] = []
    for path, each in zip(paths, series, strict=True):
        part = re.sub(r"\d", "", path[shared]).strip("_")
        word = f"{part}_{each.word}" if part else each.word
        words.append(word if word not in words else f"{word}_{len(words) + 1}")
    return words


def series_in(sizes: Mapping[str, int]) -> list[Series]:
    """Return the series that hold most of a model, the largest first.

    Args:
        sizes: the parameters by name, each with its number of elements.

    >>> [found.begin for found in series_in({"blocks.0.weight": 4, "blocks.1.weight": 4, "head.weight": 2})]
    ['blocks.']
    """
    names: dict[str, set[str]] = defaultdict(set)
    numbers: dict[str, set[str]] = defaultdict(set)
    for name in filter(_PLAIN.fullmatch, sizes):
        parts = name.split(".")
        for at, part in enumerate(parts):
            if (numbered := _NUMBERED.fullmatch(part)) and not _OF_LAYER.fullmatch(part):
                begin = "".join(f"{each}." for each in parts[:at]) + part[: numbered.start(2)]
                names[begin].add(name)
                numbers[begin].add(numbered[2])
                break
    found = [Series(begin, frozenset(names[begin]), frozenset(numbers[begin])) for begin in names]
    found = [each for each in found if len(each.numbers) > 1 and each.is_repeated]
    weights = {each: sum(sizes[name] for name in each.names) for each in found}
    found.sort(key=lambda each: (-weights[each], each.begin))
    return [each for each in found if weights[each] >= _SHARE * weights[found[0]]]


def prefixes(names: Iterable[str], others: Sequence[str]) -> list[str]:
    """Return the shortest beginnings, component by component, that hold these names and none of the others.

    >>> prefixes(["bert.embeddings.word.weight", "pos"], ["bert.encoder.layer.0.weight"])
    ['bert.embeddings', 'pos']
    """
    taken = {begin for other in others for begin in _beginnings(other)}
    found = (next(begin for begin in _beginnings(name) if begin not in taken) for name in names)
    return list(dict.fromkeys(found))


def _beginnings(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def is_plain(name: str) -> bool:
    """Return whether a name can stand in a regex with only its dots escaped."""
    return _PLAIN.fullmatch(name) is not None
