"""The vocabulary: which classes are a LayerNorm, how a class keeps its weights, what its parameters are for.

The words themselves stand in vocabulary.toml, which is read the first time that one is asked for.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class RoleTable(NamedTuple):
    """For some classes, the leaf patterns of each role. `classes` and `families` together say for which."""

    families: tuple[str, ...]
    classes: tuple[str, ...]
    leaves: tuple[tuple[str, str], ...]
    """Role and pattern, in the order in which they are tried."""


class Vocabulary(NamedTuple):
    """The whole table, as vocabulary.toml describes it. Classes are written as dotted alternatives."""

    roots: tuple[str, ...]
    families: Mapping[str, tuple[str, ...]]
    roles: tuple[RoleTable, ...]
    layouts: Mapping[str, Mapping[str, tuple[str, ...]]]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that the package ships, read once."""
    table = tomllib.loads(files(__package__).joinpath("vocabulary.toml").read_text("utf-8"))
    return Vocabulary(
        roots=tuple(table["roots"]),
        families={family: tuple(classes) for family, classes in table["families"].items()},
        roles=tuple(
            RoleTable(
                families=tuple(rows.pop("families", ())),
                classes=tuple(rows.pop("classes", ())),
                leaves=tuple((role, leaf) for role, leaves in rows.items() for leaf in leaves),
            )
            for rows in table["roles"]
        ),
        layouts={
            name: {leaf: tuple(axes.split()) for leaf, axes in leaves.items()}
            for name, leaves in table["layouts"].items()
        },
    )
