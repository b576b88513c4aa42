"""The tables of a vocabulary file: the shipped one, or one that a package adds."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

WORDS: Final = ("in", "out", "in2", "*", "_")
"""The roles that an axis can have.

`in` is contracted, `out` produced, `in2` contracted with a second input (as in a bilinear layer), `*` belongs
to the receptive field of a convolution, and `_` is none of these, such as the axis of experts.
"""

Layout = tuple[str, ...]
"""A word for each axis."""


class RoleTable(NamedTuple):
    """Leaf patterns of each role, for the classes in `classes` and in `families`."""

    families: tuple[str, ...]
    classes: tuple[str, ...]
    leaves: tuple[tuple[str, str], ...]
    """Role and pattern, in the order in which they are tried."""


class Tables(NamedTuple):
    """The tables of one file; see vocabulary.toml. Classes are written as dotted alternatives."""

    source: str
    """The distribution that the file comes with."""
    roots: tuple[str, ...]
    families: Mapping[str, tuple[str, ...]]
    roles: tuple[RoleTable, ...]
    layouts: Mapping[str, Mapping[str, Layout]]
    frameworks: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, source: str, toml: Mapping[str, Any]) -> "Tables":
        """Return the tables of a TOML file; those that it leaves out are empty."""
        return cls(
            source,
            roots=tuple(toml.get("roots", ())),
            families={family: tuple(classes) for family, classes in toml.get("families", {}).items()},
            roles=tuple(_role_table(rows) for rows in toml.get("roles", ())),
            layouts={
                name: {leaf: tuple(axes.split()) for leaf, axes in leaves.items()}
                for name, leaves in toml.get("layouts", {}).items()
            },
            frameworks={name: tuple(packages) for name, packages in toml.get("frameworks", {}).items()},
        )


def _role_table(rows: Mapping[str, Any]) -> RoleTable:
    leaves = {role: leaves for role, leaves in rows.items() if role not in ("families", "classes")}
    return RoleTable(
        families=tuple(rows.get("families", ())),
        classes=tuple(rows.get("classes", ())),
        leaves=tuple((role, leaf) for role in leaves for leaf in leaves[role]),
    )
