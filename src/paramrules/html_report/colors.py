"""Colours of groups: those whose labels differ in numbers alone share a hue, from dark to light."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from paramrules.assignment import Group

_HUES: Final = (255, 50, 165, 340, 300, 130, 85, 20)
"""Hues of oklch. Neighbours in this order are far apart with most kinds of colour blindness."""
_NUMBER: Final = re.compile("[0-9]+")


class Color(NamedTuple):
    """A hue in degrees, and a tone from 0 to 1. The page chooses lightness and chroma, for light and dark."""

    hue: int
    tone: float


def colors(groups: Sequence[Group]) -> list[Color]:
    """Return the colour of each group."""
    families: dict[str, list[int]] = {}
    for number, group in enumerate(groups):
        families.setdefault(_NUMBER.sub("#", group.label), []).append(number)
    found = [Color(0, 0.0)] * len(groups)
    for at, members in enumerate(families.values()):
        hue = (_HUES[at % len(_HUES)] + 17 * (at // len(_HUES))) % 360
        for place, number in enumerate(members):
            found[number] = Color(hue, round(place / (len(members) - 1), 3) if len(members) > 1 else 0.3)
    return found
