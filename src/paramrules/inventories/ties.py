"""The roles of tied parameters: one for the tensor, whichever of its names is looked at.

A table that a model embeds with and multiplies by at its end has one name in JAX, `embed.embedding`, and two
in torch: the weight of an `Embedding` and that of a `Linear`. It is an embedding in both.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from paramrules.inventories.owner import Owner
from paramrules.inventories.roles import belongs_to_a_known_layer

_PRECEDENCE: Final = ("embedding", "scale", "bias", "weight", "other")
"""The first of these that a tensor has under one of its names is its role."""

NaturalKey = tuple[tuple[int, int, str], ...]

_DIGITS = re.compile(r"([0-9]+)")


def deciding_entries(
    names: Sequence[str],
    owners: Sequence[Owner],
    roles: Sequence[str],
    aliases: Mapping[int, Sequence[int]],
) -> dict[int, int]:
    """Return for each tied parameter the entry that decides its role, fans and shape.

    Of several entries with the first role it is one of a layer that the vocabulary has, which is one whose
    layout is known, and of these the one whose name comes first in natural order: never the one that happens
    to be registered first.

    Args:
        names: the names of all entries.
        owners: the module that owns each.
        roles: the role that each has by its name.
        aliases: the further entries of each tied parameter.
    """

    def place(entry: int) -> tuple[int, bool, NaturalKey, str]:
        name = names[entry]
        unknown = not belongs_to_a_known_layer(owners[entry])
        return _PRECEDENCE.index(roles[entry]), unknown, natural(name), name

    return {parameter: min((parameter, *others), key=place) for parameter, others in aliases.items()}


def natural(name: str) -> NaturalKey:
    """Return a sort key in which `layers.2` comes before `layers.10`."""
    parts = (part for part in _DIGITS.split(name) if part)
    return tuple((0, len(p.lstrip("0")), p.lstrip("0")) if p[0] in "0123456789" else (1, 0, p) for p in parts)
