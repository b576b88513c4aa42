"""Numbered series of blocks, found in the names of a model's parameters."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

_NUMBERED: Final = re.compile(r"([A-Za-z_]*?)_?([0-9]+)")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_SHARE: Final = 0.25
"""The part of the largest series that another one needs, as a decoder beside an encoder."""


class Series(NamedTuple):
    """Blocks `0`, `1`, ... below one prefix.

    Attributes:
        begin: the text before the number: `encoder.layer.`, `blocks_`.
        names: the parameters in it.
        blocks: how many there are.
    """

    begin: str
    names: frozenset[str]
    blocks: int

    @property
    def regex(self) -> str:
        """The regex that finds a block and captures its number."""
        return f"^{self.begin.replace('.', chr(92) + '.')}([0-9]+)" + r"(?:\.|$)"

    @property
    def word(self) -> str:
        """The words of the prefix as one name: `encoder_layer`."""
        return re.sub(r"\W+", "_", self.begin).strip("_0123456789") or "block"


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
            if numbered := _NUMBERED.fullmatch(part):
                begin = "".join(f"{each}." for each in parts[:at]) + part[: numbered.start(2)]
                names[begin].add(name)
                numbers[begin].add(numbered[2])
                break
    found = [Series(begin, frozenset(names[begin]), len(numbers[begin])) for begin in names]
    found = [each for each in found if each.blocks > 1]
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
