"""Names taken apart: the words of a name, and the places of what is numbered in it.

`h.0`, `h_0` and `h0` say the same. Numbers are compared by their place among their siblings, since one
framework counts from 0 where another counts from 1 or leaves the first number out (`linear`, `linear_1`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from paramrules.comparison.words import canonical

Stem = tuple[str, bool]
"""A component without its number, and whether it has several siblings that differ by their number alone."""

Template = tuple[Stem, ...]

_NUMBERED: Final = re.compile(r"(.*?)_?(\d+)")
_UNCOUNTED: Final = -1
"""The number of `linear` beside `linear_1`."""


class Place(NamedTuple):
    """A name as its template and the places, from 0, of what is numbered in it."""

    template: Template
    ranks: tuple[int, ...]


def places(names: Iterable[str]) -> list[Place]:
    """Every name of a model taken apart.

    >>> places(["h.0.norm.weight", "h.1.norm.weight"])[1]
    Place(template=(('h', True), ('norm', False), ('weight', False)), ranks=(1,))
    """
    split = [_components(name) for name in names]
    numbers: dict[tuple[str, str], set[int]] = {}
    for components in split:
        prefix = ""
        for stem, number, text in components:
            numbers.setdefault((prefix, stem), set()).add(number)
            prefix += text
    ranks: Mapping[tuple[str, str], dict[int, int]] = {
        key: {number: rank for rank, number in enumerate(sorted(found))}
        for key, found in numbers.items()
        if len(found) > 1
    }
    return [_place(components, ranks) for components in split]


def _place(
    components: Sequence[tuple[str, int, str]], ranks: Mapping[tuple[str, str], Mapping[int, int]]
) -> Place:
    template, found, prefix = [], [], ""
    for stem, number, text in components:
        known = ranks.get((prefix, stem))
        template.append((stem, known is not None))
        if known is not None:
            found.append(known[number])
        prefix += text
    return Place(tuple(template), tuple(found))


def _components(name: str) -> list[tuple[str, int, str]]:
    """Stem, number and text of each component; a bare number belongs to the component before it."""
    found: list[tuple[str, int, str]] = []
    for component in name.split("."):
        stem, number = _numbered(component)
        if not stem and found and found[-1][1] == _UNCOUNTED:
            before = found.pop()
            found.append((before[0], number, f"{before[2]}.{component}"))
        else:
            found.append((stem, number, f".{component}"))
    return found


@cache
def _numbered(component: str) -> tuple[str, int]:
    match = _NUMBERED.fullmatch(component)
    return (match[1], int(match[2])) if match else (component, _UNCOUNTED)


@cache
def words_of(template: Template) -> tuple[str, ...]:
    """The words of a template in the vocabulary that all models share, the leaf's last."""
    return tuple(word for stem, _ in template for word in canonical(stem))
