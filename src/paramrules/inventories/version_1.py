"""Saved inventories of version 1, in which attention kernels and the like have their stored axes as shape."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from paramrules.inventories.classes import owner_in_family
from paramrules.inventories.columns import Aliases
from paramrules.inventories.fans import fans_in
from paramrules.inventories.layouts import layout, merge
from paramrules.inventories.owner import Owner
from paramrules.inventories.roles import belongs_to_a_known_layer, role, role_by_class
from paramrules.inventories.tables import Layout
from paramrules.inventories.ties import deciding_entries

Row = Mapping[str, Any]


def upgraded(
    rows: Sequence[Row], names: Sequence[str], owners: Sequence[Owner], aliases: Aliases
) -> list[dict[str, Any]]:
    """Return rows of version 1 as version 2 has them.

    A matrix that is stored with more axes gets its layout: that of the vocabulary, or the only one that the
    fans in the file allow. What the vocabulary did not know, a role `other` or fans that are missing, is
    looked up again, and so is whether a bias or gain is a vector. The role `weight`, which may be due to
    the name alone, is looked up by class.

    Args:
        rows: one row per entry.
        names: the name of each.
        owners: the owner of each.
        aliases: for each tied parameter its further entries.
    """
    found = [{key: fact for key, fact in row.items() if key != "layout"} for row in rows]
    parameter = {entry: number for number, others in aliases.items() for entry in others}
    for entry, row in enumerate(found):
        if owners[entry].known:
            stack = row.get("layer")
            whole = found[parameter.get(entry, entry)]
            _look_up(row, owners[entry], stack["array"] if stack else names[entry], tuple(whole["shape"]))
    deciding = deciding_entries(names, owners, [row.get("role", "other") for row in found], aliases)
    for number, row in enumerate(found[: len(found) - len(parameter)]):
        first = deciding.get(number, number)
        decisive, shape = found[first], tuple(row["shape"])
        if words := decisive.get("layout"):
            merged = [prod(shape[axis] for axis in axes) for axes in merge(words) or ()]
        elif decisive.get("role") in ("bias", "scale") and belongs_to_a_known_layer(owners[first]):
            merged = [prod(shape)]
        else:
            continue
        if len(merged) < len(shape):
            row |= {"stored": row.get("stored", shape), "shape": merged}
    return found


def _look_up(row: dict[str, Any], owner: Owner, name: str, shape: tuple[int, ...]) -> None:
    """Add the facts of one entry."""
    if row.get("role") == "other":
        row["role"] = role(owner, name)
    elif row.get("role") == "weight" and (listed := role_by_class(owner, name.rpartition(".")[2])):
        row["role"] = listed
    words = layout(owner, name, len(shape))
    if words and "fan_in" not in row and "fan_out" not in row:
        fans = zip(("fan_in", "fan_out"), fans_in(words, shape), strict=True)
        row |= {key: fan for key, fan in fans if fan is not None}
    if len(shape) > 2 and (words or owner_in_family("Linear", owner)):
        words = words or _by_fans(row, shape)
        if words and merge(words):
            row["layout"] = words


def _by_fans(row: Row, shape: tuple[int, ...]) -> Layout | None:
    """Return the layout of one of flax's general layers: batches, then contracted axes, then produced ones.

    Where several fit the fans, which takes extents of 1, they have to make the same matrix.
    """
    found: dict[tuple[int, ...], Layout] = {}
    rank = len(shape)
    for start in range(rank - 1):
        for middle in range(start + 1, rank):
            fans = prod(shape[start:middle]), prod(shape[middle:])
            if fans == (row.get("fan_in"), row.get("fan_out")):
                words = ("_",) * start + ("in",) * (middle - start) + ("out",) * (rank - middle)
                found.setdefault((*shape[:start], *fans), words)
    return next(iter(found.values())) if len(found) == 1 else None
